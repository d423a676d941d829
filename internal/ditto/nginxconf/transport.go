package nginxconf

import (
	"strconv"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/nginxconf/expr"
	"github.com/dittoguard/dittoguard/internal/ditto/nginxconf/syntax"
	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
)

// What plain HTTP meets on a port.
const (
	PlainClosed     = "closed"
	PlainRedirected = "redirected"
	PlainServed     = "served"
)

// PortTransport is what clients speak on one port of a route's server.
type PortTransport struct {
	Port int
	// TLS says whether what gets through there is encrypted: on, off, or unknown where nginx expects something in front
	// of it to have ended TLS.
	TLS Setting
	// Plain is what plain HTTP meets: closed, redirected, served or unknown; Why says why.
	Plain Setting
}

// Transport is what clients speak on a port; ok is false for a port that is none of the server's.
func (r *Route) Transport(port int) (t PortTransport, ok bool) {
	for _, t := range r.transports {
		if t.Port == port {
			return t, true
		}
	}
	return PortTransport{}, false
}

// describeTransport fills in what clients speak on each port: whether it is one with ssl, and whether requests without
// get through to the route, that is whether any way into it is one for $scheme http.
func (c *Config) describeTransport(r *Route, ways []*way) {
	for _, l := range r.Server.Listen {
		if _, known := r.Transport(l.Port); known || l.UDP || l.Port == 0 {
			continue
		}
		t := PortTransport{Port: l.Port}
		if c.listeners.SpeaksTLS(&r.Server.Host, l.Port) {
			t.TLS = Setting{tri.On, "listen " + strconv.Itoa(l.Port) + " ssl"}
			t.Plain = Setting{PlainClosed, "nginx refuses plain HTTP on port " + strconv.Itoa(l.Port)}
		} else {
			t.TLS = Setting{tri.Off, "nginx listens on port " + strconv.Itoa(l.Port) + " without ssl"}
			t.Plain = plainOn(r, ways, l.Port, &t.TLS)
		}
		r.transports = append(r.transports, t)
	}
}

// plainOn says what becomes of plain HTTP on a port without ssl. A configuration that looks at X-Forwarded-Proto
// expects TLS to have ended in front of it.
func plainOn(r *Route, ways []*way, port int, tls *Setting) Setting {
	served := Setting{PlainServed, tls.Why}
	if len(ways) == 0 {
		return served
	}
	if r.Server.Stream {
		return served
	}
	is := func(name, value string) expr.Assumption {
		return expr.Assumption{Source: expr.Variable(name), Equals: &value, Holds: true}
	}
	passes := func(more ...expr.Assumption) bool {
		plain := append(expr.Assumptions{is("scheme", "http"), is("https", ""), is("server_port", strconv.Itoa(port))},
			more...)
		for _, p := range ways {
			if _, ok := p.assume.Merge(plain); ok {
				return true
			}
		}
		return false
	}
	answer := PlainClosed
	if redirectsToTLS(r.scope) {
		answer = PlainRedirected
	}
	const forwarded = "http_x_forwarded_proto"
	inFront := reason.Of("nginx-in-front")
	switch {
	case !passes():
		*tls = Setting{tri.On, "nothing gets through on port " + strconv.Itoa(port) + " without TLS"}
		return Setting{answer, "requests without TLS do not get through location " + r.Location}
	case passes(is(forwarded, "http")):
		return served
	case passes(is(forwarded, "")):
		*tls = Setting{tri.Unknown, inFront}
		return Setting{tri.Unknown, inFront}
	}
	*tls = Setting{tri.Unknown, inFront}
	return Setting{answer, "requests that X-Forwarded-Proto does not call https do not get through"}
}

// redirectsToTLS says whether a scope, or a level around it, redirects anything to HTTPS.
func redirectsToTLS(s *scope) bool {
	for ; s != nil; s = s.parent {
		if s.redirectsToTLS {
			return true
		}
	}
	return false
}

// sendsToTLS says whether directives redirect anything to HTTPS.
func sendsToTLS(dirs []*syntax.Directive) bool {
	var any func(list []*syntax.Directive) bool
	any = func(list []*syntax.Directive) bool {
		for _, d := range list {
			switch d.Name {
			case "return", "rewrite":
				for _, a := range d.Args {
					if strings.HasPrefix(strings.ToLower(a), "https://") {
						return true
					}
				}
			case "if":
				if any(d.Block) {
					return true
				}
			}
		}
		return false
	}
	return any(dirs)
}
