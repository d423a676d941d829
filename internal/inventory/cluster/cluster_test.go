package cluster

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	clientscheme "k8s.io/client-go/kubernetes/scheme"

	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

func names(objects []*inventory.Object) []string {
	var list []string
	for _, o := range objects {
		list = append(list, o.Ref.String())
	}
	return list
}

func TestClusterFollowsTheAPIServer(t *testing.T) {
	s := newServer(t,
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "ditto"}},
		configMap("ditto", "a", "one"), configMap("other", "b", "one"),
		secret("ditto", "s"), secret("other", "hidden"), secret("dittoguard", "ca"),
		deployment("ditto", "gateway"), route())
	c := start(t, s, testOptions())
	if err := c.Ready(); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff([]string{
		"Namespace ditto", "ConfigMap ditto/a", "Deployment ditto/gateway", "Route ditto/r", "Secret ditto/s", "ConfigMap other/b",
	}, names(c.Objects().All())); diff != "" {
		t.Errorf("objects (-want +got):\n%s", diff)
	}
	r := c.Reader().Get(crd.Route, "ditto", "r")
	if got := r.Typed.(*crd.OpenShiftRoute).Spec.Host; got != "example.com" {
		t.Errorf("host %q", got)
	}
	if _, status := r.Content()["status"]; status {
		t.Error("the status of a Route is kept")
	}

	// The fake replays nothing: what changes between a list and its watch is lost, which an API server never does.
	s.awaitWatches(t)
	changed := &corev1.ConfigMap{}
	if err := s.Get(t.Context(), types("ditto", "a"), changed); err != nil {
		t.Fatal(err)
	}
	changed.Data["key"] = "two"
	for _, err := range []error{
		s.Update(t.Context(), changed), s.Create(t.Context(), configMap("ditto", "new", "x")), s.Delete(t.Context(), configMap("other", "b", "")),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "an update, a creation and a deletion arrive", func() bool {
		a := c.Reader().Get(inventory.ConfigMap, "ditto", "a")
		return a.Typed.(*corev1.ConfigMap).Data["key"] == "two" &&
			cmp.Equal(names(c.Reader().Find(inventory.KindKey(inventory.ConfigMap, ""))), []string{"ConfigMap ditto/a", "ConfigMap ditto/new"})
	})
}

func TestClusterAsksForNoMoreSecretsThanItMayHave(t *testing.T) {
	s := newServer(t)
	start(t, s, testOptions())
	s.awaitWatches(t)
	var secrets []string
	for _, request := range s.requests() {
		if strings.Contains(request, "Secret") {
			secrets = append(secrets, request)
		}
	}
	const selector = "ditto type!=helm.sh/release.v1,type!=kubernetes.io/service-account-token"
	if diff := cmp.Diff([]string{"list Secret " + selector, "watch Secret " + selector}, secrets); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

func TestKnows(t *testing.T) {
	s := newServer(t)
	s.noRoutes = true
	c := newCluster(s, nil, kindsOf(testKinds, clientscheme.Scheme), testOptions())
	if c.Reader().Knows(inventory.ConfigMap, "ditto") {
		t.Error("absence is trusted before anything was read")
	}
	if c.HasSynced() {
		t.Error("synced before anything was read")
	}
	c = start(t, s, testOptions())
	for _, test := range []struct {
		name      string
		kind      schema.GroupKind
		namespace string
		want      bool
	}{
		{"a kind that is read", inventory.ConfigMap, "ditto", true},
		{"Secrets of a protected namespace", inventory.Secret, "ditto", true},
		{"Secrets of another namespace", inventory.Secret, "other", false},
		{"dittoguard's own Secrets, though protected", inventory.Secret, "dittoguard", false},
		{"Secrets of all namespaces", inventory.Secret, "", false},
		{"a kind that is not installed", crd.Route, "ditto", true},
		{"a kind that is not read", inventory.Pod, "ditto", false},
	} {
		if got := c.Reader().Knows(test.kind, test.namespace); got != test.want {
			t.Errorf("%s: %v", test.name, got)
		}
	}
	if !c.HasSynced() {
		t.Error("not synced")
	}
}

func TestReadyNamesWhatIsMissing(t *testing.T) {
	s := newServer(t, configMap("ditto", "a", "one"))
	s.broken = true
	c := newCluster(s, nil, kindsOf(testKinds, clientscheme.Scheme), testOptions())
	const missing = "ConfigMap: not read yet\nDeployment: not read yet\nNamespace: not read yet\nRoute: not read yet\nSecret in ditto: not read yet"
	if err := c.Ready(); err == nil || err.Error() != missing {
		t.Errorf("before the start: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if err := c.WaitForSync(ctx); err == nil || !strings.Contains(err.Error(), "Secret in ditto: not read yet") {
		t.Errorf("waiting in vain: %v", err)
	}
	run(t, c)
	eventually(t, "the reason shows", func() bool {
		err := c.Ready()
		return err != nil && strings.Contains(err.Error(), "Secret in ditto: not read yet: listing: connection refused")
	})
	s.set(func(s *server) { s.broken = false })
	eventually(t, "everything is read", func() bool { return c.Ready() == nil })
	s.awaitWatches(t)

	s.breakDown()
	eventually(t, "a dead watch shows", func() bool {
		err := c.Ready()
		return err != nil && strings.Contains(err.Error(), "ConfigMap: watch broken for ") && strings.Contains(err.Error(), "connection refused")
	})
	if !c.HasSynced() || c.Reader().Get(inventory.ConfigMap, "ditto", "a") == nil {
		t.Error("what was read is forgotten")
	}
	s.set(func(s *server) { s.broken = false })
	eventually(t, "the watches are back", func() bool { return c.Ready() == nil })
}

func TestReadyToleratesAShortBreak(t *testing.T) {
	i := loneInformer(nil, kind{gvk: schema.GroupVersionKind{Version: "v1", Kind: "Pod"}, builtin: true}, "", inventory.NewMemory(nil, nil))
	if err := i.Replace(nil, "1"); err != nil {
		t.Fatal(err)
	}
	i.failed(t.Context(), errRefused)
	if err := i.ready(i.failing.Add(4 * time.Second)); err != nil {
		t.Errorf("after 4 s: %v", err)
	}
	if err := i.ready(i.failing.Add(5 * time.Second)); err == nil || err.Error() != "Pod: watch broken for 5s: connection refused" {
		t.Errorf("after 5 s: %v", err)
	}
	i.worked()
	if err := i.ready(time.Now().Add(time.Hour)); err != nil {
		t.Errorf("after it is back: %v", err)
	}
}

func TestReplaceForgetsWhatIsGone(t *testing.T) {
	memory := inventory.NewMemory(nil, nil)
	k := kind{gvk: schema.GroupVersionKind{Version: "v1", Kind: "ConfigMap"}, builtin: true}
	one, two := loneInformer(nil, k, "one", memory), loneInformer(nil, k, "two", memory)
	for _, err := range []error{
		one.Replace([]any{configMap("one", "a", ""), configMap("one", "b", "")}, "1"),
		two.Replace([]any{configMap("two", "c", "")}, "1"),
		one.Replace([]any{configMap("one", "b", "")}, "2"),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]string{"ConfigMap one/b", "ConfigMap two/c"}, names(memory.All())); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestRoutesOfAGroupThatIsRemoved(t *testing.T) {
	s := newServer(t, route())
	c := start(t, s, testOptions())
	if c.Reader().Get(crd.Route, "ditto", "r") == nil {
		t.Fatal("no Route")
	}
	s.awaitWatches(t)
	s.set(func(s *server) {
		s.noRoutes = true
		for _, w := range s.watches {
			w.Stop()
		}
	})
	eventually(t, "the Route goes with its kind", func() bool { return c.Reader().Get(crd.Route, "ditto", "r") == nil })
	if err := c.Ready(); err != nil && strings.Contains(err.Error(), "Route") {
		t.Error(err)
	}
}

func TestAWatchOfAKindThatHasGone(t *testing.T) {
	s := newServer(t, route())
	memory := inventory.NewMemory(nil, nil)
	i := loneInformer(s, kind{gvk: testKinds[4], namespaced: true}, "", memory)
	if err := i.Replace([]any{route()}, "1"); err != nil {
		t.Fatal(err)
	}
	s.noRoutes = true
	if _, err := i.watch(t.Context(), metav1.ListOptions{}); err == nil {
		t.Error("watching a kind that is not there")
	}
	if got := memory.All(); len(got) != 0 {
		t.Errorf("still there: %v", names(got))
	}
	if err := i.ready(time.Now().Add(time.Hour)); err != nil {
		t.Error(err)
	}
}

// TestAnOlderVersionIsServed: a kind is read in the best version that the API server serves, by watches and live.
func TestAnOlderVersionIsServed(t *testing.T) {
	s := newServer(t, route())
	gvk := testKinds[4]
	newer := gvk.GroupKind().WithVersion("v2")
	kinds := kindsOf(append([]schema.GroupVersionKind{newer}, testKinds...), clientscheme.Scheme)
	c := newCluster(s, nil, kinds, testOptions())
	run(t, c)
	eventually(t, "everything is read", c.HasSynced)
	o := c.Reader().Get(crd.Route, "ditto", "r")
	if o == nil || o.Ref.APIVersion != gvk.GroupVersion().String() {
		t.Fatalf("the Route is %v", o)
	}
	s.awaitWatches(t)
	later := route()
	later.SetName("later")
	if err := s.Create(t.Context(), later); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a Route that is created arrives", func() bool { return c.Reader().Get(crd.Route, "ditto", "later") != nil })
	s.requests()
	c.memory.Delete(o.Ref.ID())
	changes, err := everything(c.Begin(nil, nil))(t.Context(), []inventory.Question{{ID: o.Ref.ID()}, {Key: inventory.KindKey(crd.Route, "ditto")}})
	if err != nil || len(changes) != 1 {
		t.Errorf("read live: %v, %v", changes, err)
	}

	s.set(func(s *server) {
		s.noRoutes = true
		for _, w := range s.watches {
			w.Stop()
		}
	})
	eventually(t, "the kind is known not to be installed", func() bool {
		_, read := c.served(crd.Route)
		return !read
	})
	s.requests()
	if _, err := everything(c.Begin(nil, nil))(t.Context(), []inventory.Question{{ID: o.Ref.ID()}, {Key: inventory.KindKey(crd.Route, "ditto")}}); err != nil {
		t.Error(err)
	}
	for _, request := range s.requests() {
		if request == "list Route ditto" {
			t.Errorf("asked for a kind that is not installed: %s", request)
		}
	}
	// It is installed again, and the informer has not noticed yet.
	s.set(func(s *server) { s.noRoutes = false })
	changes, err = everything(c.Begin(nil, nil))(t.Context(), []inventory.Question{{ID: o.Ref.ID()}})
	if err != nil || len(changes) != 1 || changes[0].Object == nil {
		t.Errorf("by name: %v, %v", changes, err)
	}
}

func TestKindsOf(t *testing.T) {
	kinds := kindsOf([]schema.GroupVersionKind{
		{Group: "gateway.networking.k8s.io", Version: "v1beta1", Kind: "Gateway"},
		{Group: "gateway.networking.k8s.io", Version: "v1", Kind: "Gateway"},
		{Group: "gateway.networking.k8s.io", Version: "v1", Kind: "GatewayClass"},
		{Group: "networking.k8s.io", Version: "v1", Kind: "NetworkPolicy"},
		{Version: "v1", Kind: "Namespace"},
	}, clientscheme.Scheme)
	mapper := mapperFor(kinds)
	var got []string
	for _, k := range kinds {
		mapping, err := mapper.RESTMapping(k.gvk.GroupKind(), k.gvk.Version)
		if err != nil {
			t.Fatal(err)
		}
		if k.gvk.Kind == "Gateway" {
			if older, err := mapper.RESTMapping(k.gvk.GroupKind(), "v1beta1"); err != nil || older.Resource.Resource != "gateways" {
				t.Errorf("the older version: %v, %v", older, err)
			}
			if later, err := mapper.RESTMapping(k.gvk.GroupKind(), "v99"); err != nil || later.Resource.Resource != "gateways" || later.Resource.Version != "v99" {
				t.Errorf("a version that is not read: %v, %v", later, err)
			}
		}
		got = append(got, strings.Join([]string{
			mapping.Resource.GroupVersion().String(), mapping.Resource.Resource, string(mapping.Scope.Name()),
		}, " "))
		if wantBuiltin := !strings.HasPrefix(k.gvk.Group, "gateway."); k.builtin != wantBuiltin {
			t.Errorf("%s: builtin %v", k.gvk, k.builtin)
		}
	}
	if diff := cmp.Diff([]string{
		"gateway.networking.k8s.io/v1 gateways namespace",
		"gateway.networking.k8s.io/v1 gatewayclasses root",
		"v1 namespaces root",
		"networking.k8s.io/v1 networkpolicies namespace",
	}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
