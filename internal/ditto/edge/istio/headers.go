package istio

import (
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

// istioIdentity is what becomes of the identity header on the way to a destination. before is what it is when the rules
// of the VirtualService begin.
//
// Envoy removes first and sets and adds then. The operations of the only destination are carried out together with
// those of the rule, its own last; those of one destination out of several before those of the rule. Source: istio
// pilot/pkg/networking/core/route/route.go; envoy source/common/router/header_parser.cc.
func istioIdentity(before tri.State, rule, destination *crd.IstioHeaders, only bool) tri.State {
	of := func(h *crd.IstioHeaders) crd.IstioHeaderOperations {
		if h == nil {
			return crd.IstioHeaderOperations{}
		}
		return h.Request
	}
	if !only {
		return istioApply(istioApply(before, of(destination)), of(rule))
	}
	if state := istioRemove(before, of(rule)); state.State != before.State {
		before = state
	}
	before = istioRemove(before, of(destination))
	return istioSet(istioSet(before, of(rule)), of(destination))
}

func istioApply(state tri.State, ops crd.IstioHeaderOperations) tri.State {
	return istioSet(istioRemove(state, ops), ops)
}

func istioRemove(state tri.State, ops crd.IstioHeaderOperations) tri.State {
	for _, name := range ops.Remove {
		if strings.EqualFold(name, way.Header) {
			return tri.Is(way.IdentityRemoved, "headers.request.remove",
				"headers.request.remove removes the header, but not the query parameter of the same name")
		}
	}
	return state
}

// istioSet: a value that is empty leaves the header alone, and so may one that is made from something empty. What is
// added to a header that is there comes behind what the client wrote.
func istioSet(state tri.State, ops crd.IstioHeaderOperations) tri.State {
	for _, name := range way.KeysOf(ops.Set) {
		if strings.EqualFold(name, way.Header) && ops.Set[name] != "" {
			state = headerValue(ops.Set[name], "headers.request.set")
		}
	}
	for _, name := range way.KeysOf(ops.Add) {
		if strings.EqualFold(name, way.Header) && ops.Add[name] != "" {
			state = added(state, headerValue(ops.Add[name], "headers.request.add"))
		}
	}
	return state
}

// added is what the header carries with another value behind what is there, which may be nothing.
func added(before, value tri.State) tri.State {
	switch before.State {
	case way.IdentityRemoved:
		return value
	case way.IdentityEmpty:
		if value.State == way.IdentityClient || value.State == way.IdentityUnknown {
			return value
		}
	}
	return before
}

// headerValue says what a header set to the value carries. `%COMMAND%` is looked up for each request, `%%` is a percent
// sign.
func headerValue(value, source string) tri.State {
	result := tri.Is(way.IdentitySet, source, source+" sets the header to a constant")
	rest := strings.ReplaceAll(value, "%%", "")
	for {
		_, after, ok := strings.Cut(rest, "%")
		if !ok {
			return result
		}
		command, behind, closed := strings.Cut(after, "%")
		name, argument, _ := strings.Cut(command, "(")
		s := tri.Is(way.IdentityUnknown, source, reason.Of("istio-header-value", source, way.Quote(name)))
		switch {
		case !closed:
			s.Why = source + " sets the header to something that Envoy refuses"
		case name == "REQ" || name == "REQ_WITHOUT_QUERY" || name == "PATH" || name == "QUERY_PARAM" ||
			name == "QUERY_PARAMS" || name == "REQUESTED_SERVER_NAME":
			s = tri.Is(way.IdentityClient, source, source+" sets the header to "+name+", which the client controls")
			if header := requestHeader(argument); header != "" && strings.HasPrefix(name, "REQ") &&
				name != "REQUESTED_SERVER_NAME" {
				s.Why = source + " sets the header to what the client sends in " + header
			}
		case slices.Contains(neverEmpty, name):
			s = tri.Is(way.IdentitySet, source, source+" sets the header to "+name)
		}
		result = *way.Worse(&result, &s)
		rest = behind
	}
}

// neverEmpty are commands that always stand for something that no client chooses. What another stands for may be empty,
// as all of a certificate is where there is none, and then the client's header stays.
var neverEmpty = []string{
	"DOWNSTREAM_REMOTE_ADDRESS", "DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT",
	"DOWNSTREAM_DIRECT_REMOTE_ADDRESS", "DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT",
	"DOWNSTREAM_LOCAL_ADDRESS", "DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT", "DOWNSTREAM_LOCAL_PORT",
	"PROTOCOL", "START_TIME",
}

// requestHeader is the header that REQ looks up: `X?Y):Z` means X, or else Y, and at most Z bytes of it.
func requestHeader(argument string) string {
	names, _, _ := strings.Cut(argument, ")")
	return strings.Join(way.NonEmpty(strings.Split(names, "?")...), " or ")
}
