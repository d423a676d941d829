package bench

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// scenario is one kind of request in one namespace.
type scenario struct {
	name, namespace string
	ask             func(ctx context.Context, c client.Client, namespace string) error
	latencies       []time.Duration
}

func scenarios() []*scenario {
	return []*scenario{
		// What changes nothing that decides: a Deployment of something else, through both kinds of webhooks.
		{name: "nobody", namespace: nobody, ask: createDeployment},
		{name: "noop", namespace: noop, ask: createDeployment},
		{name: "policies", namespace: policies, ask: createDeployment},
		{name: "dittoguard", namespace: dittoguard, ask: createDeployment},
		// The same for the gateway itself.
		{name: "label/noop", namespace: noop, ask: labelGateway},
		{name: "label/dittoguard", namespace: dittoguard, ask: labelGateway},
		// What decides, so that dittoguard reads again, live: a second Service for the gateway, a setting of the gateway.
		{name: "service/noop", namespace: noop, ask: createService},
		{name: "service/dittoguard", namespace: dittoguard, ask: createService},
		{name: "setting/noop", namespace: noop, ask: setGateway},
		{name: "setting/dittoguard", namespace: dittoguard, ask: setGateway},
	}
}

// BenchmarkAdmission measures the latency that a client sees, of server-side dry runs, one client after another and with
// 16 at once. The scenarios take turns, so that a machine that slows down slows all of them down. ns/op is one round of
// all scenarios; what counts are the medians and ratios. Dittoguard is alone, and remembers what it let in, as it does from
// a minute after its start on.
func BenchmarkAdmission(b *testing.B) {
	need(b).restart(b, true, "--settle=1s")
	for _, clients := range []int{1, 16} {
		b.Run(fmt.Sprintf("clients=%d", clients), func(b *testing.B) {
			f := need(b)
			list := scenarios()
			times := max(10/clients, 3)
			f.round(b, list, clients, times) // connections, caches
			for _, s := range list {
				s.latencies = nil
			}
			for b.Loop() {
				for range 10 {
					f.round(b, list, clients, times)
				}
			}
			medians := map[string]float64{}
			for _, s := range list {
				medians[s.name] = median(s.latencies)
				b.ReportMetric(medians[s.name], s.name+"-ms")
			}
			b.ReportMetric(medians["dittoguard"]/medians["noop"], "x-noop")
			b.ReportMetric(medians["dittoguard"]/medians["policies"], "x-policies")
			b.ReportMetric(medians["label/dittoguard"]/medians["label/noop"], "label-x-noop")
			b.ReportMetric(medians["service/dittoguard"]-medians["service/noop"], "service-more-ms")
			b.ReportMetric(medians["setting/dittoguard"]-medians["setting/noop"], "setting-more-ms")
		})
	}
}

// round asks a number of times for each client and scenario.
func (f *fixture) round(b *testing.B, list []*scenario, clients, times int) {
	b.Helper()
	for _, s := range list {
		latencies := make([][]time.Duration, clients)
		errs := make([]error, clients)
		var group sync.WaitGroup
		for i := range clients {
			group.Go(func() {
				for range times {
					before := time.Now()
					if err := s.ask(b.Context(), f.Client, s.namespace); err != nil {
						errs[i] = err
						return
					}
					latencies[i] = append(latencies[i], time.Since(before))
				}
			})
		}
		group.Wait()
		for i := range clients {
			if errs[i] != nil {
				b.Fatalf("%s: %v", s.name, errs[i])
			}
			s.latencies = append(s.latencies, latencies[i]...)
		}
	}
}

func createDeployment(ctx context.Context, c client.Client, namespace string) error {
	return c.Create(ctx, unrelated(namespace), client.DryRunAll)
}

func createService(ctx context.Context, c client.Client, namespace string) error {
	s := &corev1.Service{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "second"}}
	s.Spec.Selector = map[string]string{"app.kubernetes.io/name": "ditto-gateway", "app.kubernetes.io/instance": "twins"}
	s.Spec.Ports = []corev1.ServicePort{{Name: "http", Port: 8080, TargetPort: intstr.FromString("http")}}
	return c.Create(ctx, s, client.DryRunAll)
}

func labelGateway(ctx context.Context, c client.Client, namespace string) error {
	return patchGateway(ctx, c, namespace, `{"metadata":{"labels":{"team":"twins"}}}`)
}

func setGateway(ctx context.Context, c client.Client, namespace string) error {
	return patchGateway(ctx, c, namespace,
		`{"spec":{"template":{"spec":{"containers":[{"name":"ditto-gateway","env":[{"name":"GATEWAY_SSE_THROTTLING_LIMIT","value":"50"}]}]}}}}`)
}

func patchGateway(ctx context.Context, c client.Client, namespace, patch string) error {
	d := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "twins-ditto-gateway"}}
	return c.Patch(ctx, d, client.RawPatch(types.StrategicMergePatchType, []byte(patch)), client.DryRunAll)
}

// unrelated is a Deployment that has nothing to do with Ditto.
func unrelated(namespace string) *appsv1.Deployment {
	labels := map[string]string{"app.kubernetes.io/name": "shop"}
	d := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "shop"}}
	d.Spec.Selector = &metav1.LabelSelector{MatchLabels: labels}
	d.Spec.Template.Labels = labels
	c := corev1.Container{Name: "shop", Image: "registry.example.com/shop:1.27"}
	for i := range 60 {
		c.Env = append(c.Env, corev1.EnvVar{Name: fmt.Sprintf("SETTING_%d", i), Value: "some value"})
	}
	d.Spec.Template.Spec.Containers = []corev1.Container{c}
	return d
}
