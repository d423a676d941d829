package contour

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

func TestIdle_WithoutWeightBesideOthers(t *testing.T) {
	services := []crd.ContourService{{Name: "a"}, {Name: "b", Weight: 1}, {Name: "c", Mirror: true}}
	var got []bool
	for i := range services {
		got = append(got, idle(services, i))
	}
	if diff := cmp.Diff([]bool{true, false, false}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if idle(services[:1], 0) {
		t.Error("the only service is idle")
	}
}
