package check

import (
	"hash/maphash"
	"reflect"
	"slices"
	"strconv"
	"sync"

	"github.com/dittoguard/dittoguard/internal/ditto/facts"
	"github.com/dittoguard/dittoguard/internal/engine"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// maxRemembered bounds how many facts outcomes are kept for; a cluster has few that are judged again and again.
const maxRemembered = 2048

// outcomes keeps what rules made of facts. Most requests leave most facts as they are, and a request is judged with and
// without its change; evaluating CEL again costs more than telling that facts are the same. It is safe for concurrent
// use.
type outcomes struct {
	seed maphash.Seed
	// all and exposure write facts, and an exposure alone, for their print; decides leaves out what an exposure tells
	// people.
	all, exposure, decides writer

	mu     sync.Mutex
	byHash map[uint64]*remembered
}

// remembered is what rules made of one set of facts.
type remembered struct {
	facts.Facts

	// print identifies the facts.
	print uint64
	// by is guarded by the mutex of outcomes.
	by map[*rule]engine.Outcome
}

// factsKey identifies the facts of one subject.
func (r *remembered) factsKey(subject inventory.Ref) string {
	return subject.ID().String() + " " + strconv.FormatUint(r.print, 36)
}

func newOutcomes() *outcomes {
	return &outcomes{
		seed: maphash.MakeSeed(), byHash: map[uint64]*remembered{},
		all: writerOf(reflect.TypeFor[facts.Facts](), ""), exposure: writerOf(reflect.TypeFor[facts.Exposure](), ""),
		decides: writerOf(reflect.TypeFor[facts.Exposure](), "people"),
	}
}

// of finds what is remembered of facts, and begins to remember them if need be. Facts that are equal come back as the
// very same, so that comparing what is built on them costs nothing. They must not be changed afterwards.
func (o *outcomes) of(known facts.Facts) *remembered {
	var h maphash.Hash
	h.SetSeed(o.seed)
	o.all(&h, reflect.ValueOf(&known).Elem())
	return o.remember(h.Sum64(), known)
}

// ofExposure is the same for a way in, to a gateway that is remembered already, or to nothing of the kind.
func (o *outcomes) ofExposure(gateway *remembered, exposure *facts.Exposure) *remembered {
	var h maphash.Hash
	h.SetSeed(o.seed)
	known := facts.Facts{Exposure: exposure}
	if gateway != nil {
		known.Gateway = gateway.Gateway
		writeNumber(&h, gateway.print)
	}
	o.exposure(&h, reflect.ValueOf(exposure).Elem())
	return o.remember(h.Sum64(), known)
}

// deciding identifies what decides about a way in, for telling whether a change touches it.
func (o *outcomes) deciding(exposure *facts.Exposure) string {
	var h maphash.Hash
	h.SetSeed(o.seed)
	o.decides(&h, reflect.ValueOf(exposure).Elem())
	return strconv.FormatUint(h.Sum64(), 36)
}

func (o *outcomes) remember(print uint64, of facts.Facts) *remembered {
	o.mu.Lock()
	known := o.byHash[print]
	o.mu.Unlock()
	if known != nil && reflect.DeepEqual(known.Facts, of) {
		return known
	}
	if of.Exposure != nil {
		// Not a part of a longer list that would be kept with it.
		exposure := *of.Exposure
		of.Exposure = &exposure
	}
	made := &remembered{Facts: of, print: print, by: map[*rule]engine.Outcome{}}
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.byHash) >= maxRemembered {
		clear(o.byHash)
	}
	o.byHash[print] = made
	return made
}

// evaluate returns what a rule makes of facts, from memory if it can.
func (o *outcomes) evaluate(r *rule, of *remembered, evaluate func() engine.Outcome) engine.Outcome {
	if !r.compiled.FactsDecide() {
		return evaluate()
	}
	o.mu.Lock()
	outcome, known := of.by[r]
	o.mu.Unlock()
	if known {
		return outcome
	}
	outcome = evaluate()
	if !failed(outcome) {
		o.mu.Lock()
		of.by[r] = outcome
		o.mu.Unlock()
	}
	return outcome
}

// failed: some of it could not be evaluated, perhaps because time ran out.
func failed(outcome engine.Outcome) bool {
	return outcome.Err != nil ||
		slices.ContainsFunc(outcome.Violations, func(v engine.Violation) bool { return v.Err != nil }) ||
		slices.ContainsFunc(outcome.Unknowns, func(u engine.UnknownResult) bool { return u.Err != nil })
}
