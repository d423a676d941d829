package webhook

import (
	"cmp"
	"context"
	"slices"
	"strings"

	admissionv1 "k8s.io/api/admission/v1"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// NewValidator makes the handler of the validating webhook. It denies a request if and only if the judge does, on what
// is read live, and nothing exempts the request. A dry run is answered like any other request: there are no side
// effects.
func NewValidator(o Options) admission.Handler {
	o = o.withDefaults()
	return o.handler("validate", o.validate)
}

func (o Options) validate(ctx context.Context, judge check.Judge, req *admissionv1.AdmissionRequest) (answer, error) {
	change, err := changeOf(req, o.Handover)
	if err != nil {
		o.Unheard()
		return answer{}, err
	}
	glass := o.BreakGlass(req.Namespace)
	exemption := cmp.Or(exemptionOf(req), glass)
	before, after := change.OldObject, change.Object
	if req.DryRun != nil && *req.DryRun {
		before, after = nil, nil
	}
	reader := o.reader(before, after)
	// What could not be judged may be stored all the same, where the webhook fails open.
	refused := false
	defer func() { reader.end(!refused) }()
	var verdict check.Verdict
	mayEnd := exemption == "" && req.Operation == admissionv1.Delete && req.Namespace != ""
	looked := false
	if mayEnd && terminating(o.Inventory, req.Namespace) {
		// There may be another namespace of that name by now.
		if exemption, looked, err = reader.terminating(ctx, req.Namespace, false); err != nil {
			return answer{fresh: looked}, err
		}
	}
	fresh, err := reader.settle(ctx, func(view inventory.Reader) (asking, error) {
		var err error
		verdict, err = judge.Change(ctx, view, change)
		// What is let through anyway need not be fresh.
		if err != nil || exemption != "" || len(verdict.Denied) == 0 && !verdict.Decisive {
			return asking{}, err
		}
		return asking{questions: verdict.Read, certain: len(verdict.Denied) > 0}, nil
	})
	fresh = fresh || looked
	if err != nil {
		return answer{fresh: fresh}, err
	}
	if len(verdict.Denied) > 0 && mayEnd && exemption == "" && reader.live != nil {
		if exemption, _, err = reader.terminating(ctx, req.Namespace, true); err != nil {
			return answer{fresh: true}, err
		}
	}
	refused = len(verdict.Denied) > 0 && exemption == ""
	o.record(change, verdict, exemption, exemption == glass)
	response := respond(change, verdict, exemption)
	if len(verdict.Denied) > 0 && exemption == glass && glass != "" {
		response.Warnings = slices.Insert(response.Warnings, 0,
			warning(glass+": let in, and refused again after that: "+strings.Join(ruleNames(verdict.Denied), ", ")))
	}
	return answer{Response: response, fresh: fresh}, nil
}

// terminating is the exemption of a deletion whose namespace is being deleted, none if it is not.
func (r reader) terminating(ctx context.Context, namespace string, certain bool) (exemption string, fresh bool,
	err error) {
	var changes []inventory.Change
	if r.live != nil {
		question := inventory.Question{ID: inventory.ID{GroupKind: inventory.Namespace, Name: namespace}}
		if changes, fresh, err = r.read(ctx, []inventory.Question{question}, certain); err != nil {
			return "", true, err
		}
	}
	if terminating(inventory.NewOverlay(r.Inventory, changes...), namespace) {
		exemption = exemptTerminating
	}
	return exemption, fresh, nil
}

// terminating says whether the namespace is being deleted.
func terminating(view inventory.Reader, namespace string) bool {
	o := view.Get(inventory.Namespace, "", namespace)
	return namespace != "" && o != nil && o.Meta.DeletionTimestamp != nil
}

// respond puts a verdict into an admission response.
func respond(change check.Change, verdict check.Verdict, exemption string) admission.Response {
	warned := verdict.Warned
	response := admission.Allowed("")
	switch {
	case len(verdict.Denied) > 0 && exemption == "":
		response = admission.Denied(refusal(change, verdict.Denied))
	case len(verdict.Denied) > 0:
		warned = slices.Concat(verdict.Denied, warned)
	}
	response.Warnings = warnings(change, warned, verdict.Unknown)
	response.AuditAnnotations = annotations(verdict, exemption)
	return response
}

// record counts the findings, and logs in one line a refusal, or what would be one were the glass not broken.
func (o Options) record(change check.Change, verdict check.Verdict, exemption string, glass bool) {
	decision := DecisionAllow
	switch {
	case len(verdict.Denied) == 0:
	case exemption == "":
		decision = DecisionDeny
		o.logRefusal("request refused", change, verdict.Denied)
	case glass:
		decision = DecisionBreakGlass
		o.logRefusal("request let in, since the glass is broken", change, verdict.Denied)
	}
	if len(verdict.WouldDeny) > 0 && exemption == "" {
		o.logRefusal("request would be refused", change, verdict.WouldDeny)
	}
	for _, f := range verdict.Denied {
		o.Recorder.Decision(f.Rule, ModeEnforce, decision)
	}
	for _, f := range verdict.Warned {
		o.Recorder.Decision(f.Rule, ModeWarn, decision)
	}
	for _, f := range verdict.Audited {
		o.Recorder.Decision(f.Rule, ModeAudit, decision)
	}
}

// logRefusal logs, in one line, a refusal, or in a dry run what would be one.
func (o Options) logRefusal(message string, change check.Change, findings []check.Finding) {
	var rules, subjects []string
	seen := map[cause]bool{}
	for i := range findings {
		f := &findings[i]
		if !seen[causeOf(f)] && len(rules) < maxLogged {
			rules, subjects = append(rules, f.Rule), append(subjects, f.Subject.String())
		}
		seen[causeOf(f)] = true
	}
	req := change.Request
	values := []any{"rules", rules, "subjects", subjects, "object", refOf(change).String(),
		"operation", req.Operation, "user", req.UserInfo.Username, "dryRun", req.DryRun != nil && *req.DryRun}
	if more := len(seen) - len(rules); more > 0 {
		values = append(values, "more", more)
	}
	o.Log.Info(message, values...)
}

// refOf names the object that a change is about.
func refOf(change check.Change) inventory.Ref {
	if change.Object != nil {
		return change.Object.Ref
	}
	return change.OldObject.Ref
}
