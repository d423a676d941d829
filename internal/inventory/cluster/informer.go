package cluster

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/go-logr/logr"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apimachinery/pkg/watch"
	clientscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/cache"
	"k8s.io/klog/v2"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/journal"
)

// informer keeps the objects of one kind, in one namespace or in all, in step with the API server. It is the store of a
// client-go reflector, and it watches every list and watch that the reflector begins, so that it knows how they went:
// the reflector retries a refused watch without telling its error handler.
type informer struct {
	client    client.WithWatch
	kind      kind
	namespace string
	memory    *inventory.Memory
	parts     *parts
	journal   *journal.Journal
	log       logr.Logger
	// offer says in which versions the kind is served besides; it may be nil.
	offer *offer
	// staleAfter is how long reading may fail before it counts.
	staleAfter time.Duration
	// settled is closed once everything has been read, or a kind that is not Kubernetes' own has been given up.
	settled chan struct{}

	mu sync.Mutex
	// serving is the kind in the version that the API server serves; absent says that it serves none.
	serving kind
	absent  bool
	isSync  bool
	// version is the resource version up to which the memory shows what happened.
	version string
	// failing is since when the kind cannot be read, failure why; see health.go.
	failing time.Time
	failure error
	// sick says that the kind is given up until it can be read again.
	sick bool
	// byRead says that only live reads have found it sick, and asked when one was last tried.
	byRead bool
	asked  time.Time
}

func newInformer(c *Cluster, k kind, namespace string) *informer {
	i := &informer{
		client: c.client, kind: k, serving: k, namespace: namespace, memory: c.memory, parts: c.parts,
		journal:    c.journal,
		staleAfter: c.opts.StaleAfter,
		settled:    make(chan struct{}),
	}
	log := c.opts.Log
	if log.GetSink() == nil {
		log = logr.Discard()
	}
	i.log = log.WithValues("kind", k.gvk.String(), "in", namespace)
	return i
}

// String names what is read: `Secret in ditto`.
func (i *informer) String() string {
	if i.namespace == "" {
		return i.kind.gvk.Kind
	}
	return i.kind.gvk.Kind + " in " + i.namespace
}

// run reads until the context ends.
func (i *informer) run(ctx context.Context) {
	example, err := i.kind.newObject(clientscheme.Scheme)
	if err != nil {
		i.failed(ctx, fmt.Errorf("making an empty object: %w", err))
		return
	}
	if u, ok := example.(*unstructured.Unstructured); ok {
		// The version that is served shows only now, and a reflector that expects another one drops what its watch
		// brings.
		u.SetGroupVersionKind(schema.GroupVersionKind{})
	}
	retry := func() *wait.Backoff {
		return &wait.Backoff{Duration: 500 * time.Millisecond, Factor: 2, Jitter: 0.5, Steps: 6, Cap: 10 * time.Second}
	}
	reflector := cache.NewReflectorWithOptions(
		&cache.ListWatch{ListWithContextFunc: i.list, WatchFuncWithContext: i.watch}, example, i,
		cache.ReflectorOptions{Name: "dittoguard", TypeDescription: i.kind.gvk.GroupKind().String(), Logger: &i.log,
			Backoff: retry()})
	ctx = klog.NewContext(ctx, i.log) // the reflector logs to its context's logger
	if !i.kind.builtin {
		ctx = context.WithValue(ctx, failsAtOnce{}, true)
	}
	backoff := retry()
	for ctx.Err() == nil {
		err := reflector.ListAndWatchWithContext(ctx)
		pause := absentInterval
		switch {
		case err == nil:
			// The watch ended, as watches do.
			backoff = retry()
			pause = backoff.Step()
		case !i.notInstalled(err):
			pause = backoff.Step()
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
}

// notInstalled says whether the error means that the kind is not installed; then there are none of it, and that is
// known.
func (i *informer) notInstalled(err error) bool {
	return !i.kind.builtin && apierrors.IsNotFound(err)
}

// served is the kind in the version to read it in; installed is false where the API server was last seen to serve none.
func (i *informer) served() (k kind, installed bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.serving, !i.absent
}

func (i *informer) list(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
	o.FieldSelector = selectorOf(i.kind.gvk.GroupKind())
	list, err := i.listIn(ctx, o, i.kind.versions())
	if i.notInstalled(err) {
		beyond, asking := i.offer.beyond(ctx, i.kind)
		switch {
		case asking != nil:
			err = asking
		case len(beyond) > 0:
			list, err = i.listIn(ctx, o, beyond)
		}
	}
	if err != nil {
		i.ended(ctx, "listing", err)
		return nil, err
	}
	return list, nil // what it brings is only there with the last page; see Replace
}

// listIn lists the kind in the first of the versions that the API server serves.
func (i *informer) listIn(ctx context.Context, o metav1.ListOptions, versions []kind) (list client.ObjectList,
	err error) {
	for _, version := range versions {
		if list, err = version.newList(clientscheme.Scheme); err != nil {
			return nil, err
		}
		err = i.client.List(ctx, list, &client.ListOptions{Namespace: i.namespace, Limit: o.Limit, Continue: o.Continue,
			Raw: &o})
		if !i.notInstalled(err) {
			i.mu.Lock()
			i.serving, i.absent = version, false
			i.mu.Unlock()
			break
		}
	}
	return list, err
}

func (i *informer) watch(ctx context.Context, o metav1.ListOptions) (watch.Interface, error) {
	k, _ := i.served()
	list, err := k.newList(clientscheme.Scheme)
	if err != nil {
		return nil, err
	}
	o.FieldSelector = selectorOf(i.kind.gvk.GroupKind())
	w, err := i.client.Watch(ctx, list, &client.ListOptions{Namespace: i.namespace, Raw: &o})
	if err != nil && o.SendInitialEvents != nil && apierrors.IsInvalid(err) {
		// This API server does not stream lists; the reflector lists instead, at once, and that is what counts.
		return nil, err
	}
	if err != nil {
		i.ended(ctx, "watching", err)
		return nil, err
	}
	// A watch that is to begin with all objects can still fail before the last one.
	if o.SendInitialEvents == nil {
		i.worked()
	}
	return w, nil
}

// Add implements cache.ReflectorStore.
func (i *informer) Add(object any) error {
	id, ok := i.idOf(object)
	if !ok {
		return fmt.Errorf("%s: %T is not a Kubernetes object", i, object)
	}
	k, _ := i.served()
	o, err := wrap(object, k.gvk)
	if err != nil {
		return err
	}
	i.parts.share(o)
	if o.Unreadable != "" {
		i.log.Info("object cannot be read", "object", id.Namespace+"/"+id.Name, "error", o.Unreadable)
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.memory.Put(o)
	i.journal.Shown(id, o.Meta, o.Meta.ResourceVersion, false)
	return nil
}

// Update implements cache.ReflectorStore.
func (i *informer) Update(object any) error { return i.Add(object) }

// Delete implements cache.ReflectorStore.
func (i *informer) Delete(object any) error {
	id, ok := i.idOf(object)
	if !ok {
		return fmt.Errorf("%s: %T is not a Kubernetes object", i, object)
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.memory.Delete(id)
	if o, err := meta.Accessor(object); err == nil {
		i.journal.Shown(id, &metav1.ObjectMeta{UID: o.GetUID()}, o.GetResourceVersion(), true)
	}
	return nil
}

// Replace implements cache.ReflectorStore: the objects are all that there are.
func (i *informer) Replace(objects []any, version string) error {
	there := make(map[inventory.ID]struct{}, len(objects))
	for _, object := range objects {
		if id, ok := i.idOf(object); ok {
			there[id] = struct{}{}
		}
		if err := i.Add(object); err != nil {
			return err
		}
	}
	i.mu.Lock()
	// Whatever is there of the kind came from here.
	for _, o := range i.memory.Find(inventory.KindKey(i.kind.gvk.GroupKind(), i.namespace)) {
		id := o.Ref.ID()
		if _, still := there[id]; !still {
			i.memory.Delete(id)
			i.journal.Shown(id, nil, version, true)
		}
	}
	i.isSync = true
	i.version = version
	i.settle()
	i.mu.Unlock()
	i.worked()
	return nil
}

// UpdateResourceVersion implements cache.ResourceVersionUpdater: the memory shows what happened up to this version.
func (i *informer) UpdateResourceVersion(version string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.version = version
}

// Resync implements cache.ReflectorStore; there is nothing to do.
func (i *informer) Resync() error { return nil }

// Transformer implements cache.TransformingStore, so that what a list brings is trimmed as it arrives.
func (i *informer) Transformer() cache.TransformFunc {
	return func(object any) (any, error) {
		trim(object)
		return object, nil
	}
}

func (i *informer) idOf(object any) (inventory.ID, bool) {
	if gone, ok := object.(cache.DeletedFinalStateUnknown); ok {
		object = gone.Obj
	}
	o, err := meta.Accessor(object)
	if err != nil {
		return inventory.ID{}, false
	}
	return inventory.ID{GroupKind: i.kind.gvk.GroupKind(), Namespace: o.GetNamespace(), Name: o.GetName()}, true
}
