package bench

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/kubernetes"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/dittoguard/dittoguard/test/cluster"
	"github.com/dittoguard/dittoguard/test/missing"
)

// crowdSize names the environment variable with how many other objects there are in BenchmarkRequests.
const crowdSize = "DITTOGUARD_BENCH_OBJECTS"

// BenchmarkRequests measures what a request of each kind costs `serve` and the API server, in CPU time, and how much is read live for
// it. Each is asked as a server-side dry run in the protected namespace, with 1,000 other objects in the cluster
// (DITTOGUARD_BENCH_OBJECTS), and every custom resource installed that dittoguard knows. ns/op says nothing.
func BenchmarkRequests(b *testing.B) {
	f := need(b)
	others := 1000
	if n, err := strconv.Atoi(os.Getenv(crowdSize)); err == nil {
		others = n
	}
	if err := f.fill(b.Context(), others); err != nil {
		b.Fatal(err)
	}
	// Nobody else is there to let something in, so that dittoguard can remember all that it lets in; or it cannot know; or there are two, that
	// answer in turn and tell each other.
	b.Run("remembered", func(b *testing.B) {
		f.restart(b, true, "--settle=1s")
		f.requests(b)
	})
	b.Run("read", func(b *testing.B) {
		f.restart(b, false, "--settle=24h")
		f.requests(b)
	})
	b.Run("two", func(b *testing.B) {
		if err := f.serve.Stop(); err != nil {
			b.Fatal(err)
		}
		var err error
		if f.behind, err = f.StartReplicas(b.Context(), f.binary, 0, []string{"replica-one", "replica-two"}, "--settle=1s"); err != nil {
			b.Fatal(err)
		}
		for _, s := range f.behind.Serves {
			remembering(b, s)
		}
		f.requests(b)
		if err := f.behind.Remove(b.Context()); err != nil {
			b.Fatal(err)
		}
		f.behind = nil
		f.restart(b, false)
	})
}

// restart replaces dittoguard by one with these flags, and waits until it remembers what it lets in if it is to.
func (f *fixture) restart(b *testing.B, remembers bool, flags ...string) {
	b.Helper()
	_ = f.serve.Stop() // it may have ended
	var err error
	if f.serve, err = f.StartLagging(b.Context(), f.binary, 0, flags...); err != nil {
		b.Fatal(err)
	}
	if remembers {
		remembering(b, f.serve)
	}
}

// remembering waits until a process remembers what it lets in.
func remembering(b *testing.B, s *cluster.Serve) {
	b.Helper()
	for {
		metrics, err := s.Metrics(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		if sum(metrics, "dittoguard_journal_trusted") == 1 {
			return
		}
		time.Sleep(time.Second)
	}
}

func (f *fixture) requests(b *testing.B) {
	b.Helper()
	for _, request := range []struct {
		name    string
		refused bool
		ask     func(ctx context.Context, c client.Client, namespace string) error
	}{
		{"deployment", false, createDeployment},
		{"service", false, createUnrelatedService},
		{"ingress", false, createUnrelatedIngress},
		{"route", false, createUnrelatedRoute},
		{"label", false, labelGateway},
		{"gatewayService", false, createService},
		{"setting", false, setGateway},
		{"refusedIngress", true, createOpenIngress},
	} {
		b.Run(request.name, func(b *testing.B) {
			ask := func() {
				if err := request.ask(b.Context(), f.Client, dittoguard); (err != nil) != request.refused {
					b.Fatalf("refused %t, expected %t: %v", err != nil, request.refused, err)
				}
			}
			for range 3 {
				ask()
			}
			before, asked := f.spent(b), 0
			for b.Loop() {
				for range 20 {
					ask()
				}
				asked += 20
			}
			after := f.spent(b)
			b.ReportMetric((after.reads-before.reads)/float64(asked), "reads/request")
			b.ReportMetric(1000*(after.serve-before.serve)/float64(asked), "serve-cpu-ms/request")
			b.ReportMetric(1000*(after.server-before.server)/float64(asked), "apiserver-cpu-ms/request")
		})
	}
}

// spent is what was used up to now: live reads, and seconds of CPU.
type spent struct{ reads, serve, server float64 }

func (f *fixture) spent(b *testing.B) spent {
	b.Helper()
	serves := []*cluster.Serve{f.serve}
	if f.behind != nil {
		serves = slices.Collect(maps.Values(f.behind.Serves))
	}
	var used spent
	for _, s := range serves {
		metrics, err := s.Metrics(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		used.reads += sum(metrics, "dittoguard_live_requests_total")
		used.serve += cpuOf(b, s.PID())
	}
	all, err := kubernetes.NewForConfig(f.Config)
	if err != nil {
		b.Fatal(err)
	}
	server, err := all.RESTClient().Get().AbsPath("/metrics").DoRaw(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	used.server = sum(string(server), "process_cpu_seconds_total")
	return used
}

// sum adds up the values of a metric in Prometheus' text format.
func sum(metrics, name string) (total float64) {
	for line := range strings.Lines(metrics) {
		if rest, is := strings.CutPrefix(line, name); is && strings.IndexAny(rest, "{ ") == 0 {
			fields := strings.Fields(line)
			value, _ := strconv.ParseFloat(fields[len(fields)-1], 64)
			total += value
		}
	}
	return total
}

// cpuOf is how long the threads of a process have run, in seconds. The first number of schedstat is nanoseconds on a CPU
// (Documentation/scheduler/sched-stats.rst of Linux); times in /proc/PID/stat are in hundredths of a second.
func cpuOf(b *testing.B, pid int) (seconds float64) {
	b.Helper()
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	if err != nil || len(threads) == 0 {
		missing.Data(b, "the CPU time of a process can be read on Linux only")
	}
	for _, thread := range threads {
		text, err := os.ReadFile(thread)
		if fields := strings.Fields(string(text)); err == nil && len(fields) > 0 {
			ns, _ := strconv.ParseFloat(fields[0], 64)
			seconds += ns / 1e9
		}
	}
	return seconds
}

func createUnrelatedService(ctx context.Context, c client.Client, namespace string) error {
	s := &corev1.Service{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "shop"}}
	s.Spec.Selector = map[string]string{"app.kubernetes.io/name": "shop"}
	s.Spec.Ports = []corev1.ServicePort{{Name: "http", Port: 8080}}
	return c.Create(ctx, s, client.DryRunAll)
}

func createUnrelatedIngress(ctx context.Context, c client.Client, namespace string) error {
	return c.Create(ctx, ingressTo(namespace, "shop"), client.DryRunAll)
}

// createOpenIngress leads to the gateway, whatever identity a client claims.
func createOpenIngress(ctx context.Context, c client.Client, namespace string) error {
	return c.Create(ctx, ingressTo(namespace, "twins-ditto-gateway"), client.DryRunAll)
}

func ingressTo(namespace, service string) *networkingv1.Ingress {
	path := networkingv1.HTTPIngressPath{Path: "/", PathType: ptr.To(networkingv1.PathTypePrefix)}
	path.Backend.Service = &networkingv1.IngressServiceBackend{Name: service, Port: networkingv1.ServiceBackendPort{Name: "http"}}
	rule := networkingv1.IngressRule{Host: "open.example.com"}
	rule.HTTP = &networkingv1.HTTPIngressRuleValue{Paths: []networkingv1.HTTPIngressPath{path}}
	return &networkingv1.Ingress{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "open"}, Spec: networkingv1.IngressSpec{Rules: []networkingv1.IngressRule{rule}},
	}
}

func createUnrelatedRoute(ctx context.Context, c client.Client, namespace string) error {
	u := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute",
		"metadata": map[string]any{"namespace": namespace, "name": "shop"},
		"spec": map[string]any{
			"parentRefs": []any{map[string]any{"name": "shared", "namespace": crowd}},
			"rules":      []any{map[string]any{"backendRefs": []any{map[string]any{"name": "shop", "port": int64(8080)}}}},
		},
	}}
	return c.Create(ctx, u, client.DryRunAll)
}
