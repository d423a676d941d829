package check

import (
	"crypto/sha256"
	"hash/maphash"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"sync"

	"k8s.io/utils/lru"

	"github.com/dittoguard/dittoguard/internal/ditto/facts"
	"github.com/dittoguard/dittoguard/internal/engine"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/rules"
)

// mostAlike bounds for how many facts that rules tell apart it is kept what all rules make of them, mostOutcomes how
// many outcomes of single rules are kept. A gateway has at most 5,000 ways in, and nobody may open so many others that
// a judgement forgets what it began with.
const (
	mostAlike    = 8192
	mostOutcomes = 2 * mostAlike
)

// outcomes keeps what rules made of facts. Most requests leave most facts as they are, and a request is judged with and
// without its change; evaluating CEL again costs more than telling that facts are the same. They are so to a rule if
// they differ only in what none of its expressions reads: of thousands of paths that lead to a gateway most are judged
// as one. It is safe for concurrent use.
type outcomes struct {
	seed maphash.Seed
	// all writes facts for their print, decides what of an exposure is not for people alone.
	all, decides writer
	// sees write what any rule of a kind reads, reads what a single rule does. They are made when they are first
	// needed: compiling a rule is put off.
	sees  map[rules.Each]func() writer
	reads map[*rule]func() [said]writer

	// alike are *alike by the digest of what rules see, single the outcomes of single rules by singleKey.
	alike, single *lru.Cache
}

// digest stands for a text that is equal to no other.
type digest [sha256.Size]byte

// saying is what kind of thing a rule says of facts: nothing, that something is wrong, or that something is unknown.
// What decides each is not the same, since what it would say otherwise has no part in it.
type saying int

const (
	silent saying = iota
	violated
	unknown
	// said is how many there are.
	said
)

// singleKey is what a rule reads of facts that decides what it says.
type singleKey struct {
	rule *rule
	says saying
	read digest
}

// alike is what rules made of facts that none of them tells apart.
type alike struct {
	mu sync.Mutex
	by map[*rule]*engine.Outcome
}

// remembered are facts, with what rules made of those that are like them.
type remembered struct {
	facts.Facts
	*alike

	// print identifies the facts; 0 for a way in.
	print uint64
}

// factsKey identifies the facts of one subject.
func (r *remembered) factsKey(subject inventory.Ref) string {
	return subject.ID().String() + " " + strconv.FormatUint(r.print, 36)
}

func newOutcomes(by map[rules.Each][]*rule) *outcomes {
	input := reflect.TypeFor[facts.Facts]()
	o := &outcomes{
		seed: maphash.MakeSeed(), all: writerOf(input, everything),
		decides: writerOf(reflect.TypeFor[facts.Exposure](), unlessForPeople),
		sees:    map[rules.Each]func() writer{}, reads: map[*rule]func() [said]writer{},
		alike: lru.New(mostAlike), single: lru.New(mostOutcomes),
	}
	for each, list := range by {
		o.sees[each] = sync.OnceValue(func() writer {
			reads := engine.Reads{}
			for _, r := range list {
				maps.Copy(reads, r.compiled.Reads().Violated)
				maps.Copy(reads, r.compiled.Reads().Unknown)
			}
			return writerOf(input, ifRead(reads))
		})
		for _, r := range list {
			o.reads[r] = sync.OnceValue(func() [said]writer {
				reads := r.compiled.Reads()
				return [said]writer{
					silent: writerOf(input, ifRead(reads.Verdict)), violated: writerOf(input, ifRead(reads.Violated)),
					unknown: writerOf(input, ifRead(reads.Unknown)),
				}
			})
		}
	}
	return o
}

// of finds what is remembered of facts like these, and begins to remember it if need be. The facts must not be changed
// afterwards.
func (o *outcomes) of(each rules.Each, known facts.Facts) *remembered {
	print := maphash.Bytes(o.seed, o.all(nil, reflect.ValueOf(&known).Elem()))
	return &remembered{Facts: known, alike: o.like(each, &known), print: print}
}

// ofExposure is the same for a way in, to a gateway that is remembered already, or to nothing of the kind.
func (o *outcomes) ofExposure(gateway *remembered, exposure *facts.Exposure) *remembered {
	known := facts.Facts{Exposure: exposure}
	if gateway != nil {
		known.Gateway = gateway.Gateway
	}
	return &remembered{Facts: known, alike: o.like(rules.EachExposure, &known)}
}

// deciding identifies what decides about a way in, for telling whether a change touches it.
func (o *outcomes) deciding(exposure *facts.Exposure) string {
	text, _ := texts.Get().(*[]byte)
	defer texts.Put(text)
	*text = o.decides((*text)[:0], reflect.ValueOf(exposure).Elem())
	return strconv.FormatUint(maphash.Bytes(o.seed, *text), 36)
}

// like finds what is remembered of facts that no rule tells from these.
func (o *outcomes) like(each rules.Each, known *facts.Facts) *alike {
	sees := o.sees[each]
	if sees == nil {
		return nil // no rule looks
	}
	key := digestOf(sees(), known)
	kept, _ := o.alike.Get(key)
	if made, is := kept.(*alike); is {
		return made
	}
	made := &alike{by: map[*rule]*engine.Outcome{}}
	o.alike.Add(key, made)
	return made
}

func digestOf(write writer, known *facts.Facts) digest {
	text, _ := texts.Get().(*[]byte)
	defer texts.Put(text)
	*text = write((*text)[:0], reflect.ValueOf(known).Elem())
	return sha256.Sum256(*text)
}

// texts are what facts are written into, a way after the other.
var texts = sync.Pool{New: func() any { return new([]byte) }}

// evaluate returns what a rule makes of facts, from memory if it can.
func (o *outcomes) evaluate(r *rule, of *remembered, evaluate func() engine.Outcome) engine.Outcome {
	if !r.compiled.FactsDecide() {
		return evaluate()
	}
	of.mu.Lock()
	outcome := of.by[r]
	of.mu.Unlock()
	if outcome != nil {
		return *outcome
	}
	if outcome = o.alone(r, &of.Facts, evaluate); !failed(outcome) {
		of.mu.Lock()
		of.by[r] = outcome
		of.mu.Unlock()
	}
	return *outcome
}

// alone is evaluate for facts of which it is not known what rules make of others like them. This rule may have seen
// some that are the same to it.
func (o *outcomes) alone(r *rule, known *facts.Facts, evaluate func() engine.Outcome) *engine.Outcome {
	var keys [said]singleKey
	for says, write := range o.reads[r]() {
		keys[says] = singleKey{rule: r, says: saying(says), read: digestOf(write, known)}
		kept, _ := o.single.Get(keys[says])
		if outcome, is := kept.(*engine.Outcome); is {
			return outcome
		}
	}
	outcome := evaluate()
	says := silent
	switch {
	case failed(&outcome):
		return &outcome
	case len(outcome.Violations) > 0:
		says = violated
	case len(outcome.Unknowns) > 0:
		says = unknown
	}
	o.single.Add(keys[says], &outcome)
	return &outcome
}

// failed: some of it could not be evaluated, perhaps because time ran out.
func failed(outcome *engine.Outcome) bool {
	return outcome.Err != nil ||
		slices.ContainsFunc(outcome.Violations, func(v engine.Violation) bool { return v.Err != nil }) ||
		slices.ContainsFunc(outcome.Unknowns, func(u engine.UnknownResult) bool { return u.Err != nil })
}
