package inventory_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/dittoguard/dittoguard/internal/inventory"
)

// Where apiVersion and kind stand, and how they are written, changes nothing of what is read.
func TestDecode_ReadsTheSameInWhateverOrder(t *testing.T) {
	want := inventory.Ref{APIVersion: "v1", Kind: "Service", Namespace: "ditto", Name: "gateway"}
	for name, raw := range map[string]string{
		"as an API server writes it": `{"kind":"Service","apiVersion":"v1","metadata":{"name":"gateway","namespace":"ditto"},"spec":{"clusterIP":"10.0.0.1"}}`,
		"as kubectl writes it":       `{"apiVersion":"v1","kind":"Service","metadata":{"name":"gateway","namespace":"ditto"},"spec":{"clusterIP":"10.0.0.1"}}`,
		"with white space":           " {\n\t\"apiVersion\" : \"v1\" ,\r\n \"kind\": \"Service\", \"metadata\":{\"name\":\"gateway\",\"namespace\":\"ditto\"},\"spec\":{\"clusterIP\":\"10.0.0.1\"}}",
		"kind last":                  `{"metadata":{"name":"gateway","namespace":"ditto"},"spec":{"clusterIP":"10.0.0.1"},"apiVersion":"v1","kind":"Service"}`,
		"kind written with escapes":  `{"apiVersion":"v1","kind":"\u0053ervice","metadata":{"name":"gateway","namespace":"ditto"},"spec":{"clusterIP":"10.0.0.1"}}`,
		"of two kinds the last":      `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"gateway","namespace":"ditto"},"spec":{"clusterIP":"10.0.0.1"},"kind":"Service"}`,
	} {
		t.Run(name, func(t *testing.T) {
			o, err := inventory.Decode([]byte(raw), inventory.Source{File: "a.yaml"})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, o.Ref); diff != "" {
				t.Errorf("reference (-want +got):\n%s", diff)
			}
			service, ok := o.Typed.(*corev1.Service)
			if !ok || service.Spec.ClusterIP != "10.0.0.1" || o.Meta.Name != "gateway" || o.Source.File != "a.yaml" {
				t.Errorf("got %+v", o)
			}
			if string(o.Raw()) != raw || o.Content()["kind"] != "Service" {
				t.Error("the JSON is not what was read")
			}
		})
	}
}

func TestDecode_SaysWhatIsWrong(t *testing.T) {
	for raw, want := range map[string]string{
		`{"apiVersion":"v1","kind":"Service","metadata":{"name":"gateway"},"spec":{"ports":5}}`: "Service gateway: json: cannot unmarshal number into Go struct field ServiceSpec.spec.ports of type []v1.ServicePort",
		`{"apiVersion":"v1","kind":"Service","metadata":[]}`:                                    "reading metadata: json: cannot unmarshal array into Go struct field .metadata of type v1.ObjectMeta",
		`{"apiVersion":"v1","kind":"Service"`:                                                   "reading metadata: unexpected end of JSON input",
		`{"apiVersion":"v1","metadata":{}}`:                                                     "not a Kubernetes object: apiVersion and kind are required",
		`{"apiVersion":"v1","kind":"","metadata":{}}`:                                           "not a Kubernetes object: apiVersion and kind are required",
	} {
		_, err := inventory.Decode([]byte(raw), inventory.Source{})
		if err == nil || err.Error() != want {
			t.Errorf("%s:\n got %v\nwant %s", raw, err, want)
		}
	}
}
