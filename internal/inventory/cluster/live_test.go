package cluster

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer/protobuf"
	ktypes "k8s.io/apimachinery/pkg/types"
	clientscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

// TestListsReadMetadata: what the cache has as it is costs its metadata, a few objects that it has not are read one by one, and
// many as a list. Whatever the way, the changes are the same.
func TestListsReadMetadata(t *testing.T) {
	all := []inventory.Question{{Key: inventory.KindKey(inventory.ConfigMap, "ditto")}}
	for _, test := range []struct{ behind, requests int }{{0, 1}, {1, 2}, {readAlone, readAlone + 1}, {readAlone + 1, 2}, {50, 2}} {
		var cached, live []client.Object
		want := map[string]string{"gone": ""}
		for i := range 60 {
			name := fmt.Sprintf("c%02d", i)
			cached = append(cached, at("3", configMap("ditto", name, "")))
			if i < test.behind {
				live = append(live, at("4", configMap("ditto", name, "")))
				want[name] = "4"
			} else {
				live = append(live, at("3", configMap("ditto", name, "")))
			}
		}
		s := newServer(t, live...)
		c := stale(t, s, append(cached, at("3", configMap("ditto", "gone", "")))...)
		var counted atomic.Int64
		c.opts.Count = func(error) { counted.Add(1) }
		changes, err := everything(c.Begin(nil, nil))(t.Context(), all)
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		for _, change := range changes {
			got[change.ID.Name] = ""
			if change.Object != nil {
				got[change.ID.Name] = change.Object.Meta.ResourceVersion
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%d behind: -want +got:\n%s", test.behind, diff)
		}
		if requests := s.requests(); len(requests) != test.requests || int(counted.Load()) != test.requests {
			t.Errorf("%d behind: %d requests, %d counted, want %d: %v", test.behind, len(requests), counted.Load(), test.requests, requests)
		}
	}
}

// TestUpToDate: an object that was deleted and made again is another one, in whatever version.
func TestUpToDate(t *testing.T) {
	of := func(version, uid string) *metav1.PartialObjectMetadata {
		return &metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{ResourceVersion: version, UID: ktypes.UID(uid)}}
	}
	for _, test := range []struct {
		cached, live *metav1.PartialObjectMetadata
		want         bool
	}{
		{nil, of("3", "a"), false},
		{of("3", "a"), of("3", "a"), true},
		{of("3", "a"), of("3", "b"), false},
		{of("3", "a"), of("4", "a"), false},
		{of("4", "a"), of("3", "a"), true},
		{of("4", "b"), of("3", "a"), true},
		{of("opaque", "a"), of("opaque", "a"), true},
		{of("opaque", "a"), of("other", "a"), false},
	} {
		var cached *inventory.Object
		if test.cached != nil {
			cached = &inventory.Object{Meta: &test.cached.ObjectMeta}
		}
		if got := upToDate(cached, test.live); got != test.want {
			t.Errorf("upToDate(%v, %v) = %t", test.cached, test.live, got)
		}
	}
}

// routesServer answers lists of Routes as an API server would, whole or as metadata, and counts the bytes.
type routesServer struct {
	whole, metadata []byte
	bytes, partial  atomic.Int64
}

func newRoutesServer(t testing.TB, n int) *routesServer {
	t.Helper()
	s := &routesServer{}
	routes := &unstructured.UnstructuredList{Object: map[string]any{
		"apiVersion": "route.openshift.io/v1", "kind": "RouteList", "metadata": map[string]any{"resourceVersion": "9"},
	}}
	metas := &metav1.PartialObjectMetadataList{ListMeta: metav1.ListMeta{ResourceVersion: "9"}}
	for i := range n {
		r := route()
		r.SetName(fmt.Sprintf("r%d", i))
		r.SetResourceVersion("3")
		r.SetAnnotations(map[string]string{"haproxy.router.openshift.io/timeout": "30s"})
		r.Object["status"] = map[string]any{"ingress": []any{map[string]any{"host": "example.com", "routerName": "default", "conditions": []any{
			map[string]any{"type": "Admitted", "status": "True", "lastTransitionTime": "2026-01-01T00:00:00Z"},
		}}}}
		routes.Items = append(routes.Items, *r)
		metas.Items = append(metas.Items, metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{
			Namespace: r.GetNamespace(), Name: r.GetName(), ResourceVersion: "3", Annotations: r.GetAnnotations(),
		}})
	}
	var err error
	if s.whole, err = json.Marshal(routes.UnstructuredContent()); err != nil {
		t.Fatal(err)
	}
	metas.SetGroupVersionKind(metav1.SchemeGroupVersion.WithKind("PartialObjectMetadataList"))
	if s.metadata, err = runtime.Encode(protobuf.NewSerializer(clientscheme.Scheme, clientscheme.Scheme), metas); err != nil {
		t.Fatal(err)
	}
	return s
}

// ServeHTTP implements http.Handler.
func (s *routesServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, kind := s.whole, "application/json"
	if accept := r.Header.Get("Accept"); strings.Contains(accept, "as=PartialObjectMetadataList") && strings.HasPrefix(accept, "application/vnd.kubernetes.protobuf") {
		body, kind = s.metadata, "application/vnd.kubernetes.protobuf"
		s.partial.Add(1)
	}
	s.bytes.Add(int64(len(body)))
	w.Header().Set("Content-Type", kind)
	_, _ = w.Write(body)
}

// cluster is one whose cache has what the server has.
func (s *routesServer) cluster(t testing.TB) *Cluster {
	t.Helper()
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	c, err := New(&rest.Config{Host: server.URL}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	var list unstructured.UnstructuredList
	if err := json.Unmarshal(s.whole, &list); err != nil {
		t.Fatal(err)
	}
	for i := range list.Items {
		o, err := wrap(&list.Items[i], list.Items[i].GroupVersionKind())
		if err != nil {
			t.Fatal(err)
		}
		c.memory.Put(o)
	}
	return c
}

var routesOfDitto = list{GroupKind: crd.Route, Namespace: "ditto"}

// TestMetadataTravelsAsProtobuf: also of a custom resource, and in a fraction of the bytes.
func TestMetadataTravelsAsProtobuf(t *testing.T) {
	s := newRoutesServer(t, 100)
	c := s.cluster(t)
	read := func(list func(context.Context) ([]inventory.Change, error)) int64 {
		t.Helper()
		before := s.bytes.Load()
		if changes, err := list(t.Context()); err != nil || len(changes) > 0 {
			t.Fatalf("%v, %v", changes, err)
		}
		return s.bytes.Load() - before
	}
	cheap := read(func(ctx context.Context) ([]inventory.Change, error) { return c.list(ctx, routesOfDitto) })
	if s.partial.Load() != 1 {
		t.Error("the list was not asked for as metadata")
	}
	k, _ := c.served(crd.Route)
	whole := read(func(ctx context.Context) ([]inventory.Change, error) { return c.listWhole(ctx, routesOfDitto, k) })
	if cheap*3 > whole {
		t.Errorf("%d bytes of metadata, %d of all", cheap, whole)
	}
}

// BenchmarkList compares the two ways to see that 500 Routes are as they were.
func BenchmarkList(b *testing.B) {
	s := newRoutesServer(b, 500)
	c := s.cluster(b)
	k, _ := c.served(crd.Route)
	for name, list := range map[string]func(context.Context) ([]inventory.Change, error){
		"metadata": func(ctx context.Context) ([]inventory.Change, error) { return c.list(ctx, routesOfDitto) },
		"whole":    func(ctx context.Context) ([]inventory.Change, error) { return c.listWhole(ctx, routesOfDitto, k) },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			before, asked := s.bytes.Load(), 0
			for b.Loop() {
				if _, err := list(b.Context()); err != nil {
					b.Fatal(err)
				}
				asked++
			}
			b.ReportMetric(float64(s.bytes.Load()-before)/float64(asked), "bytes/list")
		})
	}
}
