// Package rules holds the HardeningRule document: one requirement of Ditto's hardening guide as CEL expressions, in the
// vocabulary of ValidatingAdmissionPolicy and MutatingAdmissionPolicy. The built-in rules are in builtin/.
package rules

import (
	"slices"
	"strings"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// APIVersion and Kind are what a rule document says it is.
const (
	APIVersion = "dittoguard.io/v1alpha1"
	Kind       = "HardeningRule"
)

// HardeningRule is one requirement.
type HardeningRule struct {
	metav1.TypeMeta `json:",inline"`
	Metadata        Metadata `json:"metadata"`
	Spec            Spec     `json:"spec"`

	// Source is where the document was read from; not part of it.
	Source Source `json:"-"`
}

// Metadata names a rule. A name is a DNS label.
type Metadata struct {
	Name string `json:"name"`
}

// Level is how far an installation wants to go, as in Pod Security Standards.
type Level string

const (
	// Baseline is what is never acceptable.
	Baseline Level = "baseline"
	// Restricted is the whole guide; it contains baseline.
	Restricted Level = "restricted"
)

// Severity is how bad a violation is.
type Severity string

// The severities.
const (
	Critical Severity = "critical"
	High     Severity = "high"
	Medium   Severity = "medium"
	Low      Severity = "low"
)

// Spec is what a rule demands and what it tells people.
type Spec struct {
	// Title says in one line what is wrong where the rule finds something.
	Title string `json:"title"`
	// Rationale says why it matters.
	Rationale string `json:"rationale"`
	// Guide is the section of Ditto's hardening guide: "1" to "9", several separated by commas; empty for a rule of a
	// user's own that is from somewhere else.
	Guide    string   `json:"guide,omitempty"`
	Level    Level    `json:"level"`
	Severity Severity `json:"severity"`
	// Since is the version of dittoguard that the rule is there from, of a built-in rule: the configuration can keep
	// what is newer from denying (modes.enforceVersion). Rules of users have none, and always count.
	Since Version `json:"since,omitempty"`

	// PartOf names the rule that this one is a part of: what an admission policy of Kubernetes can say of it, which
	// sees one object. Where the whole rule is evaluated the part is not, since it finds nothing that the whole does
	// not.
	PartOf string `json:"partOf,omitempty"`

	// Params are what the configuration can say to the rule; there are no others.
	Params []Param `json:"params,omitempty"`

	Match Match `json:"match"`
	// MatchConditions, Variables and Validations mean what they mean in a ValidatingAdmissionPolicy.
	MatchConditions []admissionregistrationv1.MatchCondition `json:"matchConditions,omitempty"`
	Variables       []admissionregistrationv1.Variable       `json:"variables,omitempty"`
	Validations     []Validation                             `json:"validations,omitempty"`
	// Unknowns say when the rule cannot decide. They are evaluated where no validation fails.
	Unknowns []Unknown `json:"unknowns,omitempty"`
	// Mutations mean what they mean in a MutatingAdmissionPolicy.
	Mutations []Mutation `json:"mutations,omitempty"`
	// Fixes are ways to mend what the rule finds, each with the condition under which it is one, and the change itself
	// where that can be said.
	Fixes []Fix `json:"fixes,omitempty"`
	// Remediation says what to change, with a snippet that works.
	Remediation string `json:"remediation"`
	// Remediations say more of it, where that depends on the object: on the one that opens the way in or, of a rule
	// that is about none, on the subject. Each is said for objects of its kinds alone.
	Remediations []Remediation `json:"remediations,omitempty"`
}

// Remediation says what to change in objects of some kinds.
type Remediation struct {
	Kinds []string `json:"kinds"`
	Text  string   `json:"text"`
}

// InShort is the first sentence of the remediation, for what no fix is for.
func (s *Spec) InShort() string {
	paragraph, _, _ := strings.Cut(strings.TrimSpace(s.Remediation), "\n\n")
	paragraph = strings.Join(strings.Fields(paragraph), " ")
	if sentence, _, more := strings.Cut(paragraph, ". "); more {
		return sentence + "."
	}
	return paragraph
}

// Fix is what to change in an object of a kind, or, if kind is empty, in objects of every kind.
func (s *Spec) Fix(kind string) string {
	parts := []string{strings.TrimRight(s.Remediation, "\n")}
	for _, r := range s.Remediations {
		if kind == "" || slices.Contains(r.Kinds, kind) {
			parts = append(parts, strings.TrimRight(r.Text, "\n"))
		}
	}
	return strings.Join(parts, "\n\n")
}

// Each is what a rule is evaluated for.
type Each string

const (
	// EachObject: every object that ResourceRules match, without `ditto`. The subject is the object.
	EachObject Each = "object"
	// EachGateway: every gateway workload; `ditto.gateway`. The subject is the workload.
	EachGateway Each = "gateway"
	// EachComponent: every container that runs one of Ditto's own services (gateway, policies, things, search,
	// connectivity); `ditto.component`. The subject is its workload.
	EachComponent Each = "component"
	// EachExposure: every way in to a Ditto component; `ditto.exposure`, and `ditto.gateway` where it leads to one.
	EachExposure Each = "exposure"
	// EachCredential: every entry of an htpasswd file; `ditto.credential`. The subject is the Secret or ConfigMap.
	EachCredential Each = "credential"
	// EachPolicy: every Ditto policy in a ConfigMap; `ditto.policy`. The subject is the ConfigMap.
	EachPolicy Each = "policy"
	// EachEdge: every Ingress, Route or the like that leads to a gateway; `ditto.edge`. The subject is that object.
	EachEdge Each = "edge"
)

// The subjects of a rule for each exposure.
const (
	SubjectTarget = "target"
	SubjectEntry  = "entry"
)

// Match says what a rule is evaluated for and whom its findings name.
type Match struct {
	Each Each `json:"each"`
	// Subject is, for each exposure, `target` (the workload that is reached) or `entry` (the object that opens the
	// way).
	Subject string `json:"subject,omitempty"`
	// ResourceRules, ExcludeResourceRules, NamespaceSelector and ObjectSelector are those of
	// ValidatingAdmissionPolicy's matchConstraints. ResourceRules is required for each object and allowed nowhere else.
	ResourceRules        []admissionregistrationv1.NamedRuleWithOperations `json:"resourceRules,omitempty"`
	ExcludeResourceRules []admissionregistrationv1.NamedRuleWithOperations `json:"excludeResourceRules,omitempty"`
	NamespaceSelector    *metav1.LabelSelector                             `json:"namespaceSelector,omitempty"`
	ObjectSelector       *metav1.LabelSelector                             `json:"objectSelector,omitempty"`
}

// Validation is an expression that has to be true.
type Validation struct {
	Expression        string `json:"expression"`
	Message           string `json:"message,omitempty"`
	MessageExpression string `json:"messageExpression,omitempty"`
	// KeyExpression is a list of strings: what the violation consists of. A request is denied for a violation that was
	// not there before, or that consists of something it did not consist of before; so a partial fix gets through.
	// Without it there is nothing to tell two violations of one rule on one way in apart.
	KeyExpression string `json:"keyExpression,omitempty"`
	// Since is the version that the validation is there from, where that is later than its rule.
	Since Version `json:"since,omitempty"`
}

// Unknown is an expression that is true where the rule cannot decide.
type Unknown struct {
	Expression string `json:"expression"`
	// What names the thing that cannot be known in a few words: `pre-authentication of the gateway`.
	What string `json:"what"`
	// MessageExpression says what would settle it.
	MessageExpression string `json:"messageExpression"`
	// Since is the version that it is there from, where that is later than its rule.
	Since Version `json:"since,omitempty"`
}

// Mutation is a change that the rule makes to the object.
type Mutation struct {
	PatchType          admissionregistrationv1.PatchType           `json:"patchType"`
	JSONPatch          *admissionregistrationv1.JSONPatch          `json:"jsonPatch,omitempty"`
	ApplyConfiguration *admissionregistrationv1.ApplyConfiguration `json:"applyConfiguration,omitempty"`
	// MessageExpression says what was done, for the warning; without it the rule's title is used.
	MessageExpression string `json:"messageExpression,omitempty"`
}

// Source is where a document was read from.
type Source struct {
	File string
	// Line is the first line of the document, 1-based.
	Line int
	// LineOf gives the line of a field such as `spec.validations[0].expression`.
	LineOf func(field string) int
}
