package main

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/rules"
)

// unseen are lines about the rules for each object that match what only `check` ever sees: the webhook is registered
// for, and the audit reads, the kinds of the inventory and nothing else (charts/rules_test.go compares the chart with
// them).
func unseen(list []rules.HardeningRule) []string {
	seen := []schema.GroupResource{{Resource: "pods/ephemeralcontainers"}}
	for _, kind := range inventory.Listed() {
		seen = append(seen, inventory.Resource(kind).GroupResource())
	}
	var lines []string
	for _, r := range list {
		for i, m := range r.Spec.Match.ResourceRules {
			var others []string
			for _, group := range m.APIGroups {
				for _, resource := range m.Resources {
					one := schema.GroupResource{Group: group, Resource: resource}
					if !slices.Contains(seen, one) {
						others = append(others, one.String())
					}
				}
			}
			if len(others) > 0 {
				at := fmt.Sprintf("spec.match.resourceRules[%d]", i)
				lines = append(lines, fmt.Sprintf("%s:%d: %s: only check sees all of %s; webhook and audit see the kinds that dittoguard reads itself",
					r.Source.File, r.Source.LineOf(at), at, strings.Join(others, ", ")))
			}
		}
	}
	return lines
}
