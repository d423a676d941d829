package charts_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// tested returns the objects of a Go type that `helm test` creates.
func tested[T client.Object](objects []client.Object) []T {
	var list []T
	for _, object := range objects {
		if typed, ok := object.(T); ok && ofTest(object) {
			list = append(list, typed)
		}
	}
	return list
}

// TestHelmTest: what `helm test` runs expects what the values make of the webhook, knows it by the CA alone, and is no replica.
func TestHelmTest(t *testing.T) {
	const url = "https://dittoguard.guard.svc"
	for _, test := range []struct {
		name, values string
		args         []string
		secret       string
	}{
		{"defaults", "", []string{"probe", url, "--expect=refusal", "--ca=/ca/ca.crt"}, "dittoguard-ca"},
		{"protected", variants["protected"], []string{"probe", url, "--expect=refusal", "--namespace=ditto", "--ca=/ca/ca.crt"}, "dittoguard-ca"},
		{"a dry run", variants["dry run"], []string{"probe", url, "--expect=answer", "--namespace=ditto", "--ca=/ca/ca.crt"}, "dittoguard-ca"},
		{"rules of its own may say something else", "configuration: {rules: {sample-credentials: {level: restricted}}}", []string{"probe", url, "--expect=answer", "--ca=/ca/ca.crt"}, "dittoguard-ca"},
		{"so may exceptions", `configuration: {exceptions: [{rules: [sample-credentials], match: {namespace: a}, reason: x, expires: "2027-01-31"}]}`, []string{"probe", url, "--expect=answer", "--ca=/ca/ca.crt"}, "dittoguard-ca"},
		{"clients need a certificate", "webhook: {clientCA: {configMap: apiserver-ca}}", []string{"probe", url, "--expect=turned-away", "--ca=/ca/ca.crt"}, "dittoguard-ca"},
		{"cert-manager", "certificates: {mode: cert-manager}", []string{"probe", url, "--expect=refusal", "--ca=/ca/ca.crt"}, "dittoguard-tls"},
		{"a certificate of one's own", variants["secret"], []string{"probe", url, "--expect=refusal", "--namespace=ditto", "--ca-pem=-----BEGIN CERTIFICATE-----"}, ""},
		{"whose CA is injected", "{certificates: {mode: secret, secretName: ours}, webhook: {annotations: {inject: \"yes\"}}}", []string{"probe", url, "--expect=refusal", "--ca=/ca/ca.crt"}, "ours"},
	} {
		t.Run(test.name, func(t *testing.T) {
			objects := render(t, test.values)
			pods := tested[*corev1.Pod](objects)
			if len(pods) != 1 || len(tested[*networkingv1.NetworkPolicy](objects)) > 0 {
				t.Fatalf("%d Pods", len(pods))
			}
			pod, deployment := pods[0], only[*appsv1.Deployment](t, objects)
			if diff := cmp.Diff(test.args, pod.Spec.Containers[0].Args); diff != "" {
				t.Errorf("args (-want +got):\n%s", diff)
			}
			secret := ""
			for _, volume := range pod.Spec.Volumes {
				secret = volume.Secret.SecretName
				if diff := cmp.Diff([]corev1.KeyToPath{{Key: "ca.crt", Path: "ca.crt"}}, volume.Secret.Items); diff != "" {
					t.Errorf("of the Secret it sees (-want +got):\n%s", diff)
				}
			}
			if secret != test.secret {
				t.Errorf("it sees Secret %q, want %q", secret, test.secret)
			}
			if labels.SelectorFromSet(deployment.Spec.Selector.MatchLabels).Matches(labels.Set(pod.Labels)) {
				t.Error("it has the labels of a replica, and would be asked")
			}
			replica := deployment.Spec.Template.Spec
			if diff := cmp.Diff(replica.SecurityContext, pod.Spec.SecurityContext); diff != "" {
				t.Errorf("its security context and a replica's:\n%s", diff)
			}
			if diff := cmp.Diff(replica.Containers[0].SecurityContext, pod.Spec.Containers[0].SecurityContext); diff != "" {
				t.Errorf("its container's security context and a replica's:\n%s", diff)
			}
			if pod.Spec.Containers[0].Image != replica.Containers[0].Image || *pod.Spec.AutomountServiceAccountToken {
				t.Error("it has another image, or a token")
			}
		})
	}
	objects := render(t, strings.Replace(variants["everything"], "fullnameOverride: guard", "", 1))
	policies := tested[*networkingv1.NetworkPolicy](objects)
	if len(policies) != 1 {
		t.Fatalf("%d NetworkPolicies let it ask, want one", len(policies))
	}
	pod := tested[*corev1.Pod](objects)[0]
	if diff := cmp.Diff([]networkingv1.NetworkPolicyPeer{{PodSelector: &metav1.LabelSelector{MatchLabels: pod.Labels}}}, policies[0].Spec.Ingress[0].From); diff != "" {
		t.Errorf("the NetworkPolicy lets others ask (-want +got):\n%s", diff)
	}
	if got := only[*networkingv1.NetworkPolicy](t, objects); !cmp.Equal(got.Spec.PodSelector, policies[0].Spec.PodSelector) {
		t.Error("the NetworkPolicy is about other Pods")
	}
	if got := tested[*corev1.Pod](render(t, "test: {enabled: false}")); len(got) > 0 {
		t.Error("it is there although it is switched off")
	}
}
