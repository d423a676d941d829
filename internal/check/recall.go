package check

import (
	"crypto/sha256"
	"slices"
	"time"

	"k8s.io/utils/lru"

	"github.com/dittoguard/dittoguard/internal/ditto/world"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// mostRecalled is of how many workloads a judgement is kept: of a few Dittos. mostToRecall is how many answers, facts
// and things to say one may rest on to be kept, usually about a hundred; a way in takes some 3 kB, so that all of them
// take 50 MB at the most.
const (
	mostRecalled = 32
	mostToRecall = 512
)

// recalled keeps what was found where a request changed nothing that decides. Tools that compare a cluster with Git
// ask about the same workloads every few minutes, and nothing around them has changed meanwhile: that is told by asking
// what the judgement asked, which costs little. It is safe for concurrent use.
type recalled struct{ kept *lru.Cache }

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
}

func newRecalled() *recalled { return &recalled{kept: lru.New(mostRecalled)} }

// keyOf is the key of a workload, by the text of what decides of it.
func keyOf(o *inventory.Object, decides []byte) recallKey {
	return recallKey{
		about: o.Ref.ID(), decides: sha256.Sum256(world.AppendProgress(decides, o)), file: o.Source.File,
		line: o.Source.Line,
	}
}

// or is what was found of a workload, as what is around it says still, or else what judging finds, which asks by the
// answers. Whatever is looked at of the workload itself is that of the request's.
func (r *recalled) or(c *Checker, key recallKey, o *inventory.Object, answers *inventory.Answers,
	judge func() judgement) judgement {
	value, _ := r.kept.Get(key.about)
	found, is := value.(*recall)
	if !is || found.key != key || found.lapsed(c.now()) || !found.answers.Hold(answers.Reader, key.about) {
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

// lapsed says that an exception stopped counting since.
func (r *recall) lapsed(now time.Time) bool { return !r.until.IsZero() && !now.Before(r.until) }

// keep keeps what was found, unless it may be something else a moment later, whatever the answers are, or is too much.
// What is said of other objects is not asked for again.
func (r *recalled) keep(key recallKey, found judgement, answers *inventory.Answers, until time.Time) {
	// There is a fact for each way in, which a single violation keeps all of.
	size := answers.Size() + len(found.facts) + len(found.violations) + len(found.unknowns) + len(found.excepted)
	if found.beyondFacts || found.passing || size > mostToRecall {
		r.kept.Remove(key.about)
		return
	}
	found.facts = nil
	found.violations = slices.DeleteFunc(slices.Clone(found.violations), func(v violation) bool {
		return !v.isAt(key.about)
	})
	r.kept.Add(key.about, &recall{judgement: found, key: key, answers: answers.Given(), until: until})
}
