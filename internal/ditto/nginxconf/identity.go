package nginxconf

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/nginxconf/expr"
	"github.com/dittoguard/dittoguard/internal/ditto/nginxconf/syntax"
	"github.com/dittoguard/dittoguard/internal/ditto/reason"
)

// headerName is the header in which Ditto takes a pre-authenticated identity, and the query parameter too.
const headerName = "x-ditto-pre-authenticated"

// origin is who chooses a value, and whether it can be empty.
type origin int

const (
	fromNobody origin = iota // certainly empty
	fromServer               // not the client's, never empty
	fromServerMaybe
	fromClient
	fromUnknown
)

// reader classifies the parts of a header value for one reading of a request.
type reader struct {
	auth   credentials
	assume expr.Assumptions
	scope  *scope
	notes  *syntax.Notes
}

// origin of one variable that the request gives.
func (r *reader) origin(p expr.Part) origin {
	if p.Name == "" {
		return fromServer
	}
	for _, a := range r.assume {
		if a.Holds && a.Equals != nil && a.Source.String() == (expr.Text{p}).String() {
			if *a.Equals == "" {
				return fromNobody
			}
			return fromServer
		}
	}
	if p.From != nil {
		worst := fromServerMaybe
		for _, q := range p.From {
			if o := r.origin(q); o == fromClient || o == fromUnknown && worst != fromClient {
				worst = o
			}
		}
		return worst
	}
	name := p.Name
	switch {
	case name == "remote_user":
		switch {
		case r.auth.basic:
			return fromServer
		case r.notBasic(), slices.Contains(r.auth.kinds, "jwt"):
			return fromNobody
		case r.auth.request, r.auth.state == Unknown:
			return fromUnknown
		}
		return fromClient
	case strings.HasPrefix(name, "answer "):
		header := strings.ReplaceAll(strings.TrimPrefix(name, "answer upstream_http_"), "_", "-")
		r.notes.Add("the authentication service always answers with the header " + header + ", and takes it from what it verified")
		return fromServer
	case strings.HasPrefix(name, "jwt_"), strings.HasPrefix(name, "oidc_"):
		if r.scope == nil {
			return fromServerMaybe // whether a token is asked for stands around the snippet
		}
		if !r.auth.token {
			return fromNobody
		}
		r.notes.Add("every token holds what $" + name + " reads")
		return fromServer
	case strings.HasPrefix(name, "ssl_client_"):
		return r.clientCertificate(name)
	case name == "remote_addr", name == "binary_remote_addr":
		if r.scope.inherited("set_real_ip_from") != nil {
			return fromUnknown
		}
	}
	switch expr.WriterOf(name) {
	case expr.ByClient, expr.ByChoice:
		return fromClient
	case expr.ByNginx:
		return fromServer
	case expr.ByNginxOrNobody:
		return fromServerMaybe
	case expr.ByNobody, expr.BySomething:
	}
	return fromUnknown
}

// notBasic says whether the assumptions keep Authorization from holding basic credentials.
func (r *reader) notBasic() bool {
	for _, a := range r.assume {
		if a.Source.String() != "${http_authorization}" || !a.Holds {
			continue
		}
		if a.Equals != nil && !hasPrefixFold(*a.Equals, "Basic ") {
			return true
		}
		if a.Re != nil {
			anchor := a.Re.Anchor()
			n := min(len(anchor), len("Basic "))
			if n > 0 && !strings.EqualFold(anchor[:n], "Basic "[:n]) {
				return true
			}
		}
	}
	return false
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

// clientCertificate: what a certificate says is worth something where one has to be shown and verified.
func (r *reader) clientCertificate(name string) origin {
	if slices.Contains(r.auth.kinds, "certificate") {
		return fromServer
	}
	if r.scope == nil {
		return fromUnknown // what is asked for stands around the snippet
	}
	d := r.scope.setting("ssl_verify_client")
	switch {
	case name == "ssl_client_verify":
		return fromServerMaybe
	case d == nil || d.Arg(0) == "off":
		return fromNobody
	case d.Arg(0) == "optional_no_ca":
		return fromClient
	}
	return fromServerMaybe
}

// classify is what one value of the header amounts to, and the variable that decides.
func (r *reader) classify(t expr.Text) (state, name string) {
	state = Removed
	for _, p := range t {
		switch r.origin(p) {
		case fromClient:
			return Client, p.Name
		case fromUnknown:
			state, name = Unknown, p.Name
		case fromServer:
			if state != Unknown {
				state, name = Set, p.Name
			}
		case fromServerMaybe:
			if state == Removed {
				state, name = PossiblyEmpty, p.Name
			}
		case fromNobody:
		}
	}
	return state, name
}

// because says for people why a value amounts to a state.
func because(state, name string) string {
	variable := "$" + name
	if name == expr.Undefined {
		variable = "a variable that is not defined here"
	}
	switch {
	case state == Client && name == "remote_user":
		return "$remote_user is whatever the client sends; nothing has verified it"
	case state == Client:
		return variable + " is the client's"
	case state == Unknown:
		return variable + " is not known"
	case state == PossiblyEmpty:
		return variable + " can be empty"
	}
	return "empty"
}

// identity reads the header for every way a request can take into the route, and every reading of what was asked of it.
func (c *Config) identity(r *Route, ways []*way, auth func(*way) []credentials, assumed *syntax.Notes) Identity {
	s := r.scope
	for node := s; node != nil; node = node.parent {
		for _, d := range node.blind {
			if d.Missing && (node == s || node.kind == kindLocation) {
				return Identity{State: Unknown, Why: reason.Of("nginx-include-not-found", d.Arg(0), d.At())}
			}
		}
	}
	set := s.level("proxy_set_header").identities
	if len(set) == 0 {
		return c.untouched(s)
	}
	out := Identity{Value: set[len(set)-1].Arg(1)}
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
	order := []string{Client, PossiblyEmpty, Removed, Unknown, Set}
	if out.State == Unknown {
		order = []string{Unknown}
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
	return slices.Index([]string{Set, Unknown, Removed, PossiblyEmpty, Client}, state)
}

// loudest says which of two headers of the same name decides: nginx sends both, except those that are empty.
func loudest(state string) int {
	return slices.Index([]string{Removed, PossiblyEmpty, Set, Unknown, Client}, state)
}

// overall is one word for all requests.
func overall(states []string) string {
	has := func(s string) bool { return slices.Contains(states, s) }
	switch {
	case has(Client):
		return Client
	case has(PossiblyEmpty), has(Removed) && (has(Set) || has(Unknown)):
		return PossiblyEmpty
	case has(Unknown):
		return Unknown
	case has(Removed):
		return Removed
	}
	return Set
}

// ownConnection says whether the header Connection that goes upstream is certainly not the client's. Where nothing says otherwise
// nginx sends one of its own.
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

// untouched is a header that no proxy_set_header names: the client's, unless none of the client's headers are forwarded.
func (c *Config) untouched(s *scope) Identity {
	for node := s; node != nil; node = node.parent {
		for _, d := range node.blind {
			if syntax.Unread(d.Name) {
				return Identity{State: Unknown, Why: reason.Of("nginx-directive-may-set-header", d.Name, d.At())}
			}
			if d.Missing {
				return Identity{State: Unknown, Why: reason.Of("nginx-include-not-found", d.Arg(0), d.At())}
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
				why = fmt.Sprintf("the proxy_set_header at %s is not inherited, since %s sets headers of its own", d.At(), list[0].At())
			}
		}
	}
	return Identity{State: Client, Why: why}
}
