// Package export writes rules as admission policies of Kubernetes, which the API server evaluates itself: what they say
// holds while dittoguard does not answer.
//
// Only rules for each object can be one, since a policy sees one object. Their expressions are taken over word for
// word, so that policy and rule give one verdict. Start with [AdmissionPolicies], then [Write] or [Policy.YAML].
package export

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/dittoguard/dittoguard/internal/config"
	"github.com/dittoguard/dittoguard/internal/engine"
	"github.com/dittoguard/dittoguard/rules"
)

// The first minor versions of Kubernetes 1 that serve the policies as admissionregistration.k8s.io/v1
// (zz_generated.prerelease-lifecycle.go in k8s.io/api).
const (
	FirstMinor         = 30
	firstMutatingMinor = 36
)

// Options say what is exported and how strict it is.
type Options struct {
	// Rules are the names of the rules to export. None means every rule for each object; then those that cannot be
	// exported are noted instead of being errors.
	Rules []string
	// Config decides the actions, by its modes and the levels it gives to rules; nil means config.Default().
	Config *config.Config
	// Minor is that of the Kubernetes 1.minor that the policies are for; 0 means engine.NativeMinor().
	Minor uint
	// Namespaces selects the namespaces that the policies hold in; nil means all but kube-system, so that a cluster can
	// always be repaired.
	Namespaces *metav1.LabelSelector
	// Actions are what a violation leads to; nil leaves that to Config.
	Actions []admissionregistrationv1.ValidationAction
	// Now is when exceptions are looked at.
	Now time.Time
}

// Policies are the exported rules, in their order.
type Policies struct {
	List []Policy
	// Notes say what was left out and what the policies do not know of that dittoguard does.
	Notes []string
}

// Policy is one rule as objects of Kubernetes. What a rule has none of is nil.
type Policy struct {
	Rule              string
	Validating        *admissionregistrationv1.ValidatingAdmissionPolicy
	ValidatingBinding *admissionregistrationv1.ValidatingAdmissionPolicyBinding
	Mutating          *admissionregistrationv1.MutatingAdmissionPolicy
	MutatingBinding   *admissionregistrationv1.MutatingAdmissionPolicyBinding
}

// Name is what the objects are called.
func (p Policy) Name() string { return objectName(p.Rule) }

func objectName(rule string) string { return "dittoguard-" + rule }

// AdmissionPolicies exports rules. Errors are names that are no rules, named rules that cannot be exported, each with
// the reason, and that nothing is left to export.
func AdmissionPolicies(list []rules.HardeningRule, opts Options) (Policies, error) {
	if opts.Config == nil {
		opts.Config = config.Default()
	}
	if opts.Minor == 0 {
		opts.Minor = engine.NativeMinor()
	}
	if opts.Minor < FirstMinor {
		return Policies{}, fmt.Errorf("kubernetes 1.%d has no ValidatingAdmissionPolicy in v1; 1.%d is the first",
			opts.Minor, FirstMinor)
	}
	e := exporter{options: opts, all: list}
	var errs []error
	for _, name := range opts.Rules {
		if !slices.Contains(rules.Names(list), name) {
			errs = append(errs, fmt.Errorf("there is no rule %q; the rules are %s", name,
				strings.Join(rules.Names(list), ", ")))
		}
	}
	for _, r := range list {
		named := slices.Contains(opts.Rules, r.Metadata.Name)
		if !named && (len(opts.Rules) > 0 || r.Spec.Match.Each != rules.EachObject) {
			continue
		}
		err := e.add(r)
		switch {
		case err != nil && named:
			errs = append(errs, fmt.Errorf("rule %q cannot be exported: %w", r.Metadata.Name, err))
		case err != nil:
			e.note("rule %s is not exported: %v", r.Metadata.Name, err)
		}
	}
	if err := errors.Join(errs...); err != nil {
		return Policies{}, err
	}
	if len(e.out.List) == 0 {
		errs = append(errs, errors.New("no rule is left to export"))
		for _, note := range e.out.Notes {
			errs = append(errs, errors.New(note))
		}
		return Policies{}, errors.Join(errs...)
	}
	if opts.Config.NamespaceLabels == config.LabelsHonour {
		e.note("the policies ignore labels of namespaces that change their modes")
	}
	return e.out, nil
}

type exporter struct {
	options Options
	all     []rules.HardeningRule
	out     Policies
}

func (e *exporter) note(format string, args ...any) {
	e.out.Notes = append(e.out.Notes, fmt.Sprintf(format, args...))
}

// errNothing says that the configuration asks for nothing of a rule.
var errNothing = errors.New("the configuration neither enforces it nor warns of it nor records it")

// add exports one rule, or says why not.
func (e *exporter) add(r rules.HardeningRule) error {
	if err := engine.CompileNative(r, e.options.Minor); err != nil {
		return e.explained(r, err)
	}
	actions := e.actions(r)
	r = e.pinned(r, actions)
	mutates := len(r.Spec.Mutations) > 0 && e.mutates(r)
	if mutates && e.options.Minor < firstMutatingMinor {
		return fmt.Errorf("kubernetes 1.%d has no MutatingAdmissionPolicy in v1; 1.%d is the first", e.options.Minor,
			firstMutatingMinor)
	}
	p := Policy{Rule: r.Metadata.Name}
	if len(r.Spec.Validations) > 0 && len(actions) > 0 {
		p.Validating, p.ValidatingBinding = validating(r, actions), e.validatingBinding(r, actions)
	}
	if mutates {
		p.Mutating, p.MutatingBinding = mutating(r), e.mutatingBinding(r)
	}
	if p.Validating == nil && p.Mutating == nil {
		return errNothing
	}
	e.out.List = append(e.out.List, p)
	for _, exception := range e.options.Config.Exceptions {
		if !exception.Expired(e.options.Now) && e.concerns(exception, r) {
			e.note("the policy of rule %s ignores the exception in line %d of the configuration", r.Metadata.Name,
				exception.Line)
		}
	}
	return nil
}

// pinned is the rule without validations that are too new to deny (modes.enforceVersion), if that is what its policy
// does.
func (e *exporter) pinned(r rules.HardeningRule,
	actions []admissionregistrationv1.ValidationAction) rules.HardeningRule {
	version := e.options.Config.Modes.EnforceVersion
	if e.options.Actions != nil || !slices.Contains(actions, admissionregistrationv1.Deny) {
		return r
	}
	var old []rules.Validation
	for i, v := range r.Spec.Validations {
		if version.Includes(r.Spec.ValidationSince(i)) {
			old = append(old, v)
			continue
		}
		e.note("the policy of rule %s leaves out what is new in %s: what is enforced is %s", r.Metadata.Name, v.Since,
			version)
	}
	r.Spec.Validations = old
	return r
}

// explained adds to an error which rules say natively what the rule at hand cannot.
func (e *exporter) explained(r rules.HardeningRule, err error) error {
	var parts []string
	for _, other := range e.all {
		if other.Spec.PartOf == r.Metadata.Name {
			parts = append(parts, other.Metadata.Name)
		}
	}
	if len(parts) == 0 {
		return err
	}
	return fmt.Errorf("%w; what a policy can say of it is %s", err, strings.Join(parts, ", "))
}

// concerns: an exception from the whole rule is one from its part.
func (e *exporter) concerns(exception config.Exception, r rules.HardeningRule) bool {
	return slices.Contains(exception.Rules, r.Metadata.Name) || r.Spec.PartOf != "" &&
		slices.Contains(exception.Rules, r.Spec.PartOf)
}

// mutates: what the configuration says of the whole rule holds for its part.
func (e *exporter) mutates(r rules.HardeningRule) bool {
	c := e.options.Config
	return c.Mutates(r.Metadata.Name) && (r.Spec.PartOf == "" || c.Mutates(r.Spec.PartOf))
}

// level is the level at which the rule counts. A part whose whole the configuration moves to restricted moves along,
// since it must not deny what the whole does not.
func (e *exporter) level(r rules.HardeningRule) rules.Level {
	c := e.options.Config
	own := r.Spec.Level
	if whole := r.Spec.PartOf; whole != "" && c.Level(whole, own) == rules.Restricted {
		own = rules.Restricted
	}
	return c.Level(r.Metadata.Name, own)
}

// actions are what a violation leads to. A denial says everything already, and Kubernetes takes no warning beside it.
func (e *exporter) actions(r rules.HardeningRule) []admissionregistrationv1.ValidationAction {
	if e.options.Actions != nil {
		return e.options.Actions
	}
	level := e.level(r)
	modes := e.options.Config.Modes
	if modes.ActionSince(level, r.Spec.Since) == config.Deny {
		return []admissionregistrationv1.ValidationAction{admissionregistrationv1.Deny}
	}
	var actions []admissionregistrationv1.ValidationAction
	for _, each := range []struct {
		modes  config.Modes
		action admissionregistrationv1.ValidationAction
	}{
		{config.Modes{Warn: modes.Warn}, admissionregistrationv1.Warn},
		{config.Modes{Audit: modes.Audit}, admissionregistrationv1.Audit},
	} {
		if each.modes.Action(level) != config.None {
			actions = append(actions, each.action)
		}
	}
	return actions
}
