package check_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/dittoguard/dittoguard/internal/config"
	"github.com/dittoguard/dittoguard/internal/ditto/index"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// unknownOf are the subjects and messages of what is unknown with some objects, in namespace ditto where they say none.
func unknownOf(t *testing.T, c *config.Config, yaml ...string) []string {
	t.Helper()
	inv := inventoryOf(t, yaml...)
	var list []string
	result, err := newChecker(t, nil, c).All(t.Context(), inv, inv.All())
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range result.Unknown {
		list = append(list, u.Subject.String()+": "+u.Message)
	}
	return list
}

const shopApp = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: app, namespace: shop}
spec:
  selector: {matchLabels: {app: app}}
  template:
    metadata: {labels: {app: app}}
    spec:
      containers:
      - name: app
        image: example.com/app:1
        env: [{name: UPSTREAM_HOST, value: gateway.ditto}]
---
apiVersion: v1
kind: Service
metadata: {name: app, namespace: shop}
spec: {type: LoadBalancer, selector: {app: app}, ports: [{port: 80, targetPort: 3000}]}
`

// TestMentions: a workload that only names the gateway is remarked if clients outside reach it, and not once the
// configuration calls it a client.
func TestMentions(t *testing.T) {
	const remark = "Deployment shop/app: it can be reached from outside (load balancer, port 80 (no internal load balancer marker)), and env UPSTREAM_HOST " +
		"names Service ditto/gateway: if it forwards requests, they are not judged; if it does not, list it under edges.clients in the configuration"
	there := []string{gatewayDeployment(preAuth), gatewayService}
	named := func(clients ...config.Client) *config.Config {
		c := config.Default()
		c.Edges.Clients = clients
		return c
	}
	selector, err := labels.Parse("app=app")
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		config *config.Config
		app    string
		want   []string
	}{
		"public":                {named(), shopApp, []string{remark}},
		"a client by its name":  {named(config.Client{Namespace: "shop", Name: "app"}), shopApp, nil},
		"a client by its label": {named(config.Client{Namespace: "shop", Selector: selector}), shopApp, nil},
		"a client elsewhere":    {named(config.Client{Namespace: "ditto", Name: "app"}), shopApp, []string{remark}},
		"not public":            {named(), strings.Replace(shopApp, "type: LoadBalancer, ", "", 1), nil},
		"names another":         {named(), strings.Replace(shopApp, "gateway.ditto", "gateway.other", 1), nil},
		"a word, and no host":   {named(), strings.Replace(shopApp, "UPSTREAM_HOST", "MODE", 1), nil},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, unknownOf(t, test.config, append(there, test.app)...)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestUnreadKindsThatNameTheGateway: they are ways in that are unknown to the rules, in whatever namespace they are.
func TestUnreadKindsThatNameTheGateway(t *testing.T) {
	inv := inventory.NewMemory(index.Of, nil)
	for _, o := range decodeAll(t, strings.Join([]string{gatewayDeployment(preAuth), gatewayService, `
apiVersion: getambassador.io/v3alpha1
kind: TCPMapping
metadata: {name: edge, namespace: edge}
spec: {port: 8443, service: "gateway.ditto:8080"}
---
apiVersion: getambassador.io/v3alpha1
kind: TCPMapping
metadata: {name: mail, namespace: edge}
spec: {port: 25, service: "mail.shop:25"}
---
apiVersion: traefik.io/v1alpha1
kind: Middleware
metadata: {name: pages, namespace: ditto}
spec: {errors: {status: ["500"], query: /devops, service: {name: gateway, port: 8080}}}
`}, "---")) {
		inv.Put(o)
	}
	var got []string
	for _, u := range judged(t, everything(), inv).Unknown {
		if u.Rule == "" || u.Rule == "devops-exposed" {
			got = append(got, u.Subject.String()+": "+u.Message)
		}
	}
	want := []string{
		"Middleware ditto/pages: it sends requests that failed to Service ditto/gateway, with the headers that clients sent",
		"TCPMapping edge/edge: objects of this kind are not read, and it names Service ditto/gateway",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
