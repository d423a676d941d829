package nginxconf

import (
	"slices"
	"strings"
	"sync"

	"github.com/dittoguard/dittoguard/internal/ditto/nginxconf/expr"
	"github.com/dittoguard/dittoguard/internal/ditto/nginxconf/syntax"
	"github.com/dittoguard/dittoguard/internal/ditto/reason"
)

type scopeKind int

const (
	kindHTTP scopeKind = iota
	kindServer
	kindLocation
	kindIf
	kindLimitExcept
	kindStream
	kindStreamServer
)

// scope is one level of the configuration with its own directives. What a level does not say it inherits from its
// parent; whether that goes directive by directive or list by list is the directive's own rule.
type scope struct {
	kind   scopeKind
	parent *scope
	node   *syntax.Directive // nil for http assembled from several blocks
	dirs   []*syntax.Directive
	own    map[string][]*syntax.Directive
	server *Server
	// What of dirs is looked for again and again, so that a level with thousands of locations is gone through once:
	// directives of the rewrite module, allow and deny, what is not read or not found, and what asks for credentials in
	// ways not known here.
	rewrites, rules, blind, asks []*syntax.Directive
	// identities are proxy_set_header of the identity, redirectsToTLS that something here redirects to HTTPS.
	identities     []*syntax.Directive
	redirectsToTLS bool
	once           sync.Once
	letsIn         accessState // what rules say, see addresses

	// Of a location.
	name     string // without modifier
	exact    bool
	noRegex  bool // ^~
	re       *expr.Pattern
	named    bool
	internal bool
	order    int

	// The locations directly inside, as nginx keeps them apart.
	static []*scope
	regex  []*scope
	at     map[string]*scope // named locations, of a server
	names  *names

	ifs    map[*syntax.Directive]*scope
	limits []*scope
}

func newScope(kind scopeKind, parent *scope, node *syntax.Directive) *scope {
	s := &scope{kind: kind, parent: parent, node: node, own: map[string][]*syntax.Directive{},
		ifs: map[*syntax.Directive]*scope{}}
	if parent != nil {
		s.server = parent.server
	}
	if node != nil {
		s.take(node.Block)
	}
	return s
}

// maxBlind is how many directives that are not read are told of, for each level.
const maxBlind = 16

func (s *scope) take(dirs []*syntax.Directive) {
	s.redirectsToTLS = s.redirectsToTLS || s.kind != kindHTTP && sendsToTLS(dirs)
	s.dirs = append(s.dirs, dirs...)
	for _, d := range dirs {
		s.own[d.Name] = append(s.own[d.Name], d)
		if matters(d) {
			s.rewrites = append(s.rewrites, d)
		}
		// Of thousands of these a few say as much as all.
		if (d.Missing || syntax.Unread(d.Name)) && len(s.blind) < maxBlind {
			s.blind = append(s.blind, d)
		}
		switch {
		case d.Name == "allow", d.Name == "deny":
			s.rules = append(s.rules, d)
		case strings.HasPrefix(d.Name, "access_by_lua"), d.Name == "js_access", slices.Contains(foreignAuth, d.Name) &&
			d.Arg(0) != "off":
			s.asks = append(s.asks, d)
		case d.Name == "proxy_set_header" && strings.EqualFold(d.Arg(0), headerName):
			s.identities = append(s.identities, d)
		}
	}
}

// level is the nearest one that has any directives of this name; one without any where there is none.
func (s *scope) level(name string) *scope {
	for ; s != nil; s = s.parent {
		if len(s.own[name]) > 0 {
			return s
		}
	}
	return &scope{}
}

// inherited are the directives of this name at the nearest level that has any.
func (s *scope) inherited(name string) []*syntax.Directive { return s.level(name).own[name] }

// setting is the directive that is in force for a name that may stand once per level.
func (s *scope) setting(name string) *syntax.Directive {
	if list := s.inherited(name); len(list) > 0 {
		return list[len(list)-1]
	}
	return nil
}

// flag reads an on/off directive; nginx takes both in any case.
func (s *scope) flag(name string, otherwise bool) bool {
	d := s.setting(name)
	if d == nil {
		return otherwise
	}
	switch strings.ToLower(d.Arg(0)) {
	case "on":
		return true
	case "off":
		return false
	}
	return otherwise
}

// location is the location an `if` or limit_except stands in, or the scope itself.
func (s *scope) location() *scope {
	for s.kind == kindIf || s.kind == kindLimitExcept {
		s = s.parent
	}
	return s
}

// match is the location as it is written: `= /x`, `~ ^/x`, `@x`, `/x`.
func (s *scope) match() string {
	if s.kind == kindServer || s.node == nil {
		return ""
	}
	return strings.Join(s.node.Args, " ")
}

// handlers produce the answer of a location; the last one that stands in a location is the one that does.
var handlers = map[string]bool{
	"proxy_pass": true, "grpc_pass": true, "fastcgi_pass": true, "uwsgi_pass": true, "scgi_pass": true,
	"memcached_pass": true,
	"empty_gif":      true, "stub_status": true, "mp4": true, "flv": true, "api": true,
	"content_by_lua": true, "content_by_lua_block": true, "content_by_lua_file": true, "js_content": true, "perl": true,
	"echo": true, "echo_exec": true, "redis_pass": true, "drizzle_pass": true, "postgres_pass": true,
	"redis2_pass": true,
}

// handler is the directive that answers, or nil where files are served. An `if` answers as its location does unless it
// has a handler of its own.
func (s *scope) handler() *syntax.Directive {
	for {
		for _, v := range slices.Backward(s.dirs) {
			if handlers[v.Name] {
				return v
			}
		}
		if s.kind != kindIf && s.kind != kindLimitExcept {
			return nil
		}
		s = s.parent
	}
}

// buildLocations makes scopes of the location, if and limit_except blocks inside s, in the order nginx would meet them.
func (s *scope) buildLocations(unknown *syntax.Notes) []*scope {
	var all []*scope
	for i, d := range s.dirs {
		switch {
		case d.Block == nil:
		case d.Name == "if" && s.kind != kindHTTP:
			s.ifs[d] = newScope(kindIf, s, d)
			s.ifs[d].buildLocations(unknown)
		case d.Name == "limit_except" && s.kind == kindLocation:
			s.limits = append(s.limits, newScope(kindLimitExcept, s, d))
		case d.Name == "location" && (s.kind == kindServer || s.kind == kindLocation):
			loc := newScope(kindLocation, s, d)
			if !loc.parseMatch(d) {
				unknown.Add(reason.Of("nginx-not-understood", "location", d.At()))
				continue
			}
			loc.internal = len(loc.own["internal"]) > 0
			loc.order = i
			all = append(all, loc)
			switch {
			case loc.named:
				if s.at == nil {
					s.at = map[string]*scope{}
				}
				s.at[loc.name] = loc
			case loc.re != nil:
				s.regex = append(s.regex, loc)
			default:
				s.static = append(s.static, loc)
			}
			all = append(all, loc.buildLocations(unknown)...)
		}
	}
	s.names = namesOf(s.static)
	return all
}

func (s *scope) parseMatch(d *syntax.Directive) bool {
	var mod, name string
	switch len(d.Args) {
	case 1:
		name = d.Args[0]
		for _, m := range []string{"=", "^~", "~*", "~"} {
			if rest, ok := strings.CutPrefix(name, m); ok {
				mod, name = m, rest
				break
			}
		}
		if strings.HasPrefix(name, "@") && mod == "" {
			s.named = true
		}
	case 2:
		mod, name = d.Args[0], d.Args[1]
	default:
		return false
	}
	s.name = name
	switch mod {
	case "":
	case "=":
		s.exact = true
	case "^~":
		s.noRegex = true
	case "~":
		s.re = expr.Compile(name, false)
	case "~*":
		s.re = expr.Compile(name, true)
	default:
		return false
	}
	return true
}
