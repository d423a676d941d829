package cluster

import (
	"bytes"
	"fmt"
	"runtime"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	kruntime "k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer/protobuf"
	apitypes "k8s.io/apimachinery/pkg/types"
	clientscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/utils/ptr"

	"github.com/dittoguard/dittoguard/internal/ditto/index"
)

// BenchmarkFootprint is what an object takes in the inventory of a cluster, with its keys, in the proportions of BenchmarkMemory in
// test/bench and of each kind alone. ns/op is for 10,000 of them: decoding, sharing, and filing.
func BenchmarkFootprint(b *testing.B) {
	for _, objects := range []struct {
		name string
		of   []int
	}{
		{"all", []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}},
		{"Pod", []int{0}}, {"Deployment", []int{3}}, {"Service", []int{5}}, {"Ingress", []int{7}}, {"ConfigMap", []int{8}},
	} {
		b.Run(objects.name, func(b *testing.B) {
			encoded, kinds := encodedObjects(b, 10_000, objects.of)
			for b.Loop() {
				b.StopTimer()
				before := inUse()
				b.StartTimer()
				c := newCluster(nil, nil, nil, Options{Index: index.Of})
				for i, text := range encoded {
					decoded, _, err := inProtobuf.Decode(text, nil, nil)
					if err != nil {
						b.Fatal(err)
					}
					o, err := wrap(decoded, kinds[i])
					if err != nil {
						b.Fatal(err)
					}
					c.parts.share(o)
					c.memory.Put(o)
				}
				b.StopTimer()
				b.ReportMetric((inUse()-before)/float64(len(encoded)), "B/object")
				runtime.KeepAlive(c)
				b.StartTimer()
			}
		})
	}
}

var inProtobuf = protobuf.NewSerializer(clientscheme.Scheme, clientscheme.Scheme)

// encodedObjects are n of the usual objects, of some of every ten.
func encodedObjects(b *testing.B, n int, of []int) (encoded [][]byte, kinds []schema.GroupVersionKind) {
	b.Helper()
	for i := range n {
		o, gvk := usual(i/len(of)*10 + of[i%len(of)])
		o.GetObjectKind().SetGroupVersionKind(gvk)
		var text bytes.Buffer
		if err := inProtobuf.Encode(o, &text); err != nil {
			b.Fatal(err)
		}
		encoded, kinds = append(encoded, text.Bytes()), append(kinds, gvk)
	}
	return encoded, kinds
}

// inUse is how many bytes are in use.
func inUse() float64 {
	runtime.GC()
	runtime.GC() // what the first one finalized
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return float64(stats.HeapAlloc)
}

// usualPod is what most Pods run: one container with 15 variables, as an API server returns it.
func usualPod() corev1.PodSpec {
	c := corev1.Container{Name: "shop", Image: "registry.example.com/shop:1.27", TerminationMessagePath: "/dev/termination-log",
		TerminationMessagePolicy: "File", ImagePullPolicy: "IfNotPresent"}
	for i := range 15 {
		c.Env = append(c.Env, corev1.EnvVar{Name: fmt.Sprintf("SETTING_%d", i), Value: "some value"})
	}
	return corev1.PodSpec{Containers: []corev1.Container{c}, RestartPolicy: "Always", TerminationGracePeriodSeconds: ptr.To[int64](30),
		DNSPolicy: "ClusterFirst", SecurityContext: &corev1.PodSecurityContext{}, SchedulerName: "default-scheduler"}
}

// usual is an object of many, in the proportions of BenchmarkMemory in test/bench.
func usual(i int) (kruntime.Object, schema.GroupVersionKind) {
	name := fmt.Sprintf("app-%d", i)
	meta := metav1.ObjectMeta{
		Namespace: "crowd", Name: name, Labels: map[string]string{"app.kubernetes.io/name": name},
		UID: apitypes.UID(fmt.Sprintf("00000000-0000-0000-0000-%012d", i)), ResourceVersion: fmt.Sprint(1000 + i), Generation: 1,
		CreationTimestamp: metav1.Now(),
	}
	switch i % 10 {
	case 0, 1, 2:
		return &corev1.Pod{ObjectMeta: meta, Spec: usualPod(), Status: corev1.PodStatus{Phase: "Pending", QOSClass: "BestEffort"}},
			corev1.SchemeGroupVersion.WithKind("Pod")
	case 3, 4:
		labels := map[string]string{"app.kubernetes.io/name": "shop"}
		d := &appsv1.Deployment{ObjectMeta: meta}
		d.Spec.Selector = &metav1.LabelSelector{MatchLabels: labels}
		d.Spec.Template.Labels = labels
		d.Spec.Template.Spec = usualPod()
		d.Spec.Replicas, d.Spec.RevisionHistoryLimit, d.Spec.ProgressDeadlineSeconds = ptr.To[int32](1), ptr.To[int32](10), ptr.To[int32](600)
		return d, appsv1.SchemeGroupVersion.WithKind("Deployment")
	case 5, 6:
		return &corev1.Service{ObjectMeta: meta, Spec: corev1.ServiceSpec{
			ClusterIP: corev1.ClusterIPNone, ClusterIPs: []string{"None"}, Selector: meta.Labels, Type: "ClusterIP", SessionAffinity: "None",
			Ports:      []corev1.ServicePort{{Name: "http", Port: 8080, Protocol: "TCP"}},
			IPFamilies: []corev1.IPFamily{"IPv4"}, IPFamilyPolicy: ptr.To(corev1.IPFamilyPolicySingleStack),
			InternalTrafficPolicy: ptr.To(corev1.ServiceInternalTrafficPolicyCluster),
		}}, corev1.SchemeGroupVersion.WithKind("Service")
	case 7:
		path := networkingv1.HTTPIngressPath{Path: "/", PathType: ptr.To(networkingv1.PathTypePrefix)}
		path.Backend.Service = &networkingv1.IngressServiceBackend{Name: meta.Name, Port: networkingv1.ServiceBackendPort{Name: "http"}}
		rule := networkingv1.IngressRule{Host: meta.Name + ".example.com"}
		rule.HTTP = &networkingv1.HTTPIngressRuleValue{Paths: []networkingv1.HTTPIngressPath{path}}
		return &networkingv1.Ingress{ObjectMeta: meta, Spec: networkingv1.IngressSpec{Rules: []networkingv1.IngressRule{rule}}},
			networkingv1.SchemeGroupVersion.WithKind("Ingress")
	}
	return &corev1.ConfigMap{ObjectMeta: meta, Data: map[string]string{"application.properties": strings.Repeat("feature.flag.enabled=true\n", 80)}},
		corev1.SchemeGroupVersion.WithKind("ConfigMap")
}
