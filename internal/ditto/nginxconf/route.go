package nginxconf

import (
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/nginxconf/expr"
	"github.com/dittoguard/dittoguard/internal/ditto/nginxconf/syntax"
	"github.com/dittoguard/dittoguard/internal/ditto/nginxconf/upstream"
)

// The states of Identity.State: what becomes of the identity that Ditto believes, whatever the client sends.
const (
	// Set: every request that is forwarded carries a non-empty value that the client did not choose.
	Set = "set"
	// PossiblyEmpty: the header is overwritten, but for some requests with nothing; nginx then leaves it out, and Ditto
	// takes the query parameter of the same name instead.
	PossiblyEmpty = "possibly-empty"
	// Removed: the header never arrives; the query parameter still does, unless QueryDropped.
	Removed = "removed"
	// Client: what the client writes arrives, as the header or inside its value.
	Client = "client"
)

// Conditional is the state of a Setting that is on for some requests only.
const Conditional = "conditional"

// Setting is something that is on, off, conditional (on for some requests only) or unknown, and why.
type Setting struct {
	State string
	Why   string
}

// Identity is what the upstream is told about who asks.
type Identity struct {
	// State is set, possibly-empty, removed, client or unknown.
	State string
	// Why is for people, with the line that decides and the requests it decides for.
	Why string
	// QueryDropped says that the client's query certainly does not arrive.
	QueryDropped bool
}

// Authentication says whether a client is asked for credentials before its request is forwarded.
type Authentication struct {
	// State is on, off, conditional or unknown.
	State string
	Why   string
	// Kind names what asks, comma-separated where several do: basic, request (a subrequest to another service), jwt,
	// oidc, certificate.
	Kind string
	// UserFiles are the absolute paths of the password files that auth_basic reads.
	UserFiles []string
	// Asked are the services that subrequests ask, where no variable decides which.
	Asked []Asked
}

// Asked is a service that a subrequest asks.
type Asked struct {
	upstream.Target

	Path string
}

// The states of Route.Access.
const (
	accessOpen      = "open"
	accessAddresses = "addresses"
	accessNone      = "none"
)

// Route is one location that forwards to an upstream, or a server of the stream module.
type Route struct {
	Server *Server
	// Location is the location as written: `/api`, `~ ^/x`, `= /`, `@named`; empty for a stream server. Nested ones are
	// written as they stand.
	Location string
	// Condition is the `if` or limit_except block inside the location that has a proxy_pass of its own.
	Condition string
	File      string
	// Line is where the proxy_pass stands.
	Line int

	Targets        []upstream.Target
	Identity       Identity
	Authentication Authentication

	// Access is open, addresses (allow and deny let some addresses in) or none (deny all, or the location always
	// answers itself).
	Access string
	// Local: the only addresses that Access lets in are the proxy's own.
	Local bool
	// RealIP: the address that Access looks at is not the connection's, but what a hop before says it is.
	RealIP bool
	// Internal: clients cannot ask for it; only another location leads here.
	Internal bool
	// Raw: the client's own path goes upstream byte for byte, at least for some requests, while nginx chose the
	// location by its normalised form.
	Raw bool
	// OwnConnection: the header Connection that goes upstream is certainly not the client's. By default nginx sends one
	// of its own.
	OwnConnection bool
	// Prefix is what the location's own prefix is replaced with, where proxy_pass has a path.
	Prefix string

	// RateLimited says whether limit_req or limit_conn counts the requests, by a key that the client does not choose.
	RateLimited Setting
	// HidesVersion: server_tokens is off. nginx still names itself.
	HidesVersion Setting
	// HidesServer: no Server header leaves at all (more_clear_headers, or an empty server_tokens of NGINX Plus).
	HidesServer Setting

	// Assumptions are what the reading rests on but nothing here can show.
	Assumptions []string
	// Unknown is what could not be read and may change this route.
	Unknown []string

	transports []PortTransport

	config *Config
	scope  *scope
	pass   *syntax.Directive
	url    expr.Text
	urlOK  bool
	static bool
	prefix string
	// complete: see invertible.
	complete bool
}

func (r *Route) at() string { return r.pass.At() }

// newRoute is the route of a scope with a proxy_pass of its own; the rest is filled in by describe.
func (c *Config) newRoute(s *scope) *Route {
	list := s.own["proxy_pass"]
	d := list[len(list)-1]
	r := &Route{Server: s.server, config: c, scope: s, pass: d, File: d.File, Line: d.Line}
	loc := s.location()
	r.Location, r.Internal = loc.match(), loc.internal || loc.named
	if s.kind == kindIf || s.kind == kindLimitExcept {
		r.Condition = strings.Join(append([]string{s.node.Name}, s.node.Args...), " ")
	}
	var err error
	r.url, err = expr.Parse(d.Arg(0))
	r.urlOK = err == nil
	_, r.static = r.url.Constant()
	if loc.re == nil && !loc.named && s.kind == kindLocation {
		r.prefix = loc.name
	}
	return r
}
