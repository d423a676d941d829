package engine

import (
	"fmt"
	"math"
	"reflect"

	"github.com/google/cel-go/cel"

	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"
	apiservercel "k8s.io/apiserver/pkg/cel"
)

// variableMap is an activation seen as the value of `variables`: each is computed when it is first read, once, and an
// error in one matters only to who reads it. Its model is lazy.MapValue of k8s.io/apiserver/pkg/cel/lazy, without the
// two maps and the closures that would be made for each evaluation.
type variableMap activation

var _ traits.Mapper = (*variableMap)(nil)

// variablesType is the type of the value.
func variablesType() *types.Type {
	return cel.ObjectType(variablesTypeName, traits.IndexerType|traits.FieldTesterType|traits.IterableType)
}

// value returns variable i, computing it if need be.
func (m *variableMap) value(i int) ref.Val {
	if m.values[i] == nil {
		m.values[i] = m.compute(&m.plan.variables[i])
	}
	return m.values[i]
}

func (m *variableMap) compute(v *variable) ref.Val {
	program, err := v.program()
	if err != nil {
		return types.NewErr("planning variable %q: %v", v.name, err)
	}
	value, details, err := program.Eval((*activation)(m))
	cost := details.ActualCost()
	if cost == nil {
		return types.NewErr("unable to calculate cost of variable %q", v.name)
	}
	if *cost > math.MaxInt64-uint64(m.spent) {
		m.spent = math.MaxInt64
	} else {
		m.spent += int64(*cost)
	}
	if err != nil {
		return types.NewErr("composited variable %q fails to evaluate: %v", v.name, err)
	}
	return value
}

// Find implements traits.Mapper.
func (m *variableMap) Find(key ref.Val) (ref.Val, bool) {
	name, ok := key.(types.String)
	if !ok {
		return types.MaybeNoSuchOverloadErr(key), true
	}
	unescaped, ok := apiservercel.Unescape(string(name))
	if !ok {
		return nil, false
	}
	for i := range m.plan.variables {
		if m.plan.variables[i].name == unescaped {
			return m.value(i), true
		}
	}
	return nil, false
}

// Get implements traits.Mapper.
func (m *variableMap) Get(key ref.Val) ref.Val {
	if v, found := m.Find(key); found {
		return v
	}
	return types.ValOrErr(key, "no such key: %v", key)
}

// Contains implements traits.Mapper.
func (m *variableMap) Contains(key ref.Val) ref.Val {
	v, found := m.Find(key)
	if v != nil && types.IsUnknownOrError(v) {
		return v
	}
	return types.Bool(found)
}

// Size implements traits.Mapper.
func (m *variableMap) Size() ref.Val { return types.Int(len(m.plan.variables)) }

// Iterator implements traits.Mapper: over the values, in the order of the rule.
func (m *variableMap) Iterator() traits.Iterator {
	values := make([]ref.Val, len(m.plan.variables))
	for i := range values {
		values[i] = m.value(i)
	}
	return types.NewRefValList(types.DefaultTypeAdapter, values).Iterator()
}

// ConvertToNative implements ref.Val.
func (m *variableMap) ConvertToNative(t reflect.Type) (any, error) {
	return nil, fmt.Errorf("%s cannot be converted to %v", variablesTypeName, t)
}

// ConvertToType implements ref.Val.
func (m *variableMap) ConvertToType(t ref.Type) ref.Val {
	switch {
	case t == types.TypeType:
		return variablesType()
	case t.TypeName() == variablesTypeName:
		return m
	}
	return types.NewErr("%s cannot be converted to %s", variablesTypeName, t.TypeName())
}

// Equal implements ref.Val.
func (m *variableMap) Equal(other ref.Val) ref.Val {
	o, ok := other.(*variableMap)
	return types.Bool(ok && o == m)
}

// Type implements ref.Val.
func (m *variableMap) Type() ref.Type { return variablesType() }

// Value implements ref.Val.
func (m *variableMap) Value() any { return m }
