package index_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dittoguard/dittoguard/internal/ditto/index"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/manifest"
)

// TestKindsOfEveryKey: whatever an object of any fixture is indexed by is read again from a cluster where the object can be.
func TestKindsOfEveryKey(t *testing.T) {
	files, err := filepath.Glob("../../../rules/builtin/*/*/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	files = slices.DeleteFunc(files, func(file string) bool { return strings.HasSuffix(file, ".configuration.yaml") })
	loaded, err := manifest.Load(files, nil, manifest.Options{Namespace: "ditto"})
	if err != nil {
		t.Fatal(err)
	}
	// These are about the whole cluster, or about kinds that are not read at all, and left to the cache.
	cached := []inventory.Index{"served-class", "controller-settings", "unjudged", "unread"}
	for _, o := range loaded.Objects {
		for _, key := range index.Of(o) {
			if !slices.Contains(cached, key.Index) && !slices.Contains(index.Kinds(key), o.Ref.GroupKind()) {
				t.Errorf("%s is indexed by %v, which is read from %v only", o.Ref, key, index.Kinds(key))
			}
		}
	}
}
