package nginxconf

import (
	"maps"
	"strconv"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/nginxconf/expr"
	"github.com/dittoguard/dittoguard/internal/ditto/nginxconf/wire"
)

// way is one request on its way through a server: what nginx keeps in ngx_http_request_t, as far as it decides. A
// concrete way knows its path; an abstract one stands for every request that ends up in a location.
type way struct {
	concrete bool
	scheme   string
	port     string
	host     string

	uri      string // decoded and normalised
	opaque   bool   // uri could not be followed
	unparsed string // as the client sent it, with its query
	args     expr.Text
	quoted   bool // the client's path held %
	plus     bool // or +

	// As in nginx: whether the client's own bytes, and the location's prefix, still describe uri; whether a rewrite
	// asks for another location; whether the request comes from inside.
	validUnparsed bool
	validLocation bool
	changed       bool
	internal      bool
	errored       bool
	rewritten     bool // uri is no longer what chose the location

	// quote is the script engine's e->quote: captures are escaped when copied, until a rewrite has matched.
	quote   bool
	stopped bool
	// status is what a return answered: 0 none, a code of 400 and more without a text (error pages apply), or answered.
	status int

	vars    map[string]expr.Text
	caps    []expr.Text
	foreign map[string]bool
	assume  expr.Assumptions
	scope   *scope
	work    *expr.Budget
	// unsure names something on the way that is not read and could have led elsewhere.
	unsure string
}

const answered = -1

// What questions may cost.
const (
	workPerQuestion = 5_000   // one request
	workPerSearch   = 20_000  // all candidates for one path of the gateway
	workPerConfig   = 200_000 // all paths of the gateway, of all routes
	workPerParse    = 50_000  // what is said of all routes
)

func (p *way) clone() *way {
	q := *p
	return &q
}

func (p *way) set(name string, value expr.Text) {
	vars := maps.Clone(p.vars)
	if vars == nil {
		vars = map[string]expr.Text{}
	}
	vars[name] = value
	p.vars = vars
}

// Spend takes a step of what the question may cost.
func (p *way) Spend() bool { return p.work.Spend() }

// Settled is a capture, or what was set on the way.
func (p *way) Settled(name string) (expr.Text, bool) {
	if len(name) == 1 && name[0] >= '1' && name[0] <= '9' {
		return p.capture(int(name[0] - '0')), true
	}
	v, ok := p.vars[name]
	return v, ok
}

// Own is a variable that the request decides, or one that another location may have set before it handed the request
// over.
func (p *way) Own(name string) (expr.Text, bool) {
	if name == "args" || name == "query_string" {
		return p.args, true
	}
	if name == "server_name" && p.scope != nil && p.scope.server != nil {
		// The first name as it is written, whatever the client calls the server.
		if names := p.scope.server.Names; len(names) > 0 && !strings.Contains(names[0], "$") {
			return expr.Literal(strings.TrimPrefix(names[0], ".")), true
		}
	}
	if !p.concrete {
		return expr.Variable(expr.Undefined), p.foreign[name]
	}
	switch name {
	case "uri", "document_uri":
		return expr.Literal(p.uri), true
	case "request_uri":
		return expr.Literal(p.unparsed), true
	case "is_args":
		if s, ok := p.args.Constant(); ok {
			if s != "" {
				s = "?"
			}
			return expr.Literal(s), true
		}
	case "scheme":
		return expr.Literal(p.scheme), true
	case "server_port":
		return expr.Literal(p.port), true
	case "host", "http_host":
		if p.host != "" {
			return expr.Literal(p.host), true
		}
	}
	return expr.Variable(expr.Undefined), p.foreign[name]
}

// Matched is the way on which a map's pattern matched, or one of its strings.
func (p *way) Matched(re *expr.Pattern, subject expr.Text) expr.Request {
	q := p.clone()
	q.quote = false
	if re != nil {
		q.matched(re, subject, nil)
	}
	return q
}

func (p *way) path() expr.Text {
	if p.concrete && !p.opaque {
		return expr.Literal(p.uri)
	}
	return expr.Variable("uri")
}

// capture is $1 to $9.
func (p *way) capture(n int) expr.Text {
	if n >= len(p.caps) {
		return nil
	}
	t := p.caps[n]
	if s, ok := t.Constant(); ok && p.quote && (p.quoted || p.plus) {
		return expr.Literal(wire.EscapeArgs(s))
	}
	return t
}

// matched keeps the captures of a pattern that matched subject. groups are nil where the match was assumed.
func (p *way) matched(re *expr.Pattern, subject expr.Text, groups []string) {
	if s, ok := subject.Constant(); ok && groups == nil {
		groups, _, _ = re.Match(s)
	}
	get := func(i int) expr.Text {
		if groups == nil {
			return expr.Text{{Name: strconv.Itoa(i), From: subject}}
		}
		if i < len(groups) {
			return expr.Literal(groups[i])
		}
		return nil
	}
	p.caps = make([]expr.Text, 10)
	for i := range p.caps {
		p.caps[i] = get(i)
	}
	for name, i := range re.Names() {
		p.set(name, get(i))
	}
}

// hostCaptures keeps what a server name that is a pattern captures of the host.
func (p *way) hostCaptures(srv *Server) {
	for _, re := range srv.Captures {
		if !p.work.Spend() {
			p.unsure = tooMuch
			return
		}
		p.matched(re, expr.Variable("host"), nil)
	}
}

// add puts an assumption on the way; false where the way cannot be gone.
func (p *way) add(as expr.Assumptions) bool {
	for range as {
		p.work.Spend()
	}
	merged, ok := p.assume.Merge(as)
	p.assume = merged
	return ok
}
