package check

import (
	"context"
	"crypto/sha256"
	"slices"
	"time"

	"k8s.io/utils/lru"

	"github.com/dittoguard/dittoguard/internal/ditto/requests"
	"github.com/dittoguard/dittoguard/internal/ditto/topology"
	"github.com/dittoguard/dittoguard/internal/ditto/world"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// mostRecalled is of how many workloads a judgement is kept, and of how many states before a request: of a few Dittos.
// mostToRecall is how many answers, facts and things to say one may rest on to be kept, usually about a hundred; a way
// in takes some 3 kB, so that all of them take 100 MB at the most.
const (
	mostRecalled = 32
	mostToRecall = 512
)

// recalled keeps what was found where a request changed nothing that decides, and what was found without a request.
// Tools that compare a cluster with Git ask about the same workloads every few minutes, and what is refused, or is a dry
// run, leaves all as it was; nothing around them has changed meanwhile. That is told by asking what the judgement asked,
// which costs little. It is safe for concurrent use.
type recalled struct {
	// kept are *recall by the identity of a workload, earlier are *recall by scope.key.
	kept, earlier *lru.Cache
}

// recallKey is what a judgement is about: a workload, and all that decides of it. The last state of a workload takes
// the place of the one before.
type recallKey struct {
	about   inventory.ID
	decides digest
	// file and line are what unknowns say of where it stands.
	file string
	line int
}

// recall is what a judgement says of its workload, with the answers that it rests on. Nothing changes it.
type recall struct {
	judgement
	key     recallKey
	answers inventory.Given
	// until is when an exception stops counting, zero if none does.
	until time.Time
	// lets is what ways in let in that are wrong, by their keys: of what was found without a request.
	lets map[string]requests.Set
}

func newRecalled() *recalled {
	return &recalled{kept: lru.New(mostRecalled), earlier: lru.New(mostRecalled)}
}

// keyOf is the key of a workload, by the text of what decides of it.
func keyOf(o *inventory.Object, decides []byte) recallKey {
	key := recallKey{about: o.Ref.ID(), file: o.Source.File, line: o.Source.Line}
	sum := sha256.New()
	sum.Write(decides)
	sum.Write(world.AppendProgress(nil, o))
	sum.Sum(key.decides[:0])
	return key
}

// or is what was found of a workload, as what is around it says still, or else what judging finds, which asks by the
// answers. Whatever is looked at of the workload itself is that of the request's.
func (r *recalled) or(ctx context.Context, c *Checker, key recallKey, o *inventory.Object, answers *inventory.Answers,
	judge func() judgement) judgement {
	value, _ := r.kept.Get(key.about)
	found, is := value.(*recall)
	if !is || found.key != key || found.lapsed(c.now()) || !found.answers.Hold(ctx, answers.Reader, key.about) {
		until := c.NextLapse()
		again := judge()
		r.keep(key, again, answers, until)
		return again
	}
	again := found.judgement
	again.violations = slices.Clone(found.violations)
	for i := range again.violations {
		if v := &again.violations[i]; v.subject.Ref.ID() == key.about {
			v.subject = o
		}
	}
	return again
}

// before is what was found of a scope without a request, as everything that it rests on says still, or else what judging
// finds, which asks by the answers. What after the request is set apart from its owner is looked at before it, too, so
// that nothing is recalled then.
func (r *recalled) before(c *Checker, view *world.View, s *scope, answers *inventory.Answers,
	judge func() judgement) judgement {
	if len(view.Apart) > 0 || view.Err() != nil {
		return judge()
	}
	key := s.key(view)
	value, _ := r.earlier.Get(key)
	// What is asked in vain is nothing that the judgement rests on, so it is asked quietly first.
	if found, is := value.(*recall); is && !found.lapsed(c.now()) &&
		found.answers.Hold(view.Context(), inventory.Quiet(answers.Reader), inventory.ID{}) &&
		found.answers.Hold(view.Context(), answers.Reader, inventory.ID{}) {
		topology.Carry(view, found.lets)
		return found.judgement
	}
	until := c.NextLapse()
	again := judge()
	r.keepEarlier(key, view, again, answers, until)
	return again
}

// lapsed says that an exception stopped counting since.
func (r *recall) lapsed(now time.Time) bool { return !r.until.IsZero() && !now.Before(r.until) }

// keep keeps what was found, unless it may be something else a moment later, whatever the answers are, or is too much.
// What is said of other objects is not asked for again.
func (r *recalled) keep(key recallKey, found judgement, answers *inventory.Answers, until time.Time) {
	if found.beyondFacts || found.passing || found.size()+answers.Size() > mostToRecall {
		r.kept.Remove(key.about)
		return
	}
	found.facts = nil
	found.violations = slices.DeleteFunc(slices.Clone(found.violations), func(v violation) bool {
		return !v.isAt(key.about)
	})
	r.kept.Add(key.about, &recall{judgement: found, key: key, answers: answers.Given(), until: until})
}

// keepEarlier keeps what was found without a request, with what the ways in let in that it is compared by later.
func (r *recalled) keepEarlier(key string, view *world.View, found judgement, answers *inventory.Answers,
	until time.Time) {
	r.earlier.Remove(key)
	size := found.size() + answers.Size()
	if found.beyondFacts || found.passing || size > mostToRecall {
		return
	}
	lets := map[string]requests.Set{}
	for i := range found.violations {
		if e := found.violations[i].way; e != nil && lets[e.Way] == nil {
			lets[e.Way] = topology.Requests(view, e)
			size += len(lets[e.Way])
		}
	}
	if size <= mostToRecall && view.Err() == nil {
		r.earlier.Add(key, &recall{judgement: found, answers: answers.Given(), until: until, lets: lets})
	}
}

// size is how much keeping a judgement takes, in things. There is a fact for each way in, which a single violation
// keeps all of.
func (j *judgement) size() int {
	return len(j.facts) + len(j.violations) + len(j.unknowns) + len(j.excepted)
}
