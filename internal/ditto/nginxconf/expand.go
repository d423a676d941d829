package nginxconf

import (
	"slices"
	"strings"
)

// alternative is one of the values a text can have, with what must be so of the request.
type alternative struct {
	text   text
	assume assumptions
}

const (
	maxAlternatives = 128
	maxExpandDepth  = 12
	// maxEntries is how many entries of a map are told apart by what selects them; of a larger one only the values count.
	maxEntries = 24
)

// undefined is the variable that stands for what cannot be resolved. No configuration can name it.
const undefined = "?"

// expand resolves the variables of t on one way p. What stays a variable is given by the request.
func (c *Config) expand(t text, p *way, depth int) []alternative {
	if _, constant := t.constant(); constant {
		return []alternative{{text: t}}
	}
	out := []alternative{{}}
	for _, q := range t {
		if !p.work.spend() {
			return []alternative{{text: variable(undefined)}}
		}
		values := []alternative{{text: text{q}}}
		if q.name != "" && q.from == nil {
			values = c.resolve(q.name, p, depth)
		}
		if len(out)*len(values) > maxAlternatives {
			return []alternative{{text: variable(undefined)}}
		}
		next := make([]alternative, 0, len(out)*len(values))
		for _, a := range out {
			for _, b := range values {
				if assume, ok := a.assume.merge(b.assume); ok {
					next = append(next, alternative{a.text.append(b.text), assume})
				}
			}
		}
		out = next
	}
	return out
}

// resolve is what one variable can be.
func (c *Config) resolve(name string, p *way, depth int) []alternative {
	one := func(t text) []alternative { return []alternative{{text: t}} }
	if depth > maxExpandDepth {
		return one(variable(undefined))
	}
	if len(name) == 1 && name[0] >= '1' && name[0] <= '9' {
		return one(p.capture(int(name[0] - '0')))
	}
	if v, ok := p.vars[name]; ok {
		return one(v)
	}
	if m, ok := c.maps[name]; ok {
		return c.choose(m, p, depth+1)
	}
	if p.concrete {
		switch name {
		case "uri", "document_uri":
			return one(literal(p.uri))
		case "request_uri":
			return one(literal(p.unparsed))
		case "args", "query_string":
			return one(p.args)
		case "is_args":
			if s, ok := p.args.constant(); ok {
				if s != "" {
					s = "?"
				}
				return one(literal(s))
			}
		case "scheme":
			return one(literal(p.scheme))
		case "server_port":
			return one(literal(p.port))
		case "host", "http_host":
			if p.host != "" {
				return one(literal(p.host))
			}
		}
	} else if name == "args" || name == "query_string" {
		return one(p.args)
	}
	if name == "server_name" && p.scope != nil && p.scope.server != nil && !c.assigned[name] {
		// The first name, whatever the client wrote, unless a pattern made it.
		if names := p.scope.server.Names; len(names) > 0 && !strings.ContainsAny(names[0], "~*$") {
			return one(literal(strings.TrimPrefix(names[0], ".")))
		}
	}
	switch {
	case c.scripted[name]:
		return one(variable(undefined))
	case c.assigned[name]:
		if p.elsewhere(name) {
			return one(variable(undefined))
		}
		return one(nil) // never set on this way: empty
	case builtin(name):
		return one(variable(name))
	}
	return one(variable(undefined))
}

// choose is what a map can give, in nginx's order: strings, then wildcards and patterns as they stand, then the default.
func (c *Config) choose(m *mapping, p *way, depth int) []alternative {
	if m.unknown || depth > maxExpandDepth {
		return []alternative{{text: variable(undefined)}}
	}
	var out []alternative
	give := func(value text, assume assumptions, from text, re *pattern) {
		q := *p
		q.quote = false
		if re != nil {
			q.matched(re, from, nil)
		}
		for _, a := range c.expand(value, &q, depth+1) {
			if merged, ok := assume.merge(a.assume); ok {
				out = append(out, alternative{a.text, merged})
			}
		}
	}
	if m.kind != "map" {
		source := text{{name: m.kind + " $" + m.name}}
		for _, e := range m.exact {
			give(e.value, assumptions{{source: source, equals: &e.key, holds: true}}, nil, nil)
		}
		none := "default"
		give(m.deflt, assumptions{{source: source, equals: &none, holds: true}}, nil, nil)
		return out
	}
	for _, source := range c.expand(m.source, p, depth+1) {
		if value, ok := source.text.constant(); ok {
			c.lookup(m, value, source, give)
			continue
		}
		if len(m.exact)+len(m.regex) > maxEntries {
			var seen []string
			for _, e := range slices.Concat(m.exact, m.regex, []entry{{value: m.deflt}}) {
				if !slices.Contains(seen, e.value.String()) {
					seen = append(seen, e.value.String())
					give(e.value, source.assume, source.text, e.re)
				}
			}
			continue
		}
		rest, open := source.assume, true
		for _, e := range m.exact {
			if open {
				if assume, ok := rest.with(e.selects(source.text, true)); ok {
					give(e.value, assume, nil, nil)
				}
				rest, open = rest.with(e.selects(source.text, false))
			}
		}
		for _, e := range m.regex {
			if open {
				if assume, ok := rest.with(assumption{source: source.text, re: e.re, holds: true}); ok {
					give(e.value, assume, source.text, e.re)
				}
				rest, open = rest.with(assumption{source: source.text, re: e.re})
			}
		}
		if open {
			give(m.deflt, rest, nil, nil)
		}
	}
	return out
}

// lookup is a map with a known source.
func (c *Config) lookup(m *mapping, value string, source alternative, give func(text, assumptions, text, *pattern)) {
	for _, e := range m.exact {
		if e.key == strings.ToLower(value) {
			give(e.value, source.assume, nil, nil)
			return
		}
	}
	if value != "" {
		for _, e := range m.regex {
			switch _, ok, known := e.re.match(value); {
			case !known:
				give(variable(undefined), source.assume, nil, nil)
				return
			case ok:
				give(e.value, source.assume, literal(value), e.re)
				return
			}
		}
	}
	give(m.deflt, source.assume, nil, nil)
}

// builtin names the variables of nginx's own modules that mean something here. A name that is none of them and that nothing
// defines is not known to nginx either, which would not start: a placeholder, or a module's.
func builtin(name string) bool {
	for _, p := range []string{"http_", "arg_", "cookie_", "sent_http_", "upstream_", "jwt_", "oidc_", "ssl_", "geoip_",
		"geoip2_", "time_", "proxy_", "proxy_protocol_", "realip_", "connection", "request", "secure_link", "tcpinfo_"} {
		if strings.HasPrefix(name, p) {
			return true
		}
	}
	return slices.Contains([]string{"args", "binary_remote_addr", "body_bytes_sent", "bytes_sent", "content_length",
		"content_type", "document_root", "document_uri", "gzip_ratio", "host", "hostname", "https", "http2", "http3",
		"invalid_referer", "is_args", "is_request_port", "limit_rate", "msec", "nginx_version", "pid", "pipe", "query_string",
		"realpath_root", "remote_addr", "remote_port", "remote_user", "scheme", "server_addr", "server_name", "server_port",
		"server_protocol", "status", "uri", "date_local", "date_gmt", "limit_req_status", "limit_conn_status"}, name)
}
