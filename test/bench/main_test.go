// Package bench measures dittoguard in front of a real API server. It has no code of its own, and nothing in it judges a
// time: the figures are for people.
//
// One control plane, with the chart and `dittoguard serve`, is shared by the benchmarks, and comes up with the first of
// them. Requests in one namespace each are answered without a webhook, with a webhook that does nothing, with admission
// policies, and with dittoguard.
package bench

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-logr/logr"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/version"
	clientscheme "k8s.io/client-go/kubernetes/scheme"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/test/cluster"
)

// The namespaces, named for who is asked about what happens in them.
const (
	nobody     = "nobody"
	noop       = "noop"
	policies   = "policies"
	dittoguard = "ditto"
	// crowd holds what else there is in a cluster.
	crowd = "crowd"
)

func TestMain(m *testing.M) {
	ctrl.SetLogger(logr.Discard())
	if dir := os.Getenv(noopDir); dir != "" {
		fmt.Fprintln(os.Stderr, serveNoop(dir))
		os.Exit(1)
	}
	flag.Parse()
	code := m.Run()
	if err := stop(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// fixture is the control plane with all that is asked.
type fixture struct {
	*cluster.Cluster

	dir, binary string
	serve       *cluster.Serve
	behind      *cluster.Replicas // in its place, if there are several
	noop        *os.Process
	// others are the processes of other admission controllers.
	others []*os.Process
}

var (
	started *fixture
	start   = sync.OnceValue(func() error {
		dir, err := os.MkdirTemp("", "dittoguard-bench")
		if err != nil {
			return err
		}
		started = &fixture{dir: dir}
		return started.start(context.Background())
	})
)

// need returns the fixture, and skips a benchmark where there are no binaries to bring it up from.
func need(b *testing.B) *fixture {
	b.Helper()
	cluster.NeedAssets(b)
	if err := start(); err != nil {
		b.Fatal(err)
	}
	return started
}

func stop() error {
	if started == nil {
		return nil
	}
	var errs []error
	if started.serve != nil {
		errs = append(errs, started.serve.Stop())
	}
	if started.noop != nil {
		errs = append(errs, started.noop.Kill())
	}
	for _, other := range started.others {
		errs = append(errs, other.Kill())
	}
	if started.Cluster != nil {
		errs = append(errs, started.Stop())
	}
	return errors.Join(append(errs, os.RemoveAll(started.dir))...)
}

func (f *fixture) start(ctx context.Context) error {
	binary, err := cluster.Build(ctx, ".", "./cmd/dittoguard", f.dir)
	if err != nil {
		return err
	}
	if f.Cluster, err = cluster.Start(cluster.Options{Dir: f.dir}); err != nil {
		return err
	}
	kinds := slices.DeleteFunc(inventory.Listed(), func(gvk schema.GroupVersionKind) bool { return clientscheme.Scheme.Recognizes(gvk) })
	slices.SortFunc(kinds, func(a, b schema.GroupVersionKind) int {
		return version.CompareKubeAwareVersionStrings(b.Version, a.Version)
	})
	if err := f.Define(ctx, kinds...); err != nil {
		return err
	}
	for _, namespace := range []string{nobody, noop, policies, dittoguard, crowd} {
		if err := f.Client.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}); err != nil {
			return fmt.Errorf("creating namespace %s: %w", namespace, err)
		}
	}
	manifest, err := os.ReadFile("../../internal/check/testdata/bench/ditto.yaml")
	if err != nil {
		return err
	}
	for _, namespace := range []string{nobody, noop, policies, dittoguard} {
		moved := strings.ReplaceAll(string(manifest), "namespace: ditto", "namespace: "+namespace)
		if out, err := f.Kubectl(ctx, strings.NewReader(moved), "apply", "--filename", "-"); err != nil {
			return fmt.Errorf("%w\n%s", err, out)
		}
	}
	if err := f.startNoop(ctx); err != nil {
		return err
	}
	if err := f.createPolicies(ctx); err != nil {
		return err
	}
	if out, err := f.InstallChart(ctx, "protectedNamespaces: ["+dittoguard+"]\n"); err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	f.binary = binary
	if f.serve, err = f.StartServe(ctx, binary); err != nil {
		return err
	}
	if err := f.excludeOthers(ctx); err != nil {
		return err
	}
	return f.waitUntilAsked(ctx)
}

// excludeOthers keeps the requests of the other namespaces from dittoguard, which it judges too, if not as strictly.
func (f *fixture) excludeOthers(ctx context.Context) error {
	exclude := func(selector *metav1.LabelSelector) {
		for i := range selector.MatchExpressions {
			if e := &selector.MatchExpressions[i]; e.Operator == metav1.LabelSelectorOpNotIn {
				e.Values = append(append(e.Values, nobody, noop, policies, crowd), namesOf(controllers)...)
			}
		}
	}
	validating, mutating := &admissionregistrationv1.ValidatingWebhookConfiguration{}, &admissionregistrationv1.MutatingWebhookConfiguration{}
	for _, o := range []client.Object{validating, mutating} {
		if err := f.Client.Get(ctx, client.ObjectKey{Name: cluster.Release}, o); err != nil {
			return fmt.Errorf("reading the webhook configuration: %w", err)
		}
	}
	for i := range validating.Webhooks {
		exclude(validating.Webhooks[i].NamespaceSelector)
	}
	for i := range mutating.Webhooks {
		exclude(mutating.Webhooks[i].NamespaceSelector)
	}
	return errors.Join(f.Client.Update(ctx, validating), f.Client.Update(ctx, mutating), f.askNoopLike(ctx, mutating))
}

// askNoopLike has the no-op webhook asked about no change about which dittoguard's chart has dittoguard not asked in a protected
// namespace.
func (f *fixture) askNoopLike(ctx context.Context, mutating *admissionregistrationv1.MutatingWebhookConfiguration) error {
	other := &admissionregistrationv1.MutatingWebhookConfiguration{}
	if err := f.Client.Get(ctx, client.ObjectKey{Name: noop}, other); err != nil {
		return fmt.Errorf("reading the webhook configuration: %w", err)
	}
	for _, w := range mutating.Webhooks {
		if strings.HasPrefix(w.Name, "protected.") {
			other.Webhooks[0].MatchConditions = w.MatchConditions
		}
	}
	if len(other.Webhooks[0].MatchConditions) == 0 {
		return errors.New("the protected namespace has no mutating webhook with conditions")
	}
	return f.Client.Update(ctx, other)
}

// waitUntilAsked waits until the API server asks dittoguard, the no-op webhook and the policies, and nobody else.
func (f *fixture) waitUntilAsked(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	for namespace, refused := range map[string]bool{nobody: false, noop: true, policies: true, dittoguard: true} {
		// Every one that is asked refuses this one.
		for {
			o := unrelated(namespace)
			o.Labels = map[string]string{refuseLabel: "yes"}
			o.Spec.Template.Spec.Containers[0].Image = "docker.io/eclipse/ditto-gateway:3.9.6"
			o.Spec.Template.Spec.Containers[0].Env = []corev1.EnvVar{{Name: "DEVOPS_SECURED", Value: "false"}}
			err := f.Client.Create(ctx, o, client.DryRunAll)
			if (err != nil) == refused {
				break
			}
			if ctx.Err() != nil {
				return fmt.Errorf("namespace %s is not ready: %w", namespace, errors.Join(err, ctx.Err()))
			}
			time.Sleep(50 * time.Millisecond)
		}
	}
	return nil
}

// median of durations, in milliseconds.
func median(list []time.Duration) float64 {
	if len(list) == 0 {
		return 0
	}
	slices.Sort(list)
	return float64(list[len(list)/2]) / float64(time.Millisecond)
}
