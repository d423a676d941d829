package nginxconf

import (
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/nginxconf/expr"
	"github.com/dittoguard/dittoguard/internal/ditto/nginxconf/syntax"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
)

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
		case r.auth.request, r.auth.state == tri.Unknown:
			return fromUnknown
		}
		return fromClient
	case strings.HasPrefix(name, "answer "):
		header := strings.ReplaceAll(strings.TrimPrefix(name, "answer upstream_http_"), "_", "-")
		r.notes.Add("the authentication service always answers with the header " + header +
			", and takes it from what it verified")
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
			state, name = tri.Unknown, p.Name
		case fromServer:
			if state != tri.Unknown {
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
	case state == tri.Unknown:
		return variable + " is not known"
	case state == PossiblyEmpty:
		return variable + " can be empty"
	}
	return "empty"
}
