package check_test

import (
	"encoding/json"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/test/sample"
)

// TestNothingWritesIntoObjects judges every fixture, and the creation, update and deletion of each of its objects: they are what they
// were afterwards. The objects of a cluster have parts in common, so that whoever changed one would change others.
func TestNothingWritesIntoObjects(t *testing.T) {
	t.Parallel()
	looked := 0
	for n, file := range append(fixtureFiles(t, "fail"), fixtureFiles(t, "pass")...) {
		if testing.Short() && !sample.Taken() && n%8 > 0 {
			continue
		}
		inv, checker := load(t, file)
		objects := inv.All()
		for i, o := range objects {
			if typed, ok := o.Typed.(metav1.Object); ok { // as it is in a cluster
				objects[i] = inventory.FromTyped(typed, schema.FromAPIVersionAndKind(o.Ref.APIVersion, o.Ref.Kind))
				inv.Put(objects[i])
			}
		}
		before := make([]string, len(objects))
		for i, o := range objects {
			before[i] = written(t, o)
		}
		judged(t, checker, inv)
		for _, o := range objects {
			for operation, change := range map[admissionv1.Operation]check.Change{
				admissionv1.Create: {Object: o}, admissionv1.Update: {Object: o, OldObject: o}, admissionv1.Delete: {OldObject: o},
			} {
				change.Request = &admissionv1.AdmissionRequest{Operation: operation, Name: o.Ref.Name, Namespace: o.Ref.Namespace}
				if _, err := checker.Change(t.Context(), inv, change); err != nil {
					t.Fatal(err)
				}
				if change.Object == nil {
					continue
				}
				if _, err := checker.Mutate(t.Context(), inv, change); err != nil {
					t.Fatal(err)
				}
			}
		}
		for i, o := range objects {
			looked++
			if after := written(t, o); after != before[i] {
				t.Errorf("%s: %s was\n%s\nand is\n%s", file, o.Ref, before[i], after)
			}
		}
	}
	if looked < 100 {
		t.Errorf("only %d objects were looked at", looked)
	}
}

// written is all that is in an object: its Go value, and its content.
func written(t *testing.T, o *inventory.Object) string {
	t.Helper()
	all, err := json.Marshal([]any{o.Typed, o.Meta, o.Content()})
	if err != nil {
		t.Fatal(err)
	}
	return string(all)
}
