package export

import (
	"slices"
	"strings"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/dittoguard/dittoguard/internal/engine"
	"github.com/dittoguard/dittoguard/rules"
)

// The annotations of what is exported.
const (
	annotationRule    = "dittoguard.io/rule"
	annotationTitle   = "dittoguard.io/title"
	annotationGuide   = "dittoguard.io/guide"
	annotationUpdates = "dittoguard.io/updates"
)

// What annotationUpdates says about updates of objects that are bad already.
const (
	updatesCompared = "compared with the object as it was: what it was before is not refused"
	updatesAnew     = "judged like new objects: an object that is bad already is refused whatever the update changes"
)

// apiVersion is the version of all exported objects; since Kubernetes 1.36 that of mutating policies, too.
const apiVersion = "admissionregistration.k8s.io/v1"

func meta(r rules.HardeningRule) metav1.ObjectMeta {
	m := metav1.ObjectMeta{
		Name:   objectName(r.Metadata.Name),
		Labels: map[string]string{"app.kubernetes.io/part-of": "dittoguard"},
		Annotations: map[string]string{
			annotationRule: r.Metadata.Name, annotationTitle: strings.TrimSpace(r.Spec.Title),
			annotationGuide: r.Spec.Guide,
		},
	}
	if updates(r.Spec.Match.ResourceRules) {
		m.Annotations[annotationUpdates] = updatesAnew
		if engine.ReadsOldObject(r) {
			m.Annotations[annotationUpdates] = updatesCompared
		}
	}
	return m
}

func updates(list []admissionregistrationv1.NamedRuleWithOperations) bool {
	return slices.ContainsFunc(list, func(r admissionregistrationv1.NamedRuleWithOperations) bool {
		return slices.Contains(r.Operations, admissionregistrationv1.Update) ||
			slices.Contains(r.Operations, admissionregistrationv1.OperationAll)
	})
}

// validating is the rule as a policy. Where the policy denies it fails closed, as a rule does that cannot be evaluated;
// one that warns or records stops nothing.
func validating(r rules.HardeningRule,
	actions []admissionregistrationv1.ValidationAction) *admissionregistrationv1.ValidatingAdmissionPolicy {
	failure := admissionregistrationv1.Ignore
	if slices.Contains(actions, admissionregistrationv1.Deny) {
		failure = admissionregistrationv1.Fail
	}
	policy := &admissionregistrationv1.ValidatingAdmissionPolicy{
		TypeMeta: metav1.TypeMeta{APIVersion: apiVersion, Kind: "ValidatingAdmissionPolicy"}, ObjectMeta: meta(r),
		Spec: admissionregistrationv1.ValidatingAdmissionPolicySpec{
			FailurePolicy: &failure, MatchConstraints: constraints(r.Spec.Match, nil),
			MatchConditions: r.Spec.MatchConditions, Variables: r.Spec.Variables,
		},
	}
	for _, v := range r.Spec.Validations {
		policy.Spec.Validations = append(policy.Spec.Validations, admissionregistrationv1.Validation{
			Expression: v.Expression, Message: strings.TrimSpace(v.Message), MessageExpression: v.MessageExpression,
			Reason: ptr.To(metav1.StatusReasonForbidden),
		})
	}
	return policy
}

// templateChanges is what dittoguard itself observes when it mutates (internal/check): a pod template is touched on
// CREATE and on an UPDATE that changes it anyway, a Pod on CREATE, and what a controller makes from a template never.
const templateChanges = `!(request.kind.kind in ['DaemonSet', 'Deployment', 'Pod', 'ReplicaSet', 'StatefulSet', 'CronJob', 'Job',
'ReplicationController']) || !(request.kind.group in ['', 'apps', 'batch']) ||
request.kind.kind in ['DaemonSet', 'Deployment', 'StatefulSet'] &&
  (oldObject == null || object.spec.template != oldObject.spec.template) ||
request.kind.kind == 'ReplicaSet' && !has(object.metadata.ownerReferences) &&
  (oldObject == null || object.spec.template != oldObject.spec.template) ||
request.kind.kind == 'Pod' && !has(object.metadata.ownerReferences) && oldObject == null`

// mutating is the rule as a mutating policy. It fails closed and is reinvoked, as dittoguard's own webhook.
func mutating(r rules.HardeningRule) *admissionregistrationv1.MutatingAdmissionPolicy {
	policy := &admissionregistrationv1.MutatingAdmissionPolicy{
		TypeMeta: metav1.TypeMeta{APIVersion: apiVersion, Kind: "MutatingAdmissionPolicy"}, ObjectMeta: meta(r),
		Spec: admissionregistrationv1.MutatingAdmissionPolicySpec{
			FailurePolicy:      ptr.To(admissionregistrationv1.Fail),
			ReinvocationPolicy: admissionregistrationv1.IfNeededReinvocationPolicy,
			MatchConstraints:   constraints(r.Spec.Match, mutable),
			MatchConditions: append(slices.Clone(r.Spec.MatchConditions), admissionregistrationv1.MatchCondition{
				Name: "dittoguard-template-changes", Expression: templateChanges,
			}),
			Variables: r.Spec.Variables,
		},
	}
	for _, m := range r.Spec.Mutations {
		policy.Spec.Mutations = append(policy.Spec.Mutations, admissionregistrationv1.Mutation{
			PatchType: m.PatchType, JSONPatch: m.JSONPatch, ApplyConfiguration: m.ApplyConfiguration,
		})
	}
	return policy
}

// mutable leaves out DELETE, which a mutating policy may not match and no rule mutates at.
func mutable(r admissionregistrationv1.NamedRuleWithOperations) (admissionregistrationv1.NamedRuleWithOperations,
	bool) {
	r.Operations = slices.DeleteFunc(slices.Clone(r.Operations), func(o admissionregistrationv1.OperationType) bool {
		return o == admissionregistrationv1.Delete
	})
	return r, len(r.Operations) > 0
}

func constraints(m rules.Match,
	keep func(admissionregistrationv1.NamedRuleWithOperations) (admissionregistrationv1.NamedRuleWithOperations,
		bool)) *admissionregistrationv1.MatchResources {
	type operations = []admissionregistrationv1.NamedRuleWithOperations
	list := func(from operations) operations {
		if keep == nil {
			return from
		}
		var to []admissionregistrationv1.NamedRuleWithOperations
		for _, r := range from {
			if r, ok := keep(r); ok {
				to = append(to, r)
			}
		}
		return to
	}
	return &admissionregistrationv1.MatchResources{
		ResourceRules: list(m.ResourceRules), ExcludeResourceRules: list(m.ExcludeResourceRules),
		NamespaceSelector: m.NamespaceSelector, ObjectSelector: m.ObjectSelector,
		// An object in another version of its API is the same object.
		MatchPolicy: ptr.To(admissionregistrationv1.Equivalent),
	}
}

func (e *exporter) validatingBinding(r rules.HardeningRule,
	actions []admissionregistrationv1.ValidationAction) *admissionregistrationv1.ValidatingAdmissionPolicyBinding {
	return &admissionregistrationv1.ValidatingAdmissionPolicyBinding{
		TypeMeta:   metav1.TypeMeta{APIVersion: apiVersion, Kind: "ValidatingAdmissionPolicyBinding"},
		ObjectMeta: bindingMeta(r),
		Spec: admissionregistrationv1.ValidatingAdmissionPolicyBindingSpec{
			PolicyName: objectName(r.Metadata.Name), MatchResources: e.where(), ValidationActions: actions,
		},
	}
}

func (e *exporter) mutatingBinding(r rules.HardeningRule) *admissionregistrationv1.MutatingAdmissionPolicyBinding {
	return &admissionregistrationv1.MutatingAdmissionPolicyBinding{
		TypeMeta:   metav1.TypeMeta{APIVersion: apiVersion, Kind: "MutatingAdmissionPolicyBinding"},
		ObjectMeta: bindingMeta(r),
		Spec: admissionregistrationv1.MutatingAdmissionPolicyBindingSpec{
			PolicyName: objectName(r.Metadata.Name), MatchResources: e.where(),
		},
	}
}

func bindingMeta(r rules.HardeningRule) metav1.ObjectMeta {
	return metav1.ObjectMeta{
		Name: objectName(r.Metadata.Name), Labels: map[string]string{"app.kubernetes.io/part-of": "dittoguard"},
		Annotations: map[string]string{annotationRule: r.Metadata.Name},
	}
}

// where is where the policies hold.
func (e *exporter) where() *admissionregistrationv1.MatchResources {
	selector := e.options.Namespaces
	if selector == nil {
		selector = &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{
			Key: corev1.LabelMetadataName, Operator: metav1.LabelSelectorOpNotIn,
			Values: []string{metav1.NamespaceSystem},
		}}}
	}
	return &admissionregistrationv1.MatchResources{NamespaceSelector: selector}
}
