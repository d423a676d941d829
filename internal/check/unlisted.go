package check

import (
	"slices"
	"strings"
)

// UnlistedGroup are kinds of which there is the same to say.
type UnlistedGroup struct {
	// Title is `ConfigMap and Secret in namespace ditto` or `IngressClass`.
	Title string
	// Message is `what there is: …`.
	Message string
}

// Unlisted puts unknowns about whole kinds together for people, in the order of the first of each, since rights that are
// missing are missing for many kinds at once. rest are the other unknowns.
func Unlisted(unknowns []Unknown) (groups []UnlistedGroup, rest []Unknown) {
	type key struct{ namespace, message string }
	kinds := map[key][]string{}
	var order []key
	for _, u := range unknowns {
		if !u.Unlisted {
			rest = append(rest, u)
			continue
		}
		k := key{u.Subject.Namespace, u.What + ": " + u.Message}
		if kinds[k] == nil {
			order = append(order, k)
		}
		if !slices.Contains(kinds[k], u.Subject.Kind) {
			kinds[k] = append(kinds[k], u.Subject.Kind)
		}
	}
	for _, k := range order {
		names := kinds[k]
		title := names[0]
		if last := len(names) - 1; last > 0 {
			title = strings.Join(names[:last], ", ") + " and " + names[last]
		}
		if k.namespace != "" {
			title += " in namespace " + k.namespace
		}
		groups = append(groups, UnlistedGroup{Title: title, Message: k.message})
	}
	return groups, rest
}
