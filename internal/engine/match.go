package engine

import (
	"slices"

	admissionv1 "k8s.io/api/admission/v1"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/admission"
	rulematch "k8s.io/apiserver/pkg/admission/plugin/webhook/predicates/rules"

	"github.com/dittoguard/dittoguard/rules"
)

// Attributes are what the match of a rule looks at.
type Attributes struct {
	Operation   admissionv1.Operation
	Resource    schema.GroupVersionResource
	Subresource string
	Kind        schema.GroupVersionKind
	// Namespace is empty for cluster-scoped objects, except that a Namespace object is in itself.
	Namespace string
	Name      string
	// NamespaceLabels are the labels of Namespace as it is. Those of a Namespace that is being created or updated are
	// taken from Object.
	NamespaceLabels map[string]string
	// Object and OldObject are the contents, nil where the request has none.
	Object, OldObject map[string]any
}

// matcher is the compiled match of a rule for each object.
type matcher struct {
	rules, exclude []admissionregistrationv1.NamedRuleWithOperations
	// namespaces and objects are nil where there is nothing to select by.
	namespaces, objects labels.Selector
}

func (c *compiler) matcher() matcher {
	m := &c.rule.Spec.Match
	if m.Each != rules.EachObject {
		return matcher{}
	}
	return matcher{
		rules:      m.ResourceRules,
		exclude:    m.ExcludeResourceRules,
		namespaces: c.selector("spec.match.namespaceSelector", m.NamespaceSelector),
		objects:    c.selector("spec.match.objectSelector", m.ObjectSelector),
	}
}

// selector is nil where there is nothing to select by.
func (c *compiler) selector(field string, s *metav1.LabelSelector) labels.Selector {
	if s == nil {
		return nil
	}
	out, err := metav1.LabelSelectorAsSelector(s)
	if err != nil {
		c.bad(field, "%v", err)
		return nil
	}
	if out.Empty() {
		return nil
	}
	return out
}

// Matches says whether a rule for each object is about the object at hand, as the API server decides it for an
// admission policy with matchPolicy Exact (the webhook's own registration converts equivalent versions). It is true of
// every rule that is not for each object. Match conditions are part of Evaluate.
//
// It is true of a lazily compiled rule that does not compile, so that Evaluate tells the error.
func (r *Rule) Matches(attrs *Attributes) bool {
	if r.document.Spec.Match.Each != rules.EachObject {
		return true
	}
	p, err := r.compiled()
	if err != nil {
		return true
	}
	m := &p.matcher
	if !m.inNamespace(attrs) || !m.hasLabels(attrs) {
		return false
	}
	record := admission.NewAttributesRecord(nil, nil, attrs.Kind, attrs.Namespace, attrs.Name, attrs.Resource,
		attrs.Subresource,
		admission.Operation(attrs.Operation), nil, false, nil)
	return !anyRule(m.exclude, record) && (len(m.rules) == 0 || anyRule(m.rules, record))
}

func anyRule(list []admissionregistrationv1.NamedRuleWithOperations, attr admission.Attributes) bool {
	for i := range list {
		one := rulematch.Matcher{Rule: list[i].RuleWithOperations, Attr: attr}
		if one.Matches() && (len(list[i].ResourceNames) == 0 ||
			slices.Contains(list[i].ResourceNames, attr.GetName())) {
			return true
		}
	}
	return false
}

// inNamespace mirrors k8s.io/apiserver/pkg/admission/plugin/webhook/predicates/namespace, which wants a client.
func (m *matcher) inNamespace(attrs *Attributes) bool {
	isNamespace := attrs.Resource.Resource == "namespaces"
	if m.namespaces == nil || attrs.Namespace == "" && !isNamespace {
		return true
	}
	if isNamespace && attrs.Subresource == "" &&
		(attrs.Operation == admissionv1.Create || attrs.Operation == admissionv1.Update) {
		return m.namespaces.Matches(objectLabels(attrs.Object))
	}
	return m.namespaces.Matches(labels.Set(attrs.NamespaceLabels))
}

// hasLabels mirrors k8s.io/apiserver/pkg/admission/plugin/webhook/predicates/object: the object or the old one matches.
func (m *matcher) hasLabels(attrs *Attributes) bool {
	if m.objects == nil {
		return true
	}
	return attrs.Object != nil && m.objects.Matches(objectLabels(attrs.Object)) ||
		attrs.OldObject != nil && m.objects.Matches(objectLabels(attrs.OldObject))
}

// objectLabels reads metadata.labels of a content without copying it.
type objectLabels map[string]any

func (o objectLabels) values() map[string]any {
	metadata, _ := o["metadata"].(map[string]any)
	values, _ := metadata["labels"].(map[string]any)
	return values
}

// Has implements labels.Labels.
func (o objectLabels) Has(label string) bool { _, ok := o.Lookup(label); return ok }

// Get implements labels.Labels.
func (o objectLabels) Get(label string) string { v, _ := o.Lookup(label); return v }

// Lookup implements labels.Labels.
func (o objectLabels) Lookup(label string) (string, bool) {
	v, ok := o.values()[label].(string)
	return v, ok
}
