package check

import (
	"context"

	admissionv1 "k8s.io/api/admission/v1"

	"github.com/dittoguard/dittoguard/internal/inventory"
)

// Change is one admission request.
type Change struct {
	// Request is the request as the API server sent it; Object and OldObject are its decoded objects, nil where it has
	// none.
	Request   *admissionv1.AdmissionRequest
	Object    *inventory.Object
	OldObject *inventory.Object
}

// Verdict is what a change makes of a set of objects.
type Verdict struct {
	// Denied, Warned and Audited are the findings that the change brings, or that the changed object still has, by what
	// they lead to. Only Denied stops the request; all of Denied is new.
	Denied  []Finding
	Warned  []Finding
	Audited []Finding
	Unknown []Unknown
	// Exceptions are those of the configuration that applied.
	Exceptions []AppliedException
	// WouldDeny are, in a dry run, the findings for which the request would be refused if the baseline were enforced.
	WouldDeny []Finding
	// Decisive says that the change adds or alters an entry, a hop or a setting that decides: then the objects in Read
	// have to be read live before the request is allowed. A denial needs that always.
	Decisive bool
	// Read lists the questions whose answers led to a decisive verdict or a denial; others need none of it.
	Read []inventory.Question
}

// Mutation is what the mutating rules make of an object.
type Mutation struct {
	// Object is the changed object as JSON, nil if nothing changes.
	Object []byte
	// Notes say what was changed, one line a rule, keyed by the rule's name.
	Notes map[string]string
	Read  []inventory.Question
}

// Judge is what the webhook asks. *Checker is the implementation.
type Judge interface {
	// Change judges one request against the inventory as it is without the request.
	Change(ctx context.Context, inv inventory.Reader, change Change) (Verdict, error)
	// Mutate applies the mutating rules to the object of a CREATE or UPDATE request.
	Mutate(ctx context.Context, inv inventory.Reader, change Change) (Mutation, error)
}
