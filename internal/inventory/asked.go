package inventory

import (
	"hash/maphash"
	"slices"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Print stands for a question in as little room as possible. It is the same for the same question, for as long as the
// process runs, and almost never for another one.
type Print uint64

var printSeed = maphash.MakeSeed()

// Print is that of a question.
func (q Question) Print() Print { return Print(maphash.Comparable(printSeed, q)) }

// Asked passes questions on to an inventory and keeps their prints: a change concerns whoever asked a question that the
// changed object answers. Unlike a Recorder it also keeps what is asked quietly. It is not safe for concurrent use.
type Asked struct {
	Reader

	prints map[Print]struct{}
}

// NewAsked keeps the prints of the questions asked of the inventory.
func NewAsked(r Reader) *Asked { return &Asked{Reader: r, prints: map[Print]struct{}{}} }

// Get implements Reader.
func (a *Asked) Get(gk schema.GroupKind, namespace, name string) *Object {
	a.prints[Question{ID: ID{gk, namespace, name}}.Print()] = struct{}{}
	return a.Reader.Get(gk, namespace, name)
}

// Find implements Reader.
func (a *Asked) Find(key Key) []*Object {
	a.prints[Question{Key: key}.Print()] = struct{}{}
	return a.Reader.Find(key)
}

// Prints are those of the questions so far, each once, in order.
func (a *Asked) Prints() []Print {
	list := make([]Print, 0, len(a.prints))
	for p := range a.prints {
		list = append(list, p)
	}
	slices.Sort(list)
	return list
}
