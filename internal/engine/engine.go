// Package engine compiles the CEL expressions of hardening rules and evaluates them as the API server evaluates those
// of ValidatingAdmissionPolicy and MutatingAdmissionPolicy: same environment, same variables, same limits, same
// fallbacks. It adds one variable, `ditto`, whose type is declared from a Go struct that the caller names. It knows
// nothing of Ditto.
//
// Start with [New], then [Engine.Compile]; a [Rule] is safe for concurrent use. This is the only package that imports
// cel-go and k8s.io/apiserver, neither of which keeps its API between minor versions.
package engine

import (
	"fmt"
	"reflect"
	"sync"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"k8s.io/apimachinery/pkg/util/managedfields"
	plugincel "k8s.io/apiserver/pkg/admission/plugin/cel"
	apiservercel "k8s.io/apiserver/pkg/cel"
	"k8s.io/apiserver/pkg/cel/common"
	"k8s.io/apiserver/pkg/cel/environment"
	"k8s.io/apiserver/pkg/cel/library"
	"k8s.io/apiserver/pkg/cel/mutation"
	"k8s.io/client-go/applyconfigurations"
	"k8s.io/client-go/kubernetes/scheme"
)

// dittoVarName is the variable that the API server does not have.
const dittoVarName = "ditto"

// Engine holds the environment that all rules share.
type Engine struct {
	factsType reflect.Type
	provider  *provider

	// compiling makes compilation one rule at a time: provider.variables belongs to the rule at hand.
	compiling sync.Mutex
	// plans and fixes are what compilation made, by the specs of the rules, so that equal rules are compiled once.
	plans map[string]*plan
	fixes map[string][]fixPlan
	env   *cel.Env
	// patchEnv knows Object{}, JSONPatch{} and jsonpatch.escapeKey as well, which only mutations may use.
	patchEnv environmentOf

	// converter knows the schemas of the built-in kinds; it costs milliseconds to make and is made when first needed.
	converter func() managedfields.TypeConverter
}

// New declares the variable `ditto` with the type of the struct that factsType points to, and builds the environment.
// Fields that bear a tag `cel:"name"` are visible, in this struct and in all that can be reached from it. A pointer
// that is nil is an absent field: reading it is an evaluation error, has() of it is false.
func New(factsType reflect.Type) (*Engine, error) {
	facts, dittoType, err := newFactTypes(factsType)
	if err != nil {
		return nil, err
	}
	e := &Engine{factsType: factsType, provider: &provider{facts: facts}, plans: map[string]*plan{},
		fixes: map[string][]fixPlan{}}
	base, err := environment.MustBaseEnvSet(environment.DefaultCompatibilityVersion()).
		Env(environment.StoredExpressions)
	if err != nil {
		return nil, fmt.Errorf("building the CEL environment: %w", err)
	}
	if e.env, err = extend(base, e.provider, dittoType); err != nil {
		return nil, fmt.Errorf("building the CEL environment: %w", err)
	}
	e.patchEnv = sync.OnceValues(func() (*cel.Env, error) {
		return e.env.Extend(common.ResolverEnvOption(&mutation.DynamicTypeResolver{}),
			environment.UnversionedLib(library.JSONPatch))
	})
	e.converter = sync.OnceValue(func() managedfields.TypeConverter {
		return applyconfigurations.NewTypeConverter(scheme.Scheme)
	})
	return e, nil
}

func (e *Engine) environment() (*cel.Env, error) { return e.env, nil }

// extend declares what an admission policy sees, as createEnvForOpts does in
// k8s.io/apiserver/pkg/admission/plugin/cel/compile.go, and what we add. `authorizer` is left out: a rule has to mean
// the same without a cluster.
func extend(base *cel.Env, p *provider, dittoType *types.Type) (*cel.Env, error) {
	request, namespace := plugincel.BuildRequestType(), plugincel.BuildNamespaceType()
	kubernetes := apiservercel.NewDeclTypeProvider(request, namespace)
	kubernetes.SetRecognizeKeywordAsFieldName(true)
	opts, err := kubernetes.EnvOptions(base.CELTypeProvider())
	if err != nil {
		return nil, err
	}
	opts = append(opts,
		p.option,
		cel.Variable(plugincel.ObjectVarName, cel.DynType),
		cel.Variable(plugincel.OldObjectVarName, cel.DynType),
		cel.Variable(plugincel.ParamsVarName, types.NewObjectType(paramsTypeName)),
		cel.Variable(plugincel.NamespaceVarName, namespace.CelType()),
		cel.Variable(plugincel.RequestVarName, request.CelType()),
		cel.Variable(plugincel.VariableVarName, types.NewObjectType(variablesTypeName)),
		cel.Variable(dittoVarName, dittoType),
	)
	return base.Extend(opts...)
}
