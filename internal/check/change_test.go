package check_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admission/v1"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/config"
	"github.com/dittoguard/dittoguard/internal/ditto/index"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
	"github.com/dittoguard/dittoguard/rules"
	"github.com/dittoguard/dittoguard/test/objects"
)

// step is one admission request: an object that is created or, if it is there, updated; or one that is deleted.
type step struct {
	apply  string
	delete string
	// denied is what the request is refused for, one `rule subject` a finding. An object that is refused is not stored.
	denied []string
}

// sequence is a number of requests one after another, on what is there before them.
type sequence struct {
	name string
	// there is the cluster as it is found, whatever dittoguard would have said to it.
	there string
	steps []step
}

func (s sequence) run(t *testing.T, checker *check.Checker) {
	t.Helper()
	inv := inventoryOf(t, s.there)
	clean := judged(t, checker, inv).Summary.Denied == 0
	for n, st := range s.steps {
		change := st.change(t, inv)
		verdict, err := checker.Change(t.Context(), inv, change)
		if err != nil {
			t.Fatal(err)
		}
		got := deniedBy(verdict.Denied)
		if diff := cmp.Diff(st.denied, got); diff != "" {
			t.Errorf("step %d, %s: refused for -want +got:\n%s", n+1, changed(change).Ref, diff)
		}
		if len(verdict.Denied) > 0 {
			if !verdict.Decisive {
				t.Errorf("step %d, %s: refused, but not decisive", n+1, changed(change).Ref)
			}
			continue
		}
		if change.Object == nil {
			inv.Delete(change.OldObject.Ref.ID())
		} else {
			inv.Put(change.Object)
		}
		// What came in by requests that were let through is what the audit finds nothing wrong with.
		if all := judged(t, checker, inv); clean && all.Summary.Denied > 0 {
			t.Errorf("step %d, %s: let through, but then all objects together: %s", n+1, changed(change).Ref, deniedBy(all.Findings))
		}
	}
}

func changed(c check.Change) *inventory.Object {
	if c.Object != nil {
		return c.Object
	}
	return c.OldObject
}

func (st step) change(t *testing.T, inv inventory.Reader) check.Change {
	t.Helper()
	text := st.apply + st.delete
	list := decodeAll(t, text)
	if len(list) != 1 {
		t.Fatalf("%d objects in a step:\n%s", len(list), text)
	}
	o := list[0]
	old := inv.Get(o.Ref.GroupKind(), o.Ref.Namespace, o.Ref.Name)
	request := &admissionv1.AdmissionRequest{Name: o.Ref.Name, Namespace: o.Ref.Namespace, Operation: admissionv1.Create}
	switch {
	case st.delete != "":
		if old == nil {
			t.Fatalf("%s is not there to be deleted", o.Ref)
		}
		request.Operation = admissionv1.Delete
		return check.Change{Request: request, OldObject: old}
	case old != nil:
		request.Operation = admissionv1.Update
	}
	return check.Change{Request: request, Object: o, OldObject: old}
}

// deniedBy are the rules and subjects of findings that deny, each once, in the order of the findings.
func deniedBy(findings []check.Finding) []string {
	var list []string
	seen := map[string]bool{}
	for _, f := range findings {
		line := f.Rule + " " + f.Subject.String()
		if f.Action == check.ActionDeny && !seen[line] {
			seen[line] = true
			list = append(list, line)
		}
	}
	return list
}

// decodeAll reads YAML documents; an object that names no namespace lies in ditto, unless its kind has none.
func decodeAll(t testing.TB, text string) []*inventory.Object {
	t.Helper()
	list := objects.Of(t, text)
	for i, o := range list {
		if o.Ref.Namespace == "" && o.Ref.Kind != "IngressClass" && o.Ref.Kind != "Namespace" && !crd.ClusterScoped(o.Ref.GroupKind()) {
			var err error
			if list[i], err = o.InNamespace("ditto"); err != nil {
				t.Fatal(err)
			}
		}
	}
	return list
}

// inventoryOf holds the objects of texts.
func inventoryOf(t testing.TB, yaml ...string) *inventory.Memory {
	t.Helper()
	inv := inventory.NewMemory(index.Of, nil)
	for _, o := range decodeAll(t, strings.Join(yaml, "\n---")) {
		inv.Put(o)
	}
	return inv
}

// denyingUnknown makes a checker of all built-in rules, some of which deny what they cannot decide.
func denyingUnknown(t testing.TB, names ...string) *check.Checker {
	t.Helper()
	cfg := config.Default()
	for _, name := range names {
		cfg.Rules[name] = config.Rule{DenyUnknown: true}
	}
	return builtin(t, cfg)
}

// builtin makes a checker of all built-in rules; a configuration of nil is the default one.
func builtin(t testing.TB, cfg *config.Config) *check.Checker {
	t.Helper()
	list, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	if cfg == nil {
		cfg = config.Default()
	}
	return newChecker(t, list, cfg)
}

// The objects that sequences are made of. A gateway has passwords of its own, so that only what a sequence is about is
// wrong with it.
func gatewayDeployment(env string) string {
	return `
apiVersion: apps/v1
kind: Deployment
metadata: {name: gateway, uid: gateway-uid}
spec:
  selector: {matchLabels: {app: gateway}}
  template:
    metadata: {labels: {app: gateway}}
    spec:
      containers:
      - name: gateway
        image: example.com/iot/ditto-gateway:3.9.6
        ports: [{name: http, containerPort: 8080}, {name: remoting, containerPort: 2551}]
        env:
        - {name: DEVOPS_PASSWORD, value: "q8W!d93kLs02"}
        - {name: STATUS_PASSWORD, value: "q8W!d93kLs03"}
` + indentLines(env, 8)
}

func indentLines(text string, by int) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString(strings.Repeat(" ", by) + line)
	}
	b.WriteByte('\n')
	return b.String()
}

const (
	preAuth        = `- {name: ENABLE_PRE_AUTHENTICATION, value: "true"}`
	noPreAuth      = `- {name: ENABLE_PRE_AUTHENTICATION, value: "false"}`
	gatewayService = `
apiVersion: v1
kind: Service
metadata: {name: gateway}
spec: {selector: {app: gateway}, ports: [{name: http, port: 8080, targetPort: 8080}]}
`
	preAuthOnGateway = "preauth-exposed Deployment ditto/gateway"
)

// serviceOf is a Service with a selector or other fields of its spec in YAML's flow style.
func serviceOf(name, spec string) string {
	return "\napiVersion: v1\nkind: Service\nmetadata: {name: " + name + "}\nspec: {" + spec + "}\n"
}

// ingressTo is an Ingress with one path.
func ingressTo(name, service string, port, path string) string {
	return `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: ` + name + `}
spec:
  rules:
  - host: ditto.example.com
    http:
      paths: [{path: "` + path + `", pathType: Prefix, backend: {service: {name: ` + service + `, port: {` + port + `}}}}]
`
}

func TestSequences(t *testing.T) {
	t.Parallel()
	publicGateway := []string{preAuthOnGateway, "devops-exposed Service ditto/public"}
	onlyPreAuth := []string{preAuthOnGateway}
	for _, s := range []sequence{
		{
			name: "a Service may select a pod by a label that only its controller gives it",
			steps: []step{
				{apply: gatewayStatefulSet},
				{apply: serviceOf("other", `type: LoadBalancer, selector: {app: gateway, statefulset.kubernetes.io/pod-name: shop-0}, ports: [{port: 8080}]`)},
				{
					apply:  serviceOf("public", `type: LoadBalancer, selector: {app: gateway, statefulset.kubernetes.io/pod-name: gateway-0}, ports: [{port: 8080}]`),
					denied: []string{"preauth-exposed StatefulSet ditto/gateway", "devops-exposed Service ditto/public"},
				},
			},
		},
		{
			name: "the StatefulSet may come after a Service for one of its pods",
			steps: []step{
				{apply: serviceOf("public", `type: LoadBalancer, selector: {statefulset.kubernetes.io/pod-name: gateway-0}, ports: [{port: 8080}]`)},
				{apply: gatewayStatefulSet, denied: []string{"preauth-exposed StatefulSet ditto/gateway", "devops-exposed Service ditto/public"}},
			},
		},
		{
			name: "an Ingress may name a Service's target port",
			steps: []step{
				{apply: gatewayDeployment(preAuth)},
				{apply: serviceOf("gateway", `selector: {app: gateway}, ports: [{name: web, port: 80, targetPort: 8080}]`)},
				{apply: ingressTo("api", "gateway", "number: 9999", "/api")},
				{apply: ingressTo("api", "gateway", "number: 8080", "/api"), denied: onlyPreAuth},
			},
		},
		{
			name: "a headless Service's name reaches ports that it does not list",
			steps: []step{
				{apply: gatewayDeployment(preAuth)},
				{apply: serviceOf("gateway", `clusterIP: None, selector: {app: gateway}, ports: [{name: remoting, port: 2551}]`)},
				{apply: serviceOf("alias", `type: ExternalName, externalName: gateway.ditto.svc.cluster.local, ports: [{port: 8080}]`)},
				{apply: ingressTo("api", "alias", "number: 8080", "/api"), denied: onlyPreAuth},
			},
		},
		{
			name: "a headless Service's alias reaches the pods' port, not the Service's",
			steps: []step{
				{apply: gatewayDeployment(preAuth)},
				{apply: serviceOf("gateway", `clusterIP: None, selector: {app: gateway}, ports: [{name: http, port: 80, targetPort: 8080}]`)},
				{apply: serviceOf("alias", `type: ExternalName, externalName: gateway.ditto.svc.cluster.local, ports: [{port: 8080}]`)},
				{apply: ingressTo("api", "alias", "number: 8080", "/api"), denied: onlyPreAuth},
			},
		},
		{
			name: "an alias may stand for one pod of a headless Service",
			steps: []step{
				{apply: gatewayStatefulSet},
				{apply: serviceOf("gateway", `clusterIP: None, selector: {app: gateway}, ports: [{name: http, port: 8080}]`)},
				{apply: ingressTo("api", "alias", "number: 8080", "/api")},
				{
					apply:  serviceOf("alias", `type: ExternalName, externalName: gateway-0.gateway.ditto.svc.cluster.local, ports: [{port: 8080}]`),
					denied: []string{"preauth-exposed StatefulSet ditto/gateway"},
				},
			},
		},
		{
			name: "a proxy may name one pod of a headless Service",
			steps: []step{
				{apply: gatewayStatefulSet},
				{apply: serviceOf("gateway", `clusterIP: None, selector: {app: gateway}, ports: [{name: http, port: 8080}]`)},
				{apply: nginxConfigMap("data", `location /api { proxy_pass http://gateway-0.gateway:8080; }`)},
				{apply: nginxDeployment},
				{apply: serviceOf("public", `type: LoadBalancer, selector: {app: nginx}, ports: [{port: 80}]`), denied: []string{"preauth-exposed StatefulSet ditto/gateway"}},
			},
		},
		{
			name: "a proxy's configuration may be binary data",
			steps: []step{
				{apply: gatewayDeployment(preAuth)},
				{apply: gatewayService},
				{apply: nginxConfigMap("binaryData", `location /api { proxy_pass http://gateway:8080; }`)},
				{apply: nginxDeployment},
				{apply: serviceOf("public", `type: LoadBalancer, selector: {app: nginx}, ports: [{port: 80}]`), denied: onlyPreAuth},
			},
		},
		{
			name: "ports are where the settings put them, whatever the container declares",
			steps: []step{
				{apply: thingsDeployment(`ports: [{name: remoting, containerPort: 9999}], env: [{name: PROMETHEUS_PORT, value: "9096"}]`)},
				{apply: serviceOf("a", `type: NodePort, selector: {app: things}, ports: [{port: 9999}]`)},
				{apply: serviceOf("b", `type: NodePort, selector: {app: things}, ports: [{port: 2551}]`), denied: []string{"internal-port-exposed Service ditto/b"}},
				{apply: serviceOf("c", `type: NodePort, selector: {app: things}, ports: [{port: 9096}]`), denied: []string{"internal-port-exposed Service ditto/c"}},
			},
		},
		{
			name: "a host port at the node's loopback address is not public, one at any other is",
			steps: []step{
				{apply: thingsDeployment(`ports: [{containerPort: 2551, hostPort: 2551, hostIP: 127.0.0.1}]`)},
				{
					apply:  thingsDeployment(`ports: [{containerPort: 2551, hostPort: 2551, hostIP: 127.0.0.1}, {containerPort: 2551, hostPort: 2551, hostIP: 10.0.0.1}]`),
					denied: []string{"internal-port-exposed Deployment ditto/things"},
				},
			},
		},
		{
			name: "a port's name is looked for in sidecars last, and among TCP ports only",
			steps: []step{
				{apply: `
apiVersion: apps/v1
kind: Deployment
metadata: {name: gateway}
spec:
  template:
    metadata: {labels: {app: gateway}}
    spec:
      initContainers:
      - {name: sidecar, image: example.com/sidecar, restartPolicy: Always, ports: [{name: http, containerPort: 9000}]}
      containers:
      - {name: beside, image: example.com/beside, ports: [{name: http, containerPort: 9001, protocol: UDP}]}
      - name: gateway
        image: example.com/ditto-gateway:3.9.6
        ports: [{name: http, containerPort: 8080}]
        env:
        - {name: ENABLE_PRE_AUTHENTICATION, value: "true"}
        - {name: DEVOPS_PASSWORD, value: "q8W!d93kLs02"}
        - {name: STATUS_PASSWORD, value: "q8W!d93kLs03"}
`},
				{apply: serviceOf("public", `type: NodePort, selector: {app: gateway}, ports: [{port: 80, targetPort: http}]`), denied: publicGateway},
			},
		},
		{
			name: "a Route can rewrite the path, and may begin to do so later",
			steps: []step{
				{apply: gatewayDeployment(noPreAuth)},
				{apply: gatewayService},
				{apply: routeTo("/api/2/things", "")},
				{apply: routeTo("/api/2/things", "/api/2/things/shop")},
				{apply: routeTo("/api/2/things", "/devops"), denied: []string{"devops-exposed Route ditto/route"}},
				{apply: routeTo("/api/2/things", "/"), denied: []string{"devops-exposed Route ditto/route"}},
			},
		},
		{
			name: "ingress-nginx sends requests to the default backend where a path's own Service has no endpoints",
			steps: []step{
				{apply: gatewayDeployment(preAuth)},
				{apply: gatewayService},
				{apply: nginxIngress("shop", "/", "shop", ``)},
				{
					apply:  nginxIngress("shop", "/", "shop", `default-backend: gateway`),
					denied: []string{preAuthOnGateway, "devops-exposed Ingress ditto/shop"},
				},
			},
		},
		{
			name: "a path / that goes away leaves it to the default backend of another Ingress of its host",
			steps: []step{
				{apply: gatewayDeployment(noPreAuth)},
				{apply: gatewayService},
				{apply: nginxIngress("shop", "/", "shop", ``)},
				{apply: strings.Replace(nginxIngress("api", "/api/2/things", "gateway", ``), "spec:\n",
					"spec:\n  defaultBackend: {service: {name: gateway, port: {number: 8080}}}\n", 1)},
				{
					apply:  strings.Replace(nginxIngress("shop", "/", "shop", ``), "ditto.example.com", "shop.example.com", 1),
					denied: []string{"devops-exposed Ingress ditto/api"},
				},
			},
		},
		{
			name: "an Ingress can turn the paths of another one of its host into regular expressions",
			steps: []step{
				{apply: gatewayDeployment(noPreAuth)},
				{apply: gatewayService},
				{apply: strings.Replace(nginxIngress("api", "/", "gateway", ``), "Prefix", "Exact", 1)},
				{apply: nginxIngress("shop", "/shop", "shop", `use-regex: "true"`), denied: []string{"devops-exposed Ingress ditto/api"}},
				{apply: strings.Replace(nginxIngress("shop", "/shop", "shop", `use-regex: "true"`), "ditto.example.com", "shop.example.com", 1)},
			},
		},
		{
			name: "what a canary says of authentication does not count, what its main Ingress says does",
			steps: []step{
				{apply: gatewayDeployment(preAuth)},
				{apply: gatewayService},
				{apply: nginxIngress("main", "/api", "shop", authenticated)},
				{apply: nginxIngress("canary", "/api", "gateway", `canary: "true"`)},
				{apply: nginxIngress("main", "/api", "shop", ``), denied: onlyPreAuth},
				{delete: nginxIngress("canary", "/api", "gateway", ``)},
				{apply: nginxIngress("main", "/api", "shop", ``)},
				{apply: nginxIngress("canary", "/api", "gateway", `canary: "true", `+authenticated), denied: onlyPreAuth},
			},
		},
		{
			name:  "an EndpointSlice by hand leads to a pod that its Service does not select",
			there: gatewayDeployment(preAuth) + "---" + gatewayReplicaSet(preAuth) + "---" + gatewayPod("", preAuth),
			steps: []step{
				{apply: serviceOf("detour", `ports: [{port: 80}]`)},
				{apply: detourSlice},
				{
					apply:  serviceOf("detour", `type: NodePort, ports: [{port: 80}]`),
					denied: []string{"preauth-exposed Pod ditto/gateway-abc-1", "devops-exposed Service ditto/detour"},
				},
			},
		},
		{
			name:  "owner references do not hide a pod that runs something else",
			there: gatewayDeployment(noPreAuth) + "---" + gatewayReplicaSet(noPreAuth),
			steps: []step{
				{apply: gatewayPod("", preAuth)},
				{apply: gatewayService},
				{apply: ingressTo("api", "gateway", "number: 8080", "/api"), denied: []string{"preauth-exposed Pod ditto/gateway-abc-1"}},
			},
		},
		{
			name:  "a pod that is relabelled into a public Service",
			there: gatewayDeployment(preAuth) + "---" + gatewayReplicaSet(preAuth) + "---" + gatewayPod("", preAuth),
			steps: []step{
				{apply: serviceOf("public", `type: NodePort, selector: {debug: "yes"}, ports: [{port: 80, targetPort: 8080}]`)},
				{
					apply:  gatewayPod(`debug: "yes", `, preAuth),
					denied: []string{"preauth-exposed Pod ditto/gateway-abc-1", "devops-exposed Service ditto/public"},
				},
			},
		},
		{
			name: "a ReplicaSet that is scaled down to nothing does not count",
			there: strings.Replace(gatewayDeployment(noPreAuth), "uid: gateway-uid", `uid: gateway-uid, annotations: {deployment.kubernetes.io/revision: "2"}`, 1) +
				"---" + strings.NewReplacer(`value: "q8W!d93kLs02"`,
				`valueFrom: {secretKeyRef: {name: old, key: devops, optional: true}}`, "spec:\n  selector", "spec:\n  replicas: 0\n  selector").
				Replace(gatewayReplicaSet(``)) + `---
apiVersion: v1
kind: Secret
metadata: {name: old}
stringData: {devops: "kFd93kLs0233"}
`,
			steps: []step{
				{apply: "apiVersion: v1\nkind: Secret\nmetadata: {name: old}\nstringData: {}\n"},
			},
		},
		{
			name: "a setting that a ConfigMap turns on later, and rolled back",
			steps: []step{
				{apply: gatewayDeployment(`- {name: ENABLE_PRE_AUTHENTICATION, valueFrom: {configMapKeyRef: {name: switches, key: pre-auth}}}`)},
				{apply: gatewayService},
				{apply: ingressTo("api", "gateway", "number: 8080", "/api")},
				{apply: switches("false")},
				{apply: switches("true"), denied: onlyPreAuth},
				{apply: gatewayDeployment(preAuth), denied: onlyPreAuth},
				{apply: gatewayDeployment(noPreAuth)},
				{apply: switches("true")},
				{delete: switches("true")},
			},
		},
		{
			name:  "what is wrong already does not stop what changes nothing about it",
			there: gatewayDeployment(preAuth) + "---" + gatewayService + "---" + ingressTo("api", "gateway", "number: 8080", "/"),
			steps: []step{
				{apply: strings.Replace(gatewayDeployment(preAuth), "uid: gateway-uid", "uid: gateway-uid, labels: {a: b}", 1)},
				{apply: strings.Replace(gatewayDeployment(preAuth), "3.9.6", "3.9.7", 1)},
				{apply: gatewayDeployment(preAuth + "\n" + `- {name: LOG_LEVEL, value: INFO}`)},
				{apply: serviceOf("public", `type: NodePort, selector: {app: gateway}, ports: [{port: 8080}]`), denied: publicGateway},
				{apply: gatewayDeployment(noPreAuth)},
				{apply: gatewayDeployment(preAuth), denied: onlyPreAuth},
				{delete: ingressTo("api", "gateway", "number: 8080", "/")},
				{apply: gatewayDeployment(preAuth)},
			},
		},
		{
			name: "allowed addresses are worth what the proxy sees of them",
			steps: []step{
				{apply: gatewayDeployment(preAuth)},
				{apply: gatewayService},
				{apply: nginxDeployment},
				{apply: serviceOf("public", `type: LoadBalancer, selector: {app: nginx}, ports: [{port: 80}]`)},
				{apply: nginxConfigMap("data", `location /api { allow 10.0.0.0/8; deny all; proxy_pass http://gateway:8080; }`)},
				{apply: nginxConfigMap("data", `location /api { allow 0.0.0.0/0; deny all; proxy_pass http://gateway:8080; }`), denied: onlyPreAuth},
				{apply: nginxConfigMap("data", `location /api { allow 0.0.0.0/1; allow 128.0.0.0/1; deny all; proxy_pass http://gateway:8080; }`), denied: onlyPreAuth},
				{apply: nginxConfigMap("data", `location /api { allow 127.0.0.1; deny all; proxy_pass http://gateway:8080; }`)},
			},
		},
	} {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			s.run(t, builtin(t, nil))
		})
	}
}

// TestAllowedAddressesAreDoubted: behind a load balancer that puts a node's address in place of the client's, allow and
// deny prove nothing, which is said.
func TestAllowedAddressesAreDoubted(t *testing.T) {
	t.Parallel()
	conf := `location /devops { allow 10.0.0.0/8; deny all; proxy_pass http://gateway:8080; }`
	for _, test := range []struct {
		name, service, conf string
		doubted             bool
	}{
		{"a load balancer as it comes", `type: LoadBalancer, `, conf, true},
		{"one that keeps addresses", `type: LoadBalancer, externalTrafficPolicy: Local, `, conf, false},
		{"nginx told where the address stands", `type: LoadBalancer, `, "set_real_ip_from 10.0.0.0/8; real_ip_header X-Forwarded-For; " + conf, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			inv := inventory.NewMemory(index.Of, nil)
			for _, text := range []string{
				gatewayDeployment(noPreAuth), gatewayService, nginxDeployment, nginxConfigMap("data", test.conf),
				serviceOf("public", test.service+`selector: {app: nginx}, ports: [{port: 80}]`),
			} {
				inv.Put(decodeAll(t, text)[0])
			}
			result := judged(t, builtin(t, nil), inv)
			if got := deniedBy(result.Findings); got != nil {
				t.Errorf("refused for %v", got)
			}
			doubted := false
			for _, u := range result.Unknown {
				doubted = doubted || u.Rule == "devops-exposed" && strings.Contains(u.Message, "set_real_ip_from")
			}
			if doubted != test.doubted {
				t.Errorf("doubted: %v, unknown: %+v", doubted, result.Unknown)
			}
		})
	}
}

// TestAuditFollowsEndpointSlices: a pod whose Deployment is judged is judged itself where an EndpointSlice that somebody
// wrote leads to it.
func TestAuditFollowsEndpointSlices(t *testing.T) {
	t.Parallel()
	inv := inventory.NewMemory(index.Of, nil)
	for _, text := range []string{
		gatewayDeployment(preAuth), gatewayReplicaSet(preAuth), gatewayPod("", preAuth), detourSlice,
		serviceOf("detour", `type: NodePort, ports: [{port: 80}]`),
	} {
		inv.Put(decodeAll(t, text)[0])
	}
	got := deniedBy(judged(t, builtin(t, nil), inv).Findings)
	want := []string{"preauth-exposed Pod ditto/gateway-abc-1", "devops-exposed Service ditto/detour"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestForeignVersionsTellNothing: a kind that is read, in a version that no API server serves, is as good as not there.
func TestForeignVersionsTellNothing(t *testing.T) {
	t.Parallel()
	inv := inventory.NewMemory(index.Of, nil)
	for _, o := range decodeAll(t, gatewayDeployment(noPreAuth)+`        envFrom: [{configMapRef: {name: odd}}, {secretRef: {name: odd}}]
---
apiVersion: v2
kind: ConfigMap
metadata: {name: odd}
---
apiVersion: v2
kind: Secret
metadata: {name: odd}
---
apiVersion: v2
kind: Namespace
metadata: {name: ditto}
---
apiVersion: v2
kind: Service
metadata: {name: gateway}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: api}
spec: {defaultBackend: {service: {name: gateway, port: {number: 8080}}}}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: gateway-1, labels: {kubernetes.io/service-name: gateway}}
addressType: IPv4
endpoints: [{addresses: [10.0.0.5]}]
---
apiVersion: v1
kind: Pod
metadata: {name: gateway}
spec: {containers: [{name: ditto-gateway, image: ditto-gateway}]}
status: {podIPs: [{ip: 10.0.0.5}]}
`) {
		inv.Put(o)
	}
	got := deniedBy(judged(t, builtin(t, nil), inv).Findings)
	if diff := cmp.Diff([]string{"devops-default-password Pod ditto/gateway"}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

const (
	gatewayStatefulSet = `
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: gateway}
spec:
  selector: {matchLabels: {app: gateway}}
  template:
    metadata: {labels: {app: gateway}}
    spec:
      containers:
      - name: gateway
        image: example.com/iot/ditto-gateway:3.9.6
        env:
        - {name: ENABLE_PRE_AUTHENTICATION, value: "true"}
        - {name: DEVOPS_PASSWORD, value: "q8W!d93kLs02"}
        - {name: STATUS_PASSWORD, value: "q8W!d93kLs03"}
`
	nginxDeployment = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: nginx}
spec:
  selector: {matchLabels: {app: nginx}}
  template:
    metadata: {labels: {app: nginx}}
    spec:
      containers:
      - name: nginx
        image: example.com/nginx:1.30
        volumeMounts: [{name: conf, mountPath: /etc/nginx/nginx.conf, subPath: nginx.conf}]
      volumes: [{name: conf, configMap: {name: nginx-conf}}]
`
	detourSlice = `
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: detour-1, labels: {kubernetes.io/service-name: detour}}
addressType: IPv4
ports: [{name: "", port: 8080}]
endpoints: [{addresses: [10.0.0.5]}]
`
	// authenticated are annotations of ingress-nginx that make an Ingress safe.
	authenticated = `auth-url: "http://auth.ditto.svc/verify", auth-response-headers: x-ditto-pre-authenticated`
)

// nginxConfigMap holds an nginx.conf with one server, in one of a ConfigMap's two fields.
func nginxConfigMap(field, locations string) string {
	conf := "events {}\nhttp {\n  server {\n    listen 80;\n    " + locations + "\n  }\n}\n"
	if field == "binaryData" {
		return "\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: nginx-conf}\nbinaryData:\n  nginx.conf: " +
			base64.StdEncoding.EncodeToString([]byte(conf)) + "\n"
	}
	return "\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: nginx-conf}\ndata:\n  nginx.conf: |\n" + indentLines(conf, 4)
}

// nginxIngress is an Ingress of ingress-nginx with one path and, in YAML's flow style, annotations of that controller.
func nginxIngress(name, path, service, annotations string) string {
	var list []string
	for a := range strings.SplitSeq(annotations, ", ") {
		if a != "" {
			list = append(list, "nginx.ingress.kubernetes.io/"+a)
		}
	}
	ing := ingressTo(name, service, "number: 8080", path)
	ing = strings.Replace(ing, "metadata: {name: "+name+"}", "metadata: {name: "+name+", annotations: {"+strings.Join(list, ", ")+"}}", 1)
	return strings.Replace(ing, "spec:\n", "spec:\n  ingressClassName: nginx\n", 1)
}

// routeTo is an OpenShift Route to the gateway's Service.
func routeTo(path, rewriteTarget string) string {
	annotations := ""
	if rewriteTarget != "" {
		annotations = "haproxy.router.openshift.io/rewrite-target: " + rewriteTarget
	}
	return `
apiVersion: route.openshift.io/v1
kind: Route
metadata: {name: route, annotations: {` + annotations + `}}
spec: {host: ditto.example.com, path: ` + path + `, to: {kind: Service, name: gateway}, port: {targetPort: http}}
`
}

// thingsDeployment runs the things service, with further fields of its container in YAML's flow style.
func thingsDeployment(fields string) string {
	return `
apiVersion: apps/v1
kind: Deployment
metadata: {name: things}
spec:
  selector: {matchLabels: {app: things}}
  template:
    metadata: {labels: {app: things}}
    spec:
      containers: [{name: things, image: example.com/iot/ditto-things:3.9.6, ` + fields + `}]
`
}

// gatewayReplicaSet is what the Deployment controller makes of gatewayDeployment.
func gatewayReplicaSet(env string) string {
	return strings.NewReplacer(
		"kind: Deployment", "kind: ReplicaSet",
		"metadata: {name: gateway, uid: gateway-uid}", "metadata: {name: gateway-abc, uid: gateway-abc-uid, labels: {pod-template-hash: abc}, "+
			`annotations: {deployment.kubernetes.io/revision: "1"}, `+
			"ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: gateway, uid: gateway-uid, controller: true}]}",
		"{app: gateway}", "{app: gateway, pod-template-hash: abc}",
	).Replace(gatewayDeployment(env))
}

// gatewayPod is what the ReplicaSet controller makes of gatewayReplicaSet, save for further labels.
func gatewayPod(labels, env string) string {
	_, spec, _ := strings.Cut(gatewayDeployment(env), "    spec:\n")
	return `
apiVersion: v1
kind: Pod
metadata: {name: gateway-abc-1, uid: pod-uid, labels: {` + labels + `app: gateway, pod-template-hash: abc}, ` +
		`ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: gateway-abc, uid: gateway-abc-uid, controller: true}]}
status: {podIP: 10.0.0.5, podIPs: [{ip: 10.0.0.5}]}
spec:
` + spec
}

// switches is a ConfigMap with the value of one setting.
func switches(preAuth string) string {
	return "\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: switches}\ndata: {pre-auth: \"" + preAuth + "\"}\n"
}
