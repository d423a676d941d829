package engine

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	celpb "cel.dev/expr"
	"github.com/fxamacker/cbor/v2"
	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/types"
	exprpb "google.golang.org/genproto/googleapis/api/expr/v1alpha1"
	"google.golang.org/protobuf/proto"

	"github.com/dittoguard/dittoguard/rules"
)

// checkedRule is what parsing and checking the expressions of a rule makes, in a form that can be kept: two thirds of
// what it costs to compile a rule, which a program need not repeat each time that it starts. Types and references are
// in tables of their own, since nearly all nodes have one of a few.
type checkedRule struct {
	_ struct{} `cbor:",toarray"`

	// Spec is the SHA-256 of the rule's spec in JSON. For any other it is of no use.
	Spec        []byte
	UsesDitto   bool
	UsesRequest bool
	// Verdict, Violated and Unknown are the keys of what Rule.Reads returns.
	Verdict, Violated, Unknown []string
	// Types are cel.expr.Type.
	Types      [][]byte
	References []checkedReference
	// Expressions are in the order of their fields.
	Expressions []checkedExpression

	types []*types.Type
}

type checkedReference struct {
	_ struct{} `cbor:",toarray"`

	Name      string
	Overloads []string
}

type checkedExpression struct {
	_ struct{} `cbor:",toarray"`

	Field string
	// Type is what it evaluates to: the number of a type.
	Type int
	// Expr is a google.api.expr.v1alpha1.Expr. Types and References say which its nodes have, by number.
	Expr       []byte
	Types      map[int64]int
	References map[int64]int
}

// digest is what a checked rule is recognised by. Since when there is what of it says nothing about expressions.
func digest(spec *rules.Spec) ([]byte, error) {
	timeless := *spec
	timeless.Since = ""
	timeless.Validations = slices.Clone(spec.Validations)
	timeless.Unknowns = slices.Clone(spec.Unknowns)
	for i := range timeless.Validations {
		timeless.Validations[i].Since = ""
	}
	for i := range timeless.Unknowns {
		timeless.Unknowns[i].Since = ""
	}
	text, err := json.Marshal(timeless)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(text)
	return sum[:], nil
}

// Checked compiles a rule and returns its expressions, parsed and checked, for CompileLazily. It is the same for the
// same rule, facts and cel-go. Errors are those of Compile.
func (e *Engine) Checked(rule rules.HardeningRule) ([]byte, error) {
	e.compiling.Lock()
	defer e.compiling.Unlock()
	out := &checkedRule{}
	var err error
	if out.Spec, err = digest(&rule.Spec); err != nil {
		return nil, err
	}
	c, leave := e.enter(&rule, nil)
	defer leave()
	c.keep = out.keep
	p := c.plan()
	out.UsesDitto, out.UsesRequest = p.usesDitto, p.usesRequest
	out.Verdict, out.Violated, out.Unknown = p.reads.Verdict.list(), p.reads.Violated.list(), p.reads.Unknown.list()
	c.fixes()
	if len(c.errs) > 0 {
		return nil, errors.Join(c.errs...)
	}
	slices.SortFunc(out.Expressions, func(a, b checkedExpression) int { return cmp.Compare(a.Field, b.Field) })
	encoding, err := cbor.CoreDetEncOptions().EncMode()
	if err != nil {
		return nil, err
	}
	return encoding.Marshal(out)
}

// keep adds an expression.
func (r *checkedRule) keep(field string, checked *cel.Ast) error {
	var err error
	native := checked.NativeRep()
	x := checkedExpression{Field: field, Types: map[int64]int{}, References: map[int64]int{}}
	if x.Type, err = r.typeNumber(checked.OutputType()); err != nil {
		return err
	}
	tree, err := ast.ExprToProto(native.Expr())
	if err != nil {
		return err
	}
	if x.Expr, err = (proto.MarshalOptions{Deterministic: true}).Marshal(tree); err != nil {
		return err
	}
	for _, id := range slices.Sorted(maps.Keys(native.TypeMap())) {
		if x.Types[id], err = r.typeNumber(native.GetType(id)); err != nil {
			return err
		}
	}
	for _, id := range slices.Sorted(maps.Keys(native.ReferenceMap())) {
		info := native.ReferenceMap()[id]
		if info.Value != nil {
			return fmt.Errorf("%s is a constant, which is not kept", info.Name)
		}
		is := func(k checkedReference) bool {
			return k.Name == info.Name && slices.Equal(k.Overloads, info.OverloadIDs)
		}
		i := slices.IndexFunc(r.References, is)
		if i < 0 {
			i = len(r.References)
			r.References = append(r.References, checkedReference{Name: info.Name, Overloads: info.OverloadIDs})
		}
		x.References[id] = i
	}
	r.Expressions = append(r.Expressions, x)
	return nil
}

func (r *checkedRule) typeNumber(t *types.Type) (int, error) {
	message, err := types.TypeToProto(t)
	if err != nil {
		return 0, err
	}
	raw, err := proto.MarshalOptions{Deterministic: true}.Marshal(message)
	if err != nil {
		return 0, err
	}
	i := slices.IndexFunc(r.Types, func(k []byte) bool { return bytes.Equal(k, raw) })
	if i < 0 {
		i = len(r.Types)
		r.Types = append(r.Types, raw)
	}
	return i, nil
}

// recall reads what Checked made of a rule. It is nil where that was another rule, or what no other program wrote.
func recall(rule *rules.HardeningRule, kept []byte) *checkedRule {
	if len(kept) == 0 {
		return nil
	}
	r := &checkedRule{}
	want, err := digest(&rule.Spec)
	if err != nil || cbor.Unmarshal(kept, r) != nil || !bytes.Equal(r.Spec, want) {
		return nil
	}
	for _, raw := range r.Types {
		message := &celpb.Type{}
		if proto.Unmarshal(raw, message) != nil {
			return nil
		}
		t, err := types.ProtoAsType(message)
		if err != nil {
			return nil
		}
		r.types = append(r.types, t)
	}
	return r
}

// reads is what Rule.Reads returns.
func (r *checkedRule) reads() RuleReads {
	return RuleReads{
		Verdict: readsFrom(r.Verdict), Violated: readsFrom(r.Violated), Unknown: readsFrom(r.Unknown),
	}
}

// find returns the expression of a field, nil where there is none.
func (r *checkedRule) find(field string) *checkedExpression {
	if r == nil {
		return nil
	}
	i, found := slices.BinarySearchFunc(r.Expressions, field,
		func(x checkedExpression, field string) int { return cmp.Compare(x.Field, field) })
	if !found {
		return nil
	}
	return &r.Expressions[i]
}

// ast is the expression as the checker made it, without positions.
func (r *checkedRule) ast(x *checkedExpression) (*ast.AST, error) {
	message := &exprpb.Expr{}
	if err := proto.Unmarshal(x.Expr, message); err != nil {
		return nil, err
	}
	tree, err := ast.ProtoToExpr(message)
	if err != nil {
		return nil, err
	}
	typeOf := make(map[int64]*types.Type, len(x.Types))
	for id, i := range x.Types {
		typeOf[id] = r.types[i]
	}
	references := make(map[int64]*ast.ReferenceInfo, len(x.References))
	for id, i := range x.References {
		references[id] = &ast.ReferenceInfo{Name: r.References[i].Name, OverloadIDs: r.References[i].Overloads}
	}
	return ast.NewCheckedAST(ast.NewAST(tree, ast.NewSourceInfo(nil)), typeOf, references), nil
}

// later plans the expression when it is first evaluated: nobody needs most messages, and some variables are for
// messages alone.
func (c *compiler) later(env environmentOf, x *checkedExpression) func() (cel.Program, error) {
	return sync.OnceValues(func() (cel.Program, error) {
		c.engine.compiling.Lock()
		defer c.engine.compiling.Unlock()
		defer c.declare()()
		in, err := env()
		if err != nil {
			return nil, err
		}
		checked, err := c.saved.ast(x)
		if err != nil {
			return nil, err
		}
		return in.PlanProgram(checked, interruptible)
	})
}
