package nginxconf

import (
	"errors"
	"net/url"
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/nginxconf/expr"
	"github.com/dittoguard/dittoguard/internal/ditto/nginxconf/syntax"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
)

// Snippet is a piece of configuration that a controller takes over into a location or server of its own. It is run as
// any other scope is; what stands around it is not here, and what that may define is unknown.
type Snippet struct {
	// Directives are its own, in order.
	Directives []*syntax.Directive

	config *Config
	scope  *scope
}

// longestSnippet bounds the work: nobody writes as much into an annotation by hand.
const longestSnippet = 16 << 10

// ReadSnippet reads a piece of configuration. An error says that it is no list of directives.
func ReadSnippet(text string) (*Snippet, error) {
	if len(text) > longestSnippet {
		return nil, errors.New("longer than anybody writes by hand")
	}
	list, err := syntax.Parse("the snippet", text)
	if err != nil {
		return nil, err
	}
	c := &Config{vars: expr.NewVariables(), patterns: expr.Patterns{}}
	s := &Snippet{Directives: list, config: c}
	s.each(func(d *syntax.Directive) {
		// A file of the controller's is not at hand; what another service answers is not decided here.
		if d.Missing = d.Name == "include"; d.Name != "auth_request_set" && d.Name != "auth_jwt_claim_set" {
			c.vars.Define(d)
		}
		c.precompile(d)
	})
	s.scope = newScope(kindLocation, nil, &syntax.Directive{Name: "location", Args: []string{"/"}, Block: list})
	s.scope.buildLocations(&syntax.Notes{})
	return s, nil
}

// each goes through all directives, those in blocks behind the one that has them.
func (s *Snippet) each(do func(*syntax.Directive)) {
	var walk func([]*syntax.Directive)
	walk = func(list []*syntax.Directive) {
		for _, d := range list {
			do(d)
			walk(d.Block)
		}
	}
	walk(s.Directives)
}

// Has says whether one of the directives, at any depth, has one of the names.
func (s *Snippet) Has(names ...string) (has bool) {
	s.each(func(d *syntax.Directive) { has = has || slices.Contains(names, d.Name) })
	return has
}

// Unread is the name of a directive of which nobody here sees what it does, empty if there is none.
func (s *Snippet) Unread() (name string) {
	s.each(func(d *syntax.Directive) {
		if d.Missing || strings.Contains(d.Name, "_by_lua") || strings.HasPrefix(d.Name, "js_") ||
			strings.HasPrefix(d.Name, "perl") {
			name = d.Name
		}
	})
	return name
}

// Opens says that it may let clients in without credentials.
func (s *Snippet) Opens() bool {
	return s.Unread() != "" || satisfiesAny(s.scope) && len(s.scope.own["allow"]) > 0
}

// Rewrites says that it may change the path. What answers with a redirect does not: another request may come of that.
func (s *Snippet) Rewrites() bool {
	rewrites := s.Unread() != "" || s.Has("proxy_pass", "grpc_pass", "try_files")
	s.each(func(d *syntax.Directive) { rewrites = rewrites || d.Name == "rewrite" && !answers(d) })
	return rewrites
}

// Value is what a header is set to, by its worst reading: State is one of Identity's, Variable the one that decides,
// empty if none does.
type Value struct{ State, Variable string }

// Identity is what the header is set to by directives named setHeader (proxy_set_header, grpc_set_header); ok is false
// if none sets it. user says whether basic authentication has verified who asks: On, Off or Unknown.
func (s *Snippet) Identity(setHeader, user string) (v Value, ok bool) {
	var set []*syntax.Directive
	for _, d := range s.scope.own[setHeader] {
		if strings.EqualFold(d.Arg(0), headerName) {
			set = append(set, d)
		}
	}
	if len(set) == 0 {
		return Value{}, false
	}
	start := &way{work: &expr.Budget{Left: workPerQuestion}, args: expr.Variable("args"), opaque: true,
		validUnparsed: true, foreign: map[string]bool{}}
	// What the snippet sets for some requests alone, what stands around it may have set for the others.
	s.scope.variables(start.foreign)
	var all []string
	ways := s.config.exec(s.scope, []*way{start})
	for _, p := range ways {
		if p.status != 0 {
			continue
		}
		state := Value{}
		for _, d := range set {
			if one := s.value(p, d.Arg(1), user); loudest(one.State) > loudest(state.State) {
				state = one
			}
		}
		if all = append(all, state.State); v.State == "" || weight(state.State) > weight(v.State) {
			v = state
		}
	}
	if start.work.Left < 0 {
		return Value{State: tri.Unknown}, true
	}
	if v.State = overall(all); len(all) == 0 {
		v.State = Set
	}
	return v, true
}

// ValueOf is what a header is set to by a value that a controller takes over into its configuration. user is as for
// Identity.
func ValueOf(value, user string) Value {
	s := &Snippet{config: &Config{vars: expr.NewVariables()}}
	return s.value(&way{args: expr.Variable("args"), work: &expr.Budget{Left: workPerQuestion}}, value, user)
}

func (s *Snippet) value(p *way, value, user string) Value {
	asked := credentials{state: user, basic: user == tri.On, assume: p.assume}
	var out Value
	var states []string
	for _, a := range s.config.parts(value, p) {
		r := reader{auth: asked, assume: append(slices.Clip(p.assume), a.Assume...), notes: &syntax.Notes{}}
		state, name := r.classify(a.Text)
		if name == expr.Undefined {
			name = notDefined(value)
		}
		if states = append(states, state); out.State == "" || weight(state) > weight(out.State) {
			out = Value{state, name}
		}
	}
	out.State = overall(states)
	return out
}

// notDefined is the first variable in a text that is none of nginx's.
func notDefined(text string) string {
	t, _ := expr.Parse(text)
	for _, p := range t {
		if p.Name != "" && expr.WriterOf(p.Name) == expr.ByNobody {
			return p.Name
		}
	}
	return ""
}

// Written is the first variable in a text that holds what the client writes, whatever the snippet makes of it on the
// way.
func (s *Snippet) Written(text string) (variable string, ok bool) {
	return s.config.vars.Echoed(text, false)
}

// Targets are the hosts that it forwards requests to by itself, in whatever block, and those of the groups of servers
// that it names. One that variables make is empty.
func (s *Snippet) Targets() (hosts []string) {
	s.each(func(d *syntax.Directive) {
		switch {
		case (d.Name == "proxy_pass" || d.Name == "grpc_pass") && len(d.Args) == 1:
		case d.Name == "server" && len(d.Args) > 0: // of an upstream
		default:
			return
		}
		scheme, rest, found := strings.Cut(d.Args[0], "://")
		if !found {
			rest = scheme
		}
		authority, _, _ := strings.Cut(rest, "/")
		host := ""
		if u, err := url.Parse("http://" + authority); err == nil && !strings.Contains(authority, "$") &&
			(!found || !strings.Contains(scheme, "$")) {
			host = u.Hostname()
		}
		hosts = append(hosts, host)
	})
	return hosts
}
