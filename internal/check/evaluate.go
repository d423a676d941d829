package check

import (
	"fmt"
	"slices"
	"strings"

	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/utils/ptr"

	"github.com/dittoguard/dittoguard/internal/ditto/facts"
	"github.com/dittoguard/dittoguard/internal/engine"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/rules"
)

// costOfRule is about how many steps (View.Spend) evaluating a rule takes.
const costOfRule = 20

// caseOf tells the cases of one rule on one subject apart.
type caseOf struct {
	// about, way and container: see violation.
	about     string
	way       *facts.Exposure
	container string
	// facts are what decides about it.
	facts string
	path  []string
	route string
	// line is that of the field that it is about, 0 for the whole subject.
	line int
	// known is what the rule saw as `ditto`.
	known *remembered
}

// evaluate evaluates a rule; known is nil for a rule that has none.
func (j *judging) evaluate(r *rule, known *remembered, subject *inventory.Object, entry *inventory.Ref, c caseOf) {
	if subject == nil || j.view.Err() != nil {
		return
	}
	on := ptr.Deref(entry, subject.Ref)
	c.known = known
	outcome := j.outcome(r, known, subject, on)
	j.passing = j.passing || failed(&outcome)
	j.settle(r, outcome, subject, entry, c)
}

// settle makes violations and unknowns of what came out.
func (j *judging) settle(r *rule, outcome engine.Outcome, subject *inventory.Object, entry *inventory.Ref, c caseOf) {
	name := r.Metadata.Name
	if e := j.checker.exception(name, subject.Ref, entry); e != nil {
		j.except(e, name, subject.Ref, entry, outcome)
		return
	}
	add := func(since rules.Version, index, message string, keys []string) *violation {
		v := violation{
			rule: r, since: since, subject: subject, entry: entry, message: message, path: c.path, route: c.route,
			about: c.about, way: c.way,
			container: c.container, known: c.known, facts: c.facts, line: c.line,
			parts: partsOf(strings.Join([]string{name, index, subject.Ref.ID().String(), c.about}, "|"), c.way, keys),
		}
		v.outgoing = j.outgoing(subject, c.way)
		if len(j.violations) == cap(j.violations) {
			// Of thousands of ways in each may have some.
			j.violations = slices.Grow(j.violations, max(16, len(j.violations)))
		}
		j.violations = append(j.violations, v)
		return &j.violations[len(j.violations)-1]
	}
	if outcome.Err != nil {
		add(r.Spec.Since, "error", fmt.Sprintf("the rule could not be evaluated: %v", outcome.Err), nil).broken = true
		return
	}
	for _, v := range outcome.Violations {
		if v.Err != nil {
			add(r.Spec.ValidationSince(v.Index), fmt.Sprint(v.Index), fmt.Sprintf("the rule could not be evaluated: %v",
				v.Err), nil).broken = true
			continue
		}
		add(r.Spec.ValidationSince(v.Index), fmt.Sprint(v.Index), v.Message, v.Keys)
	}
	for _, u := range outcome.Unknowns {
		message := u.Message
		if u.Err != nil {
			message = fmt.Sprintf("the rule could not be evaluated: %v", u.Err)
		}
		if j.checker.config.Rules[name].DenyUnknown {
			add(r.Spec.UnknownSince(u.Index), fmt.Sprintf("unknown %d", u.Index), "cannot be decided: "+message,
				nil).unknown = true
			continue
		}
		j.unknowns = append(j.unknowns, Unknown{
			Rule: name, Subject: subject.Ref, Entry: entry, What: r.Spec.Unknowns[u.Index].What, Message: message,
			File: subject.Source.File, Line: subject.Source.Line,
		})
	}
}

// partsOf are what a violation consists of, by what its rule's keyExpression lists. Of a way in, what is listed as a
// path of the component is no part of its own, but the requests for it and what is below.
func partsOf(name string, way *facts.Exposure, keys []string) []part {
	if len(keys) == 0 {
		return []part{{name: name}}
	}
	parts := make([]part, 0, len(keys))
	for _, key := range keys {
		if way != nil && strings.HasPrefix(key, "/") {
			parts = append(parts, part{name: name, below: key})
			continue
		}
		parts = append(parts, part{name: name + "|" + key})
	}
	return parts
}

func (j *judging) outcome(r *rule, known *remembered, subject *inventory.Object, on inventory.Ref) engine.Outcome {
	content := subject.Content
	if r.Spec.Match.Each == rules.EachObject {
		content = func() map[string]any { return withoutNulls(subject.Content()) }
	}
	evaluate := func(input any) engine.Outcome {
		j.view.Spend(on.ID(), costOfRule)
		return r.compiled.Evaluate(j.ctx, engine.Input{
			Facts: input, Content: content, Request: j.request(subject), Namespace: j.namespace(subject),
			Params: r.params,
		})
	}
	j.beyondFacts = j.beyondFacts || known == nil || !r.compiled.FactsDecide()
	if known == nil {
		return evaluate(nil)
	}
	return j.checker.outcomes.evaluate(r, known, func() engine.Outcome { return evaluate(&known.Facts) })
}

// asInput keeps a nil pointer from becoming a value.
func asInput(known *facts.Facts) any {
	if known == nil {
		return nil
	}
	return known
}

// request is what a rule sees as the request: the one that is judged, or, of an object that is only looked at, one that
// would create it.
func (j *judging) request(subject *inventory.Object) *admissionv1.AdmissionRequest {
	if j.admission != nil {
		return j.admission
	}
	gvk := schema.FromAPIVersionAndKind(subject.Ref.APIVersion, subject.Ref.Kind)
	return &admissionv1.AdmissionRequest{
		Kind:      metav1.GroupVersionKind(gvk),
		Resource:  metav1.GroupVersionResource(inventory.Resource(gvk)),
		Name:      subject.Ref.Name,
		Namespace: subject.Ref.Namespace,
		Operation: admissionv1.Create,
	}
}
