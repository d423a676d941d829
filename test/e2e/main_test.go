// Package e2e proves dittoguard against a real API server, with real kubectl and helm. It has no code of its own.
//
// One control plane and one `dittoguard serve` that enforces are shared by the tests that judge; tests that stop, break
// or replace the webhook have a control plane of their own.
package e2e

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/dittoguard/dittoguard/test/cluster"
)

// shared is what every test may use; nil where there are no binaries.
var shared *fixture

// fixture is a control plane with dittoguard in it.
type fixture struct {
	*cluster.Cluster

	serve *cluster.Serve
	// binary is dittoguard itself.
	binary string
	// cases are the fixtures and the corpus, each with its own namespaces.
	cases []*testCase
	// alone are cases that have to have a cluster to themselves.
	alone []*testCase
	// legacy are namespaces that get something bad before dittoguard comes.
	legacy []string
	// configuration is what dittoguard judges by.
	configuration map[string]any
	// lag is how far behind the API server dittoguard's watches are.
	lag time.Duration
	// flags are more flags of dittoguard.
	flags []string
	// replicas are the names of several processes that answer in turn, behind is what runs them; none where serve alone does.
	replicas []string
	behind   *cluster.Replicas
	// pause is how long after an object the next one arrives.
	pause time.Duration
}

func TestMain(m *testing.M) {
	// Most of a test's time something is waited for.
	if err := flag.Set("test.parallel", strconv.Itoa(2*runtime.GOMAXPROCS(0))); err != nil {
		panic(err)
	}
	flag.Parse()
	ctrl.SetLogger(logr.Discard())
	os.Exit(runAll(m))
}

func runAll(m *testing.M) int {
	if os.Getenv("KUBEBUILDER_ASSETS") == "" {
		return m.Run() // every test skips, and says why
	}
	dir, err := os.MkdirTemp("", "dittoguard-e2e")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	started := time.Now()
	f, err := start(context.Background(), dir)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Fprintf(os.Stderr, "e2e: %d cases, ready after %s\n", len(f.cases), time.Since(started).Round(time.Millisecond))
	shared = f
	code := m.Run()
	if err := errors.Join(f.serve.Stop(), f.Stop()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

// start brings the shared control plane up, and builds dittoguard meanwhile.
func start(ctx context.Context, dir string) (*fixture, error) {
	var building sync.WaitGroup
	var binary string
	var built error
	building.Go(func() { binary, built = cluster.Build(ctx, ".", "./cmd/dittoguard", dir) })
	c, err := cluster.Start(cluster.Options{Dir: dir})
	building.Wait()
	if err = errors.Join(err, built); err != nil {
		if c != nil {
			err = errors.Join(err, c.Stop())
		}
		return nil, err
	}
	f := &fixture{Cluster: c, binary: binary, legacy: legacy}
	if f.cases, err = loadCases(); err == nil {
		if testing.Short() {
			f.cases = sampleOf(f.cases)
		}
		isAlone := func(c *testCase) bool { return c.alone }
		f.alone = slices.DeleteFunc(slices.Clone(f.cases), func(c *testCase) bool { return !isAlone(c) })
		f.cases = slices.DeleteFunc(f.cases, isAlone)
		err = f.install(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, c.Stop())
	}
	return f, nil
}

// install creates the namespaces and what is in them before dittoguard comes, and dittoguard.
func (f *fixture) install(ctx context.Context) error {
	protected := append([]string{}, scenarios...)
	labels := map[string]map[string]string{}
	for _, c := range f.cases {
		for _, o := range c.orders {
			protected = append(protected, o.namespaces...)
			maps.Copy(labels, o.labels)
		}
	}
	creating, creatingCtx := errgroup.WithContext(ctx)
	creating.SetLimit(8)
	for _, namespace := range append([]string{unprotected}, protected...) {
		creating.Go(func() error {
			o := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace, Labels: labels[namespace]}}
			if err := f.Client.Create(creatingCtx, o); err != nil {
				return fmt.Errorf("creating namespace %s: %w", namespace, err)
			}
			return nil
		})
	}
	if err := creating.Wait(); err != nil {
		return err
	}
	if err := f.define(ctx); err != nil {
		return err
	}
	for _, namespace := range f.legacy {
		if out, err := f.Kubectl(ctx, nil, "apply", "-n", namespace, "-f", "testdata/exposed.yaml"); err != nil {
			return fmt.Errorf("%w\n%s", err, out)
		}
	}
	var err error
	if f.configuration, err = configuration(f.cases); err != nil {
		return err
	}
	chart, err := values(protected, f.configuration, map[string]any{"rules": map[string]any{userRuleFile: userRule}})
	if err != nil {
		return err
	}
	if err := installChart(ctx, f.Cluster, chart); err != nil {
		return err
	}
	if len(f.replicas) > 0 {
		f.behind, err = f.StartReplicas(ctx, f.binary, f.lag, f.replicas, f.flags...)
	} else {
		f.serve, err = f.StartLagging(ctx, f.binary, f.lag, f.flags...)
	}
	if err != nil {
		return err
	}
	return f.widenServices(ctx)
}

// define makes the kinds known that the cases use and Kubernetes does not bring, as their operators would: the Gateway
// API's with its own definitions, others with as much of one as an API server needs to keep an object.
func (f *fixture) define(ctx context.Context) error {
	var gateways bool
	var missing []schema.GroupVersionKind
	for _, c := range f.cases {
		for _, order := range c.orders {
			for _, o := range order.objects {
				gvk := o.GroupVersionKind()
				if _, err := f.Client.RESTMapper().RESTMapping(gvk.GroupKind(), gvk.Version); err == nil {
					continue
				}
				if gvk.Group == gatewayAPI {
					gateways = true
					continue
				}
				missing = append(missing, gvk)
			}
		}
	}
	if gateways {
		if err := f.defineGatewayAPI(ctx); err != nil {
			return err
		}
	}
	if !gateways && len(missing) == 0 {
		return nil
	}
	return f.Define(ctx, missing...)
}

// gatewayAPI is the group of the Gateway API, and the name of the folder that its module has the definitions in.
const gatewayAPI = "gateway.networking.k8s.io"

// defineGatewayAPI installs the definitions that the Gateway API's module brings, experimental fields included.
func (f *fixture) defineGatewayAPI(ctx context.Context) error {
	dir, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", "sigs.k8s.io/gateway-api").Output()
	if err != nil {
		return fmt.Errorf("finding the module of the Gateway API: %w", err)
	}
	files, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(dir)), "config", "crd", "experimental", gatewayAPI+"_*s.yaml"))
	if err != nil {
		return err
	}
	args := []string{"apply", "--server-side"}
	for _, file := range files {
		if !strings.Contains(file, "_vap_") { // which guards upgrades
			args = append(args, "--filename", file)
		}
	}
	if out, err := f.Kubectl(ctx, nil, args...); err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	return nil
}

// serviceCIDR is a second range for ClusterIPs: an EndpointSlice may not hold an address on loopback, where the first is.
const serviceCIDR = "10.96.0.0/12"

func (f *fixture) widenServices(ctx context.Context) error {
	manifest := "apiVersion: networking.k8s.io/v1\nkind: ServiceCIDR\nmetadata: {name: second}\nspec: {cidrs: [" + serviceCIDR + "]}\n"
	if out, err := f.Kubectl(ctx, strings.NewReader(manifest), "apply", "-f", "-"); err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	return nil
}

// need skips a test that has no control plane.
func need(t *testing.T) *fixture {
	t.Helper()
	cluster.NeedAssets(t)
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(shared.serve.Tail(15))
		}
	})
	return shared
}

// own brings up a control plane for one test, with the namespace in it. Dittoguard is not installed.
func own(t *testing.T, namespaces ...string) *cluster.Cluster {
	t.Helper()
	need(t)
	c := cluster.ForTest(t)
	create(t, c, namespaces...)
	return c
}

// create creates namespaces.
func create(t *testing.T, c *cluster.Cluster, namespaces ...string) {
	t.Helper()
	for _, namespace := range namespaces {
		if err := c.Client.Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}); err != nil {
			t.Fatal(err)
		}
	}
}

// serve runs dittoguard in a control plane of a test's own.
func serve(t *testing.T, c *cluster.Cluster) *cluster.Serve {
	t.Helper()
	s, err := c.StartServe(t.Context(), shared.binary)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.Kill()
		if t.Failed() {
			t.Log(s.Tail(15))
		}
	})
	return s
}

// The namespaces that tests of single requests use, besides those of the cases.
var (
	// legacy have something bad in them since before dittoguard came.
	legacy    = []string{"legacy-updates", "legacy-fix", "legacy-rollback", "legacy-delete"}
	scenarios = append([]string{
		"mutate", "keep", "dry-run", "tools", "relabel", "terminating", "helm", "helm3", "audit-log", "explained", "words", "words-helm", "words-helm3", userRules,
	}, legacy...)
)

// unprotected is judged, but fails open.
const unprotected = "elsewhere"

func base(file string) string { return strings.TrimSuffix(filepath.Base(file), ".yaml") }
