package inventory

import (
	"cmp"
	"slices"
	"sync"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Question is one question that was asked of an inventory: an object by name (ID set), or the objects under a key.
type Question struct {
	ID  ID
	Key Key
}

// Recorder passes questions on to an inventory and keeps them, so that what decided a judgement can be read again.
type Recorder struct {
	Reader

	mu    sync.Mutex
	asked map[Question]struct{}
}

// NewRecorder records the questions asked of the inventory.
func NewRecorder(r Reader) *Recorder { return &Recorder{Reader: r, asked: map[Question]struct{}{}} }

func (r *Recorder) note(q Question) {
	r.mu.Lock()
	r.asked[q] = struct{}{}
	r.mu.Unlock()
}

// Get implements Reader.
func (r *Recorder) Get(gk schema.GroupKind, namespace, name string) *Object {
	r.note(Question{ID: ID{gk, namespace, name}})
	return r.Reader.Get(gk, namespace, name)
}

// Find implements Reader.
func (r *Recorder) Find(key Key) []*Object {
	r.note(Question{Key: key})
	return r.Reader.Find(key)
}

// Asked returns the questions so far, each once, in stable order.
func (r *Recorder) Asked() []Question {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := make([]Question, 0, len(r.asked))
	for q := range r.asked {
		list = append(list, q)
	}
	slices.SortFunc(list, compareQuestions)
	return list
}

func compareQuestions(a, b Question) int {
	return cmp.Or(
		cmp.Compare(a.ID.Group, b.ID.Group), cmp.Compare(a.ID.Kind, b.ID.Kind),
		cmp.Compare(a.ID.Namespace, b.ID.Namespace), cmp.Compare(a.ID.Name, b.ID.Name),
		cmp.Compare(a.Key.Index, b.Key.Index), cmp.Compare(a.Key.Namespace, b.Key.Namespace),
		cmp.Compare(a.Key.Value, b.Key.Value),
	)
}
