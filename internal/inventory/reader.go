// Package inventory holds the objects that a judgement can see: manifests at hand or a cluster's state, behind one
// interface, and the overlay that shows either as it will be once a request is admitted.
package inventory

import (
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Reader answers questions about a set of objects. Implementations are safe for concurrent use.
type Reader interface {
	// Get returns the object, or nil if it is not there.
	Get(gk schema.GroupKind, namespace, name string) *Object
	// Find returns the objects indexed by the key, ordered by their references. The slice is shared: do not change it.
	Find(key Key) []*Object
	// Knows says whether "not there" can be trusted for the kind in the namespace. Secrets, for example, are read only
	// where dittoguard is allowed to.
	Knows(gk schema.GroupKind, namespace string) bool
	// Keys returns the keys that the object is indexed by.
	Keys(o *Object) []Key
}

// Key addresses the objects that share a property, so that a judgement finds what it touches without walking the
// cluster.
type Key struct {
	Index     Index
	Namespace string
	Value     string
}

// Index names a property that objects are indexed by.
type Index string

const (
	// ByKind files every object under its group and kind (Key.Value as in schema.GroupKind.String); with an empty
	// namespace it holds all namespaces.
	ByKind Index = "kind"
)

// KindKey is the key of all objects of a kind in a namespace, or in every namespace if it is empty.
func KindKey(gk schema.GroupKind, namespace string) Key {
	return Key{Index: ByKind, Namespace: namespace, Value: gk.String()}
}

// Selection narrows a list of a kind in all namespaces to what can be indexed by a key, in the terms of the API server.
type Selection struct {
	// Fields and Labels are a field and a label selector; without either all objects of the kind are listed.
	Fields, Labels string
	// Beside says that the kind is listed in the namespace of the key, too.
	Beside bool
}

// An Indexer returns the keys, beside ByKind, that an object is indexed by, each once. It is a pure function of the
// object.
type Indexer func(o *Object) []Key

// allKeys is what an object is indexed by: its kind, and what the indexer says.
func allKeys(o *Object, index Indexer) []Key {
	gk := o.Ref.GroupKind()
	keys := []Key{KindKey(gk, "")}
	if o.Ref.Namespace != "" {
		keys = append(keys, KindKey(gk, o.Ref.Namespace))
	}
	if index != nil {
		keys = append(keys, index(o)...)
	}
	return keys
}
