package check

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/dittoguard/dittoguard/internal/config"
	"github.com/dittoguard/dittoguard/internal/ditto"
	"github.com/dittoguard/dittoguard/internal/ditto/edge"
	"github.com/dittoguard/dittoguard/internal/ditto/htpasswd"
	"github.com/dittoguard/dittoguard/internal/engine"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/rules"
)

// Options say what a Checker judges by.
type Options struct {
	// Rules are the rules; required. Parts of rules that are among them are left out.
	Rules []rules.HardeningRule
	// Proved says that the rules are known to compile, as the built-in ones are and those that went through Compile; each is
	// then compiled when it is first used.
	Proved bool
	// Config is the configuration; nil means config.Default().
	Config *config.Config
	// Passwords verifies password hashes; required. The caller closes it.
	Passwords *htpasswd.Verifier
	// Protected are the namespaces where the webhook fails closed and Secrets are read. A gateway elsewhere is reported.
	// nil means that there is no such difference, as offline.
	Protected []string
	// Now is the clock that exceptions expire by; nil means time.Now.
	Now func() time.Time
}

// Checker judges objects. It is safe for concurrent use.
type Checker struct {
	config    *config.Config
	protected []string
	passwords *htpasswd.Verifier
	now       func() time.Time
	edges     edge.Config
	cache     *ditto.Cache
	outcomes  *outcomes
	// rules are in name order, by what they are evaluated for.
	rules map[rules.Each][]*rule
}

// rule is a compiled rule with its document.
type rule struct {
	rules.HardeningRule
	compiled *engine.Rule
	// params are what its expressions see as `params`.
	params map[string]any
}

// New compiles the rules. All errors are reported at once, with file and line.
func New(opts Options) (*Checker, error) {
	c := &Checker{
		config: opts.Config, protected: opts.Protected, passwords: opts.Passwords, now: opts.Now,
		cache: ditto.NewCache(), outcomes: newOutcomes(), rules: map[rules.Each][]*rule{},
	}
	if c.config == nil {
		c.config = config.Default()
	}
	if c.now == nil {
		c.now = time.Now
	}
	c.edges = edges(c.config.Edges)
	compiler, err := engine.New(reflect.TypeFor[*ditto.Facts]())
	if err != nil {
		return nil, err
	}
	var problems []error
	// A part is evaluated only where its whole is not, as when its own fixtures are tested.
	for _, document := range rules.WithoutParts(opts.Rules) {
		// That the built-in rules compile is proved by a test; what a run has no use for it need not compile.
		compiled := compiler.CompileLazily(document)
		if !opts.Proved {
			if compiled, err = compiler.Compile(document); err != nil {
				problems = append(problems, err)
				continue
			}
		}
		each := document.Spec.Match.Each
		c.rules[each] = append(c.rules[each], &rule{
			HardeningRule: document, compiled: compiled, params: document.Values(c.config.Rules[document.Metadata.Name].Params),
		})
	}
	for _, list := range c.rules {
		slices.SortFunc(list, func(a, b *rule) int { return strings.Compare(a.Metadata.Name, b.Metadata.Name) })
	}
	return c, errors.Join(problems...)
}

// All judges a whole set of objects, as the CLI and the audit do: every object is a subject and nothing was there
// before. It is an error if the context ends before everything is judged.
func (c *Checker) All(ctx context.Context, inv inventory.Reader, objects []*inventory.Object) (Result, error) {
	view := c.view(ctx, inv, nil)
	scope := newScope()
	scope.add(view.Affected(objects...), objects...)
	scope.dropOwned(view)
	raw := c.judge(ctx, view, scope, nil)
	result := c.present(view, raw)
	result.Summary.Objects = len(objects)
	if err := ditto.CutShort(ctx, view); err != nil {
		return Result{}, err
	}
	return result, nil
}

// edges is the configuration of edges as their package takes it.
func edges(from config.Edges) edge.Config {
	to := edge.Config{
		InternalIngressClasses: from.InternalIngressClasses, Clouds: from.Clouds,
		IngressClasses: from.IngressClasses, DefaultController: from.DefaultController,
		Controllers: make(map[string]edge.ControllerConfig, len(from.Controllers)),
	}
	for _, gateway := range from.InternalGateways {
		to.InternalGateways = append(to.InternalGateways, edge.GatewayName{Namespace: gateway.Namespace, Name: gateway.Name})
	}
	for name, controller := range from.Controllers {
		to.Controllers[name] = edge.ControllerConfig{Version: controller.Version}
	}
	return to
}

// clients are the clients of Ditto that the configuration names.
func clients(from config.Edges) []ditto.Client {
	var list []ditto.Client
	for _, c := range from.Clients {
		list = append(list, ditto.Client(c))
	}
	return list
}

// view is what is judged of an inventory; apart is shared by the views before and after a change.
func (c *Checker) view(ctx context.Context, inv inventory.Reader, apart ditto.Apart) *ditto.View {
	return ditto.NewView(ctx, inv, ditto.Options{
		Edges: c.edges, TrustModel: string(c.config.TrustModel), Clients: clients(c.config.Edges), Cache: c.cache, Apart: apart,
	})
}

// violation is one failed validation of one rule for one case, before ways in are put together into findings.
type violation struct {
	rule    *rule
	subject *inventory.Object
	entry   *inventory.Ref
	message string
	path    []string
	route   string
	// about is what it is about: a way in, a user of a password file, a policy; parts are what it consists of, at least one.
	about string
	parts []part
	// way is the way in that it is about, nil if it is about none.
	way *ditto.Exposure
	// container is the one that it is about, of several of its subject that are judged each by itself.
	container string
	// facts are what decided it.
	facts string
	// outgoing says that it is about pods that a rollout is about to replace.
	outgoing bool
	// note says what else there is to say of it; of a change, why it counts as new.
	note string
	// unknown says that it could not be decided whether something is wrong, and that this denies.
	unknown bool
	// broken says that the rule could not be evaluated; such a violation is always new.
	broken bool
}

// judgement is everything that was found.
type judgement struct {
	violations []violation
	unknowns   []Unknown
	excused    []Excused
	// facts are what decided, for telling whether a change decides anything.
	facts []string
}

// judge evaluates the rules for everything in the scope. What comes out means nothing if the context has ended.
func (c *Checker) judge(ctx context.Context, view *ditto.View, s *scope, request *admissionv1.AdmissionRequest) judgement {
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
	view    *ditto.View
}

func (j *judging) workload(o *inventory.Object) {
	for _, part := range j.view.Parts(o) {
		var gateway *remembered // nil for every other part
		said := ""
		if part.Component == ditto.Gateway {
			gateway = j.checker.outcomes.of(ditto.Facts{Gateway: j.view.GatewayFacts(part)})
			said = gateway.said(o.Ref)
			j.facts = append(j.facts, said)
			j.protection(o)
			for _, r := range j.checker.rules[rules.EachGateway] {
				j.evaluate(r, gateway, o, nil, caseOf{container: gateway.Gateway.Container, facts: said})
			}
		}
		if ditto.IsDitto(part.Component) {
			j.component(o, part)
		}
		exposures := j.view.Exposures(part)
		for i := range exposures {
			if j.view.Err() != nil {
				return
			}
			j.exposure(o, gateway, said, &exposures[i])
		}
	}
}

// unread says what of a workload could not be read, once every way in has been followed.
func (j *judging) unread(o *inventory.Object) {
	for _, unknown := range j.view.Unknowns(o) {
		j.remark(o, unknown.What, unknown.Message)
	}
}

// component evaluates the rules for each of Ditto's own services.
func (j *judging) component(o *inventory.Object, part ditto.Part) {
	list := j.checker.rules[rules.EachComponent]
	if len(list) == 0 {
		return
	}
	facts := j.checker.outcomes.of(ditto.Facts{Component: j.view.ComponentFacts(part)})
	said := facts.said(o.Ref)
	j.facts = append(j.facts, said)
	for _, r := range list {
		j.evaluate(r, facts, o, nil, caseOf{about: facts.Component.Component, container: facts.Component.Container, facts: said})
	}
}

// exposure judges a way in; said is what the gateway behind it says.
func (j *judging) exposure(target *inventory.Object, gateway *remembered, said string, e *ditto.Exposure) {
	way := e.Facts()
	j.facts = append(j.facts, way)
	facts := j.checker.outcomes.ofExposure(gateway, e)
	entry := e.Entry.Ref()
	both := said + way
	for _, r := range j.checker.rules[rules.EachExposure] {
		subject, decides := target, both
		if r.Spec.Match.Subject == rules.SubjectEntry {
			decides = way
			subject = j.view.Get(entry.GroupKind(), entry.Namespace, entry.Name)
		}
		j.evaluate(r, facts, subject, &entry, caseOf{about: e.About(), way: e, facts: decides, path: e.Hops, route: e.Route})
	}
}

func (j *judging) entry(o *inventory.Object) {
	edge := j.view.EdgeFacts(o)
	if edge == nil {
		return
	}
	if doubt := j.view.DoubtedEntry(o); doubt != "" {
		j.remark(o, "whether it is internal", doubt)
	}
	facts := j.checker.outcomes.of(ditto.Facts{Edge: edge})
	for _, r := range j.checker.rules[rules.EachEdge] {
		j.evaluate(r, facts, o, &o.Ref, caseOf{})
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
	for _, policy := range ditto.PolicyDocuments(o) {
		facts := j.checker.outcomes.of(ditto.Facts{Policy: &policy})
		said := facts.said(o.Ref)
		j.facts = append(j.facts, said)
		for _, r := range j.checker.rules[rules.EachPolicy] {
			j.evaluate(r, facts, o, nil, caseOf{about: policy.Key + "/" + policy.Name, facts: said})
		}
	}
}

func (j *judging) credentials(o *inventory.Object) {
	for _, credential := range j.view.Credentials(j.ctx, o, j.checker.passwords) {
		facts := j.checker.outcomes.of(ditto.Facts{Credential: &credential})
		said := facts.said(o.Ref)
		j.facts = append(j.facts, said)
		for _, r := range j.checker.rules[rules.EachCredential] {
			j.evaluate(r, facts, o, nil, caseOf{about: credential.Key + "/" + credential.User, facts: said})
		}
	}
}

// costOfRule is about how many steps (View.Spend) evaluating a rule takes.
const costOfRule = 20

// caseOf tells the cases of one rule on one subject apart.
type caseOf struct {
	// about, way and container: see violation.
	about     string
	way       *ditto.Exposure
	container string
	// facts are what decides about it.
	facts string
	path  []string
	route string
}

// evaluate evaluates a rule; facts are nil for a rule that has none.
func (j *judging) evaluate(r *rule, facts *remembered, subject *inventory.Object, entry *inventory.Ref, c caseOf) {
	name := r.Metadata.Name
	if subject == nil || j.view.Err() != nil {
		return
	}
	on := subject.Ref
	if entry != nil {
		on = *entry
	}
	outcome := j.outcome(r, facts, subject, on)
	if e := j.checker.exception(name, subject.Ref, entry); e != nil {
		j.excuse(e, name, subject.Ref, entry, outcome)
		return
	}
	add := func(index, message string, keys []string) *violation {
		v := violation{
			rule: r, subject: subject, entry: entry, message: message, path: c.path, route: c.route, about: c.about, way: c.way,
			container: c.container, facts: c.facts, parts: partsOf(strings.Join([]string{name, index, subject.Ref.ID().String(), c.about}, "|"), c.way, keys),
		}
		v.outgoing = j.outgoing(subject, c.way)
		j.violations = append(j.violations, v)
		return &j.violations[len(j.violations)-1]
	}
	if outcome.Err != nil {
		add("error", fmt.Sprintf("the rule could not be evaluated: %v", outcome.Err), nil).broken = true
		return
	}
	for _, v := range outcome.Violations {
		if v.Err != nil {
			add(fmt.Sprint(v.Index), fmt.Sprintf("the rule could not be evaluated: %v", v.Err), nil).broken = true
			continue
		}
		add(fmt.Sprint(v.Index), v.Message, v.Keys)
	}
	for _, u := range outcome.Unknowns {
		message := u.Message
		if u.Err != nil {
			message = fmt.Sprintf("the rule could not be evaluated: %v", u.Err)
		}
		if j.checker.config.Rules[name].DenyUnknown {
			add(fmt.Sprintf("unknown %d", u.Index), "cannot be decided: "+message, nil).unknown = true
			continue
		}
		j.unknowns = append(j.unknowns, Unknown{
			Rule: name, Subject: subject.Ref, Entry: entry, What: r.Spec.Unknowns[u.Index].What, Message: message,
			File: subject.Source.File, Line: subject.Source.Line,
		})
	}
}

// partsOf are what a violation consists of, by what its rule's keyExpression lists. Of a way in, what is listed as a path of the
// component is no part of its own, but the requests for it and what is below.
func partsOf(name string, way *ditto.Exposure, keys []string) []part {
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

func (j *judging) outcome(r *rule, facts *remembered, subject *inventory.Object, on inventory.Ref) engine.Outcome {
	content := subject.Content
	if r.Spec.Match.Each == rules.EachObject {
		content = func() map[string]any { return withoutNulls(subject.Content()) }
	}
	evaluate := func(facts any) engine.Outcome {
		j.view.Spend(on.ID(), costOfRule)
		return r.compiled.Evaluate(j.ctx, engine.Input{
			Facts: facts, Content: content, Request: j.request(subject), Namespace: j.namespace(subject),
			Params: r.params,
		})
	}
	if facts == nil {
		return evaluate(nil)
	}
	return j.checker.outcomes.evaluate(r, facts, func() engine.Outcome { return evaluate(&facts.Facts) })
}

// asInput keeps a nil pointer from becoming a value.
func asInput(facts *ditto.Facts) any {
	if facts == nil {
		return nil
	}
	return facts
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

// lapsed is the exception that let the violation pass until it expired, nil if there is none.
func (c *Checker) lapsed(v *violation) *config.Exception {
	var opens inventory.Ref
	if v.entry != nil {
		opens = *v.entry
	}
	return c.config.LapsedException(v.rule.Metadata.Name, v.subject.Ref, opens, c.now())
}
