package e2e

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admission/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/dittoguard/dittoguard/internal/ditto/facts"
	"github.com/dittoguard/dittoguard/internal/engine"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/manifest"
	"github.com/dittoguard/dittoguard/rules"
	"github.com/dittoguard/dittoguard/test/cluster"
)

// TestExportedPolicies: on a control plane without dittoguard, what the exported policies say of every object in the
// fixtures of their rules is what the engine says, to the letter: of new objects, and of every update of one to another.
func TestExportedPolicies(t *testing.T) {
	t.Parallel()
	c := own(t, "ditto", "free")
	exported := exportedRules(t)
	objects := exportedObjects(t, exported)
	stored := storeAll(t, c, objects)

	exportTo(t, c, "--namespace", "ditto", "--action", "warn,audit")
	warnings := &warned{}
	config := rest.CopyConfig(c.Config)
	config.WarningHandler = warnings
	warning, err := client.New(config, client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, rule := range exported {
		bad := rule.failing(t, objects)
		eventually(t, rule.Name()+" warns", func(ctx context.Context) (bool, any) {
			seen := warnings.of(func() { err = warning.Create(ctx, bad.in("ditto"), client.DryRunAll) })
			return slices.ContainsFunc(seen, func(w string) bool { return strings.Contains(w, "'dittoguard-"+rule.Name()+"'") }), err
		})
	}
	t.Run("warnings", func(t *testing.T) {
		for _, o := range objects {
			var want []string
			for _, rule := range exported {
				for _, message := range rule.says(t, o.object, nil) {
					want = append(want, fmt.Sprintf("Validation failed for ValidatingAdmissionPolicy 'dittoguard-%[1]s' with binding 'dittoguard-%[1]s': %[2]s", rule.Name(), message))
				}
			}
			got := warnings.of(func() { err = warning.Create(t.Context(), o.in("ditto"), client.DryRunAll) })
			if err != nil {
				t.Errorf("%s: %v", o.name, err)
			}
			slices.Sort(want)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s: warnings (-the engine +the API server):\n%s", o.name, diff)
			}
			if got := warnings.of(func() { err = warning.Create(t.Context(), o.in("free"), client.DryRunAll) }); err != nil || len(got) > 0 {
				t.Errorf("%s, in a namespace that the policies are not for: %v %v", o.name, got, err)
			}
		}
	})

	exportTo(t, c, "--namespace", "ditto", "--action", "deny")
	for _, rule := range exported {
		bad := rule.failing(t, objects)
		eventually(t, rule.Name()+" denies", func(ctx context.Context) (bool, any) {
			err := c.Client.Create(ctx, bad.in("ditto"), client.DryRunAll)
			return apierrors.IsForbidden(err) && strings.Contains(err.Error(), "'dittoguard-"+rule.Name()+"'"), err
		})
	}
	t.Run("denials", func(t *testing.T) {
		for _, o := range objects {
			compareVerdict(t, o.name, exported, c.Client.Create(t.Context(), o.in("ditto"), client.DryRunAll), o.object, nil)
		}
	})
	t.Run("updates", func(t *testing.T) {
		updates, refused, oneIn := 0, 0, 1
		if testing.Short() {
			oneIn = 15
		}
		for i, old := range stored {
			for j, o := range objects {
				if (i+j)%oneIn > 0 {
					continue
				}
				if o.object.GroupVersionKind() != old.GroupVersionKind() {
					continue
				}
				now := o.in("ditto")
				now.SetName(old.GetName())
				updates++
				err := c.Client.Update(t.Context(), now.DeepCopy(), client.DryRunAll)
				compareVerdict(t, old.GetName()+" becomes "+o.name, exported, err, now, old)
				if err != nil {
					refused++
				}
			}
		}
		if updates < 500/oneIn || refused < 50/oneIn || refused > updates/2 {
			t.Errorf("%d of %d updates are refused", refused, updates)
		}
	})
	t.Run("what is bad already can be worked with", func(t *testing.T) {
		n := in{c, "ditto"}
		for _, old := range stored {
			if old.GetKind() != "Deployment" {
				continue
			}
			name := "deployment/" + old.GetName()
			n.admitted(t, "", "scale", name, "--replicas=2")
			n.admitted(t, "", "label", name, "team=iot")
		}
	})
}

// compareVerdict compares an answer of the API server with what the engine says of the rules.
func compareVerdict(t *testing.T, name string, exported []exportedRule, err error, now, old *unstructured.Unstructured) {
	t.Helper()
	var want []string
	for _, rule := range exported {
		for _, message := range rule.says(t, now, old) {
			want = append(want, fmt.Sprintf("ValidatingAdmissionPolicy 'dittoguard-%[1]s' with binding 'dittoguard-%[1]s' denied request: %[2]s", rule.Name(), message))
		}
	}
	switch {
	case err == nil && len(want) > 0:
		t.Errorf("%s: admitted; the engine says %v", name, want)
	case err == nil:
	case !apierrors.IsForbidden(err):
		t.Errorf("%s: %v", name, err)
	// The API server tells one of several.
	case !slices.ContainsFunc(want, func(message string) bool { return strings.HasSuffix(err.Error(), message) }):
		t.Errorf("%s: %v; the engine says %v", name, err, want)
	}
}

// exportTo runs the command and applies what it writes into a folder.
func exportTo(t *testing.T, c *cluster.Cluster, args ...string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "policies")
	args = append([]string{"export", "admission-policies", "--dir", dir}, args...)
	if out, err := exec.CommandContext(t.Context(), shared.binary, args...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if out, err := c.Kubectl(t.Context(), nil, "apply", "-f", dir); err != nil || strings.Contains(out, "Warning") {
		t.Fatalf("%v\n%s", err, out)
	}
}

// exportedRule is a rule that is exported, as the engine has it.
type exportedRule struct{ *engine.Rule }

// says are the messages of the rule about an object that is created, or that takes the place of old.
func (r exportedRule) says(t *testing.T, now, old *unstructured.Unstructured) []string {
	t.Helper()
	gvk := now.GroupVersionKind()
	input := engine.Input{Object: now.Object, Request: &admissionv1.AdmissionRequest{
		Operation: admissionv1.Create, Kind: metav1.GroupVersionKind{Group: gvk.Group, Version: gvk.Version, Kind: gvk.Kind},
	}}
	if old != nil {
		input.OldObject, input.Request.Operation = old.Object, admissionv1.Update
	}
	resource := gvk.GroupVersion().WithResource(strings.ToLower(gvk.Kind) + "s")
	if !r.Matches(&engine.Attributes{Operation: input.Request.Operation, Kind: gvk, Resource: resource, Object: now.Object}) {
		return nil
	}
	outcome := r.Evaluate(t.Context(), input)
	if outcome.Err != nil {
		t.Fatal(outcome.Err)
	}
	var list []string
	for _, v := range outcome.Violations {
		list = append(list, v.Message)
	}
	return list
}

// failing is an object that the rule has something against.
func (r exportedRule) failing(t *testing.T, objects []exportedObject) exportedObject {
	t.Helper()
	for _, o := range objects {
		if o.rule == r.Name() && o.fails && len(r.says(t, o.object, nil)) > 0 {
			return o
		}
	}
	t.Fatalf("no fixture of %s fails", r.Name())
	return exportedObject{}
}

// exportedRules are the built-in rules that are exported.
func exportedRules(t *testing.T) []exportedRule {
	t.Helper()
	list, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	compiler, err := engine.New(reflect.TypeFor[*facts.Facts]())
	if err != nil {
		t.Fatal(err)
	}
	var exported []exportedRule
	for _, r := range list {
		if r.Spec.Match.Each != rules.EachObject {
			continue
		}
		compiled, err := compiler.Compile(r)
		if err != nil {
			t.Fatal(err)
		}
		exported = append(exported, exportedRule{compiled})
	}
	if len(exported) == 0 {
		t.Fatal("nothing is exported")
	}
	return exported
}

// exportedObject is an object of a fixture.
type exportedObject struct {
	// name is `RULE/fail/FIXTURE Kind`.
	name, rule string
	fails      bool
	object     *unstructured.Unstructured
}

func (o exportedObject) in(namespace string) *unstructured.Unstructured {
	u := o.object.DeepCopy()
	u.SetNamespace(namespace)
	return u
}

// exportedObjects are the objects in the fixtures of the rules.
func exportedObjects(t *testing.T, exported []exportedRule) []exportedObject {
	t.Helper()
	var list []exportedObject
	for _, rule := range exported {
		for _, kind := range []string{"pass", "fail"} {
			files, err := filepath.Glob(filepath.Join(builtin, rule.Name(), kind, "*.yaml"))
			if err != nil || len(files) == 0 {
				t.Fatalf("%s: no fixtures that %s: %v", rule.Name(), kind, err)
			}
			for _, file := range files {
				loaded, err := manifest.Load([]string{file}, nil, manifest.Options{Namespace: "ditto"})
				if err != nil {
					t.Fatal(err)
				}
				for _, o := range loaded.Objects {
					// As the API server decodes it, without fields that are null.
					typed, ok := o.Typed.(metav1.Object)
					if !ok {
						t.Fatalf("%s: %s is of no known kind", file, o.Ref)
					}
					o = inventory.FromTyped(typed, schema.FromAPIVersionAndKind(o.Ref.APIVersion, o.Ref.Kind))
					list = append(list, exportedObject{
						name: rule.Name() + "/" + kind + "/" + base(file) + " " + o.Ref.Kind, rule: rule.Name(), fails: kind == "fail",
						object: &unstructured.Unstructured{Object: o.Content()},
					})
				}
			}
		}
	}
	return list
}

// storeAll creates the objects that can be updated at will, each under a name of its own, before any policy is there.
func storeAll(t *testing.T, c *cluster.Cluster, objects []exportedObject) []*unstructured.Unstructured {
	t.Helper()
	var stored []*unstructured.Unstructured
	for i, o := range objects {
		switch o.object.GetKind() {
		case "Deployment", "ConfigMap", "Secret":
		default:
			continue // most of it cannot be changed
		}
		u := o.in("ditto")
		_, fixture, _ := strings.Cut(strings.TrimSuffix(o.name, " "+o.object.GetKind()), "/")
		u.SetName(fmt.Sprintf("%s-%d", strings.ReplaceAll(fixture, "/", "-"), i))
		if err := c.Client.Create(t.Context(), u); err != nil {
			t.Fatalf("%s: %v", o.name, err)
		}
		stored = append(stored, u)
	}
	return stored
}

// warned collects the warnings of an API server.
type warned struct{ texts []string }

// HandleWarningHeader implements rest.WarningHandler.
func (w *warned) HandleWarningHeader(_ int, _, text string) { w.texts = append(w.texts, text) }

// of are the warnings of policies that one request leads to, sorted.
func (w *warned) of(request func()) []string {
	w.texts = nil
	request()
	var texts []string
	for _, text := range w.texts {
		if strings.Contains(text, "ValidatingAdmissionPolicy") {
			texts = append(texts, text)
		}
	}
	slices.Sort(texts)
	return texts
}
