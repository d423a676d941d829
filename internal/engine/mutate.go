package engine

import (
	"context"
	"fmt"

	"github.com/google/cel-go/common/types/traits"
	admissionv1 "k8s.io/api/admission/v1"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/admission"
	plugincel "k8s.io/apiserver/pkg/admission/plugin/cel"
	"k8s.io/apiserver/pkg/admission/plugin/policy/mutating/patch"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"k8s.io/client-go/kubernetes/scheme"
)

// Mutate applies the rule's mutations, each to what the one before it made, and returns the content of the changed
// object and one note for each mutation that changed something. The content is nil where nothing changes or the rule
// does not apply; that of the input is left as it is. An error means that the object has to be taken as unchanged.
func (r *Rule) Mutate(ctx context.Context, in Input) (map[string]any, []string, error) {
	if !r.Mutates() || in.Object == nil && in.Content == nil {
		return nil, nil, nil
	}
	p, err := r.prepare(&in)
	if err != nil {
		return nil, nil, err
	}
	matched, err := p.conditionsHold(ctx, &in)
	if err != nil || !matched {
		return nil, nil, err
	}
	var (
		changed map[string]any
		notes   []string
	)
	for i := range p.mutations {
		m := &p.mutations[i]
		// Variables are computed anew for each mutation, since the object may be another.
		a := p.activation(ctx, &in, celconfig.RuntimeCELCostBudget)
		content, err := r.apply(a, m)
		if err != nil {
			return nil, nil, fmt.Errorf("spec.mutations[%d]: %w", i, err)
		}
		if content == nil {
			continue
		}
		note, err := a.message(m.messageExpression)
		if err != nil || note == "" {
			note = r.document.Spec.Title
		}
		notes = append(notes, note)
		changed, in.Object = content, content
	}
	return changed, notes, nil
}

// apply returns the object after one mutation, nil if it is as before.
func (r *Rule) apply(a *activation, m *mutationPlan) (map[string]any, error) {
	value, failed, fatal := a.evaluate(m.expression)
	if fatal != nil {
		return nil, fatal
	}
	if failed != nil {
		return nil, failed
	}
	json := m.patchType == admissionregistrationv1.PatchTypeJSONPatch
	if list, ok := value.(traits.Sizer); json && ok && list.Size().Value() == int64(0) {
		return nil, nil
	}
	if zero, ok := value.(traits.Zeroer); !json && ok && zero.IsZeroValue() {
		return nil, nil
	}
	result := evaluated{plugincel.EvaluationResult{EvalResult: value}}
	object := &unstructured.Unstructured{Object: a.object()}
	kind := object.GroupVersionKind()
	request := patch.Request{
		VersionedAttributes: &admission.VersionedAttributes{
			Attributes: admission.NewAttributesRecord(object, nil, kind, object.GetNamespace(), object.GetName(),
				schema.GroupVersionResource{}, "", admission.Create, nil, false, nil),
			VersionedObject: admission.NewLazyObject(object),
			VersionedKind:   kind,
		},
		ObjectInterfaces: admission.NewObjectInterfacesFromScheme(scheme.Scheme),
	}
	patcher := patch.NewJSONPatcher(result)
	if !json {
		request.TypeConverter = r.engine.converter()
		patcher = patch.NewApplyConfigurationPatcher(result)
	}
	patched, err := patcher.Patch(a.ctx, request, celconfig.RuntimeCELCostBudget)
	if err != nil {
		return nil, err
	}
	after, ok := patched.(*unstructured.Unstructured)
	if !ok {
		return nil, fmt.Errorf("the patch made a %T, expected unstructured content", patched)
	}
	if equality.Semantic.DeepEqual(after.Object, a.object()) {
		return nil, nil
	}
	return after.Object, nil
}

// evaluated hands the patchers of the API server a value that has been computed already: the variable `ditto` cannot be
// had through the evaluators they are made for.
type evaluated struct {
	result plugincel.EvaluationResult
}

// ForInput implements plugincel.MutatingEvaluator.
func (e evaluated) ForInput(_ context.Context, _ *admission.VersionedAttributes, _ *admissionv1.AdmissionRequest,
	_ plugincel.OptionalVariableBindings, _ *corev1.Namespace, budget int64) (plugincel.EvaluationResult, int64,
	error) {
	return e.result, budget, nil
}

// CompilationErrors implements plugincel.MutatingEvaluator.
func (evaluated) CompilationErrors() []error { return nil }
