package nginxconf

import (
	"context"
	"maps"
	"strconv"
)

// way is one request on its way through a server: what nginx keeps in ngx_http_request_t, as far as it decides. A concrete
// way knows its path; an abstract one stands for every request that ends up in a location.
type way struct {
	concrete bool
	scheme   string
	port     string
	host     string

	uri      string // decoded and normalised
	opaque   bool   // uri could not be followed
	unparsed string // as the client sent it, with its query
	args     text
	quoted   bool // the client's path held %
	plus     bool // or +

	// As in nginx: whether the client's own bytes, and the location's prefix, still describe uri; whether a rewrite asks for
	// another location; whether the request comes from inside.
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

	vars    map[string]text
	caps    []text
	foreign map[string]bool
	assume  assumptions
	scope   *scope
	work    *work
	// unsure names something on the way that is not read and could have led elsewhere.
	unsure string
}

const answered = -1

// work bounds what one question may cost, so that no configuration can hold its reader up: conditions and maps multiply.
type work struct {
	ctx  context.Context //nolint:containedctx // lives as long as the question
	left int
}

const (
	workPerQuestion = 5_000   // one request
	workPerSearch   = 20_000  // all candidates for one path of the gateway
	workPerConfig   = 200_000 // all paths of the gateway, of all routes
	workPerParse    = 50_000  // what is said of all routes
)

// spend takes one step; false where there is nothing left, and then the answer is unknown.
func (w *work) spend() bool {
	if w == nil {
		return true
	}
	if w.left--; w.ctx != nil && w.ctx.Err() != nil {
		w.left = -1
	}
	return w.left >= 0
}

func (p *way) clone() *way {
	q := *p
	return &q
}

func (p *way) set(name string, value text) {
	vars := maps.Clone(p.vars)
	if vars == nil {
		vars = map[string]text{}
	}
	vars[name] = value
	p.vars = vars
}

// elsewhere says whether another location may have set a variable before it handed the request over.
func (p *way) elsewhere(name string) bool { return p.foreign[name] }

func (p *way) path() text {
	if p.concrete && !p.opaque {
		return literal(p.uri)
	}
	return variable("uri")
}

// capture is $1 to $9.
func (p *way) capture(n int) text {
	if n >= len(p.caps) {
		return nil
	}
	t := p.caps[n]
	if s, ok := t.constant(); ok && p.quote && (p.quoted || p.plus) {
		return literal(escapeArgs(s))
	}
	return t
}

// matched keeps the captures of a pattern that matched subject. groups are nil where the match was assumed.
func (p *way) matched(re *pattern, subject text, groups []string) {
	if s, ok := subject.constant(); ok && groups == nil {
		groups, _, _ = re.match(s)
	}
	get := func(i int) text {
		if groups == nil {
			return text{{name: strconv.Itoa(i), from: subject}}
		}
		if i < len(groups) {
			return literal(groups[i])
		}
		return nil
	}
	p.caps = make([]text, 10)
	for i := range p.caps {
		p.caps[i] = get(i)
	}
	for name, i := range re.names() {
		p.set(name, get(i))
	}
}

// hostCaptures keeps what a server name that is a pattern captures of the host.
func (p *way) hostCaptures(srv *Server) {
	for _, re := range srv.captures {
		if !p.work.spend() {
			p.unsure = tooMuch
			return
		}
		p.matched(re, variable("host"), nil)
	}
}

// add puts an assumption on the way; false where the way cannot be gone.
func (p *way) add(as assumptions) bool {
	for range as {
		p.work.spend()
	}
	merged, ok := p.assume.merge(as)
	p.assume = merged
	return ok
}
