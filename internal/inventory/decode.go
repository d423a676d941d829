package inventory

import (
	"bytes"
	"fmt"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	sigsjson "sigs.k8s.io/json"
)

// Decode reads one object from JSON. Kinds that dittoguard does not read keep their metadata only. A field of the wrong
// type is an error that names the field; unknown fields are let through, as an API server does by default.
func Decode(raw []byte, source Source) (*Object, error) {
	if o := decodeUsual(raw, source); o != nil {
		return o, nil
	}
	var head struct {
		metav1.TypeMeta `json:",inline"`
		Metadata        metav1.ObjectMeta `json:"metadata"`
	}
	if err := sigsjson.UnmarshalCaseSensitivePreserveInts(raw, &head); err != nil {
		return nil, fmt.Errorf("reading metadata: %w", err)
	}
	if head.APIVersion == "" || head.Kind == "" {
		return nil, fmt.Errorf("not a Kubernetes object: apiVersion and kind are required")
	}
	o := fromRaw(raw, source)
	o.Ref = Ref{
		APIVersion: head.APIVersion, Kind: head.Kind,
		Namespace: head.Metadata.Namespace, Name: head.Metadata.Name,
	}
	gvk := schema.FromAPIVersionAndKind(head.APIVersion, head.Kind)
	newTyped, read := kinds[gvk]
	if !read {
		head.Metadata.ManagedFields = nil
		o.Meta = &head.Metadata
		return o, nil
	}
	typed := newTyped()
	if err := sigsjson.UnmarshalCaseSensitivePreserveInts(raw, typed); err != nil {
		return nil, fmt.Errorf("%s: %w", o.Ref, err)
	}
	o.setTyped(typed)
	return o, nil
}

// DecodeStored reads an object that an API server has admitted. If a field is of the wrong type, it is Unreadable: an
// object that is there must not make the others unreadable, nor be taken not to exist.
func DecodeStored(raw []byte) (*Object, error) {
	o, err := Decode(raw, Source{})
	if err == nil {
		return o, nil
	}
	var head metav1.PartialObjectMetadata
	if sigsjson.UnmarshalCaseSensitivePreserveInts(raw, &head) != nil || head.APIVersion == "" || head.Kind == "" {
		return nil, err
	}
	head.ManagedFields = nil
	o = fromRaw(raw, Source{})
	o.Meta = &head.ObjectMeta
	o.Ref = Ref{APIVersion: head.APIVersion, Kind: head.Kind, Namespace: head.Namespace, Name: head.Name}
	o.Unreadable = strings.TrimPrefix(err.Error(), o.Ref.String()+": ")
	if o.Ref.GroupKind() == Secret {
		o.Unreadable = "not a valid Secret" // a decoder's message may quote what it stumbled over
	}
	return o, nil
}

// decodeUsual reads an object of a kind that dittoguard reads in one pass. It is nil for everything that needs a closer
// look: other kinds, whatever cannot be decoded, and JSON that says twice what it is.
func decodeUsual(raw []byte, source Source) *Object {
	gvk, ok := peekKind(raw)
	if !ok {
		return nil
	}
	newTyped, read := kinds[gvk]
	if !read {
		return nil
	}
	typed := newTyped()
	if err := sigsjson.UnmarshalCaseSensitivePreserveInts(raw, typed); err != nil {
		return nil
	}
	if t, ok := typed.(interface {
		GroupVersionKind() schema.GroupVersionKind
	}); !ok || t.GroupVersionKind() != gvk {
		return nil
	}
	o := fromRaw(raw, source)
	o.setTyped(typed)
	o.Ref = Ref{APIVersion: gvk.GroupVersion().String(), Kind: gvk.Kind, Namespace: o.Meta.Namespace, Name: o.Meta.Name}
	return o
}

// peekKind reads apiVersion and kind where an object begins with them, as those of API servers and of Go's encoder do.
func peekKind(raw []byte) (schema.GroupVersionKind, bool) {
	var apiVersion, kind string
	rest, ok := after(raw, '{')
	for range 2 {
		var key, value string
		if key, rest, ok = plainString(rest, ok); !ok {
			break
		}
		if rest, ok = after(rest, ':'); !ok {
			break
		}
		if value, rest, ok = plainString(rest, ok); !ok {
			break
		}
		switch key {
		case "apiVersion":
			apiVersion = value
		case "kind":
			kind = value
		}
		rest, ok = after(rest, ',')
	}
	if apiVersion == "" || kind == "" {
		return schema.GroupVersionKind{}, false
	}
	return schema.FromAPIVersionAndKind(apiVersion, kind), true
}

// after skips white space and one byte, which has to be there.
func after(raw []byte, c byte) (rest []byte, ok bool) {
	raw = bytes.TrimLeft(raw, " \t\r\n")
	if len(raw) == 0 || raw[0] != c {
		return nil, false
	}
	return raw[1:], true
}

// plainString reads a JSON string without escapes.
func plainString(raw []byte, ok bool) (text string, rest []byte, is bool) {
	if !ok {
		return "", nil, false
	}
	if raw, ok = after(raw, '"'); !ok {
		return "", nil, false
	}
	end := bytes.IndexAny(raw, "\"\\")
	if end < 0 || raw[end] != '"' {
		return "", nil, false
	}
	return string(raw[:end]), raw[end+1:], true
}

// fromRaw is an object that is yet to be read.
func fromRaw(raw []byte, source Source) *Object { return &Object{Source: source, raw: raw} }
