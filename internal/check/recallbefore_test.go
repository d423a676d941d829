package check_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/config"
	"github.com/dittoguard/dittoguard/internal/ditto/htpasswd"
	"github.com/dittoguard/dittoguard/internal/ditto/index"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/rules"
	"github.com/dittoguard/dittoguard/test/sample"
)

// evaluating is a checker that counts how many rules it evaluates: for each it asks whether an exception counts still.
func evaluating(t testing.TB) (*check.Checker, *int) {
	t.Helper()
	evaluated := new(int)
	return exceptingBy(t, func() time.Time {
		*evaluated++
		return time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC)
	}), evaluated
}

// stored is an object as a request has it, or an API server: with the version that it was stored as.
func stored(t *testing.T, o *inventory.Object, version int) *inventory.Object {
	t.Helper()
	content := runtime.DeepCopyJSON(o.Content())
	meta := content["metadata"].(map[string]any)
	meta["resourceVersion"] = fmt.Sprint(version)
	if meta["uid"] == nil {
		meta["uid"] = o.Ref.String()
	}
	return decodedFrom(t, content, o)
}

// TestRecalled_RequestsAreJudgedAsFromNothing sends requests at random, dry runs among them, to a cluster in which
// much is wrong: a checker that recalls what was found without a request says of each what one says that has seen nothing.
func TestRecalled_RequestsAreJudgedAsFromNothing(t *testing.T) {
	t.Parallel()
	remembering, evaluated := evaluating(t)
	var choice []*inventory.Object
	for _, name := range slices.Sorted(maps.Keys(variants())) {
		for _, text := range variants()[name] {
			choice = append(choice, decodeAll(t, text)...)
		}
	}
	compared, recalled, wrong := 0, 0, 0
	for seed := range uint64(sample.Count(16, 2)) {
		r := rand.New(rand.NewPCG(seed, 17))
		inv := inventory.NewMemory(index.Of, nil)
		for n := range 120 {
			change := randomChange(inv, choice[r.IntN(len(choice))], r)
			if change.OldObject != nil {
				change.OldObject = stored(t, change.OldObject, version(change.OldObject))
			}
			if change.Object != nil {
				change.Object = stored(t, change.Object, n+1)
			}
			*evaluated = 0
			got := verdict(t, remembering, inv, change)
			nothing, all := evaluating(t)
			want := verdict(t, nothing, inv, change)
			// Whether something holds still may be asked in vain; the namespace is asked for where a rule is evaluated.
			for _, q := range want.Read {
				if q.ID.Kind != "Namespace" && !slices.Contains(got.Read, q) {
					t.Errorf("seed %d, request %d, %s %s rests on %v, which is not said", seed, n, change.Request.Operation, changed(change).Ref, q)
				}
			}
			want.Read, got.Read = nil, nil
			if diff := cmp.Diff(inFull(t, want), inFull(t, got)); diff != "" {
				t.Fatalf("seed %d, request %d, %s %s (-from nothing +recalled):\n%s", seed, n, change.Request.Operation, changed(change).Ref, diff)
			}
			compared++
			if *evaluated < *all*3/4 {
				recalled++
			}
			if len(got.Warned)+len(got.Denied) > 0 {
				wrong++
			}
			// Most are dry runs; what is refused is there all the same now and then, as in a cluster that dittoguard came to late.
			if r.IntN(8) > 0 || len(got.Denied) > 0 && r.IntN(3) > 0 {
				continue
			}
			if change.Object == nil {
				inv.Delete(change.OldObject.Ref.ID())
			} else {
				inv.Put(stored(t, change.Object, n+1))
			}
		}
	}
	t.Logf("%d requests compared, %d recalled, something was wrong in %d", compared, recalled, wrong)
	if recalled < compared/16 || recalled > compared*9/10 || wrong < compared/10 {
		t.Error("the requests do not show it")
	}
}

// version is the version that an object was stored as.
func version(o *inventory.Object) (n int) {
	_, _ = fmt.Sscan(o.Meta.ResourceVersion, &n)
	return n
}

// TestRecalled_WhatWas: what was found without a request is recalled for the next one, if all that it rests on is the same.
func TestRecalled_WhatWas(t *testing.T) {
	t.Parallel()
	gateway := stored(t, decodeAll(t, gatewayDeployment(preAuth))[0], 1)
	set := func(o *inventory.Object, version int, password string) *inventory.Object {
		return stored(t, decodedFrom(t, decodeAll(t, gatewayDeployment(preAuth+"\n- {name: DEVOPS_PASSWORD, value: "+password+"}"))[0].Content(), o), version)
	}
	service := func(name string) check.Change {
		return check.Change{
			Request: &admissionv1.AdmissionRequest{Name: name, Namespace: "ditto", Operation: admissionv1.Create},
			Object:  decodeAll(t, serviceOf(name, "selector: {app: gateway}, ports: [{port: 8080}]"))[0],
		}
	}
	update := func(old, now *inventory.Object) check.Change {
		return check.Change{
			Request:   &admissionv1.AdmissionRequest{Name: old.Ref.Name, Namespace: old.Ref.Namespace, Operation: admissionv1.Update},
			OldObject: old, Object: now,
		}
	}
	for _, test := range []struct {
		name string
		ways int
		// around changes what is there between the two requests.
		around        func(*inventory.Memory)
		first, second check.Change
		recalled      bool
	}{
		{name: "a Service, and another one", ways: 1, first: service("a"), second: service("b"), recalled: true},
		{
			name: "a Service beside another Ingress", ways: 1, first: service("a"), second: service("a"),
			around: func(inv *inventory.Memory) {
				inv.Put(decodeAll(t, ingressTo("new", "gateway", "number: 8080", "/new"))[0])
			},
		},
		{
			name: "a Service, and the gateway was stored anew", ways: 1, first: service("a"), second: service("a"),
			around: func(inv *inventory.Memory) { inv.Put(stored(t, gateway, 2)) },
		},
		{name: "many ways in", ways: 600, first: service("a"), second: service("a")},
		{
			name: "a setting", ways: 1, first: update(stored(t, gateway, 1), set(gateway, 2, "one")),
			second: update(stored(t, gateway, 1), set(gateway, 3, "two")), recalled: true,
		},
		{
			name: "a setting of a version that is not here yet", ways: 1, first: update(stored(t, gateway, 1), set(gateway, 2, "one")),
			second: update(stored(t, gateway, 2), set(gateway, 3, "two")),
		},
		{
			name: "a setting of one that was made anew", ways: 1, first: update(stored(t, gateway, 1), set(gateway, 2, "one")),
			second: update(madeAnew(t, gateway), set(gateway, 3, "two")),
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			checker, evaluated := evaluating(t)
			text := gatewayService
			for i := range test.ways {
				text += "---" + ingressTo(fmt.Sprintf("api-%d", i), "gateway", "number: 8080", fmt.Sprintf("/api/%d", i))
			}
			inv := inventoryOf(t, text)
			inv.Put(gateway)
			verdict(t, checker, inv, test.first)
			if test.around != nil {
				test.around(inv)
			}
			*evaluated = 0
			verdict(t, checker, inv, test.second)
			nothing, all := evaluating(t)
			verdict(t, nothing, inv, test.second)
			if recalled := *evaluated < *all*3/4; recalled != test.recalled {
				t.Errorf("recalled: %t; %d rules were evaluated, from nothing %d", recalled, *evaluated, *all)
			}
		})
	}
}

func madeAnew(t *testing.T, o *inventory.Object) *inventory.Object {
	t.Helper()
	content := runtime.DeepCopyJSON(o.Content())
	content["metadata"].(map[string]any)["uid"] = strings.Repeat("0", 8)
	return decodedFrom(t, content, o)
}

// TestRecalled_WhatWasExcepted: what an exception let pass before it lapsed was there before all the same.
func TestRecalled_WhatWasExcepted(t *testing.T) {
	t.Parallel()
	lastDay := time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC)
	now := lastDay
	checker := exceptingBy(t, func() time.Time { return now },
		config.Exception{Rules: []string{"preauth-exposed"}, Match: config.Match{Kind: "Ingress", Name: "api"}, Expires: lastDay})
	inv := inventoryOf(t, gatewayDeployment(preAuth)+"---"+gatewayService+"---"+ingressTo("api", "gateway", "number: 8080", "/api"))
	for _, day := range []time.Time{lastDay, lastDay.AddDate(0, 0, 1)} {
		now = day
		got := verdict(t, checker, inv, check.Change{
			Request: &admissionv1.AdmissionRequest{Name: "other", Namespace: "ditto", Operation: admissionv1.Create},
			Object:  decodeAll(t, serviceOf("other", "selector: {app: gateway}, ports: [{port: 8080}]"))[0],
		})
		if len(got.Denied) > 0 {
			t.Errorf("%s: refused for %s", day.Format(time.DateOnly), got.Denied[0].Message)
		}
	}
}

// TestRecalled_WhatWasBeingChecked: what was found while a password was being checked is not what was there.
func TestRecalled_WhatWasBeingChecked(t *testing.T) {
	t.Parallel()
	inv, _ := load(t, builtinDir+"/sample-credentials/fail/sha512-crypt.yaml")
	was := stored(t, decodeAll(t, passwordsOfProxy)[0], 1)
	inv.Put(was)
	set := stored(t, decodeAll(t, strings.Replace(passwordsOfProxy, `"no"`, `"yes"`, 1))[0], 2)
	refused := func(checker *check.Checker) int {
		return len(verdict(t, checker, inv, check.Change{
			Request:   &admissionv1.AdmissionRequest{Name: "nginx", Namespace: "ditto", Operation: admissionv1.Update},
			OldObject: stored(t, was, 1), Object: set,
		}).Denied)
	}
	if n := refused(whenChecked(t, nil, func(checker *check.Checker) { refused(checker) })); n > 0 {
		t.Errorf("%d are new that were there before the password was checked", n)
	}
}

// TestRecalled_NotWhereRulesLookAtObjects: an object as it is kept has no more than decides, and a rule may look at the
// request.
func TestRecalled_NotWhereRulesLookAtObjects(t *testing.T) {
	t.Parallel()
	const expression = "!has(object.metadata.labels) || !('refused' in object.metadata.labels)"
	labelled := strings.Replace(gatewayDeployment(noPreAuth), "metadata: {", "metadata: {labels: {refused: x}, ", 1)
	set := stored(t, decodeAll(t, strings.Replace(labelled, "3.9.6", "3.9.7", 1))[0], 2)
	request := func(operation admissionv1.Operation) *admissionv1.AdmissionRequest {
		return &admissionv1.AdmissionRequest{
			Name: "gateway", Namespace: "ditto", Operation: operation,
			Kind:     metav1.GroupVersionKind{Group: "apps", Version: "v1", Kind: "Deployment"},
			Resource: metav1.GroupVersionResource{Group: "apps", Version: "v1", Resource: "deployments"},
		}
	}
	for _, match := range []string{
		"each: gateway", "each: object, resourceRules: [{operations: [UPDATE], apiGroups: [apps], apiVersions: [v1], resources: [deployments]}]",
	} {
		checker := newChecker(t, []rules.HardeningRule{loadedRule(t, match, expression)}, config.Default())
		inv := inventoryOf(t, "")
		// What is kept of it here has no labels.
		inv.Put(stored(t, decodeAll(t, gatewayDeployment(noPreAuth))[0], 1))
		was := stored(t, decodeAll(t, labelled)[0], 1)
		for _, change := range []check.Change{
			{Request: request(admissionv1.Delete), OldObject: was},
			{Request: request(admissionv1.Update), OldObject: was, Object: set},
		} {
			if got := verdict(t, checker, inv, change); len(got.Denied) > 0 {
				t.Errorf("%s: %s is refused for what was there before", match, change.Request.Operation)
			}
		}
	}
}

// TestRecalled_AtOnce: what is recalled is compared by many requests at once, under the race detector.
func TestRecalled_AtOnce(t *testing.T) {
	t.Parallel()
	passwords := htpasswd.NewVerifier(htpasswd.Options{NoBackground: true})
	t.Cleanup(passwords.Close)
	checker := forgetful(t, passwords)
	text := gatewayDeployment(preAuth) + "---" + gatewayService
	for i := range 5 {
		text += "---" + ingressTo(fmt.Sprintf("api-%d", i), "gateway", "number: 8080", fmt.Sprintf("/api/%d", i))
	}
	inv := inventoryOf(t, text)
	old := inv.Find(inventory.KindKey(inventory.Ingress, "ditto"))[0]
	change := check.Change{
		Request:   &admissionv1.AdmissionRequest{Name: old.Ref.Name, Namespace: "ditto", Operation: admissionv1.Update},
		OldObject: old, Object: decodeAll(t, ingressTo("api-0", "gateway", "number: 8080", "/api/0/less"))[0],
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 20 {
				if got := verdict(t, checker, inv, change); len(got.Denied) > 0 || len(got.Warned) == 0 {
					t.Errorf("%d denied, %d warned of", len(got.Denied), len(got.Warned))
				}
			}
		})
	}
	all.Wait()
}
