package nginxconf

import (
	"path"
	"slices"
	"strconv"
	"strings"
)

// ErrorPages says whether a server's own answers to what goes wrong repeat what the client sent.
type ErrorPages struct {
	// Echoes are the answers that do, a sentence each, with what they repeat.
	Echoes []string
	// Unknown are those that something makes which is not here.
	Unknown []string
}

// echoes finds the error answers of a server: those of return, and what answers for the pages of error_page.
type echoes struct {
	config *Config
	server *Server
	pages  *ErrorPages
	seen   map[*scope]bool
}

func (c *Config) errorPages(srv *Server) ErrorPages {
	var pages ErrorPages
	if srv.Stream {
		return pages
	}
	e := &echoes{config: c, server: srv, pages: &pages, seen: map[*scope]bool{}}
	for _, d := range srv.scope.inherited("error_page") {
		e.errorPage(d)
	}
	e.level(srv.scope)
	return pages
}

// level looks through a scope and what is inside it.
func (e *echoes) level(s *scope) {
	if s != e.server.scope {
		for _, d := range s.own["error_page"] {
			e.errorPage(d)
		}
	}
	for _, d := range s.own["return"] {
		if code, err := strconv.Atoi(d.arg(0)); err == nil && code >= 400 && len(d.args) == 2 {
			loc := s.location()
			e.text(d, d.args[1], loc.internal && !loc.named)
		}
	}
	for _, d := range s.dirs {
		if inner := s.ifs[d]; inner != nil {
			e.level(inner)
		}
	}
	for _, inner := range slices.Concat(s.static, s.regex) {
		e.level(inner)
	}
	for _, at := range s.at {
		if !slices.Contains(s.static, at) {
			e.level(at)
		}
	}
}

// errorPage finds what answers for the page that error_page names.
func (e *echoes) errorPage(d *directive) {
	target := d.arg(len(d.args) - 1)
	if len(d.args) < 2 {
		return
	}
	switch {
	case strings.HasPrefix(target, "@"):
		if at := e.server.scope.at[target]; at != nil {
			e.page(at, "", false)
		}
	case strings.HasPrefix(target, "$"):
		e.pages.unknown("error_page at " + d.at() + " chooses the page by a variable")
	case strings.HasPrefix(target, "/"):
		uri, query, _ := strings.Cut(target, "?")
		if _, client := e.config.echoed(uri, false); client {
			e.pages.unknown("error_page at " + d.at() + " chooses the page by the request")
			return
		}
		// The page has a path and a query of its own.
		_, carried := e.config.echoed(query, false)
		moved := !carried
		p := &way{concrete: true, uri: uri, internal: true, args: nil, work: &work{left: workPerQuestion}}
		for _, f := range e.config.find(e.server.scope, p) {
			switch {
			case f.redirect:
			case f.loc == nil:
				e.page(e.server.scope, uri, moved)
			default:
				e.page(f.loc, uri, moved)
			}
		}
	}
}

// page looks at what answers in a scope for a page, whatever its code. moved: neither the path nor the query is the
// client's any more.
func (e *echoes) page(s *scope, uri string, moved bool) {
	if e.seen[s] && uri == "" {
		return
	}
	e.seen[s] = true
	for _, d := range s.own["return"] {
		if len(d.args) == 2 && !strings.HasPrefix(d.arg(0), "3") {
			e.text(d, d.args[1], moved)
		}
	}
	for _, d := range s.dirs {
		if inner := s.ifs[d]; inner != nil {
			e.page(inner, uri, moved)
		}
	}
	for _, d := range s.inherited("sub_filter") {
		if len(d.args) == 2 {
			e.text(d, d.args[1], moved)
		}
	}
	switch h := s.handler(); {
	case h == nil:
		if s.flag("ssi", false) {
			e.includes(s, uri, moved)
		}
	case h.name == "echo":
		for _, a := range h.args {
			e.text(h, a, moved)
		}
	case len(s.own["return"]) > 0, s.kind == kindIf:
	case strings.HasSuffix(h.name, "_pass"), unread(h.name):
		e.pages.unknown(h.name + " at " + h.at() + " makes an error page, and what it repeats is not here")
	}
}

// includes reads the server-side includes of a page, if it is at hand.
func (e *echoes) includes(s *scope, uri string, moved bool) {
	name, at := "", "ssi"
	if d := s.setting("ssi"); d != nil {
		at = "ssi at " + d.at()
	}
	if d := s.setting("root"); d != nil {
		name = path.Join("/", d.arg(0), uri)
	}
	if d := s.setting("alias"); d != nil && len(s.own["alias"]) > 0 {
		name = path.Join("/", d.arg(0), strings.TrimPrefix(uri, s.name))
	}
	text, there := e.config.texts[name]
	if !there {
		e.pages.unknown(at + " makes an error page of " + uri + ", which is not among the mounted files")
		return
	}
	for _, name := range included(text) {
		if _, client := e.config.echoed("${"+strings.ToLower(name)+"}", moved); client {
			e.pages.echo(at + " repeats $" + strings.ToLower(name) + " in the error page " + uri)
		}
	}
}

// included are the variables that a page with server-side includes writes: <!--# echo var="name" -->.
func included(text string) []string {
	var names []string
	for {
		_, rest, found := strings.Cut(text, "<!--#")
		if !found {
			return names
		}
		command, after, closed := strings.Cut(rest, "-->")
		if !closed {
			return names
		}
		text = after
		fields := strings.Fields(command)
		if len(fields) == 0 || fields[0] != "echo" {
			continue
		}
		for _, f := range fields[1:] {
			if value, ok := strings.CutPrefix(f, "var="); ok {
				names = append(names, strings.Trim(value, `"'`))
			}
		}
	}
}

// text notes an answer whose text repeats what the client sent.
func (e *echoes) text(d *directive, text string, moved bool) {
	if name, client := e.config.echoed(text, moved); client {
		e.pages.echo(d.name + " at " + d.at() + " repeats $" + name)
	}
}

// echoed is the first variable in a text that holds what the client wrote, be it by way of map and set. moved: the path and
// the query are no longer those that the client asked for.
func (c *Config) echoed(source string, moved bool) (name string, client bool) {
	t, err := parseText(source)
	if err != nil {
		return "", false
	}
	return c.echoedIn(t, moved, map[string]bool{})
}

// echoedIn looks at each variable once: what it can hold is the same wherever it stands.
func (c *Config) echoedIn(t text, moved bool, seen map[string]bool) (name string, client bool) {
	for _, p := range t {
		if p.name == "" || seen[p.name] {
			continue
		}
		seen[p.name] = true
		// A method has no characters that could do harm, and a length has digits.
		if chosen(p) && p.name != "request_method" && p.name != "content_length" {
			if !moved || !ofPath(p.name) {
				return p.name, true
			}
			continue
		}
		var values []text
		if m := c.maps[p.name]; m != nil {
			for _, e := range slices.Concat(m.exact, m.regex, []entry{{value: m.deflt}}) {
				values = append(values, e.value)
			}
		} else if c.assigned[p.name] {
			sets, set := c.sets[p.name]
			if !set && !moved {
				return p.name, true // a named group of a pattern, which the path was matched with
			}
			for _, source := range sets {
				if value, err := parseText(source); err == nil {
					values = append(values, value)
				}
			}
		}
		for _, value := range values {
			if inner, client := c.echoedIn(value, moved, seen); client {
				return inner, true
			}
		}
	}
	return "", false
}

// ofPath says whether a variable follows the path and the query of an internal redirect.
func ofPath(name string) bool {
	switch name {
	case "uri", "document_uri", "args", "query_string", "request_filename":
		return true
	}
	return strings.HasPrefix(name, "arg_") || len(name) == 1 && name[0] >= '0' && name[0] <= '9'
}

func (p *ErrorPages) echo(text string) {
	if !slices.Contains(p.Echoes, text) {
		p.Echoes = append(p.Echoes, text)
	}
}

func (p *ErrorPages) unknown(text string) {
	if !slices.Contains(p.Unknown, text) {
		p.Unknown = append(p.Unknown, text)
	}
}
