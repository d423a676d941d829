// Package journal remembers what requests may have stored that a cache does not show yet, so that nobody has to ask the
// API server where nothing can have changed.
//
// Nearly everything that can open a way in to a Ditto passes dittoguard's own webhook. Each request that may store
// something has an entry, from before it is judged until there is evidence that the cache shows what it stored, or that
// it stored nothing. A judgement is a function of the answers to its questions. So if no entry of an earlier request
// can answer one of them, the cache's answers are those of the API server, as far as requests go that the webhook is
// asked about. Where an entry can, the object that it names is read.
//
// An entry only says where to look. What it would have stored is judged by nobody: the request may still be refused by
// a quota or another webhook, and a deletion waits for finalizers.
//
// Requests are in one order, that of their tickets. Of two that are judged at the same time the later one waits for the
// earlier one, and never the other way round.
//
// Where several processes answer requests, each has a journal, and brings the entries of the others into its own before
// it relies on it ([Journal.Since], [Journal.Merge]). Where there may be some that it does not hear of, the journal is
// not to be trusted ([Request.Trusted]), and everything is read live.
package journal

import (
	"crypto/rand"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/cespare/xxhash/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/resourceversion"

	"github.com/dittoguard/dittoguard/internal/inventory"
)

const (
	// mostEntries and mostKeys bound the journal. It is full where thousands of requests were admitted of which the
	// watches have shown none.
	mostEntries, mostKeys = 4096, 1 << 20
	// onItsWay is how long after its answer a request is waited for to store what it is about. After that it counts as
	// not stored, but has its entry still.
	onItsWay = 2 * time.Second
	// Lost is after what time an API server has given a request up that it asked about (--request-timeout of
	// kube-apiserver).
	Lost = time.Minute
)

// Journal is a journal of admissions.
type Journal struct {
	now func() time.Time
	// OnRequest, if it is set before the journal is used, is told of each request that may store something, here or in
	// another process: of its object's namespace, which is empty where that is not known. It is called while the
	// journal is locked.
	OnRequest func(namespace string)
	// name tells the journal from those of other processes, and from that of an earlier process in the same Pod.
	name string

	mu sync.Mutex
	// clock is that of tickets: it is ahead of every ticket that is known here.
	clock uint64
	// active are the requests that are being judged; others are the journals of other processes.
	active map[*Request]struct{}
	others map[string]*other
	log    log
	// open are the entries without evidence, in the order of their requests; keys counts their keys.
	open []*Entry
	byID map[inventory.ID][]*Entry
	keys int
	// trusted says that open is complete; doubted is since when it has not been, and doubts counts how often that
	// began.
	trusted bool
	doubted time.Time
	doubts  int
}

// New makes an empty journal that is not trusted: another process may have answered before this one.
func New() *Journal { return newJournal(time.Now) }

func newJournal(now func() time.Time) *Journal {
	return &Journal{
		now: now, name: rand.Text(), byID: map[inventory.ID][]*Entry{}, doubted: now(),
		active: map[*Request]struct{}{}, others: map[string]*other{},
	}
}

// Entry is what one request may store.
type Entry struct {
	// ID names the object.
	ID inventory.ID

	// uid is that of an object that is created; base is the resource version of one that is there, which the API server
	// replaces or deletes in that version only.
	uid  types.UID
	base string
	// deletes says that the object is to be gone.
	deletes bool
	// keys are what the object is found by, before and after: as hashes, since a ConfigMap can have many. Two keys with
	// one hash cost a read.
	keys []uint64

	journal *Journal
	ticket  ticket
	// number is that of an entry of our own, in the log for others.
	number uint64
	// answered is zero while the request is judged. ended says that the journal has the entry no more.
	answered time.Time
	ended    bool
}

// Request is what a request sees of a journal.
type Request struct {
	journal *Journal
	ticket  ticket
	// own is nil for a request that stores nothing.
	own *Entry
	// earlier are the entries of earlier requests, those included that have ended since. A judgement may have seen the
	// cache as it was before they ended.
	earlier []*Entry
	trusted bool
}

// Begin begins a request, which has to be before anything is read for it. before and after are the object as it is and
// as it is to be, nil where there is none; both are nil for a request that stores nothing. keysOf is what an object is
// found by.
func (j *Journal) Begin(before, after *inventory.Object, keysOf func(*inventory.Object) []inventory.Key) *Request {
	var own *Entry
	if before != nil || after != nil {
		own = newEntry(before, after, keysOf)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if own != nil {
		j.heard(own.ID.Namespace)
	}
	j.clock++
	r := &Request{journal: j, ticket: ticket{j.clock, j.name}, earlier: slices.Clone(j.open), trusted: j.trusted}
	j.active[r] = struct{}{}
	switch {
	case own == nil:
	case own.ID.Name == "" || strings.HasSuffix(own.ID.Name, unnamed) || !j.add(own, r.ticket):
		j.miss() // it cannot be looked for, or not be remembered
	default:
		j.log.begins(own)
		r.own = own
	}
	return r
}

// heard tells of a request. The caller holds the lock.
func (j *Journal) heard(namespace string) {
	if j.OnRequest != nil {
		j.OnRequest(namespace)
	}
}

// add adds an entry, if there is room for it. The caller holds the lock.
func (j *Journal) add(e *Entry, at ticket) bool {
	if len(j.open) >= mostEntries || j.keys+len(e.keys) > mostKeys {
		return false
	}
	e.journal, e.ticket = j, at
	j.keys += len(e.keys)
	j.open = append(j.open, e)
	j.byID[e.ID] = append(j.byID[e.ID], e)
	return true
}

// unnamed ends the name of an object that is yet to be given one: no name has an asterisk.
const unnamed = "*"

// hashOf is a key as entries have it, in every process alike.
func hashOf(key inventory.Key) uint64 {
	var hash xxhash.Digest
	hash.Reset()
	for _, part := range [...]string{string(key.Index), "\x00", key.Namespace, "\x00", key.Value} {
		_, _ = hash.WriteString(part) // which never fails
	}
	return hash.Sum64()
}

func newEntry(before, after *inventory.Object, keysOf func(*inventory.Object) []inventory.Key) *Entry {
	e := &Entry{deletes: after == nil}
	for _, o := range []*inventory.Object{before, after} {
		if o == nil {
			continue
		}
		e.ID = o.Ref.ID()
		for _, key := range keysOf(o) {
			e.keys = append(e.keys, hashOf(key))
		}
	}
	slices.Sort(e.keys)
	e.keys = slices.Compact(e.keys)
	if before == nil {
		e.uid = after.Meta.UID
	} else {
		e.base = before.Meta.ResourceVersion
	}
	return e
}

// End ends a request. stores says that the API server may store now what it is about: it was let in, or nobody knows.
func (r *Request) End(stores bool) {
	r.journal.mu.Lock()
	defer r.journal.mu.Unlock()
	delete(r.journal.active, r)
	if r.own == nil {
		return
	}
	r.journal.log.ends(r.own, stores)
	if stores {
		r.own.answered = r.journal.now()
	} else {
		r.journal.end(r.own)
	}
}

// Trusted says whether the journal has been complete since the request began.
func (r *Request) Trusted() bool {
	r.journal.mu.Lock()
	defer r.journal.mu.Unlock()
	return r.trusted && r.journal.trusted
}

// Matching are the entries of earlier requests that can answer one of the questions.
func (r *Request) Matching(questions []inventory.Question) []*Entry {
	r.journal.mu.Lock()
	earlier := slices.Clip(r.earlier)
	r.journal.mu.Unlock()
	if len(earlier) == 0 {
		return nil
	}
	ids, keys := map[inventory.ID]bool{}, map[uint64]bool{}
	for _, q := range questions {
		if q.Key == (inventory.Key{}) {
			ids[q.ID] = true
		} else {
			keys[hashOf(q.Key)] = true
		}
	}
	var list []*Entry
	for _, e := range earlier {
		if ids[e.ID] || slices.ContainsFunc(e.keys, func(k uint64) bool { return keys[k] }) {
			list = append(list, e)
		}
	}
	return list
}

// OnItsWay says whether the request of an entry may yet store what it is about: it is still being judged, or was
// answered a moment ago. Whoever asks reads the object after that: what is Unchanged then will stay so, or changes
// later than anybody waits for. As long as a request is judged it does not count whoever came later, so these have to
// wait, however long it takes.
func (e *Entry) OnItsWay() bool {
	e.journal.mu.Lock()
	defer e.journal.mu.Unlock()
	return !e.ended && (e.answered.IsZero() || e.journal.now().Sub(e.answered) < onItsWay)
}

// Unchanged says whether an object, nil if it is not there, is as it was before the request of the entry. An API server
// stores an update or a deletion only over the version that it asked about (a compare-and-swap in etcd). What is there
// in place of an object that is to be created keeps it out, but may be deleted before it comes; so may what is about to
// go on its own after a deletion (see Going).
func (e *Entry) Unchanged(live *inventory.Object) bool {
	switch {
	case e.creates():
		return live == nil || live.Meta.UID != e.uid
	case live == nil:
		return false
	}
	return live.Meta.ResourceVersion == e.base || e.deletes && Going(live.Meta)
}

// Going says whether nothing keeps an object any more: the API server that marked it as deleted deletes it next,
// without asking anybody about it (deletion with options for its dependents takes these two steps).
func Going(meta *metav1.ObjectMeta) bool {
	return meta.DeletionTimestamp != nil && len(meta.Finalizers) == 0 &&
		(meta.DeletionGracePeriodSeconds == nil || *meta.DeletionGracePeriodSeconds == 0)
}

func (e *Entry) creates() bool { return e.base == "" }

// Shown notes that the cache shows an object in a version, or that it is gone as of that version, with nil for an
// object whose metadata is not known. It ends the entries whose outcome that is. A created object is told by its UID:
// whatever else is shown under its name was there before, or took its place and may leave it again. What was to replace
// a version has done so, or never will, once a later one is shown; save for a deletion, which is not over while the
// object is going.
func (j *Journal) Shown(id inventory.ID, shown *metav1.ObjectMeta, version string, gone bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, e := range slices.Clone(j.byID[id]) {
		switch {
		case e.creates():
			if shown == nil || shown.UID == "" || e.uid != shown.UID {
				continue
			}
		case !later(version, e.base), e.deletes && !gone && shown != nil && Going(shown):
			continue
		}
		j.end(e)
	}
}

func later(a, b string) bool {
	order, err := resourceversion.CompareResourceVersion(a, b)
	return err == nil && order > 0
}

// end takes an entry out. The caller holds the lock.
func (j *Journal) end(e *Entry) {
	if e.ended {
		return
	}
	e.ended = true
	j.keys -= len(e.keys)
	j.open = slices.DeleteFunc(j.open, func(o *Entry) bool { return o == e })
	rest := slices.DeleteFunc(j.byID[e.ID], func(o *Entry) bool { return o == e })
	if j.byID[e.ID] = rest; len(rest) == 0 {
		delete(j.byID, e.ID)
	}
}

// Len is the number of entries.
func (j *Journal) Len() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return len(j.open)
}
