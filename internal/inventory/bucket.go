package inventory

import "slices"

// bucket holds the objects under one key, ordered by their references. What list returned is never changed afterwards,
// so that readers need no copy.
//
// A small bucket is copied for each change. A large one (all Pods, say) gathers changes, and is put in order when it is
// next read: ten thousand changes in a row then cost one copy and not ten thousand.
type bucket struct {
	ordered []*Object
	// added and removed are the changes since; removed holds objects of ordered and of added.
	added   []*Object
	removed map[*Object]struct{}
}

// smallBucket is up to how many objects a bucket is copied for each change.
const smallBucket = 32

// stale says that the bucket has to be settled before it is read.
func (b *bucket) stale() bool { return len(b.added)+len(b.removed) > 0 }

// list are the objects of a settled bucket; a nil bucket has none.
func (b *bucket) list() []*Object {
	if b == nil {
		return nil
	}
	return b.ordered
}

// add puts an object in that is not there.
func (b *bucket) add(o *Object) {
	if !b.stale() && len(b.ordered) < smallBucket {
		at, _ := place(b.ordered, o)
		list := make([]*Object, 0, len(b.ordered)+1)
		list = append(append(list, b.ordered[:at]...), o)
		b.ordered = append(list, b.ordered[at:]...)
		return
	}
	if _, gone := b.removed[o]; gone {
		delete(b.removed, o)
	} else {
		b.added = append(b.added, o)
	}
	b.bound()
}

// remove takes an object out that is there.
func (b *bucket) remove(o *Object) {
	if !b.stale() && len(b.ordered) <= smallBucket {
		b.ordered = slices.DeleteFunc(slices.Clone(b.ordered), func(x *Object) bool { return x == o })
		return
	}
	if b.removed == nil {
		b.removed = map[*Object]struct{}{}
	}
	b.removed[o] = struct{}{}
	b.bound()
}

// bound keeps a bucket that nobody reads from gathering changes for ever.
func (b *bucket) bound() {
	if len(b.added)+len(b.removed) > 2*len(b.ordered)+1024 {
		b.settle()
	}
}

// settle works the changes in.
func (b *bucket) settle() {
	if !b.stale() {
		return
	}
	var gone []int
	for o := range b.removed {
		if at, found := place(b.ordered, o); found && b.ordered[at] == o {
			gone = append(gone, at)
		}
	}
	added := slices.DeleteFunc(b.added, func(o *Object) bool { _, removed := b.removed[o]; return removed })
	slices.SortFunc(added, byRef)
	b.ordered, b.added, b.removed = revised(b.ordered, gone, added), nil, nil
}

// revised is a new ordered list, without the objects at some places and with some others, which are ordered too.
func revised(list []*Object, without []int, with []*Object) []*Object {
	slices.Sort(without)
	out, from := make([]*Object, 0, len(list)-len(without)+len(with)), 0
	copyTo := func(to int) {
		for ; len(without) > 0 && without[0] < to; without = without[1:] {
			out = append(out, list[from:without[0]]...)
			from = without[0] + 1
		}
		out = append(out, list[from:to]...)
		from = to
	}
	for _, o := range with {
		at, _ := place(list, o)
		copyTo(at)
		out = append(out, o)
	}
	copyTo(len(list))
	return out
}

// empty says that no object is left.
func (b *bucket) empty() bool {
	if b.stale() && len(b.removed) >= len(b.ordered) {
		b.settle()
	}
	return !b.stale() && len(b.ordered) == 0
}

func byRef(a, b *Object) int { return a.Ref.Compare(b.Ref) }

// place finds where an object belongs in an ordered list.
func place(list []*Object, o *Object) (at int, found bool) {
	return slices.BinarySearchFunc(list, o, byRef)
}
