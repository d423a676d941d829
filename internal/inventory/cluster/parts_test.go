package cluster

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"unsafe"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	kruntime "k8s.io/apimachinery/pkg/runtime"
	clientscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/randfill"

	"github.com/dittoguard/dittoguard/internal/inventory"
)

// shared is an object after it has shared its parts.
func shared[T any](t *testing.T, p *parts, o *T) *T {
	t.Helper()
	object, ok := any(o).(kruntime.Object)
	if !ok {
		t.Fatalf("%T is no object", o)
	}
	gvks, _, err := clientscheme.Scheme.ObjectKinds(object)
	if err != nil {
		t.Fatal(err)
	}
	wrapped, err := wrap(o, gvks[0])
	if err != nil {
		t.Fatal(err)
	}
	p.share(wrapped)
	return o
}

// running is a Pod and a Deployment that run the same.
func running(image string) (*corev1.Pod, *appsv1.Deployment) {
	labels := func() map[string]string { return map[string]string{"app": "shop"} }
	spec := func() corev1.PodSpec {
		return corev1.PodSpec{
			SecurityContext: &corev1.PodSecurityContext{RunAsUser: new(int64(7))},
			Containers: []corev1.Container{{
				Name: "shop", Image: image, Env: []corev1.EnvVar{{Name: "A", Value: "1"}, {Name: "B", Value: "2"}},
				Ports: []corev1.ContainerPort{{Name: "http", ContainerPort: 8080}, {Name: "metrics", ContainerPort: 8081}},
			}},
		}
	}
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "shop-1", Labels: labels()}, Spec: spec()}
	d := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "shop", Labels: labels()}}
	d.Spec.Selector = &metav1.LabelSelector{MatchLabels: labels()}
	d.Spec.Template = corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: labels()}, Spec: spec()}
	return pod, d
}

func TestEqualPartsAreKeptOnce(t *testing.T) {
	p := newParts()
	pod, d := running("shop:1")
	shared(t, p, pod)
	shared(t, p, d)
	_, newer := running("shop:2")
	shared(t, p, newer)

	same := func(what string, is bool, a, b any) {
		t.Helper()
		if got := reflect.ValueOf(a).UnsafePointer() == reflect.ValueOf(b).UnsafePointer(); got != is {
			t.Errorf("%s: shared: %t, expected: %t", what, got, is)
		}
	}
	one, other, third := pod.Spec, d.Spec.Template.Spec, newer.Spec.Template.Spec
	same("containers", true, one.Containers, other.Containers)
	same("security context", true, one.SecurityContext, other.SecurityContext)
	same("labels and selector", true, pod.Labels, d.Spec.Selector.MatchLabels)
	same("labels and labels of the template", true, pod.Labels, d.Spec.Template.Labels)
	same("containers of another image", false, one.Containers, third.Containers)
	same("variables of another image", true, one.Containers[0].Env, third.Containers[0].Env)
	same("ports of another image", true, one.Containers[0].Ports, third.Containers[0].Ports)
	if a, b := pod.Namespace, newer.Namespace; unsafe.StringData(a) != unsafe.StringData(b) {
		t.Error("the name of the namespace is there twice")
	}
}

// TestSharingChangesNothing shares the parts of many objects that are nearly the same: each stays what it was, and so do those before it.
func TestSharingChangesNothing(t *testing.T) {
	p := newParts()
	r := rand.New(rand.NewPCG(1, 2))
	few := randfill.NewWithSeed(1).NilChance(0.3).NumElements(0, 3).MaxDepth(14).Funcs(
		// Few values, so that many parts are equal, and many nearly.
		func(s *string, _ randfill.Continue) {
			*s = []string{"", "a", "b", strings.Repeat("long", 40)}[r.IntN(4)]
		},
		func(i *int32, _ randfill.Continue) { *i = r.Int32N(2) },
		func(i *int64, _ randfill.Continue) { *i = r.Int64N(2) },
		func(b *[]byte, _ randfill.Continue) { *b = []byte([]string{"", "a", "b"}[r.IntN(3)]) },
	)
	var objects, copies []kruntime.Object
	for range 300 {
		for _, k := range kindsOf(inventory.Listed(), clientscheme.Scheme) {
			if !k.builtin || r.IntN(4) > 0 {
				continue
			}
			o, err := k.newObject(clientscheme.Scheme)
			if err != nil {
				t.Fatal(err)
			}
			few.Fill(o)
			trim(o)
			copies = append(copies, o.DeepCopyObject())
			wrapped, err := wrap(o, k.gvk)
			if err != nil {
				t.Fatal(err)
			}
			p.share(wrapped)
			objects = append(objects, o)
		}
	}
	for i := range objects {
		if !reflect.DeepEqual(copies[i], objects[i]) {
			t.Fatalf("%T (-was +is):\n%s", objects[i], cmp.Diff(copies[i], objects[i]))
		}
	}
	runtime.KeepAlive(p)
}

// TestEqualHashesAreNotEnough: what has the hash of something else is still itself.
func TestEqualHashesAreNotEnough(t *testing.T) {
	p := newParts()
	a, b := map[string]string{"a": "1"}, map[string]string{"b": "2"}
	list, longer := []string{"1", "2", "3", "4"}, []string{"1", "2", "3", "4", "5"}
	for _, part := range []any{&a, &b, &list, &longer} {
		v := reflect.ValueOf(part).Elem()
		p.replace(v, p.shapeOf(v.Type()), 7, v.Len())
	}
	if diff := cmp.Diff([]any{map[string]string{"a": "1"}, map[string]string{"b": "2"}, 4, 5}, []any{a, b, len(list), len(longer)}); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestPartsOfObjectsThatAreGoneAreForgotten: nothing is kept for its own sake, and what is known of it does not add up.
func TestPartsOfObjectsThatAreGoneAreForgotten(t *testing.T) {
	p := newParts()
	last, _ := running("shop:last")
	for i := range 50 * fewParts {
		pod, _ := running(fmt.Sprintf("shop:%d", i))
		shared(t, p, pod)
		if i%fewParts == 0 {
			runtime.GC()
		}
		last = pod
	}
	runtime.GC()
	containers := p.types[reflect.TypeFor[[]corev1.Container]()]
	if n := len(containers.known); n > 8*fewParts {
		t.Errorf("%d lists of containers are known", n)
	}
	maps.DeleteFunc(containers.known, func(_ uint64, known part) bool { return known.at.Value() == nil })
	if n := len(containers.known); n != 1 {
		t.Errorf("%d lists of containers are there, expected that of the last Pod", n)
	}
	runtime.KeepAlive(last)
}

func TestTextsAreKeptForAWhile(t *testing.T) {
	var known texts
	first := known.one(strings.Clone("registry.example.com/shop"))
	for i := range 10 * manyTexts {
		known.one(fmt.Sprint(i))
		if i%1000 == 0 && unsafe.StringData(known.one(strings.Clone("registry.example.com/shop"))) != unsafe.StringData(first) {
			t.Fatalf("after %d others the text is there twice", i)
		}
	}
	if n := len(known.recent) + len(known.earlier); n > 2*manyTexts {
		t.Errorf("%d texts are kept", n)
	}
	long := strings.Repeat("x", longText+1)
	if known.one(long); known.recent[long] != "" {
		t.Error("a long text is kept")
	}
}
