package check

import (
	"cmp"
	"fmt"
	"hash/maphash"
	"math"
	"reflect"
	"slices"
	"strconv"
	"sync"

	"github.com/dittoguard/dittoguard/internal/ditto"
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

	mu     sync.Mutex
	byHash map[uint64]*remembered
}

// remembered is what rules made of one set of facts.
type remembered struct {
	ditto.Facts

	// print identifies the facts.
	print uint64
	// by is guarded by the mutex of outcomes.
	by map[*rule]engine.Outcome
}

// said tells the facts of one subject from other facts, and from those of other subjects.
func (r *remembered) said(subject inventory.Ref) string {
	return subject.ID().String() + " " + strconv.FormatUint(r.print, 36)
}

func newOutcomes() *outcomes {
	return &outcomes{seed: maphash.MakeSeed(), byHash: map[uint64]*remembered{}}
}

// of finds what is remembered of facts, and begins to remember them if need be. Facts that are equal come back as the very
// same, so that comparing what is built on them costs nothing. They must not be changed afterwards.
func (o *outcomes) of(facts ditto.Facts) *remembered {
	print := o.print(facts)
	o.mu.Lock()
	known := o.byHash[print]
	o.mu.Unlock()
	if known != nil && reflect.DeepEqual(known.Facts, facts) {
		return known
	}
	if facts.Exposure != nil {
		// Not a part of a longer list that would be kept with it.
		exposure := *facts.Exposure
		facts.Exposure = &exposure
	}
	made := &remembered{Facts: facts, print: print, by: map[*rule]engine.Outcome{}}
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

// print is a number that facts of the same content share, and that tells others apart. Nobody outside this process can
// foresee it.
func (o *outcomes) print(facts any) uint64 {
	var h maphash.Hash
	h.SetSeed(o.seed)
	write(&h, reflect.ValueOf(facts))
	return h.Sum64()
}

func bit(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

// write adds a value and all that it leads to.
func write(h *maphash.Hash, v reflect.Value) {
	number := func(n uint64) { maphash.WriteComparable(h, n) }
	switch v.Kind() {
	case reflect.String:
		number(uint64(v.Len()))
		_, _ = h.WriteString(v.String()) // never fails
	case reflect.Bool:
		number(bit(v.Bool()))
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		number(uint64(v.Int()))
	case reflect.Float32, reflect.Float64:
		number(math.Float64bits(v.Float()))
	case reflect.Slice:
		number(uint64(v.Len()))
		for i := range v.Len() {
			write(h, v.Index(i))
		}
	case reflect.Struct:
		for _, field := range v.Fields() {
			write(h, field)
		}
	case reflect.Pointer:
		number(bit(v.IsNil()))
		if !v.IsNil() {
			write(h, v.Elem())
		}
	case reflect.Map:
		keys := slices.SortedFunc(slices.Values(v.MapKeys()), func(a, b reflect.Value) int { return cmp.Compare(a.String(), b.String()) })
		number(uint64(len(keys)))
		for _, key := range keys {
			write(h, key)
			write(h, v.MapIndex(key))
		}
	default:
		panic(fmt.Sprintf("facts hold %s, which cannot be compared", v.Type()))
	}
}
