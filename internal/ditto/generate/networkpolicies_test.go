package generate

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/index"
	"github.com/dittoguard/dittoguard/internal/ditto/topology"
	"github.com/dittoguard/dittoguard/internal/ditto/world"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/test/objects"
)

// deployment is one in namespace ditto, unless the name says another: `edge/nginx`. The labels are those of its pods, the
// selector is their label app.
func deployment(name, labels, pod string) string {
	namespace := "ditto"
	if before, after, found := strings.Cut(name, "/"); found {
		namespace, name = before, after
	}
	return fmt.Sprintf(`
apiVersion: apps/v1
kind: Deployment
metadata: {name: %s, namespace: %s}
spec:
  selector: {matchLabels: {app: %s}}
  template: {metadata: {labels: {%s}}, spec: {%s}}
---`, name, namespace, name, labels, pod)
}

// part is a Ditto service with labels as in Ditto's own manifests.
func part(name string) string {
	app := name[strings.LastIndexByte(name, '/')+1:]
	return deployment(name, "app: "+app+", actorSystemName: ditto-cluster", "containers: [{name: "+app+", image: ditto-"+app+"}]")
}

// nginx is a proxy that forwards to the host, with the Service of the gateway.
func nginx(name, host string) string {
	namespace, app := "ditto", name
	if before, after, found := strings.Cut(name, "/"); found {
		namespace, app = before, after
	}
	return deployment(name, "app: "+app, `containers: [{name: nginx, image: nginx, volumeMounts: [{name: c, mountPath: /etc/nginx/nginx.conf, subPath: nginx.conf}]}], volumes: [{name: c, configMap: {name: conf}}]`) + `
apiVersion: v1
kind: ConfigMap
metadata: {name: conf, namespace: ` + namespace + `}
data: {nginx.conf: "http { server { listen 80; location / { proxy_pass http://` + host + `:8080; } } }"}
---
apiVersion: v1
kind: Service
metadata: {name: gateway, namespace: ditto}
spec: {selector: {app: gateway}, ports: [{port: 8080}]}
---`
}

// shown is a policy in a line for each rule.
func shown(p Policy) []string {
	lines := []string{p.Name + " selects " + metav1.FormatLabelSelector(&p.Spec.PodSelector)}
	for _, r := range p.Spec.Ingress {
		var ports, from []string
		for _, port := range r.Ports {
			ports = append(ports, port.Port.String())
		}
		for _, peer := range r.From {
			text := "pods of "
			if peer.PodSelector != nil {
				text = metav1.FormatLabelSelector(peer.PodSelector)
				if peer.NamespaceSelector != nil {
					text += " of "
				}
			}
			if peer.NamespaceSelector != nil {
				text += strings.TrimPrefix(metav1.FormatLabelSelector(peer.NamespaceSelector), "kubernetes.io/metadata.name=")
			}
			from = append(from, text)
		}
		lines = append(lines, "  "+strings.Join(ports, " ")+" from "+strings.Join(from, "; "))
	}
	return lines
}

func TestNetworkPolicies(t *testing.T) {
	const gateway = "  2551 7626 from actorSystemName=ditto-cluster"
	for _, test := range []struct {
		name, manifests string
		opts            Options
		want, notes     []string
	}{
		{
			name: "a gateway behind its proxy, and a service", manifests: part("gateway") + part("things") + nginx("nginx", "gateway"),
			want: []string{"gateway-isolation selects app=gateway", gateway, "  8080 from app=nginx", "things-isolation selects app=things", gateway},
		},
		{
			name: "a proxy of another namespace", manifests: part("gateway") + nginx("edge/nginx", "gateway.ditto.svc"),
			want: []string{"gateway-isolation selects app=gateway", gateway, "  8080 from app=nginx of edge"},
		},
		{
			name: "an nginx that forwards elsewhere is no proxy of the gateway's", manifests: part("gateway") + nginx("nginx", "shop"),
			want:  []string{"gateway-isolation selects app=gateway", gateway},
			notes: []string{"Deployment ditto/gateway: no proxy was found that forwards to it, so nothing can connect to its HTTP port; --ingress-namespace names the namespace of whatever should"},
		},
		{
			name: "namespaces that are named", manifests: part("gateway") + part("things"),
			opts: Options{IngressNamespaces: []string{"edge", "ops"}, MonitoringNamespaces: []string{"monitoring"}},
			want: []string{
				"gateway-isolation selects app=gateway", gateway, "  8080 from pods of edge; pods of ops", "  9095 from pods of monitoring",
				"things-isolation selects app=things", gateway, "  9095 from pods of monitoring",
			},
		},
		{
			name: "ways in past every proxy", manifests: part("gateway") + nginx("nginx", "gateway") + `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: api, namespace: ditto}
spec: {rules: [{http: {paths: [{path: /api, pathType: Prefix, backend: {service: {name: gateway, port: {number: 8080}}}}, {path: /ws, pathType: Prefix, backend: {service: {name: gateway, port: {number: 8080}}}}]}}]}
---
apiVersion: v1
kind: Service
metadata: {name: public, namespace: ditto}
spec: {type: LoadBalancer, selector: {app: gateway}, ports: [{port: 80, targetPort: 8080}, {port: 2551}]}
---`,
			want: []string{"gateway-isolation selects app=gateway", gateway, "  8080 from app=nginx"},
			notes: []string{
				"Deployment ditto/gateway: LoadBalancer of Service ditto/public leads straight to it from addresses that no selector selects: its requests are cut off, unless a policy of your own lets those addresses in",
				"Deployment ditto/gateway: Ingress ditto/api leads straight to it: its requests are cut off, unless --ingress-namespace names the namespace of its controller",
			},
		},
		{
			name:      "without the label of the cluster all of Ditto in the namespace is one",
			manifests: part("gateway") + deployment("things", "app: things", "containers: [{name: things, image: ditto-things}]") + part("edge/policies"),
			opts:      Options{IngressNamespaces: []string{"edge"}},
			want: []string{
				"gateway-isolation selects app=gateway", "  2551 7626 from app=gateway; app=things", "  8080 from pods of edge",
				"things-isolation selects app=things", "  2551 7626 from app=gateway; app=things",
				"policies-isolation selects app=policies", "  2551 7626 from actorSystemName=ditto-cluster",
			},
		},
		{
			name: "two clusters in one namespace",
			manifests: part("things") +
				deployment("other", "app: other, actorSystemName: b", "containers: [{name: other, image: ditto-policies}]"),
			want: []string{
				"other-isolation selects app=other", "  2551 7626 from actorSystemName=b",
				"things-isolation selects app=things", "  2551 7626 from actorSystemName=ditto-cluster",
			},
		},
		{
			name: "a selector that selects other pods too gives way to all labels of the pods",
			manifests: deployment("ditto", "app: ditto, actorSystemName: c, tier: things, helm.sh/chart: ditto-1", "containers: [{name: t, image: ditto-things}]") +
				deployment("ui", "app: ditto, tier: ui", "containers: [{name: u, image: ditto-ui}]"),
			want: []string{"ditto-isolation selects actorSystemName=c,app=ditto,tier=things", "  2551 7626 from actorSystemName=c"},
		},
		{
			name: "pods that no label tells apart",
			manifests: deployment("ditto", "app: ditto", "containers: [{name: t, image: ditto-things}]") +
				deployment("ui", "app: ditto, tier: ui", "containers: [{name: u, image: ditto-ui}]"),
			want:  []string{"ditto-isolation selects app=ditto", "  2551 7626 from app=ditto"},
			notes: []string{"open: Deployment ditto/ditto: its pods have no label that tells them from those of Deployment ditto/ui, so the policies of each apply to both"},
		},
		{
			name: "pods that no policy is for",
			manifests: deployment("things", "", "containers: [{name: t, image: ditto-things}]") +
				deployment("policies", "app: policies", "hostNetwork: true, containers: [{name: p, image: ditto-policies}]"),
			notes: []string{
				"open: Deployment ditto/policies: runs on the host network, where NetworkPolicies do not apply",
				"open: Deployment ditto/things: its pods have no labels, so no NetworkPolicy can select only them",
			},
		},
		{
			name: "a selector that does not fit its own pods", manifests: strings.Replace(part("things"), "{matchLabels: {app: things}}", "{matchLabels: {app: x}}", 1),
			want: []string{"things-isolation selects actorSystemName=ditto-cluster,app=things", gateway},
		},
		{
			name: "two workloads of one name", manifests: part("things") + strings.Replace(strings.Replace(part("things"), "Deployment", "StatefulSet", 1), "app: things", "app: set", 2),
			want: []string{"things-deployment-isolation selects app=things", gateway, "things-statefulset-isolation selects app=set", gateway},
		},
		{
			name: "another container in the pod", manifests: deployment("things", "app: things, actorSystemName: ditto-cluster", "containers: [{name: things, image: ditto-things}, {name: agent, image: agent, ports: [{containerPort: 4317}, {containerPort: 4318}]}]"),
			want:  []string{"things-isolation selects app=things", gateway},
			notes: []string{"Deployment ditto/things: container agent of the same pod listens on 4317, 4318, and nothing can connect to it"},
		},
		{
			name: "a job that asks for the members of the cluster", manifests: part("things") + `
apiVersion: batch/v1
kind: CronJob
metadata: {name: cost, namespace: ditto}
spec:
  jobTemplate:
    spec:
      template:
        metadata: {labels: {job: cost, helm.sh/chart: ditto-4}}
        spec: {containers: [{name: c, image: curl, command: [/scripts/run.sh]}], volumes: [{name: s, configMap: {name: scripts}}]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: scripts, namespace: ditto}
data: {run.sh: "curl http://$IP:7626/cluster/members"}
---`,
			want: []string{"things-isolation selects app=things", gateway, "  7626 from job=cost"},
		},
		{
			name: "what is open already stays open", manifests: part("things") + `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: old, namespace: ditto}
spec: {podSelector: {}, ingress: [{from: [{podSelector: {}}]}, {ports: [{port: 7626}], from: [{namespaceSelector: {}}]}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: things-isolation, namespace: ditto}
spec: {podSelector: {}, ingress: [{}]}
---`,
			want:  []string{"things-isolation selects app=things", gateway},
			notes: []string{"open: Deployment ditto/things: NetworkPolicy ditto/old, which is there already, opens management 7626 to every pod of every namespace; policies add up, so it stays open"},
		},
		{name: "without Ditto there is nothing to write", manifests: deployment("shop", "app: shop", "containers: [{name: shop, image: shop}]")},
	} {
		t.Run(test.name, func(t *testing.T) {
			inv := inventory.NewMemory(index.Of, nil)
			for _, o := range objects.Of(t, test.manifests) {
				inv.Put(o)
			}
			policies := NetworkPolicies(topology.NewView(t.Context(), inv, world.Options{Cache: world.NewCache()}), inv.All(), test.opts)
			var got, notes []string
			for _, p := range policies.List {
				got = append(got, shown(p)...)
			}
			for _, n := range policies.Notes {
				text := n.String()
				if n.Open {
					text = "open: " + text
				}
				notes = append(notes, text)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("policies (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.notes, notes); diff != "" {
				t.Errorf("notes (-want +got):\n%s", diff)
			}
		})
	}
}
