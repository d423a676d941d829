package check_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/ditto/index"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// TestOrderOfArrival brings the objects of every fixture in one by one, in many orders: whatever completes a bad path is
// refused, so that nothing denied is ever there; and where nothing is wrong with all of them, nothing is refused.
func TestOrderOfArrival(t *testing.T) {
	seeds := uint64(12)
	if testing.Short() {
		seeds = 3
	}
	for _, file := range append(fixtureFiles(t, "pass"), fixtureFiles(t, "fail")...) {
		t.Run(file[len(builtinDir)+1:], func(t *testing.T) {
			t.Parallel()
			all, checker := load(t, file)
			objects := all.All()
			bad := judged(t, checker, all).Summary.Denied > 0
			tried := map[string]bool{}
			for seed := range seeds {
				order := rand.New(rand.NewPCG(seed, 1)).Perm(len(objects))
				// There are not that many orders of three objects.
				if name := fmt.Sprint(order); tried[name] {
					continue
				} else {
					tried[name] = true
				}
				inv := inventory.NewMemory(index.Of, nil)
				refused := 0
				for _, i := range order {
					verdict := create(t, checker, inv, objects[i])
					if len(verdict.Denied) > 0 {
						refused++
						continue
					}
					inv.Put(objects[i])
				}
				left := judged(t, checker, inv)
				if left.Summary.Denied > 0 {
					t.Errorf("order %v: admitted though %s: %s", order, left.Findings[0].Rule, left.Findings[0].Message)
				}
				if bad != (refused > 0) {
					t.Errorf("order %v: %d objects refused", order, refused)
				}
			}
		})
	}
}

func create(t testing.TB, checker *check.Checker, inv inventory.Reader, o *inventory.Object) check.Verdict {
	t.Helper()
	verdict, err := checker.Change(t.Context(), inv, check.Change{
		Request: &admissionv1.AdmissionRequest{Operation: admissionv1.Create, Name: o.Ref.Name, Namespace: o.Ref.Namespace},
		Object:  o,
	})
	if err != nil {
		t.Fatal(err)
	}
	return verdict
}

// TestUnrelatedObjects: what has nothing to do with Ditto changes no finding.
func TestUnrelatedObjects(t *testing.T) {
	for _, file := range fixtureFiles(t, "fail") {
		inv, checker := load(t, file)
		before := judged(t, checker, inv)
		for i, text := range []string{
			`{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"unrelated","namespace":"ditto"},"spec":{"template":{"metadata":{"labels":{"app":"unrelated"}},"spec":{"containers":[{"name":"gateway","image":"example.com/shop:3"}]}}}}`,
			`{"apiVersion":"v1","kind":"Service","metadata":{"name":"unrelated","namespace":"ditto"},"spec":{"type":"LoadBalancer","selector":{"app":"unrelated"},"ports":[{"port":80}]}}`,
			`{"apiVersion":"networking.k8s.io/v1","kind":"Ingress","metadata":{"name":"unrelated","namespace":"ditto"},"spec":{"defaultBackend":{"service":{"name":"unrelated","port":{"number":80}}}}}`,
			`{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"unrelated","namespace":"ditto"},"data":{"nginx.conf":"http { server { location / { proxy_pass http://unrelated; } } }"}}`,
		} {
			o, err := inventory.Decode([]byte(text), inventory.Source{})
			if err != nil {
				t.Fatal(err)
			}
			if verdict := create(t, checker, inv, o); len(verdict.Denied)+len(verdict.Warned) > 0 {
				t.Errorf("%s: unrelated object %d: %+v", file, i, verdict)
			}
			inv.Put(o)
		}
		after := judged(t, checker, inv)
		if got, want := fmt.Sprint(keys(after)), fmt.Sprint(keys(before)); got != want {
			t.Errorf("%s: findings with unrelated objects:\n%s\nwithout:\n%s", file, got, want)
		}
	}
}

func keys(r check.Result) []string {
	var list []string
	for _, f := range r.Findings {
		list = append(list, f.Keys...)
	}
	return list
}
