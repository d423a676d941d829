package check_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admission/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/config"
	"github.com/dittoguard/dittoguard/internal/ditto/htpasswd"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/rules"
	"github.com/dittoguard/dittoguard/test/sample"
)

// forgetful is a checker that remembers nothing yet. Its rules are compiled already.
func forgetful(t testing.TB, passwords *htpasswd.Verifier) *check.Checker {
	t.Helper()
	list, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	checker, err := check.New(check.Options{Rules: list, Proved: true, Config: config.Default(), Passwords: passwords})
	if err != nil {
		t.Fatal(err)
	}
	return checker
}

// inFull is a verdict with all of its words.
func inFull(t testing.TB, verdict any) string {
	t.Helper()
	text, err := json.MarshalIndent(verdict, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestRemembered_FixturesAreJudgedAsFromNothing judges fixtures of all rules, and random edits of them, by one checker that
// remembers what it made of those before: it finds what a checker finds that has seen nothing, in the same words.
func TestRemembered_FixturesAreJudgedAsFromNothing(t *testing.T) {
	t.Parallel()
	passwords := htpasswd.NewVerifier(htpasswd.Options{NoBackground: true})
	t.Cleanup(passwords.Close)
	remembering, compared, r := forgetful(t, passwords), 0, rand.New(rand.NewPCG(5, 8))
	list, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	compare := func(file, edited string, inv *inventory.Memory) {
		t.Helper()
		compared++
		if diff := cmp.Diff(inFull(t, judged(t, forgetful(t, passwords), inv)), inFull(t, judged(t, remembering, inv))); diff != "" {
			t.Errorf("%s%s (-from nothing +remembering):\n%s", file, edited, diff)
		}
	}
	for _, rule := range list {
		for _, result := range []string{"pass", "fail"} {
			for _, file := range fixturesOf(t, rule.Metadata.Name, result) {
				if testing.Short() && sample.Number(file)%8 != 0 {
					continue
				}
				inv, _ := load(t, file)
				compare(file, "", inv)
				e := edits[r.IntN(len(edits))]
				for _, o := range inv.All() {
					content := runtime.DeepCopyJSON(o.Content())
					if !e.apply(r, fieldsOf(content)) {
						continue
					}
					raw, err := json.Marshal(content)
					if err != nil {
						t.Fatal(err)
					}
					edited, err := inventory.Decode(raw, o.Source)
					if err != nil {
						t.Fatal(err)
					}
					inv.Put(edited)
					compare(file, ": "+e.name+" of "+o.Ref.String(), inv)
					break
				}
			}
		}
	}
	if compared < 20 && !sample.Taken() {
		t.Errorf("only %d judgements were compared", compared)
	}
}

// TestRemembered_ManyWaysAreJudgedAsFromNothing opens many ways to a gateway that differ in some of what rules look at, and changes
// the gateway and what opens them: a checker that remembers says of each change what one says that has seen nothing, and does not
// mix up the words of ways that differ in little.
func TestRemembered_ManyWaysAreJudgedAsFromNothing(t *testing.T) {
	t.Parallel()
	passwords := htpasswd.NewVerifier(htpasswd.Options{NoBackground: true})
	t.Cleanup(passwords.Close)
	remembering := forgetful(t, passwords)
	seeds, findings := 6, 0
	if testing.Short() {
		seeds = 1
	}
	for seed := range seeds {
		r := rand.New(rand.NewPCG(uint64(seed), 9))
		inv := inventoryOf(t, manyWays(r, 12))
		for range 12 {
			objects := inv.All()
			old := objects[r.IntN(len(objects))]
			var changed *inventory.Object
			for _, o := range decodeAll(t, manyWays(r, 12)) {
				if o.Ref.ID() == old.Ref.ID() {
					changed = o
				}
			}
			if changed == nil {
				continue // there is none of that name this time
			}
			change := check.Change{
				Request: &admissionv1.AdmissionRequest{Namespace: old.Ref.Namespace, Name: old.Ref.Name, Operation: admissionv1.Update},
				Object:  changed, OldObject: old,
			}
			verdict := func(c *check.Checker) string {
				v, err := c.Change(t.Context(), inv, change)
				if err != nil {
					t.Fatal(err)
				}
				findings += len(v.Denied) + len(v.Warned) + len(v.Audited)
				v.Read = nil
				return inFull(t, v)
			}
			if diff := cmp.Diff(verdict(forgetful(t, passwords)), verdict(remembering)); diff != "" {
				t.Fatalf("seed %d, %s (-from nothing +remembering):\n%s", seed, old.Ref, diff)
			}
			inv.Put(changed)
		}
	}
	if findings < 50 {
		t.Errorf("only %d findings were compared", findings)
	}
}

// manyWays is a gateway with n Ingresses of several paths before it, and an nginx with n locations.
func manyWays(r *rand.Rand, n int) string {
	one := func(of ...string) string { return of[r.IntN(len(of))] }
	var b strings.Builder
	fmt.Fprintf(&b, stressGateway, fmt.Sprintf("        - {name: DEVOPS_SECURED, value: %q}\n        - {name: DEVOPS_STATUS_SECURED, value: %q}\n", one("true", "false"), one("true", "false")))
	locations := ""
	for i := range n {
		fmt.Fprintf(&b, "---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: api-%d\n  namespace: ditto\n  annotations: {%s}\nspec:\n  ingressClassName: %s\n%s  rules:\n  - host: %s\n    http:\n      paths:\n",
			i, one("", "nginx.ingress.kubernetes.io/limit-rps: '5'", "nginx.ingress.kubernetes.io/auth-type: basic, nginx.ingress.kubernetes.io/auth-secret: a", "nginx.ingress.kubernetes.io/ssl-redirect: 'false'"),
			one("nginx", "nginx", "traefik", "unheard-of"), one("", "  tls: [{hosts: [a.example.com], secretName: s}]\n"), one("a.example.com", "b.example.com"))
		for j := range 1 + r.IntN(4) {
			fmt.Fprintf(&b, "      - {path: %q, pathType: %s, backend: {service: {name: %s, port: {number: 8080}}}}\n",
				one("/", "/api", "/api/2/things", "/devops", "/status", fmt.Sprintf("/p%d", j)), one("Prefix", "Exact"), one("gateway", "nginx"))
		}
		locations += fmt.Sprintf("    location %s/%d/ { %s%s proxy_pass http://gateway:8080%s; }\n", one("/api", "/devops", "/x"), i,
			one("", "auth_basic off; "), one("", "proxy_set_header x-ditto-pre-authenticated ''; ", "proxy_set_header x-ditto-pre-authenticated a; "), one("", "/", "/api/", "/devops/"))
	}
	b.WriteString("---\napiVersion: v1\nkind: Service\nmetadata: {name: nginx, namespace: ditto}\nspec: {selector: {app: nginx}, ports: [{port: 8080}]}\n---")
	fmt.Fprintf(&b, stressProxy, "    a:b\n", locations)
	return b.String()
}
