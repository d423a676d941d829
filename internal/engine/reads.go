package engine

import (
	"maps"
	"reflect"
	"slices"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/operators"
	"github.com/google/cel-go/common/types"
)

// Reads are what expressions read of facts, whatever these are: nothing else of them has a part in what comes out. Its
// keys are `Type.field`, by the names of the Go type and of the field in CEL; `Type.*` for a type of which everything
// is read; and `Type.field?` for a text of which it is only seen whether it is empty.
type Reads map[string]bool

// Field says whether a field of a type is read.
func (r Reads) Field(t reflect.Type, field string) bool {
	return r[t.Name()+".*"] || r[t.Name()+"."+field]
}

// Emptiness says whether it is seen if a text is empty, where nothing else of it is read.
func (r Reads) Emptiness(t reflect.Type, field string) bool { return r[t.Name()+"."+field+"?"] }

// RuleReads is what decides about the outcome of a rule.
type RuleReads struct {
	// Verdict decides whether there is a violation or, if there is none, something unknown, and of which number.
	Verdict Reads
	// Violated decides what there is to say of violations, and Unknown of what is unknown; both have the verdict in
	// them.
	Violated, Unknown Reads
}

// Reads says what decides about the outcome of a rule. It says nothing of a rule that does not compile.
func (r *Rule) Reads() RuleReads {
	p, err := r.compiled()
	if err != nil {
		return RuleReads{}
	}
	return p.reads
}

// reading collects what the expressions of a plan read.
func (p *plan) reading() {
	r := RuleReads{Verdict: Reads{}, Violated: Reads{}, Unknown: Reads{}}
	add := func(to Reads, list ...*expression) {
		for _, x := range list {
			if x != nil {
				maps.Copy(to, x.reads)
			}
		}
	}
	add(r.Verdict, p.conditions...)
	for i := range p.validations {
		v := &p.validations[i]
		add(r.Verdict, v.expression)
		add(r.Violated, v.messageExpression, v.keyExpression)
	}
	for i := range p.unknowns {
		add(r.Verdict, p.unknowns[i].expression)
		add(r.Unknown, p.unknowns[i].messageExpression)
	}
	maps.Copy(r.Violated, r.Verdict)
	maps.Copy(r.Unknown, r.Verdict)
	p.reads = r
}

// list is the keys in stable order.
func (r Reads) list() []string { return slices.Sorted(maps.Keys(r)) }

// readsFrom are the reads of a list of keys.
func readsFrom(list []string) Reads {
	r := make(Reads, len(list))
	for _, key := range list {
		r[key] = true
	}
	return r
}

// readsOf says what a checked expression reads. What it reads by a variable is what that variable reads.
func (c *compiler) readsOf(checked *cel.Ast) Reads {
	tree := checked.NativeRep()
	w := &readsWalk{tree: tree, facts: c.engine.provider.facts, variables: c.readBy, found: Reads{}}
	if w.fact(checked.OutputType()) == nil {
		w.value(tree.Expr())
	} else {
		// A variable: whoever has it reads fields of it, or all.
		w.parts(tree.Expr())
	}
	return w.found
}

// readsWalk goes over an expression. It goes by types, so that a fact is known as what it is wherever it comes from,
// and takes everything of it for read wherever something else happens to it than that a field is read.
type readsWalk struct {
	tree      *ast.AST
	facts     *factTypes
	variables map[string]Reads
	found     Reads
}

func (w *readsWalk) typeOf(e ast.Expr) *types.Type { return w.tree.GetType(e.ID()) }

// fact is the fact type that a type is, nil if it is none.
func (w *readsWalk) fact(t *types.Type) *factType {
	if t.Kind() != types.StructKind {
		return nil
	}
	return w.facts.byName[t.TypeName()]
}

// value goes over an expression of whose value anything may be read.
func (w *readsWalk) value(e ast.Expr) {
	w.whole(w.typeOf(e))
	w.parts(e)
}

// whole takes everything that a type leads to for read.
func (w *readsWalk) whole(t *types.Type) {
	for _, of := range t.Parameters() {
		w.whole(of)
	}
	ft := w.fact(t)
	if ft == nil {
		return
	}
	all := ft.pointer.Elem().Name() + ".*"
	if w.found[all] {
		return
	}
	w.found[all] = true
	for _, field := range ft.fields {
		w.whole(field.Type)
	}
}

// parts goes over what an expression consists of.
func (w *readsWalk) parts(e ast.Expr) {
	switch e.Kind() {
	case ast.SelectKind:
		w.field(e.AsSelect())
	case ast.CallKind:
		w.call(e.AsCall())
	case ast.ComprehensionKind:
		loop := e.AsComprehension()
		w.parts(loop.IterRange()) // what becomes of its items is said where the loop names them
		for _, part := range []ast.Expr{loop.AccuInit(), loop.LoopCondition(), loop.LoopStep(), loop.Result()} {
			w.value(part)
		}
	case ast.ListKind:
		for _, item := range e.AsList().Elements() {
			w.value(item)
		}
	case ast.MapKind:
		for _, entry := range e.AsMap().Entries() {
			w.value(entry.AsMapEntry().Key())
			w.value(entry.AsMapEntry().Value())
		}
	case ast.StructKind:
		for _, field := range e.AsStruct().Fields() {
			w.value(field.AsStructField().Value())
		}
	case ast.IdentKind:
		if w.typeOf(e).TypeName() == variablesTypeName {
			for _, reads := range w.variables {
				maps.Copy(w.found, reads)
			}
		}
	case ast.LiteralKind, ast.UnspecifiedExprKind:
	}
}

func (w *readsWalk) field(s ast.SelectExpr) {
	of := w.typeOf(s.Operand())
	if reads, known := w.variables[s.FieldName()]; known && of.TypeName() == variablesTypeName {
		maps.Copy(w.found, reads)
		return
	}
	ft := w.fact(of)
	if ft == nil {
		w.value(s.Operand())
		return
	}
	w.found[ft.pointer.Elem().Name()+"."+s.FieldName()] = true
	w.parts(s.Operand())
}

func (w *readsWalk) call(call ast.CallExpr) {
	if call.FunctionName() == operators.Equals || call.FunctionName() == operators.NotEquals {
		a, b := call.Args()[0], call.Args()[1]
		if w.emptiness(a, b) || w.emptiness(b, a) {
			return
		}
	}
	if call.IsMemberFunction() {
		w.value(call.Target())
	}
	for _, argument := range call.Args() {
		w.value(argument)
	}
}

// emptiness takes a comparison of a text of a fact with the empty text, which tells nothing else of it.
func (w *readsWalk) emptiness(text, empty ast.Expr) bool {
	if empty.Kind() != ast.LiteralKind || empty.AsLiteral() != types.String("") || text.Kind() != ast.SelectKind ||
		w.typeOf(text) != types.StringType {
		return false
	}
	s := text.AsSelect()
	ft := w.fact(w.typeOf(s.Operand()))
	if ft == nil || s.IsTestOnly() {
		return false
	}
	w.found[ft.pointer.Elem().Name()+"."+s.FieldName()+"?"] = true
	w.parts(s.Operand())
	return true
}
