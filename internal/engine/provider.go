package engine

import (
	"sync/atomic"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"
)

// variablesTypeName is the type of `variables`, named as the API server names it.
const variablesTypeName = "kubernetes.variables"

// paramsTypeName is the type of `params`: what the rule declares.
const paramsTypeName = "dittoguard.params"

// provider adds the fact types and the types of `variables` and `params` to what Kubernetes' environment knows. One
// environment serves all rules: the fields of these two are those of the rule that is being compiled, which the
// engine's lock makes one at a time. Evaluation never asks for them.
type provider struct {
	types.Provider
	facts     *factTypes
	variables atomic.Pointer[map[string]*types.Type]
	params    atomic.Pointer[map[string]*types.Type]
}

// option installs the provider over what the environment has.
func (p *provider) option(env *cel.Env) (*cel.Env, error) {
	p.Provider = env.CELTypeProvider()
	env, err := cel.CustomTypeProvider(p)(env)
	if err != nil {
		return nil, err
	}
	return cel.CustomTypeAdapter(p.facts)(env)
}

// FindStructType implements types.Provider.
func (p *provider) FindStructType(name string) (*types.Type, bool) {
	if name == variablesTypeName || name == paramsTypeName {
		return types.NewTypeTypeWithParam(types.NewObjectType(name)), true
	}
	if ft, ok := p.facts.byName[name]; ok {
		return types.NewTypeTypeWithParam(ft.cel), true
	}
	return p.Provider.FindStructType(name)
}

// FindStructFieldNames implements types.Provider.
func (p *provider) FindStructFieldNames(name string) ([]string, bool) {
	if ft, ok := p.facts.byName[name]; ok {
		return ft.names, true
	}
	return p.Provider.FindStructFieldNames(name)
}

// FindStructFieldType implements types.Provider.
func (p *provider) FindStructFieldType(name, field string) (*types.FieldType, bool) {
	if name == variablesTypeName || name == paramsTypeName {
		declared := p.variables.Load()
		if name == paramsTypeName {
			declared = p.params.Load()
		}
		if declared == nil {
			return nil, false
		}
		t, ok := (*declared)[field]
		return &types.FieldType{Type: t}, ok
	}
	if ft, ok := p.facts.byName[name]; ok {
		f, ok := ft.fields[field]
		return f, ok
	}
	return p.Provider.FindStructFieldType(name, field)
}

// NewValue implements types.Provider. Facts are given, not made.
func (p *provider) NewValue(name string, fields map[string]ref.Val) ref.Val {
	if _, ok := p.facts.byName[name]; ok || name == variablesTypeName || name == paramsTypeName {
		return types.NewErr("%s cannot be made in a rule", name)
	}
	return p.Provider.NewValue(name, fields)
}

// variableType is the type that a variable shows to the expressions after it. The API server forgets the types of
// objects (convertCelTypeToDeclType in k8s.io/apiserver/pkg/admission/plugin/cel/composition.go), and so does this,
// except for facts: a misspelt field of a fact is found behind a variable too.
func (p *provider) variableType(t *types.Type) *types.Type {
	switch t.Kind() {
	case types.AnyKind, types.BoolKind, types.BytesKind, types.DoubleKind, types.DurationKind, types.IntKind,
		types.NullTypeKind, types.StringKind, types.TimestampKind, types.UintKind:
		return t
	case types.StructKind:
		if _, ok := p.facts.byName[t.TypeName()]; ok {
			return t
		}
		return types.DynType
	default:
	}
	if !t.HasTrait(traits.ContainerType) || !t.HasTrait(traits.IndexerType) {
		return types.DynType
	}
	switch params := t.Parameters(); len(params) {
	case 1:
		return types.NewListType(p.variableType(params[0]))
	case 2:
		return types.NewMapType(p.variableType(params[0]), p.variableType(params[1]))
	}
	return types.DynType
}
