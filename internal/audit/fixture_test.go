package audit

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-logr/logr/funcr"
	"github.com/prometheus/client_golang/prometheus"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	fakedynamic "k8s.io/client-go/dynamic/fake"
	"sigs.k8s.io/yaml"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/config"
	"github.com/dittoguard/dittoguard/internal/ditto/htpasswd"
	"github.com/dittoguard/dittoguard/internal/ditto/index"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/rules"
)

// world is a cluster without an API server, audited on a clock of its own.
type world struct {
	*inventory.Memory

	t       *testing.T
	checker atomic.Pointer[check.Checker]
	// sick has a value while a kind cannot be read.
	sick    atomic.Bool
	api     *fakedynamic.FakeDynamicClient
	served  *served
	options Options
	auditor *Auditor
	metrics *prometheus.Registry
	restart func(meanwhile func())

	mu     sync.Mutex
	events []string
	log    []string
}

// audited runs a test with an audit that has begun, in a cluster with these APIs of reports and objects in it.
func audited(t *testing.T, installed []string, manifests string, test func(w *world)) {
	t.Helper()
	list, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, Memory: inventory.NewMemory(index.Of, nil), metrics: prometheus.NewPedanticRegistry()}
		w.configure(list, "")
		w.api, w.served = newAPI(), &served{}
		w.served.install(installed...)
		queue := NewQueue()
		w.OnChange = queue.Note
		w.apply(manifests)
		w.options = Options{
			Checker: w.checker.Load, Inventory: w.Memory, Synced: func() bool { return true },
			Sick: func() string { return map[bool]string{true: "unknown: HTTPRoute"}[w.sick.Load()] }, Queue: queue, ReportsIn: ReportsAuto, Reports: w.api, Discovery: w.served, Events: w,
			Metrics: NewMetrics(w.metrics), Log: funcr.New(func(_, args string) { w.note(&w.log, args) }, funcr.Options{}),
		}
		w.auditor = New(w.options)
		stop := w.run()
		w.restart = func(meanwhile func()) {
			stop()
			meanwhile()
			stop = w.run()
		}
		defer func() { stop() }()
		w.settle()
		test(w)
	})
}

// run has it audited until the returned function is called.
func (w *world) run() (stop func()) {
	ctx, cancel := context.WithCancel(w.t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.auditor.Run(ctx)
	}()
	return func() {
		cancel()
		<-done
	}
}

// newAPI is an API server that keeps reports.
func newAPI() *fakedynamic.FakeDynamicClient {
	kinds := map[schema.GroupVersionResource]string{}
	for _, a := range reportAPIs {
		kinds[a.version.WithResource(a.reports)] = a.report + "List"
		kinds[a.version.WithResource(a.inClusters)] = a.inCluster + "List"
	}
	return fakedynamic.NewSimpleDynamicClientWithCustomListKinds(runtime.NewScheme(), kinds)
}

// served is what it says that it serves.
type served struct {
	mu        sync.Mutex
	installed []string
}

func (s *served) install(names ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.installed = names
}

// ServerResourcesForGroupVersion implements Discovery.
func (s *served) ServerResourcesForGroupVersion(version string) (*metav1.APIResourceList, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range reportAPIs {
		if slices.Contains(s.installed, a.name) && a.version.String() == version {
			return &metav1.APIResourceList{APIResources: []metav1.APIResource{{Name: a.reports}, {Name: a.inClusters}}}, nil
		}
	}
	return nil, apierrors.NewNotFound(schema.GroupResource{}, version)
}

// configure has everything judged by a configuration.
func (w *world) configure(list []rules.HardeningRule, text string) {
	w.t.Helper()
	cfg := config.Default()
	if text != "" {
		var err error
		if cfg, err = config.Parse("configuration", []byte("apiVersion: dittoguard.io/v1alpha1\nkind: Configuration\n"+text), list); err != nil {
			w.t.Fatal(err)
		}
	}
	passwords := htpasswd.NewVerifier(htpasswd.Options{NoBackground: true})
	w.t.Cleanup(passwords.Close)
	checker, err := check.New(check.Options{Rules: list, Proved: true, Config: cfg, Passwords: passwords})
	if err != nil {
		w.t.Fatal(err)
	}
	w.checker.Store(checker)
}

// apply puts objects into the cluster. Each has its name for a UID.
func (w *world) apply(manifests string) {
	w.t.Helper()
	for text := range strings.SplitSeq(manifests, "---\n") {
		if strings.TrimSpace(text) == "" {
			continue
		}
		raw, err := yaml.YAMLToJSON([]byte(text))
		if err != nil {
			w.t.Fatal(err)
		}
		o, err := inventory.Decode(raw, inventory.Source{})
		if err != nil {
			w.t.Fatal(err)
		}
		if o.Meta.UID == "" {
			o.Meta.UID = types.UID(strings.ToLower(o.Ref.Kind) + "-" + o.Ref.Name)
		}
		w.Put(o)
	}
}

// settle waits until there is nothing more to do.
func (w *world) settle() {
	time.Sleep(2 * glance)
	synctest.Wait()
}

func (w *world) note(list *[]string, text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	*list = append(*list, text)
}

// Event implements Events.
func (w *world) Event(regarding *corev1.ObjectReference, eventtype, reason, rule, note string) {
	if !strings.HasPrefix(note, rule+": ") || len(note) > longestNote {
		w.t.Errorf("the note of an Event about %s: %s", rule, note)
	}
	w.note(&w.events, fmt.Sprintf("%s %s %s %s/%s: %s", eventtype, reason, regarding.Kind, regarding.Namespace, regarding.Name, rule))
}

// said are the events since the last call, in order.
func (w *world) said() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	list := w.events
	w.events = nil
	slices.Sort(list)
	return list
}

// reports are those of an API, by name.
func (w *world) reports(api string) map[string]*unstructured.Unstructured {
	w.t.Helper()
	found := map[string]*unstructured.Unstructured{}
	for _, a := range reportAPIs {
		if a.name != api {
			continue
		}
		for _, resource := range []string{a.reports, a.inClusters} {
			list, err := w.api.Resource(a.version.WithResource(resource)).List(w.t.Context(), metav1.ListOptions{})
			if err != nil {
				w.t.Fatal(err)
			}
			for i := range list.Items {
				found[list.Items[i].GetName()] = &list.Items[i]
			}
		}
	}
	return found
}

// writes counts the requests that change a report since the last call.
func (w *world) writes() int {
	n := 0
	for _, action := range w.api.Actions() {
		if slices.Contains([]string{"create", "update", "delete", "patch"}, action.GetVerb()) {
			n++
		}
	}
	w.api.ClearActions()
	return n
}

// again has the audit end, and another replica begin once something has happened.
func (w *world) again(meanwhile func()) {
	w.restart(meanwhile)
	w.settle()
}

// findings is the value of dittoguard_findings.
func (w *world) findings(rule, action, namespace string) int {
	w.t.Helper()
	families, err := w.metrics.Gather()
	if err != nil {
		w.t.Fatal(err)
	}
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			labels := map[string]string{}
			for _, l := range metric.GetLabel() {
				labels[l.GetName()] = l.GetValue()
			}
			if family.GetName() == "dittoguard_findings" && labels["rule"] == rule && labels["action"] == action && labels["namespace"] == namespace {
				return int(metric.GetGauge().GetValue())
			}
		}
	}
	return 0
}

func kindKey(kind, group string) inventory.Key {
	return inventory.KindKey(schema.GroupKind{Group: group, Kind: kind}, "")
}

// normal is a value as JSON has it, whatever Go types its numbers are.
func normal(t *testing.T, v any) any {
	t.Helper()
	text, err := yaml.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var out any
	if err := yaml.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// counter is the sum of a counter over all its labels, of which one has a value.
func (w *world) counter(name, label, value string) int {
	w.t.Helper()
	families, err := w.metrics.Gather()
	if err != nil {
		w.t.Fatal(err)
	}
	sum := 0.0
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			for _, l := range metric.GetLabel() {
				if family.GetName() == name && l.GetName() == label && l.GetValue() == value {
					sum += metric.GetCounter().GetValue()
				}
			}
		}
	}
	return int(sum)
}

func (w *world) passes(why string) int { return w.counter("dittoguard_audit_passes_total", "why", why) }

var (
	updateOptions metav1.UpdateOptions
	metaWithUID   = metav1.ObjectMeta{UID: "uid"}
)

func (w *world) logged() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return strings.Join(w.log, "\n")
}
