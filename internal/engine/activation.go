package engine

import (
	"context"
	"fmt"
	"math"

	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/interpreter"
	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	plugincel "k8s.io/apiserver/pkg/admission/plugin/cel"
	apiservercel "k8s.io/apiserver/pkg/cel"
	"k8s.io/apiserver/pkg/cel/common"
)

// Input is what a rule is evaluated on. It is read, never altered.
type Input struct {
	// Facts is the variable `ditto`: a pointer of the type that New was given, or nil. Then reading it is an evaluation
	// error.
	Facts any
	// Object and OldObject are contents as JSON decodes into unstructured objects (int64, float64, string, bool, nil,
	// map[string]any, []any); nil is null, as the API server has it for oldObject on CREATE and for object on DELETE.
	Object    map[string]any
	OldObject map[string]any
	// Content is Object put off until an expression reads it, or a mutation changes it; used where Object is nil. It
	// may be nil.
	Content func() map[string]any
	// Request may be nil: then `request` is null. Its own object and oldObject are hidden, as in the API server.
	Request *admissionv1.AdmissionRequest
	// Namespace is the namespace of the object; nil is null, as for cluster-scoped objects.
	Namespace *corev1.Namespace
	// Params is the variable `params`, with a value for each that the rule declares; nil is null, as for a policy
	// without parameters.
	Params map[string]any
}

// activation answers the names of the variables during one evaluation of one rule. It belongs to one goroutine. Its
// model is evaluationActivation of k8s.io/apiserver/pkg/admission/plugin/cel, whose list of names is closed.
type activation struct {
	in   *Input
	plan *plan
	ctx  context.Context
	// budget is what may still be spent, in CEL's cost units.
	budget int64
	// inConditions hides the namespace: match conditions are evaluated without one.
	inConditions bool

	request   ref.Val
	namespace ref.Val
	// values are the variables so far computed, in the order of plan.variables; nil is not computed yet.
	values []ref.Val
	// spent is the cost of variables computed inside the expression at hand.
	spent int64
}

var _ interpreter.Activation = (*activation)(nil)

func (p *plan) activation(ctx context.Context, in *Input, budget int64) *activation {
	a := &activation{in: in, plan: p, ctx: ctx, budget: budget}
	if len(p.variables) > 0 {
		a.values = make([]ref.Val, len(p.variables))
	}
	return a
}

// Parent implements interpreter.Activation.
func (a *activation) Parent() interpreter.Activation { return nil }

// ResolveName implements interpreter.Activation.
func (a *activation) ResolveName(name string) (any, bool) {
	switch name {
	case dittoVarName:
		return a.in.Facts, a.in.Facts != nil
	case plugincel.VariableVarName:
		return (*variableMap)(a), true
	case plugincel.ObjectVarName:
		return content(a.object()), true
	case plugincel.OldObjectVarName:
		return content(a.in.OldObject), true
	case plugincel.ParamsVarName:
		return content(a.in.Params), true
	case plugincel.RequestVarName:
		if a.request == nil {
			a.request = requestValue(a.in.Request)
		}
		return a.request, true
	case plugincel.NamespaceVarName:
		if a.inConditions {
			return types.NullValue, true
		}
		if a.namespace == nil {
			a.namespace = common.SchemalessTypedToVal(plugincel.CreateNamespaceObject(a.in.Namespace))
		}
		return a.namespace, true
	}
	return nil, false
}

// object is the content of the object, made the first time that somebody wants it.
func (a *activation) object() map[string]any {
	if a.in.Object == nil && a.in.Content != nil {
		a.in.Object = a.in.Content()
	}
	return a.in.Object
}

// content keeps a nil map from becoming an empty object.
func content(m map[string]any) any {
	if m == nil {
		return nil
	}
	return m
}

// requestValue is the request without its objects.
func requestValue(request *admissionv1.AdmissionRequest) ref.Val {
	if request == nil {
		return types.NullValue
	}
	bare := *request
	bare.Object, bare.OldObject = runtime.RawExtension{}, runtime.RawExtension{}
	return common.SchemalessTypedToVal(&bare)
}

// evaluate runs one expression. The first error is the expression's own; the second ends the evaluation of the rule:
// the budget is spent. Texts and accounting are those of activation.go in k8s.io/apiserver/pkg/admission/plugin/cel.
//
// The context is looked at between expressions, not inside them: an expression ends after PerCallLimit anyway, which is
// about a tenth of a second, and watching the context costs more than a usual expression does.
func (a *activation) evaluate(x *expression) (value ref.Val, failed, fatal error) {
	if a.ctx.Err() != nil {
		return nil, nil, fmt.Errorf("evaluating: %w", context.Cause(a.ctx))
	}
	program, err := x.program()
	if err != nil {
		return nil, nil, fmt.Errorf("planning: %w", err)
	}
	a.spent = 0
	value, details, err := program.Eval(a)
	if a.spent > a.budget {
		a.budget = -1
		return nil, nil, outOfBudget()
	}
	a.budget -= a.spent
	cost := details.ActualCost()
	if cost == nil {
		a.budget = -1
		return nil, nil, &apiservercel.Error{
			Type:   apiservercel.ErrorTypeInvalid,
			Detail: fmt.Sprintf("runtime cost could not be calculated for expression: %v, no further expression will be run", x.source),
			Cause:  apiservercel.ErrOutOfBudget,
		}
	}
	if *cost > math.MaxInt64 || int64(*cost) > a.budget {
		a.budget = -1
		return nil, nil, outOfBudget()
	}
	a.budget -= int64(*cost)
	if err != nil {
		return nil, &apiservercel.Error{
			Type:   apiservercel.ErrorTypeInvalid,
			Detail: fmt.Sprintf("expression '%v' resulted in error: %v", x.source, err),
			Cause:  err,
		}, nil
	}
	return value, nil, nil
}

func outOfBudget() error {
	return &apiservercel.Error{
		Type:   apiservercel.ErrorTypeInvalid,
		Detail: "validation failed due to running out of cost budget, no further validation rules will be run",
		Cause:  apiservercel.ErrOutOfBudget,
	}
}
