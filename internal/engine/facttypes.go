package engine

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"
)

// typePrefix is what the names of the fact types begin with in CEL. It is not `ditto`, so that no type can be taken for
// a field of the variable.
const typePrefix = "dittoguard."

// factTypes are the Go structs that rules see through the variable `ditto`, prepared so that reading a field costs an
// index and no search.
//
// cel-go's ext.NativeTypes is not used. It answers a read through a nil pointer with a zero value, which would make an
// absent fact look like a harmless one; it takes a false boolean for an absent field; and it analyses the struct anew
// for every value that it wraps.
type factTypes struct {
	byName map[string]*factType
	byGo   map[reflect.Type]*factType // keyed by the pointer type
}

// factType is one struct. Its values are handled as pointers.
type factType struct {
	all     *factTypes
	cel     *types.Type
	pointer reflect.Type
	names   []string // in the order of the struct
	fields  map[string]*types.FieldType
}

// newFactTypes prepares the struct that root points to and every struct that can be reached from it. A field is visible
// if it bears a tag `cel:"name"`.
func newFactTypes(root reflect.Type) (*factTypes, *types.Type, error) {
	if root == nil || root.Kind() != reflect.Pointer || root.Elem().Kind() != reflect.Struct {
		return nil, nil, fmt.Errorf("declaring facts: expected a pointer to a struct, got %v", root)
	}
	t := &factTypes{byName: map[string]*factType{}, byGo: map[reflect.Type]*factType{}}
	_, celType, err := t.field(root)
	if err != nil {
		return nil, nil, fmt.Errorf("declaring facts: %w", err)
	}
	return t, celType, nil
}

// reader turns a Go value into what the interpreter works with. What it returns must not be altered by anyone.
type reader func(reflect.Value) any

// field returns how to read values of a Go type, and their CEL type.
func (t *factTypes) field(g reflect.Type) (reader, *types.Type, error) {
	switch g.Kind() {
	case reflect.Bool:
		return func(v reflect.Value) any { return types.Bool(v.Bool()) }, types.BoolType, nil
	case reflect.String:
		return func(v reflect.Value) any { return types.String(v.String()) }, types.StringType, nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return func(v reflect.Value) any { return types.Int(v.Int()) }, types.IntType, nil
	case reflect.Float32, reflect.Float64:
		return func(v reflect.Value) any { return types.Double(v.Float()) }, types.DoubleType, nil
	case reflect.Interface:
		if g.NumMethod() > 0 {
			break
		}
		return func(v reflect.Value) any { return v.Interface() }, types.DynType, nil
	case reflect.Slice:
		return t.slice(g)
	case reflect.Map:
		return t.table(g)
	case reflect.Struct:
		ft, err := t.structType(g)
		if err != nil {
			return nil, nil, err
		}
		return func(v reflect.Value) any { return v.Addr().Interface() }, ft.cel, nil
	case reflect.Pointer:
		if g.Elem().Kind() != reflect.Struct {
			break
		}
		ft, err := t.structType(g.Elem())
		if err != nil {
			return nil, nil, err
		}
		return func(v reflect.Value) any { return v.Interface() }, ft.cel, nil
	default:
	}
	return nil, nil, fmt.Errorf("%s has no CEL type", g)
}

func (t *factTypes) slice(g reflect.Type) (reader, *types.Type, error) {
	if g == reflect.TypeFor[[]string]() {
		read := func(v reflect.Value) any {
			list, _ := reflect.TypeAssert[[]string](v)
			return types.NewStringList(types.DefaultTypeAdapter, list)
		}
		return read, types.NewListType(types.StringType), nil
	}
	read, celType, err := t.field(g.Elem())
	if err != nil {
		return nil, nil, err
	}
	if g.Elem().Kind() == reflect.Pointer {
		return nil, nil, fmt.Errorf("%s: a list of pointers has no CEL type, its elements could be nil", g)
	}
	return func(v reflect.Value) any {
		list := make([]ref.Val, v.Len())
		for i := range list {
			list[i] = t.NativeToValue(read(v.Index(i)))
		}
		return types.NewRefValList(t, list)
	}, types.NewListType(celType), nil
}

func (t *factTypes) table(g reflect.Type) (reader, *types.Type, error) {
	if g != reflect.TypeFor[map[string]string]() {
		return nil, nil, fmt.Errorf("%s: only map[string]string has a CEL type here", g)
	}
	read := func(v reflect.Value) any {
		table, _ := reflect.TypeAssert[map[string]string](v)
		return types.NewStringStringMap(types.DefaultTypeAdapter, table)
	}
	return read, types.NewMapType(types.StringType, types.StringType), nil
}

func (t *factTypes) structType(g reflect.Type) (*factType, error) {
	if ft, ok := t.byGo[reflect.PointerTo(g)]; ok {
		return ft, nil
	}
	name := typePrefix + g.Name()
	if _, ok := t.byName[name]; ok || g.Name() == "" {
		return nil, fmt.Errorf("%s: the type's name is empty or taken", g)
	}
	ft := &factType{
		all:     t,
		cel:     types.NewObjectType(name, traits.FieldTesterType, traits.IndexerType),
		pointer: reflect.PointerTo(g),
		fields:  map[string]*types.FieldType{},
	}
	// Known before its fields are, since they may lead back here.
	t.byName[name], t.byGo[ft.pointer] = ft, ft
	for i := range g.NumField() {
		f := g.Field(i)
		field, ok := f.Tag.Lookup("cel")
		if !ok || field == "-" {
			continue
		}
		if !f.IsExported() || field == "" || strings.Contains(field, ",") || ft.fields[field] != nil {
			return nil, fmt.Errorf("%s.%s: the tag cel:%q is unusable", g, f.Name, field)
		}
		read, celType, err := t.field(f.Type)
		if err != nil {
			return nil, fmt.Errorf("%s.%s: %w", g, f.Name, err)
		}
		ft.names = append(ft.names, field)
		ft.fields[field] = ft.accessors(field, i, f.Type.Kind() == reflect.Pointer, read, celType)
	}
	return ft, nil
}

// accessors are what the interpreter calls for `x.field` and `has(x.field)`. Only a pointer can be absent: everything
// else is always there, empty or not.
func (ft *factType) accessors(field string, index int, optional bool, read reader,
	celType *types.Type) *types.FieldType {
	return &types.FieldType{
		Type: celType,
		IsSet: func(obj any) bool {
			v, err := ft.structOf(obj)
			return err == nil && (!optional || !v.Field(index).IsNil())
		},
		GetFrom: func(obj any) (any, error) {
			v, err := ft.structOf(obj)
			if err != nil {
				return nil, err
			}
			v = v.Field(index)
			if optional && v.IsNil() {
				return nil, fmt.Errorf("there is no %s here", field)
			}
			return read(v), nil
		},
	}
}

// structOf returns the struct behind a pointer to this type.
func (ft *factType) structOf(obj any) (reflect.Value, error) {
	v := reflect.ValueOf(obj)
	if !v.IsValid() || v.Type() != ft.pointer || v.IsNil() {
		return reflect.Value{}, fmt.Errorf("expected %s, got %T", ft.cel.TypeName(), obj)
	}
	return v.Elem(), nil
}

// NativeToValue wraps a pointer to a fact struct; everything else is left to CEL's own adapter.
func (t *factTypes) NativeToValue(v any) ref.Val {
	switch v := v.(type) {
	case ref.Val:
		return v
	case map[string]any, string, bool, int64, []any, float64, nil:
		return types.DefaultTypeAdapter.NativeToValue(v)
	}
	if ft, ok := t.byGo[reflect.TypeOf(v)]; ok {
		return &factVal{ft: ft, ptr: v}
	}
	return types.DefaultTypeAdapter.NativeToValue(v)
}

// factVal is a fact struct as a CEL value.
type factVal struct {
	ft  *factType
	ptr any
}

var (
	_ traits.Indexer     = (*factVal)(nil)
	_ traits.FieldTester = (*factVal)(nil)
)

// field is the visible field that a rule names, or what is wrong with the name.
func (v *factVal) field(name ref.Val) (*types.FieldType, ref.Val) {
	text, ok := name.(types.String)
	if !ok {
		return nil, types.MaybeNoSuchOverloadErr(name)
	}
	f, ok := v.ft.fields[string(text)]
	if !ok {
		return nil, types.NewErr("no such field: %s", text)
	}
	return f, nil
}

// Get implements traits.Indexer: a field read where the checker did not know the type, after dyn() say.
func (v *factVal) Get(index ref.Val) ref.Val {
	f, failed := v.field(index)
	if failed != nil {
		return failed
	}
	got, err := f.GetFrom(v.ptr)
	if err != nil {
		return types.WrapErr(err)
	}
	return v.ft.all.NativeToValue(got)
}

// IsSet implements traits.FieldTester.
func (v *factVal) IsSet(field ref.Val) ref.Val {
	f, failed := v.field(field)
	if failed != nil {
		return failed
	}
	return types.Bool(f.IsSet(v.ptr))
}

// ConvertToNative implements ref.Val. Only the Go pointer itself comes out.
func (v *factVal) ConvertToNative(t reflect.Type) (any, error) {
	if t == v.ft.pointer {
		return v.ptr, nil
	}
	return nil, fmt.Errorf("%s cannot be converted to %v; use its fields", v.ft.cel.TypeName(), t)
}

// ConvertToType implements ref.Val.
func (v *factVal) ConvertToType(t ref.Type) ref.Val {
	switch {
	case t == types.TypeType:
		return v.ft.cel
	case t.TypeName() == v.ft.cel.TypeName():
		return v
	}
	return types.NewErr("%s cannot be converted to %s", v.ft.cel.TypeName(), t.TypeName())
}

// Equal implements ref.Val: equal are two values of one type whose visible fields are.
func (v *factVal) Equal(other ref.Val) ref.Val {
	o, ok := other.(*factVal)
	if !ok || o.ft != v.ft {
		return types.False
	}
	if o.ptr == v.ptr {
		return types.True
	}
	for _, name := range v.ft.names {
		f := v.ft.fields[name]
		if f.IsSet(v.ptr) != f.IsSet(o.ptr) {
			return types.False
		}
		if !f.IsSet(v.ptr) {
			continue
		}
		if v.Get(types.String(name)).Equal(o.Get(types.String(name))) != types.True {
			return types.False
		}
	}
	return types.True
}

// Type implements ref.Val.
func (v *factVal) Type() ref.Type { return v.ft.cel }

// Value implements ref.Val: the Go pointer.
func (v *factVal) Value() any { return v.ptr }
