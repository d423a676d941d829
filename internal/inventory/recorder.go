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
	ids   []ID
	keys  []Key
	known map[Key]bool
}

// NewRecorder records the questions asked of the inventory.
func NewRecorder(r Reader) *Recorder { return &Recorder{Reader: r} }

// Get implements Reader.
func (r *Recorder) Get(gk schema.GroupKind, namespace, name string) *Object {
	r.mu.Lock()
	r.ids = append(r.ids, ID{gk, namespace, name})
	r.mu.Unlock()
	return r.Reader.Get(gk, namespace, name)
}

// Find implements Reader.
func (r *Recorder) Find(key Key) []*Object {
	r.mu.Lock()
	r.keys = append(r.keys, key)
	r.mu.Unlock()
	return r.Reader.Find(key)
}

// Knows implements Reader. It stays with what it has said: a kind that falls sick between the two sides of a comparison
// is no difference between them.
func (r *Recorder) Knows(gk schema.GroupKind, namespace string) bool {
	key := KindKey(gk, namespace)
	r.mu.Lock()
	defer r.mu.Unlock()
	known, said := r.known[key]
	if !said {
		if r.known == nil {
			r.known = map[Key]bool{}
		}
		known = r.Reader.Knows(gk, namespace)
		r.known[key] = known
	}
	return known
}

// Quiet is the same inventory, but what is asked of it is not recorded.
func Quiet(r Reader) Reader {
	switch r := r.(type) {
	case *Recorder:
		return Quiet(r.Reader)
	case *Answers:
		return &Answers{Reader: Quiet(r.Reader), quiet: true, kept: r.kept}
	case *Overlay:
		quiet := *r
		quiet.base = Quiet(r.base)
		return &quiet
	}
	return r
}

// Asked returns the questions so far, each once, in stable order.
func (r *Recorder) Asked() []Question {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := make([]Question, 0, len(r.ids)+len(r.keys))
	for _, id := range r.ids {
		list = append(list, Question{ID: id})
	}
	for _, key := range r.keys {
		list = append(list, Question{Key: key})
	}
	slices.SortFunc(list, compareQuestions)
	return slices.Compact(list)
}

func compareQuestions(a, b Question) int {
	if a.ID != b.ID {
		return cmp.Or(
			cmp.Compare(a.ID.Group, b.ID.Group), cmp.Compare(a.ID.Kind, b.ID.Kind),
			cmp.Compare(a.ID.Namespace, b.ID.Namespace), cmp.Compare(a.ID.Name, b.ID.Name),
		)
	}
	return compareKeys(a.Key, b.Key)
}

func compareKeys(a, b Key) int {
	if a.Index != b.Index {
		return cmp.Compare(a.Index, b.Index)
	}
	if a.Namespace != b.Namespace {
		return cmp.Compare(a.Namespace, b.Namespace)
	}
	return cmp.Compare(a.Value, b.Value)
}
