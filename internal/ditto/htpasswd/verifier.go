package htpasswd

import (
	"cmp"
	"context"
	"crypto/rand"
	"slices"
	"sync"
)

// A State is what is known about the password of an entry.
type State string

// The states of a [Verdict].
const (
	// Published: the password is in Ditto's code, samples or documentation, is the user name, or is empty.
	Published State = "published"
	// Own: it is none of those.
	Own State = "own"
	// Unknown: it was not, or not yet, or can never be found out.
	Unknown State = "unknown"
)

// A Verdict is what a [Verifier] says about one entry.
type Verdict struct {
	State State
	// Why gives the reason for published and unknown, for people, continuing "entry of user x: "; it never holds a hash
	// or a password: `bcrypt cost 14 is above 12, the highest that is checked while a request waits; the verdict
	// follows in the background`.
	Why string
}

// Options say how much work a [Verifier] may do. Zero values mean the defaults.
type Options struct {
	// Work is how much one Check waits for, in the microseconds that comparing takes on a current server
	// (Entry.effort), so that the verdict is the same however busy the machine is. Default 600,000: eleven comparisons
	// of bcrypt at cost 10.
	Work int64
	// CheapWork is the same for hashes whose cost their author cannot choose. Default 1,000,000: three hundred entries
	// of apr1, or three thousand of DES crypt, with all words.
	CheapWork int64
	// MaxBcryptCost and MaxShaRounds are the highest costs that a Check waits for. Defaults 12 and 100,000.
	MaxBcryptCost int
	MaxShaRounds  int

	// NoBackground ends all work with the Check that asked for it, for a command that exits. What the work did not
	// suffice for stays unknown. The fields that follow, but CacheSize, are then irrelevant.
	NoBackground bool
	// BackgroundBcryptCost and BackgroundShaRounds are the highest costs that are checked at all. A comparison cannot
	// be stopped, so they also bound how long Close takes. Defaults 15 (about two seconds) and 1,000,000.
	BackgroundBcryptCost int
	BackgroundShaRounds  int
	// QueueSize is how many entries may wait to be checked; a single Check may fill a quarter. What does not fit is
	// unknown and not remembered. Default 1,024.
	QueueSize int

	// CacheSize is how many verdicts are remembered, about 200 bytes each. Default 16,384.
	CacheSize int
}

func (o *Options) setDefaults() {
	def := func(field *int, value int) {
		if *field == 0 {
			*field = value
		}
	}
	if o.Work == 0 {
		o.Work = 600_000
	}
	if o.CheapWork == 0 {
		o.CheapWork = 1_000_000
	}
	def(&o.MaxBcryptCost, 12)
	def(&o.MaxShaRounds, 100_000)
	def(&o.BackgroundBcryptCost, 15)
	def(&o.BackgroundShaRounds, 1_000_000)
	def(&o.QueueSize, 1024)
	def(&o.CacheSize, 16_384)
	o.BackgroundBcryptCost = max(o.BackgroundBcryptCost, o.MaxBcryptCost)
	o.BackgroundShaRounds = max(o.BackgroundShaRounds, o.MaxShaRounds)
	if o.NoBackground {
		o.BackgroundBcryptCost, o.BackgroundShaRounds = o.MaxBcryptCost, o.MaxShaRounds
	}
}

// A Verifier finds entries whose password is published. It is safe for concurrent use, remembers its verdicts, and must
// be closed.
//
// # Who waits for what
//
// Hashes that cost next to nothing are computed by the Check that asks. bcrypt and sha-crypt go to one worker that all
// Checks share; an entry that several of them ask about is computed once. Passwords that were published with the
// entry's user name are tried for all entries before other words are for any, and cheaper hashes before dearer ones.
// How many a Check waits for is counted before it begins, in work and never in time. When they are tried, Check
// returns, and what is left goes to a second worker, which also has the hashes that are too dear to wait for; being
// another one, it cannot keep the first from a hash that a request waits for. It rests as long as it works, so that it
// never takes more than half a core from the requests.
type Verifier struct {
	opts  Options
	words words
	key   []byte
	// match is matches; tests replace it.
	match func(Entry, string) bool

	stop chan struct{}
	wg   sync.WaitGroup

	mu     sync.Mutex
	known  *cache
	queue  map[digest]*job
	queued uint64
	busy   [2]bool // whether each worker runs, by lane
	closed bool
}

// NewVerifier returns a Verifier. It has no goroutine until there is work. To close it with a context, use
// context.AfterFunc(ctx, v.Close).
func NewVerifier(opts Options) *Verifier {
	opts.setDefaults()
	key := make([]byte, 32)
	rand.Read(key) // never fails, says crypto/rand
	return &Verifier{
		opts:  opts,
		words: publishedWords(),
		key:   key,
		match: matches,
		stop:  make(chan struct{}),
		known: newCache(opts.CacheSize),
		queue: map[digest]*job{},
	}
}

// Busy says whether there are hashes that have no verdict yet and get one in the background.
func (v *Verifier) Busy() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return len(v.queue) > 0 && !v.closed
}

// Close stops the workers and returns when they have, after at most one comparison each. Checks that are waiting return
// at once. A closed Verifier still knows what it knows, but only computes cheap hashes.
func (v *Verifier) Close() {
	v.mu.Lock()
	if !v.closed {
		v.closed = true
		close(v.stop)
	}
	v.mu.Unlock()
	v.wg.Wait()
}

// Check judges entries, in their order, with the work that one Check may do. The context ends it early; the caller then
// has no verdict, but an error of its own.
func (v *Verifier) Check(ctx context.Context, entries []Entry) []Verdict {
	verdicts := make([]Verdict, len(entries))
	r := &request{v: v, verdicts: verdicts, digests: v.digests(entries)}
	defer r.leave()

	var cheap, dear []int
	for i, e := range entries {
		switch verdict, known := v.lookup(e, r.digests[i]); {
		case known:
			verdicts[i] = verdict
		case e.cheap():
			cheap = append(cheap, i)
		default:
			dear = append(dear, i)
		}
	}
	r.joinAll(entries, dear, v.share(entries, dear, r.digests))
	work := v.opts.CheapWork
	for _, i := range cheap {
		list, _ := v.words.candidates(entries[i].User)
		if work -= entries[i].effort() * int64(len(list)); work < 0 || ctx.Err() != nil {
			r.joinAll(entries, []int{i}, []int{0})
			continue
		}
		verdicts[i] = v.try(entries[i], list)
		v.remember(r.digests[i], verdicts[i])
	}
	r.wait(ctx)
	return verdicts
}

// share says how far a Check may wait for each of some entries, in passwords: the likely ones of all entries come
// first, and cheaper hashes before dearer ones. What others have begun is not counted.
func (v *Verifier) share(entries []Entry, dear []int, digests []digest) []int {
	tries := make([]int, len(dear))
	var order []int
	first := map[digest]int{}
	v.mu.Lock()
	for i := range dear {
		if _, twice := first[digests[dear[i]]]; twice {
			continue
		}
		first[digests[dear[i]]] = i
		order = append(order, i)
		if j := v.queue[digests[dear[i]]]; j != nil {
			tries[i] = j.next
		}
	}
	v.mu.Unlock()
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Compare(entries[dear[a]].effort(), entries[dear[b]].effort())
	})
	work := v.opts.Work
	for _, all := range []bool{false, true} {
		for _, i := range order {
			e := entries[dear[i]]
			list, likely := v.words.candidates(e.User)
			if all {
				likely = len(list)
			}
			for tries[i] < likely && work >= e.effort() && v.waitsFor(e) {
				tries[i]++
				work -= e.effort()
			}
		}
	}
	for i := range dear {
		tries[i] = tries[first[digests[dear[i]]]]
	}
	return tries
}

// waitsFor says whether a Check waits for hashes that are this dear.
func (v *Verifier) waitsFor(e Entry) bool {
	return whyAbove(e, v.opts.MaxBcryptCost, v.opts.MaxShaRounds, "") == ""
}

// lookup answers what needs no hashing.
func (v *Verifier) lookup(e Entry, d digest) (Verdict, bool) {
	switch {
	case e.hash == nil || e.Scheme == Other:
		return Verdict{Unknown, whyOther}, true
	case *e.hash == sampleHash:
		return Verdict{Published, whySample}, true
	case !e.wellFormed:
		return Verdict{Unknown, whyMalformed(e.Scheme)}, true
	}
	if why := whyAbove(e, v.opts.BackgroundBcryptCost, v.opts.BackgroundShaRounds,
		"the highest that is checked"); why != "" {
		return Verdict{Unknown, why}, true
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.known.get(d)
}

// try computes a cheap hash.
func (v *Verifier) try(e Entry, list []candidate) Verdict {
	for _, c := range list {
		if v.match(e, c.password) {
			return Verdict{Published, c.why}
		}
	}
	return Verdict{State: Own}
}

func (v *Verifier) remember(d digest, verdict Verdict) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.known.put(d, verdict)
}
