package topology_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/dittoguard/dittoguard/internal/ditto/facts"
	"github.com/dittoguard/dittoguard/internal/ditto/index"
	"github.com/dittoguard/dittoguard/internal/ditto/topology"
	"github.com/dittoguard/dittoguard/internal/ditto/world"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/test/objects"
)

// detour is a gateway with its Service, and in another namespace an nginx behind a node port.
const detour = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: gateway, namespace: twins}
spec: {template: {metadata: {labels: {app: gateway}}, spec: {containers: [{name: gateway, image: ditto-gateway}]}}}
---
apiVersion: v1
kind: Service
metadata: {name: gateway, namespace: twins}
spec: {clusterIP: CLUSTERIP, selector: {app: gateway}, ports: [{name: http, port: 8080}]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: conf, namespace: edge}
data:
  nginx.conf: |
    # about twins
    events {}
    http {
      upstream own { server gateway:8080; }
      server { listen 80; location / { CONFIGURATION } }
    }
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: nginx, namespace: edge}
spec:
  template:
    metadata: {labels: {app: nginx}}
    spec:
      containers:
      - {name: nginx, image: nginx, volumeMounts: [{name: conf, mountPath: /etc/nginx/nginx.conf, subPath: nginx.conf}]}
      volumes: [{name: conf, configMap: {name: conf}}]
---
apiVersion: v1
kind: Service
metadata: {name: nginx, namespace: edge}
spec: {type: NodePort, selector: {app: nginx}, ports: [{port: 80}]}
`

// A proxy in another namespace is found by whatever name it knows the gateway. One that has only words in common with
// the gateway is not looked at in a way that has it read again, live.
func TestExposures_ProxyInAnotherNamespace(t *testing.T) {
	for _, tt := range []struct {
		name, clusterIP, configuration string
		leads                          bool
	}{
		{"name and namespace", "10.0.0.1", "proxy_pass http://gateway.twins:8080;", true},
		{"the whole name, in capitals", "10.0.0.1", "proxy_pass http://Gateway.Twins.svc.cluster.local.:8080;", true},
		{"a name in a variable", "10.0.0.1", "set $up gateway.twins.svc; proxy_pass http://$up:8080;", true},
		{"the namespace in a variable", "10.0.0.1", "set $ns twins; proxy_pass http://gateway.$ns.svc:8080;", true},
		{"both in variables", "10.0.0.1", "set $ns twins; set $name gateway; proxy_pass http://$name.$ns.svc:8080;", true},
		{"one pod of a headless Service", "None", "proxy_pass http://gateway-0.gateway.twins.svc:8080;", true},
		{"an address", "10.0.0.1", "proxy_pass http://10.0.0.1:8080;", true},

		{"the same name in the proxy's own namespace", "10.0.0.1", "proxy_pass http://own;", false},
		{"another namespace", "10.0.0.1", "proxy_pass http://gateway.other:8080;", false},
		{"another Service of the namespace", "10.0.0.1", "proxy_pass http://things.twins:8080;", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			memory := inventory.NewMemory(index.Of, nil)
			text := strings.NewReplacer("CLUSTERIP", tt.clusterIP, "CONFIGURATION", tt.configuration).Replace(detour)
			for _, o := range objects.Of(t, text) {
				memory.Put(o)
			}
			recorder := inventory.NewRecorder(memory)
			view := topology.NewView(t.Context(), recorder, world.Options{Cache: world.NewCache()})
			leads := false
			for _, part := range view.Parts(memory.Get(inventory.Deployment, "twins", "gateway")) {
				leads = slices.ContainsFunc(topology.Exposures(view, part), func(e facts.Exposure) bool { return e.Kind == "NodePort" })
			}
			if leads != tt.leads {
				t.Errorf("a way in: %v, want %v", leads, tt.leads)
			}
			read := slices.ContainsFunc(recorder.Asked(), func(q inventory.Question) bool {
				return q.ID.Namespace == "edge" || q.Key.Namespace == "edge"
			})
			if read != tt.leads {
				t.Errorf("read again: %v, want %v", read, tt.leads)
			}
		})
	}
}
