package cluster

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/watch"
	clientscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/journal"
)

// testKinds are few, so that the fake API server has little to do.
var testKinds = []schema.GroupVersionKind{
	{Version: "v1", Kind: "ConfigMap"},
	{Version: "v1", Kind: "Secret"},
	{Version: "v1", Kind: "Namespace"},
	{Group: "apps", Version: "v1", Kind: "Deployment"},
	{Group: "route.openshift.io", Version: "v1", Kind: "Route"},
}

var errRefused = errors.New("connection refused")

// server is a fake API server that can be told to fail, and that notes what it is asked.
type server struct {
	client.WithWatch

	mu       sync.Mutex
	broken   bool
	noRoutes bool
	// routesIn is the version that Routes are served in; v1 if empty.
	routesIn string
	// hangs says that nothing answers a GET.
	hangs bool
	// sick is what the API server says of Routes; nil if they are well.
	sick error
	// listVersion is the resource version of every list, unless it is empty.
	listVersion string
	asked       []string
	watches     []watch.Interface
}

func newServer(t *testing.T, objects ...client.Object) *server {
	t.Helper()
	s := &server{}
	scheme := runtime.NewScheme()
	if err := clientscheme.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	routes := schema.GroupVersionKind{Group: "route.openshift.io", Version: "v1", Kind: "Route"}
	for _, version := range []string{"v1", "v9"} {
		routes.Version = version
		scheme.AddKnownTypeWithName(routes, &unstructured.Unstructured{})
		scheme.AddKnownTypeWithName(routes.GroupVersion().WithKind("RouteList"), &unstructured.UnstructuredList{})
	}
	note := func(verb string, o runtime.Object, where string) error {
		gvk, err := apiutil.GVKForObject(o, scheme)
		if err != nil {
			return err
		}
		kind := strings.TrimSuffix(gvk.Kind, "List")
		s.mu.Lock()
		defer s.mu.Unlock()
		switch o.(type) {
		case *metav1.PartialObjectMetadata, *metav1.PartialObjectMetadataList:
			verb += " metadata of"
		}
		s.asked = append(s.asked, verb+" "+kind+" "+where)
		switch {
		case s.broken:
			return errRefused
		case kind == "Route" && s.sick != nil:
			return s.sick
		case kind == "Route" && (s.noRoutes || gvk.Version != cmp.Or(s.routesIn, "v1")):
			return apierrors.NewNotFound(schema.GroupResource{Group: gvk.Group, Resource: "routes"}, "")
		}
		return nil
	}
	listOptions := func(opts []client.ListOption) (client.ListOption, string) {
		var o client.ListOptions
		o.ApplyOptions(opts)
		where := o.Namespace
		if o.Raw != nil && o.Raw.FieldSelector != "" {
			where += " " + o.Raw.FieldSelector
		}
		// The fake knows no field selectors.
		return client.InNamespace(o.Namespace), where
	}
	s.WithWatch = fake.NewClientBuilder().WithScheme(scheme).
		WithRESTMapper(mapperFor(kindsOf(testKinds, clientscheme.Scheme))).WithObjects(objects...).
		WithInterceptorFuncs(interceptor.Funcs{
			Get: func(ctx context.Context, c client.WithWatch, key client.ObjectKey, o client.Object, opts ...client.GetOption) error {
				if err := note("get", o, key.String()); err != nil {
					return err
				}
				if s.hangs {
					<-ctx.Done()
					return ctx.Err()
				}
				return c.Get(ctx, key, o, opts...)
			},
			List: func(ctx context.Context, c client.WithWatch, list client.ObjectList, opts ...client.ListOption) error {
				option, where := listOptions(opts)
				if err := note("list", list, where); err != nil {
					return err
				}
				err := c.List(ctx, list, option)
				if s.listVersion != "" {
					list.SetResourceVersion(s.listVersion)
				}
				return err
			},
			Watch: func(ctx context.Context, c client.WithWatch, list client.ObjectList, opts ...client.ListOption) (watch.Interface, error) {
				option, where := listOptions(opts)
				var o client.ListOptions
				o.ApplyOptions(opts)
				if o.Raw.SendInitialEvents != nil {
					// Like an API server without streaming lists; the reflector falls back to a list.
					return nil, apierrors.NewInvalid(schema.GroupKind{}, "", nil)
				}
				if err := note("watch", list, where); err != nil {
					return nil, err
				}
				w, err := c.Watch(ctx, list, option)
				if err == nil {
					s.mu.Lock()
					s.watches = append(s.watches, w)
					s.mu.Unlock()
				}
				return w, err
			},
		}).Build()
	return s
}

// set changes what the server does.
func (s *server) set(change func(s *server)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(s)
}

// breakDown ends every watch and refuses everything from now on.
func (s *server) breakDown() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.broken = true
	for _, w := range s.watches {
		w.Stop()
	}
	s.watches = nil
}

// awaitWatches returns when every kind is watched.
func (s *server) awaitWatches(t *testing.T) {
	t.Helper()
	eventually(t, "every watch has begun", func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return len(s.watches) >= len(testKinds)
	})
}

// requests returns what was asked since the last call, sorted.
func (s *server) requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	asked := s.asked
	s.asked = nil
	slices.Sort(asked)
	return asked
}

// aliasKey is a key whose objects can be in any namespace.
var aliasKey = inventory.Key{Index: "alias", Namespace: "ditto", Value: "ConfigMap"}

// everyKey is one whose objects can be in any namespace and have nothing that they could be selected by.
var everyKey = inventory.Key{Index: "every", Namespace: "ditto", Value: "ConfigMap"}

func testOptions() Options {
	return Options{
		ProtectedNamespaces: []string{"ditto", "dittoguard"}, OwnNamespace: "dittoguard", StaleAfter: time.Millisecond,
		Index: func(o *inventory.Object) []inventory.Key {
			if strings.HasPrefix(o.Ref.Name, "alias") {
				return []inventory.Key{aliasKey}
			}
			return nil
		},
		Select: func(key inventory.Key, _ schema.GroupKind) (inventory.Selection, bool) {
			if key == everyKey {
				return inventory.Selection{}, true
			}
			return inventory.Selection{Fields: "spec.type=ExternalName"}, key == aliasKey
		},
		Kinds: func(key inventory.Key) []schema.GroupKind {
			if key.Index == "reference" {
				return []schema.GroupKind{inventory.Deployment, inventory.Deployment, inventory.Ingress}
			}
			return []schema.GroupKind{schema.ParseGroupKind(key.Value)}
		},
	}
}

// start returns a cluster that has been read, and is being read until the test ends.
func start(t *testing.T, s *server, opts Options) *Cluster {
	t.Helper()
	c := newCluster(s, nil, kindsOf(testKinds, clientscheme.Scheme), opts)
	run(t, c)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := c.WaitForSync(ctx); err != nil {
		t.Fatal(err)
	}
	return c
}

// loneInformer fills a memory that no cluster has.
func loneInformer(c client.WithWatch, k kind, namespace string, memory *inventory.Memory) *informer {
	return newInformer(&Cluster{client: c, memory: memory, parts: newParts(), journal: journal.New(), opts: Options{StaleAfter: 5 * time.Second}}, k, namespace)
}

func run(t *testing.T, c *Cluster) {
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = c.Start(ctx)
	}()
	t.Cleanup(func() {
		stop()
		select {
		case <-ended:
		case <-time.After(10 * time.Second):
			t.Error("the informers do not end")
		}
	})
}

func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(15 * time.Second); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not in time: %s", what)
		}
	}
}

func configMap(namespace, name, value string) *corev1.ConfigMap {
	return &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}, Data: map[string]string{"key": value}}
}

func secret(namespace, name string) *corev1.Secret {
	return &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}}
}

func deployment(namespace, name string) *appsv1.Deployment {
	return &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}}
}

// route is Route ditto/r.
func route() *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "route.openshift.io/v1", "kind": "Route",
		"metadata": map[string]any{"namespace": "ditto", "name": "r"},
		"spec":     map[string]any{"host": "example.com"},
		"status":   map[string]any{"ingress": []any{}},
	}}
}
