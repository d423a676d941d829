package journal

import (
	"maps"
	"reflect"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/equality"

	"github.com/dittoguard/dittoguard/internal/inventory"
)

// Differs says whether an update changes anything of an object but its bookkeeping: versions, managed fields and the
// status, which has requests of its own. An update that does not needs no entry: what the cache shows is what will be
// stored.
func Differs(before, after *inventory.Object) bool {
	a, b := before.Meta, after.Meta
	if !maps.Equal(a.Labels, b.Labels) || !maps.Equal(a.Annotations, b.Annotations) ||
		!slices.Equal(a.Finalizers, b.Finalizers) ||
		!equality.Semantic.DeepEqual(a.OwnerReferences, b.OwnerReferences) ||
		!a.DeletionTimestamp.Equal(b.DeletionTimestamp) {
		return true
	}
	x, y := reflect.Indirect(reflect.ValueOf(before.Typed)), reflect.Indirect(reflect.ValueOf(after.Typed))
	if !x.IsValid() || !y.IsValid() || x.Type() != y.Type() || !strings.HasPrefix(x.Type().PkgPath(), "k8s.io/api/") {
		// The type of a custom resource has the fields that decide, and others may be looked through for names.
		return !reflect.DeepEqual(said(before), said(after))
	}
	for i := range x.NumField() {
		switch x.Type().Field(i).Name {
		case "TypeMeta", "ObjectMeta", "Status":
		default:
			if !equality.Semantic.DeepEqual(x.Field(i).Interface(), y.Field(i).Interface()) {
				return true
			}
		}
	}
	return false
}

// said is what an object says beside its metadata and its status.
func said(o *inventory.Object) map[string]any {
	content := maps.Clone(o.Content())
	delete(content, "metadata")
	delete(content, "status")
	return content
}
