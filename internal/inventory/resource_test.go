package inventory

import (
	"testing"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

func TestResource(t *testing.T) {
	for kind, want := range map[schema.GroupVersionKind]string{
		{Group: "apps", Version: "v1", Kind: "Deployment"}:                 "apps/v1, Resource=deployments",
		{Group: "networking.k8s.io", Version: "v1", Kind: "IngressClass"}:  "networking.k8s.io/v1, Resource=ingressclasses",
		{Group: "networking.k8s.io", Version: "v1", Kind: "NetworkPolicy"}: "networking.k8s.io/v1, Resource=networkpolicies",
		{Group: "extensions", Version: "v1beta1", Kind: "Ingress"}:         "extensions/v1beta1, Resource=ingresses",
		{Version: "v1", Kind: "Endpoints"}:                                 "/v1, Resource=endpoints",
		{Group: "example.com", Version: "v2", Kind: "Widget"}:              "example.com/v2, Resource=widgets",
		{Group: "route.openshift.io", Version: "v1", Kind: "Route"}:        "route.openshift.io/v1, Resource=routes",
	} {
		if got := Resource(kind).String(); got != want {
			t.Errorf("%s: %s, want %s", kind, got, want)
		}
	}
}
