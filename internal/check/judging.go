package check

import (
	"context"

	admissionv1 "k8s.io/api/admission/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/facts"
	"github.com/dittoguard/dittoguard/internal/ditto/recognize"
	"github.com/dittoguard/dittoguard/internal/ditto/topology"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/world"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/rules"
)

// judge evaluates the rules for everything in the scope. What comes out means nothing if the context has ended.
func (c *Checker) judge(ctx context.Context, view *world.View, s *scope,
	request *admissionv1.AdmissionRequest) judgement {
	j := &judging{checker: c, ctx: ctx, view: view, admission: request, about: s.about}
	for _, o := range in(view, view, s.workloads) {
		j.workload(o)
	}
	for _, o := range in(view, view, s.workloads) {
		j.unread(o)
	}
	for _, o := range in(view, view, s.entries) {
		j.entry(o)
	}
	for _, o := range in(view, view, s.holders) {
		j.holder(o)
	}
	// The view leaves out objects in versions that are not read, which is to be said.
	for _, o := range in(view, view.Reader, s.objects) {
		j.modeLabels(o)
		j.unreadRoute(o)
		j.rendered(o)
		j.recognition(o)
		j.deadPorts(o)
	}
	if len(c.rules[rules.EachObject]) > 0 {
		for _, o := range in(view, view, s.objects) {
			j.object(o)
		}
	}
	// A judgement that was cut short is none.
	j.passing = j.passing || view.Err() != nil
	return j.judgement
}

// judging is one run over a scope.
type judging struct {
	judgement

	// about is the object that a request is about, if there is one.
	about inventory.ID
	// admission is the request that is judged, nil offline.
	admission *admissionv1.AdmissionRequest

	checker *Checker
	ctx     context.Context //nolint:containedctx // lives as long as one call of judge
	view    *world.View
}

func (j *judging) workload(o *inventory.Object) {
	j.tooOld(o)
	for _, part := range j.view.Parts(o) {
		var gateway *remembered // nil for every other part
		key := ""
		if part.Component == recognize.Gateway {
			gateway = j.checker.outcomes.of(rules.EachGateway, facts.Facts{Gateway: facts.OfGateway(j.view, part)})
			key = gateway.factsKey(o.Ref)
			j.facts = append(j.facts, key)
			j.protection(o)
			for _, r := range j.checker.rules[rules.EachGateway] {
				j.evaluate(r, gateway, o, nil, caseOf{container: gateway.Gateway.Container, facts: key})
			}
		}
		if recognize.IsDitto(part.Component) {
			j.component(o, part)
		}
		exposures := topology.Exposures(j.view, part)
		for i := range exposures {
			if j.view.Err() != nil {
				return
			}
			j.exposure(o, gateway, key, &exposures[i])
		}
	}
}

// unread says what of a workload could not be read, once every way in has been followed.
func (j *judging) unread(o *inventory.Object) {
	for _, unknown := range topology.Unknowns(j.view, o) {
		j.remark(o, unknown.What, unknown.Message)
	}
}

// component evaluates the rules for each of Ditto's own services.
func (j *judging) component(o *inventory.Object, part recognize.Part) {
	list := j.checker.rules[rules.EachComponent]
	if len(list) == 0 {
		return
	}
	known := j.checker.outcomes.of(rules.EachComponent, facts.Facts{Component: facts.OfComponent(j.view, part)})
	key := known.factsKey(o.Ref)
	j.facts = append(j.facts, key)
	for _, r := range list {
		j.evaluate(r, known, o, nil, caseOf{about: known.Component.Component, container: known.Component.Container,
			facts: key})
	}
}

// exposure judges a way in; key is the factsKey of the gateway behind it.
func (j *judging) exposure(target *inventory.Object, gateway *remembered, key string, e *facts.Exposure) {
	way := j.checker.outcomes.deciding(e)
	j.facts = append(j.facts, way)
	known := j.checker.outcomes.ofExposure(gateway, e)
	entry := e.Entry.Ref()
	both := key + way
	for _, r := range j.checker.rules[rules.EachExposure] {
		subject, decides := target, both
		if r.Spec.Match.Subject == rules.SubjectEntry {
			decides = way
			if subject = j.view.Get(entry.GroupKind(), entry.Namespace, entry.Name); subject == nil {
				// The view leaves out objects in versions that are not read, and what they open is to be said all the
				// same.
				subject = j.view.Reader.Get(entry.GroupKind(), entry.Namespace, entry.Name)
			}
		}
		j.evaluate(r, known, subject, &entry, caseOf{about: e.About(), way: e, facts: decides, path: e.Hops,
			route: e.Route})
	}
}

func (j *judging) entry(o *inventory.Object) {
	edge := topology.EdgeFacts(j.view, o)
	if edge == nil {
		return
	}
	if doubt := j.view.DoubtedEntry(o); doubt != "" {
		j.remark(o, "whether it is internal", doubt)
	}
	known := j.checker.outcomes.of(rules.EachEdge, facts.Facts{Edge: edge})
	for _, r := range j.checker.rules[rules.EachEdge] {
		j.evaluate(r, known, o, &o.Ref, caseOf{})
	}
}

func (j *judging) holder(o *inventory.Object) {
	if len(j.checker.rules[rules.EachCredential]) > 0 {
		j.credentials(o)
	}
	if len(j.checker.rules[rules.EachPolicy]) > 0 {
		j.policies(o)
	}
}

func (j *judging) policies(o *inventory.Object) {
	for _, policy := range facts.PolicyDocuments(o) {
		known := j.checker.outcomes.of(rules.EachPolicy, facts.Facts{Policy: &policy})
		key := known.factsKey(o.Ref)
		j.facts = append(j.facts, key)
		for _, r := range j.checker.rules[rules.EachPolicy] {
			j.evaluate(r, known, o, nil, caseOf{about: policy.Key + "/" + policy.Name, facts: key})
		}
	}
}

func (j *judging) credentials(o *inventory.Object) {
	for _, credential := range topology.Credentials(j.view, j.ctx, o, j.checker.passwords) {
		j.passing = j.passing || credential.State == tri.Unknown
		j.waits = j.waits || credential.State == tri.Unknown && j.checker.passwords.Busy()
		known := j.checker.outcomes.of(rules.EachCredential, facts.Facts{Credential: &credential})
		key := known.factsKey(o.Ref)
		j.facts = append(j.facts, key)
		for _, r := range j.checker.rules[rules.EachCredential] {
			j.evaluate(r, known, o, nil, caseOf{about: credential.Key + "/" + credential.User, facts: key})
		}
	}
}
