package topology_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/dittoguard/dittoguard/internal/ditto/index"
	"github.com/dittoguard/dittoguard/internal/ditto/recognize"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/test/objects"
)

// decode reads one object from YAML.
func decode(t *testing.T, text string) *inventory.Object {
	t.Helper()
	return objects.Of(t, text)[0]
}

func TestParts(t *testing.T) {
	envFrom := decode(t, `{apiVersion: v1, kind: ConfigMap, metadata: {name: env, namespace: ditto}, data: {ENABLE_PRE_AUTHENTICATION: "true"}}`)
	jvm := decode(t, `{apiVersion: v1, kind: ConfigMap, metadata: {name: jvm, namespace: ditto}, data: {gateway: -Dditto.gateway.http.port=8080, pekko: -Dpekko.x=1}}`)
	for _, tt := range []struct {
		name string
		// labels and spec are of the pod.
		labels, spec string
		want         string
	}{
		{"the image's base name, from a mirror", `{}`, `{containers: [{name: a, image: "registry.example.com:5000/iot/ditto-gateway@sha256:00"}]}`, "gateway"},
		{"the chart's container name under another image", `{}`, `{containers: [{name: ditto-gateway, image: iot/gw}]}`, "gateway"},
		{"a variable that nothing else reads", `{}`, `{containers: [{name: a, image: iot/gw, env: [{name: DEVOPS_SECURED, value: "true"}]}]}`, "gateway"},
		{"the same out of a ConfigMap", `{}`, `{containers: [{name: a, image: iot/gw, envFrom: [{configMapRef: {name: env}}]}]}`, "gateway"},
		{"a system property of the gateway", `{}`, `{containers: [{name: a, image: iot/gw, args: ["-Dditto.gateway.http.port=8080"]}]}`, "gateway"},
		{"a hardened image of somebody's own", `{}`, `{containers: [{name: app, image: "acme/ditto-gateway-hardened:3.9"}]}`, "gateway"},
		{"an image with its maker's name", `{}`, `{containers: [{name: app, image: eclipse-ditto-gateway}]}`, "gateway"},
		{"a folder of images", `{}`, `{containers: [{name: app, image: "registry.example.com:5000/ditto/gateway:3"}]}`, "gateway"},
		{"in one word", `{}`, `{containers: [{name: app, image: dittogateway}, {name: b, image: ditto_things-search}]}`, "gateway search"},
		{"the other services", `{}`, `{containers: [{name: a, image: acme/ditto-policies-hardened}, {name: b, image: ditto/things}, {name: c, image: dittothingssearch}, {name: d, image: iot/eclipse-ditto-connectivity}]}`, "policies things search connectivity"},
		{"a word of its maker, and the container's name", `{}`, `{containers: [{name: gateway, image: acme/ditto-gateway-corp}]}`, "gateway"},
		{"a word of its maker, and what Ditto reads", `{}`, `{containers: [{name: a, image: acme/ditto-gateway-corp, env: [{name: DEVOPS_PASSWORD, value: x}]}, {name: b, image: acme/ditto-things-corp, env: [{name: MONGO_DB_URI, value: x}]}]}`, "gateway things"},
		{"an image of all services", `{}`, `{containers: [{name: gateway, image: acme/ditto}, {name: things, image: acme/ditto}]}`, "gateway things"},
		{"JVM options out of a ConfigMap", `{}`, `{containers: [{name: a, image: iot/gw, env: [{name: JAVA_TOOL_OPTIONS, valueFrom: {configMapKeyRef: {name: jvm, key: gateway}}}]}]}`, "gateway"},
		{"the same by the command", `{}`, `{containers: [{name: a, image: iot/gw, args: [sh, -c, "exec java $OPTS"], env: [{name: OPTS, valueFrom: {configMapKeyRef: {name: jvm, key: gateway}}}]}]}`, "gateway"},
		{"both passwords and Pekko", `{}`, `{containers: [{name: a, image: iot/gw, env: [{name: DEVOPS_PASSWORD, value: x}, {name: STATUS_PASSWORD, value: x}, {name: JAVA_TOOL_OPTIONS, valueFrom: {configMapKeyRef: {name: jvm, key: pekko}}}]}]}`, "gateway"},
		{"both passwords and Pekko's ports", `{}`, `{containers: [{name: a, image: iot/gw, env: [{name: DEVOPS_PASSWORD, value: x}, {name: STATUS_PASSWORD, value: x}], ports: [{name: remoting, containerPort: 2551}, {name: management, containerPort: 7626}]}]}`, "gateway"},
		{"both passwords and the name", `{}`, `{containers: [{name: gateway, image: iot/gw, env: [{name: DEVOPS_PASSWORD, value: x}, {name: STATUS_PASSWORD, value: x}]}]}`, "gateway"},
		{"the class of a service", `{}`, `{containers: [{name: a, image: iot/x, env: [{name: MAIN_CLASS_ENV, value: org.eclipse.ditto.thingsearch.service.starter.SearchService}]}]}`, "search"},
		{"a log shipper with the gateway's variable", `{actorSystemName: ditto-cluster}`, `{containers: [{name: gateway, image: iot/ditto-gateway}, {name: logs, image: fluent/fluent-bit, env: [{name: ENABLE_PRE_AUTHENTICATION, value: "true"}]}]}`, "gateway"},
		{"a proxy with it", `{}`, `{containers: [{name: gateway, image: iot/ditto-gateway}, {name: edge, image: nginx, env: [{name: ENABLE_PRE_AUTHENTICATION, value: "true"}]}]}`, "gateway proxy"},
		{"a second gateway, by two of its variables", `{}`, `{containers: [{name: ditto-gateway, image: busybox}, {name: b, image: iot/gw, env: [{name: ENABLE_PRE_AUTHENTICATION, value: "true"}, {name: DEVOPS_SECURED, value: "false"}]}]}`, "gateway gateway"},
		{"a second gateway, by one and by its name", `{}`, `{containers: [{name: ditto-gateway, image: busybox}, {name: gateway, image: iot/gw, env: [{name: ENABLE_PRE_AUTHENTICATION, value: "true"}]}]}`, "gateway gateway"},
		{"one variable of it beside other services", `{}`, `{containers: [{name: things, image: iot/ditto-things}, {name: b, image: iot/gw, env: [{name: ENABLE_PRE_AUTHENTICATION, value: "true"}]}]}`, "things gateway"},
		{"the gateway's extension file", `{}`, `{containers: [{name: a, image: iot/gw, volumeMounts: [{name: c, mountPath: /opt/ditto/gateway-extension.conf, subPath: gateway-extension.conf}]}]}`, "gateway"},
		{"an extension file in a mounted folder", `{}`, `{containers: [{name: a, image: iot/x, volumeMounts: [{name: c, mountPath: /opt/ditto}]}], volumes: [{name: c, configMap: {name: c, items: [{key: x, path: things-extension.conf}]}}]}`, "things"},
		{"common names beside Ditto's actor system", `{app: gateway, actorSystemName: ditto-cluster}`, `{containers: [{name: gateway, image: iot/gw}]}`, "gateway"},
		{"the search service by its label", `{app.kubernetes.io/name: twin-thingssearch, actorSystemName: ditto-cluster}`, `{containers: [{name: a, image: iot/x}]}`, "search"},
		{"a Ditto JVM of an unknown part", `{actorSystemName: ditto-cluster}`, `{containers: [{name: a, image: iot/x}]}`, "service"},
		{"three signs of a Pekko cluster as Ditto sets it up", `{}`, `{containers: [{name: policies, image: iot/x, env: [{name: CLUSTER_BS_REQUIRED_CONTACTS, value: "2"}, {name: JAVA_TOOL_OPTIONS, value: -Dpekko.x=1}], ports: [{name: remoting, containerPort: 2551}, {name: management, containerPort: 7626}]}]}`, "policies"},
		{"an nginx with a configuration of its own", `{}`, `{containers: [{name: edge, image: example.com/web:1, volumeMounts: [{name: c, mountPath: /etc/nginx/nginx.conf, subPath: nginx.conf}]}]}`, "proxy"},
		{"a gateway and a proxy in one pod", `{}`, `{containers: [{name: ditto-gateway, image: iot/gw}, {name: edge, image: nginx:1}]}`, "gateway proxy"},
		{"a sidecar beside Ditto is not Ditto for a label of the pod", `{app: gateway, actorSystemName: ditto-cluster}`, `{containers: [{name: gateway, image: iot/ditto-gateway}, {name: agent, image: agent}]}`, "gateway"},
		{"a proxy beside Ditto is still a proxy", `{actorSystemName: ditto-cluster}`, `{containers: [{name: a, image: ditto-gateway}, {name: b, image: nginx}]}`, "gateway proxy"},
		{"a sidecar among the init containers", `{}`, `{initContainers: [{name: ditto-gateway, image: iot/gw, restartPolicy: Always}], containers: [{name: a, image: b}]}`, "gateway"},
		{"MongoDB", `{}`, `{containers: [{name: db, image: "mongo:8"}]}`, "mongodb"},
		{"the UI", `{}`, `{containers: [{name: a, image: eclipse/ditto-ui}]}`, "ui"},

		{"a gateway of a service mesh", `{app: istio-gateway}`, `{containers: [{name: gateway, image: istio/proxyv2, env: [{name: GATEWAY_MODE, value: x}]}]}`, ""},
		{"an API gateway of that label", `{app: gateway}`, `{containers: [{name: gateway, image: kong:3}]}`, "proxy"},
		{"a proxy by its command", `{}`, `{containers: [{name: a, image: alpine, command: [/sbin/tini, --, socat, "TCP-LISTEN:80", "TCP:gateway:8080"]}]}`, "proxy"},
		{"a proxy in a script", `{}`, `{containers: [{name: a, image: alpine, command: [sh, -c, "sleep 1 && exec haproxy -f x"]}]}`, "proxy"},
		{"a proxy by its configuration", `{}`, `{containers: [{name: a, image: b, volumeMounts: [{name: c, mountPath: /etc/caddy/Caddyfile, subPath: x}]}]}`, "proxy"},
		{"a script that speaks of a proxy", `{}`, `{containers: [{name: a, image: alpine, command: [sh, -c, "echo haproxy"]}]}`, ""},
		{
			"a Pekko cluster of somebody else, labelled as Pekko's manual has it", `{actorSystemName: shop}`,
			`{containers: [{name: things, image: shop, env: [{name: JAVA_TOOL_OPTIONS, value: -Dpekko.cluster.x=1}], ports: [{name: remoting, containerPort: 2551}, {name: management, containerPort: 7626}]}]}`, "",
		},
		{"a Pekko cluster of somebody else", `{}`, `{containers: [{name: shop, image: shop, env: [{name: JAVA_TOOL_OPTIONS, value: -Dpekko.cluster.x=1}], ports: [{name: remoting, containerPort: 2551}, {name: management, containerPort: 7626}]}]}`, ""},
		{"what only waits for the gateway", `{}`, `{initContainers: [{name: ditto-gateway, image: eclipse/ditto-gateway}], containers: [{name: a, image: b}]}`, ""},
		{"what watches a gateway", `{}`, `{containers: [{name: gateway, image: acme/ditto-gateway-exporter}, {name: b, image: ditto-things-client}, {name: c, image: acme/ditto-api-gateway}]}`, ""},
		{"a name with a word of its maker alone", `{}`, `{containers: [{name: app, image: acme/ditto-gateway-corp}]}`, ""},
		{"a team of that name", `{}`, `{containers: [{name: gateway, image: "ditto-team/billing:3"}]}`, ""},
		{"whatever goes by Ditto's name", `{}`, `{containers: [{name: app, image: acme/ditto-init}, {name: b, image: ditto/ditto-demo-ui}]}`, ""},
		{"both passwords alone", `{}`, `{containers: [{name: setup, image: curl, env: [{name: DEVOPS_PASSWORD, value: x}, {name: STATUS_PASSWORD, value: x}]}]}`, ""},
		{"a password of that name", `{}`, `{containers: [{name: a, image: b, env: [{name: DEVOPS_PASSWORD, value: x}]}]}`, ""},
		{"no containers", `{}`, `{}`, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inv := inventory.NewMemory(index.Of, nil)
			inv.Put(envFrom)
			inv.Put(jvm)
			for _, kind := range []string{
				"{apiVersion: apps/v1, kind: Deployment, metadata: {name: w, namespace: ditto}, spec: {template: {metadata: {labels: %s}, spec: %s}}}",
				"{apiVersion: apps/v1, kind: DaemonSet, metadata: {name: w, namespace: ditto}, spec: {template: {metadata: {labels: %s}, spec: %s}}}",
				"{apiVersion: v1, kind: ReplicationController, metadata: {name: w, namespace: ditto}, spec: {template: {metadata: {labels: %s}, spec: %s}}}",
				"{apiVersion: batch/v1, kind: CronJob, metadata: {name: w, namespace: ditto}, spec: {jobTemplate: {spec: {template: {metadata: {labels: %s}, spec: %s}}}}}",
				"{apiVersion: v1, kind: Pod, metadata: {name: w, namespace: ditto, labels: %s}, spec: %s}",
			} {
				o := decode(t, fmt.Sprintf(kind, tt.labels, tt.spec))
				var got []string
				for _, part := range recognize.Parts(inv, o) {
					got = append(got, part.Component)
				}
				if strings.Join(got, " ") != tt.want {
					t.Errorf("%s: %q, want %q", o.Ref.Kind, strings.Join(got, " "), tt.want)
				}
			}
		})
	}
}

// TestKeys: an object is found from either side of a step, and only there.
func TestKeys(t *testing.T) {
	for _, tt := range []struct {
		name, object string
		want, not    []string
	}{
		{
			"a Service under the pair that tells most",
			`{apiVersion: v1, kind: Service, metadata: {name: s, namespace: ns}, spec: {clusterIP: 10.0.0.1, selector: {app.kubernetes.io/instance: my, app.kubernetes.io/name: gw}}}`,
			[]string{"service-selector ns app.kubernetes.io/name=gw", "address  10.0.0.1"}, []string{"service-selector ns app.kubernetes.io/instance=my"},
		},
		{
			"an alias under what it stands for",
			`{apiVersion: v1, kind: Service, metadata: {name: s, namespace: ns}, spec: {type: ExternalName, externalName: GW.ditto.svc.cluster.local.}}`,
			[]string{"alias ditto gw"}, nil,
		},
		{
			"an alias of the world outside",
			`{apiVersion: v1, kind: Service, metadata: {name: s, namespace: ns}, spec: {type: ExternalName, externalName: www.example.com}}`,
			nil, []string{"alias example www"},
		},
		{
			"an Ingress under its Services, hosts and class",
			`{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: i, namespace: ns, annotations: {nginx.ingress.kubernetes.io/auth-secret: other/users}}, spec: {ingressClassName: c, defaultBackend: {service: {name: d, port: {number: 1}}}, rules: [{host: h, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: s, port: {number: 1}}}}]}}]}}`,
			[]string{"backend ns d", "backend ns s", "ingress-host  h", "use  networking.k8s.io/IngressClass//c", "reference other Secret/users"}, nil,
		},
		{
			"nginx configuration under the hosts in it",
			`{apiVersion: v1, kind: ConfigMap, metadata: {name: c, namespace: ns}, data: {x: "upstream u { server Gateway.ditto.svc:8080; server 10.0.0.1:80; } proxy_pass http://u;"}}`,
			[]string{"word  gateway", "word ns gateway", "word  10.0.0.1", "word  u"}, nil,
		},
		{
			"other configuration not at all",
			`{apiVersion: v1, kind: ConfigMap, metadata: {name: c, namespace: ns}, data: {x: "gateway=1"}}`,
			nil, []string{"word  gateway"},
		},
		{
			"a workload under its labels and what it reads",
			`{apiVersion: apps/v1, kind: Deployment, metadata: {name: d, namespace: ns}, spec: {template: {metadata: {labels: {a: b}}, spec: {containers: [{name: x, image: eclipse/ditto-things, envFrom: [{secretRef: {name: s}}]}], volumes: [{name: v, projected: {sources: [{configMap: {name: c}}]}}]}}}}`,
			[]string{"pod-label ns a=b", "reference ns Secret/s", "reference ns ConfigMap/c", "ditto ns "}, nil,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := map[string]bool{}
			for _, key := range index.Of(decode(t, tt.object)) {
				got[fmt.Sprintf("%s %s %s", key.Index, key.Namespace, key.Value)] = true
				if len(index.Kinds(key)) == 0 {
					t.Errorf("no kinds can be indexed by %v", key)
				}
			}
			for _, key := range tt.want {
				if !got[key] {
					t.Errorf("not indexed by %q, but under %v", key, got)
				}
			}
			for _, key := range tt.not {
				if got[key] {
					t.Errorf("indexed by %q", key)
				}
			}
		})
	}
}

// TestSelectionOf: what an API server is asked for finds the objects that are indexed, and nothing is made of a host name.
func TestSelectionOf(t *testing.T) {
	for _, tt := range []struct {
		object string
		want   map[string]string
	}{
		{`{apiVersion: v1, kind: Service, metadata: {name: s, namespace: ns}, spec: {type: ExternalName, externalName: gw.ditto}}`,
			map[string]string{"alias": "spec.type=ExternalName", "use": "spec.type=ExternalName"}},
		{`{apiVersion: v1, kind: Service, metadata: {name: s, namespace: ns}, spec: {clusterIP: 10.0.0.1}}`,
			map[string]string{"address": "spec.clusterIP=10.0.0.1"}},
		{`{apiVersion: v1, kind: Pod, metadata: {name: p, namespace: ns}, status: {podIPs: [{ip: "fd00::1"}]}}`,
			map[string]string{"address": "status.podIP=fd00::1"}},
		{`{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: e, namespace: ns}, endpoints: [{addresses: [10.0.0.1]}]}`,
			map[string]string{"endpoint": "endpointslice.kubernetes.io/managed-by!=endpointslice-controller.k8s.io"}},
		{`{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: e, namespace: ns}, endpoints: [{addresses: ["gw,a=b"]}]}`,
			map[string]string{}},
	} {
		o := decode(t, tt.object)
		got := map[string]string{}
		for _, key := range index.Of(o) {
			if selection, ok := index.Selection(key, o.Ref.GroupKind()); ok {
				got[string(key.Index)] = selection.Fields + selection.Labels
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(tt.want) {
			t.Errorf("%s: %v, want %v", tt.object, got, tt.want)
		}
	}
}
