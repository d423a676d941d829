package cluster

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	clientscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

func types(namespace, name string) client.ObjectKey {
	return client.ObjectKey{Namespace: namespace, Name: name}
}

func byName(kind inventory.ID) inventory.Question { return inventory.Question{ID: kind} }

func configMapID(namespace, name string) inventory.ID {
	return inventory.ID{GroupKind: inventory.ConfigMap, Namespace: namespace, Name: name}
}

// stale is a cluster whose cache was filled by hand and is never updated.
func stale(t *testing.T, s *server, cached ...client.Object) *Cluster {
	t.Helper()
	c := newCluster(s, nil, kindsOf(testKinds, clientscheme.Scheme), testOptions())
	for _, o := range cached {
		gvks, _, err := clientscheme.Scheme.ObjectKinds(o)
		if err != nil {
			t.Fatal(err)
		}
		wrapped, err := wrap(o, gvks[0])
		if err != nil {
			t.Fatal(err)
		}
		c.memory.Put(wrapped)
	}
	return c
}

// everything reads the answers to all questions live.
func everything(r *Refresher) func(context.Context, []inventory.Question) ([]inventory.Change, error) {
	return func(ctx context.Context, questions []inventory.Question) ([]inventory.Change, error) {
		changes, _, err := r.Refresh(ctx, questions, true)
		return changes, err
	}
}

func at[T client.Object](version string, o T) T {
	o.SetResourceVersion(version)
	return o
}

func TestRefresh(t *testing.T) {
	for _, test := range []struct {
		name      string
		cached    []client.Object
		live      []client.Object
		noRoutes  bool
		version   string // of lists
		questions []inventory.Question
		changes   map[string]string // reference → resource version, "gone" without an object
		requests  []string
	}{
		{
			name:      "by name: unchanged, changed, gone, new and never there",
			cached:    []client.Object{at("3", configMap("ditto", "same", "")), at("3", configMap("ditto", "changed", "")), at("3", configMap("ditto", "gone", ""))},
			live:      []client.Object{at("3", configMap("ditto", "same", "")), at("5", configMap("ditto", "changed", "")), at("4", configMap("ditto", "new", ""))},
			questions: []inventory.Question{byName(configMapID("ditto", "same")), byName(configMapID("ditto", "changed")), byName(configMapID("ditto", "gone")), byName(configMapID("ditto", "new")), byName(configMapID("ditto", "never"))},
			changes:   map[string]string{"ConfigMap ditto/changed": "5", "ConfigMap ditto/gone": "gone", "ConfigMap ditto/new": "4"},
			requests: []string{
				"get ConfigMap ditto/changed", "get ConfigMap ditto/never", "get ConfigMap ditto/new",
				"get metadata of ConfigMap ditto/changed", "get metadata of ConfigMap ditto/gone", "get metadata of ConfigMap ditto/same",
			},
		},
		{
			name:      "by key: each kind that can be filed there is listed once, in that namespace",
			cached:    []client.Object{at("3", deployment("ditto", "gone")), at("3", deployment("other", "elsewhere")), at("3", deployment("ditto", "same"))},
			live:      []client.Object{at("3", deployment("ditto", "same")), at("4", deployment("ditto", "new")), at("9", deployment("other", "unasked"))},
			questions: []inventory.Question{{Key: inventory.Key{Index: "reference", Namespace: "ditto", Value: "a"}}, {Key: inventory.Key{Index: "reference", Namespace: "ditto", Value: "b"}}},
			changes:   map[string]string{"Deployment ditto/gone": "gone", "Deployment ditto/new": "4"},
			requests:  []string{"get Deployment ditto/new", "list metadata of Deployment ditto"},
		},
		{
			name:      "a key of any namespace: what is selected in all of them, and by name what the cache has there",
			cached:    []client.Object{at("3", configMap("shop", "alias-gone", "")), at("3", configMap("ditto", "unasked", ""))},
			live:      []client.Object{at("4", configMap("other", "alias-new", ""))},
			questions: []inventory.Question{{Key: aliasKey}},
			changes:   map[string]string{"ConfigMap shop/alias-gone": "gone", "ConfigMap other/alias-new": "4"},
			requests:  []string{"get ConfigMap other/alias-new", "get metadata of ConfigMap shop/alias-gone", "list metadata of ConfigMap  spec.type=ExternalName"},
		},
		{
			name:      "a name that a list answers is not asked for again",
			live:      []client.Object{at("4", configMap("ditto", "a", ""))},
			questions: []inventory.Question{byName(configMapID("ditto", "a")), {Key: inventory.KindKey(inventory.ConfigMap, "ditto")}},
			changes:   map[string]string{"ConfigMap ditto/a": "4"},
			requests:  []string{"get ConfigMap ditto/a", "list metadata of ConfigMap ditto"},
		},
		{
			name:      "an object that the cache has in a newer version stays",
			cached:    []client.Object{at("10", configMap("ditto", "a", ""))},
			live:      []client.Object{at("9", configMap("ditto", "a", ""))},
			questions: []inventory.Question{byName(configMapID("ditto", "a"))},
			changes:   map[string]string{},
			requests:  []string{"get metadata of ConfigMap ditto/a"},
		},
		{
			name:      "an object that is younger than the list is not gone",
			cached:    []client.Object{at("12", configMap("ditto", "young", "")), at("10", configMap("ditto", "gone", ""))},
			version:   "11",
			questions: []inventory.Question{{Key: inventory.KindKey(inventory.ConfigMap, "ditto")}},
			changes:   map[string]string{"ConfigMap ditto/gone": "gone"},
			requests:  []string{"list metadata of ConfigMap ditto"},
		},
		{
			name:      "keys of no namespace and kinds that are not read are answered from the cache",
			questions: []inventory.Question{{Key: inventory.KindKey(inventory.ConfigMap, "")}, {Key: inventory.KindKey(inventory.Pod, "ditto")}, byName(inventory.ID{GroupKind: inventory.Pod, Namespace: "ditto", Name: "p"})},
			changes:   map[string]string{},
		},
		{
			name: "Secrets are read in protected namespaces only",
			live: []client.Object{at("4", secret("ditto", "s")), at("4", secret("other", "s")), at("4", secret("dittoguard", "ca"))},
			questions: []inventory.Question{
				byName(inventory.ID{GroupKind: inventory.Secret, Namespace: "ditto", Name: "s"}), byName(inventory.ID{GroupKind: inventory.Secret, Namespace: "other", Name: "s"}),
				byName(inventory.ID{GroupKind: inventory.Secret, Namespace: "dittoguard", Name: "ca"}), {Key: inventory.KindKey(inventory.Secret, "other")},
			},
			changes:  map[string]string{"Secret ditto/s": "4"},
			requests: []string{"get Secret ditto/s"},
		},
		{
			name:      "a list of Secrets leaves some out and does not answer for a name",
			live:      []client.Object{at("4", secret("ditto", "s"))},
			questions: []inventory.Question{byName(inventory.ID{GroupKind: inventory.Secret, Namespace: "ditto", Name: "s"}), {Key: inventory.KindKey(inventory.Secret, "ditto")}},
			changes:   map[string]string{"Secret ditto/s": "4"},
			requests:  []string{"get Secret ditto/s", "get Secret ditto/s", "list metadata of Secret ditto type!=helm.sh/release.v1,type!=kubernetes.io/service-account-token"},
		},
		{
			name:      "a kind that is not installed has no objects",
			noRoutes:  true,
			questions: []inventory.Question{{Key: inventory.KindKey(crd.Route, "ditto")}, byName(inventory.ID{GroupKind: crd.Route, Namespace: "other", Name: "r"})},
			changes:   map[string]string{},
			requests:  []string{"get Route other/r", "list metadata of Route ditto"},
		},
		{
			name:      "a name needs the scope of its kind",
			questions: []inventory.Question{byName(configMapID("", "a")), byName(inventory.ID{GroupKind: inventory.Namespace, Name: "ditto"}), byName(inventory.ID{GroupKind: inventory.Namespace, Namespace: "x", Name: "ditto"})},
			changes:   map[string]string{},
			requests:  []string{"get Namespace /ditto"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newServer(t, test.live...)
			s.noRoutes, s.listVersion = test.noRoutes, test.version
			c := stale(t, s, test.cached...)
			changes, err := everything(c.Begin(nil, nil))(t.Context(), test.questions)
			if err != nil {
				t.Fatal(err)
			}
			got := map[string]string{}
			for _, change := range changes {
				ref := inventory.Ref{Kind: change.ID.Kind, Namespace: change.ID.Namespace, Name: change.ID.Name}.String()
				got[ref] = "gone"
				if change.Object != nil {
					got[ref] = change.Object.Meta.ResourceVersion
				}
			}
			if diff := cmp.Diff(test.changes, got); diff != "" {
				t.Errorf("changes (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.requests, s.requests()); diff != "" {
				t.Errorf("requests (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRefreshWithoutAnswer(t *testing.T) {
	s := newServer(t, configMap("ditto", "a", ""))
	s.broken = true
	c := stale(t, s)
	changes, err := everything(c.Begin(nil, nil))(t.Context(), []inventory.Question{byName(configMapID("ditto", "a")), {Key: inventory.KindKey(inventory.Deployment, "ditto")}})
	want := "reading every Deployment in ditto, ConfigMap ditto/a: connection refused"
	if err == nil || err.Error() != want || changes != nil {
		t.Errorf("got %v and %q, want %q", changes, err, want)
	}
}

// TestRefreshReadsNothingTwice: what one round of a request has read, a later one does not read again.
func TestRefreshReadsNothingTwice(t *testing.T) {
	s := newServer(t)
	r := everything(stale(t, s).Begin(nil, nil))
	key := func(value string) inventory.Question {
		return inventory.Question{Key: inventory.Key{Index: "reference", Namespace: "ditto", Value: value}}
	}
	everywhere := inventory.Question{Key: everyKey}
	for _, round := range []struct {
		questions []inventory.Question
		requests  []string
	}{
		{[]inventory.Question{key("a"), byName(configMapID("ditto", "a"))}, []string{"get ConfigMap ditto/a", "list metadata of Deployment ditto"}},
		{[]inventory.Question{key("b"), byName(configMapID("ditto", "b"))}, []string{"get ConfigMap ditto/b"}},
		{[]inventory.Question{everywhere, byName(configMapID("ditto", "c")), byName(configMapID("shop", "c"))}, []string{"list metadata of ConfigMap "}},
		{[]inventory.Question{everywhere, byName(configMapID("ditto", "d")), {Key: inventory.KindKey(inventory.ConfigMap, "ditto")}}, nil},
	} {
		if _, err := r(t.Context(), round.questions); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(round.requests, s.requests()); diff != "" {
			t.Errorf("requests (-want +got):\n%s", diff)
		}
	}
}

// TestRefreshListsWhatIsAskedForOftenByName, and a list of all objects shows which are gone.
func TestRefreshListsWhatIsAskedForOftenByName(t *testing.T) {
	s := newServer(t, at("4", configMap("ditto", "c1", "")))
	c := stale(t, s, at("3", configMap("ditto", "c0", "")))
	var questions []inventory.Question
	for i := range worthAList + 1 {
		questions = append(questions, byName(configMapID("ditto", fmt.Sprintf("c%d", i))))
	}
	changes, err := everything(c.Begin(nil, nil))(t.Context(), questions)
	if err != nil || len(changes) != 2 {
		t.Errorf("%v, %v", changes, err)
	}
	if diff := cmp.Diff([]string{"get ConfigMap ditto/c1", "list metadata of ConfigMap ditto"}, s.requests()); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

// TestRefreshAsksForNoImpossibleName: a path in a configuration, taken for a host, is the name of no object.
func TestRefreshAsksForNoImpossibleName(t *testing.T) {
	s := newServer(t)
	changes, err := everything(stale(t, s).Begin(nil, nil))(t.Context(), []inventory.Question{
		byName(configMapID("ditto", "/run/nginx/inner")), byName(configMapID("sock/", "inner")), byName(configMapID("ditto", "..")),
	})
	if err != nil || len(changes) != 0 {
		t.Errorf("%v, %v", changes, err)
	}
	if got := s.requests(); len(got) != 0 {
		t.Errorf("requests: %v", got)
	}
}

// TestRefreshIsBounded: a request that asks for too much fails, says about what, and costs the API server nothing.
func TestRefreshIsBounded(t *testing.T) {
	s := newServer(t)
	r := everything(stale(t, s).Begin(nil, nil))
	ask := func(from, to int) error {
		var questions []inventory.Question
		for i := range to - from {
			questions = append(questions, byName(inventory.ID{GroupKind: inventory.Secret, Namespace: "ditto", Name: fmt.Sprintf("s%d", from+i)}))
		}
		_, err := r(t.Context(), append(questions, byName(configMapID("ditto", "a"))))
		return err
	}
	if err := ask(0, maxReads-1); err != nil {
		t.Fatal(err)
	}
	s.requests()
	err := ask(maxReads-1, maxReads)
	want := fmt.Sprintf("judging this request takes %d live reads, and %d are allowed (%d Secret in ditto, 1 ConfigMap in ditto)", maxReads+1, maxReads, maxReads)
	if err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
	if got := s.requests(); len(got) > 0 {
		t.Errorf("it was asked: %v", got)
	}
}

// TestRefreshSaysOnceWhatTookTooLong, however much it was.
func TestRefreshSaysOnceWhatTookTooLong(t *testing.T) {
	s := newServer(t)
	s.hangs = true
	opts := testOptions()
	opts.RefreshTimeout = 50 * time.Millisecond
	var counted atomic.Int64
	opts.Count = func(err error) {
		if err != nil {
			counted.Add(1)
		}
	}
	c := newCluster(s, nil, kindsOf(testKinds, clientscheme.Scheme), opts)
	var questions []inventory.Question
	for i := range 60 {
		questions = append(questions, byName(inventory.ID{GroupKind: inventory.Secret, Namespace: "ditto", Name: fmt.Sprintf("s%02d", i)}))
	}
	_, err := everything(c.Begin(nil, nil))(t.Context(), questions)
	const want = "60 of 60 live reads did not end in time (Secret ditto/s00, Secret ditto/s01, Secret ditto/s02 and 57 more): context deadline exceeded"
	if err == nil || err.Error() != want || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v, want %s", err, want)
	}
	// The time of the first reads can be over a moment before that of the request.
	if n := counted.Load(); n > 2*readsOfOne {
		t.Errorf("%d reads were made after the time was over", n)
	}
}

func TestNewer(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want bool
	}{{"10", "9", true}, {"9", "10", false}, {"9", "9", false}, {"", "9", false}, {"x", "9", false}, {"9", "", false}} {
		if got := newer(test.a, test.b); got != test.want {
			t.Errorf("newer(%q, %q) = %v", test.a, test.b, got)
		}
	}
}
