package bench

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"golang.org/x/sync/errgroup"

	"github.com/dittoguard/dittoguard/test/missing"
)

// BenchmarkMemory measures what `serve` holds resident, with little in the cluster and with 10,000 objects more.
// ns/op says nothing.
func BenchmarkMemory(b *testing.B) {
	f := need(b)
	little := f.resident(b)
	begun := time.Now()
	if err := f.fill(b.Context(), 10_000); err != nil {
		b.Fatal(err)
	}
	// Long enough for the last events to arrive, and for garbage to be collected.
	time.Sleep(15 * time.Second)
	for b.Loop() {
		full := f.resident(b)
		b.ReportMetric(little["VmRSS"], "MiB-empty")
		b.ReportMetric(full["VmRSS"], "MiB-10000")
		// Without the pages of the binary, which the kernel can drop at any time.
		b.ReportMetric(little["RssAnon"], "MiB-anon-empty")
		b.ReportMetric(full["RssAnon"], "MiB-anon-10000")
		b.ReportMetric(full["VmHWM"], "MiB-peak")
		b.ReportMetric(time.Since(begun).Seconds(), "s-fill")
	}
}

// resident is the resident memory of `serve`, in MiB: VmRSS all, RssAnon its own, VmHWM the peak of VmRSS. Source:
// proc_pid_status(5).
func (f *fixture) resident(b *testing.B) map[string]float64 {
	b.Helper()
	return residentOf(b, f.serve.PID())
}

func residentOf(b *testing.B, pid int) map[string]float64 {
	b.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		missing.Data(b, "resident memory can be read on Linux only")
	}
	read := map[string]float64{}
	for line := range bytes.Lines(status) {
		name, value, _ := strings.Cut(string(line), ":")
		if kib, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 64); err == nil {
			read[name] = kib / 1024
		}
	}
	return read
}

// fill creates objects in the proportions of a usual cluster, as far as they are not there yet.
func (f *fixture) fill(ctx context.Context, n int) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(16)
	for i := range n {
		group.Go(func() error { return client.IgnoreAlreadyExists(f.Client.Create(ctx, crowded(i))) })
	}
	return group.Wait()
}

func crowded(i int) client.Object {
	meta := metav1.ObjectMeta{
		Namespace: crowd, Name: fmt.Sprintf("app-%d", i), Labels: map[string]string{"app.kubernetes.io/name": fmt.Sprintf("app-%d", i)},
	}
	switch i % 10 {
	case 0, 1, 2:
		d := small()
		return &corev1.Pod{ObjectMeta: meta, Spec: d.Spec.Template.Spec}
	case 3, 4:
		d := small()
		return &appsv1.Deployment{ObjectMeta: meta, Spec: d.Spec}
	case 5, 6:
		return &corev1.Service{ObjectMeta: meta, Spec: corev1.ServiceSpec{
			ClusterIP: corev1.ClusterIPNone, Selector: meta.Labels, Ports: []corev1.ServicePort{{Name: "http", Port: 8080}},
		}}
	case 7:
		path := networkingv1.HTTPIngressPath{Path: "/", PathType: ptr.To(networkingv1.PathTypePrefix)}
		path.Backend.Service = &networkingv1.IngressServiceBackend{Name: meta.Name, Port: networkingv1.ServiceBackendPort{Name: "http"}}
		rule := networkingv1.IngressRule{Host: meta.Name + ".example.com"}
		rule.HTTP = &networkingv1.HTTPIngressRuleValue{Paths: []networkingv1.HTTPIngressPath{path}}
		return &networkingv1.Ingress{ObjectMeta: meta, Spec: networkingv1.IngressSpec{Rules: []networkingv1.IngressRule{rule}}}
	}
	return &corev1.ConfigMap{ObjectMeta: meta, Data: map[string]string{"application.properties": strings.Repeat("feature.flag.enabled=true\n", 80)}}
}

// small is a Deployment with as many variables as most have.
func small() *appsv1.Deployment {
	d := unrelated(crowd)
	c := &d.Spec.Template.Spec.Containers[0]
	c.Env = c.Env[:15]
	return d
}
