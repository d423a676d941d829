package way

import "github.com/dittoguard/dittoguard/internal/inventory"

// Context is what routes are read in.
type Context struct {
	// Objects has the other objects that decide.
	Objects inventory.Reader
	Config  Config
	// To is the Service that routes are read for, nil if none in particular is; see Resource.ByService.
	To *inventory.Object
	// Controllers finds the workloads that serve Ingresses; nil where nobody looks for them.
	Controllers Controllers
	// Kept keeps what was worked out for the next reading; nil where nothing is kept.
	Kept *Kept
}

// Controllers finds the workloads of the controllers of a class of Ingresses.
type Controllers interface {
	// Services are those that send requests to them.
	Services(c Class) []*inventory.Object
	// Told is what each of them is told for all Ingresses.
	Told(c Class) []GlobalConfig
}

// Kept is what was worked out in one judgement. The zero value is empty.
type Kept struct{ by map[any]any }

// Keep is what is kept under a key, which is worked out the first time. The key's type is the caller's own.
func Keep[V any](c Context, key any, work func() V) V {
	if c.Kept == nil {
		return work()
	}
	if kept, known := c.Kept.by[key]; known {
		return kept.(V) //nolint:forcetypeassert // nobody else has keys of the type
	}
	v := work()
	if c.Kept.by == nil {
		c.Kept.by = map[any]any{}
	}
	c.Kept.by[key] = v
	return v
}

// Governors are the objects that decide how another one is read by naming it, in stable order.
func (c Context) Governors(id inventory.ID) []*inventory.Object {
	return c.Objects.Find(inventory.Key{Index: ByGovernor, Namespace: id.Namespace, Value: id.String()})
}
