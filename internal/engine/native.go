package engine

import (
	"errors"
	"fmt"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/ast"
	"k8s.io/apimachinery/pkg/util/version"
	plugincel "k8s.io/apiserver/pkg/admission/plugin/cel"
	"k8s.io/apiserver/pkg/admission/plugin/policy/mutating/patch"
	"k8s.io/apiserver/pkg/cel/environment"

	"github.com/dittoguard/dittoguard/rules"
)

// CompileNative compiles a rule with the API server's own compiler, for what a cluster of a Kubernetes version accepts
// in new policies. If it returns nil, the rule's match conditions, variables, validations and mutations can be written
// into a ValidatingAdmissionPolicy or MutatingAdmissionPolicy verbatim. Its `unknowns` have no counterpart there. All
// errors come joined, each a [*FieldError]. minor is that of Kubernetes 1.minor.
func CompileNative(rule rules.HardeningRule, minor uint) error {
	if rule.Spec.Match.Each != rules.EachObject {
		return fieldError(rule.Source, "spec.match.each",
			fmt.Sprintf("an admission policy sees one object; this rule is for each %s", rule.Spec.Match.Each))
	}
	compiler, err := plugincel.NewCompositedCompiler(environment.MustBaseEnvSet(version.MajorMinor(1, minor)))
	if err != nil {
		return fmt.Errorf("building the CEL environment: %w", err)
	}
	var errs []error
	check := func(field string, result plugincel.CompilationResult) {
		if result.Error != nil {
			errs = append(errs, fieldError(rule.Source, field, result.Error.Error()))
		}
	}
	plain := plugincel.OptionalVariableDeclarations{}
	compile := func(field, source string, want *cel.Type, decls plugincel.OptionalVariableDeclarations) {
		check(field, compiler.CompileCELExpression(accessor{source: source, want: want}, decls,
			environment.NewExpressions))
	}
	for i, v := range rule.Spec.Variables {
		check(fmt.Sprintf("spec.variables[%d].expression", i), compiler.CompileAndStoreVariable(
			accessor{name: v.Name, source: v.Expression, want: cel.AnyType}, plain, environment.NewExpressions))
	}
	for i, c := range rule.Spec.MatchConditions {
		compile(fmt.Sprintf("spec.matchConditions[%d].expression", i), c.Expression, cel.BoolType, plain)
	}
	for i, v := range rule.Spec.Validations {
		compile(fmt.Sprintf("spec.validations[%d].expression", i), v.Expression, cel.BoolType, plain)
		if v.MessageExpression != "" {
			compile(fmt.Sprintf("spec.validations[%d].messageExpression", i), v.MessageExpression, cel.StringType,
				plain)
		}
	}
	patches := plugincel.OptionalVariableDeclarations{HasPatchTypes: true}
	for i, m := range rule.Spec.Mutations {
		if m.JSONPatch != nil {
			compile(fmt.Sprintf("spec.mutations[%d].jsonPatch.expression", i), m.JSONPatch.Expression,
				(&patch.JSONPatchCondition{}).ReturnTypes()[0], patches)
		}
		if m.ApplyConfiguration != nil {
			compile(fmt.Sprintf("spec.mutations[%d].applyConfiguration.expression", i), m.ApplyConfiguration.Expression,
				(&patch.ApplyConfigurationCondition{}).ReturnTypes()[0], patches)
		}
	}
	return errors.Join(errs...)
}

// NativeMinor is the minor version of Kubernetes whose CEL rules are written in, and that an export is for if nobody
// says otherwise: everything that is served since has it too.
func NativeMinor() uint { return environment.DefaultCompatibilityVersion().Minor() }

// ReadsOldObject says whether what the rule makes of an update depends on the object as it was. It is false of a rule
// that does not compile.
func ReadsOldObject(rule rules.HardeningRule) bool {
	env, err := environment.MustBaseEnvSet(environment.DefaultCompatibilityVersion()).Env(environment.StoredExpressions)
	if err != nil {
		return false
	}
	var sources []string
	for _, c := range rule.Spec.MatchConditions {
		sources = append(sources, c.Expression)
	}
	for _, v := range rule.Spec.Variables {
		sources = append(sources, v.Expression)
	}
	for _, v := range rule.Spec.Validations {
		sources = append(sources, v.Expression)
	}
	for _, source := range sources {
		parsed, issues := env.Parse(source)
		if issues.Err() != nil {
			return false
		}
		if len(ast.MatchDescendants(ast.NavigateAST(parsed.NativeRep()), func(e ast.NavigableExpr) bool {
			return e.Kind() == ast.IdentKind && e.AsIdent() == plugincel.OldObjectVarName
		})) > 0 {
			return true
		}
	}
	return false
}

// accessor is how the API server's compiler asks for an expression.
type accessor struct {
	name, source string
	want         *cel.Type
}

// GetName implements plugincel.NamedExpressionAccessor.
func (a accessor) GetName() string { return a.name }

// GetExpression implements plugincel.ExpressionAccessor.
func (a accessor) GetExpression() string { return a.source }

// ReturnTypes implements plugincel.ExpressionAccessor.
func (a accessor) ReturnTypes() []*cel.Type { return []*cel.Type{a.want} }
