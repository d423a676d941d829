package rules

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
)

// identifier is what can follow `variables.`; reserved words are left to the compiler.
var identifier = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// validator checks one decoded rule. The expressions are not compiled here.
type validator struct {
	rule  *HardeningRule
	probs *problems
}

// validate checks everything about a rule but its expressions. folder is the folder that has to bear its name, empty
// for a loose file.
func validate(rule *HardeningRule, folder string, probs *problems) {
	v := validator{rule: rule, probs: probs}
	v.identity(folder)
	v.texts()
	v.versions()
	v.part()
	v.params()
	v.match()
	v.conditions()
	v.variables()
	v.validations()
	v.unknowns()
	v.mutations()
	v.fixes()
	if len(rule.Spec.Validations) == 0 && len(rule.Spec.Mutations) == 0 {
		v.bad("spec", "needs at least one validation or mutation")
	}
}

func (v *validator) bad(field, format string, args ...any) {
	v.probs.ofRule(v.rule, field, format, args...)
}

// text demands a value that is more than white space.
func (v *validator) text(field, value string) bool {
	if strings.TrimSpace(value) == "" {
		v.bad(field, "must not be empty")
		return false
	}
	return true
}

// oneOf demands one of a fixed set of words.
func oneOf[T ~string](v *validator, field string, value T, allowed ...T) {
	if !slices.Contains(allowed, value) {
		v.bad(field, "expected %s, got %q", words(allowed), value)
	}
}

// words is `a`, `a or b`, `a, b or c`.
func words[T ~string](list []T) string {
	out := make([]string, len(list))
	for i, w := range list {
		out[i] = string(w)
	}
	if len(out) < 2 {
		return strings.Join(out, "")
	}
	last := len(out) - 1
	return strings.Join(out[:last], ", ") + " or " + out[last]
}

func (v *validator) identity(folder string) {
	oneOf(v, "apiVersion", v.rule.APIVersion, APIVersion)
	oneOf(v, "kind", v.rule.Kind, Kind)
	name := v.rule.Metadata.Name
	if !v.text("metadata.name", name) {
		return
	}
	for _, reason := range validation.IsDNS1123Label(name) {
		v.bad("metadata.name", "%q is not a DNS label: %s", name, reason)
	}
	if folder != "" && folder != name {
		v.bad("metadata.name", "must be %q as its folder, got %q", folder, name)
	}
}

func (v *validator) texts() {
	s := &v.rule.Spec
	if v.text("spec.title", s.Title) && strings.ContainsAny(strings.TrimSpace(s.Title), "\r\n") {
		v.bad("spec.title", "must be one line")
	}
	v.text("spec.rationale", s.Rationale)
	v.text("spec.remediation", s.Remediation)
	for i, r := range s.Remediations {
		field := fmt.Sprintf("spec.remediations[%d]", i)
		v.text(field+".text", r.Text)
		if len(r.Kinds) == 0 {
			v.bad(field+".kinds", "must not be empty")
		}
	}
	oneOf(v, "spec.level", s.Level, Baseline, Restricted)
	oneOf(v, "spec.severity", s.Severity, Critical, High, Medium, Low)
	if s.Guide == "" {
		return
	}
	var seen []string
	for part := range strings.SplitSeq(s.Guide, ",") {
		part = strings.TrimSpace(part)
		switch {
		case len(part) != 1 || part[0] < '1' || part[0] > '9':
			v.bad("spec.guide", `expected sections "1" to "9" separated by commas, got %q`, s.Guide)
			return
		case slices.Contains(seen, part):
			v.bad("spec.guide", "section %s is named twice", part)
		}
		seen = append(seen, part)
	}
}

// versions checks since when there is what: a part of a rule says it only where it is newer than the rule.
func (v *validator) versions() {
	s := &v.rule.Spec
	check := func(field string, since Version, part bool) {
		switch {
		case !since.Valid():
			v.bad(field, "expected a version such as v0.2, got %q", since)
		case part && since != "" && s.Since.Includes(since):
			v.bad(field, "must be later than the rule's own, %q", s.Since)
		}
	}
	check("spec.since", s.Since, false)
	for i := range s.Validations {
		check(fmt.Sprintf("spec.validations[%d].since", i), s.Validations[i].Since, true)
	}
	for i := range s.Unknowns {
		check(fmt.Sprintf("spec.unknowns[%d].since", i), s.Unknowns[i].Since, true)
	}
}

// part checks what can be seen without the other rules; see checkParts.
func (v *validator) part() {
	switch of := v.rule.Spec.PartOf; {
	case of == "":
	case of == v.rule.Metadata.Name:
		v.bad("spec.partOf", "a rule cannot be a part of itself")
	case v.rule.Spec.Match.Each != EachObject:
		v.bad("spec.partOf", "belongs to rules for each object only")
	}
}

func (v *validator) match() {
	m := &v.rule.Spec.Match
	oneOf(v, "spec.match.each", m.Each, EachObject, EachGateway, EachComponent, EachExposure, EachCredential,
		EachPolicy, EachEdge)
	switch {
	case m.Each == EachExposure:
		oneOf(v, "spec.match.subject", m.Subject, SubjectTarget, SubjectEntry)
	case m.Subject != "":
		v.bad("spec.match.subject", "belongs to rules for each exposure only")
	}
	if m.Each != EachObject {
		for _, only := range []struct {
			field string
			set   bool
		}{
			{"resourceRules", m.ResourceRules != nil},
			{"excludeResourceRules", m.ExcludeResourceRules != nil},
			{"namespaceSelector", m.NamespaceSelector != nil},
			{"objectSelector", m.ObjectSelector != nil},
		} {
			if only.set {
				v.bad("spec.match."+only.field, "belongs to rules for each object only")
			}
		}
		return
	}
	if len(m.ResourceRules) == 0 {
		v.bad("spec.match.resourceRules", "is required for each object")
	}
	v.resourceRules("spec.match.resourceRules", m.ResourceRules)
	v.resourceRules("spec.match.excludeResourceRules", m.ExcludeResourceRules)
	v.selector("spec.match.namespaceSelector", m.NamespaceSelector)
	v.selector("spec.match.objectSelector", m.ObjectSelector)
}

func (v *validator) resourceRules(field string, list []admissionregistrationv1.NamedRuleWithOperations) {
	for i, r := range list {
		at := fmt.Sprintf("%s[%d]", field, i)
		for _, part := range []struct {
			name   string
			values int
		}{
			{"operations", len(r.Operations)}, {"apiGroups", len(r.APIGroups)},
			{"apiVersions", len(r.APIVersions)}, {"resources", len(r.Resources)},
		} {
			if part.values == 0 {
				v.bad(at+"."+part.name, "must name at least one")
			}
		}
		for j, op := range r.Operations {
			oneOf(v, fmt.Sprintf("%s.operations[%d]", at, j), op, admissionregistrationv1.OperationAll,
				admissionregistrationv1.Create,
				admissionregistrationv1.Update, admissionregistrationv1.Delete, admissionregistrationv1.Connect)
		}
		if r.Scope != nil {
			oneOf(v, at+".scope", *r.Scope, admissionregistrationv1.AllScopes, admissionregistrationv1.NamespacedScope,
				admissionregistrationv1.ClusterScope)
		}
	}
}

func (v *validator) selector(field string, s *metav1.LabelSelector) {
	if s == nil {
		return
	}
	if _, err := metav1.LabelSelectorAsSelector(s); err != nil {
		v.bad(field, "%v", err)
	}
}

func (v *validator) conditions() {
	names := map[string]bool{}
	for i, c := range v.rule.Spec.MatchConditions {
		at := fmt.Sprintf("spec.matchConditions[%d]", i)
		v.text(at+".expression", c.Expression)
		if v.text(at+".name", c.Name) && names[c.Name] {
			v.bad(at+".name", "%q is named twice", c.Name)
		}
		names[c.Name] = true
	}
}

func (v *validator) variables() {
	names := map[string]bool{}
	for i, c := range v.rule.Spec.Variables {
		at := fmt.Sprintf("spec.variables[%d]", i)
		v.text(at+".expression", c.Expression)
		v.name(at+".name", c.Name, names)
	}
}

// name checks what is to be a name of CEL, one of several.
func (v *validator) name(at, name string, taken map[string]bool) {
	if !v.text(at, name) {
		return
	}
	if !identifier.MatchString(name) {
		v.bad(at, "%q is not a CEL identifier", name)
	}
	if taken[name] {
		v.bad(at, "%q is named twice", name)
	}
	taken[name] = true
}

func (v *validator) validations() {
	for i, c := range v.rule.Spec.Validations {
		at := fmt.Sprintf("spec.validations[%d]", i)
		v.text(at+".expression", c.Expression)
		message := strings.TrimSpace(c.Message)
		if c.Message != "" && message == "" {
			v.bad(at+".message", "must not be empty")
		}
		if strings.ContainsAny(message, "\r\n") {
			v.bad(at+".message", "must be one line")
		}
		if message == "" && strings.Contains(strings.TrimSpace(c.Expression), "\n") {
			v.bad(at+".message", "is required where the expression has several lines")
		}
		if c.MessageExpression != "" {
			v.text(at+".messageExpression", c.MessageExpression)
		}
		if c.KeyExpression != "" {
			v.text(at+".keyExpression", c.KeyExpression)
		}
	}
}

func (v *validator) unknowns() {
	for i, u := range v.rule.Spec.Unknowns {
		at := fmt.Sprintf("spec.unknowns[%d]", i)
		v.text(at+".expression", u.Expression)
		v.text(at+".what", u.What)
		v.text(at+".messageExpression", u.MessageExpression)
	}
}

func (v *validator) mutations() {
	for i, m := range v.rule.Spec.Mutations {
		at := fmt.Sprintf("spec.mutations[%d]", i)
		const belong = "mutations belong to rules for each object, gateway, edge, or exposure whose subject is the entry"
		switch match := v.rule.Spec.Match; match.Each {
		case EachComponent, EachCredential, EachPolicy:
			v.bad(at, belong)
		case EachExposure:
			if match.Subject != SubjectEntry {
				v.bad(at, belong)
			}
		default:
		}
		oneOf(v, at+".patchType", m.PatchType, admissionregistrationv1.PatchTypeJSONPatch,
			admissionregistrationv1.PatchTypeApplyConfiguration)
		json := m.PatchType == admissionregistrationv1.PatchTypeJSONPatch
		apply := m.PatchType == admissionregistrationv1.PatchTypeApplyConfiguration
		switch {
		case json && m.JSONPatch == nil:
			v.bad(at+".jsonPatch", "is required for patchType JSONPatch")
		case json:
			v.text(at+".jsonPatch.expression", m.JSONPatch.Expression)
		case apply && m.ApplyConfiguration == nil:
			v.bad(at+".applyConfiguration", "is required for patchType ApplyConfiguration")
		case apply:
			v.text(at+".applyConfiguration.expression", m.ApplyConfiguration.Expression)
		}
		if json && m.ApplyConfiguration != nil {
			v.bad(at+".applyConfiguration", "does not go with patchType JSONPatch")
		}
		if apply && m.JSONPatch != nil {
			v.bad(at+".jsonPatch", "does not go with patchType ApplyConfiguration")
		}
		if m.MessageExpression != "" {
			v.text(at+".messageExpression", m.MessageExpression)
		}
	}
}
