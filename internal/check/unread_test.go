package check_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/config"
	"github.com/dittoguard/dittoguard/internal/ditto/index"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// TestUnreadRoutes: a way in of a kind that is not followed is unknown where Ditto runs, and nobody's concern elsewhere.
func TestUnreadRoutes(t *testing.T) {
	inv := inventory.NewMemory(index.Of, nil)
	for _, text := range []string{
		`{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"things","namespace":"ditto"},"spec":{"template":{"spec":{"containers":[{"name":"things","image":"example.com/ditto-things"}]}}}}`,
		`{"apiVersion":"cilium.io/v2","kind":"CiliumEnvoyConfig","metadata":{"name":"api","namespace":"ditto"}}`,
		`{"apiVersion":"configuration.konghq.com/v1","kind":"KongPlugin","metadata":{"name":"api","namespace":"ditto"}}`,
		`{"apiVersion":"cilium.io/v2","kind":"CiliumEnvoyConfig","metadata":{"name":"api","namespace":"shop"}}`,
		`{"apiVersion":"gateway.networking.k8s.io/v1","kind":"HTTPRoute","metadata":{"name":"api","namespace":"ditto"},"spec":{"rules":[{"backendRefs":[{"group":"gateway.envoyproxy.io","kind":"Backend","name":"api"},{"name":"ui"}]}]}}`,
		`{"apiVersion":"gateway.networking.k8s.io/v1","kind":"HTTPRoute","metadata":{"name":"api","namespace":"shop"},"spec":{"rules":[{"backendRefs":[{"group":"gateway.envoyproxy.io","kind":"Backend","name":"api"}]}]}}`,
		`{"apiVersion":"gateway.networking.k8s.io/v1","kind":"HTTPRoute","metadata":{"name":"model","namespace":"shop"},"spec":{"rules":[{"backendRefs":[{"group":"inference.networking.k8s.io","kind":"InferencePool","name":"api"}]}]}}`,
		`{"apiVersion":"gateway.networking.k8s.io/v1alpha2","kind":"HTTPRoute","metadata":{"name":"old","namespace":"ditto"}}`,
		`{"apiVersion":"gateway.networking.k8s.io/v1alpha2","kind":"HTTPRoute","metadata":{"name":"old","namespace":"shop"}}`,
		`{"apiVersion":"gateway.networking.k8s.io/v1","kind":"HTTPRoute","metadata":{"name":"odd","namespace":"shop"},"spec":{"hostnames":"a.example.com"}}`,
		`{"apiVersion":"gateway.networking.k8s.io/v1","kind":"HTTPRoute","metadata":{"name":"new","namespace":"ditto"},"spec":{"parentRefs":[{"name":"old","namespace":"infra"},{"name":"new","namespace":"infra"}]}}`,
		`{"apiVersion":"gateway.networking.k8s.io/v1alpha1","kind":"Gateway","metadata":{"name":"old","namespace":"infra"}}`,
		`{"apiVersion":"gateway.networking.k8s.io/v1alpha2","kind":"Gateway","metadata":{"name":"idle","namespace":"infra"}}`,
		`{"apiVersion":"gateway.networking.k8s.io/v1","kind":"Gateway","metadata":{"name":"new","namespace":"infra"},"spec":{"gatewayClassName":"old"}}`,
		`{"apiVersion":"gateway.networking.k8s.io/v1alpha2","kind":"GatewayClass","metadata":{"name":"old"}}`,
		`{"apiVersion":"gateway.networking.k8s.io/v1alpha2","kind":"GatewayClass","metadata":{"name":"idle"}}`,
		`{"apiVersion":"networking.istio.io/v1","kind":"ServiceEntry","metadata":{"name":"api","namespace":"ditto"},"spec":{"hosts":["a.example.com"],"workloadSelector":{"labels":{"app":"gateway"}}}}`,
		`{"apiVersion":"networking.istio.io/v1","kind":"ServiceEntry","metadata":{"name":"mail","namespace":"ditto"},"spec":{"hosts":["b.example.com"],"endpoints":[{"address":"192.0.2.1"}]}}`,
	} {
		o, err := inventory.DecodeStored([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		inv.Put(o)
	}
	result := judged(t, newChecker(t, nil, config.Default()), inv)
	want := []check.Unknown{{
		Subject: inventory.Ref{APIVersion: "gateway.networking.k8s.io/v1alpha2", Kind: "GatewayClass", Name: "old"},
		What:    "whether it leads to Ditto",
		Code:    "version-not-read",
		Message: "version v1alpha2 of this kind is not read (only v1, v1beta1); check by hand what it lets in",
	}, {
		Subject: inventory.Ref{APIVersion: "cilium.io/v2", Kind: "CiliumEnvoyConfig", Namespace: "ditto", Name: "api"},
		What:    "whether it leads to Ditto",
		Code:    "kind-not-read",
		Message: "objects of this kind are not read; check by hand what it lets in",
	}, {
		Subject: inventory.Ref{APIVersion: "gateway.networking.k8s.io/v1", Kind: "HTTPRoute", Namespace: "ditto", Name: "api"},
		What:    "whether it leads to Ditto",
		Code:    "not-found",
		Message: "Backend ditto/api was not found; check by hand what it lets in",
	}, {
		Subject: inventory.Ref{APIVersion: "gateway.networking.k8s.io/v1alpha2", Kind: "HTTPRoute", Namespace: "ditto", Name: "old"},
		What:    "whether it leads to Ditto",
		Code:    "version-not-read",
		Message: "version v1alpha2 of this kind is not read (only v1, v1beta1); check by hand what it lets in",
	}, {
		Subject: inventory.Ref{APIVersion: "networking.istio.io/v1", Kind: "ServiceEntry", Namespace: "ditto", Name: "api"},
		What:    "whether it leads to Ditto",
		Code:    "parts-not-read",
		Message: "pods that its workloadSelector chooses are not read; check by hand what it lets in",
	}, {
		Subject: inventory.Ref{APIVersion: "gateway.networking.k8s.io/v1alpha1", Kind: "Gateway", Namespace: "infra", Name: "old"},
		What:    "whether it leads to Ditto",
		Code:    "version-not-read",
		Message: "version v1alpha1 of this kind is not read (only v1, v1beta1); check by hand what it lets in",
	}, {
		// A Backend can name a host of any namespace.
		Subject: inventory.Ref{APIVersion: "gateway.networking.k8s.io/v1", Kind: "HTTPRoute", Namespace: "shop", Name: "api"},
		What:    "whether it leads to Ditto",
		Code:    "not-found",
		Message: "Backend shop/api was not found; check by hand what it lets in",
	}, {
		Subject: inventory.Ref{APIVersion: "gateway.networking.k8s.io/v1", Kind: "HTTPRoute", Namespace: "shop", Name: "odd"},
		What:    "whether it leads to Ditto",
		Code:    "object-not-readable",
		Message: "it cannot be read: json: cannot unmarshal string into Go struct field HTTPRouteSpec.spec.hostnames of type []v1.Hostname; " +
			"check by hand what it lets in",
	}}
	if diff := cmp.Diff(want, result.Unknown); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestTemplatesThatAreNone: in an object of a kind that is not read, a pod's template with a field of the wrong type still tells
// what runs in it, as far as it can be read; and if it does not, that is unknown to every rule near a Ditto.
func TestTemplatesThatAreNone(t *testing.T) {
	const odd = "objects of this kind are not read, and what runs in it cannot be determined, since a template in it is not valid (" +
		"json: cannot unmarshal string into Go struct field Container.spec.containers.ports of type []v1.ContainerPort); check it by hand"
	things := "\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: things, namespace: ditto}\n" +
		"spec: {template: {spec: {containers: [{name: things, image: eclipse/ditto-things}]}}}\n"
	rollout := func(namespace, container string) string {
		return "\napiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: app, namespace: " + namespace + "}\n" +
			"spec: {template: {spec: {containers: [" + container + "]}}}\n"
	}
	for _, test := range []struct{ name, object, want string }{
		{
			"a gateway", rollout("ditto", `{name: app, image: eclipse/ditto-gateway, env: [{name: A, value: 1}]}`),
			"objects of this kind are not read, and Ditto's gateway runs in it (container app); check it by hand",
		},
		{"something near a Ditto", rollout("ditto", `{name: app, image: example.com/app, ports: http}`), odd},
		{"something that names Ditto", rollout("shop", `{name: app, image: example.com/app, ports: http, args: [--to=ditto]}`), odd},
		{"something else", rollout("shop", `{name: app, image: example.com/app, ports: http}`), ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			inv := inventoryOf(t, things+"---"+test.object)
			got := ""
			for _, u := range judged(t, everything(), inv).Unknown {
				if u.What == "what runs" {
					got = u.Message
				}
			}
			refused := count(judged(t, denyingUnknown(t, "preauth-exposed"), inv).Findings, func(f check.Finding) bool {
				return f.Message == "cannot be decided: "+test.want
			})
			if got != test.want || (refused == 1) != (test.want != "") {
				t.Errorf("got %q, refused %d times, want %q", got, refused, test.want)
			}
		})
	}
}
