package webhook

import (
	"context"

	admissionv1 "k8s.io/api/admission/v1"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// NewMutator makes the handler of the mutating webhook. It allows every request. A change is made only on what is read
// live; where that cannot be read the object stays as it is, a warning says so, and the validator has the last word.
// That none is wanted is asked again where it costs nearly nothing: reading everything that decides would double what a
// request costs, for what is a courtesy.
func NewMutator(o Options) admission.Handler {
	o = o.withDefaults()
	return o.handler("mutate", o.mutate)
}

func (o Options) mutate(ctx context.Context, judge check.Judge, req *admissionv1.AdmissionRequest) (answer, error) {
	if req.Operation == admissionv1.Delete {
		return answer{Response: admission.Allowed("")}, nil
	}
	change, err := changeOf(req, nil)
	if err != nil {
		return answer{}, err
	}
	o.Handover.put(req, change.Object)
	o.Handover.put(req, change.OldObject)
	var mutation check.Mutation
	var judging error
	reader := o.reader(nil, nil)
	defer reader.end(false)
	fresh, err := reader.settle(ctx, func(view inventory.Reader) (asking, error) {
		mutation, judging = judge.Mutate(ctx, view, change)
		if judging == nil {
			judging = ctx.Err()
		}
		if judging != nil || mutation.Object == nil && (reader.live == nil || !reader.live.Remembers()) {
			return asking{}, judging
		}
		return asking{questions: mutation.Read, certain: mutation.Object != nil}, nil
	})
	switch {
	case judging != nil:
		return answer{fresh: fresh}, judging
	case err != nil:
		o.Log.Error(err, "object left as it is", "object", refOf(change).String(), "user", req.UserInfo.Username)
		response := admission.Allowed("").WithWarnings(warning(refOf(change).String() +
			" is left unchanged: what decides about it could not be read"))
		return answer{Response: response, fresh: fresh}, nil
	case mutation.Object == nil:
		return answer{Response: admission.Allowed(""), fresh: fresh}, nil
	}
	response := admission.PatchResponseFromRaw(req.Object.Raw, mutation.Object)
	if len(response.Patches) == 0 {
		// No difference, or an object that is no JSON.
		if !response.Allowed {
			return answer{fresh: fresh}, errNotJSON
		}
		return answer{Response: response, fresh: fresh}, nil
	}
	response.Warnings, response.AuditAnnotations = notes(mutation.Notes)
	return answer{Response: response, fresh: fresh}, nil
}
