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

	// OnChange is told of each change, nil for an object that was not there or is not any more, with the keys by which
	// either can be found. It is called after the change and may be nil; it has to be set before the first one, and
	// must not block.
	OnChange func(before, after *Object, keys []Key)

	mu      sync.RWMutex
	objects map[ID]*Object
	indexed map[Key]*bucket
}

// NewMemory makes an empty inventory. knows may be nil: then everything that is not there is known not to be there.
func NewMemory(index Indexer, knows func(gk schema.GroupKind, namespace string) bool) *Memory {
	return &Memory{index: index, knows: knows, objects: map[ID]*Object{}, indexed: map[Key]*bucket{}}
}

// Put adds the object, in place of an older version of it.
func (m *Memory) Put(o *Object) {
	keys := allKeys(o, m.index)
	old, oldKeys := m.put(o, keys)
	if m.OnChange != nil {
		m.OnChange(old, o, append(oldKeys, keys...))
	}
}

// put files an object, and returns the one whose place it takes, with its keys.
func (m *Memory) put(o *Object, keys []Key) (old *Object, oldKeys []Key) {
	id := o.Ref.ID()
	m.mu.Lock()
	defer m.mu.Unlock()
	if old = m.objects[id]; old != nil {
		oldKeys = m.unfile(old)
	}
	m.objects[id] = o
	for _, key := range keys {
		b := m.indexed[key]
		if b == nil {
			b = &bucket{}
			m.indexed[key] = b
		}
		b.add(o)
	}
	return old, oldKeys
}

// Delete removes an object; removing one that is not there does nothing.
func (m *Memory) Delete(id ID) {
	if old, keys := m.remove(id); old != nil && m.OnChange != nil {
		m.OnChange(old, nil, keys)
	}
}

func (m *Memory) remove(id ID) (old *Object, keys []Key) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if old = m.objects[id]; old != nil {
		keys = m.unfile(old)
		delete(m.objects, id)
	}
	return old, keys
}

// unfile takes an object out of the index, and returns the keys that it had there.
func (m *Memory) unfile(o *Object) []Key {
	keys := allKeys(o, m.index)
	for _, key := range keys {
		b := m.indexed[key]
		if b.remove(o); b.empty() {
			delete(m.indexed, key)
		}
	}
	return keys
}

// All returns every object, ordered by reference.
func (m *Memory) All() []*Object {
	m.mu.RLock()
	all := make([]*Object, 0, len(m.objects))
	for _, o := range m.objects {
		all = append(all, o)
	}
	m.mu.RUnlock()
	slices.SortFunc(all, byRef)
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
	b := m.indexed[key]
	if b == nil || !b.stale() {
		defer m.mu.RUnlock()
		return b.list()
	}
	m.mu.RUnlock()
	m.mu.Lock()
	defer m.mu.Unlock()
	if b = m.indexed[key]; b != nil {
		b.settle()
	}
	return b.list()
}

// Knows implements Reader.
func (m *Memory) Knows(gk schema.GroupKind, namespace string) bool {
	return m.knows == nil || m.knows(gk, namespace)
}

// Keys implements Reader.
func (m *Memory) Keys(o *Object) []Key { return allKeys(o, m.index) }
