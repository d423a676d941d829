package world

import (
	"weak"

	"github.com/dittoguard/dittoguard/internal/ditto/recognize"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// Configured is what follows from the configuration of a container alone: from its pod template, and the ConfigMaps
// and Secrets that it names. Most requests leave the configuration of every container as it is, so it is kept in the
// Cache of the view, from one judgement to the next, for as long as the workload is the same object and the inventory
// gives the same answers.
type Configured[T any] struct {
	read func(v *View, part recognize.Part) T
	size func(T) int
}

// NewConfigured is what read works out; size says how many things are in that. Nobody may change what read returns. A
// package has one for each such thing, as a variable.
func NewConfigured[T any](read func(v *View, part recognize.Part) T, size func(T) int) *Configured[T] {
	return &Configured[T]{read, size}
}

// mostConfigured is how much of that is kept: three things of each container of a few Dittos. mostInConfigured is how
// many answers one may rest on, and things have in it, to be kept; usually they are a dozen.
const (
	mostConfigured   = 256
	mostInConfigured = 512
)

// configuredKey is what is kept: what of which container. Whatever changes a workload makes another object of it.
type configuredKey struct {
	what                 any // a *Configured
	workload             weak.Pointer[inventory.Object]
	container, component string
}

// configured is what was worked out, with the answers that it rests on. Nothing changes it.
type configured struct {
	value   any
	answers inventory.Given
}

// container is a view in which one container is read, which keeps what is asked for that.
type container struct {
	view    *View
	answers *inventory.Answers
	// key is that of what is kept of it, without what that is.
	key   configuredKey
	known map[any]any // by *Configured
}

// Of is what follows from the configuration of a part's container.
func (c *Configured[T]) Of(v *View, part recognize.Part) T {
	in := v.container(part)
	if value, known := in.known[c].(T); known {
		return value
	}
	value, kept := in.recall(v, c).(T)
	if !kept {
		value = c.read(in.view, part)
		in.keep(v, c, value, c.size(value))
	}
	in.known[c] = value
	return value
}

func (v *View) container(part recognize.Part) *container {
	id := part.ID()
	in, known := v.containers[id]
	if known {
		return in
	}
	answers := inventory.NewAnswers(v)
	in = &container{view: New(v.ctx, answers, v.Options), answers: answers, known: map[any]any{}}
	in.view.effort = v.effort
	in.key = configuredKey{
		workload: weak.Make(part.Workload), container: part.Container.Name, component: part.Component,
	}
	v.containers[id] = in
	return in
}

// recall is what was worked out in an earlier judgement, if what it rests on is the same; nil otherwise.
func (in *container) recall(v *View, what any) any {
	kept, _ := v.Cache.configured.Get(in.key.of(what))
	if found, is := kept.(*configured); is && found.answers.Hold(v.ctx, v, inventory.ID{}) {
		return found.value
	}
	return nil
}

// keep keeps what was worked out, unless the judgement has ended meanwhile, or it is too much.
func (in *container) keep(v *View, what, value any, size int) {
	if v.Err() == nil && in.answers.Size()+size <= mostInConfigured {
		v.Cache.configured.Add(in.key.of(what), &configured{value, in.answers.Given()})
	}
}

func (k configuredKey) of(what any) configuredKey {
	k.what = what
	return k
}
