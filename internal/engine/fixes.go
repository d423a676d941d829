package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/google/cel-go/common/types"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	"k8s.io/apiserver/pkg/admission/plugin/policy/mutating/patch"
	celconfig "k8s.io/apiserver/pkg/apis/cel"

	"github.com/dittoguard/dittoguard/rules"
)

// AppliedFix is a fix of a rule that applies to an input.
type AppliedFix struct {
	rules.Fix

	// Index is the number of the fix in the rule.
	Index int
	// Message says what to change, with the names of the objects at hand.
	Message string

	plan *fixPlan
}

type fixPlan struct {
	when, message *expression // may be nil
	patch         *mutationPlan
}

// fixPlans compiles the expressions of a rule's fixes, once for equal specs, as plan does. It is put off until
// something is found: most runs have no use for most fixes.
func (e *Engine) fixPlans(rule *rules.HardeningRule, saved func() *checkedRule) ([]fixPlan, error) {
	if len(rule.Spec.Fixes) == 0 {
		return nil, nil
	}
	return once(e, e.fixes, rule, func() ([]fixPlan, error) {
		c, leave := e.enter(rule, saved())
		defer leave()
		_ = c.variables()
		plans := c.fixes()
		return plans, errors.Join(c.errs...)
	})
}

func (c *compiler) fixes() []fixPlan {
	plans := make([]fixPlan, len(c.rule.Spec.Fixes))
	for i, f := range c.rule.Spec.Fixes {
		at := fmt.Sprintf("spec.fixes[%d]", i)
		if strings.TrimSpace(f.When) != "" {
			plans[i].when, _ = c.expression(c.engine.environment, at+".when", f.When, types.BoolType)
		}
		plans[i].message = c.message(at+".messageExpression", f.MessageExpression)
		if f.Change.Patch != "" {
			plans[i].patch = &mutationPlan{
				patchType:  admissionregistrationv1.PatchTypeJSONPatch,
				expression: c.patch(at+".change.patch", f.Change.Patch, &patch.JSONPatchCondition{}),
			}
		}
	}
	return plans
}

// Fixes are the fixes that apply to an input in which the rule finds something, in the order of the rule.
func (r *Rule) Fixes(ctx context.Context, in Input) ([]AppliedFix, error) {
	if len(r.document.Spec.Fixes) == 0 {
		return nil, nil
	}
	p, err := r.prepare(&in)
	if err != nil {
		return nil, err
	}
	plans, err := r.fixes()
	if err != nil {
		return nil, fmt.Errorf("compiling: %w", err)
	}
	var (
		list []AppliedFix
		errs []error
	)
	a := p.activation(ctx, &in, celconfig.RuntimeCELCostBudget)
	for i := range plans {
		plan := &plans[i]
		if plan.when != nil {
			value, failed, fatal := a.evaluate(plan.when)
			if err := errors.Join(failed, fatal); err != nil {
				errs = append(errs, fmt.Errorf("spec.fixes[%d].when: %w", i, err))
				continue
			}
			if value != types.True {
				continue
			}
		}
		f := AppliedFix{Fix: r.document.Spec.Fixes[i], Index: i, plan: plan}
		if f.Message, err = a.message(plan.message); err != nil || f.Message == "" {
			f.Message = strings.TrimSpace(f.Text)
		}
		list = append(list, f)
	}
	return list, errors.Join(errs...)
}

// Patched is the content of in.Object after the patch of a fix, nil if it has none or that changes nothing.
func (r *Rule) Patched(ctx context.Context, in Input, f AppliedFix) (map[string]any, error) {
	if f.plan == nil || f.plan.patch == nil || in.Object == nil {
		return nil, nil
	}
	p, err := r.prepare(&in)
	if err != nil {
		return nil, err
	}
	return r.apply(p.activation(ctx, &in, celconfig.RuntimeCELCostBudget), f.plan.patch)
}
