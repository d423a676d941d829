package ingressnginx

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

func TestCertificatesOfClientsAreAskedForOnlyWithSomethingToVerifyThem(t *testing.T) {
	const key = way.PrefixIngressNginx + "auth-tls-secret"
	const without = "the Secret of auth-tls-secret has no ca.crt, without which ingress-nginx asks nobody for certificates"
	const redirects = "ingress-nginx redirects plain HTTP, where no client certificate is asked for, to HTTPS (ssl-redirect)"
	const has = "the Secret of auth-tls-secret has a ca.crt, without which ingress-nginx asks nobody for certificates"
	asks := tri.State{State: tri.On, Source: key, Why: "the annotation " + key + " asks every client for credentials"}
	for _, c := range []struct {
		name, annotation string
		data             map[string][]byte
		want             tri.State
		assumptions      []string
	}{
		{"with an authority", "ns/clients", map[string][]byte{"ca.crt": []byte("x")}, asks, []string{redirects}},
		{"without one", "ns/clients", map[string][]byte{"tls.crt": []byte("x"), "tls.key": []byte("x")}, tri.State{State: tri.Off, Source: key, Why: without}, nil},
		{"with an empty one", "ns/clients", map[string][]byte{"ca.crt": nil}, tri.State{State: tri.Off, Source: key, Why: without}, nil},
		{"that is not at hand", "ns/other", nil, asks, []string{has, redirects}},
	} {
		t.Run(c.name, func(t *testing.T) {
			inv := inventory.NewMemory(nil, nil)
			inv.Put(inventory.FromTyped(&corev1.Secret{
				ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "clients"}, Data: c.data,
			}, corev1.SchemeGroupVersion.WithKind("Secret")))
			in := way.Input{Objects: inv, Ingress: &networkingv1.Ingress{
				ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Annotations: map[string]string{key: c.annotation}},
				Spec:       networkingv1.IngressSpec{TLS: []networkingv1.IngressTLS{{}}},
			}}
			got := read(in)
			if got.Authentication != c.want {
				t.Errorf("got %+v, want %+v", got.Authentication, c.want)
			}
			if diff := cmp.Diff(c.assumptions, got.Assumptions); diff != "" {
				t.Errorf("assumptions: -want +got:\n%s", diff)
			}
		})
	}
}
