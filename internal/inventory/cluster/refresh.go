package cluster

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/resourceversion"
	clientscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/dittoguard/dittoguard/internal/inventory"
)

// liveReads is how many requests one Refresh has under way at once: about as many as a judgement needs.
const liveReads = 24

// list is the objects of a kind in one namespace, or those in all namespaces that are selected.
type list struct {
	schema.GroupKind
	Namespace string
	inventory.Selection
}

func (l list) String() string {
	if l.Namespace == "" {
		return fmt.Sprintf("every %s with %s%s", l.Kind, l.Fields, l.Labels)
	}
	return fmt.Sprintf("every %s in %s", l.Kind, l.Namespace)
}

// Refresh asks the API server itself the questions that were asked of the cache, and returns where the cache is behind:
// objects that are new or different, and, with a nil Object, those that are gone.
//
// A question by name is one GET. A question by key lists the kinds that can be filed under the key in its namespace, each
// once however many questions there are. Of a key whose objects can be in any namespace it lists what Options.Select
// selects, and reads by name what the cache has under the key. Not asked again are other keys of no namespace (that would
// be the whole cluster), Secrets outside the protected namespaces, and kinds that are not read at all. Kinds that are not
// installed are not listed.
//
// Requests that ask the same at the same time share an answer, which is never older than any of them.
//
// What the API server answers counts even if the cache is ahead of it by then: an object that the cache has in a newer
// version is left out. If any question stays without an answer, the error names each one, and there are no changes.
func (c *Cluster) Refresh(ctx context.Context, questions []inventory.Question) ([]inventory.Change, error) {
	names, lists := c.plan(questions)
	ctx, cancel := context.WithTimeout(ctx, c.opts.RefreshTimeout)
	defer cancel()

	changes := make([][]inventory.Change, len(names)+len(lists))
	errs := make([]error, len(changes))
	var group errgroup.Group
	group.SetLimit(liveReads)
	for at, id := range names {
		group.Go(func() error {
			changes[at], errs[at] = c.live.do(ctx, id, func(ctx context.Context) ([]inventory.Change, error) { return c.get(ctx, id) })
			return nil
		})
	}
	for at, l := range lists {
		group.Go(func() error {
			changes[len(names)+at], errs[len(names)+at] = c.live.do(ctx, l, func(ctx context.Context) ([]inventory.Change, error) { return c.list(ctx, l) })
			return nil
		})
	}
	_ = group.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return slices.Concat(changes...), nil
}

// plan turns questions into requests, each once.
func (c *Cluster) plan(questions []inventory.Question) (names []inventory.ID, lists []list) {
	listed, named := map[list]bool{}, map[inventory.ID]bool{}
	byName := slices.Clone(questions)
	for _, q := range questions {
		if q.Key == (inventory.Key{}) {
			continue
		}
		for _, gk := range c.opts.Kinds(q.Key) {
			k, read := c.served(gk)
			if !read {
				continue
			}
			add := func(l list) {
				if c.mayRead(gk, l.Namespace) && !listed[l] {
					listed[l] = true
					lists = append(lists, l)
				}
			}
			selection, anywhere := c.opts.Select(q.Key, gk)
			if anywhere {
				for _, cached := range c.memory.Find(q.Key) {
					byName = append(byName, inventory.Question{ID: cached.Ref.ID()})
				}
				add(list{GroupKind: gk, Selection: inventory.Selection{Fields: selection.Fields, Labels: selection.Labels}})
			}
			if (!anywhere || selection.Beside) && q.Key.Namespace != "" && k.namespaced {
				add(list{GroupKind: gk, Namespace: q.Key.Namespace})
			}
		}
	}
	for _, q := range byName {
		id := q.ID
		k, read := c.kinds[id.GroupKind]
		if !read || id.Name == "" || named[id] || k.namespaced != (id.Namespace != "") || !c.mayRead(id.GroupKind, id.Namespace) {
			continue
		}
		// A list of Secrets leaves some out, so that it does not answer for a name.
		if listed[list{GroupKind: id.GroupKind, Namespace: id.Namespace}] && id.GroupKind != inventory.Secret {
			continue
		}
		named[id] = true
		names = append(names, id)
	}
	return names, lists
}

// served is a kind in the version to read it in; read is false for a kind that is not read, or that the API server was
// last seen not to serve. So most of the kinds that some cluster may have cost a request nothing in the others. Objects of
// one that was installed within the last absentInterval are not listed live yet, but they are read by name: where
// something names an object of a kind, the kind is likely to be there.
func (c *Cluster) served(gk schema.GroupKind) (k kind, read bool) {
	if k, read = c.kinds[gk]; !read || k.builtin {
		return k, read
	}
	for _, i := range c.readers[gk] {
		return i.served()
	}
	return k, false
}

func (c *Cluster) mayRead(gk schema.GroupKind, namespace string) bool {
	return gk != inventory.Secret || c.readsSecrets(namespace)
}

func (c *Cluster) get(ctx context.Context, id inventory.ID) ([]inventory.Change, error) {
	what := inventory.Ref{Kind: id.Kind, Namespace: id.Namespace, Name: id.Name}
	k, installed := c.served(id.GroupKind)
	versions := []kind{k}
	if !installed {
		versions = c.kinds[id.GroupKind].versions()
	}
	var object client.Object
	var err error
	for _, k = range versions {
		if object, err = k.newObject(clientscheme.Scheme); err != nil {
			return nil, fmt.Errorf("reading %s: %w", what, err)
		}
		if err = c.client.Get(ctx, client.ObjectKey{Namespace: id.Namespace, Name: id.Name}, object); !apierrors.IsNotFound(err) {
			break
		}
	}
	cached := c.memory.Get(id.GroupKind, id.Namespace, id.Name)
	if apierrors.IsNotFound(err) {
		if cached == nil {
			return nil, nil
		}
		return []inventory.Change{{ID: id}}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", what, err)
	}
	return compare(nil, cached, object, k, id)
}

func (c *Cluster) list(ctx context.Context, l list) ([]inventory.Change, error) {
	k, _ := c.served(l.GroupKind)
	live, err := k.newList(clientscheme.Scheme)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", l, err)
	}
	options := &client.ListOptions{Namespace: l.Namespace}
	if selector := cmp.Or(l.Fields, selectorOf(l.GroupKind)); selector != "" || l.Labels != "" {
		options.Raw = &metav1.ListOptions{FieldSelector: selector, LabelSelector: l.Labels}
	}
	err = c.client.List(ctx, live, options)
	missing := !k.builtin && apierrors.IsNotFound(err)
	if err != nil && !missing {
		return nil, fmt.Errorf("reading %s: %w", l, err)
	}
	var changes []inventory.Change
	there := map[inventory.ID]bool{}
	err = meta.EachListItem(live, func(item runtime.Object) error {
		object, ok := item.(client.Object)
		if !ok {
			return fmt.Errorf("reading %s: %T is not a Kubernetes object", l, item)
		}
		id := inventory.ID{GroupKind: l.GroupKind, Namespace: object.GetNamespace(), Name: object.GetName()}
		there[id] = true
		changes, err = compare(changes, c.memory.Get(id.GroupKind, id.Namespace, id.Name), object, k, id)
		return err
	})
	if err != nil {
		return nil, err
	}
	if l.Namespace == "" {
		return changes, nil // what is not selected any more was asked for by name
	}
	for _, cached := range c.memory.Find(inventory.KindKey(l.GroupKind, l.Namespace)) {
		if !there[cached.Ref.ID()] && (missing || !newer(cached.Meta.ResourceVersion, live.GetResourceVersion())) {
			changes = append(changes, inventory.Change{ID: cached.Ref.ID()})
		}
	}
	return changes, nil
}

// compare appends the live object, if it tells more than the cached one.
func compare(changes []inventory.Change, cached *inventory.Object, live client.Object, k kind, id inventory.ID) ([]inventory.Change, error) {
	version := live.GetResourceVersion()
	if cached != nil && (cached.Meta.ResourceVersion == version || newer(cached.Meta.ResourceVersion, version)) {
		return changes, nil
	}
	o, err := wrap(live, k.gvk)
	if err != nil {
		return nil, fmt.Errorf("reading %s %s/%s: %w", id.Kind, id.Namespace, id.Name, err)
	}
	return append(changes, inventory.Change{ID: id, Object: o}), nil
}

// newer says whether resource version a is certainly later than b. Those of one resource are comparable numbers on a
// Kubernetes API server; an aggregated one may do as it likes, and then nothing is certain.
func newer(a, b string) bool {
	order, err := resourceversion.CompareResourceVersion(a, b)
	return err == nil && order > 0
}
