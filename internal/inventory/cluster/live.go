package cluster

import (
	"cmp"
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/resourceversion"
	clientscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/dittoguard/dittoguard/internal/inventory"
)

// A live read is there to find out where the cache is behind, and nearly always it is not. So the metadata of objects
// is read first, and the whole of one only if its version is not the one that the cache has. Objects of custom
// resources, above all, cost many times more to decode than their metadata, which comes as protobuf whatever the kind;
// and of Secrets no value travels. An answer is none the older for it: the read of the metadata has no resource
// version, which an API server answers with the latest state, and what is read after that is younger still.

const (
	// wholeList is a limit that a list never gets to: an API server keeps fewer objects of a kind.
	wholeList = 1_000_000
	// readAlone is how many objects of a list are read one by one, one after the other. If the cache is behind with
	// more, they come as a list.
	readAlone = 8
)

// upToDate says whether the cache has an object as it is, or in a later version.
func upToDate(cached *inventory.Object, live metav1.Object) bool {
	if cached == nil {
		return false
	}
	version := live.GetResourceVersion()
	return cached.Meta.ResourceVersion == version && cached.Meta.UID == live.GetUID() ||
		newer(cached.Meta.ResourceVersion, version)
}

// newer says whether resource version a is certainly later than b. Those of one resource are comparable numbers on a
// Kubernetes API server; an aggregated one may do as it likes, and then nothing is certain.
func newer(a, b string) bool {
	order, err := resourceversion.CompareResourceVersion(a, b)
	return err == nil && order > 0
}

// get reads an object that is asked for by name.
func (c *Cluster) get(ctx context.Context, id inventory.ID) ([]inventory.Change, error) {
	cached := c.memory.Get(id.GroupKind, id.Namespace, id.Name)
	if k, installed := c.served(id.GroupKind); installed && cached != nil {
		live := &metav1.PartialObjectMetadata{}
		live.SetGroupVersionKind(k.gvk)
		err := c.client.Get(ctx, keyOf(id), live)
		switch {
		case apierrors.IsNotFound(err):
			return []inventory.Change{{ID: id}}, nil
		case err == nil && upToDate(cached, live):
			c.unread(id.GroupKind, nil)
			return nil, nil
		}
		// Whatever else there is to say, the read of the whole object says it.
		c.opts.Count(err)
	}
	return c.fetch(ctx, id)
}

// fetch reads an object as a whole.
func (c *Cluster) fetch(ctx context.Context, id inventory.ID) ([]inventory.Change, error) {
	object, k, err := c.read(ctx, id)
	cached := c.memory.Get(id.GroupKind, id.Namespace, id.Name)
	if apierrors.IsNotFound(err) {
		if cached == nil {
			return nil, nil
		}
		return []inventory.Change{{ID: id}}, nil
	}
	if c.unread(id.GroupKind, err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return compare(nil, cached, object, k, id)
}

// read is an object, and the kind in the version that it was read in.
func (c *Cluster) read(ctx context.Context, id inventory.ID) (object client.Object, k kind, err error) {
	k, installed := c.served(id.GroupKind)
	versions := []kind{k}
	if !installed {
		versions = c.kinds[id.GroupKind].versions()
	}
	for _, k = range versions {
		if object, err = k.newObject(clientscheme.Scheme); err != nil {
			return nil, k, err
		}
		if err = c.client.Get(ctx, keyOf(id), object); !apierrors.IsNotFound(err) {
			break
		}
	}
	return object, k, err
}

// list reads the metadata of the objects of a list, and what the cache is behind with.
func (c *Cluster) list(ctx context.Context, l list) ([]inventory.Change, error) {
	k, _ := c.served(l.GroupKind)
	live := &metav1.PartialObjectMetadataList{}
	live.SetGroupVersionKind(k.gvk.GroupVersion().WithKind(k.gvk.Kind + "List"))
	there := map[inventory.ID]bool{}
	var behind []inventory.ID
	missing, unread, err := c.readList(ctx, l, k, live)
	if err != nil || unread {
		return nil, err
	}
	for i := range live.Items {
		item := &live.Items[i]
		id := inventory.ID{GroupKind: l.GroupKind, Namespace: item.Namespace, Name: item.Name}
		there[id] = true
		if !upToDate(c.memory.Get(id.GroupKind, id.Namespace, id.Name), item) {
			behind = append(behind, id)
		}
	}
	if len(behind) > readAlone {
		return c.listWhole(ctx, l, k)
	}
	changes := c.gone(l, there, missing, live.ResourceVersion)
	for _, id := range behind {
		fetched, err := c.fetch(ctx, id)
		c.opts.Count(err)
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", nameOf(id), err)
		}
		changes = append(changes, fetched...)
	}
	return changes, nil
}

// listWhole reads the objects of a list as a whole.
func (c *Cluster) listWhole(ctx context.Context, l list, k kind) ([]inventory.Change, error) {
	live, err := k.newList(clientscheme.Scheme)
	if err != nil {
		return nil, err
	}
	missing, unread, err := c.readList(ctx, l, k, live)
	c.opts.Count(err)
	if err != nil || unread {
		return nil, err
	}
	var changes []inventory.Change
	there := map[inventory.ID]bool{}
	err = meta.EachListItem(live, func(item runtime.Object) error {
		object, ok := item.(client.Object)
		if !ok {
			return fmt.Errorf("%T is not a Kubernetes object", item)
		}
		id := inventory.ID{GroupKind: l.GroupKind, Namespace: object.GetNamespace(), Name: object.GetName()}
		there[id] = true
		changes, err = compare(changes, c.memory.Get(id.GroupKind, id.Namespace, id.Name), object, k, id)
		return err
	})
	if err != nil {
		return nil, err
	}
	return append(changes, c.gone(l, there, missing, live.GetResourceVersion())...), nil
}

// readList fills a list. A kind that is missing has no objects; one that is unread has no answer.
func (c *Cluster) readList(ctx context.Context, l list, k kind, into client.ObjectList) (missing, unread bool,
	err error) {
	options := &client.ListOptions{Namespace: l.Namespace}
	if !k.builtin {
		// Where the API server's watch cache of a kind is broken, it answers no list without a limit.
		options.Limit = wholeList
	}
	if selector := cmp.Or(l.Fields, selectorOf(l.GroupKind)); selector != "" || l.Labels != "" {
		options.Raw = &metav1.ListOptions{FieldSelector: selector, LabelSelector: l.Labels}
	}
	err = c.client.List(ctx, into, options)
	if err == nil && into.GetContinue() != "" {
		err = fmt.Errorf("more than %d %s", wholeList, l.Kind)
	}
	missing = !k.builtin && apierrors.IsNotFound(err)
	switch {
	case missing:
		return true, false, nil
	case c.unread(l.GroupKind, err):
		return false, true, nil
	}
	return false, false, err
}

// gone are the cached objects that a list does not have, unless they are younger than the list. Of a list that is of
// some objects only, those that are not selected any more are asked for by name.
func (c *Cluster) gone(l list, there map[inventory.ID]bool, missing bool, version string) []inventory.Change {
	if l.Namespace == "" && !l.all() {
		return nil
	}
	var changes []inventory.Change
	for _, cached := range c.memory.Find(inventory.KindKey(l.GroupKind, l.Namespace)) {
		if !there[cached.Ref.ID()] && (missing || !newer(cached.Meta.ResourceVersion, version)) {
			changes = append(changes, inventory.Change{ID: cached.Ref.ID()})
		}
	}
	return changes
}

// compare appends the live object, if it tells more than the cached one.
func compare(changes []inventory.Change, cached *inventory.Object, live client.Object, k kind,
	id inventory.ID) ([]inventory.Change, error) {
	if upToDate(cached, live) {
		return changes, nil
	}
	o, err := wrap(live, k.gvk)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", nameOf(id), err)
	}
	return append(changes, inventory.Change{ID: id, Object: o}), nil
}

func keyOf(id inventory.ID) client.ObjectKey {
	return client.ObjectKey{Namespace: id.Namespace, Name: id.Name}
}
