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
	clientscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/dittoguard/dittoguard/internal/inventory"
)

// pageSize is how many objects one answer of the API server holds.
const pageSize = 500

// Snapshot reads everything once that cfg's rights allow. The notes say, one line a kind, what they do not: objects of
// that kind are then unknown, not absent. A kind that is not installed is absent.
func Snapshot(ctx context.Context, cfg *rest.Config, index inventory.Indexer) (*inventory.Memory, []string, error) {
	kinds := kindsOf(inventory.Kinds(), clientscheme.Scheme)
	c, err := client.New(cfg, client.Options{Scheme: clientscheme.Scheme, Mapper: mapperFor(kinds)})
	if err != nil {
		return nil, nil, fmt.Errorf("making a client of the API server: %w", err)
	}
	var (
		notes     []string
		forbidden []schema.GroupKind
		found     []*inventory.Object
	)
	for _, k := range kinds {
		objects, err := readServed(ctx, c, k)
		switch {
		case apierrors.IsForbidden(err):
			forbidden = append(forbidden, k.gvk.GroupKind())
			notes = append(notes, fmt.Sprintf("no object of kind %s was read: %v", k.gvk.Kind, err))
		case !k.builtin && (apierrors.IsNotFound(err) || meta.IsNoMatchError(err)):
		case err != nil:
			return nil, nil, fmt.Errorf("reading every %s: %w", k.gvk.Kind, err)
		}
		found = append(found, objects...)
	}
	memory := inventory.NewMemory(index, func(gk schema.GroupKind, _ string) bool { return !slices.Contains(forbidden, gk) })
	for _, o := range found {
		memory.Put(o)
	}
	return memory, notes, nil
}

// readServed reads every object of a kind in the best version that the API server serves.
func readServed(ctx context.Context, c client.Client, k kind) (objects []*inventory.Object, err error) {
	for _, version := range k.versions() {
		if objects, err = readAll(ctx, c, version); k.builtin || !apierrors.IsNotFound(err) && !meta.IsNoMatchError(err) {
			break
		}
	}
	return objects, err
}

// readAll reads every object of a kind, page by page.
func readAll(ctx context.Context, c client.Client, k kind) ([]*inventory.Object, error) {
	var objects []*inventory.Object
	options := &client.ListOptions{Limit: pageSize}
	if selector := selectorOf(k.gvk.GroupKind()); selector != "" {
		options.Raw = &metav1.ListOptions{FieldSelector: selector}
	}
	for {
		list, err := k.newList(clientscheme.Scheme)
		if err != nil {
			return nil, err
		}
		if err := c.List(ctx, list, options); err != nil {
			return nil, err
		}
		err = meta.EachListItem(list, func(item runtime.Object) error {
			trim(item)
			o, err := wrap(item, k.gvk)
			if err == nil {
				objects = append(objects, o)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
		if options.Continue = list.GetContinue(); options.Continue == "" {
			return objects, nil
		}
	}
}
