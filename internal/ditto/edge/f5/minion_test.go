package f5

import (
	"testing"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// TestMaster: of several masters of a host the oldest counts, and none if nothing says which that is.
func TestMaster(t *testing.T) {
	at := func(name string, second int64, uid string) *networkingv1.Ingress {
		ing := &networkingv1.Ingress{}
		ing.Name, ing.UID = name, types.UID(uid)
		ing.Spec.Rules = []networkingv1.IngressRule{{Host: "a.example.com"}}
		if second > 0 {
			ing.CreationTimestamp = metav1.Unix(second, 0)
		}
		return ing
	}
	refused := at("refused", 1, "")
	refused.Spec.Rules[0].HTTP = &networkingv1.HTTPIngressRuleValue{Paths: make([]networkingv1.HTTPIngressPath, 1)}
	for _, test := range []struct {
		name    string
		masters []*networkingv1.Ingress
		want    string
	}{
		{"none", nil, ""},
		{"one in manifests", []*networkingv1.Ingress{at("a", 0, "")}, "a"},
		{"two in manifests", []*networkingv1.Ingress{at("a", 0, ""), at("b", 0, "")}, ""},
		{"the oldest", []*networkingv1.Ingress{at("a", 3, ""), at("b", 2, ""), at("c", 4, "")}, "b"},
		{"in the same second", []*networkingv1.Ingress{at("a", 3, "1"), at("b", 3, "2")}, "b"},
		{"one with paths is none", []*networkingv1.Ingress{refused, at("b", 2, "")}, "b"},
	} {
		got := ""
		if m := master(test.masters); m != nil {
			got = m.Name
		}
		if got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}
