package check_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/config"
	"github.com/dittoguard/dittoguard/internal/ditto/htpasswd"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/rules"
)

// twoDittos are the same fixture in two namespaces.
func twoDittos(t *testing.T) *watched {
	t.Helper()
	inv := newWatched()
	from, _ := load(t, builtinDir+"/preauth-exposed/fail/ingress-nginx-annotations-prefix.yaml")
	for _, o := range from.All() {
		inv.Put(o)
		other, err := o.InNamespace("other")
		if err != nil {
			t.Fatal(err)
		}
		if o.Ref.Namespace != "" {
			inv.Put(other)
		}
	}
	return inv
}

// spoilt panics when it is asked about a Service of a namespace.
type spoilt struct {
	inventory.Reader

	namespace string
}

func (s *spoilt) Get(gk schema.GroupKind, namespace, name string) *inventory.Object {
	if gk == inventory.Service && namespace == s.namespace {
		panic("a reader that does not know what to make of it")
	}
	return s.Reader.Get(gk, namespace, name)
}

// TestStandingWithWhatCannotBeJudged: a panic is about what is judged then. The rest stands, what was found there earlier stays, and
// it is judged again when something of it changes.
func TestStandingWithWhatCannotBeJudged(t *testing.T) {
	t.Parallel()
	inv := twoDittos(t)
	reader := &spoilt{Reader: inv}
	standing, err := everything().Stand(t.Context(), reader, inv.All(), nil)
	if err != nil {
		t.Fatal(err)
	}
	whole := standingLines(t, standing)
	gateway := inv.Find(inventory.KindKey(inventory.Deployment, "other"))[0]
	reader.namespace = "other"
	inv.touched = check.Touched{}
	inv.Put(gateway)
	if _, err := standing.Update(t.Context(), inv.touched); err != nil {
		t.Fatal(err)
	}
	if n, err := standing.Failed(); n == 0 || err == nil {
		t.Errorf("%d failed, %v", n, err)
	}
	if found := standing.Of(t.Context(), gateway.Ref.ID()); len(found.Findings) == 0 {
		t.Error("what was found earlier is gone")
	}
	reader.namespace = ""
	inv.Put(gateway)
	if _, err := standing.Update(t.Context(), inv.touched); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(whole, standingLines(t, standing)); diff != "" {
		t.Error(diff)
	}
}

// TestStandingThatIsCutShort: what was not judged when the context ended is judged next time.
func TestStandingThatIsCutShort(t *testing.T) {
	t.Parallel()
	inv := twoDittos(t)
	ctx, cancel := context.WithCancel(t.Context())
	rests := 0
	standing, err := everything().Stand(t.Context(), inv, inv.All(), func() {
		if rests--; rests == 0 {
			cancel()
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	inv.touched = check.Touched{}
	for _, o := range inv.Find(inventory.KindKey(inventory.Ingress, "")) {
		inv.Delete(o.Ref.ID())
	}
	rests = 2
	if _, err := standing.Update(ctx, inv.touched); err == nil {
		t.Error("it was not cut short")
	}
	if _, err := standing.Update(t.Context(), check.Touched{}); err != nil {
		t.Fatal(err)
	}
	all := judged(t, everything(), inv.Memory)
	if diff := cmp.Diff(lines(t, all.Findings, all.Unknown, all.Exceptions), standingLines(t, standing)); diff != "" {
		t.Error(diff)
	}
	if _, err := everything().Stand(ctx, inv, inv.All(), nil); err == nil {
		t.Error("a context that has ended is no error")
	}
}

// TestStandingWaitsForPasswords: those that are checked in the background bring up their verdict later, and nothing else changes.
func TestStandingWaitsForPasswords(t *testing.T) {
	t.Parallel()
	list, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	passwords := htpasswd.NewVerifier(htpasswd.Options{Work: 1, CheapWork: 1})
	t.Cleanup(passwords.Close)
	checker, err := check.New(check.Options{Rules: list, Proved: true, Config: config.Default(), Passwords: passwords})
	if err != nil {
		t.Fatal(err)
	}
	inv, _ := load(t, builtinDir+"/sample-credentials/fail/sha512-crypt.yaml")
	standing, err := checker.Stand(t.Context(), inv, inv.All(), nil)
	if err != nil {
		t.Fatal(err)
	}
	found := func() bool {
		return slices.ContainsFunc(standing.Subjects(), func(id inventory.ID) bool {
			return slices.ContainsFunc(standing.Of(t.Context(), id).Findings, func(f check.Finding) bool { return f.Rule == "sample-credentials" })
		})
	}
	if !standing.Waits() || found() {
		t.Fatalf("waits: %v, found: %v", standing.Waits(), found())
	}
	for standing.Waits() {
		time.Sleep(20 * time.Millisecond)
		standing.Retry()
		if _, err := standing.Update(t.Context(), check.Touched{}); err != nil {
			t.Fatal(err)
		}
	}
	if !found() {
		t.Error("the verdict never came")
	}
}
