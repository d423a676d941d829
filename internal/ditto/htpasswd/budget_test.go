package htpasswd

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// The tests of this file run on the fake clock of testing/synctest: comparing takes the time that slow says, and no CPU.

// slow replaces the hashing of a Verifier.
type slow struct {
	// took is how long one comparison with an entry of this user takes, answer its password.
	took   map[string]time.Duration
	answer map[string]string

	mu    sync.Mutex
	tried []string // user and password, in order
}

func (s *slow) match(e Entry, password string) bool {
	s.mu.Lock()
	s.tried = append(s.tried, e.User+" "+password)
	s.mu.Unlock()
	time.Sleep(s.took[e.User])
	answer, ok := s.answer[e.User]
	return ok && answer == password
}

func (s *slow) all() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.tried)
}

func (s *slow) tries(user string) (n int) {
	for _, try := range s.all() {
		if strings.HasPrefix(try, user+" ") {
			n++
		}
	}
	return n
}

func bcryptEntry(user, cost string) Entry { return newEntry(user, 1, "$2y$"+cost+"$"+bcryptTail) }

// check returns the verdicts and how long they took.
func check(ctx context.Context, v *Verifier, entries ...Entry) ([]Verdict, time.Duration) {
	start := time.Now()
	verdicts := v.Check(ctx, entries)
	return verdicts, time.Since(start)
}

func onFakeClock(t *testing.T, opts Options, s *slow, f func(t *testing.T, v *Verifier)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		v := NewVerifier(opts)
		v.match = s.match
		defer v.Close()
		f(t, v)
	})
}

func expect(t *testing.T, what string, verdicts []Verdict, spent time.Duration, want []Verdict, wantSpent time.Duration) {
	t.Helper()
	if diff := cmp.Diff(want, verdicts); diff != "" {
		t.Errorf("%s: verdicts (-want +got):\n%s", what, diff)
	}
	if spent != wantSpent {
		t.Errorf("%s took %s, want %s", what, spent, wantSpent)
	}
}

// left is why an entry of bcrypt at cost 10 has no verdict after so many of the 15 passwords that grace and others have.
func left(tries int) Verdict {
	return Verdict{Unknown, fmt.Sprintf("%d of 15 published passwords were tried; more of bcrypt at cost 10 is too much work for one file "+
		"while a request waits; the verdict follows in the background", tries)}
}

func TestARequestWaitsForItsWorkAndTheNextOneHasTheVerdict(t *testing.T) {
	s := &slow{took: map[string]time.Duration{"grace": 60 * time.Millisecond}}
	onFakeClock(t, Options{}, s, func(t *testing.T, v *Verifier) {
		grace := bcryptEntry("grace", "10")
		verdicts, spent := check(t.Context(), v, grace)
		expect(t, "first", verdicts, spent, []Verdict{left(11)}, 660*time.Millisecond)
		time.Sleep(time.Minute)
		verdicts, spent = check(t.Context(), v, grace)
		expect(t, "second", verdicts, spent, []Verdict{{State: Own}}, 0)
		list, _ := v.words.candidates("grace")
		if n := s.tries("grace"); n != len(list) {
			t.Errorf("%d comparisons for %d candidates", n, len(list))
		}
	})
}

// A machine that is a hundred times slower comes to the same verdicts.
func TestTheMachinesLoadChangesNoVerdict(t *testing.T) {
	for _, took := range []time.Duration{time.Millisecond, 100 * time.Millisecond, 10 * time.Second} {
		s := &slow{took: map[string]time.Duration{"grace": took, "ada": took, "x": took}, answer: map[string]string{"x": "ditto"}}
		onFakeClock(t, Options{NoBackground: true}, s, func(t *testing.T, v *Verifier) {
			verdicts, spent := check(t.Context(), v, bcryptEntry("grace", "10"), newEntry("x", 2, "abnnaggF93Qvk"), bcryptEntry("ada", "10"))
			tried := func(n string) Verdict {
				return Verdict{Unknown, n + " of 15 published passwords were tried; more of bcrypt at cost 10 is too much work for one file"}
			}
			want := []Verdict{tried("10"), {Published, whyWord}, tried("1")}
			if diff := cmp.Diff(want, verdicts); diff != "" {
				t.Errorf("at %s a comparison: verdicts (-want +got):\n%s", took, diff)
			}
			if tries := s.tries("grace") + s.tries("ada"); tries != 11 {
				t.Errorf("%d comparisons in %s, want 11", tries, spent)
			}
		})
	}
}

func TestTheContextEndsAChecksWaiting(t *testing.T) {
	s := &slow{took: map[string]time.Duration{"grace": time.Second}}
	onFakeClock(t, Options{}, s, func(t *testing.T, v *Verifier) {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		verdicts, spent := check(ctx, v, bcryptEntry("grace", "10"))
		expect(t, "check", verdicts, spent, []Verdict{{Unknown, whyCut}}, 50*time.Millisecond)
	})
}

func TestCheapHashesAreFinishedUpToACount(t *testing.T) {
	s := &slow{took: map[string]time.Duration{"a": 30 * time.Millisecond, "b": 30 * time.Millisecond}}
	onFakeClock(t, Options{CheapWork: 599}, s, func(t *testing.T, v *Verifier) {
		a, b := newEntry("a", 1, "abnnaggF93Qvk"), newEntry("b", 2, "abnnaggF93Qvk")
		verdicts, spent := check(t.Context(), v, a, b)
		why := "0 of 15 published passwords were tried; more of des-crypt is too much work for one file while a request waits; the verdict follows in the background"
		expect(t, "first", verdicts, spent, []Verdict{{State: Own}, {Unknown, why}}, 450*time.Millisecond)
		time.Sleep(time.Minute)
		verdicts, spent = check(t.Context(), v, a, b)
		expect(t, "second", verdicts, spent, []Verdict{{State: Own}, {State: Own}}, 0)
	})
}

func TestVerdictsOfCheapHashesAreRemembered(t *testing.T) {
	s := &slow{answer: map[string]string{"b": "status"}}
	onFakeClock(t, Options{}, s, func(t *testing.T, v *Verifier) {
		a, b := newEntry("a", 1, "abnnaggF93Qvk"), newEntry("b", 2, "abnnaggF93Qvk")
		var before int
		for range 2 {
			before = len(s.all())
			verdicts, spent := check(t.Context(), v, a, b)
			expect(t, "check", verdicts, spent, []Verdict{{State: Own}, {Published, whyWord}}, 0)
		}
		if after := len(s.all()); before == 0 || after != before {
			t.Errorf("%d comparisons for the first check, %d for the second", before, after-before)
		}
	})
}

func TestTheHighestCostsAreStillWaitedFor(t *testing.T) {
	s := &slow{answer: map[string]string{"a": "a", "b": "b", "c": "c"}}
	onFakeClock(t, Options{}, s, func(t *testing.T, v *Verifier) {
		verdicts, spent := check(t.Context(), v,
			bcryptEntry("a", "12"),
			newEntry("b", 1, "$5$rounds=100000$s$"+strings.Repeat("a", 43)),
			newEntry("c", 1, "$6$rounds=100000$s$"+strings.Repeat("a", 86)))
		expect(t, "check", verdicts, spent, []Verdict{{Published, whyUser}, {Published, whyUser}, {Published, whyUser}}, 0)
	})
}

func TestLikelyPasswordsAreTriedForEveryEntryFirstAndCheapHashesBeforeDearOnes(t *testing.T) {
	s := &slow{took: map[string]time.Duration{}}
	onFakeClock(t, Options{Work: 60_000_000}, s, func(t *testing.T, v *Verifier) {
		v.match = func(e Entry, password string) bool {
			time.Sleep(time.Millisecond)
			return s.match(e, password)
		}
		check(t.Context(), v, bcryptEntry("x", "12"), bcryptEntry("jane", "11"), bcryptEntry("y", "10"))
		want := []string{"y y", "jane janesPw", "jane jane", "x x", "y ", "y ditto"}
		got := s.all()
		if diff := cmp.Diff(want, got[:len(want)]); diff != "" {
			t.Errorf("order (-want +got):\n%s", diff)
		}
	})
}

func TestDearHashesAreNeverWaitedFor(t *testing.T) {
	s := &slow{
		took:   map[string]time.Duration{"grace": time.Second, "ada": time.Second},
		answer: map[string]string{"grace": "foobar"},
	}
	onFakeClock(t, Options{}, s, func(t *testing.T, v *Verifier) {
		grace := bcryptEntry("grace", "14")
		ada := newEntry("ada", 2, "$6$rounds=100001$s$"+strings.Repeat("a", 86))
		verdicts, spent := check(t.Context(), v, grace, ada)
		expect(t, "first", verdicts, spent, []Verdict{
			{Unknown, "bcrypt cost 14 is above 12, the highest that is checked while a request waits; the verdict follows in the background"},
			{Unknown, "sha512-crypt with 100001 rounds is above 100000, the highest that is checked while a request waits; the verdict follows in the background"},
		}, 0)
		time.Sleep(time.Hour)
		verdicts, spent = check(t.Context(), v, grace, ada)
		expect(t, "second", verdicts, spent, []Verdict{{Published, whyWord}, {State: Own}}, 0)
	})
}

func TestTooDearHashesAreNeverComputed(t *testing.T) {
	s := &slow{}
	onFakeClock(t, Options{}, s, func(t *testing.T, v *Verifier) {
		check(t.Context(), v, bcryptEntry("a", "16"), newEntry("b", 2, "$5$rounds=1000001$s$"+strings.Repeat("a", 43)))
		time.Sleep(time.Hour)
		if n := len(s.all()); n != 0 {
			t.Errorf("%d comparisons were made", n)
		}
	})
}

func TestTheBackgroundDoesNotKeepARequestWaiting(t *testing.T) {
	s := &slow{
		took:   map[string]time.Duration{"dear": 2 * time.Second, "x": time.Millisecond},
		answer: map[string]string{"x": "x"},
	}
	onFakeClock(t, Options{}, s, func(t *testing.T, v *Verifier) {
		check(t.Context(), v, bcryptEntry("dear", "15"))
		synctest.Wait()
		verdicts, spent := check(t.Context(), v, bcryptEntry("x", "10"))
		expect(t, "check", verdicts, spent, []Verdict{{Published, whyUser}}, time.Millisecond)
	})
}

func TestTheBackgroundRestsAsLongAsItWorks(t *testing.T) {
	s := &slow{took: map[string]time.Duration{"dear": time.Second}}
	onFakeClock(t, Options{}, s, func(t *testing.T, v *Verifier) {
		check(t.Context(), v, bcryptEntry("dear", "15"))
		time.Sleep(9500 * time.Millisecond)
		if n := s.tries("dear"); n != 5 {
			t.Errorf("%d comparisons of a second in 9.5 s, want 5", n)
		}
	})
}

func TestARequestTakesOverWhatTheBackgroundHasBegun(t *testing.T) {
	s := &slow{took: map[string]time.Duration{"grace": 60 * time.Millisecond}}
	onFakeClock(t, Options{}, s, func(t *testing.T, v *Verifier) {
		grace := bcryptEntry("grace", "10")
		list, _ := v.words.candidates("grace")
		for n := 1; ; n++ {
			verdicts, _ := check(t.Context(), v, grace)
			if verdicts[0].State == Own {
				// 15 comparisons of 60 ms: 11 for the first request, one between the requests, and the rest for the second.
				if n != 2 || s.tries("grace") != len(list) {
					t.Errorf("verdict at request %d after %d comparisons of %d", n, s.tries("grace"), len(list))
				}
				return
			}
			time.Sleep(100 * time.Millisecond)
		}
	})
}

func TestRequestsThatAskAboutOneEntryShareTheWork(t *testing.T) {
	s := &slow{took: map[string]time.Duration{"grace": 10 * time.Millisecond}}
	onFakeClock(t, Options{Work: 60_000_000}, s, func(t *testing.T, v *Verifier) {
		list, _ := v.words.candidates("grace")
		want := time.Duration(len(list)) * 10 * time.Millisecond
		var requests sync.WaitGroup
		for range 20 {
			requests.Go(func() {
				verdicts, spent := check(t.Context(), v, bcryptEntry("grace", "10"), bcryptEntry("grace", "10"))
				expect(t, "check", verdicts, spent, []Verdict{{State: Own}, {State: Own}}, want)
			})
		}
		requests.Wait()
		if n := s.tries("grace"); n != len(list) {
			t.Errorf("%d comparisons for %d candidates", n, len(list))
		}
	})
}

func TestWhatTheQueueCannotHoldIsDropped(t *testing.T) {
	s := &slow{took: map[string]time.Duration{"a": time.Second, "b": time.Second, "c": time.Second}}
	dear := func(tries int) Verdict {
		v := left(tries)
		v.Why = strings.Replace(v.Why, "cost 10", "cost 12", 1)
		return v
	}
	onFakeClock(t, Options{QueueSize: 2}, s, func(t *testing.T, v *Verifier) {
		// A request may fill a quarter of the queue, but always one place.
		verdicts, spent := check(t.Context(), v, bcryptEntry("a", "12"), bcryptEntry("b", "12"))
		expect(t, "first", verdicts, spent, []Verdict{dear(1), {Unknown, whyFull}}, time.Second)
		verdicts, spent = check(t.Context(), v, bcryptEntry("b", "12"))
		expect(t, "second", verdicts, spent, []Verdict{dear(2)}, 2*time.Second)
		verdicts, spent = check(t.Context(), v, bcryptEntry("c", "12"))
		expect(t, "third", verdicts, spent, []Verdict{{Unknown, whyFull}}, 0)
		time.Sleep(time.Hour)
		verdicts, spent = check(t.Context(), v, bcryptEntry("a", "12"), bcryptEntry("b", "12"))
		expect(t, "last", verdicts, spent, []Verdict{{State: Own}, {State: Own}}, 0)
		if n := s.tries("c"); n != 0 {
			t.Errorf("%d comparisons for an entry that was dropped", n)
		}
	})
}

func TestClosingEndsTheWaitingAndTheWork(t *testing.T) {
	s := &slow{took: map[string]time.Duration{"grace": 30 * time.Millisecond, "dear": time.Second}}
	onFakeClock(t, Options{}, s, func(t *testing.T, v *Verifier) {
		check(t.Context(), v, bcryptEntry("dear", "15"))
		go func() {
			time.Sleep(100 * time.Millisecond)
			v.Close()
			if n := s.tries("dear"); n != 1 {
				t.Errorf("%d comparisons in the background, want the one begun before closing", n)
			}
		}()
		verdicts, spent := check(t.Context(), v, bcryptEntry("grace", "10"))
		expect(t, "waiting", verdicts, spent, []Verdict{{Unknown, whyClosed}}, 100*time.Millisecond)
		time.Sleep(time.Hour)
		verdicts, spent = check(t.Context(), v, bcryptEntry("grace", "10"), newEntry("y", 1, "{PLAIN}y"))
		expect(t, "closed", verdicts, spent, []Verdict{{Unknown, whyClosed}, {State: Own}}, 0)
		if n := s.tries("grace"); n != 4 {
			t.Errorf("%d comparisons, want the 4 begun before closing", n)
		}
	})
}

func TestWithoutABackgroundNothingGoesOn(t *testing.T) {
	s := &slow{took: map[string]time.Duration{"grace": 300 * time.Millisecond, "ada": 100 * time.Millisecond}}
	onFakeClock(t, Options{Work: 600_000, NoBackground: true}, s, func(t *testing.T, v *Verifier) {
		verdicts, spent := check(t.Context(), v, bcryptEntry("dear", "13"), bcryptEntry("ada", "09"), bcryptEntry("grace", "10"))
		expect(t, "first", verdicts, spent, []Verdict{
			{Unknown, "bcrypt cost 13 is above 12, the highest that is checked"},
			{State: Own},
			{Unknown, "4 of 15 published passwords were tried; more of bcrypt at cost 10 is too much work for one file"},
		}, 2700*time.Millisecond)
		time.Sleep(time.Second)
		before := len(s.all())
		time.Sleep(time.Hour)
		if after := len(s.all()); after != before {
			t.Errorf("%d comparisons after the check", after-before)
		}
		v.mu.Lock()
		defer v.mu.Unlock()
		if len(v.queue) != 0 {
			t.Errorf("%d jobs are left", len(v.queue))
		}
	})
}

func TestTheCacheForgetsWhatWasNotAskedForLongest(t *testing.T) {
	c := newCache(2)
	a, b, d := digest{1}, digest{2}, digest{3}
	c.put(a, Verdict{State: Own})
	c.put(b, Verdict{State: Own})
	c.get(a)
	c.put(d, Verdict{State: Published})
	c.put(d, Verdict{State: Own})
	var known []bool
	for _, digest := range []digest{a, b, d} {
		_, ok := c.get(digest)
		known = append(known, ok)
	}
	if diff := cmp.Diff([]bool{true, false, true}, known); diff != "" {
		t.Errorf("known (-want +got):\n%s", diff)
	}
	if len(c.items) != 2 || c.order.Len() != 2 {
		t.Errorf("%d items, %d in order, want 2", len(c.items), c.order.Len())
	}
}

func TestTwoVerifiersHaveDifferentDigests(t *testing.T) {
	entries := []Entry{newEntry("grace", 1, "A6BgmB8IEtPTs"), newEntry("ada", 1, "A6BgmB8IEtPTs")}
	one, other := NewVerifier(Options{}), NewVerifier(Options{})
	a, b := one.digests(entries), other.digests(entries)
	if a[0] == b[0] || a[0] == a[1] || a[0] != one.digests(entries)[0] {
		t.Error("digests do not depend on the process and the user, or change")
	}
}
