package ruletest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// mutations applies the rule's mutations to each object by itself: in a fail fixture they do what fixed/ says, once; a
// pass fixture they leave alone.
func (r *run) mutations(findings int) {
	if len(r.rule.Spec.Mutations) == 0 {
		return
	}
	var out strings.Builder
	for _, o := range r.inv.All() {
		if err := r.mutate(o, &out); err != nil {
			r.bad("%s: %s: %v", r.File, o.Ref, err)
			return
		}
	}
	if !r.fails() {
		if out.Len() > 0 {
			r.bad("%s: the rule changes something, but this fixture should pass:\n%s", r.File,
				strings.TrimSuffix(out.String(), "\n"))
		}
		return
	}
	if findings == 0 && out.Len() == 0 && len(r.rule.Spec.Validations) == 0 {
		r.bad("%s: the rule changes nothing, but this fixture should fail", r.File)
		return
	}
	file := filepath.Join(filepath.Dir(filepath.Dir(r.File)), fixed, filepath.Base(r.File))
	want, err := os.ReadFile(file)
	if err != nil && !os.IsNotExist(err) {
		r.bad("%v", err)
		return
	}
	switch diff := unifiedText(string(want), out.String()); {
	case diff == "":
	case !r.update:
		r.bad("%s: the mutations do something else (--update rewrites it):\n%s", file, diff)
	case out.Len() > 0:
		r.write(file, out.String())
	default:
		if err := os.Remove(file); err != nil {
			r.bad("rewriting: %v", err)
			return
		}
		r.Written = append(r.Written, file)
	}
}

// mutate writes what the mutations make of an object, with what they say as a comment; nothing if they leave it alone.
func (r *run) mutate(o *inventory.Object, out *strings.Builder) error {
	m, err := r.checker.Mutate(r.ctx, r.inv, creation(o))
	if err != nil || m.Object == nil {
		return err
	}
	changed, err := inventory.Decode(m.Object, inventory.Source{})
	if err != nil {
		return err
	}
	after := inventory.NewOverlay(r.inv, inventory.Change{ID: o.Ref.ID(), Object: changed})
	again, err := r.checker.Mutate(r.ctx, after, creation(changed))
	if err != nil {
		return err
	}
	note := m.Notes[r.rule.Metadata.Name]
	if again.Object != nil {
		return fmt.Errorf("changed again when it is sent again: %s, then %s", note, again.Notes[r.rule.Metadata.Name])
	}
	text, err := yaml.JSONToYAML(m.Object)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "---\n# %s\n%s", note, text)
	return nil
}

// creation is the request that creates an object.
func creation(o *inventory.Object) check.Change {
	gvk := schema.FromAPIVersionAndKind(o.Ref.APIVersion, o.Ref.Kind)
	return check.Change{
		Request: &admissionv1.AdmissionRequest{
			Operation: admissionv1.Create, Name: o.Ref.Name, Namespace: o.Ref.Namespace,
			Kind: metav1.GroupVersionKind(gvk), Resource: metav1.GroupVersionResource(inventory.Resource(gvk)),
		},
		Object: o,
	}
}
