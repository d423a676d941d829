package inventory

import "fmt"

// As is an object in the Go type of its kind. ok is false of an object of another kind, one that is not read, and nil.
func As[T any](o *Object) (typed *T, ok bool) {
	if o == nil {
		return nil, false
	}
	typed, ok = o.Typed.(*T)
	return typed, ok
}

// Must is an object that can be of no other kind in the Go type of its kind: what an index of that kind holds, or what
// was asked for by its kind. It panics on any other, naming it.
func Must[T any](o *Object) *T {
	typed, ok := As[T](o)
	if !ok {
		panic(fmt.Sprintf("%s is no %T", o.Ref, typed))
	}
	return typed
}
