package engine

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
)

// Outcome is what a rule says about one input.
type Outcome struct {
	// Matched says that the match conditions hold. Where it is false and Err is nil the rule has nothing to say.
	Matched bool
	// Violations are the validations that are not true, in the order of the rule. One that could not be evaluated is a
	// violation with Err set: an error never turns into an allow.
	Violations []Violation
	// Unknowns is what the rule cannot decide. It is asked only where nothing is violated.
	Unknowns []UnknownResult
	// Err says that it could not be told whether the rule applies, or that the input is unusable. An enforced rule
	// denies then.
	Err error
}

// Violation is one validation that is not true.
type Violation struct {
	// Index is that of the validation in the document.
	Index int
	// Message is one line, at most 5 KiB, never empty: the messageExpression's result, else the message, else
	// `failed expression: …`; or the text of Err.
	Message string
	// Keys is what the keyExpression says; nil without one.
	Keys []string
	// Err is why the expression, its message or its keys could not be evaluated.
	Err error
}

// UnknownResult is one `unknowns` expression that is true, or that could not be evaluated: then Err is set.
type UnknownResult struct {
	Index   int
	Message string
	Err     error
}

// Evaluate judges one input. It mirrors Validate of k8s.io/apiserver/pkg/admission/plugin/policy/validating with
// failure policy Fail, budgets included, with one difference: a messageExpression is evaluated only where its
// validation is violated.
func (r *Rule) Evaluate(ctx context.Context, in Input) Outcome {
	p, err := r.prepare(&in)
	if err != nil {
		return Outcome{Err: err}
	}
	matched, err := p.conditionsHold(ctx, &in)
	if err != nil || !matched {
		return Outcome{Err: err}
	}
	out := Outcome{Matched: true}
	a := p.activation(ctx, &in, celconfig.RuntimeCELCostBudget)
	out.Violations = p.violations(a)
	if len(out.Violations) == 0 && len(p.unknowns) > 0 {
		out.Unknowns = p.undecided(a)
	}
	return out
}

// prepare returns the plan. It makes a nil pointer an absent `ditto`, and refuses facts of another type than New was
// given.
func (r *Rule) prepare(in *Input) (*plan, error) {
	p, err := r.compiled()
	if err != nil {
		return nil, fmt.Errorf("compiling: %w", err)
	}
	if in.Facts == nil {
		return p, nil
	}
	v := reflect.ValueOf(in.Facts)
	if v.Type() != r.engine.factsType {
		return nil, fmt.Errorf("evaluating: facts are %T, expected %v", in.Facts, r.engine.factsType)
	}
	if v.IsNil() {
		in.Facts = nil
	}
	return p, nil
}

// conditionsHold evaluates all match conditions: one that is false wins over those that fail.
func (p *plan) conditionsHold(ctx context.Context, in *Input) (bool, error) {
	if len(p.conditions) == 0 {
		return true, nil
	}
	a := p.activation(ctx, in, celconfig.RuntimeCELCostBudgetMatchConditions)
	a.inConditions = true
	var errs []error
	holds := true
	for _, x := range p.conditions {
		value, failed, fatal := a.evaluate(x)
		switch {
		case fatal != nil:
			return false, fatal
		case failed != nil:
			errs = append(errs, failed)
		case value == types.False:
			holds = false
		}
	}
	if !holds {
		return false, nil
	}
	return len(errs) == 0, errors.Join(errs...)
}

func (p *plan) violations(a *activation) []Violation {
	var out []Violation
	spent := false
	for i := 0; i < len(p.validations) && !spent; i++ {
		value, failed, fatal := a.evaluate(p.validations[i].expression)
		switch {
		case fatal != nil:
			spent = true
			out = append(out, Violation{Index: i, Message: fatal.Error(), Err: fatal})
		case failed != nil:
			out = append(out, Violation{Index: i, Message: failed.Error(), Err: failed})
		case value != types.True:
			out = append(out, Violation{Index: i})
		}
	}
	// The messages have what the validations left of the budget.
	for i := range out {
		if out[i].Err != nil {
			continue
		}
		v := &p.validations[out[i].Index]
		text, err := a.message(v.messageExpression)
		switch {
		case err != nil:
			out[i].Err = fmt.Errorf("failed messageExpression: %w", err)
			out[i].Message = out[i].Err.Error()
			continue
		case text != "":
		case v.message != "":
			text = strings.TrimSpace(v.message)
		}
		if text == "" {
			text = "failed expression: " + strings.TrimSpace(v.source)
		}
		out[i].Message = text
		if v.keyExpression != nil {
			if out[i].Keys, err = a.keys(v.keyExpression); err != nil {
				out[i].Err = fmt.Errorf("failed keyExpression: %w", err)
				out[i].Message = out[i].Err.Error()
			}
		}
	}
	return out
}

// keys evaluates a keyExpression. Unlike a message it has to come out: what cannot be told apart would be let through.
func (a *activation) keys(x *expression) ([]string, error) {
	value, failed, fatal := a.evaluate(x)
	if err := errors.Join(failed, fatal); err != nil {
		return nil, err
	}
	native, err := value.ConvertToNative(reflect.TypeFor[[]string]())
	if err != nil {
		return nil, err
	}
	keys, ok := native.([]string)
	if !ok {
		return nil, fmt.Errorf("%T is not a list of strings", native)
	}
	return keys, nil
}

func (p *plan) undecided(a *activation) []UnknownResult {
	var out []UnknownResult
	for i := range p.unknowns {
		u := &p.unknowns[i]
		value, failed, fatal := a.evaluate(u.expression)
		switch {
		case fatal != nil:
			return append(out, UnknownResult{Index: i, Message: u.what + ": " + fatal.Error(), Err: fatal})
		case failed != nil:
			out = append(out, UnknownResult{Index: i, Message: u.what + ": " + failed.Error(), Err: failed})
		case value == types.True:
			text, err := a.message(u.messageExpression)
			if err != nil || text == "" {
				text = u.what
			}
			out = append(out, UnknownResult{Index: i, Message: text})
		}
	}
	return out
}

// message evaluates a messageExpression. It returns an empty text where there is none or its result cannot be used, an
// error only where the budget is spent.
func (a *activation) message(x *expression) (string, error) {
	if x == nil || a.budget < 0 {
		return "", nil
	}
	value, failed, fatal := a.evaluate(x)
	if fatal != nil || failed != nil {
		return "", fatal
	}
	return usableMessage(value), nil
}

// usableMessage trims a message, and drops it if it is no string, empty, too long or of several lines.
func usableMessage(value ref.Val) string {
	text, ok := value.Value().(string)
	if !ok {
		return ""
	}
	text = strings.TrimSpace(text)
	if len(text) > celconfig.MaxEvaluatedMessageExpressionSizeBytes || strings.Contains(text, "\n") {
		return ""
	}
	return text
}
