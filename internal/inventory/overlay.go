package inventory

import (
	"cmp"
	"slices"
	"sync"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Overlay is an inventory with some objects added, replaced or gone: the cluster as it will be if a request is
// admitted, or as it was before, or with objects that were read again.
type Overlay struct {
	base    Reader
	changes []Change
	// byID finds a change among many; nil where there are few.
	byID map[ID]*Object
	// indexed is made when something is first looked up by a key.
	indexed func() []filedObject
}

// filedObject is a changed object under one of its keys.
type filedObject struct {
	Key
	object *Object
}

// Change says what an object is in an overlay. A nil Object means it is gone.
type Change struct {
	ID     ID
	Object *Object
}

// fewChanges is up to how many changes are looked through one by one.
const fewChanges = 4

// NewOverlay lays changes over an inventory; of two changes of one object the later counts.
func NewOverlay(base Reader, changes ...Change) *Overlay {
	v := &Overlay{base: base}
	if len(changes) <= fewChanges {
		for i, c := range changes {
			again := func(later Change) bool { return later.ID == c.ID }
			if !slices.ContainsFunc(changes[i+1:], again) {
				v.changes = append(v.changes, c)
			}
		}
	} else {
		v.byID = make(map[ID]*Object, len(changes))
		for _, c := range changes {
			v.byID[c.ID] = c.Object
		}
		for id, o := range v.byID {
			v.changes = append(v.changes, Change{id, o})
		}
	}
	v.indexed = sync.OnceValue(v.file)
	return v
}

// file orders the changed objects by their keys.
func (v *Overlay) file() []filedObject {
	var indexed []filedObject
	for _, c := range v.changes {
		if c.Object == nil {
			continue
		}
		keys := v.base.Keys(c.Object)
		indexed = slices.Grow(indexed, len(keys))
		for _, key := range keys {
			indexed = append(indexed, filedObject{key, c.Object})
		}
	}
	slices.SortFunc(indexed,
		func(a, b filedObject) int { return cmp.Or(compareKeys(a.Key, b.Key), byRef(a.object, b.object)) })
	return indexed
}

// added are the changed objects under a key, in order.
func (v *Overlay) added(key Key) []*Object {
	indexed := v.indexed()
	at, found := slices.BinarySearchFunc(indexed, key,
		func(f filedObject, key Key) int { return compareKeys(f.Key, key) })
	if !found {
		return nil
	}
	var list []*Object
	for ; at < len(indexed) && indexed[at].Key == key; at++ {
		list = append(list, indexed[at].object)
	}
	return list
}

// Get implements Reader.
func (v *Overlay) Get(gk schema.GroupKind, namespace, name string) *Object {
	id := ID{gk, namespace, name}
	if v.byID != nil {
		if o, changed := v.byID[id]; changed {
			return o
		}
		return v.base.Get(gk, namespace, name)
	}
	for _, c := range v.changes {
		if c.ID == id {
			return c.Object
		}
	}
	return v.base.Get(gk, namespace, name)
}

// Find implements Reader.
func (v *Overlay) Find(key Key) []*Object {
	base, added := v.base.Find(key), v.added(key)
	var hidden []int
	for _, c := range v.changes {
		if at, found := locate(base, c.ID); found {
			hidden = append(hidden, at)
		}
	}
	if len(hidden)+len(added) == 0 {
		return base
	}
	return revised(base, hidden, added)
}

// locate finds an object in an ordered list by its identity. References that differ in their API version only stand
// side by side.
func locate(list []*Object, id ID) (at int, found bool) {
	compare := func(o *Object) int {
		return cmp.Or(
			cmp.Compare(o.Ref.Namespace, id.Namespace), cmp.Compare(o.Ref.Kind, id.Kind),
			cmp.Compare(o.Ref.Name, id.Name),
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
