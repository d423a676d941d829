package topology_test

import (
	"strings"
	"testing"

	"github.com/dittoguard/dittoguard/internal/ditto/index"
	"github.com/dittoguard/dittoguard/internal/ditto/topology"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/ditto/world"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/manifest"
)

const behindInternalClass = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: gateway, namespace: ditto}
spec:
  selector: {matchLabels: {app: gateway}}
  template:
    metadata: {labels: {app: gateway}}
    spec: {containers: [{name: gateway, image: eclipse/ditto-gateway:3.8.0}]}
---
apiVersion: v1
kind: Service
metadata: {name: gateway, namespace: ditto}
spec: {selector: {app: gateway}, ports: [{port: 8080}]}
---
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: ops}
spec: {controller: k8s.io/ingress-nginx-ops}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: devops, namespace: ditto}
spec:
  ingressClassName: ops
  rules: [{host: ops.example.com, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: gateway, port: {number: 8080}}}}]}}]
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: controller, namespace: ops}
spec:
  selector: {matchLabels: {app: controller}}
  template:
    metadata: {labels: {app: controller}}
    spec: {containers: [{name: controller, image: example.com/controller, args: [ARGS]}]}
---
apiVersion: v1
kind: Service
metadata: {name: controller, namespace: ops, ANNOTATIONS}
spec: {selector: {app: controller}, ports: [{port: 443}], type: TYPE}
`

func TestAnInternalClassWhoseControllerIsNot(t *testing.T) {
	const (
		byName       = "/controller, --ingress-class=ops"
		byController = "--controller-class, k8s.io/ingress-nginx-ops"
		internal     = `annotations: {service.beta.kubernetes.io/azure-load-balancer-internal: "true"}`
		marked       = `annotations: {service.beta.kubernetes.io/azure-load-balancer-internal: "True"}`
	)
	for _, test := range []struct {
		name, args, serviceType, annotations string
		public                               bool
		doubt                                string
	}{
		{"a Service inside the cluster keeps it inside", byName, "ClusterIP", "annotations: {}", false, ""},
		{"so does a load balancer that is marked internal", byController, "LoadBalancer", internal, false, ""},
		{
			"of a load balancer without a mark the configuration may know better", byName, "LoadBalancer", "annotations: {}", false,
			`the configuration names ingress class "ops" internal, but Service ops/controller of its controller is a load balancer ` +
				`with no mark that keeps it inside: no internal load balancer marker`,
		},
		{"a load balancer that is marked public makes it public", byController, "LoadBalancer", marked, true, ""},
		{"another controller's load balancer is another matter", "--ingress-class=shop", "LoadBalancer", marked, false, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			text := strings.NewReplacer("ARGS", test.args, "TYPE", test.serviceType, "ANNOTATIONS", test.annotations).Replace(behindInternalClass)
			loaded, err := manifest.Load([]string{"-"}, strings.NewReader(text), manifest.Options{})
			if err != nil {
				t.Fatal(err)
			}
			inv := inventory.NewMemory(index.Of, nil)
			for _, o := range loaded.Objects {
				inv.Put(o)
			}
			view := topology.NewView(t.Context(), inv, world.Options{
				Edges: way.Config{InternalIngressClasses: []string{"ops"}}, Cache: world.NewCache(),
			})
			gateway := inv.Get(inventory.Deployment, "ditto", "gateway")
			ways := topology.Exposures(view, view.Parts(gateway)[0])
			if len(ways) != 1 || ways[0].Public != test.public {
				t.Errorf("ways in: %+v", ways)
			}
			ingress := inv.Get(inventory.Ingress, "ditto", "devops")
			if got := view.DoubtedEntry(ingress); got != test.doubt {
				t.Errorf("doubt:\n%s\nwant:\n%s", got, test.doubt)
			}
			service := inv.Get(inventory.Service, "ops", "controller")
			reached := false
			for _, o := range topology.Follow(view, service).Entries {
				reached = reached || o == ingress
			}
			if served := test.args != "--ingress-class=shop"; reached != served {
				t.Errorf("a change of the controller's Service concerns the Ingress: %v", reached)
			}
		})
	}
}
