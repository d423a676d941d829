package manifest_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"

	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/manifest"
)

// TestEndpoints: a cluster makes EndpointSlices of Endpoints, with the protocol that an API server has where none is
// named, and none where it is told not to.
func TestEndpoints(t *testing.T) {
	const subsets = "subsets:\n- {addresses: [{ip: 10.0.0.1}], notReadyAddresses: [{ip: 10.0.0.2}], ports: [{port: 8080}, {name: dns, port: 53, protocol: UDP}]}\n"
	file := filepath.Join(t.TempDir(), "endpoints.yaml")
	text := "apiVersion: v1\nkind: Endpoints\nmetadata: {name: a, namespace: ns}\n" + subsets +
		"---\napiVersion: v1\nkind: Endpoints\nmetadata: {name: b, namespace: ns, labels: {endpointslice.kubernetes.io/skip-mirror: 'true'}}\n" + subsets
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	loaded, err := manifest.Load([]string{file}, nil, manifest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var slices []*discoveryv1.EndpointSlice
	for _, o := range loaded.Objects {
		if slice, ok := inventory.As[discoveryv1.EndpointSlice](o); ok {
			slices = append(slices, slice)
		}
	}
	if len(slices) != 1 {
		t.Fatalf("%d slices, expected that of the Endpoints a", len(slices))
	}
	got := slices[0]
	if of := got.Labels[discoveryv1.LabelServiceName]; got.Namespace != "ns" || of != "a" {
		t.Errorf("the slice is one of Service %s/%s", got.Namespace, of)
	}
	wantPorts := []discoveryv1.EndpointPort{
		{Name: new(""), Port: new(int32(8080)), Protocol: new(corev1.ProtocolTCP)},
		{Name: new("dns"), Port: new(int32(53)), Protocol: new(corev1.ProtocolUDP)},
	}
	if diff := cmp.Diff(wantPorts, got.Ports); diff != "" {
		t.Errorf("ports (-want +got):\n%s", diff)
	}
	wantEndpoints := []discoveryv1.Endpoint{{Addresses: []string{"10.0.0.1"}}, {Addresses: []string{"10.0.0.2"}}}
	if diff := cmp.Diff(wantEndpoints, got.Endpoints); diff != "" {
		t.Errorf("endpoints (-want +got):\n%s", diff)
	}
}
