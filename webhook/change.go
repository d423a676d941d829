package webhook

import (
	"errors"
	"fmt"

	admissionv1 "k8s.io/api/admission/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// generated ends the placeholder name of an object whose name is made up after admission, as API servers did before
// they learnt to do it ahead of admission. It can be part of no real name.
const generated = "*"

// changeOf decodes the objects of a request, each once, unless they are handed over.
func changeOf(req *admissionv1.AdmissionRequest, handed *Handover) (check.Change, error) {
	object, err := decode(req, "object", req.Object, handed)
	if err != nil {
		return check.Change{}, err
	}
	old, err := decode(req, "oldObject", req.OldObject, handed)
	if err != nil {
		return check.Change{}, err
	}
	if object == nil && old == nil {
		return check.Change{}, errors.New("the request has neither object nor oldObject")
	}
	if object != nil && old != nil && object.Ref != old.Ref {
		// An API server sends both in one version; judging two things as one would be judging neither.
		return check.Change{}, fmt.Errorf("request.object is %s %s, request.oldObject is %s %s: expected one object in one version",
			object.Ref.APIVersion, object.Ref, old.Ref.APIVersion, old.Ref)
	}
	return check.Change{Request: req, Object: object, OldObject: old}, nil
}

func decode(req *admissionv1.AdmissionRequest, field string, raw runtime.RawExtension,
	handed *Handover) (*inventory.Object, error) {
	if len(raw.Raw) == 0 || string(raw.Raw) == "null" {
		return nil, nil
	}
	if o := handed.take(req, raw.Raw); o != nil {
		return o, nil
	}
	var o *inventory.Object
	var err error
	if field == "oldObject" {
		// What is there may be replaced, and deleted, whatever it is.
		o, err = inventory.DecodeStored(raw.Raw)
	} else {
		o, err = inventory.Decode(raw.Raw, inventory.Source{})
	}
	switch {
	case err != nil && isSecret(req):
		// A decoder's message may quote what it stumbled over.
		return nil, fmt.Errorf("reading request.%s: not a valid Secret", field)
	case err != nil:
		return nil, fmt.Errorf("reading request.%s: %w", field, err)
	}
	// The object is nobody else's yet. Meta points into Typed, so that both see the change.
	if o.Meta.Name == "" {
		o.Meta.Name = subjectOf(req).Name
		o.Ref.Name = o.Meta.Name
	}
	// A request about a Namespace carries its name as the namespace, too.
	if o.Meta.Namespace == "" && o.Ref.GroupKind() != inventory.Namespace {
		o.Meta.Namespace = req.Namespace
		o.Ref.Namespace = req.Namespace
	}
	if o.Meta.GenerateName != "" && o.Ref.Name == "" {
		o.Meta.Name = o.Meta.GenerateName + generated
		o.Ref.Name = o.Meta.Name
	}
	return o, nil
}

func isSecret(req *admissionv1.AdmissionRequest) bool { return groupKind(req) == inventory.Secret }

// groupKind is the kind of the request's object.
func groupKind(req *admissionv1.AdmissionRequest) schema.GroupKind {
	return schema.GroupKind{Group: req.Kind.Group, Kind: req.Kind.Kind}
}

// subjectOf names the object of a request without decoding it. A name that is yet to be generated is empty.
func subjectOf(req *admissionv1.AdmissionRequest) inventory.Ref {
	ref := inventory.Ref{
		APIVersion: schema.GroupVersion{Group: req.Kind.Group, Version: req.Kind.Version}.String(),
		Kind:       req.Kind.Kind, Namespace: req.Namespace, Name: req.Name,
	}
	if ref.GroupKind() == inventory.Namespace {
		ref.Namespace = ""
	}
	return ref
}
