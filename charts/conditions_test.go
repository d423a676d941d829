package charts_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

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
	"k8s.io/utils/ptr"
	"sigs.k8s.io/randfill"
	"sigs.k8s.io/yaml"
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
type conditions struct {
	evaluator plugincel.ConditionEvaluator
	matcher   matchconditions.Matcher
}

func compile(t testing.TB, entry string) conditions {
	t.Helper()
	objects := render(t, variants["protected"])
	for _, w := range only[*admissionregistrationv1.ValidatingWebhookConfiguration](t, objects).Webhooks {
		if w.Name != entry {
			continue
		}
		var expressions []plugincel.ExpressionAccessor
		for _, c := range w.MatchConditions {
			expressions = append(expressions, ptr.To(matchconditions.MatchCondition(c)))
		}
		oldestVersion := version.MustParse(oldest)
		evaluator := plugincel.NewConditionCompiler(environment.MustBaseEnvSet(oldestVersion)).CompileCondition(
			expressions, plugincel.OptionalVariableDeclarations{HasAuthorizer: true}, environment.NewExpressions)
		if problems := evaluator.CompilationErrors(); len(problems) > 0 {
			t.Fatal(problems)
		}
		fail := admissionregistrationv1.Fail
		return conditions{evaluator, matchconditions.NewMatcher(evaluator, &fail, "webhook", "validating", entry)}
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

// asked says whether the API server would call the webhook, and fails the test if a condition cannot be evaluated.
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
	for _, result := range results {
		if result.Error != nil {
			t.Fatalf("%s %s: %v\n%s", r.operation, r.resource, result.Error, describe(r))
		}
	}
	// One expression may cost celconfig.PerCallLimit. No more than half of it: other API servers count a little differently.
	if cost := celconfig.RuntimeCELCostBudgetMatchConditions - left; cost > celconfig.PerCallLimit/2 {
		t.Errorf("%s %s: the conditions cost %d", r.operation, r.resource, cost)
	}
	match := c.matcher.Match(t.Context(), attributes, nil, nil)
	if match.Error != nil {
		t.Fatal(match.Error)
	}
	return match.Matches
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
		{"Ditto by a mounted file", "pods", pod("image: mirror/gw, volumeMounts: [{mountPath: /opt/ditto/gateway-extension.conf}]"), "", true},
		{"Ditto by its cluster", "deployments", "spec: {template: {metadata: {labels: {actorSystemName: ditto-cluster}}}}", "", true},
		{"nginx by its image", "deployments", deployment("image: 'nginx:1.27'"), "", true},
		{"nginx by its configuration", "deployments", deployment("image: mirror/web, volumeMounts: [{mountPath: /etc/nginx/nginx.conf}]"), "", true},
		{"files of a volume by name", "deployments", "spec: {template: {spec: {volumes: [{configMap: {items: [{key: a, path: nginx.conf}]}}]}}}", "", true},
		{"a sidecar", "pods", "spec: {initContainers: [{image: nginx}]}", "", true},
		{"an ephemeral container", "pods", "spec: {ephemeralContainers: [{image: nginx}]}", "", true},
		{"MongoDB", "statefulsets", deployment("image: 'mongo:7'"), "", true},

		{"the ConfigMap of the cluster's CA", "configmaps", "metadata: {name: kube-root-ca.crt}\ndata: {ca.crt: xyz}", "", false},
		{"a ConfigMap without data", "configmaps", "metadata: {name: x}\ndata: null", "", false},
		{"an nginx.conf", "configmaps", "metadata: {name: x}\ndata: {nginx.conf: ''}", "", true},
		{"an nginx.conf by what it says", "configmaps", "metadata: {name: x}\ndata: {main: 'location / { proxy_pass http://gw; }'}", "", true},
		{"an htpasswd by what it says", "configmaps", "metadata: {name: x}\ndata: {x: 'u:$apr1$a$b'}", "", true},
		{"variables of a gateway", "configmaps", "metadata: {name: x}\ndata: {ENABLE_PRE_AUTHENTICATION: 'true'}", "", true},
		{"a switch of a gateway", "configmaps", "metadata: {name: x}\ndata: {ENABLE_DUMMY_AUTH: 'true'}", "", true},
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

// TestConditions_NoBuiltInObjectBreaksThem fills the Go types at random, as an API server of this version sees them.
func TestConditions_NoBuiltInObjectBreaksThem(t *testing.T) {
	c := compile(t, "other.validate.dittoguard.io")
	fill := randfill.NewWithSeed(1).NilChance(0.4).NumElements(0, 3).MaxDepth(12)
	for range 150 {
		for resource, newObject := range map[string]func() runtime.Object{
			"pods":                   func() runtime.Object { return &corev1.Pod{} },
			"configmaps":             func() runtime.Object { return &corev1.ConfigMap{} },
			"secrets":                func() runtime.Object { return &corev1.Secret{} },
			"replicationcontrollers": func() runtime.Object { return &corev1.ReplicationController{} },
			"deployments":            func() runtime.Object { return &appsv1.Deployment{} },
			"cronjobs":               func() runtime.Object { return &batchv1.CronJob{} },
		} {
			object, old := newObject(), newObject()
			fill.Fill(object)
			c.asked(t, request{resource: resource, operation: admission.Update, object: object, old: old})
			c.asked(t, request{resource: resource, operation: admission.Delete, old: object})
		}
	}
}

// everyField has every field that a condition reads, to be spoilt.
const everyField = `
metadata: {name: x, labels: {a: b}}
type: Opaque
data: {a: b, c: d}
stringData: {a: b}
binaryData: {a: b}
spec:
  volumes: [{configMap: {name: a}}, {secret: {secretName: a}}]
  containers: [{name: a, image: b, env: [{name: A, value: b}], envFrom: [], volumeMounts: [{mountPath: /a}], command: [a], args: [b]}]
  initContainers: [{name: a}]
  ephemeralContainers: [{name: a}]
  template:
    metadata: {labels: {a: b}}
    spec:
      volumes: [{configMap: {name: a}}]
      containers: [{name: a, image: b, env: [{name: A}], volumeMounts: [{mountPath: /a}], command: [a], args: [b]}]
  jobTemplate: {spec: {template: {metadata: {labels: {a: b}}, spec: {containers: [{name: a, image: b}]}}}}
`

// TestConditions_NoSpoiltObjectBreaksThem puts values of any type in the place of any others.
func TestConditions_NoSpoiltObjectBreaksThem(t *testing.T) {
	c := compile(t, "other.validate.dittoguard.io")
	random := rand.New(rand.NewPCG(1, 2))
	for range 1500 {
		object := fromYAML(t, everyField).(*unstructured.Unstructured)
		object.Object = spoil(random, object.Object).(map[string]any)
		for resource := range resources {
			c.asked(t, request{resource: resource, operation: admission.Create, object: object})
		}
	}
}

// spoil replaces or removes about one value in eight, below the top.
func spoil(random *rand.Rand, value any) any {
	junk := func(value any) any {
		switch random.IntN(56) {
		case 0:
			return nil
		case 1:
			return "text"
		case 2:
			return int64(7)
		case 3:
			return 1.5
		case 4:
			return true
		case 5:
			return []any{nil, "a", map[string]any{}}
		case 6:
			return map[string]any{"a": nil}
		}
		return spoil(random, value)
	}
	switch value := value.(type) {
	case map[string]any:
		out := map[string]any{}
		for key, v := range value {
			if random.IntN(20) > 0 {
				out[key] = junk(v)
			}
		}
		return out
	case []any:
		out := make([]any, len(value))
		for i, v := range value {
			out[i] = junk(v)
		}
		return out
	}
	return value
}

func FuzzConditions(f *testing.F) {
	c := compile(f, "other.validate.dittoguard.io")
	seed, err := yaml.YAMLToJSON([]byte(everyField))
	if err != nil {
		f.Fatal(err)
	}
	names := slices.Sorted(maps.Keys(resources))
	for i := range names {
		f.Add(seed, []byte("{}"), uint8(i))
		f.Add([]byte(`{"spec":null}`), []byte(`{"spec":{"containers":[null]}}`), uint8(i))
	}
	f.Fuzz(func(t *testing.T, object, old []byte, resource uint8) {
		decode := func(data []byte) runtime.Object {
			o := &unstructured.Unstructured{}
			if err := json.Unmarshal(data, &o.Object); err != nil || o.Object == nil {
				return nil
			}
			return o
		}
		c.asked(t, request{
			resource: names[int(resource)%len(names)], operation: admission.Update, object: decode(object), old: decode(old),
		})
	})
}

// TestConditions_TheLargestObjectsStayWithinTheBudget builds, for each condition, the object that costs it most: no
// signal in it, so that everything is looked at, and as large as the bounds let it be.
func TestConditions_TheLargestObjectsStayWithinTheBudget(t *testing.T) {
	c := compile(t, "other.validate.dittoguard.io")
	many := func(n int, element func(i int) any) []any {
		list := make([]any, n)
		for i := range n {
			list[i] = element(i)
		}
		return list
	}
	text := func(n int) func(int) any { return func(int) any { return strings.Repeat("x", n) } }
	container := func(int) any {
		return map[string]any{
			"name": strings.Repeat("x", 100), "image": strings.Repeat("x", 300),
			"env":          many(60, func(int) any { return map[string]any{"name": strings.Repeat("x", 100)} }),
			"volumeMounts": many(30, func(int) any { return map[string]any{"mountPath": strings.Repeat("x", 200)} }),
			"command":      many(20, text(200)), "args": many(20, text(200)),
		}
	}
	pod := map[string]any{"spec": map[string]any{
		"containers": many(8, container), "initContainers": many(8, container), "ephemeralContainers": many(8, container),
		"volumes": many(100, func(int) any { return map[string]any{"configMap": map[string]any{"name": "x"}} }),
	}}
	data := func(n, keyLength, valueLength int) map[string]any {
		m := map[string]any{}
		for i := range n {
			m[fmt.Sprintf("%0*d", keyLength, i)] = strings.Repeat("x", valueLength)
		}
		return m
	}
	for name, test := range map[string]struct {
		resource string
		object   map[string]any
		want     bool
	}{
		"a Pod":                        {"pods", pod, false},
		"a Deployment":                 {"deployments", map[string]any{"spec": map[string]any{"template": pod}}, false},
		"a ConfigMap":                  {"configmaps", map[string]any{"data": data(20, 253, 10000)}, false},
		"a Secret":                     {"secrets", map[string]any{"data": data(100, 253, 10), "stringData": data(100, 253, 10)}, false},
		"a ConfigMap of the full size": {"configmaps", map[string]any{"data": data(1, 3, 1<<20)}, true},
		"a ConfigMap of many keys":     {"configmaps", map[string]any{"data": data(50000, 10, 1)}, true},
		"a Secret of many keys":        {"secrets", map[string]any{"data": data(50000, 10, 1)}, true},
		"a Pod of many containers":     {"pods", map[string]any{"spec": map[string]any{"containers": many(20000, func(int) any { return map[string]any{} })}}, true},
		"a Pod of many variables":      {"pods", map[string]any{"spec": map[string]any{"containers": []any{map[string]any{"env": many(20000, func(int) any { return map[string]any{"name": "x"} })}}}}, true},
		"a Pod of many arguments":      {"pods", map[string]any{"spec": map[string]any{"containers": []any{map[string]any{"args": many(100000, text(1))}}}}, true},
		"a Pod with a long argument":   {"pods", map[string]any{"spec": map[string]any{"containers": []any{map[string]any{"args": many(1, text(1<<20))}}}}, true},
		"a Pod with many volumes":      {"pods", map[string]any{"spec": map[string]any{"volumes": many(20000, func(int) any { return map[string]any{} })}}, true},
		"a Pod with many labels":       {"pods", map[string]any{"metadata": map[string]any{"labels": data(20000, 20, 10)}, "spec": map[string]any{}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			object := &unstructured.Unstructured{Object: test.object}
			if got := c.asked(t, request{resource: test.resource, operation: admission.Update, object: object, old: object}); got != test.want {
				t.Errorf("asked %v, want %v", got, test.want)
			}
		})
	}
}
