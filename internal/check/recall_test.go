package check_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admission/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/config"
	"github.com/dittoguard/dittoguard/internal/ditto/htpasswd"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/rules"
)

// followed counts how often an object is indexed, as it is for each side that is judged.
type followed struct {
	inventory.Reader
	times int
}

func (f *followed) Keys(o *inventory.Object) []inventory.Key {
	f.times++
	return f.Reader.Keys(o)
}

// TestRecalled_LabelsAreJudgedAsFromNothing labels, scales and annotates workloads of fixtures again and again while what is around
// them changes at random: a checker that recalls what it found says of each request what one says that has seen nothing.
func TestRecalled_LabelsAreJudgedAsFromNothing(t *testing.T) {
	t.Parallel()
	passwords := htpasswd.NewVerifier(htpasswd.Options{NoBackground: true})
	t.Cleanup(passwords.Close)
	remembering, r := forgetful(t, passwords), rand.New(rand.NewPCG(3, 11))
	compared, recalled, said := 0, 0, 0
	for n, file := range fixtureFiles(t, "fail") {
		if n%6 > 0 || testing.Short() && n%24 > 0 {
			continue
		}
		inv := contentOf(t, file)
		for _, o := range inv.All() {
			switch o.Ref.Kind {
			case "Deployment", "StatefulSet", "DaemonSet":
			default:
				continue
			}
			for range 5 {
				was, is := rolled(t, r, o), rolled(t, r, relabelled(t, o))
				change := check.Change{
					Request:   &admissionv1.AdmissionRequest{Name: o.Ref.Name, Namespace: o.Ref.Namespace, Operation: admissionv1.Update},
					OldObject: was, Object: is,
				}
				counting := &followed{Reader: inv}
				got, want := verdict(t, remembering, counting, change), verdict(t, forgetful(t, passwords), inv, change)
				if diff := cmp.Diff(inFull(t, want), inFull(t, got)); diff != "" {
					t.Fatalf("%s: %s (-from nothing +recalled):\n%s", file, o.Ref, diff)
				}
				compared++
				if counting.times == 0 {
					recalled++
				}
				if len(got.Warned)+len(got.Audited)+len(got.Unknown) > 0 {
					said++
				}
				if r.IntN(3) == 0 {
					changeSome(t, r, inv)
				}
			}
		}
	}
	t.Logf("%d requests compared, %d recalled, there was something to say of %d", compared, recalled, said)
	if recalled < compared/10 || recalled > compared*9/10 || said < compared/4 {
		t.Error("the fixtures do not show it")
	}
}

// rolled is a workload with other labels, annotations, number of replicas or generation, or as it was.
func rolled(t *testing.T, r *rand.Rand, o *inventory.Object) *inventory.Object {
	t.Helper()
	content := runtime.DeepCopyJSON(o.Content())
	meta, spec := content["metadata"].(map[string]any), content["spec"].(map[string]any)
	for field, values := range map[string][]map[string]any{
		"labels":      {nil, {"helm.sh/chart": "ditto-3.9.6"}, {"app.kubernetes.io/name": "ditto", "app.kubernetes.io/version": "3.0.0"}},
		"annotations": {nil, {"kubernetes.io/ingress.class": "nginx"}, {"meta.helm.sh/release-name": "ditto"}},
	} {
		if set := values[r.IntN(len(values))]; set != nil {
			meta[field] = set
		}
	}
	if r.IntN(4) == 0 {
		spec["replicas"] = int64(r.IntN(3))
		meta["generation"] = int64(2 + r.IntN(2))
	}
	if o.Ref.Kind == "DaemonSet" {
		delete(spec, "replicas")
	}
	return decodedFrom(t, content, o)
}

// changeSome edits an object of the inventory, takes it away, or puts it there anew as it is.
func changeSome(t *testing.T, r *rand.Rand, inv *inventory.Memory) {
	t.Helper()
	list := inv.All()
	if len(list) == 0 {
		return
	}
	o := list[r.IntN(len(list))]
	content := runtime.DeepCopyJSON(o.Content())
	switch r.IntN(6) {
	case 0:
		inv.Delete(o.Ref.ID())
	case 1:
		inv.Put(decodedFrom(t, content, o))
	default:
		if edits[r.IntN(len(edits))].apply(r, fieldsOf(content)) {
			inv.Put(decodedFrom(t, content, o))
		}
	}
}

func decodedFrom(t *testing.T, content map[string]any, o *inventory.Object) *inventory.Object {
	t.Helper()
	raw, err := json.Marshal(content)
	if err != nil {
		t.Fatal(err)
	}
	decoded, err := inventory.Decode(raw, o.Source)
	if err != nil {
		t.Fatal(err)
	}
	return decoded
}

// TestRecalled_Lapse: what was found while an exception counted does not hold once it has lapsed.
func TestRecalled_Lapse(t *testing.T) {
	t.Parallel()
	lastDay := time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC)
	exception := config.Exception{Rules: []string{"preauth-exposed"}, Match: config.Match{Kind: "Ingress", Name: "api"}, Expires: lastDay}
	inv := inventoryOf(t, gatewayDeployment(preAuth)+"---"+gatewayService+"---"+ingressTo("api", "gateway", "number: 8080", "/api"))
	o := decodeAll(t, gatewayDeployment(preAuth))[0]
	change := check.Change{
		Request:   &admissionv1.AdmissionRequest{Name: o.Ref.Name, Namespace: o.Ref.Namespace, Operation: admissionv1.Update},
		OldObject: o, Object: relabelled(t, o),
	}
	now := lastDay
	remembering := exceptingBy(t, func() time.Time { return now }, exception)
	for range 2 {
		if got := verdict(t, remembering, inv, change); len(got.Exceptions) != 1 {
			t.Errorf("%d exceptions apply, want 1", len(got.Exceptions))
		}
		now = lastDay.Add(23 * time.Hour)
	}
	now = lastDay.Add(24 * time.Hour)
	got, want := verdict(t, remembering, inv, change), verdict(t, excepting(t, now, exception), inv, change)
	if diff := cmp.Diff(inFull(t, want), inFull(t, got)); diff != "" || len(got.Exceptions) > 0 || len(got.Warned) == 0 {
		t.Errorf("once it has lapsed %d exceptions apply (-from nothing +recalled):\n%s", len(got.Exceptions), diff)
	}
}

// TestRecalled_Advice: what is advised is in the words of where the workload comes from, which its labels say.
func TestRecalled_Advice(t *testing.T) {
	t.Parallel()
	passwords := htpasswd.NewVerifier(htpasswd.Options{NoBackground: true})
	t.Cleanup(passwords.Close)
	remembering := forgetful(t, passwords)
	inv := inventoryOf(t, gatewayDeployment(preAuth)+"---"+gatewayService+"---"+ingressTo("api", "gateway", "number: 8080", "/api"))
	o := decodeAll(t, gatewayDeployment(preAuth))[0]
	var all []string
	for _, chart := range []string{"other-1.0.0", "ditto-3.9.6"} {
		labelled := decodeAll(t, strings.Replace(gatewayDeployment(preAuth), "metadata: {", "metadata: {labels: {helm.sh/chart: "+chart+"}, ", 1))[0]
		change := check.Change{
			Request:   &admissionv1.AdmissionRequest{Name: o.Ref.Name, Namespace: o.Ref.Namespace, Operation: admissionv1.Update},
			OldObject: o, Object: labelled,
		}
		got, want := verdict(t, remembering, inv, change), verdict(t, forgetful(t, passwords), inv, change)
		if diff := cmp.Diff(inFull(t, want), inFull(t, got)); diff != "" {
			t.Errorf("%s (-from nothing +recalled):\n%s", chart, diff)
		}
		all = append(all, inFull(t, want))
	}
	if all[0] == all[1] {
		t.Error("the advice is the same for both charts")
	}
}

// TestRecalled_Passwords: what was found while a password was being checked does not hold once it has been.
func TestRecalled_Passwords(t *testing.T) {
	t.Parallel()
	inv, _ := load(t, builtinDir+"/sample-credentials/fail/sha512-crypt.yaml")
	inv.Put(decodeAll(t, passwordsOfProxy)[0])
	excepted := func(checker *check.Checker) int {
		n := 0
		for _, o := range inv.Find(inventory.KindKey(inventory.Deployment, "ditto")) {
			n += len(verdict(t, checker, inv, check.Change{
				Request:   &admissionv1.AdmissionRequest{Name: o.Ref.Name, Namespace: o.Ref.Namespace, Operation: admissionv1.Update},
				OldObject: o, Object: relabelled(t, o),
			}).Exceptions)
		}
		return n
	}
	cfg := config.Default()
	cfg.Exceptions = []config.Exception{{Rules: []string{"sample-credentials"}, Expires: time.Now().AddDate(1, 0, 0)}}
	checker := whenChecked(t, cfg, func(checker *check.Checker) { excepted(checker) })
	if excepted(checker) == 0 {
		t.Error("what was found before the password was checked still holds")
	}
}

// passwordsOfProxy is an nginx that asks for the passwords of a fixture.
const passwordsOfProxy = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: nginx, namespace: ditto, uid: nginx}
spec:
  template:
    spec:
      containers:
      - {name: nginx, image: "nginx:1.27", env: [{name: SET, value: "no"}], volumeMounts: [{name: users, mountPath: /etc/nginx/users}]}
      volumes: [{name: users, secret: {secretName: nginx-users}}]
`

// whenChecked is a checker that was asked while a password was being checked, which has been since. A machine that is
// slow in between begins again.
func whenChecked(t *testing.T, cfg *config.Config, ask func(*check.Checker)) *check.Checker {
	t.Helper()
	list, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	for range 50 {
		passwords := htpasswd.NewVerifier(htpasswd.Options{Work: 1, CheapWork: 1})
		t.Cleanup(passwords.Close)
		checker, err := check.New(check.Options{Rules: list, Proved: true, Config: cfg, Passwords: passwords})
		if err != nil {
			t.Fatal(err)
		}
		if ask(checker); !passwords.Busy() {
			continue
		}
		for passwords.Busy() {
			time.Sleep(10 * time.Millisecond)
		}
		return checker
	}
	t.Fatal("no password is being checked")
	return nil
}

// TestRecalled_CutShort: what was found until a judgement was cut short is not what there is.
func TestRecalled_CutShort(t *testing.T) {
	t.Parallel()
	passwords := htpasswd.NewVerifier(htpasswd.Options{NoBackground: true})
	t.Cleanup(passwords.Close)
	remembering := forgetful(t, passwords)
	inv := inventoryOf(t, gatewayDeployment(preAuth)+"---"+gatewayService+"---"+ingressTo("api", "gateway", "number: 8080", "/api"))
	o := decodeAll(t, gatewayDeployment(preAuth))[0]
	change := check.Change{
		Request:   &admissionv1.AdmissionRequest{Name: o.Ref.Name, Namespace: o.Ref.Namespace, Operation: admissionv1.Update},
		OldObject: o, Object: relabelled(t, o),
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := remembering.Change(ended, inv, change); err == nil {
		t.Error("it was not cut short")
	}
	got, want := verdict(t, remembering, inv, change), verdict(t, forgetful(t, passwords), inv, change)
	if diff := cmp.Diff(inFull(t, want), inFull(t, got)); diff != "" || len(want.Warned) == 0 {
		t.Errorf("%d warned of (-from nothing +recalled):\n%s", len(want.Warned), diff)
	}
}

// TestRecalled_IsBounded: what is kept of a workload is its last state alone, and nothing where many ways in lead to it,
// each of which takes room.
func TestRecalled_IsBounded(t *testing.T) {
	t.Parallel()
	passwords := htpasswd.NewVerifier(htpasswd.Options{NoBackground: true})
	t.Cleanup(passwords.Close)
	for _, test := range []struct {
		name   string
		ways   int
		states []string // of the template, one request after the other
		judged []bool
	}{
		{"a few ways in", 3, []string{"a", "a", "a"}, []bool{true, false, false}},
		{"many ways in", 600, []string{"a", "a"}, []bool{true, true}},
		{"one state after the other", 3, []string{"a", "b", "b", "a"}, []bool{true, true, false, true}},
	} {
		t.Run(test.name, func(t *testing.T) {
			checker := forgetful(t, passwords)
			text := gatewayDeployment(preAuth) + "---" + gatewayService
			for i := range test.ways {
				text += "---" + ingressTo(fmt.Sprintf("api-%d", i), "gateway", "number: 8080", fmt.Sprintf("/api/%d", i))
			}
			inv := inventoryOf(t, text)
			for i, state := range test.states {
				o := decodeAll(t, strings.Replace(gatewayDeployment(preAuth), "kind: Deployment", "kind: Deployment\nstatus: {conditions: [{type: "+state+"}]}", 1))[0]
				counting := &followed{Reader: inv}
				verdict(t, checker, counting, check.Change{
					Request:   &admissionv1.AdmissionRequest{Name: o.Ref.Name, Namespace: o.Ref.Namespace, Operation: admissionv1.Update},
					OldObject: o, Object: relabelled(t, o),
				})
				if judged := counting.times > 0; judged != test.judged[i] {
					t.Errorf("request %d: judged anew: %t", i, judged)
				}
			}
		})
	}
}
