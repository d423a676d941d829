package engine

import (
	"fmt"
	"slices"
	"strings"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/types"
	plugincel "k8s.io/apiserver/pkg/admission/plugin/cel"
	celconfig "k8s.io/apiserver/pkg/apis/cel"

	"github.com/dittoguard/dittoguard/rules"
)

// expression is one compiled expression of a rule.
type expression struct {
	source string
	// program returns the plan, making it first if need be.
	program func() (cel.Program, error)
	// reads is what it reads of facts; nil of one that was checked before, of which the whole rule says so.
	reads Reads
}

// environmentOf makes an environment, or returns the one that was made.
type environmentOf func() (*cel.Env, error)

var interruptible = cel.InterruptCheckFrequency(celconfig.CheckFrequency)

// FieldError is a field of a rule that does not compile.
type FieldError struct {
	File  string
	Line  int
	Field string
	Text  string
}

// Error is `rules/x/rule.yaml:21: spec.validations[1].expression: undefined field 'preAuthentification'`.
func (e *FieldError) Error() string {
	return fmt.Sprintf("%s:%d: %s: %s", e.File, e.Line, e.Field, e.Text)
}

func fieldError(src rules.Source, field, text string) *FieldError {
	line := src.Line
	if src.LineOf != nil {
		line = src.LineOf(field)
	}
	return &FieldError{File: src.File, Line: line, Field: field, Text: text}
}

// compiler compiles the expressions of one rule and collects what is wrong with them.
type compiler struct {
	engine *Engine
	rule   *rules.HardeningRule
	// declared are the variables so far; an expression sees those before it.
	declared map[string]*types.Type
	params   map[string]*types.Type
	// readBy is what each of the variables so far reads of facts.
	readBy map[string]Reads
	// saved has the rule's expressions as they were checked before; nil if they were not.
	saved *checkedRule
	// keep, where there is one, gets what is checked now.
	keep func(field string, checked *cel.Ast) error
	// usesDitto says that some expression reads the variable `ditto`.
	usesDitto bool
	// usesRequest says that some expression reads the object, the request or the namespace, by itself or by one of the
	// variables that do, which are in looking.
	usesRequest bool
	looking     map[string]bool
	errs        []error
}

func (c *compiler) bad(field, format string, args ...any) {
	c.errs = append(c.errs, fieldError(c.rule.Source, field, fmt.Sprintf(format, args...)))
}

// declare has the provider know the rule's variables and parameters until leave is called. Meanwhile the engine has to
// be locked.
func (c *compiler) declare() (leave func()) {
	p := c.engine.provider
	p.variables.Store(&c.declared)
	p.params.Store(&c.params)
	return func() {
		p.variables.Store(nil)
		p.params.Store(nil)
	}
}

// expression compiles one field. want is the type that it has to have, nil for any. It returns nil where that failed.
func (c *compiler) expression(environment environmentOf, field, source string, want *types.Type) (*expression,
	*types.Type) {
	if x := c.saved.find(field); x != nil {
		return &expression{source: source, program: c.later(environment, x)}, c.saved.types[x.Type]
	}
	env, err := environment()
	if err != nil {
		c.bad(field, "building the CEL environment: %v", err)
		return nil, nil
	}
	checked, issues := env.Compile(source)
	if issues.Err() != nil {
		for _, e := range issues.Errors() {
			c.bad(field, "%s%s", e.Message, position(source, e.Location.Line(), e.Location.Column()))
		}
		return nil, nil
	}
	got := checked.OutputType()
	if want != nil && !got.IsExactType(want) {
		c.bad(field, "must evaluate to %s but got %s", want, got)
		return nil, nil
	}
	if readsAny(checked, dittoVarName) {
		c.usesDitto = true
		if c.rule.Spec.Match.Each == rules.EachObject {
			c.bad(field, "rules for each object have no `ditto`")
			return nil, nil
		}
	}
	c.usesRequest = c.usesRequest || readsAny(checked, plugincel.ObjectVarName, plugincel.OldObjectVarName,
		plugincel.RequestVarName, plugincel.NamespaceVarName) || c.looksByVariable(checked)
	program, err := env.Program(checked, interruptible)
	if err != nil {
		c.bad(field, "planning: %v", err)
		return nil, nil
	}
	if c.keep != nil {
		if err := c.keep(field, checked); err != nil {
			c.bad(field, "keeping: %v", err)
			return nil, nil
		}
	}
	return &expression{
		source: source, program: func() (cel.Program, error) { return program, nil }, reads: c.readsOf(checked),
	}, got
}

// position is where in an expression of several lines an error is; in one of a single line it says nothing new.
func position(source string, line, column int) string {
	if !strings.Contains(strings.TrimSpace(source), "\n") {
		return ""
	}
	return fmt.Sprintf(" (line %d, column %d of the expression)", line, column+1)
}

// looksByVariable says whether a checked expression refers to a variable that reads the object, the request or the
// namespace, or may: where it takes one in another way than by its name.
func (c *compiler) looksByVariable(checked *cel.Ast) bool {
	if len(c.looking) == 0 {
		return false
	}
	named, all, looks := 0, 0, false
	variables := func(x ast.Expr) bool {
		return x.Kind() == ast.IdentKind && strings.TrimPrefix(x.AsIdent(), ".") == plugincel.VariableVarName
	}
	ast.PreOrderVisit(checked.NativeRep().Expr(), ast.NewExprVisitor(func(x ast.Expr) {
		switch {
		case variables(x):
			all++
		case x.Kind() == ast.SelectKind && variables(x.AsSelect().Operand()):
			named++
			looks = looks || c.looking[x.AsSelect().FieldName()]
		}
	}))
	return looks || named < all
}

// readsAny says whether a checked expression refers to one of the variables. A variable of a comprehension that bears
// the same name counts too.
func readsAny(checked *cel.Ast, names ...string) bool {
	for _, reference := range checked.NativeRep().ReferenceMap() {
		if slices.Contains(names, strings.TrimPrefix(reference.Name, ".")) {
			return true
		}
	}
	return false
}
