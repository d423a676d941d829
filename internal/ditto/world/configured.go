package world

import (
	"crypto/sha256"

	"github.com/dittoguard/dittoguard/internal/ditto/recognize"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// Configured is what follows from the configuration of a container alone: from its pod template, and the ConfigMaps
// and Secrets that it names. Most requests leave the configuration of every container as it is, so it is kept in the
// Cache of the view, from one judgement to the next, for as long as the inventory gives the same answers.
type Configured[T any] struct {
	read func(v *View, part recognize.Part) T
}

// NewConfigured is what read works out. Nobody may change what it returns. A package has one for each such thing, as a
// variable.
func NewConfigured[T any](read func(v *View, part recognize.Part) T) *Configured[T] {
	return &Configured[T]{read}
}

// mostConfigured is how much of that is kept: three things of each container of a few Dittos. mostToRestOn is how many
// answers one may rest on to be kept; usually they are a dozen.
const (
	mostConfigured = 128
	mostToRestOn   = 512
)

// configuredKey is what is kept: what of which container, in which state.
type configuredKey struct {
	what      any // a *Configured
	part      recognize.PartID
	component string
	template  [sha256.Size]byte
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
	// state is the key of what is kept of it, without what that is; nil if nothing is.
	state *configuredKey
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
		in.keep(v, c, value)
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
	if text, err := part.Workload.PodTemplate().Marshal(); err == nil {
		in.state = &configuredKey{part: id, component: part.Component, template: sha256.Sum256(text)}
	}
	v.containers[id] = in
	return in
}

// recall is what was worked out in an earlier judgement, if what it rests on is the same; nil otherwise.
func (in *container) recall(v *View, what any) any {
	if in.state == nil {
		return nil
	}
	kept, _ := v.Cache.configured.Get(in.state.of(what))
	if found, is := kept.(*configured); is && found.answers.Hold(v, inventory.ID{}) {
		return found.value
	}
	return nil
}

// keep keeps what was worked out, unless the judgement has ended meanwhile.
func (in *container) keep(v *View, what, value any) {
	answers := in.answers.Given()
	if in.state != nil && v.Err() == nil && answers.Size() <= mostToRestOn {
		v.Cache.configured.Add(in.state.of(what), &configured{value, answers})
	}
}

func (k configuredKey) of(what any) configuredKey {
	k.what = what
	return k
}
