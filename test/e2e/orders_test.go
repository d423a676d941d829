package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/rules"
	"github.com/dittoguard/dittoguard/test/missing"
)

// TestEveryOrder brings the objects of every fixture and of the whole corpus into the cluster in several orders. Whatever
// completes a bad path is refused and the rest gets in; what is there in the end is denied by nobody, and `audit` finds in
// the cluster what `check` finds in the manifests.
func TestEveryOrder(t *testing.T) {
	f := need(t)
	p := newProof(t, f)
	// Filled by parallel tests, each its own element.
	var offline [][]*oracle
	t.Run("arrive", func(t *testing.T) {
		if corpusFound := slices.ContainsFunc(f.cases, func(c *testCase) bool { return c.rule == "" }); !corpusFound {
			t.Run("corpus", func(t *testing.T) { missing.Data(t, "the corpus of real manifests was not found") })
		}
		offline = make([][]*oracle, len(f.cases))
		for i, c := range f.cases {
			offline[i] = make([]*oracle, len(c.orders))
			for j, order := range c.orders {
				t.Run(c.name+"/"+order.name, func(t *testing.T) {
					t.Parallel()
					offline[i][j] = p.arrives(t, c, order)
				})
			}
		}
	})
	audit := f.audit(t)
	for i, c := range f.cases {
		for j, order := range c.orders {
			if offline[i][j] != nil { // selected by -run, and in the cluster as far as it may be
				p.audited(t, audit, c, order, offline[i][j])
			}
		}
	}
}

// TestOrdersOfTheWholeCluster does the same with fixtures whose objects concern those of others, one after the other and each
// with the cluster to itself. What is asked about the whole cluster is not read live, so that there is a pause after each object.
func TestOrdersOfTheWholeCluster(t *testing.T) {
	shared := need(t)
	f := &fixture{Cluster: own(t), binary: shared.binary, pause: time.Second / 2, cases: shared.alone}
	if err := f.install(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		f.serve.Kill()
		if t.Failed() {
			t.Log(f.serve.Tail(15))
		}
	})
	p := newProof(t, f)
	for _, c := range f.cases {
		for _, order := range c.orders {
			t.Run(c.name+"/"+order.name, func(t *testing.T) {
				defer f.clear(t, order)
				if offline := p.arrives(t, c, order); offline != nil {
					p.audited(t, f.audit(t), c, order, offline)
				}
			})
		}
	}
}

// clear takes the objects of an order out of the cluster, and waits until the watches have seen it. What closes a way may go only
// once the way is gone.
func (f *fixture) clear(t *testing.T, order *order) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	for left := order.objects; len(left) > 0; {
		var refused []*unstructured.Unstructured
		var last error
		for _, object := range left {
			if err := f.Client.Delete(ctx, object.DeepCopy()); client.IgnoreNotFound(err) != nil {
				refused, last = append(refused, object), err
			}
		}
		if len(refused) == len(left) {
			t.Fatal(last)
		}
		left = refused
	}
	time.Sleep(f.pause)
}

// proof compares what happens in a cluster with what `check` says of the same objects.
type proof struct {
	*fixture

	checker            *check.Checker
	all                []*inventory.Object // the namespaces of the cluster
	enforced, mutating map[string]bool
}

func newProof(t *testing.T, f *fixture) *proof {
	t.Helper()
	p := &proof{fixture: f, checker: newChecker(t, f.configuration), all: f.namespaces(t)}
	p.enforced, p.mutating = builtinRules(t)
	return p
}

// arrives creates the objects in order, and says what got in; nil if one of them fared otherwise than it should have.
func (p *proof) arrives(t *testing.T, c *testCase, order *order) *oracle {
	t.Helper()
	o := newOracle(p.checker, p.all, order.namespaces)
	refused := p.arrive(t, o, order)
	bad := newOracle(p.checker, p.all, order.namespaces).judgeAll(t, order.objects).Summary.Denied > 0
	switch {
	case mending[c.name] != "":
	case bad != (refused > 0):
		t.Errorf("%d objects are refused; check denies all of them together: %t", refused, bad)
	case c.rule != "" && !c.fails && refused > 0:
		t.Errorf("%d objects are refused though the fixture passes", refused)
	case c.fails && p.enforced[c.rule] && !c.configured && refused == 0:
		t.Error("nothing is refused")
	}
	return o
}

// audited compares what `audit` found with what `check` finds in what got in.
func (p *proof) audited(t *testing.T, audit check.Result, c *testCase, order *order, offline *oracle) {
	t.Helper()
	var found []string
	for _, f := range audit.Findings {
		if f.Rule == c.rule && f.Action != check.ActionNone && slices.Contains(order.namespaces, f.Subject.Namespace) {
			found = append(found, f.Subject.String()+": "+f.Message)
		}
	}
	switch {
	case c.rule == "" || c.configured || p.mutating[c.rule]:
	case found != nil && !c.fails:
		t.Errorf("%s/%s: the fixture passes, and audit finds\n%s", c.name, order.name, strings.Join(found, "\n"))
	case found == nil && c.fails && !p.enforced[c.rule]: // what is enforced was refused
		t.Errorf("%s/%s: audit finds nothing", c.name, order.name)
	}
	got := judged(audit, order.namespaces, p.mutating)
	want := judged(offline.judge(t), order.namespaces, p.mutating)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s/%s: check of what got in and audit of the cluster differ (-check +audit):\n%s", c.name, order.name, diff)
	}
	if slices.ContainsFunc(got, func(line string) bool { return strings.HasPrefix(line, string(check.ActionDeny)) }) {
		t.Errorf("%s/%s: something that is denied got in:\n%s", c.name, order.name, strings.Join(got, "\n"))
	}
}

// arrive creates the objects in order, compares each outcome with the oracle's, and returns how many are refused.
func (f *fixture) arrive(t *testing.T, o *oracle, order *order) int {
	t.Helper()
	for _, object := range order.objects {
		f.learn(t, o, object)
	}
	if order.kubectl && f.pause == 0 {
		return f.apply(t, o, order)
	}
	refused := 0
	for _, object := range order.objects {
		time.Sleep(f.pause)
		name := object.GetKind() + " " + object.GetNamespace() + "/" + object.GetName()
		err := f.create(t, object)
		switch admitted := o.admit(t, object); {
		case err == nil && !admitted:
			t.Fatalf("%s got in; it should have been refused", name)
		case err == nil:
		case !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), "is refused by dittoguard"):
			t.Fatalf("%s: %v", name, err)
		case admitted:
			t.Fatalf("%s should have got in: %v", name, err)
		default:
			refused++
		}
	}
	return refused
}

// learn waits until dittoguard knows the passwords that an object holds. A request does not wait for a hash that takes long
// on a busy machine; it is checked in the background, and remembered.
func (f *fixture) learn(t *testing.T, o *oracle, object *unstructured.Unstructured) {
	t.Helper()
	if !holdsHashes(object) {
		return
	}
	alone := newOracle(o.checker, nil, nil).admit(t, object)
	eventually(t, object.GetName()+" is judged", func(ctx context.Context) (bool, any) {
		err := f.Client.Create(ctx, object.DeepCopy(), client.DryRunAll)
		return alone == (err == nil), err
	})
}

// holdsHashes says whether an object holds a file of password hashes.
func holdsHashes(object *unstructured.Unstructured) bool {
	texts, _, _ := unstructured.NestedMap(object.Object, "stringData")
	data, _, _ := unstructured.NestedMap(object.Object, "data")
	if data == nil {
		data = map[string]any{}
	}
	maps.Copy(data, texts)
	return slices.ContainsFunc(slices.Collect(maps.Keys(data)), func(key string) bool { return strings.Contains(key, "htpasswd") })
}

// create creates an object, which is as old afterwards as the API server had it: of several Ingresses of one host the
// oldest may decide. On a busy machine the API server may not get an answer in time, which is no verdict.
func (f *fixture) create(t *testing.T, object *unstructured.Unstructured) error {
	t.Helper()
	var err error
	for range 3 {
		created := object.DeepCopy()
		object.SetCreationTimestamp(metav1.Now()) // if it is refused
		if err = f.Client.Create(t.Context(), created); err == nil {
			object.SetCreationTimestamp(created.GetCreationTimestamp())
		}
		if !apierrors.IsInternalError(err) {
			break
		}
		t.Logf("trying again: %v", err)
	}
	return err
}

// apply creates the objects with one run of kubectl, which sends one right after the other, and goes on after a refusal.
func (f *fixture) apply(t *testing.T, o *oracle, order *order) int {
	t.Helper()
	var file bytes.Buffer
	var want []string
	for _, object := range order.objects {
		raw, err := json.Marshal(object)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&file, "---\n%s\n", raw)
		if o.admit(t, object) {
			kind := strings.ToLower(object.GetKind())
			if group := object.GroupVersionKind().Group; group != "" {
				kind += "." + group
			}
			want = append(want, kind+"/"+object.GetName()+" created")
		}
	}
	refused := len(order.objects) - len(want)
	out, err := f.Kubectl(t.Context(), &file, "apply", "-f", "-")
	var got []string
	for line := range strings.Lines(out) {
		if strings.HasSuffix(line, " created\n") {
			got = append(got, strings.TrimSpace(line))
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("-should have got in +got in:\n%s\n%s", diff, out)
	}
	if messages := strings.Count(out, "is refused by dittoguard"); messages != refused || refused > 0 != (err != nil) {
		t.Fatalf("%d refusals, %d messages of dittoguard, kubectl ends with %v\n%s", refused, messages, err, out)
	}
	return refused
}

// audit runs `dittoguard audit` over the whole cluster.
func (f *fixture) audit(t *testing.T) check.Result {
	t.Helper()
	configuration, err := yaml.Marshal(f.configuration)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "configuration.yaml")
	if err := os.WriteFile(file, configuration, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), f.binary, "audit", "--kubeconfig", f.Kubeconfig, "--config", file, "--output", "json")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	// 3 says that something is denied: in the namespaces where it was before dittoguard came.
	if exit := new(exec.ExitError); err != nil && (!errors.As(err, &exit) || exit.ExitCode() != 3) {
		t.Fatalf("audit: %v\n%s", err, stderr.String())
	}
	var result check.Result
	if err := json.Unmarshal(out, &result); err != nil {
		t.Fatalf("audit: %v\n%s", err, out)
	}
	return result
}

// builtinRules says which rules are enforced by default, and which mutate.
func builtinRules(t *testing.T) (enforced, mutating map[string]bool) {
	t.Helper()
	list, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	enforced, mutating = map[string]bool{}, map[string]bool{}
	for _, r := range list {
		enforced[r.Metadata.Name] = r.Spec.Level == rules.Baseline
		mutating[r.Metadata.Name] = len(r.Spec.Mutations) > 0
	}
	return enforced, mutating
}
