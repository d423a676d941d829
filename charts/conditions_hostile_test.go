package charts_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/admission"
	"sigs.k8s.io/randfill"
	"sigs.k8s.io/yaml"
)

// TestConditions_NoBuiltInObjectBreaksThem fills the Go types at random, as an API server of this version sees them.
func TestConditions_NoBuiltInObjectBreaksThem(t *testing.T) {
	asked := askAll(t)
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
			asked(t, request{resource: resource, operation: admission.Update, object: object, old: old})
			asked(t, request{resource: resource, operation: admission.Delete, old: object})
		}
	}
}

// askAll asks all the conditions there are.
func askAll(t testing.TB) func(testing.TB, request) {
	t.Helper()
	all := []conditions{compile(t, "other.validate.dittoguard.io"), compile(t, "other.mutate.dittoguard.io")}
	return func(t testing.TB, r request) {
		t.Helper()
		for _, c := range all {
			c.asked(t, r)
		}
	}
}

// everyField has every field that a condition reads, to be spoilt.
const everyField = `
metadata: {name: x, labels: {a: b}, ownerReferences: [{name: a}]}
type: Opaque
data: {a: b, c: d}
stringData: {a: b}
binaryData: {a: b}
spec:
  volumes: [{configMap: {name: a}}, {secret: {secretName: a}}]
  containers: [{name: a, image: b, env: [{name: A, value: b, valueFrom: {configMapKeyRef: {name: a}}}], envFrom: [], volumeMounts: [{mountPath: /a}], command: [a], args: [b]}]
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
	asked := askAll(t)
	random := rand.New(rand.NewPCG(1, 2))
	rounds := 1500
	if testing.Short() {
		rounds = 200
	}
	for range rounds {
		object := fromYAML(t, everyField).(*unstructured.Unstructured)
		object.Object = spoil(random, object.Object).(map[string]any)
		old := fromYAML(t, everyField).(*unstructured.Unstructured)
		old.Object = spoil(random, old.Object).(map[string]any)
		for resource := range resources {
			asked(t, request{resource: resource, operation: admission.Create, object: object})
			asked(t, request{resource: resource, operation: admission.Update, object: object, old: old})
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
	asked := askAll(f)
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
		asked(t, request{
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
			"name": strings.Repeat("x", 100), "image": strings.Repeat("x", 200),
			"env": many(50, func(int) any {
				return map[string]any{"name": strings.Repeat("x", 100), "value": strings.Repeat("x", 120), "valueFrom": map[string]any{}}
			}),
			"volumeMounts": many(10, func(int) any { return map[string]any{"mountPath": strings.Repeat("x", 60)} }),
			"command":      many(20, text(120)), "args": many(20, text(120)),
		}
	}
	pod := map[string]any{"spec": map[string]any{
		"containers": many(4, container), "initContainers": many(4, container), "ephemeralContainers": many(4, container),
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
