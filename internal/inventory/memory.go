package inventory

import (
	"slices"
	"sync"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Memory is the inventory of manifests, and the store that a cluster's informers fill.
type Memory struct {
	index Indexer
	knows func(gk schema.GroupKind, namespace string) bool

	mu      sync.RWMutex
	objects map[ID]*Object
	// filed holds ordered slices that are never changed in place, so that readers need no copy.
	filed map[Key][]*Object
}

// NewMemory makes an empty inventory. knows may be nil: then everything that is not there is known not to be there.
func NewMemory(index Indexer, knows func(gk schema.GroupKind, namespace string) bool) *Memory {
	return &Memory{index: index, knows: knows, objects: map[ID]*Object{}, filed: map[Key][]*Object{}}
}

// Put adds the object, in place of an older version of it.
func (m *Memory) Put(o *Object) {
	keys := allKeys(o, m.index)
	m.mu.Lock()
	defer m.mu.Unlock()
	if old := m.objects[o.Ref.ID()]; old != nil {
		m.unfile(old)
	}
	m.objects[o.Ref.ID()] = o
	for _, key := range keys {
		m.filed[key] = insert(m.filed[key], o)
	}
}

// Delete removes an object; removing one that is not there does nothing.
func (m *Memory) Delete(id ID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if old := m.objects[id]; old != nil {
		m.unfile(old)
		delete(m.objects, id)
	}
}

func (m *Memory) unfile(o *Object) {
	for _, key := range allKeys(o, m.index) {
		if rest := remove(m.filed[key], o.Ref.ID()); len(rest) == 0 {
			delete(m.filed, key)
		} else {
			m.filed[key] = rest
		}
	}
}

// Len is the number of objects.
func (m *Memory) Len() int {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return len(m.objects)
}

// All returns every object, ordered by reference.
func (m *Memory) All() []*Object {
	m.mu.RLock()
	all := make([]*Object, 0, len(m.objects))
	for _, o := range m.objects {
		all = append(all, o)
	}
	m.mu.RUnlock()
	slices.SortFunc(all, func(a, b *Object) int { return a.Ref.Compare(b.Ref) })
	return all
}

// Get implements Reader.
func (m *Memory) Get(gk schema.GroupKind, namespace, name string) *Object {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.objects[ID{gk, namespace, name}]
}

// Find implements Reader.
func (m *Memory) Find(key Key) []*Object {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.filed[key]
}

// Knows implements Reader.
func (m *Memory) Knows(gk schema.GroupKind, namespace string) bool {
	return m.knows == nil || m.knows(gk, namespace)
}

// Keys implements Reader.
func (m *Memory) Keys(o *Object) []Key { return allKeys(o, m.index) }

// insert returns a new ordered slice with the object in it. Appending to a slice that nobody else extends is safe for
// readers that hold a shorter one, but only at the end; anywhere else the slice is copied.
func insert(list []*Object, o *Object) []*Object {
	at, _ := slices.BinarySearchFunc(list, o.Ref, func(x *Object, ref Ref) int { return x.Ref.Compare(ref) })
	out := make([]*Object, 0, len(list)+1)
	out = append(out, list[:at]...)
	out = append(out, o)
	return append(out, list[at:]...)
}

func remove(list []*Object, id ID) []*Object {
	out := make([]*Object, 0, len(list))
	for _, o := range list {
		if o.Ref.ID() != id {
			out = append(out, o)
		}
	}
	return out
}
