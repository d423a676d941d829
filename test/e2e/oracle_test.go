package e2e

import (
	"regexp"
	"slices"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/ditto/htpasswd"
	"github.com/dittoguard/dittoguard/internal/ditto/index"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/rules"
)

// oracle judges the objects of one order without a cluster, as `dittoguard check` does: what would a webhook that sees
// everything at once have let in?
type oracle struct {
	checker *check.Checker
	inv     *inventory.Memory
}

func newChecker(t *testing.T, configuration map[string]any) *check.Checker {
	t.Helper()
	list, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := parse(configuration)
	if err != nil {
		t.Fatal(err)
	}
	passwords := htpasswd.NewVerifier(htpasswd.Options{Work: 60_000_000, NoBackground: true})
	t.Cleanup(passwords.Close)
	checker, err := check.New(check.Options{Rules: list, Proved: true, Config: cfg, Passwords: passwords})
	if err != nil {
		t.Fatal(err)
	}
	return checker
}

// newOracle makes an oracle that sees the namespaces of the cluster, without those of other orders, and nothing in them.
func newOracle(checker *check.Checker, namespaces []*inventory.Object, own []string) *oracle {
	o := &oracle{checker: checker, inv: inventory.NewMemory(index.Of, nil)}
	for _, namespace := range namespaces {
		if slices.Contains(own, namespace.Ref.Name) || !ofAnOrder.MatchString(namespace.Ref.Name) {
			o.inv.Put(namespace)
		}
	}
	return o
}

// ofAnOrder finds the namespaces that arrange names.
var ofAnOrder = regexp.MustCompile(`^c\d{3,}[fbs]-`)

// namespaces are all of the cluster.
func (f *fixture) namespaces(t *testing.T) []*inventory.Object {
	t.Helper()
	var list corev1.NamespaceList
	if err := f.Client.List(t.Context(), &list); err != nil {
		t.Fatal(err)
	}
	var objects []*inventory.Object
	for i := range list.Items {
		objects = append(objects, inventory.FromTyped(&list.Items[i], corev1.SchemeGroupVersion.WithKind("Namespace")))
	}
	return objects
}

// admit says whether the object may be created, and keeps it if it may. A refusal is checked the long way round: with the
// object, the whole set is denied.
func (o *oracle) admit(t *testing.T, u *unstructured.Unstructured) bool {
	t.Helper()
	object, err := inventory.FromUnstructured(u)
	if err != nil {
		t.Fatal(err)
	}
	gvk := u.GroupVersionKind()
	request := &admissionv1.AdmissionRequest{
		Operation: admissionv1.Create, Name: u.GetName(), Namespace: u.GetNamespace(),
		Kind: metav1.GroupVersionKind{Group: gvk.Group, Version: gvk.Version, Kind: gvk.Kind},
	}
	mutation, err := o.checker.Mutate(t.Context(), o.inv, check.Change{Request: request, Object: object})
	if err != nil {
		t.Fatal(err)
	}
	if mutation.Object != nil {
		if object, err = inventory.Decode(mutation.Object, inventory.Source{}); err != nil {
			t.Fatal(err)
		}
	}
	verdict, err := o.checker.Change(t.Context(), o.inv, check.Change{Request: request, Object: object})
	if err != nil {
		t.Fatal(err)
	}
	if len(verdict.Denied) == 0 {
		o.inv.Put(object)
		return true
	}
	o.inv.Put(object)
	if o.judge(t).Summary.Denied == 0 {
		t.Errorf("%s is refused, though check denies nothing with it", object.Ref)
	}
	o.inv.Delete(object.Ref.ID())
	return false
}

func (o *oracle) judge(t *testing.T) check.Result {
	t.Helper()
	result, err := o.checker.All(t.Context(), o.inv, o.inv.All())
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// judgeAll judges objects as if they had arrived together.
func (o *oracle) judgeAll(t *testing.T, objects []*unstructured.Unstructured) check.Result {
	t.Helper()
	for _, u := range objects {
		object, err := inventory.FromUnstructured(u)
		if err != nil {
			t.Fatal(err)
		}
		o.inv.Put(object)
	}
	return o.judge(t)
}

// judged is what two verdicts are compared by: the keys of findings, and what is unknown of what.
//
// Left out are rules that mutate: whether they did depends on what the webhook had seen by then.
func judged(result check.Result, in []string, mutating map[string]bool) []string {
	var list []string
	for _, f := range result.Findings {
		if f.Action == check.ActionNone || mutating[f.Rule] || !slices.Contains(in, f.Subject.Namespace) {
			continue
		}
		for _, key := range f.Keys {
			list = append(list, string(f.Action)+" "+key)
		}
	}
	for _, u := range result.Unknown {
		if slices.Contains(in, u.Subject.Namespace) {
			list = append(list, "unknown "+u.Rule+" "+u.Subject.String()+" "+u.What)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}
