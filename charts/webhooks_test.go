package charts_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
)

// entry is what a test compares of one webhook, in the words of its fields.
type entry struct {
	Name, FailurePolicy, Namespaces string
	Conditions                      []string
	Rules                           []string
}

func selector(s *metav1.LabelSelector) string {
	var parts []string
	for _, e := range s.MatchExpressions {
		parts = append(parts, fmt.Sprintf("%s %s %s", e.Key, e.Operator, strings.Join(e.Values, ",")))
	}
	for key, value := range s.MatchLabels {
		parts = append(parts, key+"="+value)
	}
	return strings.Join(parts, "; ")
}

func flatten(name string, policy *admissionregistrationv1.FailurePolicyType, namespaces *metav1.LabelSelector,
	conditions []admissionregistrationv1.MatchCondition, rules []admissionregistrationv1.RuleWithOperations,
) entry {
	e := entry{Name: name, FailurePolicy: string(*policy), Namespaces: selector(namespaces)}
	for _, c := range conditions {
		e.Conditions = append(e.Conditions, c.Name)
	}
	for _, r := range rules {
		operations := make([]string, len(r.Operations))
		for i, o := range r.Operations {
			operations[i] = string(o)
		}
		e.Rules = append(e.Rules, fmt.Sprintf("%s/%s %s: %s %s", strings.Join(r.APIGroups, ","), strings.Join(r.APIVersions, ","),
			ptr.Deref(r.Scope, "*"), strings.Join(r.Resources, " "), strings.Join(operations, " ")))
	}
	return e
}

var (
	judged = append([]string{
		"/v1 Namespaced: configmaps pods pods/ephemeralcontainers replicationcontrollers secrets services CREATE UPDATE DELETE",
		"apps/v1 Namespaced: daemonsets deployments replicasets statefulsets CREATE UPDATE DELETE",
		"batch/v1 Namespaced: cronjobs jobs CREATE UPDATE DELETE",
		"discovery.k8s.io/v1 Namespaced: endpointslices CREATE UPDATE DELETE",
		"networking.k8s.io/v1 Namespaced: ingresses networkpolicies CREATE UPDATE DELETE",
	}, customRules(false)...)
	mutated = []string{
		"/v1 Namespaced: pods CREATE",
		"apps/v1 Namespaced: daemonsets deployments replicasets statefulsets CREATE UPDATE",
		"networking.k8s.io/v1 Namespaced: ingresses CREATE UPDATE",
		"gateway.networking.k8s.io/* Namespaced: grpcroutes httproutes CREATE UPDATE",
	}
	clusterWide = append([]string{
		"/v1 Cluster: namespaces CREATE UPDATE DELETE",
		"networking.k8s.io/v1 Cluster: ingressclasses CREATE UPDATE DELETE",
	}, customRules(true)...)
	byChange  = []string{"pods-that-are-made-or-changed"}
	byUser    = []string{"not-cleaning-up", "not-following-pods"}
	byContent = []string{"workload-that-may-concern-ditto", "configmap-that-may-concern-ditto", "secret-that-may-concern-ditto"}
)

// customRules are the webhook rules that the kinds need which dittoguard reads and which are not Kubernetes' own.
func customRules(clusterScoped bool) []string {
	var list []string
	scope := "Namespaced"
	if clusterScoped {
		scope = "Cluster"
	}
	for _, group := range customGroups() {
		resources, inCluster := group.byScope()
		if clusterScoped {
			resources = inCluster
		}
		if len(resources) > 0 {
			list = append(list, fmt.Sprintf("%s/* %s: %s CREATE UPDATE DELETE", group.name, scope, strings.Join(resources, " ")))
		}
	}
	return list
}

func TestWebhooks(t *testing.T) {
	const key = "kubernetes.io/metadata.name "
	cluster := entry{"cluster.validate.dittoguard.io", "Ignore", key + "NotIn kube-system,guard", nil, clusterWide}
	other := func(namespaces string) entry {
		return entry{"other.validate.dittoguard.io", "Ignore", key + namespaces, append(byUser[:2:2], byContent...), judged}
	}
	otherMutate := func(namespaces string) entry {
		return entry{"other.mutate.dittoguard.io", "Ignore", key + namespaces, append(byChange[:1:1], byContent[0]), mutated}
	}
	for _, test := range []struct {
		name, values         string
		validating, mutating []entry
	}{
		{
			"without protected namespaces nothing fails closed", "",
			[]entry{other("NotIn kube-system,guard"), cluster},
			[]entry{otherMutate("NotIn kube-system,guard")},
		},
		{
			"protected namespaces fail closed, and nowhere are there two entries for one object",
			"protectedNamespaces: [iot, ditto]",
			[]entry{
				{"protected.validate.dittoguard.io", "Fail", key + "In ditto,iot", byUser, judged},
				other("NotIn kube-system,guard,ditto,iot"), cluster,
			},
			[]entry{
				{"protected.mutate.dittoguard.io", "Fail", key + "In ditto,iot", byChange, mutated},
				otherMutate("NotIn kube-system,guard,ditto,iot"),
			},
		},
		{
			"of protected namespaces, some fail open, and nothing else differs in them",
			"protectedNamespaces: [iot, ditto, {name: test, failurePolicy: Ignore}, {name: live, failurePolicy: Fail}, {name: plain}]",
			[]entry{
				{"protected.validate.dittoguard.io", "Fail", key + "In ditto,iot,live,plain", byUser, judged},
				{"protected-open.validate.dittoguard.io", "Ignore", key + "In test", byUser, judged},
				other("NotIn kube-system,guard,ditto,iot,live,plain,test"), cluster,
			},
			[]entry{
				{"protected.mutate.dittoguard.io", "Fail", key + "In ditto,iot,live,plain", byChange, mutated},
				{"protected-open.mutate.dittoguard.io", "Ignore", key + "In test", byChange, mutated},
				otherMutate("NotIn kube-system,guard,ditto,iot,live,plain,test"),
			},
		},
		{
			"all of them may fail open", "protectedNamespaces: [{name: ditto, failurePolicy: Ignore}]",
			[]entry{
				{"protected-open.validate.dittoguard.io", "Ignore", key + "In ditto", byUser, judged},
				other("NotIn kube-system,guard,ditto"), cluster,
			},
			[]entry{
				{"protected-open.mutate.dittoguard.io", "Ignore", key + "In ditto", byChange, mutated},
				otherMutate("NotIn kube-system,guard,ditto"),
			},
		},
		{
			"a dry run fails open and mutates nothing",
			"protectedNamespaces: [ditto]\nconfiguration: {modes: {enforce: off}}",
			[]entry{
				{"protected.validate.dittoguard.io", "Ignore", key + "In ditto", byUser, judged},
				other("NotIn kube-system,guard,ditto"), cluster,
			},
			nil,
		},
		{
			"a quoted off is a dry run too", `configuration: {modes: {enforce: "off"}}`,
			[]entry{other("NotIn kube-system,guard"), cluster}, nil,
		},
		{
			"without modes the default enforces", "configuration: {modes: null}\nprotectedNamespaces: [ditto]",
			[]entry{
				{"protected.validate.dittoguard.io", "Fail", key + "In ditto", byUser, judged},
				other("NotIn kube-system,guard,ditto"), cluster,
			},
			[]entry{
				{"protected.mutate.dittoguard.io", "Fail", key + "In ditto", byChange, mutated},
				otherMutate("NotIn kube-system,guard,ditto"),
			},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			objects := render(t, test.values)
			var validating, mutating []entry
			for _, w := range only[*admissionregistrationv1.ValidatingWebhookConfiguration](t, objects).Webhooks {
				validating = append(validating, flatten(w.Name, w.FailurePolicy, w.NamespaceSelector, w.MatchConditions, w.Rules))
			}
			for _, c := range all[*admissionregistrationv1.MutatingWebhookConfiguration](objects) {
				for _, w := range c.Webhooks {
					mutating = append(mutating, flatten(w.Name, w.FailurePolicy, w.NamespaceSelector, w.MatchConditions, w.Rules))
				}
			}
			if diff := cmp.Diff(test.validating, validating); diff != "" {
				t.Errorf("validating (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.mutating, mutating); diff != "" {
				t.Errorf("mutating (-want +got):\n%s", diff)
			}
		})
	}
}

// TestWebhooksCallTheService compares all of an entry that is the same in every one. The caBundle is there where a
// value gives it; elsewhere somebody else writes it.
func TestWebhooksCallTheService(t *testing.T) {
	for name, values := range variants {
		objects := render(t, values)
		service := "dittoguard"
		if name == "everything" {
			service = "guard"
		}
		config := func(path string) admissionregistrationv1.WebhookClientConfig {
			var ca []byte
			if name == "secret" {
				ca = []byte("-----BEGIN CERTIFICATE-----")
			}
			return admissionregistrationv1.WebhookClientConfig{CABundle: ca, Service: &admissionregistrationv1.ServiceReference{
				Namespace: namespace, Name: service, Path: &path, Port: ptr.To[int32](443),
			}}
		}
		none, equivalent := ptr.To(admissionregistrationv1.SideEffectClassNone), ptr.To(admissionregistrationv1.Equivalent)
		for _, w := range only[*admissionregistrationv1.ValidatingWebhookConfiguration](t, objects).Webhooks {
			want := admissionregistrationv1.ValidatingWebhook{
				Name: w.Name, FailurePolicy: w.FailurePolicy, NamespaceSelector: w.NamespaceSelector, Rules: w.Rules,
				MatchConditions: w.MatchConditions, ClientConfig: config("/validate"), MatchPolicy: equivalent,
				SideEffects: none, TimeoutSeconds: ptr.To[int32](3), AdmissionReviewVersions: []string{"v1"},
			}
			if diff := cmp.Diff(want, w); diff != "" {
				t.Errorf("%s: %s (-want +got):\n%s", name, w.Name, diff)
			}
		}
		for _, c := range all[*admissionregistrationv1.MutatingWebhookConfiguration](objects) {
			for _, w := range c.Webhooks {
				want := admissionregistrationv1.MutatingWebhook{
					Name: w.Name, FailurePolicy: w.FailurePolicy, NamespaceSelector: w.NamespaceSelector, Rules: w.Rules,
					MatchConditions: w.MatchConditions, ClientConfig: config("/mutate"), MatchPolicy: equivalent,
					SideEffects: none, TimeoutSeconds: ptr.To[int32](3), AdmissionReviewVersions: []string{"v1"},
					ReinvocationPolicy: ptr.To(admissionregistrationv1.IfNeededReinvocationPolicy),
				}
				if diff := cmp.Diff(want, w); diff != "" {
					t.Errorf("%s: %s (-want +got):\n%s", name, w.Name, diff)
				}
			}
		}
	}
}
