package check

import (
	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/dittoguard/dittoguard/internal/engine"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/rules"
)

// object evaluates the rules for each object, which know nothing of Ditto and have a match of their own.
func (j *judging) object(o *inventory.Object) {
	for _, r := range j.checker.rules[rules.EachObject] {
		if r.compiled.Matches(j.attributes(o)) {
			j.evaluate(r, nil, o, nil, caseOf{})
		}
	}
}

// withoutNulls is a content without fields that are null, as `env:` with nothing behind it is in a manifest: an API
// server hands policies none of those. A content without such fields is returned as it is.
func withoutNulls(content map[string]any) map[string]any {
	if pruned, changed := prune(content); changed {
		if fields, ok := pruned.(map[string]any); ok {
			return fields
		}
	}
	return content
}

// prune copies what has nulls in it.
func prune(v any) (pruned any, changed bool) {
	switch v := v.(type) {
	case map[string]any:
		fields := make(map[string]any, len(v))
		for key, value := range v {
			if value == nil {
				changed = true
				continue
			}
			field, differs := prune(value)
			fields[key], changed = field, changed || differs
		}
		if changed {
			return fields, true
		}
	case []any:
		items := make([]any, len(v))
		for i, value := range v {
			item, differs := prune(value)
			items[i], changed = item, changed || differs
		}
		if changed {
			return items, true
		}
	}
	return v, false
}

// attributes are what a rule's match looks at. Offline the resource is what requests would call the kind.
func (j *judging) attributes(o *inventory.Object) *engine.Attributes {
	request := j.request(o)
	kind := schema.FromAPIVersionAndKind(o.Ref.APIVersion, o.Ref.Kind)
	resource := schema.GroupVersionResource(request.Resource)
	if resource.Empty() {
		resource = inventory.Resource(kind)
	}
	attributes := &engine.Attributes{
		Operation: request.Operation, Resource: resource, Subresource: request.SubResource, Kind: kind,
		Namespace: o.Ref.Namespace, Name: o.Ref.Name, Object: o.Content(),
	}
	if request.Operation == admissionv1.Delete {
		attributes.Object, attributes.OldObject = nil, o.Content()
	}
	if namespace := j.namespace(o); namespace != nil {
		attributes.NamespaceLabels = namespace.Labels
	}
	return attributes
}

// namespace is the object's namespace, nil if it has none or it was not found.
func (j *judging) namespace(o *inventory.Object) *corev1.Namespace {
	if n := j.view.Get(inventory.Namespace, "", o.Ref.Namespace); n != nil {
		return inventory.Must[corev1.Namespace](n)
	}
	return nil
}
