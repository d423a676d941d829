package cluster

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/rest"

	"github.com/dittoguard/dittoguard/internal/inventory"
)

// A kind may be installed and served only in versions that are not read: its project is ahead of dittoguard. Its
// objects are there, and lead to what they name. So they are read in the version that is served, as objects whose
// fields nobody knows.

// offerAge is how old the API server's word on what it serves may be. Kinds that are not installed ask for it one after
// the other, every absentInterval.
const offerAge = 5 * time.Second

// offer is which groups the API server serves, in which versions.
type offer struct {
	// ask is nil where nobody can be asked.
	ask func(context.Context) ([]metav1.APIGroup, error)

	mu     sync.Mutex
	groups []metav1.APIGroup
	asked  time.Time
}

// newOffer asks the API server's discovery for the list of groups, which, unlike that of resources, no aggregated API
// that is broken holds up.
func newOffer(cfg *rest.Config) (*offer, error) {
	client, err := discovery.NewDiscoveryClientForConfig(cfg)
	if err != nil {
		return nil, err
	}
	return &offer{ask: func(ctx context.Context) ([]metav1.APIGroup, error) {
		var list metav1.APIGroupList
		// The client's own method takes a refusal for an empty list.
		err := client.RESTClient().Get().AbsPath("/apis").Do(ctx).Into(&list)
		return list.Groups, err
	}}, nil
}

// beyond are a kind in the versions of its group that are served and not read, best first. Whether the kind is among
// what is served in them has to be tried.
func (f *offer) beyond(ctx context.Context, k kind) ([]kind, error) {
	if f == nil || k.builtin {
		return nil, nil
	}
	groups, err := f.now(ctx)
	if err != nil {
		return nil, fmt.Errorf("asking which versions of %s are served: %w", k.gvk.Group, err)
	}
	at := slices.IndexFunc(groups, func(g metav1.APIGroup) bool { return g.Name == k.gvk.Group })
	if at < 0 {
		return nil, nil
	}
	read := k.versions()
	var list []kind
	for _, version := range groups[at].Versions {
		if !slices.ContainsFunc(read, func(k kind) bool { return k.gvk.Version == version.Version }) {
			other := k
			other.gvk = k.gvk.GroupKind().WithVersion(version.Version)
			list = append(list, other)
		}
	}
	return list, nil
}

func (f *offer) now(ctx context.Context) ([]metav1.APIGroup, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.asked.IsZero() && time.Since(f.asked) < offerAge {
		return f.groups, nil
	}
	groups, err := f.ask(ctx)
	if err != nil {
		return nil, err
	}
	f.groups, f.asked = groups, time.Now()
	return groups, nil
}

// servedBeyond says of a kind whose fields are read that it is served in a version in which they are not.
func servedBeyond(k kind, serving schema.GroupVersionKind) error {
	inVersion := func(other kind) bool { return other.gvk == serving }
	fieldsRead := func(gvk schema.GroupVersionKind) bool { return gvk.GroupKind() == k.gvk.GroupKind() }
	if slices.ContainsFunc(k.versions(), inVersion) || !slices.ContainsFunc(inventory.Kinds(), fieldsRead) {
		return nil
	}
	read := []string{k.gvk.Version}
	for _, older := range k.older {
		read = append(read, older.Version)
	}
	return fmt.Errorf("served in version %s alone, which is not read (only %s)", serving.Version,
		strings.Join(read, ", "))
}
