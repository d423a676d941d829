package nginxconf

import (
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/nginxconf/expr"
	"github.com/dittoguard/dittoguard/internal/ditto/nginxconf/syntax"
	"github.com/dittoguard/dittoguard/internal/ditto/reason"
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
		if code, err := strconv.Atoi(d.Arg(0)); err == nil && code >= 400 && len(d.Args) == 2 {
			loc := s.location()
			e.text(d, d.Args[1], loc.internal && !loc.named)
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
func (e *echoes) errorPage(d *syntax.Directive) {
	target := d.Arg(len(d.Args) - 1)
	if len(d.Args) < 2 {
		return
	}
	switch {
	case strings.HasPrefix(target, "@"):
		if at := e.server.scope.at[target]; at != nil {
			e.page(at, "", false)
		}
	case strings.HasPrefix(target, "$"):
		e.pages.unknown(reason.Of("nginx-page-by-variable", d.At(), "a variable"))
	case strings.HasPrefix(target, "/"):
		uri, query, _ := strings.Cut(target, "?")
		if _, client := e.config.vars.Echoed(uri, false); client {
			e.pages.unknown(reason.Of("nginx-page-by-variable", d.At(), "the request"))
			return
		}
		// The page has a path and a query of its own.
		_, carried := e.config.vars.Echoed(query, false)
		moved := !carried
		p := &way{concrete: true, uri: uri, internal: true, args: nil, work: &expr.Budget{Left: workPerQuestion}}
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
		if len(d.Args) == 2 && !strings.HasPrefix(d.Arg(0), "3") {
			e.text(d, d.Args[1], moved)
		}
	}
	for _, d := range s.dirs {
		if inner := s.ifs[d]; inner != nil {
			e.page(inner, uri, moved)
		}
	}
	for _, d := range s.inherited("sub_filter") {
		if len(d.Args) == 2 {
			e.text(d, d.Args[1], moved)
		}
	}
	switch h := s.handler(); {
	case h == nil:
		if s.flag("ssi", false) {
			e.includes(s, uri, moved)
		}
	case h.Name == "echo":
		for _, a := range h.Args {
			e.text(h, a, moved)
		}
	case len(s.own["return"]) > 0, s.kind == kindIf:
	case strings.HasSuffix(h.Name, "_pass"), syntax.Unread(h.Name):
		e.pages.unknown(reason.Of("nginx-page-elsewhere", h.Name, h.At()))
	}
}

// includes reads the server-side includes of a page, if it is at hand.
func (e *echoes) includes(s *scope, uri string, moved bool) {
	name, at := "", "ssi"
	if d := s.setting("ssi"); d != nil {
		at = "ssi at " + d.At()
	}
	if d := s.setting("root"); d != nil {
		name = path.Join("/", d.Arg(0), uri)
	}
	if d := s.setting("alias"); d != nil && len(s.own["alias"]) > 0 {
		name = path.Join("/", d.Arg(0), strings.TrimPrefix(uri, s.name))
	}
	text, there := e.config.texts[name]
	if !there {
		e.pages.unknown(reason.Of("nginx-page-not-mounted", at, uri))
		return
	}
	for _, name := range included(text) {
		if _, client := e.config.vars.Echoed("${"+strings.ToLower(name)+"}", moved); client {
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
func (e *echoes) text(d *syntax.Directive, text string, moved bool) {
	if name, client := e.config.vars.Echoed(text, moved); client {
		e.pages.echo(d.Name + " at " + d.At() + " repeats $" + name)
	}
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
