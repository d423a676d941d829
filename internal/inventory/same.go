package inventory

import (
	"maps"
	"reflect"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Same says whether two versions of an object say the same: they differ at most in how they are counted. Many updates
// are of a status that is not kept.
func Same(a, b *Object) bool {
	if a.Ref != b.Ref || a.Unreadable != b.Unreadable {
		return false
	}
	x, y := reflect.ValueOf(a.Typed), reflect.ValueOf(b.Typed)
	if a.raw != nil || b.raw != nil || x.Kind() != reflect.Pointer || x.Type() != y.Type() {
		// Its Go type has only what Ditto's own rules look at.
		return equality.Semantic.DeepEqual(uncounted(a.Content()), uncounted(b.Content()))
	}
	x, y = x.Elem(), y.Elem()
	for i := range x.NumField() {
		p, q := x.Field(i).Interface(), y.Field(i).Interface()
		if meta, ok := p.(metav1.ObjectMeta); ok {
			other, _ := q.(metav1.ObjectMeta)
			meta.ResourceVersion, meta.Generation = other.ResourceVersion, other.Generation
			p = meta
		}
		if !equality.Semantic.DeepEqual(p, q) {
			return false
		}
	}
	return true
}

// uncounted is a content without the counters that the API server keeps.
func uncounted(content map[string]any) map[string]any {
	meta, _ := content["metadata"].(map[string]any)
	content, meta = maps.Clone(content), maps.Clone(meta)
	delete(meta, "resourceVersion")
	delete(meta, "generation")
	content["metadata"] = meta
	return content
}
