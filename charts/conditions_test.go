package charts_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/cel-go/common/types"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/version"
	"k8s.io/apiserver/pkg/admission"
	plugincel "k8s.io/apiserver/pkg/admission/plugin/cel"
	"k8s.io/apiserver/pkg/admission/plugin/webhook/matchconditions"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/cel/environment"
	"sigs.k8s.io/yaml"

	"github.com/dittoguard/dittoguard/internal/ditto/recognize"
)

// request is what the conditions are asked about.
type request struct {
	resource  string
	operation admission.Operation
	user      user.Info
	// object and old are the request's objects, nil where it has none.
	object, old runtime.Object
}

// conditions are the matchConditions of one entry, compiled as the oldest API server that the chart takes does.
type conditions struct{ evaluator plugincel.ConditionEvaluator }

// compiled are the conditions by their entries.
var compiled = map[string]conditions{}

func compile(t testing.TB, entry string) conditions {
	t.Helper()
	if c, done := compiled[entry]; done {
		return c
	}
	objects := render(t, variants["protected"])
	found := map[string][]admissionregistrationv1.MatchCondition{}
	for _, w := range only[*admissionregistrationv1.ValidatingWebhookConfiguration](t, objects).Webhooks {
		found[w.Name] = w.MatchConditions
	}
	for _, w := range only[*admissionregistrationv1.MutatingWebhookConfiguration](t, objects).Webhooks {
		found[w.Name] = w.MatchConditions
	}
	if list, there := found[entry]; there {
		var expressions []plugincel.ExpressionAccessor
		for _, c := range list {
			expressions = append(expressions, new(matchconditions.MatchCondition(c)))
		}
		oldestVersion := version.MustParse(oldest)
		evaluator := plugincel.NewConditionCompiler(environment.MustBaseEnvSet(oldestVersion)).CompileCondition(
			expressions, plugincel.OptionalVariableDeclarations{HasAuthorizer: true}, environment.NewExpressions)
		if problems := evaluator.CompilationErrors(); len(problems) > 0 {
			t.Fatal(problems)
		}
		compiled[entry] = conditions{evaluator}
		return compiled[entry]
	}
	t.Fatalf("no entry %q", entry)
	return conditions{}
}

var resources = map[string]schema.GroupVersionKind{
	"pods":                   corev1.SchemeGroupVersion.WithKind("Pod"),
	"services":               corev1.SchemeGroupVersion.WithKind("Service"),
	"configmaps":             corev1.SchemeGroupVersion.WithKind("ConfigMap"),
	"secrets":                corev1.SchemeGroupVersion.WithKind("Secret"),
	"replicationcontrollers": corev1.SchemeGroupVersion.WithKind("ReplicationController"),
	"deployments":            appsv1.SchemeGroupVersion.WithKind("Deployment"),
	"statefulsets":           appsv1.SchemeGroupVersion.WithKind("StatefulSet"),
	"daemonsets":             appsv1.SchemeGroupVersion.WithKind("DaemonSet"),
	"replicasets":            appsv1.SchemeGroupVersion.WithKind("ReplicaSet"),
	"jobs":                   batchv1.SchemeGroupVersion.WithKind("Job"),
	"cronjobs":               batchv1.SchemeGroupVersion.WithKind("CronJob"),
	"ingresses":              {Group: "networking.k8s.io", Version: "v1", Kind: "Ingress"},
	"networkpolicies":        {Group: "networking.k8s.io", Version: "v1", Kind: "NetworkPolicy"},
	"endpointslices":         {Group: "discovery.k8s.io", Version: "v1", Kind: "EndpointSlice"},
	"routes":                 {Group: "route.openshift.io", Version: "v1", Kind: "Route"},
}

func (r request) attributes() *admission.VersionedAttributes {
	gvk := resources[r.resource]
	if r.user == nil {
		r.user = &user.DefaultInfo{Name: "someone", Groups: []string{"system:authenticated"}}
	}
	attributes := admission.NewAttributesRecord(r.object, r.old, gvk, "somewhere", "name",
		gvk.GroupVersion().WithResource(r.resource), "", r.operation, nil, false, r.user)
	versioned := &admission.VersionedAttributes{Attributes: attributes, VersionedKind: gvk}
	if r.object != nil {
		versioned.VersionedObject.Set(r.object)
	}
	if r.old != nil {
		versioned.VersionedOldObject.Set(r.old)
	}
	return versioned
}

// asked says whether the API server would call the webhook, as it does unless a condition is false, and fails the test if one cannot
// be evaluated.
func (c conditions) asked(t testing.TB, r request) bool {
	t.Helper()
	attributes := r.attributes()
	gvk := resources[r.resource]
	review := plugincel.CreateAdmissionRequest(attributes.Attributes,
		metav1.GroupVersionResource(gvk.GroupVersion().WithResource(r.resource)), metav1.GroupVersionKind(gvk))
	results, left, err := c.evaluator.ForInput(t.Context(), attributes, review, plugincel.OptionalVariableBindings{}, nil,
		celconfig.RuntimeCELCostBudgetMatchConditions)
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", r.operation, r.resource, err, describe(r))
	}
	asked := true
	for _, result := range results {
		if result.Error != nil {
			t.Fatalf("%s %s: %v\n%s", r.operation, r.resource, result.Error, describe(r))
		}
		asked = asked && result.EvalResult != types.False
	}
	// One expression may cost celconfig.PerCallLimit. No more than half of it: other API servers count a little differently.
	if cost := celconfig.RuntimeCELCostBudgetMatchConditions - left; cost > celconfig.PerCallLimit/2 {
		t.Errorf("%s %s: the conditions cost %d", r.operation, r.resource, cost)
	}
	return asked
}

func describe(r request) string {
	object, _ := json.Marshal(r.object)
	old, _ := json.Marshal(r.old)
	const most = 2000
	return fmt.Sprintf("object %.*s\noldObject %.*s", most, object, most, old)
}

// fromYAML is an object as a custom resource's API server holds it: a map.
func fromYAML(t testing.TB, text string) runtime.Object {
	t.Helper()
	if text == "" {
		return nil
	}
	object := &unstructured.Unstructured{}
	if err := yaml.Unmarshal([]byte(text), &object.Object); err != nil {
		t.Fatal(err)
	}
	return object
}

func TestConditions_WhatIsAskedInOtherNamespaces(t *testing.T) {
	c := compile(t, "other.validate.dittoguard.io")
	pod := func(container string) string { return "spec: {containers: [{" + container + "}]}" }
	deployment := func(container string) string { return "spec: {template: {spec: {containers: [{" + container + "}]}}}" }
	cron := func(container string) string {
		return "spec: {jobTemplate: {spec: {template: {spec: {containers: [{" + container + "}]}}}}}"
	}
	for _, test := range []struct {
		name, resource, object, old string
		want                        bool
	}{
		{"any Service", "services", "spec: {type: LoadBalancer}", "", true},
		{"any Ingress", "ingresses", "{}", "", true},
		{"any Route", "routes", "spec: {to: {name: x}}", "", true},
		{"any EndpointSlice", "endpointslices", "endpoints: []", "", true},
		{"any NetworkPolicy", "networkpolicies", "spec: {podSelector: {}}", "", true},
		{"a Service that goes", "services", "", "spec: {}", true},

		{"a Pod of something else", "pods", pod("name: app, image: 'registry/app:1', env: [{name: PORT}], args: [serve]"), "", false},
		{"a Deployment of something else", "deployments", deployment("image: postgres"), "", false},
		{"a CronJob of something else", "cronjobs", cron("image: busybox"), "", false},
		{"a Job without containers", "jobs", "spec: {template: {spec: {containers: null}}}", "", false},
		{"Ditto by its image", "deployments", deployment("image: 'eclipse/ditto-gateway:3.9'"), "", true},
		{"Ditto that goes", "deployments", "", deployment("image: 'eclipse/ditto-gateway:3.9'"), true},
		{"Ditto that became something else", "deployments", deployment("image: postgres"), deployment("image: 'eclipse/ditto-gateway:3.9'"), true},
		{"Ditto in a CronJob", "cronjobs", cron("image: 'eclipse/ditto-gateway:3.9'"), "", true},
		{"Ditto by its container", "pods", pod("image: mirror/gw, name: ditto-gateway"), "", true},
		{"a gateway by a variable", "statefulsets", deployment("image: mirror/gw, env: [{name: ENABLE_PRE_AUTHENTICATION}]"), "", true},
		{"a gateway by one of its own variables", "replicasets", deployment("image: mirror/gw, env: [{name: GATEWAY_SSE_THROTTLING_ENABLED}]"), "", true},
		{"variables that lie elsewhere", "daemonsets", deployment("image: mirror/gw, envFrom: [{configMapRef: {name: x}}]"), "", true},
		{"Ditto by an option of its JVM", "replicationcontrollers", deployment("image: mirror/gw, command: [java, '-Dditto.x=y']"), "", true},
		{"a JVM with options in a variable", "pods", pod("image: mirror/gw, env: [{name: JAVA_TOOL_OPTIONS}]"), "", true},
		{"a JVM with options in a variable of its command", "pods", pod("image: mirror/gw, args: [sh, -c, 'exec java $OPTS'], env: [{name: OPTS}]"), "", true},
		{"Ditto by both passwords", "pods", pod("image: mirror/gw, name: gateway, env: [{name: STATUS_PASSWORD}]"), "", true},
		{"Ditto in one word", "pods", pod("image: dittogateway"), "", true},
		{"a folder of Ditto's", "pods", pod("image: 'mirror/ditto/gateway:3'"), "", true},
		{"Ditto by a mounted file", "pods", pod("image: mirror/gw, volumeMounts: [{mountPath: /opt/ditto/gateway-extension.conf}]"), "", true},
		{"Ditto by its cluster", "deployments", "spec: {template: {metadata: {labels: {actorSystemName: ditto-cluster}}}}", "", true},
		{"nginx by its image", "deployments", deployment("image: 'nginx:1.27'"), "", true},
		{"nginx by its configuration", "deployments", deployment("image: mirror/web, volumeMounts: [{mountPath: /etc/nginx/nginx.conf}]"), "", true},
		{"files of a volume by name", "deployments", "spec: {template: {spec: {volumes: [{configMap: {items: [{key: a, path: nginx.conf}]}}]}}}", "", true},
		{"a sidecar", "pods", "spec: {initContainers: [{image: nginx}]}", "", true},
		{"an ephemeral container", "pods", "spec: {ephemeralContainers: [{image: nginx}]}", "", true},
		{"HAProxy by its image", "deployments", deployment("image: 'mirror/haproxy:3'"), "", true},
		{"Caddy by its configuration", "deployments", deployment("image: mirror/edge, volumeMounts: [{mountPath: /etc/caddy}]"), "", true},
		{"socat by its command", "pods", pod("image: alpine, command: [/usr/bin/socat, 'TCP-LISTEN:80', 'TCP:10.96.1.2:8080']"), "", true},
		{"socat in a script", "pods", pod("image: alpine, command: [sh, -c, 'exec socat TCP-LISTEN:80 TCP:10.96.1.2:8080']"), "", true},
		{"a tunnel", "deployments", deployment("image: 'cloudflare/cloudflared:2026'"), "", true},
		{"a variable that names a protected namespace", "deployments", deployment("image: app, env: [{name: API, value: 'http://gateway.iot:8080'}]"), "", true},
		{"an argument that names a protected namespace", "deployments", deployment("image: app, args: ['--api=http://gateway.iot.svc:8080']"), "", true},
		{"a variable that a ConfigMap holds", "deployments", deployment("image: app, env: [{name: API, valueFrom: {configMapKeyRef: {name: x, key: y}}}]"), "", true},
		{"a variable that names something else", "deployments", deployment("image: app, env: [{name: API, value: 'http://db.shop:5432'}]"), "", false},
		{"MongoDB", "statefulsets", deployment("image: 'mongo:7'"), "", true},

		{"the ConfigMap of the cluster's CA", "configmaps", "metadata: {name: kube-root-ca.crt}\ndata: {ca.crt: xyz}", "", false},
		{"a ConfigMap without data", "configmaps", "metadata: {name: x}\ndata: null", "", false},
		{"an nginx.conf", "configmaps", "metadata: {name: x}\ndata: {nginx.conf: ''}", "", true},
		{"an nginx.conf by what it says", "configmaps", "metadata: {name: x}\ndata: {main: 'location / { proxy_pass http://gw; }'}", "", true},
		{"a configuration that names a protected namespace", "configmaps", "metadata: {name: x}\ndata: {main: 'upstream: gateway.iot:8080'}", "", true},
		{"an htpasswd by what it says", "configmaps", "metadata: {name: x}\ndata: {x: 'u:$apr1$a$b'}", "", true},
		{"variables of a gateway", "configmaps", "metadata: {name: x}\ndata: {ENABLE_PRE_AUTHENTICATION: 'true'}", "", true},
		{"a switch of a gateway", "configmaps", "metadata: {name: x}\ndata: {ENABLE_DUMMY_AUTH: 'true'}", "", true},
		{"options of a JVM", "configmaps", "metadata: {name: x}\ndata: {options: -Dpekko.x=y}", "", true},
		{"what haproxy-ingress is told", "configmaps", "metadata: {name: haproxy-ingress}\ndata: {bind-fronting-proxy: ':8000'}", "", true},
		{"what haproxy-ingress is told, under another name", "configmaps", "metadata: {name: edge}\ndata: {ssl-redirect: 'false'}", "", true},
		{"parameters of a class of haproxy-ingress", "configmaps", "metadata: {name: edge}\ndata: {rewrite-target: /}", "", true},
		{"the mesh of Istio", "configmaps", "metadata: {name: istio}\ndata: {mesh: '{}'}", "", true},
		{"a ConfigMap that goes", "configmaps", "", "metadata: {name: x}\ndata: {nginx.conf: ''}", true},

		{"a Secret of something else", "secrets", "metadata: {name: db}\ntype: Opaque\ndata: {password: eA==}", "", false},
		{"a certificate", "secrets", "metadata: {name: web}\ntype: kubernetes.io/tls\ndata: {tls.crt: eA==, tls.key: eA==}", "", false},
		{"a release of helm, by whatever name", "secrets", "metadata: {name: sh.helm.release.v1.ditto.v1}\ntype: helm.sh/release.v1\ndata: {release: eA==}", "", false},
		{"an htpasswd", "secrets", "metadata: {name: x}\ndata: {nginx.htpasswd: eA==}", "", true},
		{"an htpasswd of an Ingress", "secrets", "metadata: {name: x}\ndata: {auth: eA==}", "", true},
		{"a password of a gateway", "secrets", "metadata: {name: x}\nstringData: {devops-password: x}", "", true},
		{"a Secret of Ditto by its name", "secrets", "metadata: {name: ditto-gateway}\ndata: {x: eA==}", "", true},
		{"a Secret that lost its key", "secrets", "metadata: {name: x}", "metadata: {name: x}\ndata: {auth: eA==}", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := request{resource: test.resource, operation: admission.Update, object: fromYAML(t, test.object), old: fromYAML(t, test.old)}
			switch {
			case r.object == nil:
				r.operation = admission.Delete
			case r.old == nil:
				r.operation = admission.Create
			}
			if got := c.asked(t, r); got != test.want {
				t.Errorf("asked %v, want %v", got, test.want)
			}
		})
	}
}

// TestConditions_AGatewayInEveryWorkload: whatever makes its pods, dittoguard is asked about a gateway, by whichever entry.
func TestConditions_AGatewayInEveryWorkload(t *testing.T) {
	const container = `{image: "eclipse/ditto-gateway:3.9"}`
	template := "spec: {template: {spec: {containers: [" + container + "]}}}"
	for resource, object := range map[string]string{
		"deployments": template, "statefulsets": template, "daemonsets": template, "replicasets": template, "replicationcontrollers": template,
		"jobs":     template,
		"cronjobs": "spec: {jobTemplate: {spec: {template: {spec: {containers: [" + container + "]}}}}}",
		"pods":     "spec: {containers: [" + container + "]}",
	} {
		for _, entry := range []string{"other.validate.dittoguard.io", "protected.validate.dittoguard.io"} {
			r := request{resource: resource, operation: admission.Create, object: fromYAML(t, object)}
			if !compile(t, entry).asked(t, r) {
				t.Errorf("%s: not asked about a gateway in %s", entry, resource)
			}
		}
		rule := slices.ContainsFunc(judged, func(rule string) bool { return slices.Contains(strings.Fields(rule), resource) })
		if !rule {
			t.Errorf("no webhook is registered for %s", resource)
		}
	}
}

func TestConditions_WhoIsNotAsked(t *testing.T) {
	account := func(name string) user.Info {
		return &user.DefaultInfo{Name: "system:serviceaccount:kube-system:" + name, Groups: []string{"system:serviceaccounts"}}
	}
	node := &user.DefaultInfo{Name: "system:node:worker", Groups: []string{"system:nodes", "system:authenticated"}}
	for _, entry := range []string{"protected.validate.dittoguard.io", "other.validate.dittoguard.io"} {
		c := compile(t, entry)
		for _, test := range []struct {
			name, resource string
			operation      admission.Operation
			user           user.Info
			want           bool
		}{
			{"someone deletes a Service", "services", admission.Delete, nil, true},
			{"the namespace controller empties a namespace", "services", admission.Delete, account("namespace-controller"), false},
			{"the garbage collector deletes", "services", admission.Delete, account("generic-garbage-collector"), false},
			{"the garbage collector does anything else", "services", admission.Update, account("generic-garbage-collector"), true},
			{"a node ends a pod", "pods", admission.Delete, node, false},
			{"a node deletes something else", "services", admission.Delete, node, true},
			{"a node creates a pod", "pods", admission.Create, node, true},
			{"dead pods are collected", "pods", admission.Delete, account("pod-garbage-collector"), false},
			{"another controller deletes a pod", "pods", admission.Delete, account("replicaset-controller"), true},
			{"a Service follows its pods", "endpointslices", admission.Update, account("endpointslice-controller"), false},
			{"Endpoints that someone wrote are mirrored", "endpointslices", admission.Update, account("endpointslicemirroring-controller"), true},
			{"a namesake elsewhere", "endpointslices", admission.Update, &user.DefaultInfo{Name: "system:serviceaccount:ditto:endpointslice-controller"}, true},
			{"nobody", "services", admission.Delete, &user.DefaultInfo{}, true},
		} {
			object := fromYAML(t, "spec: {containers: [{image: nginx}]}")
			r := request{resource: test.resource, operation: test.operation, user: test.user, old: object}
			if test.operation != admission.Delete {
				r.object = object
			}
			if got := c.asked(t, r); got != test.want {
				t.Errorf("%s: %s: asked %v, want %v", entry, test.name, got, test.want)
			}
		}
	}
}

// TestConditions_EveryProxyIsAskedAbout: a program that dittoguard knows for a proxy gets past no condition.
func TestConditions_EveryProxyIsAskedAbout(t *testing.T) {
	c := compile(t, "other.validate.dittoguard.io")
	for _, image := range recognize.ProxyImages() {
		object := fromYAML(t, "spec: {template: {spec: {containers: [{image: 'registry.example.com/"+image+":1'}]}}}")
		if !c.asked(t, request{resource: "deployments", operation: admission.Create, object: object}) {
			t.Errorf("not asked about image %s", image)
		}
	}
}
