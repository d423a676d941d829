package journal

import (
	"slices"

	"k8s.io/apimachinery/pkg/types"

	"github.com/dittoguard/dittoguard/internal/inventory"
)

const (
	// loggedEvents and loggedKeys bound what is kept for other processes, which ask once a second.
	loggedEvents, loggedKeys = 4096, 1 << 16
)

// Event is what another process has to hear: that a request began which may store something, how it was answered, or
// that one was answered without having been heard.
type Event struct {
	// Entry is the number of the request's entry; 0 in a Miss.
	Entry uint64 `json:"entry,omitempty"`
	// Begins says what the entry is; nil in an answer.
	Begins *Begins `json:"begins,omitempty"`
	// Stores says of an answer that the API server may store now what the request is about.
	Stores bool `json:"stores,omitempty"`
	// Miss says that something may be stored that has no entry.
	Miss bool `json:"miss,omitempty"`
}

// Begins is an entry in transit. It says where to look, and nothing of what is there: names, versions, and keys as
// hashes.
type Begins struct {
	inventory.ID

	Clock   uint64    `json:"clock"`
	UID     types.UID `json:"uid,omitempty"`
	Base    string    `json:"base,omitempty"`
	Deletes bool      `json:"deletes,omitempty"`
	Keys    []uint64  `json:"keys,omitempty"`
}

// Page is what happened in a journal since another process asked last.
type Page struct {
	// Journal names the journal. A process that was started again has another one.
	Journal string `json:"journal"`
	// Clock is ahead of every ticket in the page.
	Clock uint64 `json:"clock"`
	// Next is what to ask for next.
	Next uint64 `json:"next"`
	// Gap says that there was more than is kept. Then the page has the entries that are open.
	Gap    bool    `json:"gap,omitempty"`
	Events []Event `json:"events,omitempty"`
}

// log is what other processes have yet to hear of. The journal's lock guards it.
type log struct {
	events []Event
	// first is the place of the first event, keys counts the keys in all, and number the entries.
	first  uint64
	keys   int
	number uint64
}

func (l *log) add(e Event) {
	l.events = append(l.events, e)
	l.keys += e.size()
	for len(l.events) > loggedEvents || l.keys > loggedKeys {
		l.keys -= l.events[0].size()
		l.events = l.events[1:]
		l.first++
	}
}

func (e Event) size() int {
	if e.Begins == nil {
		return 0
	}
	return len(e.Begins.Keys)
}

func (l *log) begins(e *Entry) {
	l.number++
	e.number = l.number
	l.add(e.event())
}

func (l *log) ends(e *Entry, stores bool) { l.add(Event{Entry: e.number, Stores: stores}) }

func (l *log) misses() { l.add(Event{Miss: true}) }

func (e *Entry) event() Event {
	return Event{Entry: e.number, Begins: &Begins{
		ID: e.ID, Clock: e.ticket.clock, UID: e.uid, Base: e.base, Deletes: e.deletes, Keys: e.keys,
	}}
}

// Since is what happened from a place in the journal of the name on, or from the start if it is another one by now.
// clock is that of who asks.
func (j *Journal) Since(name string, place, clock uint64) Page {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.clock = max(j.clock, clock)
	if name != j.name {
		place = 0
	}
	p := Page{Journal: j.name, Clock: j.clock, Next: j.log.first + uint64(len(j.log.events))}
	if place >= j.log.first && place <= p.Next {
		p.Events = slices.Clone(j.log.events[place-j.log.first:])
		return p
	}
	p.Gap = true
	for _, e := range j.open {
		if e.number == 0 {
			continue // it is another process's
		}
		p.Events = append(p.Events, e.event())
		if !e.answered.IsZero() {
			p.Events = append(p.Events, Event{Entry: e.number, Stores: true})
		}
	}
	return p
}

// Clock is the time to ask others with: no ticket of this process is later.
func (j *Journal) Clock() uint64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.clock
}

// other is the journal of another process.
type other struct {
	// judged are its entries whose requests are still being judged there.
	judged map[uint64]*Entry
}

// Merge brings in what another process has let in, and returns the new entries: the cache may show already what became
// of them, and whoever has the cache says so (see [Journal.Shown]). Requests that are being judged here consider those
// of earlier requests, and those that were answered by now.
func (j *Journal) Merge(p Page) []*Entry {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.clock = max(j.clock, p.Clock)
	o := j.others[p.Journal]
	if o == nil {
		o = &other{judged: map[uint64]*Entry{}}
		j.others[p.Journal] = o
	}
	if p.Gap {
		j.doubt()
		// It is not known how those were answered that are not open any more.
		j.lose(o)
	}
	var list []*Entry
	for _, event := range p.Events {
		e := o.judged[event.Entry]
		switch {
		case event.Miss:
			j.heard("")
			j.doubt()
		case event.Begins != nil && e == nil:
			j.heard(event.Begins.Namespace)
			if e = j.mergeEntry(event.Begins, p.Journal); e == nil {
				j.doubt() // it cannot be remembered
				continue
			}
			o.judged[event.Entry] = e
			list = append(list, e)
		case event.Begins == nil && e != nil:
			delete(o.judged, event.Entry)
			if event.Stores {
				e.answered = j.now()
			} else {
				j.end(e)
			}
		}
	}
	for _, e := range list {
		if e.ended {
			continue
		}
		for r := range j.active {
			if e.ticket.before(r.ticket) || !e.answered.IsZero() {
				r.earlier = append(r.earlier, e)
			}
		}
	}
	return list
}

func (j *Journal) mergeEntry(b *Begins, from string) *Entry {
	e := &Entry{ID: b.ID, uid: b.UID, base: b.Base, deletes: b.Deletes, keys: b.Keys}
	if !j.add(e, ticket{b.Clock, from}) {
		return nil
	}
	return e
}

// Lost says that nothing is heard of another process any more. What it was judging counts as let in.
func (j *Journal) Lost(name string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if o := j.others[name]; o != nil {
		j.lose(o)
		delete(j.others, name)
	}
}

func (j *Journal) lose(o *other) {
	for _, e := range o.judged {
		e.answered = j.now()
	}
	clear(o.judged)
}

// Elsewhere says whether the request of an entry is being judged in another process, so that one has to ask to hear of
// its end.
func (e *Entry) Elsewhere() bool {
	e.journal.mu.Lock()
	defer e.journal.mu.Unlock()
	return e.number == 0 && e.answered.IsZero() && !e.ended
}
