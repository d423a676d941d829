package inventory

import (
	"context"
	"sync"
	"weak"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Answers passes questions on to an inventory and keeps them with what it answered. What is asked quietly is kept, too.
type Answers struct {
	Reader

	quiet bool
	kept  *kept
}

// kept are the answers so far.
type kept struct {
	mu   sync.Mutex
	list []answer
}

// Given are answers to the questions of a judgement, by which it can be told later whether it would be told the same.
// They keep no object that is gone: whoever writes a pod template could otherwise have old versions of many ConfigMaps
// kept.
type Given []given

// given is an answer with references to the objects.
type given struct {
	answer

	objects []reference
}

// reference is to an object, which it does not keep.
type reference struct {
	id ID
	at weak.Pointer[Object]
}

// answer is what was answered to one question: objects, or whether a kind is known.
type answer struct {
	Question
	quiet bool
	// kind says that the question is whether the kind of the key is known.
	kind    *schema.GroupKind
	known   bool
	objects []*Object
}

// NewAnswers keeps the answers of an inventory.
func NewAnswers(r Reader) *Answers { return &Answers{Reader: r, kept: &kept{}} }

func (a *Answers) keep(of answer) {
	of.quiet = a.quiet
	a.kept.mu.Lock()
	defer a.kept.mu.Unlock()
	a.kept.list = append(a.kept.list, of)
}

// Get implements Reader.
func (a *Answers) Get(gk schema.GroupKind, namespace, name string) *Object {
	o := a.Reader.Get(gk, namespace, name)
	a.keep(answer{Question: Question{ID: ID{gk, namespace, name}}, objects: listOf(o)})
	return o
}

// Find implements Reader.
func (a *Answers) Find(key Key) []*Object {
	list := a.Reader.Find(key)
	a.keep(answer{Question: Question{Key: key}, objects: list})
	return list
}

// Knows implements Reader.
func (a *Answers) Knows(gk schema.GroupKind, namespace string) bool {
	known := a.Reader.Knows(gk, namespace)
	a.keep(answer{Question: Question{Key: KindKey(gk, namespace)}, kind: &gk, known: known})
	return known
}

// Size is how many questions and objects there are so far.
func (a *Answers) Size() int {
	a.kept.mu.Lock()
	defer a.kept.mu.Unlock()
	n := len(a.kept.list)
	for i := range a.kept.list {
		n += len(a.kept.list[i].objects)
	}
	return n
}

// Given are the answers so far.
func (a *Answers) Given() Given {
	a.kept.mu.Lock()
	defer a.kept.mu.Unlock()
	all := make(Given, len(a.kept.list))
	for i, of := range a.kept.list {
		objects := make([]reference, len(of.objects))
		for j, o := range of.objects {
			objects[j] = reference{o.Ref.ID(), weak.Make(o)}
		}
		of.objects = nil
		all[i] = given{of, objects}
	}
	return all
}

// Hold says whether an inventory answers all of the questions as it was answered before: with the very same objects, or
// with others of the identity that is given, which an overlay hides. It asks all of them as long as they hold and the
// context has not ended, quietly what was asked so if the inventory can be asked quietly.
func (g Given) Hold(ctx context.Context, r Reader, but ID) bool {
	quiet := Quiet(r)
	for i := range g {
		if ctx.Err() != nil {
			return false
		}
		of := &g[i]
		from := r
		if of.quiet {
			from = quiet
		}
		holds := false
		switch {
		case of.kind != nil:
			holds = from.Knows(*of.kind, of.Key.Namespace) == of.known
		case of.ID != ID{}:
			holds = sameLists(of.objects, listOf(from.Get(of.ID.GroupKind, of.ID.Namespace, of.ID.Name)), but)
		default:
			holds = sameLists(of.objects, from.Find(of.Key), but)
		}
		if !holds {
			return false
		}
	}
	return true
}

func listOf(o *Object) []*Object {
	if o == nil {
		return nil
	}
	return []*Object{o}
}

// sameLists says whether two lists have the same objects in the same order, those of an identity left out.
func sameLists(known []reference, list []*Object, but ID) bool {
	i := 0
	skip := func() {
		for i < len(known) && known[i].id == but {
			i++
		}
	}
	for _, o := range list {
		if skip(); o.Ref.ID() == but {
			continue
		}
		if i == len(known) || known[i].at.Value() != o {
			return false
		}
		i++
	}
	skip()
	return i == len(known)
}
