package htpasswd

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dittoguard/dittoguard/test/sample"
)

const (
	bcryptTail = "abcdefghijklmnopqrstuugbuGmx7rSxHbHPbcLMOD5RteoXcSET6" // with cost 4: of "ditto"
	ownBcrypt  = "$2y$04$abcdefghijklmnopqrstuuPPC5tuKcDF0INnxHx7f6gT07QeO6xNW"
)

func TestCheck(t *testing.T) {
	for _, test := range []struct {
		name string
		line string
		want Verdict
	}{
		{"the sample entry", "ditto:A6BgmB8IEtPTs", Verdict{Published, "it is the sample entry of Ditto's deployment files"}},
		{"the sample's hash for another user", "x:A6BgmB8IEtPTs", Verdict{Published, "it is the sample entry of Ditto's deployment files"}},
		{"the sample's password with another salt", "ditto:abnnaggF93Qvk", Verdict{Published, "the password was published with this user name"}},
		{"a pair", "devops:{PLAIN}foobar", Verdict{Published, "the password was published with this user name"}},
		{"a published password of someone else", "x:{PLAIN}foobar", Verdict{Published, "the password is a published one"}},
		{"the user's own name", "grace:{PLAIN}grace", Verdict{Published, "the password is the user name"}},
		{"an empty password", "grace:{PLAIN}", Verdict{Published, "the password is empty"}},
		{"a password of one's own", "grace:{PLAIN}Kx2-own", Verdict{State: Own}},
		{"a published password under apr1", "x:$apr1$abcdefgh$FBwExRW4dCc8aL.OvjpIE1", Verdict{Published, "the password is a published one"}},
		{"a published password under SHA-1", "x:{SHA}" + sha1OfDitto, Verdict{Published, "the password is a published one"}},
		{"a published password under salted SHA-1", "x:{SSHA}" + sshaOfDitto, Verdict{Published, "the password is a published one"}},
		{"a published password under sha-crypt", "x:$5$rounds=1000$saltsalt$2NcTBaBUns.aM6so1exUDymetUcj7vM6Gnr80fJLIW9", Verdict{Published, "the password is a published one"}},
		{"a published password under bcrypt", "x:$2y$04$" + bcryptTail, Verdict{Published, "the password is a published one"}},
		{"a password of one's own under bcrypt", "x:" + ownBcrypt, Verdict{State: Own}},
		{"a password as it stands", "ditto:ditto", Verdict{Unknown, "it is not a hash that can be checked (bcrypt, apr1, MD5, SHA-1, SSHA, sha-crypt, DES crypt or {PLAIN})"}},
		{"a broken hash", "ditto:$2y$10$x", Verdict{Unknown, "it is a malformed bcrypt hash"}},
		{"bcrypt that nobody can wait for", "ditto:$2y$31$" + bcryptTail, Verdict{Unknown, "bcrypt cost 31 is above 15, the highest that is checked"}},
		{"sha-crypt that nobody can wait for", "ditto:$6$rounds=999999999$s$" + strings.Repeat("a", 86), Verdict{Unknown, "sha512-crypt with 999999999 rounds is above 1000000, the highest that is checked"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			v := NewVerifier(Options{Work: 60_000_000})
			defer v.Close()
			entries, problems := Parse([]byte(test.line + "\n"))
			if len(entries) != 1 || problems != nil {
				t.Fatalf("got %d entries, problems %v", len(entries), problems)
			}
			for _, pass := range []string{"first", "remembered"} {
				if diff := cmp.Diff([]Verdict{test.want}, v.Check(t.Context(), entries)); diff != "" {
					t.Errorf("%s verdict (-want +got):\n%s", pass, diff)
				}
			}
		})
	}
}

func TestVerdictsComeInTheOrderOfTheEntries(t *testing.T) {
	v := NewVerifier(Options{Work: 60_000_000})
	defer v.Close()
	entries, _ := Parse([]byte("a:" + ownBcrypt + "\nb:{PLAIN}foobar\nc:$2y$04$" + bcryptTail + "\nd:{PLAIN}Kx2-own\n"))
	var states []State
	for _, verdict := range v.Check(t.Context(), append(entries, Entry{})) {
		states = append(states, verdict.State)
	}
	if diff := cmp.Diff([]State{Own, Published, Published, Own, Unknown}, states); diff != "" {
		t.Errorf("states (-want +got):\n%s", diff)
	}
}

func TestNoVerdictDependsOnAnotherUsersPassword(t *testing.T) {
	v := NewVerifier(Options{})
	defer v.Close()
	entries, _ := Parse([]byte("grace:{PLAIN}grace\nada:{PLAIN}grace\n"))
	want := []Verdict{{Published, "the password is the user name"}, {State: Own}}
	for range 2 {
		if diff := cmp.Diff(want, v.Check(t.Context(), entries)); diff != "" {
			t.Errorf("verdicts (-want +got):\n%s", diff)
		}
	}
}

// thousand is a file of a thousand users who all have a bcrypt hash of the highest cost that is checked inline.
func thousand() []Entry {
	var text strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&text, "user%d:$2y$12$%s\n", i, bcryptTail)
	}
	entries, _ := Parse([]byte(text.String()))
	return entries
}

func TestAThousandBcryptLinesCannotStallARequest(t *testing.T) {
	sample.Large(t)
	v := NewVerifier(Options{})
	tried := 0
	for i, verdict := range v.Check(t.Context(), thousand()) {
		if verdict.State != Unknown || verdict.Why == "" {
			t.Fatalf("entry %d: %+v, want unknown and a reason", i, verdict)
		}
		n := 0
		_, _ = fmt.Sscanf(verdict.Why, "%d of", &n) // an entry that was not begun says something else
		tried += n
	}
	// All of it would be tens of thousands, of a fifth of a second each.
	if tried > 3 {
		t.Errorf("%d comparisons were waited for", tried)
	}
	v.Close() // ends after the comparison at hand
}

func TestAMegabyteOfCheapLinesCannotStallARequest(t *testing.T) {
	work := sample.Count(100_000, 10)
	var text strings.Builder
	for i := 0; text.Len() < 10*work; i++ {
		fmt.Fprintf(&text, "%x:A6BgmB8IEtPT.\n", i)
	}
	entries, _ := Parse([]byte(text.String()))
	v := NewVerifier(Options{CheapWork: int64(work)})
	defer v.Close()
	decided := 0
	for _, verdict := range v.Check(t.Context(), entries) {
		if verdict.State != Unknown {
			decided++
		}
	}
	// This work suffices for about one in three hundred units of it.
	if decided < work/1000 || decided > work/200 {
		t.Errorf("%d of %d entries are decided", decided, len(entries))
	}
}

func BenchmarkCheckOfARememberedFile(b *testing.B) {
	v := NewVerifier(Options{})
	defer v.Close()
	entries := thousand()
	for i, d := range v.digests(entries) {
		v.remember(d, Verdict{State: Own, Why: entries[i].User})
	}
	for b.Loop() {
		if got := v.Check(b.Context(), entries); got[999].State != Own {
			b.Fatal(got[999])
		}
	}
}
