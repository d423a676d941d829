package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/internal/inventory"
)

// tellUnguarded warns of the parts of Ditto that lie where the chart's webhooks ask about nothing, in a line for each
// such namespace: kube-system, and the one that dittoguard runs in itself.
func tellUnguarded(w io.Writer, inv *inventory.Memory) {
	objects := inv.All()
	places := map[string]string{"kube-system": "the webhook is not asked about anything there; move Ditto to a namespace of its own"}
	for _, object := range objects {
		if isServer(object) {
			places[object.Ref.Namespace] = "dittoguard runs in that namespace and is not asked about anything there; move one of the two to a namespace of its own"
		}
	}
	parts := map[string][]inventory.Ref{}
	for _, object := range objects {
		if places[object.Ref.Namespace] != "" && runsDitto(inv, object) {
			parts[object.Ref.Namespace] = append(parts[object.Ref.Namespace], object.Ref)
		}
	}
	for _, namespace := range slices.Sorted(maps.Keys(parts)) {
		refs := parts[namespace]
		slices.SortFunc(refs, inventory.Ref.Compare)
		others := ""
		if len(refs) > 1 {
			others = fmt.Sprintf(" and %d more of Ditto", len(refs)-1)
		}
		warn(w, "changes of %s%s are not judged: %s", refs[0], others, places[namespace])
	}
}

// isServer says whether a workload runs `dittoguard serve` as the chart writes it.
func isServer(object *inventory.Object) bool {
	template := object.PodTemplate()
	if template == nil {
		return false
	}
	for _, container := range template.Spec.Containers {
		if slices.Contains(container.Args, "serve") && slices.ContainsFunc(container.Args, func(arg string) bool {
			return strings.HasPrefix(arg, "--webhook-config=")
		}) && slices.ContainsFunc(container.Args,
			func(arg string) bool { return strings.HasPrefix(arg, "--protected-namespaces=") }) {
			return true
		}
	}
	return false
}
