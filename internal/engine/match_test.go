package engine

import (
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/dittoguard/dittoguard/rules"
)

func resources(names []string, ops []admissionregistrationv1.OperationType, list ...string) admissionregistrationv1.NamedRuleWithOperations {
	return admissionregistrationv1.NamedRuleWithOperations{ResourceNames: names, RuleWithOperations: admissionregistrationv1.RuleWithOperations{
		Operations: ops, Rule: admissionregistrationv1.Rule{APIGroups: []string{"*"}, APIVersions: []string{"*"}, Resources: list}}}
}

func labelled(labels map[string]any) map[string]any {
	return map[string]any{"metadata": map[string]any{"labels": labels}}
}

func TestMatches(t *testing.T) {
	every, write := []admissionregistrationv1.OperationType{"*"}, []admissionregistrationv1.OperationType{"CREATE", "UPDATE"}
	prod := &metav1.LabelSelector{MatchLabels: map[string]string{"env": "prod"}}
	cluster := admissionregistrationv1.ClusterScope
	pods := rules.Match{ResourceRules: []admissionregistrationv1.NamedRuleWithOperations{resources(nil, write, "pods", "services/*")}}
	byNamespace := rules.Match{ResourceRules: []admissionregistrationv1.NamedRuleWithOperations{resources(nil, every, "*")}, NamespaceSelector: prod}
	byLabels := rules.Match{ResourceRules: []admissionregistrationv1.NamedRuleWithOperations{resources(nil, every, "*")}, ObjectSelector: prod}
	scoped := rules.Match{ResourceRules: []admissionregistrationv1.NamedRuleWithOperations{resources(nil, every, "*")}}
	scoped.ResourceRules[0].Scope = &cluster
	excluded := pods
	excluded.ExcludeResourceRules = []admissionregistrationv1.NamedRuleWithOperations{resources([]string{"spared"}, every, "pods")}
	prodLabels, devLabels := map[string]any{"env": "prod"}, map[string]any{"env": "dev"}
	tests := []struct {
		name  string
		match rules.Match
		attrs Attributes
		want  bool
	}{
		{"the resource and operation", pods, Attributes{Operation: "CREATE", Resource: res("pods"), Namespace: "n"}, true},
		{"another operation", pods, Attributes{Operation: "DELETE", Resource: res("pods"), Namespace: "n"}, false},
		{"another resource", pods, Attributes{Operation: "CREATE", Resource: res("secrets"), Namespace: "n"}, false},
		{"a subresource that is not named", pods, Attributes{Operation: "UPDATE", Resource: res("pods"), Subresource: "status", Namespace: "n"}, false},
		{"a subresource by a star", pods, Attributes{Operation: "UPDATE", Resource: res("services"), Subresource: "status", Namespace: "n"}, true},
		{"an excluded name", excluded, Attributes{Operation: "CREATE", Resource: res("pods"), Namespace: "n", Name: "spared"}, false},
		{"a name that is not excluded", excluded, Attributes{Operation: "CREATE", Resource: res("pods"), Namespace: "n", Name: "other"}, true},
		{"the namespace's labels", byNamespace, Attributes{Operation: "CREATE", Resource: res("pods"), Namespace: "n", NamespaceLabels: map[string]string{"env": "prod"}}, true},
		{"a namespace without labels", byNamespace, Attributes{Operation: "CREATE", Resource: res("pods"), Namespace: "n"}, false},
		{"no namespace is never exempt", byNamespace, Attributes{Operation: "CREATE", Resource: res("clusterroles")}, true},
		{"a new namespace by its own labels", byNamespace, Attributes{Operation: "CREATE", Resource: res("namespaces"), Namespace: "n", Object: labelled(prodLabels)}, true},
		{"a namespace that loses its label", byNamespace, Attributes{Operation: "UPDATE", Resource: res("namespaces"), Namespace: "n", Object: labelled(devLabels), NamespaceLabels: map[string]string{"env": "prod"}}, false},
		{"a deleted namespace by the labels it has", byNamespace, Attributes{Operation: "DELETE", Resource: res("namespaces"), Namespace: "n", NamespaceLabels: map[string]string{"env": "prod"}}, true},
		{"the object's labels", byLabels, Attributes{Operation: "UPDATE", Resource: res("pods"), Namespace: "n", Object: labelled(prodLabels), OldObject: labelled(devLabels)}, true},
		{"the old object's labels", byLabels, Attributes{Operation: "UPDATE", Resource: res("pods"), Namespace: "n", Object: labelled(devLabels), OldObject: labelled(prodLabels)}, true},
		{"neither's labels", byLabels, Attributes{Operation: "UPDATE", Resource: res("pods"), Namespace: "n", Object: labelled(devLabels), OldObject: map[string]any{}}, false},
		{"cluster scope", scoped, Attributes{Operation: "CREATE", Resource: res("clusterroles")}, true},
		{"not cluster scope", scoped, Attributes{Operation: "CREATE", Resource: res("pods"), Namespace: "n"}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			document := validate(rules.EachObject, "true")
			document.Spec.Match = test.match
			document.Spec.Match.Each = rules.EachObject
			if got := compile(t, document).Matches(&test.attrs); got != test.want {
				t.Errorf("got %v", got)
			}
		})
	}
	if !compile(t, validate(rules.EachGateway, "true")).Matches(&Attributes{Operation: admissionv1.Delete}) {
		t.Error("a rule for each gateway matches whatever the object is")
	}
}

func res(name string) schema.GroupVersionResource {
	return schema.GroupVersionResource{Version: "v1", Resource: name}
}
