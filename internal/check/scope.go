package check

import (
	"maps"
	"slices"

	"github.com/dittoguard/dittoguard/internal/ditto/topology"
	"github.com/dittoguard/dittoguard/internal/ditto/world"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// scope is what a judgement looks at.
type scope struct {
	workloads, entries, holders, objects map[inventory.ID]inventory.Ref
	// about is the object that a request is about, if there is one.
	about inventory.ID
}

func newScope() *scope {
	return &scope{
		workloads: map[inventory.ID]inventory.Ref{}, entries: map[inventory.ID]inventory.Ref{},
		holders: map[inventory.ID]inventory.Ref{}, objects: map[inventory.ID]inventory.Ref{},
	}
}

// add puts objects, and what they affect, into the scope.
func (s *scope) add(affected topology.Affected, objects ...*inventory.Object) {
	for _, o := range objects {
		s.objects[o.Ref.ID()] = o.Ref
	}
	for _, group := range []struct {
		from []*inventory.Object
		to   map[inventory.ID]inventory.Ref
	}{{affected.Workloads, s.workloads}, {affected.Entries, s.entries}, {affected.Holders, s.holders}} {
		for _, o := range group.from {
			group.to[o.Ref.ID()] = o.Ref
		}
	}
}

// dropOwned leaves out Pods and ReplicaSets that are what their owner describes, or run nothing. Of those, the one that
// a request is about is left out only if it runs nothing.
func (s *scope) dropOwned(view *world.View) {
	for id := range s.workloads {
		o := view.Get(id.GroupKind, id.Namespace, id.Name)
		if o != nil && (id != s.about && view.SameAsOwner(o) || view.Idle(o)) {
			delete(s.workloads, id)
		}
	}
}

// before is the scope for what was there before a change: what ran nothing was nothing, so that letting it run is new.
func (s *scope) before(view *world.View) *scope {
	o := view.Get(s.about.GroupKind, s.about.Namespace, s.about.Name)
	if o == nil || o.PodTemplate() == nil || !view.Idle(o) {
		return s
	}
	earlier := *s
	earlier.workloads = maps.Clone(s.workloads)
	delete(earlier.workloads, s.about)
	return &earlier
}

// key identifies the scope by those of its objects that the view has, and is empty if it has none. What a request is
// about is one of its objects.
func (s *scope) key(view *world.View) string {
	var text []byte
	some := false
	for _, refs := range []map[inventory.ID]inventory.Ref{s.workloads, s.entries, s.holders, s.objects} {
		for _, o := range in(view, view.Reader, refs) {
			text = append(text, o.Ref.ID().String()...)
			text = append(text, '\n')
			some = true
		}
		text = append(text, '\n')
	}
	if !some {
		return ""
	}
	return string(text)
}

// in returns the objects of one part of the scope that the view, or the reader under it, has, in stable order; none
// once the judgement has ended.
func in(view *world.View, reader inventory.Reader, refs map[inventory.ID]inventory.Ref) []*inventory.Object {
	var list []*inventory.Object
	for id := range refs {
		if view.Err() != nil {
			return nil
		}
		if o := reader.Get(id.GroupKind, id.Namespace, id.Name); o != nil {
			list = append(list, o)
		}
	}
	slices.SortFunc(list, func(a, b *inventory.Object) int { return a.Ref.Compare(b.Ref) })
	return list
}
