package check_test

import (
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/ditto/index"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/test/sample"
)

// TestRandomSequences sends requests in random order to a cluster in which nothing is wrong: a request is refused if and
// only if something would be wrong with all objects together after it. So no order of requests gets past, and none is
// refused for nothing.
func TestRandomSequences(t *testing.T) {
	t.Parallel()
	seeds := uint64(15)
	if testing.Short() {
		seeds = uint64(sample.Count(5, 5))
	}
	checker := builtin(t, nil)
	var choice [][]*inventory.Object
	for _, name := range slices.Sorted(maps.Keys(variants())) {
		var list []*inventory.Object
		for _, text := range variants()[name] {
			list = append(list, decodeAll(t, text)...)
		}
		choice = append(choice, list)
	}
	for seed := range seeds {
		r := rand.New(rand.NewPCG(seed, 7))
		inv := inventory.NewMemory(index.Of, nil)
		for n := range 60 {
			list := choice[r.IntN(len(choice))]
			change := randomChange(inv, list[r.IntN(len(list))], r)
			verdict, err := checker.Change(t.Context(), inv, change)
			if err != nil {
				t.Fatal(err)
			}
			after := inventory.NewMemory(index.Of, nil)
			for _, o := range inv.All() {
				if o.Ref.ID() != changed(change).Ref.ID() {
					after.Put(o)
				}
			}
			if change.Object != nil {
				after.Put(change.Object)
			}
			all := judged(t, checker, after)
			if got := deniedBy(verdict.Denied); len(got) == 0 != (all.Summary.Denied == 0) {
				var there []string
				for _, o := range inv.All() {
					there = append(there, string(o.Raw()))
				}
				t.Fatalf("seed %d, request %d, %s %s: refused for %v, wrong with all objects is %v; there:\n%s", seed, n,
					change.Request.Operation, changed(change).Ref, got, deniedBy(all.Findings), strings.Join(there, "\n"))
			}
			if len(verdict.Denied) == 0 {
				inv = after
			}
		}
	}
}

// randomChange creates the object or, if there is one of that name, puts it in its place or, once in three times,
// deletes that.
func randomChange(inv inventory.Reader, o *inventory.Object, r *rand.Rand) check.Change {
	old := inv.Get(o.Ref.GroupKind(), o.Ref.Namespace, o.Ref.Name)
	request := &admissionv1.AdmissionRequest{Name: o.Ref.Name, Namespace: o.Ref.Namespace, Operation: admissionv1.Create}
	switch {
	case old != nil && r.IntN(3) == 0:
		request.Operation = admissionv1.Delete
		return check.Change{Request: request, OldObject: old}
	case old != nil:
		request.Operation = admissionv1.Update
	}
	return check.Change{Request: request, Object: o, OldObject: old}
}

// variants are the objects that random requests are about, under each name some versions of one object.
func variants() map[string][]string {
	other := func(text string) string {
		return strings.NewReplacer("metadata: {name: ", "metadata: {namespace: other, name: ", "uid: gateway-uid", "uid: other-uid").Replace(text)
	}
	service := func(name string, specs ...string) []string {
		var list []string
		for _, spec := range specs {
			list = append(list, serviceOf(name, spec))
		}
		return list
	}
	data := func(kind, name string, data ...string) []string {
		field := map[string]string{"ConfigMap": "data", "Secret": "stringData"}[kind]
		var list []string
		for _, d := range data {
			list = append(list, "apiVersion: v1\nkind: "+kind+"\nmetadata: {name: "+name+"}\n"+field+": {"+d+"}\n")
		}
		return list
	}
	class := func(name string, controllers ...string) []string {
		var list []string
		for _, c := range controllers {
			list = append(list, "apiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: {name: "+name+"}\nspec: {controller: "+c+"}\n")
		}
		return list
	}
	of := func(class, annotation, ingress string) string {
		return strings.NewReplacer("ingressClassName: nginx", "ingressClassName: "+class, "annotations: {", "annotations: {"+annotation).Replace(ingress)
	}
	const setsIdentity = `location /api { auth_basic x; auth_basic_user_file /etc/nginx/users; ` +
		`proxy_set_header x-ditto-pre-authenticated "nginx:$remote_user"; proxy_pass http://gateway:8080; }`
	mounting := func(text, mount, volume string) string {
		return strings.Replace(text, "        env:", "        volumeMounts: ["+mount+"]\n        env:", 1) + "      volumes: [" + volume + "]\n"
	}
	return map[string][]string{
		"gateway": {
			gatewayDeployment(""), gatewayDeployment(preAuth), gatewayDeployment(noPreAuth),
			gatewayDeployment(`- {name: ENABLE_PRE_AUTHENTICATION, valueFrom: {configMapKeyRef: {name: switches, key: pre-auth, optional: true}}}`),
			gatewayDeployment(`- {name: DEVOPS_SECURED, valueFrom: {configMapKeyRef: {name: switches, key: devops, optional: true}}}`),
			gatewayDeployment(`- {name: DEVOPS_PASSWORD, valueFrom: {secretKeyRef: {name: passwords, key: devops, optional: true}}}`),
			gatewayDeployment(`- {name: HTTP_PORT, value: "9000"}` + "\n" + preAuth),
			gatewayDeployment("") + "        envFrom: [{configMapRef: {name: switches}}]\n",
			strings.Replace(gatewayDeployment(preAuth), "labels: {app: gateway}", "labels: {app: gateway, extra: a}", 1),
			mounting(gatewayDeployment(""), "{name: e, mountPath: /opt/ditto}", "{name: e, projected: {sources: [{configMap: {name: extension}}]}}"),
		},
		"gateway elsewhere":  {other(gatewayDeployment(preAuth)), other(gatewayDeployment(noPreAuth))},
		"gateway with names": {gatewayStatefulSet, strings.Replace(gatewayStatefulSet, `value: "true"`, `value: "false"`, 1)},
		"gateway by configuration": {`
apiVersion: apps/v1
kind: Deployment
metadata: {name: plain}
spec:
  template:
    metadata: {labels: {extra: a}}
    spec: {containers: [{name: main, image: example.com/app, envFrom: [{configMapRef: {name: switches}}]}]}
`},
		"pod": {gatewayPod("", preAuth), gatewayPod("", noPreAuth), gatewayPod("extra: a, ", preAuth)},
		"switches": data("ConfigMap", "switches", `pre-auth: "true"`, `pre-auth: "false"`, `devops: "false"`, `other: value`,
			`ENABLE_PRE_AUTHENTICATION: "true", DEVOPS_PASSWORD: fFd03lddk3, STATUS_PASSWORD: fd00dkdkdd`),
		"extension": data("ConfigMap", "extension", `gateway-extension.conf: "ditto.gateway.authentication.pre-authentication.enabled = true"`,
			`gateway-extension.conf: "a = b"`),
		"passwords": data("Secret", "passwords", `devops: foobar`, `devops: Kfd9fdkfd`, `other: value`),
		"gateway's Service": service("gateway",
			`selector: {app: gateway}, ports: [{name: http, port: 8080}]`, `selector: {app: gateway}, ports: [{name: http, port: 80, targetPort: 8080}]`,
			`selector: {app: gateway}, ports: [{name: http, port: 8080, targetPort: http}]`, `type: NodePort, selector: {app: gateway}, ports: [{port: 8080}]`,
			`clusterIP: None, selector: {app: gateway}, ports: [{name: http, port: 2551}]`, `type: ExternalName, externalName: alias.ditto.svc`,
			`clusterIP: 10.96.0.9, selector: {app: gateway}, ports: [{port: 8080}]`),
		"Service by another label": service("extra", `selector: {extra: a}, ports: [{port: 8080}]`, `ports: [{port: 8080}]`,
			`type: LoadBalancer, selector: {extra: a}, ports: [{port: 2551}]`, `type: LoadBalancer, selector: {extra: a}, ports: [{port: 80, targetPort: 8080}]`),
		"Service of one pod": service("one", `type: LoadBalancer, selector: {statefulset.kubernetes.io/pod-name: gateway-0}, ports: [{port: 8080}]`,
			`selector: {statefulset.kubernetes.io/pod-name: gateway-0}, ports: [{port: 8080}]`,
			`type: ExternalName, externalName: gateway-0.gateway.ditto.svc.cluster.local`),
		"alias": service("alias", `type: ExternalName, externalName: gateway.ditto.svc.cluster.local, ports: [{port: 8080}]`,
			`selector: {app: gateway}, ports: [{port: 8080}]`, `type: ExternalName, externalName: gateway.other.svc`),
		"Service elsewhere": {
			other(serviceOf("gateway", `selector: {app: gateway}, ports: [{port: 8080}]`)),
			other(serviceOf("gateway", `type: ExternalName, externalName: gateway.ditto.svc, ports: [{port: 8080}]`)),
		},
		"slice": {
			strings.Replace(detourSlice, "service-name: detour", "service-name: extra", 1),
			strings.NewReplacer("service-name: detour", "service-name: extra", "10.0.0.5", "10.96.0.9").Replace(detourSlice),
		},
		"nginx.conf": {
			nginxConfigMap("data", setsIdentity), nginxConfigMap("data", `location /api { proxy_pass http://gateway:8080; }`),
			nginxConfigMap("data", `location / { proxy_pass http://gateway.other:8080; }`), nginxConfigMap("data", `location / { return 404; }`),
			nginxConfigMap("data", setsIdentity+` location /status { proxy_pass http://alias:8080/overall/status; }`),
			nginxConfigMap("data", `location /api { proxy_pass http://nginx:81; }`), nginxConfigMap("data", `location / { proxy_pass http://10.96.0.9:8080; }`),
		},
		"another nginx.conf": {strings.Replace(nginxConfigMap("data", `location / { proxy_pass http://gateway:8080; }`), "nginx-conf", "another-conf", 1)},
		"nginx": {
			nginxDeployment, strings.Replace(nginxDeployment, "{name: nginx-conf}", "{name: another-conf}", 1),
			strings.Replace(nginxDeployment, "    spec:\n", "    spec:\n      hostNetwork: true\n", 1),
		},
		"nginx's Service": service("nginx", `type: LoadBalancer, selector: {app: nginx}, ports: [{port: 80}]`,
			`selector: {app: nginx}, ports: [{port: 80}]`, `selector: {app: nginx}, ports: [{port: 81, targetPort: 80}]`),
		"Ingress": {
			nginxIngress("api", "/api", "gateway", ""), nginxIngress("api", "/api", "gateway", authenticated), nginxIngress("api", "/", "alias", ""),
			nginxIngress("api", "/", "nginx", ""), nginxIngress("api", "/", "shop", "default-backend: alias"), nginxIngress("api", "/", "one", ""),
			of("f5", "", nginxIngress("api", "/api", "gateway", "")),
			of("f5", "nginx.org/mergeable-ingress-type: minion", nginxIngress("api", "/api", "gateway", "")),
		},
		"neighbour": {
			nginxIngress("neighbour", "/shop", "shop", `use-regex: "true"`), nginxIngress("neighbour", "/api", "alias", `canary: "true", `+authenticated),
			nginxIngress("neighbour", "/api", "shop", authenticated), strings.Replace(nginxIngress("neighbour", "/", "gateway", ""), "Prefix", "Exact", 1),
			of("f5", `nginx.org/mergeable-ingress-type: master, nginx.org/basic-auth-secret: users, nginx.org/proxy-set-headers: "x-ditto-pre-authenticated: me"`,
				nginxIngress("neighbour", "/shop", "shop", "")),
		},
		"Ingress elsewhere": {other(nginxIngress("api", "/", "gateway", ""))},
		"class":             class("nginx", "k8s.io/ingress-nginx", "nginx.org/ingress-controller", "example.com/unknown"),
		"another class":     class("f5", "nginx.org/ingress-controller", "k8s.io/ingress-nginx"),
		"Route":             {routeTo("/api/2/things", ""), routeTo("/api/2/things", "/"), routeTo("/devops", "")},
		"users":             data("Secret", "users", `auth: "ditto:A6BgmB8IEtPTs"`, `auth: "ditto:{PLAIN}Kfd9fdkfd"`, `other: value`),
		"users' Ingress":    {nginxIngress("shop", "/shop", "shop", "auth-type: basic, auth-secret: users")},
		"mongodb": {`
apiVersion: apps/v1
kind: Deployment
metadata: {name: mongodb}
spec: {template: {metadata: {labels: {app: mongodb}}, spec: {containers: [{name: mongodb, image: "mongo:8"}]}}}
`},
		"mongodb's Service": service("mongodb", `type: NodePort, selector: {app: mongodb}, ports: [{port: 27017}]`,
			`selector: {app: mongodb}, ports: [{port: 27017}]`),
	}
}
