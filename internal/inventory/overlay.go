package inventory

import (
	"slices"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Overlay is an inventory with some objects added, replaced or gone: the cluster as it will be if a request is admitted,
// or as it was before, or with objects that were read again.
type Overlay struct {
	base    Reader
	changed map[ID]*Object
	filed   map[Key][]*Object
}

// Change says what an object is in an overlay. A nil Object means it is gone.
type Change struct {
	ID     ID
	Object *Object
}

// NewOverlay lays changes over an inventory; of two changes of one object the later counts.
func NewOverlay(base Reader, changes ...Change) *Overlay {
	v := &Overlay{base: base, changed: make(map[ID]*Object, len(changes)), filed: map[Key][]*Object{}}
	for _, c := range changes {
		v.changed[c.ID] = c.Object
	}
	for _, o := range v.changed {
		if o == nil {
			continue
		}
		for _, key := range base.Keys(o) {
			v.filed[key] = insert(v.filed[key], o)
		}
	}
	return v
}

// Get implements Reader.
func (v *Overlay) Get(gk schema.GroupKind, namespace, name string) *Object {
	if o, changed := v.changed[ID{gk, namespace, name}]; changed {
		return o
	}
	return v.base.Get(gk, namespace, name)
}

// Find implements Reader.
func (v *Overlay) Find(key Key) []*Object {
	base, added := v.base.Find(key), v.filed[key]
	hidden := func(o *Object) bool { _, changed := v.changed[o.Ref.ID()]; return changed }
	if !slices.ContainsFunc(base, hidden) {
		if len(added) == 0 {
			return base
		}
		base = slices.Clone(base)
	} else {
		base = slices.DeleteFunc(slices.Clone(base), hidden)
	}
	base = append(base, added...)
	slices.SortFunc(base, func(a, b *Object) int { return a.Ref.Compare(b.Ref) })
	return base
}

// Knows implements Reader. An object that was laid over is known wherever it lies.
func (v *Overlay) Knows(gk schema.GroupKind, namespace string) bool {
	return v.base.Knows(gk, namespace)
}

// Keys implements Reader.
func (v *Overlay) Keys(o *Object) []Key { return v.base.Keys(o) }
