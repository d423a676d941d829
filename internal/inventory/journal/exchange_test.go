package journal

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/dittoguard/dittoguard/internal/inventory"
)

// reader is what one journal knows of another one.
type reader struct {
	name string
	next uint64
}

// pull brings what happened in one journal into another one, over the wire, and returns what is new.
func pull(t *testing.T, into, from *Journal, r *reader) []*Entry {
	t.Helper()
	text, err := json.Marshal(from.Since(r.name, r.next, into.Clock()))
	if err != nil {
		t.Fatal(err)
	}
	var page Page
	if err := json.Unmarshal(text, &page); err != nil {
		t.Fatal(err)
	}
	r.name, r.next = page.Journal, page.Next
	return into.Merge(page)
}

// TestEntriesOfOthers are like one's own: they are found by name and by key, are on their way until they are answered there, and end by what
// is shown here, or with the refusal there.
func TestEntriesOfOthers(t *testing.T) {
	ours, c := fixture()
	theirs := newJournal(c.now)
	r := &reader{}
	first := theirs.Begin(service("api", "a", "7"), service("api", "a", "7"), keysOf)
	second := theirs.Begin(nil, service("web", "w", ""), keysOf)
	third := theirs.Begin(service("gone", "g", "3"), nil, keysOf)
	request := ours.Begin(nil, nil, keysOf)
	if n := len(pull(t, ours, theirs, r)); n != 3 || !request.Trusted() {
		t.Fatalf("%d entries, trusted %t", n, request.Trusted())
	}
	later := ours.Begin(nil, nil, keysOf)
	for _, request := range []*Request{request, later} {
		byKey, byName := request.Matching(named("web")), request.Matching([]inventory.Question{{ID: api}})
		if request == later != (len(byKey) == 1 && len(byName) == 1) {
			t.Errorf("later %t: %d by key, %d by name", request == later, len(byKey), len(byName))
		}
	}
	api, web, gone := later.Matching(named("api"))[0], later.Matching(named("web"))[0], later.Matching(named("gone"))[0]
	c.Time = c.Add(time.Hour)
	if !api.Elsewhere() || !api.OnItsWay() || api.Unchanged(service("api", "a", "8")) || !web.Unchanged(service("web", "other", "8")) ||
		!gone.Unchanged(marked(service("gone", "g", "4"))) {
		t.Error("an entry says something else here than there")
	}
	first.End(true)
	second.End(false)
	third.End(true)
	pull(t, ours, theirs, r)
	if api.Elsewhere() || !api.OnItsWay() || web.OnItsWay() || ours.Len() != 2 {
		t.Errorf("let in there: on its way %t; refused there: on its way %t; %d entries", api.OnItsWay(), web.OnItsWay(), ours.Len())
	}
	c.Time = c.Add(onItsWay)
	if api.OnItsWay() || len(ours.Overdue(9)) != 0 {
		t.Error("what was let in there a while ago is waited for still, or overdue already")
	}
	c.Time = c.Add(Lost)
	if len(ours.Overdue(9)) != 2 {
		t.Error("it is not overdue")
	}
	ours.Shown(api.ID, &metav1.ObjectMeta{UID: "a"}, "8", false)
	ours.Shown(gone.ID, nil, "9", true)
	if ours.Len() != 0 || theirs.Len() != 2 {
		t.Errorf("%d entries here, %d there; only ours have been shown", ours.Len(), theirs.Len())
	}
}

func marked(o *inventory.Object) *inventory.Object {
	o.Meta.DeletionTimestamp = &metav1.Time{Time: time.Unix(1, 0)}
	return o
}

// TestWhatWasAnsweredBeforeCounts: also in a process that has just started and counts from one, or that was never asked.
func TestWhatWasAnsweredBeforeCounts(t *testing.T) {
	theirs := New()
	for range 9 {
		theirs.Begin(nil, nil, keysOf).End(false)
	}
	theirs.Begin(nil, service("api", "a", ""), keysOf).End(true)
	judging := theirs.Begin(nil, service("web", "w", ""), keysOf)
	ours := New()
	request := ours.Begin(nil, nil, keysOf)
	pull(t, ours, theirs, &reader{})
	if len(request.Matching(named("api"))) != 1 {
		t.Error("what was answered before is not considered")
	}
	if len(request.Matching(named("web"))) != 0 {
		t.Error("what has a later ticket, and is still to ask, is considered")
	}
	judging.End(false)
}

// TestOthersThatCannotBeHeardMakeDoubt: what they have missed, what they do not keep any more, what there is no room for; and what they were
// judging when they were lost counts as let in.
func TestOthersThatCannotBeHeardMakeDoubt(t *testing.T) {
	ours, c := fixture()
	theirs := newJournal(c.now)
	r := &reader{}
	trusted := func() bool {
		_, last, trusted := ours.Doubted()
		ours.Trust(last)
		return trusted
	}
	pull(t, ours, theirs, r)
	if !trusted() {
		t.Fatal("an empty journal makes doubt")
	}
	theirs.Doubt()
	pull(t, ours, theirs, r)
	if !trusted() {
		t.Error("that others doubt each other is no reason to doubt them")
	}
	theirs.Miss()
	pull(t, ours, theirs, r)
	if trusted() {
		t.Error("what another one has missed makes no doubt")
	}
	judging := theirs.Begin(nil, service("api", "a", ""), keysOf)
	pull(t, ours, theirs, r)
	e := ours.Begin(nil, nil, keysOf).Matching(named("api"))[0]
	ours.Lost(theirs.name)
	if e.Elsewhere() || !e.OnItsWay() || !trusted() {
		t.Error("what is judged by one that is lost does not count as let in; whether that makes doubt says who lost it")
	}
	pull(t, ours, theirs, r)
	judging.End(false)
	open := theirs.Begin(nil, service("open", "o", ""), keysOf)
	for range loggedEvents {
		theirs.Begin(nil, service("web", "w", ""), keysOf).End(false)
	}
	_ = open
	pull(t, ours, theirs, r)
	if trusted() {
		t.Error("a gap makes no doubt")
	}
	if len(ours.Begin(nil, nil, keysOf).Matching(named("open"))) == 0 {
		t.Error("what is open at the time of a gap is not known")
	}
	pull(t, ours, theirs, r)
	if !trusted() {
		t.Error("there is no gap any more")
	}
	many := func(*inventory.Object) []inventory.Key {
		keys := make([]inventory.Key, loggedKeys+1)
		for i := range keys {
			keys[i].Value = fmt.Sprint(i)
		}
		return keys
	}
	theirs.Begin(nil, service("web", "w", ""), many).End(true)
	if pull(t, ours, theirs, r); trusted() || theirs.log.keys > loggedKeys {
		t.Errorf("what is not kept makes no doubt; %d keys are", theirs.log.keys)
	}
	ours.keys = mostKeys // in other entries
	theirs.Begin(nil, service("web", "w", ""), keysOf).End(true)
	if pull(t, ours, theirs, r); trusted() {
		t.Error("what there is no room for makes no doubt")
	}
}

// TestNobodyWaitsForEverAfterAGap: it is not known how those were answered that have ended meanwhile.
func TestNobodyWaitsForEverAfterAGap(t *testing.T) {
	ours, c := fixture()
	theirs := newJournal(c.now)
	r := &reader{}
	refused := theirs.Begin(nil, service("api", "a", ""), keysOf)
	pull(t, ours, theirs, r)
	e := ours.Begin(nil, nil, keysOf).Matching(named("api"))[0]
	refused.End(false)
	for range loggedEvents {
		theirs.Miss()
	}
	pull(t, ours, theirs, r)
	c.Time = c.Add(onItsWay)
	if e.Elsewhere() || e.OnItsWay() {
		t.Error("it is waited for")
	}
}

// TestAGapTellsWhatIsJudgedStill from what has been let in: the one is asked about again, the other one is waited for no longer than anything
// else that was let in.
func TestAGapTellsWhatIsJudgedStill(t *testing.T) {
	ours, c := fixture()
	theirs := newJournal(c.now)
	theirs.Begin(nil, service("api", "a", ""), keysOf).End(true)
	theirs.Begin(nil, service("web", "w", ""), keysOf)
	for range loggedEvents {
		theirs.Miss()
	}
	entries := pull(t, ours, theirs, &reader{})
	if len(entries) != 2 {
		t.Fatalf("%d entries", len(entries))
	}
	letIn, judged := entries[0], entries[1]
	c.Time = c.Add(onItsWay)
	if letIn.Elsewhere() || letIn.OnItsWay() {
		t.Error("what was let in is waited for still")
	}
	if !judged.Elsewhere() || !judged.OnItsWay() {
		t.Error("what is judged still is not waited for")
	}
}

// TestWhatFollowsARefusalIsConsidered, where both are heard of at once.
func TestWhatFollowsARefusalIsConsidered(t *testing.T) {
	ours, c := fixture()
	theirs := newJournal(c.now)
	request := ours.Begin(nil, nil, keysOf)
	theirs.Begin(nil, service("web", "w", ""), keysOf).End(false)
	theirs.Begin(nil, service("api", "a", ""), keysOf).End(true)
	pull(t, ours, theirs, &reader{})
	if len(request.Matching(named("web"))) != 0 || len(request.Matching(named("api"))) != 1 {
		t.Error("what was refused is considered, or what was let in is not")
	}
}

// concurrent is a request in a random history.
type concurrent struct {
	at      int
	request *Request
	entry   *Entry
	// yet are the journals that it has yet to ask.
	yet []int
	// sees are the entries that it considers, and awaits those that were being judged then.
	sees     map[inventory.ID]bool
	awaits   map[inventory.ID]bool
	answered bool
}

// TestOfTwoRequestsOneConsidersTheOther, in whichever processes they are, however their questions cross, and no two wait for each other.
func TestOfTwoRequestsOneConsidersTheOther(t *testing.T) {
	const histories, steps = 300, 60
	for seed := range uint64(histories) {
		random := rand.New(rand.NewPCG(seed, 1))
		n := 2 + random.IntN(2)
		journals := make([]*Journal, n)
		readers := map[[2]int]*reader{}
		for i := range journals {
			journals[i] = New()
			for k := range journals {
				readers[[2]int{i, k}] = &reader{}
			}
		}
		var all []*concurrent
		ask := func(into, from int) {
			if into == from {
				return
			}
			if random.IntN(2) == 0 {
				pull(t, journals[into], journals[from], readers[[2]int{into, from}])
				return
			}
			// Others act between the answer and its arrival; but nobody else asks for the same place.
			r := readers[[2]int{into, from}]
			page := journals[from].Since(r.name, r.next, journals[into].Clock())
			all = append(all, begun(journals, random.IntN(n), len(all)))
			r.name, r.next = page.Journal, page.Next
			journals[into].Merge(page)
		}
		for range steps {
			switch random.IntN(4) {
			case 0:
				all = append(all, begun(journals, random.IntN(n), len(all)))
			case 1:
				ask(random.IntN(n), random.IntN(n))
			default:
				if len(all) == 0 {
					continue
				}
				c := all[random.IntN(len(all))]
				if c.answered {
					continue
				}
				if len(c.yet) > 0 {
					ask(c.at, c.yet[0])
					c.yet = c.yet[1:]
					continue
				}
				c.consider()
				if len(c.awaits) == 0 || random.IntN(3) == 0 {
					c.answered = true
					c.request.End(true)
				}
			}
		}
		for _, c := range all {
			for !c.answered {
				for _, from := range c.yet {
					pull(t, journals[c.at], journals[from], readers[[2]int{c.at, from}])
				}
				c.yet = nil
				c.consider()
				c.answered = true
				c.request.End(true)
			}
		}
		for at, c := range all {
			for _, d := range all[:at] {
				if !c.sees[d.entry.ID] && !d.sees[c.entry.ID] {
					t.Fatalf("seed %d: %s and %s do not consider each other", seed, c.entry.ID.Name, d.entry.ID.Name)
				}
				if c.awaits[d.entry.ID] && d.awaits[c.entry.ID] {
					t.Fatalf("seed %d: %s and %s wait for each other", seed, c.entry.ID.Name, d.entry.ID.Name)
				}
			}
		}
	}
}

func begun(journals []*Journal, at, number int) *concurrent {
	c := &concurrent{at: at, sees: map[inventory.ID]bool{}, awaits: map[inventory.ID]bool{}}
	keys := func(*inventory.Object) []inventory.Key { return []inventory.Key{{Index: "all"}} }
	c.request = journals[at].Begin(nil, service(fmt.Sprint("s", number), fmt.Sprint(number), ""), keys)
	c.entry = c.request.own
	for i := range journals {
		if i != at {
			c.yet = append(c.yet, i)
		}
	}
	return c
}

// consider notes what the request sees, once it has asked everybody.
func (c *concurrent) consider() {
	for _, e := range c.request.Matching([]inventory.Question{{Key: inventory.Key{Index: "all"}}}) {
		c.sees[e.ID] = true
		if e.answered.IsZero() {
			c.awaits[e.ID] = true
		}
	}
}

// TestWhatIsLoggedIsWhatThereIs: whoever has heard everything has the entries that are open, and no others.
func TestWhatIsLoggedIsWhatThereIs(t *testing.T) {
	ours, theirs := New(), New()
	r := &reader{}
	random := rand.New(rand.NewPCG(1, 2))
	var open []*Request
	for i := range 500 {
		if len(open) > 0 && random.IntN(2) == 0 {
			at := random.IntN(len(open))
			open[at].End(random.IntN(2) == 0)
			open = slices.Delete(open, at, at+1)
		} else {
			open = append(open, theirs.Begin(nil, service(fmt.Sprint("s", i), fmt.Sprint(i), ""), keysOf))
		}
		if random.IntN(10) == 0 {
			pull(t, ours, theirs, r)
		}
	}
	pull(t, ours, theirs, r)
	if ours.Len() != theirs.Len() || len(ours.active) != 0 || len(theirs.active) != len(open) {
		t.Errorf("%d entries here, %d there; %d and %d requests", ours.Len(), theirs.Len(), len(ours.active), len(theirs.active))
	}
}
