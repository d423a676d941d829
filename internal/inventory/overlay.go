package inventory

import (
	"cmp"
	"slices"
	"sync"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Overlay is an inventory with some objects added, replaced or gone: the cluster as it will be if a request is admitted,
// or as it was before, or with objects that were read again.
type Overlay struct {
	base    Reader
	changed map[ID]*Object
	// filed is made when something is first looked up by a key.
	filed func() map[Key][]*Object
}

// Change says what an object is in an overlay. A nil Object means it is gone.
type Change struct {
	ID     ID
	Object *Object
}

// NewOverlay lays changes over an inventory; of two changes of one object the later counts.
func NewOverlay(base Reader, changes ...Change) *Overlay {
	v := &Overlay{base: base, changed: make(map[ID]*Object, len(changes))}
	for _, c := range changes {
		v.changed[c.ID] = c.Object
	}
	v.filed = sync.OnceValue(v.file)
	return v
}

func (v *Overlay) file() map[Key][]*Object {
	filed := map[Key][]*Object{}
	for _, o := range v.changed {
		if o == nil {
			continue
		}
		for _, key := range v.base.Keys(o) {
			filed[key] = append(filed[key], o)
		}
	}
	// Readers share the lists.
	for _, list := range filed {
		slices.SortFunc(list, byRef)
	}
	return filed
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
	base, added := v.base.Find(key), v.filed()[key]
	var hidden []int
	for id := range v.changed {
		if at, found := locate(base, id); found {
			hidden = append(hidden, at)
		}
	}
	if len(hidden)+len(added) == 0 {
		return base
	}
	return revised(base, hidden, added)
}

// locate finds an object in an ordered list by its identity. References that differ in their API version only stand side
// by side.
func locate(list []*Object, id ID) (at int, found bool) {
	compare := func(o *Object) int {
		return cmp.Or(
			cmp.Compare(o.Ref.Namespace, id.Namespace), cmp.Compare(o.Ref.Kind, id.Kind), cmp.Compare(o.Ref.Name, id.Name),
		)
	}
	at, _ = slices.BinarySearchFunc(list, id, func(o *Object, _ ID) int { return compare(o) })
	for ; at < len(list) && compare(list[at]) == 0; at++ {
		if list[at].Ref.GroupKind() == id.GroupKind {
			return at, true
		}
	}
	return 0, false
}

// Knows implements Reader. An object that was laid over is known wherever it lies.
func (v *Overlay) Knows(gk schema.GroupKind, namespace string) bool {
	return v.base.Knows(gk, namespace)
}

// Keys implements Reader.
func (v *Overlay) Keys(o *Object) []Key { return v.base.Keys(o) }
