package check

import (
	"slices"
	"strings"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/rules"
)

// WhatThereIs is the What of an Unknown that stands for all objects of a kind, none of which could be read.
const WhatThereIs = "what there is"

// Unlisted adds what could not be read. Kinds that could not be listed are unknown to every rule, which may refuse
// that. Objects that somebody chose not to read are not refused.
func (j *Judged) Unlisted(unread []Unknown) {
	j.unlisted = append(j.unlisted, unread...)
	missing := slices.DeleteFunc(slices.Clone(unread), func(u Unknown) bool { return u.What != WhatThereIs })
	for r := range j.checker.denyingUnknowns() {
		var counts []Unknown
		for _, u := range missing {
			e := j.checker.exception(r.Metadata.Name, u.Subject, nil)
			switch {
			case !r.concerns(u.Subject):
			case e != nil:
				j.found.excepted = append(j.found.excepted, applied(e, r.Metadata.Name, u.Subject, nil))
			default:
				counts = append(counts, u)
			}
		}
		groups, _ := Unlisted(counts)
		for _, g := range groups {
			j.found.violations = append(j.found.violations, undecided(r, &inventory.Object{Ref: g.Subject}, "unlisted",
				g.Title+", "+g.Message))
		}
	}
}

// concerns says whether a rule can be about objects of a kind: one for each object is about what it names.
func (r *rule) concerns(kind inventory.Ref) bool {
	if r.Spec.Match.Each != rules.EachObject {
		return true
	}
	resource := inventory.Resource(schema.FromAPIVersionAndKind(kind.APIVersion, kind.Kind))
	return slices.ContainsFunc(r.Spec.Match.ResourceRules,
		func(named admissionregistrationv1.NamedRuleWithOperations) bool {
			has := func(list []string, value string) bool {
				return slices.Contains(list, "*") || slices.Contains(list, value)
			}
			return has(named.APIGroups, resource.Group) && has(named.Resources, resource.Resource)
		})
}

// UnlistedGroup are kinds of which there is the same to say.
type UnlistedGroup struct {
	// Title is `ConfigMap and Secret in namespace ditto` or `IngressClass`.
	Title string
	// Message is `what there is: …`.
	Message string
	// Subject is the first of the kinds.
	Subject inventory.Ref
}

// Unlisted puts unknowns about whole kinds together for people, in the order of the first of each, since rights that
// are missing are missing for many kinds at once. rest are the other unknowns.
func Unlisted(unknowns []Unknown) (groups []UnlistedGroup, rest []Unknown) {
	type key struct{ namespace, message string }
	kinds, first := map[key][]string{}, map[key]inventory.Ref{}
	var order []key
	for _, u := range unknowns {
		if !u.Unlisted {
			rest = append(rest, u)
			continue
		}
		k := key{u.Subject.Namespace, u.What + ": " + u.Message}
		if kinds[k] == nil {
			order, first[k] = append(order, k), u.Subject
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
		groups = append(groups, UnlistedGroup{Title: title, Message: k.message, Subject: first[k]})
	}
	return groups, rest
}
