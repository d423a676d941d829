package nginxconf

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"sort"
	"strings"

	crossplane "github.com/nginxinc/nginx-go-crossplane"
)

// Config is a configuration as nginx would run it. It is not changed after Parse and may be used concurrently.
type Config struct {
	// Servers are the server blocks of http and stream, in the order they stand.
	Servers []*Server
	// Unknown lists what was not at hand or not understood, one sentence each, with file and line.
	Unknown []string
	// Missing are those of its includes that are not at hand.
	Missing []Missing

	dir       string
	http      *scope
	maps      map[string]*mapping
	upstreams map[string]upstream
	assigned  map[string]bool     // variables that set and its like define
	sets      map[string][]string // what those set them to
	scripted  map[string]bool     // variables that a script gives
	routes    []*Route
	byScope   map[*scope]*Route
	// zones are limit_req_zone and limit_conn_zone, by directive and name.
	zones     map[string]*directive
	texts     map[string]string // all files
	listeners map[int][]*listener
	tls       map[socketKey]bool // what servers listen on with ssl
	vague     bool               // some listen is not understood
	limits    map[limitKey]Setting
	// moreServers: a file that is not at hand may hold servers.
	moreServers bool
	patterns    map[string]*pattern // of if, rewrite and server_name, compiled once
	work        work                // what Parse may still spend on routes
}

// Server is one server block.
type Server struct {
	Listen []Listen
	// Names are the server names as written; `""` stands as the empty string.
	Names []string
	// Stream: the server forwards connections, not requests.
	Stream bool
	// Locations are all locations, nested ones behind the one they stand in.
	Locations []Location
	// ErrorPages are the server's own answers to what goes wrong, as far as they repeat what the client sent.
	ErrorPages ErrorPages
	File       string
	Line       int

	scope    *scope
	foreign  map[string]bool
	captures []*pattern // of its names that are patterns
	scopes   []*scope   // the server's own and all its locations
	routes   []*Route
	entered  []*way // behind the server's own directives, whatever the location
	leads    leads
	doorways []door               // see doors
	leading  map[string][]leading // what leads to named locations
}

// Listen is one address that a server listens on.
type Listen struct {
	// Address is `*` where the directive names a port alone; a socket's path for unix:.
	Address string
	// Port is 0 for a socket, and where the directive is not understood.
	Port    int
	TLS     bool
	Default bool
	UDP     bool
}

// Location is a location block and what answers in it: a directive's name, `return`, or `files`.
type Location struct {
	Match   string
	Handler string
	File    string
	Line    int
}

// Parse reads main, an absolute path, and what it includes, from files (absolute path to text). It reads no other file.
// Errors, all that were found, name file and line; nginx would not start with such a configuration. That the context has
// ended is an error, too.
func Parse(ctx context.Context, main string, files map[string]string) (*Config, error) {
	if !path.IsAbs(main) {
		return nil, fmt.Errorf("reading %s: not an absolute path", main)
	}
	main = path.Clean(main)
	if _, ok := files[main]; !ok {
		return nil, fmt.Errorf("reading %s: not among the files", main)
	}
	unknown := &notes{}
	l := &loader{files: withTemplates(files, unknown), dir: path.Dir(main), parsed: map[string][]*directive{}, unknown: unknown}
	tree, err := l.load(main, nil)
	if err != nil {
		return nil, err
	}
	c := &Config{dir: l.dir, maps: map[string]*mapping{}, upstreams: map[string]upstream{}, assigned: map[string]bool{}, sets: map[string][]string{}, texts: l.files,
		scripted: map[string]bool{}, byScope: map[*scope]*Route{}, zones: map[string]*directive{}, tls: map[socketKey]bool{}, limits: map[limitKey]Setting{},
		patterns: map[string]*pattern{}, work: work{ctx: ctx, left: workPerParse}}
	c.http = newScope(kindHTTP, nil, nil)
	stream := newScope(kindStream, nil, nil)
	for _, d := range tree {
		switch {
		case d.name == "http" && d.block != nil:
			// A pattern such as conf.d/*.conf holds servers, which change nothing in the servers that are here.
			c.http.take(slices.DeleteFunc(slices.Clone(d.block), func(d *directive) bool { return d.missing && d.glob }))
			c.moreServers = c.moreServers || slices.ContainsFunc(d.block, func(d *directive) bool { return d.missing })
		case d.name == "stream" && d.block != nil:
			stream.take(d.block)
		case d.missing:
			c.moreServers = true
			if !d.glob {
				c.http.take([]*directive{d})
			}
		}
	}
	var errs []error
	listens := 0
	c.define(tree, unknown)
	for _, s := range []*scope{c.http, stream} {
		for _, d := range s.dirs {
			if d.name == "server" && d.block != nil {
				srv, err := c.server(s, d, unknown)
				if err != nil {
					errs = append(errs, err)
					continue
				}
				c.Servers = append(c.Servers, srv)
				if listens += len(srv.Listen); listens > maxListens {
					return nil, fmt.Errorf("reading %s: the servers listen on more than %d ports", main, maxListens)
				}
			}
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	c.listenTo()
	for _, srv := range c.Servers {
		c.addRoutes(srv)
		srv.leads, srv.doorways = c.leadsOf(srv), c.doors(srv)
	}
	for _, r := range c.routes {
		if ctx.Err() != nil {
			return nil, fmt.Errorf("reading %s: %w", main, context.Cause(ctx))
		}
		c.describe(r)
		r.complete = r.invertible()
	}
	for _, srv := range c.Servers {
		srv.ErrorPages = c.errorPages(srv)
	}
	c.Unknown, c.Missing, c.work.ctx = unknown.list, l.missing, nil
	return c, nil
}

// withTemplates adds what the entry point of nginx's own image makes of templates/NAME.template: conf.d/NAME.
func withTemplates(files map[string]string, unknown *notes) map[string]string {
	var names []string
	for name := range files {
		if strings.HasSuffix(name, ".template") && path.Base(path.Dir(name)) == "templates" {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return files
	}
	sort.Strings(names)
	all := make(map[string]string, len(files)+len(names))
	maps.Copy(all, files)
	for _, name := range names {
		out := path.Join(path.Dir(path.Dir(name)), "conf.d", strings.TrimSuffix(path.Base(name), ".template"))
		if _, ok := all[out]; !ok {
			all[out] = files[name]
			unknown.add("%s is made from %s when the container starts: its placeholders are not known", out, name)
		}
	}
	return all
}

// define collects what is defined for the whole of http, wherever it stands: maps, upstreams, variables.
func (c *Config) define(list []*directive, unknown *notes) {
	for _, d := range list {
		switch d.name {
		case "map", "geo", "split_clients":
			if d.block != nil {
				if m := parseMapping(d); m != nil {
					c.maps[m.name] = m
				} else {
					unknown.add("%s at %s: not understood", d.name, d.at())
				}
				continue
			}
		case "upstream":
			if d.block != nil && len(d.args) == 1 {
				u := parseUpstream(d)
				if u.unknown != "" {
					unknown.add("upstream %s: %s", d.args[0], u.unknown)
				}
				c.upstreams[strings.ToLower(d.args[0])] = u
			}
		case "set", "auth_request_set", "auth_jwt_claim_set":
			name := strings.TrimPrefix(d.arg(0), "$")
			c.assigned[name] = true
			c.sets[name] = append(c.sets[name], d.arg(1))
		case "js_set", "js_var", "perl_set", "set_by_lua", "set_by_lua_block", "set_by_lua_file", "keyval", "geoip2",
			"geoip2_proxy", "num_map", "encrypted_session", "js_preload_object":
			for _, a := range append(slices.Clone(d.args), scriptNames(d)...) {
				if name, ok := strings.CutPrefix(a, "$"); ok {
					c.scripted[name] = true
				}
			}
		case "limit_req_zone", "limit_conn_zone":
			for _, a := range d.args {
				if zone, ok := strings.CutPrefix(a, "zone="); ok {
					zone, _, _ = strings.Cut(zone, ":")
					c.zones[d.name+" "+zone] = d
				}
			}
		}
		c.precompile(d)
		for _, a := range d.args {
			c.defineNamed(d, a)
		}
		switch {
		case unread(d.name), strings.HasSuffix(d.name, "_by_lua_block"), strings.HasPrefix(d.name, "js_"), d.name == "load_module":
			if d.name != "load_module" || !strings.Contains(d.arg(0), "ngx_stream_module") {
				unknown.add("%s at %s: not read", d.name, d.at())
			}
		case !known(d.name) && d.name != "types":
			unknown.add("%s at %s: a directive of a module that is not known here", d.name, d.at())
		}
		if d.block != nil && d.name != "types" && d.name != "charset_map" && d.name != "match" && d.name != "otel_exporter" {
			c.define(d.block, unknown)
		}
	}
}

// defineNamed notes the named groups of patterns: nginx makes variables of them.
func (c *Config) defineNamed(d *directive, arg string) {
	if d.name != "location" && d.name != "server_name" && d.name != "if" && d.name != "rewrite" || !strings.Contains(arg, "(?") {
		return
	}
	for name := range compile(strings.TrimPrefix(arg, "~"), false).names() {
		c.assigned[name] = true
	}
}

// precompile keeps the patterns that requests are matched with.
func (c *Config) precompile(d *directive) {
	keep := func(source string, fold bool) {
		p := compile(source, fold)
		c.patterns[p.String()] = p
	}
	switch d.name {
	case "rewrite":
		keep(d.arg(0), false)
	case "server_name":
		for _, a := range d.args {
			if source, ok := strings.CutPrefix(a, "~"); ok {
				keep(source, true)
			}
		}
	case "if":
		if args := condition(d.args); len(args) == 3 && strings.Contains(args[1], "~") {
			keep(args[2], strings.HasSuffix(args[1], "*"))
		}
	}
}

func (c *Config) pattern(source string, fold bool) *pattern {
	p := pattern{source: source, fold: fold}
	if known, ok := c.patterns[p.String()]; ok {
		return known
	}
	return compile(source, fold)
}

func scriptNames(d *directive) []string {
	var out []string
	for _, e := range d.block {
		out = append(out, e.name)
	}
	return out
}

// known tells directives of nginx, its modules and the widespread modules that the library lists, from anything else.
func known(name string) bool {
	for _, match := range []crossplane.MatchFunc{crossplane.DefaultDirectivesMatchFunc, crossplane.MatchOssLatest,
		crossplane.MatchLuaLatest, crossplane.MatchHeadersMoreLatest, crossplane.MatchGeoip2Latest} {
		if _, ok := match(name); ok {
			return true
		}
	}
	return name == "include" || name == "more_set_headers" || strings.HasPrefix(name, "brotli") || strings.HasPrefix(name, "echo")
}

func (c *Config) server(parent *scope, d *directive, unknown *notes) (*Server, error) {
	kind := kindServer
	if parent.kind == kindStream {
		kind = kindStreamServer
	}
	srv := &Server{File: d.file, Line: d.line, Stream: kind == kindStreamServer, foreign: map[string]bool{}}
	s := newScope(kind, parent, d)
	s.server, srv.scope = srv, s
	all := s.buildLocations(unknown)
	srv.scopes = append([]*scope{s}, all...)
	for _, loc := range all {
		srv.Locations = append(srv.Locations, Location{Match: loc.match(), Handler: loc.answers(), File: loc.node.file, Line: loc.node.line})
		if loc.handsOver() {
			loc.variables(srv.foreign)
		}
	}
	for _, e := range s.own["server_name"] {
		srv.Names = append(srv.Names, e.args...)
	}
	if len(s.own["server_name"]) == 0 {
		srv.Names = []string{""}
	}
	for _, name := range srv.Names {
		if re, ok := strings.CutPrefix(name, "~"); ok {
			srv.captures = append(srv.captures, c.pattern(re, true))
		}
	}
	var errs []error
	for _, e := range s.own["listen"] {
		list, err := parseListen(e, unknown)
		if err != nil {
			errs = append(errs, err)
		}
		srv.Listen = append(srv.Listen, list...)
	}
	if len(s.own["listen"]) == 0 && !srv.Stream {
		// *:80 as root, *:8000 otherwise.
		srv.Listen = []Listen{{Address: "*", Port: 80}, {Address: "*", Port: 8000}}
		unknown.add("server at %s has no listen: port 80 as root, 8000 otherwise", d.at())
	}
	if ssl := s.setting("ssl"); ssl != nil && ssl.arg(0) == "on" {
		for i := range srv.Listen {
			srv.Listen[i].TLS = true
		}
	}
	return srv, errors.Join(errs...)
}

// answers names what answers in a location.
func (s *scope) answers() string {
	for _, d := range s.dirs {
		if d.name == "return" {
			return "return"
		}
	}
	if h := s.handler(); h != nil {
		return h.name
	}
	return "files"
}

// handsOver says whether a request may go on from here in another location.
func (s *scope) handsOver() bool {
	for _, d := range s.dirs {
		if d.name == "rewrite" || d.name == "try_files" || d.name == "error_page" || d.name == "if" {
			return true
		}
	}
	return s.inherited("error_page") != nil
}

// variables adds the names that are set in a scope and its ifs.
func (s *scope) variables(names map[string]bool) {
	for _, d := range s.own["set"] {
		names[strings.TrimPrefix(d.arg(0), "$")] = true
	}
	for _, inner := range s.ifs {
		inner.variables(names)
	}
}

func parseListen(d *directive, unknown *notes) ([]Listen, error) {
	if len(d.args) == 0 {
		return nil, fmt.Errorf("reading %s: listen without an address", d.at())
	}
	l := Listen{Address: "*", Port: 80}
	for _, a := range d.args[1:] {
		switch a {
		case "ssl", "quic":
			l.TLS = true
			l.UDP = l.UDP || a == "quic"
		case "default_server", "default":
			l.Default = true
		case "udp":
			l.UDP = true
		}
	}
	where := d.args[0]
	if socket, ok := strings.CutPrefix(where, "unix:"); ok {
		l.Address, l.Port = path.Clean(socket), 0
		return []Listen{l}, nil
	}
	if strings.Contains(where, "$") {
		unknown.add("listen %s at %s: a placeholder", where, d.at())
		l.Port = 0
		return []Listen{l}, nil
	}
	ports := ""
	switch i := strings.LastIndexByte(where, ':'); {
	case strings.HasPrefix(where, "["):
		end := strings.IndexByte(where, ']')
		if end < 0 {
			return nil, fmt.Errorf("reading %s: listen %q is not an address", d.at(), where)
		}
		l.Address, ports = where[:end+1], strings.TrimPrefix(where[end+1:], ":")
	case i >= 0:
		l.Address, ports = where[:i], where[i+1:]
	case strings.Trim(where, "0123456789-") == "":
		ports = where
	default:
		l.Address = where
	}
	if l.Address == "0.0.0.0" || l.Address == "" {
		l.Address = "*"
	}
	if ports == "" {
		return []Listen{l}, nil
	}
	first, last, ranged := strings.Cut(ports, "-")
	from, ok := parsePort(first)
	to := from
	if ranged && ok {
		to, ok = parsePort(last)
	}
	if !ok || to < from {
		return nil, fmt.Errorf("reading %s: listen %q is not a port", d.at(), where)
	}
	if to-from >= maxListens {
		return nil, fmt.Errorf("reading %s: listen %q: more than %d ports", d.at(), where, maxListens)
	}
	var out []Listen
	for l.Port = from; l.Port <= to; l.Port++ {
		out = append(out, l)
	}
	return out, nil
}

// Routes are all routes, in the order their locations stand. They belong to the Config and must not be changed.
func (c *Config) Routes() []*Route { return c.routes }
