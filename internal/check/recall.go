package check

import (
	"context"
	"crypto/sha256"
	"slices"
	"time"

	"k8s.io/utils/lru"

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
// Tools that compare a cluster with Git ask about the same workloads every few minutes, and what is refused, or is a
// dry run, leaves all as it was; nothing around them has changed meanwhile. That is told by asking what the judgement
// asked, which costs little. It is safe for concurrent use.
type recalled struct {
	// workloads are *recalledWorkload by inventory.ID, states are *recalledState by scope.key.
	workloads, states *lru.Cache
}

func newRecalled() *recalled {
	return &recalled{workloads: lru.New(mostRecalled), states: lru.New(mostRecalled)}
}

// recall is what was found, with the answers that it rests on. Nothing changes it.
type recall struct {
	judgement
	answers inventory.Given
	// until is when an exception stops counting, zero if none does.
	until time.Time
}

// lapsed says that an exception stopped counting since.
func (r *recall) lapsed(now time.Time) bool { return !r.until.IsZero() && !now.Before(r.until) }

// size is how much keeping a judgement takes, in things. There is a fact for each way in, which a single violation
// keeps all of.
func (j *judgement) size() int {
	return len(j.facts) + len(j.violations) + len(j.unknowns) + len(j.excepted)
}

// keepable says whether a judgement may be kept that rests on so many answers: it would be the same a moment later, if
// the answers are, and is not too much.
func (j *judgement) keepable(answers *inventory.Answers) bool {
	return !j.beyondFacts && !j.passing && j.size()+answers.Size() <= mostToRecall
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

// recalledWorkload is what was found of a workload.
type recalledWorkload struct {
	recall
	key recallKey
}

// keyOf is the key of a workload, by the text of what decides of it.
func keyOf(o *inventory.Object, decides []byte) recallKey {
	sum := sha256.New()
	sum.Write(decides)
	sum.Write(world.AppendProgress(nil, o))
	return recallKey{about: o.Ref.ID(), decides: digest(sum.Sum(nil)), file: o.Source.File, line: o.Source.Line}
}

// or is what was found of a workload, as what is around it says still, or else what judging finds, which asks by the
// answers. Whatever is looked at of the workload itself is that of the request's.
func (r *recalled) or(ctx context.Context, c *Checker, key recallKey, o *inventory.Object, answers *inventory.Answers,
	judge func() judgement) judgement {
	value, _ := r.workloads.Get(key.about)
	found, is := value.(*recalledWorkload)
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

// keep keeps what was found of a workload. What is said of other objects is not asked for again.
func (r *recalled) keep(key recallKey, found judgement, answers *inventory.Answers, until time.Time) {
	if !found.keepable(answers) {
		r.workloads.Remove(key.about)
		return
	}
	found.facts = nil
	found.violations = slices.DeleteFunc(slices.Clone(found.violations), func(v violation) bool {
		return !v.isAt(key.about)
	})
	r.workloads.Add(key.about, &recalledWorkload{recall{found, answers.Given(), until}, key})
}
