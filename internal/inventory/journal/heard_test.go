package journal

import (
	"slices"
	"testing"
)

// TestRequestsAreTold: each request that may store something is told of once, here and in another process; of which namespace, if that is known.
func TestRequestsAreTold(t *testing.T) {
	var here, there []string
	ours, theirs := New(), New()
	ours.OnRequest = func(namespace string) { here = append(here, namespace) }
	theirs.OnRequest = func(namespace string) { there = append(there, namespace) }
	r := &reader{}
	expect := func(what string, wantHere, wantThere []string) {
		t.Helper()
		pull(t, theirs, ours, r)
		if !slices.Equal(here, wantHere) || !slices.Equal(there, wantThere) {
			t.Errorf("%s: told %q here and %q there, want %q and %q", what, here, there, wantHere, wantThere)
		}
		here, there = nil, nil
	}
	namespace := service("api", "a", "").Ref.Namespace
	ours.Begin(nil, nil, keysOf).End(false)
	expect("a dry run, which stores nothing", nil, nil)
	request := ours.Begin(nil, service("api", "a", ""), keysOf)
	expect("a request", []string{namespace}, []string{namespace})
	request.End(true)
	expect("its answer", nil, nil)
	ours.Begin(service("api", "a", "7"), service("api", "a", "7"), keysOf).End(false)
	expect("one that is refused", []string{namespace}, []string{namespace})
	ours.Miss()
	expect("one that nobody has read", []string{""}, []string{""})
	unread := service("", "a", "")
	ours.Begin(nil, unread, keysOf).End(true)
	expect("one for an object without a name", []string{namespace, ""}, []string{""})
}
