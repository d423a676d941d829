package cluster

import (
	"context"
	"fmt"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

// Define makes kinds known that Kubernetes does not bring, each with as much of a definition as an API server needs to
// keep an object, in the first version that is given. It waits until these and all other custom resources are served.
func (c *Cluster) Define(ctx context.Context, kinds ...schema.GroupVersionKind) error {
	var definitions strings.Builder
	seen := map[schema.GroupKind]bool{}
	for _, gvk := range kinds {
		if !seen[gvk.GroupKind()] {
			seen[gvk.GroupKind()] = true
			definitions.WriteString("---\n" + definition(gvk))
		}
	}
	if len(seen) > 0 {
		if out, err := c.Kubectl(ctx, strings.NewReader(definitions.String()), "apply", "--server-side", "--filename",
			"-"); err != nil {
			return fmt.Errorf("%w\n%s", err, out)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	for {
		out, err := c.Kubectl(ctx, nil, "wait", "--for=condition=Established", "customresourcedefinition", "--all",
			"--timeout="+startWithin.String())
		if err == nil {
			return nil
		}
		// kubectl gives up on one that has no conditions at all yet, which one has for a moment.
		if !strings.Contains(out, "accessor error") || !pause(ctx, 100*time.Millisecond) {
			return fmt.Errorf("%w\n%s", err, out)
		}
	}
}

// definition is as much of a CustomResourceDefinition as an API server needs to keep an object.
func definition(gvk schema.GroupVersionKind) string {
	scope := "Namespaced"
	if crd.ClusterScoped(gvk.GroupKind()) {
		scope = "Cluster"
	}
	return fmt.Sprintf(`apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: %[1]s.%[2]s
  annotations: {api-approved.kubernetes.io: "unapproved, for tests only"}
spec:
  group: %[2]s
  scope: %[3]s
  names: {kind: %[4]s, listKind: %[4]sList, plural: %[1]s, singular: %[5]s}
  versions:
  - name: %[6]s
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
`, crd.Resource(gvk.Kind), gvk.Group, scope, gvk.Kind, strings.ToLower(gvk.Kind), gvk.Version)
}
