package check_test

import (
	"strings"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
)

// Who adds a container to a running pod sends the pod with it, by a subresource, also to a pod that a controller made.
func TestEphemeralContainers(t *testing.T) {
	made := strings.Replace(strings.Replace(gatewayDeployment(preAuth), "apps/v1\nkind: Deployment", "apps/v1\nkind: ReplicaSet", 1),
		"{name: gateway, uid: gateway-uid}", "{name: gateway-1, uid: r, "+
			"ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: gateway, uid: gateway-uid, controller: true}]}", 1)
	_, spec, _ := strings.Cut(gatewayDeployment(preAuth), "    spec:\n")
	spec = strings.ReplaceAll(spec, "\n      ", "\n  ")[len("    "):]
	pod := "\napiVersion: v1\nkind: Pod\nmetadata: {name: gateway-1-x, labels: {app: gateway}, " +
		"ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: gateway-1, uid: r, controller: true}]}\nspec:\n" + spec
	inv := inventoryOf(t, gatewayDeployment(preAuth), made, pod, gatewayService)
	checker := denyingUnknown(t, "preauth-exposed")
	for container, want := range map[string][]string{
		"{name: t, image: cloudflared, args: [tunnel, --url, 'http://localhost:8080']}": {"preauth-exposed Pod ditto/gateway-1-x"},
		"{name: t, image: cloudflared, command: [sh], stdin: true}":                     nil,
		"{name: t, image: example.com/iot/ditto-gateway:3.9.6, command: [jstack, '1']}": nil,
		"{name: t, image: busybox}": nil,
	} {
		change := step{apply: pod + "  ephemeralContainers: [" + container + "]\n"}.change(t, inv)
		change.Request = &admissionv1.AdmissionRequest{
			Name: "gateway-1-x", Namespace: "ditto", Operation: admissionv1.Update, SubResource: "ephemeralcontainers",
		}
		verdict, err := checker.Change(t.Context(), inv, change)
		if err != nil {
			t.Fatal(err)
		}
		if got := deniedBy(verdict.Denied); strings.Join(got, ", ") != strings.Join(want, ", ") {
			t.Errorf("%s: refused for %q, want %q", container, got, want)
		}
		if mutation, err := checker.Mutate(t.Context(), inv, change); err != nil || mutation.Object != nil {
			t.Errorf("%s: changed by %v: %v", container, mutation.Object, err)
		}
	}
}
