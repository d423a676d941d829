package cluster

import (
	"context"
	"fmt"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	clientscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/dittoguard/dittoguard/internal/inventory"
)

// pageSize is how many objects one answer of the API server holds.
const pageSize = 500

// Snapshot is what a cluster held when it was read.
type Snapshot struct {
	*inventory.Memory

	// Unread is what could not be read, in stable order. What is not there of it is unknown, not absent.
	Unread []Unread
}

// Unread is a kind of which no object could be read, or, if Ref has a name, one object.
type Unread struct {
	// Ref has the namespace that was asked for; none is every namespace, or that of a kind that lies in none.
	Ref inventory.Ref
	Err error
}

// TakeSnapshot reads everything once that cfg's rights allow: of one namespace, and what lies in none, or of all if
// namespace is empty. A kind that is not installed is absent, and so is one that may not be read and is not served.
//
// It fails if the API server cannot be reached or does not know who asks, if nothing at all can be read, and if the
// namespace is not there.
func TakeSnapshot(ctx context.Context, cfg *rest.Config, index inventory.Indexer, namespace string) (Snapshot, error) {
	cfg = rest.CopyConfig(cfg)
	cfg.QPS = -1 // as in New
	kinds := kindsOf(inventory.Listed(), clientscheme.Scheme)
	c, err := client.New(cfg, client.Options{Scheme: clientscheme.Scheme, Mapper: mapperFor(kinds)})
	if err != nil {
		return Snapshot{}, fmt.Errorf("making a client of the API server: %w", err)
	}
	served, err := discovery.NewDiscoveryClientForConfig(cfg)
	if err != nil {
		return Snapshot{}, fmt.Errorf("making a client of the API server: %w", err)
	}
	offer, err := newOffer(cfg)
	if err != nil {
		return Snapshot{}, fmt.Errorf("making a client of the API server: %w", err)
	}
	s := &snapshooter{client: c, discovery: served, offer: offer, host: cfg.Host, namespace: namespace}
	return s.take(ctx, kinds, index)
}

// snapshooter takes one snapshot.
type snapshooter struct {
	client    client.Client
	discovery discovery.ServerResourcesInterface
	offer     *offer
	host      string
	namespace string

	found  []*inventory.Object
	unread []Unread
	// absent are the kinds that the cluster does not have, in no namespace.
	absent map[schema.GroupKind]bool
}

func (s *snapshooter) take(ctx context.Context, kinds []kind, index inventory.Indexer) (Snapshot, error) {
	read := false
	s.absent = map[schema.GroupKind]bool{}
	for _, k := range kinds {
		err := s.read(ctx, k)
		switch {
		case err == nil:
			read = true
		case apierrors.IsNotFound(err) && !k.builtin:
			s.absent[k.gvk.GroupKind()] = true
		case apierrors.IsNotFound(err) && s.namespace != "" && k.gvk.GroupKind() == inventory.Namespace:
			return Snapshot{}, fmt.Errorf("there is no namespace %s in the cluster at %s", s.namespace, s.host)
		default:
			if err := s.fatal(ctx, err); err != nil {
				return Snapshot{}, err
			}
			s.unread = append(s.unread, Unread{Ref: s.ref(k), Err: err})
		}
	}
	if !read {
		return Snapshot{}, s.nothing()
	}
	memory := inventory.NewMemory(index, s.knows(kinds))
	for _, o := range s.found {
		memory.Put(o)
	}
	return Snapshot{Memory: memory, Unread: s.unread}, nil
}

// ref names every object of the kind where it was asked for.
func (s *snapshooter) ref(k kind) inventory.Ref {
	ref := inventory.Ref{APIVersion: k.gvk.GroupVersion().String(), Kind: k.gvk.Kind}
	if k.namespaced {
		ref.Namespace = s.namespace
	}
	return ref
}

// knows says which absences can be trusted.
func (s *snapshooter) knows(kinds []kind) func(schema.GroupKind, string) bool {
	unread := map[schema.GroupKind]bool{}
	for _, u := range s.unread {
		if u.Ref.Name == "" {
			unread[u.Ref.GroupKind()] = true
		}
	}
	inside := map[schema.GroupKind]bool{}
	for _, k := range kinds {
		inside[k.gvk.GroupKind()] = k.namespaced
	}
	return func(gk schema.GroupKind, namespace string) bool {
		return s.absent[gk] || !unread[gk] && (s.namespace == "" || !inside[gk] || namespace == s.namespace)
	}
}

// read reads every object of a kind in the best version that the API server serves. One that may not be read is absent
// if it is not served: an API server asks for rights first, so it forbids also what is not there.
func (s *snapshooter) read(ctx context.Context, k kind) (err error) {
	if s.namespace != "" && k.gvk.GroupKind() == inventory.Namespace {
		return s.readNamespace(ctx, k)
	}
	err = s.readIn(ctx, k.versions())
	if !k.builtin && apierrors.IsNotFound(err) {
		beyond, asking := s.offer.beyond(ctx, k)
		switch {
		case asking != nil:
			return asking
		case len(beyond) > 0:
			return s.readIn(ctx, beyond)
		}
	}
	return err
}

// readIn reads every object of a kind in the first of the versions that the API server serves.
func (s *snapshooter) readIn(ctx context.Context, versions []kind) (err error) {
	for _, k := range versions {
		err = s.list(ctx, k)
		if !k.builtin && apierrors.IsForbidden(err) && s.notServed(k) {
			err = apierrors.NewNotFound(schema.GroupResource{Group: k.gvk.Group, Resource: k.gvk.Kind}, "")
		}
		if k.builtin || !apierrors.IsNotFound(err) {
			break
		}
	}
	return err
}

// notServed says that the API server certainly does not serve the version of the kind.
func (s *snapshooter) notServed(k kind) bool {
	resources, err := s.discovery.ServerResourcesForGroupVersion(k.gvk.GroupVersion().String())
	if err != nil {
		return apierrors.IsNotFound(err)
	}
	return !slices.ContainsFunc(resources.APIResources, func(r metav1.APIResource) bool { return r.Kind == k.gvk.Kind })
}

// readNamespace reads the one namespace: rights in a namespace, which most people have, allow to get it and not to list
// all.
func (s *snapshooter) readNamespace(ctx context.Context, k kind) error {
	o, err := k.newObject(clientscheme.Scheme)
	if err != nil {
		return err
	}
	if err := s.client.Get(ctx, client.ObjectKey{Name: s.namespace}, o); err != nil {
		return err
	}
	return s.keep(k, o)
}

// list reads every object of a kind, page by page.
func (s *snapshooter) list(ctx context.Context, k kind) error {
	options := &client.ListOptions{Limit: pageSize}
	if k.namespaced {
		options.Namespace = s.namespace
	}
	if selector := selectorOf(k.gvk.GroupKind()); selector != "" {
		options.Raw = &metav1.ListOptions{FieldSelector: selector}
	}
	for {
		list, err := k.newList(clientscheme.Scheme)
		if err != nil {
			return err
		}
		if err := s.client.List(ctx, list, options); err != nil {
			return err
		}
		if err := meta.EachListItem(list, func(item runtime.Object) error { return s.keep(k, item) }); err != nil {
			return err
		}
		if options.Continue = list.GetContinue(); options.Continue == "" {
			return nil
		}
	}
}

// keep keeps an object. One that has a field of the wrong type is there, too, and says so (Unreadable).
func (s *snapshooter) keep(k kind, item runtime.Object) error {
	trim(item)
	o, err := wrap(item, k.gvk)
	if err == nil {
		s.found = append(s.found, o)
		return nil
	}
	named, metaErr := meta.Accessor(item)
	if metaErr != nil {
		return err
	}
	ref := s.ref(k)
	ref.Namespace, ref.Name = named.GetNamespace(), named.GetName()
	s.unread = append(s.unread, Unread{Ref: ref, Err: err})
	return nil
}
