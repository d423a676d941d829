package webhook

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/dittoguard/dittoguard/internal/inventory"
)

// TestHandover: a request about which the mutating webhook was asked is decoded for the validating one as if nobody had been asked.
func TestHandover(t *testing.T) {
	const whole = `{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"gateway","namespace":"ditto"},"spec":{"replicas":1}}`
	nameless := strings.Replace(whole, `"name":"gateway","namespace":"ditto"`, `"generateName":"gateway-"`, 1)
	large := strings.Replace(whole, `"name"`, `"annotations":{"a":"`+strings.Repeat("x", largestHanded)+`"},"name"`, 1)
	request := func(namespace, name, object, old string) *admissionv1.AdmissionRequest {
		return &admissionv1.AdmissionRequest{
			Kind: metav1.GroupVersionKind{Group: "apps", Version: "v1", Kind: "Deployment"}, Namespace: namespace, Name: name,
			Object: runtime.RawExtension{Raw: []byte(object)}, OldObject: runtime.RawExtension{Raw: []byte(old)},
		}
	}
	broken := strings.Replace(whole, `"replicas":1`, `"replicas":"one"`, 1)
	other := strings.Replace(whole, `"replicas":1`, `"replicas":2`, 1)
	for _, test := range []struct {
		name        string
		asked, then *admissionv1.AdmissionRequest
		// taken are how many objects are not decoded again.
		taken int
	}{
		{"the same", request("ditto", "gateway", whole, other), request("ditto", "gateway", whole, other), 2},
		{"changed by a mutation", request("ditto", "gateway", whole, other), request("ditto", "gateway", whole+" ", other), 1},
		{"no old object", request("ditto", "gateway", whole, ""), request("ditto", "gateway", whole, ""), 1},
		{"nothing but the old object", request("ditto", "gateway", other, whole), request("ditto", "gateway", whole, ""), 1},
		{"another name", request("ditto", "gateway", nameless, ""), request("ditto", "second", nameless, ""), 0},
		{"another namespace", request("ditto", "", nameless, ""), request("shop", "", nameless, ""), 0},
		{"no name", request("ditto", "", nameless, ""), request("ditto", "", nameless, ""), 1},
		{"an old object that cannot be read", request("ditto", "gateway", whole, broken), request("ditto", "gateway", broken, whole), 0},
		{"too large", request("ditto", "gateway", large, ""), request("ditto", "gateway", large, ""), 0},
	} {
		h := NewHandover()
		asked, err := changeOf(test.asked, nil)
		if err != nil {
			t.Fatalf("%s: %v", test.name, err)
		}
		h.put(test.asked, asked.Object)
		h.put(test.asked, asked.OldObject)
		want, wantErr := changeOf(test.then, nil)
		for round := range 2 {
			got, gotErr := changeOf(test.then, h)
			if diff := cmp.Diff([]any{want.Object, want.OldObject, fmt.Sprint(wantErr)}, []any{got.Object, got.OldObject, fmt.Sprint(gotErr)},
				cmpopts.IgnoreUnexported(inventory.Object{})); diff != "" {
				t.Errorf("%s (-decoded +handed over):\n%s", test.name, diff)
			}
			taken := 0
			for _, o := range []*inventory.Object{got.Object, got.OldObject} {
				if o != nil && (o == asked.Object || o == asked.OldObject) {
					taken++
				}
			}
			if expected := test.taken * (1 - round); taken != expected {
				t.Errorf("%s: %d objects were taken over, want %d", test.name, taken, expected)
			}
		}
	}
}
