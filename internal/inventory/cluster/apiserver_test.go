package cluster

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
	realcluster "github.com/dittoguard/dittoguard/test/cluster"
)

// What a fake cannot show: the requests are ones that an API server takes, objects arrive in its encoding, and the
// versions of what is watched and what is read live compare.
func TestAgainstAnAPIServer(t *testing.T) {
	running := realcluster.ForTest(t)
	api := running.Client
	create := func(o client.Object) {
		t.Helper()
		if err := api.Create(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
	release := secret("ditto", "release")
	release.Type = helmReleaseType
	create(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "ditto"}})
	for _, o := range []client.Object{
		configMap("ditto", "a", "one"), secret("ditto", "s"), release, secret("default", "hidden"),
	} {
		create(o)
	}

	c, err := New(running.Config, Options{ProtectedNamespaces: []string{"ditto"}})
	if err != nil {
		t.Fatal(err)
	}
	run(t, c)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := c.WaitForSync(ctx); err != nil {
		t.Fatal(err)
	}
	if err := c.Ready(); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff([]string{"Secret ditto/s"}, names(c.Reader().Find(inventory.KindKey(inventory.Secret, "")))); diff != "" {
		t.Errorf("secrets (-want +got):\n%s", diff)
	}
	if !c.Reader().Knows(crd.Route, "ditto") {
		t.Error("a kind that is not installed is not known to be absent")
	}
	a := c.Reader().Get(inventory.ConfigMap, "ditto", "a")
	if a == nil || a.Meta.ManagedFields != nil || a.Meta.ResourceVersion == "" {
		t.Fatalf("ConfigMap ditto/a is %+v", a)
	}

	questions := []inventory.Question{
		{ID: configMapID("ditto", "a")}, {Key: inventory.KindKey(inventory.Secret, "ditto")},
		{Key: inventory.KindKey(crd.Route, "ditto")}, {ID: inventory.ID{GroupKind: inventory.Namespace, Name: "ditto"}},
	}
	changes, err := everything(c.Begin(nil, nil))(ctx, questions)
	if err != nil || len(changes) != 0 {
		t.Errorf("the cache is up to date, and Refresh says %v, %v", changes, err)
	}
	// A cache that has lost track.
	c.memory.Delete(a.Ref.ID())
	c.memory.Put(object(t, secret("ditto", "ghost")))
	changes, err = everything(c.Begin(nil, nil))(ctx, questions)
	if err != nil {
		t.Fatal(err)
	}
	view := inventory.NewOverlay(c.Reader(), changes...)
	if o := view.Get(inventory.ConfigMap, "ditto", "a"); o == nil || o.Typed.(*corev1.ConfigMap).Data["key"] != "one" {
		t.Errorf("ConfigMap ditto/a is %v", o)
	}
	if diff := cmp.Diff([]string{"Secret ditto/s"}, names(view.Find(inventory.KindKey(inventory.Secret, "ditto")))); diff != "" {
		t.Errorf("secrets (-want +got):\n%s", diff)
	}

	create(configMap("ditto", "later", "x"))
	eventually(t, "a new object arrives", func() bool { return c.Reader().Get(inventory.ConfigMap, "ditto", "later") != nil })
	if err := api.Delete(ctx, configMap("ditto", "later", "x")); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a deleted object goes", func() bool { return c.Reader().Get(inventory.ConfigMap, "ditto", "later") == nil })
}

// TestVersionsThatAreNotReadOnAnAPIServer: an API server serves a kind in a version that is not read alone, and others of a group not at
// all. The first is read and said to be unknown, the others are known to be absent.
func TestVersionsThatAreNotReadOnAnAPIServer(t *testing.T) {
	running := realcluster.ForTest(t)
	later := schema.GroupVersionKind{Group: crd.IstioGateway.Group, Version: "v99", Kind: crd.IstioGateway.Kind}
	if err := running.Define(t.Context(), later); err != nil {
		t.Fatal(err)
	}
	gateway := &unstructured.Unstructured{Object: map[string]any{"spec": map[string]any{"selector": map[string]any{"istio": "ingress"}}}}
	gateway.SetGroupVersionKind(later)
	gateway.SetNamespace("default")
	gateway.SetName("public")
	if err := running.Client.Create(t.Context(), gateway); err != nil {
		t.Fatal(err)
	}
	// An API server's list of groups is a moment behind the definitions, and what is not in it is looked for half a minute later.
	eventually(t, "the group is listed", func() bool {
		groups, err := running.Kubectl(t.Context(), nil, "get", "--raw", "/apis")
		return err == nil && strings.Contains(groups, later.GroupVersion().String())
	})
	c, err := New(running.Config, Options{})
	if err != nil {
		t.Fatal(err)
	}
	run(t, c)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := c.WaitForSync(ctx); err != nil {
		t.Fatal(err)
	}
	const want = "unknown: Gateway.networking.istio.io: served in version v99 alone, which is not read (only v1, v1beta1, v1alpha3)"
	eventually(t, "it is said: "+want, func() bool { return c.Note() == want })
	id := inventory.ID{GroupKind: later.GroupKind(), Namespace: "default", Name: "public"}
	// It is said as soon as it is found, and its objects arrive after that.
	eventually(t, "its object arrives", func() bool { return c.Reader().Get(id.GroupKind, id.Namespace, id.Name) != nil })
	c.memory.Delete(id) // which has lost track
	filters := schema.GroupKind{Group: later.Group, Kind: "EnvoyFilter"}
	changes, err := everything(c.Begin(nil, nil))(ctx, []inventory.Question{
		{ID: id}, {Key: inventory.KindKey(later.GroupKind(), "default")}, {Key: inventory.KindKey(filters, "default")},
	})
	if err != nil || len(changes) == 0 || changes[0].Object == nil || changes[0].Object.Typed != nil {
		t.Errorf("read live: %v, %v", changes, err)
	}
	snapshot, err := TakeSnapshot(ctx, running.Config, nil, "")
	if err != nil {
		t.Fatal(err)
	}
	if o := snapshot.Get(id.GroupKind, id.Namespace, id.Name); o == nil || len(snapshot.Unread) > 0 {
		t.Errorf("the audit reads %v, and of kinds not %v", o, snapshot.Unread)
	}
}

// object wraps a built-in object that no API server has seen.
func object(t *testing.T, o client.Object) *inventory.Object {
	t.Helper()
	wrapped, err := wrap(o, corev1.SchemeGroupVersion.WithKind("Secret"))
	if err != nil {
		t.Fatal(err)
	}
	return wrapped
}
