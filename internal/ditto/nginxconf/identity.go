package nginxconf

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/nginxconf/expr"
	"github.com/dittoguard/dittoguard/internal/ditto/nginxconf/syntax"
	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
)

// headerName is the header in which Ditto takes a pre-authenticated identity, and the query parameter too.
const headerName = "x-ditto-pre-authenticated"

// identity reads the header for every way a request can take into the route, and every reading of what was asked of it.
func (c *Config) identity(r *Route, ways []*way, auth func(*way) []credentials, assumed *syntax.Notes) Identity {
	s := r.scope
	for node := s; node != nil; node = node.parent {
		for _, d := range node.blind {
			if d.Missing && (node == s || node.kind == kindLocation) {
				return Identity{State: tri.Unknown, Why: reason.Of("nginx-include-not-found", d.Arg(0), d.At())}
			}
		}
	}
	set := s.level("proxy_set_header").identities
	if len(set) == 0 {
		return c.untouched(s)
	}
	var out Identity
	var states []string
	whys := map[string]string{}
	for _, p := range ways {
		for _, a := range auth(p) {
			if a.nobody {
				continue
			}
			state, why := "", ""
			for _, d := range set {
				one, because := c.value(s, d, p, a, assumed)
				if loudest(one) > loudest(state) {
					state, why = one, because
				}
			}
			states = append(states, state)
			if _, ok := whys[state]; !ok {
				whys[state] = why
			}
		}
	}
	out.State = overall(states)
	order := []string{Client, PossiblyEmpty, Removed, tri.Unknown, Set}
	if out.State == tri.Unknown {
		order = []string{tri.Unknown}
	}
	for _, state := range order {
		if why, ok := whys[state]; ok {
			out.Why = why
			break
		}
	}
	if len(states) == 0 {
		out.State, out.Why = Set, "nothing is forwarded from here"
	}
	return out
}

// value is one proxy_set_header under one reading: the worst of what it can come to.
func (c *Config) value(s *scope, d *syntax.Directive, p *way, a credentials, assumed *syntax.Notes) (string, string) {
	q := p.clone()
	q.assume = a.assume
	for _, e := range s.inherited("auth_request_set") {
		t, err := expr.Parse(e.Arg(1))
		if err != nil || !a.request {
			continue
		}
		for i := range t {
			if strings.HasPrefix(t[i].Name, "upstream_") {
				t[i].Name = "answer " + t[i].Name
			}
		}
		q.set(expr.VariableName(e.Arg(0)), t)
	}
	for _, e := range s.inherited("auth_jwt_claim_set") {
		if a.token {
			q.set(expr.VariableName(e.Arg(0)), expr.Variable("jwt_claim_"+e.Arg(1)))
		}
	}
	var states []string
	worst, why := "", ""
	for _, v := range c.parts(d.Arg(1), q) {
		assume, ok := q.assume.Merge(v.Assume)
		if !ok {
			continue
		}
		r := reader{auth: a, assume: assume, scope: s, notes: assumed}
		state, name := r.classify(v.Text)
		states = append(states, state)
		if worst == "" || weight(state) > weight(worst) {
			worst = state
			why = fmt.Sprintf("proxy_set_header at %s", d.At())
			if state != Set {
				why += ": " + because(state, name) + assume.When()
			}
		}
	}
	return overall(states), why
}

// weight orders states by how bad they are for sure: a hole that is there outweighs one that may be.
func weight(state string) int {
	return slices.Index([]string{Set, tri.Unknown, Removed, PossiblyEmpty, Client}, state)
}

// loudest says which of two headers of the same name decides: nginx sends both, except those that are empty.
func loudest(state string) int {
	return slices.Index([]string{Removed, PossiblyEmpty, Set, tri.Unknown, Client}, state)
}

// overall is one word for all requests.
func overall(states []string) string {
	has := func(s string) bool { return slices.Contains(states, s) }
	switch {
	case has(Client):
		return Client
	case has(PossiblyEmpty), has(Removed) && (has(Set) || has(tri.Unknown)):
		return PossiblyEmpty
	case has(tri.Unknown):
		return tri.Unknown
	case has(Removed):
		return Removed
	}
	return Set
}

// ownConnection says whether the header Connection that goes upstream is certainly not the client's. Where nothing says
// otherwise nginx sends one of its own.
func (c *Config) ownConnection(s *scope, ways []*way, auth func(*way) []credentials) bool {
	for node := s; node != nil; node = node.parent {
		if len(node.blind) > 0 {
			return false
		}
	}
	for _, d := range s.inherited("proxy_set_header") {
		if !strings.EqualFold(d.Arg(0), "connection") || !strings.Contains(d.Arg(1), "$") {
			continue
		}
		for _, p := range ways {
			for _, a := range auth(p) {
				switch state, _ := c.value(s, d, p, a, &syntax.Notes{}); state {
				case Set, Removed, PossiblyEmpty:
				default:
					return false
				}
			}
		}
	}
	return true
}

// untouched is a header that no proxy_set_header names: the client's, unless none of the client's headers are
// forwarded.
func (c *Config) untouched(s *scope) Identity {
	for node := s; node != nil; node = node.parent {
		for _, d := range node.blind {
			if syntax.Unread(d.Name) {
				return Identity{State: tri.Unknown, Why: reason.Of("nginx-directive-may-set-header", d.Name, d.At())}
			}
			if d.Missing {
				return Identity{State: tri.Unknown, Why: reason.Of("nginx-include-not-found", d.Arg(0), d.At())}
			}
		}
	}
	if d := s.setting("proxy_pass_request_headers"); d != nil && strings.EqualFold(d.Arg(0), "off") {
		return Identity{State: Removed, Why: "proxy_pass_request_headers off at " + d.At()}
	}
	why := "no proxy_set_header names " + headerName
	if list := s.inherited("proxy_set_header"); len(list) > 0 {
		for outer := s.level("proxy_set_header").parent; outer != nil; outer = outer.parent {
			for _, d := range outer.identities {
				why = fmt.Sprintf("the proxy_set_header at %s is not inherited, since %s sets headers of its own",
					d.At(), list[0].At())
			}
		}
	}
	return Identity{State: Client, Why: why}
}
