package cluster

import (
	"context"
	"errors"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	clientscheme "k8s.io/client-go/kubernetes/scheme"

	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

// laterRoutes is an API server that serves Routes in v9 alone, with one in it, and what it says of that.
func laterRoutes(t *testing.T) (*server, *offer) {
	t.Helper()
	later := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "route.openshift.io/v9", "kind": "Route", "metadata": map[string]any{"namespace": "ditto", "name": "r"},
		"spec": map[string]any{"backend": "gateway"},
	}}
	s := newServer(t, later)
	s.routesIn = "v9"
	return s, &offer{ask: func(context.Context) ([]metav1.APIGroup, error) {
		return []metav1.APIGroup{{Name: "route.openshift.io", Versions: []metav1.GroupVersionForDiscovery{{Version: "v9"}, {Version: "v1"}}}}, nil
	}}
}

// TestOnlyAVersionThatIsNotReadIsServed: the objects are there all the same, by watches and live, and the kind is said.
func TestOnlyAVersionThatIsNotReadIsServed(t *testing.T) {
	s, served := laterRoutes(t)
	c := newCluster(s, served, kindsOf(testKinds, clientscheme.Scheme), testOptions())
	run(t, c)
	eventually(t, "everything is read", c.HasSynced)
	o := c.Reader().Get(crd.Route, "ditto", "r")
	if o == nil || o.Ref.APIVersion != "route.openshift.io/v9" || o.Typed != nil || o.Content()["spec"] == nil {
		t.Fatalf("the Route is %+v", o)
	}
	const note = "unknown: Route.route.openshift.io: served in version v9 alone, which is not read (only v1)"
	if got := c.Note(); got != note {
		t.Errorf("note %q, want %q", got, note)
	}
	if !c.Reader().Knows(crd.Route, "ditto") {
		t.Error("that there is no other Route is not known")
	}
	s.awaitWatches(t)
	c.memory.Delete(o.Ref.ID())
	changes, err := everything(c.Begin(nil, nil))(t.Context(), []inventory.Question{{ID: o.Ref.ID()}, {Key: inventory.KindKey(crd.Route, "ditto")}})
	if err != nil || len(changes) != 1 || changes[0].Object == nil {
		t.Errorf("read live: %v, %v", changes, err)
	}
}

// TestWhatIsServedCannotBeAsked: then nobody knows whether a kind is installed in another version.
func TestWhatIsServedCannotBeAsked(t *testing.T) {
	s, served := laterRoutes(t)
	served.ask = func(context.Context) ([]metav1.APIGroup, error) { return nil, errors.New("no right") }
	c := newCluster(s, served, kindsOf(testKinds, clientscheme.Scheme), testOptions())
	run(t, c)
	eventually(t, "the kind is unknown", func() bool { return !c.Reader().Knows(crd.Route, "ditto") && c.HasSynced() })
	if got := c.Note(); !strings.Contains(got, "asking which versions of route.openshift.io are served: no right") {
		t.Errorf("note %q", got)
	}
}

// TestSnapshot_OfAVersionThatIsNotRead: an audit sees the objects as the webhook does.
func TestSnapshot_OfAVersionThatIsNotRead(t *testing.T) {
	s, served := laterRoutes(t)
	got, err := (&snapshooter{client: s, offer: served, host: "here"}).take(t.Context(), kindsOf(testKinds, clientscheme.Scheme), nil)
	if err != nil {
		t.Fatal(err)
	}
	if o := got.Get(crd.Route, "ditto", "r"); o == nil || o.Typed != nil || len(got.Unread) != 0 {
		t.Errorf("the Route is %+v, unread %v", o, got.Unread)
	}
}
