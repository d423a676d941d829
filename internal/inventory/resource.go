package inventory

import (
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

// Resource is what requests call a kind: `deployments`. Of a kind that dittoguard reads that is certain, of another it
// is the usual plural.
func Resource(kind schema.GroupVersionKind) schema.GroupVersionResource {
	for read := range kinds {
		if read.GroupKind() == kind.GroupKind() {
			return kind.GroupVersion().WithResource(crd.Resource(kind.Kind))
		}
	}
	guess, _ := meta.UnsafeGuessKindToResource(kind)
	return guess
}
