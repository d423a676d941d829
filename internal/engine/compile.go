package engine

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	"k8s.io/apiserver/pkg/admission/plugin/policy/mutating/patch"

	"github.com/dittoguard/dittoguard/rules"
)

// Rule is a compiled rule. It is immutable and safe for concurrent use.
type Rule struct {
	document rules.HardeningRule
	engine   *Engine
	// compiled returns the plan, making it first if need be.
	compiled func() (*plan, error)
	// fixes does the same for the fixes.
	fixes func() ([]fixPlan, error)
}

// plan is what compilation makes of a rule.
type plan struct {
	matcher     matcher
	conditions  []*expression
	variables   []variable
	validations []validation
	unknowns    []unknown
	mutations   []mutationPlan
	usesDitto   bool
	usesRequest bool
	reads       RuleReads
}

type variable struct {
	name string
	*expression
}

type validation struct {
	*expression
	message           string
	messageExpression *expression
	keyExpression     *expression // may be nil
}

type unknown struct {
	*expression
	what              string
	messageExpression *expression // may be nil
}

type mutationPlan struct {
	*expression
	patchType         admissionregistrationv1.PatchType
	messageExpression *expression // may be nil
}

// Document is the rule as it was written.
func (r *Rule) Document() rules.HardeningRule { return r.document }

// Name is the rule's name.
func (r *Rule) Name() string { return r.document.Metadata.Name }

// Mutates says whether the rule has mutations.
func (r *Rule) Mutates() bool { return len(r.document.Spec.Mutations) > 0 }

// NeedsDitto says whether some expression reads the variable `ditto`. A rule that does cannot be exported as a native
// admission policy; nor can one that does not compile, of which it is true as well.
func (r *Rule) NeedsDitto() bool {
	p, err := r.compiled()
	return err != nil || p.usesDitto
}

// FactsDecide says that what Evaluate makes of an input depends on its Facts and Params alone: no expression that it
// evaluates reads the object, the request or the namespace. What only mutations read does not count.
func (r *Rule) FactsDecide() bool {
	p, err := r.compiled()
	return err == nil && !p.usesRequest
}

// Compile checks and plans every expression of a rule. All errors come joined, each a [*FieldError], in the order of
// the document's fields.
func (e *Engine) Compile(rule rules.HardeningRule) (*Rule, error) {
	r := e.CompileLazily(rule, nil)
	if _, err := r.compiled(); err != nil {
		return nil, err
	}
	if _, err := r.fixes(); err != nil {
		return nil, err
	}
	return r, nil
}

// CompileLazily is Compile put off until the rule is first used. It is for rules that are known to compile, as a test
// proves of the built-in ones: a run that has nothing to do with a rule then does not pay for it. What Compile would
// have returned as an error is Outcome.Err, or the error of Mutate. checked is what Checked made of the rule, nil if
// there is nothing; made of another rule, it is not used.
func (e *Engine) CompileLazily(rule rules.HardeningRule, checked []byte) *Rule {
	r := &Rule{document: rule, engine: e}
	saved := sync.OnceValue(func() *checkedRule { return recall(&r.document, checked) })
	r.compiled = sync.OnceValues(func() (*plan, error) { return e.plan(&r.document, saved) })
	r.fixes = sync.OnceValues(func() ([]fixPlan, error) { return e.fixPlans(&r.document, saved) })
	return r
}

// mostPlans is how many plans of each kind are kept. Beyond that all are forgotten, so that a server whose rules are
// edited all the time does not grow.
const mostPlans = 500

// plan makes the plan of a rule.
func (e *Engine) plan(rule *rules.HardeningRule, saved func() *checkedRule) (*plan, error) {
	return once(e, e.plans, rule, func() (*plan, error) { return e.planAnew(rule, saved()) })
}

// once makes something of a rule, or finds what was made of one with the same spec: nothing else of a rule has a part
// in it, save in errors, which are not kept.
func once[T any](e *Engine, kept map[string]T, rule *rules.HardeningRule, anew func() (T, error)) (T, error) {
	var none T
	spec, err := json.Marshal(rule.Spec)
	if err != nil {
		return none, fieldError(rule.Source, "spec", err.Error())
	}
	e.compiling.Lock()
	defer e.compiling.Unlock()
	if made, is := kept[string(spec)]; is {
		return made, nil
	}
	made, err := anew()
	if err != nil {
		return none, err
	}
	if len(kept) >= mostPlans {
		clear(kept)
	}
	kept[string(spec)] = made
	return made, nil
}

func (e *Engine) planAnew(rule *rules.HardeningRule, saved *checkedRule) (*plan, error) {
	c, leave := e.enter(rule, saved)
	defer leave()
	p := c.plan()
	if len(c.errs) > 0 {
		return nil, errors.Join(c.errs...)
	}
	return p, nil
}

// enter makes the compiler of one rule, whose variables and parameters are known until it is left.
func (e *Engine) enter(rule *rules.HardeningRule, saved *checkedRule) (c *compiler, leave func()) {
	c = &compiler{
		engine: e, rule: rule, saved: saved,
		declared: make(map[string]*types.Type, len(rule.Spec.Variables)), params: paramTypes(rule.Spec.Params),
		readBy: make(map[string]Reads, len(rule.Spec.Variables)), looking: map[string]bool{},
	}
	if saved != nil {
		c.usesDitto, c.usesRequest = saved.UsesDitto, saved.UsesRequest
	}
	return c, c.declare()
}

func (c *compiler) plan() *plan {
	p := &plan{
		matcher:     c.matcher(),
		variables:   c.variables(),
		conditions:  c.conditions(),
		validations: c.validations(),
		unknowns:    c.unknowns(),
	}
	c.apart(func() { p.mutations = c.mutations() })
	p.usesDitto, p.usesRequest = c.usesDitto, c.usesRequest
	if c.saved != nil {
		p.reads = c.saved.reads()
	} else {
		p.reading()
	}
	return p
}

// paramTypes are the types of what a rule declares.
func paramTypes(params []rules.Param) map[string]*types.Type {
	declared := make(map[string]*types.Type, len(params))
	for _, p := range params {
		switch p.Type {
		case rules.ParamInteger:
			declared[p.Name] = types.IntType
		case rules.ParamBoolean:
			declared[p.Name] = types.BoolType
		case rules.ParamString:
			declared[p.Name] = types.StringType
		case rules.ParamStrings:
			declared[p.Name] = types.NewListType(types.StringType)
		}
	}
	return declared
}

func (c *compiler) variables() []variable {
	out := make([]variable, 0, len(c.rule.Spec.Variables))
	for i, v := range c.rule.Spec.Variables {
		var x *expression
		var t *types.Type
		looks := c.apart(func() {
			x, t = c.expression(c.engine.environment, fmt.Sprintf("spec.variables[%d].expression", i), v.Expression,
				nil)
		})
		if looks {
			c.looking[v.Name] = true
		}
		if x == nil {
			// Anything may be asked of it, so that its own error is the only one.
			t = types.DynType
		} else {
			c.readBy[v.Name] = x.reads
		}
		c.declared[v.Name] = c.engine.provider.variableType(t)
		out = append(out, variable{name: v.Name, expression: x})
	}
	return out
}

// apart compiles what decides nothing by itself, and says whether it looks at the object, the request or the
// namespace.
func (c *compiler) apart(compile func()) (looks bool) {
	others := c.usesRequest
	c.usesRequest = false
	compile()
	looks, c.usesRequest = c.usesRequest, others
	return looks
}

func (c *compiler) conditions() []*expression {
	out := make([]*expression, 0, len(c.rule.Spec.MatchConditions))
	for i, m := range c.rule.Spec.MatchConditions {
		x, _ := c.expression(c.engine.environment, fmt.Sprintf("spec.matchConditions[%d].expression", i), m.Expression,
			types.BoolType)
		out = append(out, x)
	}
	return out
}

// message compiles a messageExpression; an empty one is none.
func (c *compiler) message(field, source string) *expression {
	if strings.TrimSpace(source) == "" {
		return nil
	}
	x, _ := c.expression(c.engine.environment, field, source, types.StringType)
	return x
}

// key compiles a keyExpression; an empty one is none.
func (c *compiler) key(field, source string) *expression {
	if strings.TrimSpace(source) == "" {
		return nil
	}
	x, _ := c.expression(c.engine.environment, field, source, types.NewListType(types.StringType))
	return x
}

func (c *compiler) validations() []validation {
	out := make([]validation, 0, len(c.rule.Spec.Validations))
	for i, v := range c.rule.Spec.Validations {
		at := fmt.Sprintf("spec.validations[%d]", i)
		x, _ := c.expression(c.engine.environment, at+".expression", v.Expression, types.BoolType)
		out = append(out, validation{
			expression: x, message: v.Message, messageExpression: c.message(at+".messageExpression",
				v.MessageExpression),
			keyExpression: c.key(at+".keyExpression", v.KeyExpression),
		})
	}
	return out
}

func (c *compiler) unknowns() []unknown {
	out := make([]unknown, 0, len(c.rule.Spec.Unknowns))
	for i, u := range c.rule.Spec.Unknowns {
		at := fmt.Sprintf("spec.unknowns[%d]", i)
		x, _ := c.expression(c.engine.environment, at+".expression", u.Expression, types.BoolType)
		out = append(out, unknown{
			expression: x, what: u.What, messageExpression: c.message(at+".messageExpression", u.MessageExpression),
		})
	}
	return out
}

func (c *compiler) mutations() []mutationPlan {
	if len(c.rule.Spec.Mutations) == 0 {
		return nil
	}
	out := make([]mutationPlan, 0, len(c.rule.Spec.Mutations))
	for i, m := range c.rule.Spec.Mutations {
		at := fmt.Sprintf("spec.mutations[%d]", i)
		plan := mutationPlan{patchType: m.PatchType, messageExpression: c.message(at+".messageExpression",
			m.MessageExpression)}
		switch {
		case m.PatchType == admissionregistrationv1.PatchTypeJSONPatch && m.JSONPatch != nil:
			plan.expression = c.patch(at+".jsonPatch.expression", m.JSONPatch.Expression, &patch.JSONPatchCondition{})
		case m.PatchType == admissionregistrationv1.PatchTypeApplyConfiguration && m.ApplyConfiguration != nil:
			plan.expression = c.patch(at+".applyConfiguration.expression", m.ApplyConfiguration.Expression,
				&patch.ApplyConfigurationCondition{})
		default:
			c.bad(at, "needs the block that its patchType names")
		}
		out = append(out, plan)
	}
	return out
}

// patch compiles a mutation; the type it has to have is the one that the API server's accessor names.
func (c *compiler) patch(field, source string, accessor interface{ ReturnTypes() []*cel.Type }) *expression {
	x, _ := c.expression(c.engine.patchEnv, field, source, accessor.ReturnTypes()[0])
	return x
}
