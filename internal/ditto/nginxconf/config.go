package nginxconf

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/nginxconf/expr"
	"github.com/dittoguard/dittoguard/internal/ditto/nginxconf/syntax"
	"github.com/dittoguard/dittoguard/internal/ditto/nginxconf/upstream"
	"github.com/dittoguard/dittoguard/internal/ditto/nginxconf/vhost"
	"github.com/dittoguard/dittoguard/internal/ditto/reason"
)

// Config is a configuration as nginx would run it. It is not changed after Parse and may be used concurrently.
type Config struct {
	// Servers are the server blocks of http and stream, in the order they stand.
	Servers []*Server
	// Unknown lists what was not found or not understood, one sentence each, with file and line.
	Unknown []string
	// Missing are those of its includes that were not found.
	Missing []syntax.Missing

	dir       string
	http      *scope
	vars      *expr.Variables
	upstreams map[string]upstream.Group
	routes    []*Route
	byScope   map[*scope]*Route
	// zones are limit_req_zone and limit_conn_zone, by directive and name.
	zones     map[string]*syntax.Directive
	texts     map[string]string // all files
	listeners *vhost.Listeners
	byHost    map[*vhost.Host]*Server
	limits    map[limitKey]Setting
	// moreServers: a file that was not found may hold servers.
	moreServers bool
	patterns    expr.Patterns // of if, rewrite and server_name
	work        expr.Budget   // what Parse may still spend on routes
}

// Server is one server block.
type Server struct {
	vhost.Host

	// ErrorPages are the server's own answers to what goes wrong, as far as they repeat what the client sent.
	ErrorPages ErrorPages

	scope    *scope
	foreign  map[string]bool
	scopes   []*scope // the server's own and all its locations
	routes   []*Route
	entered  []*way // behind the server's own directives, whatever the location
	leads    leads
	doorways []vhost.Visit
	// moreDoors says that the server has more names and ports than are tried, and may treat them differently.
	moreDoors bool
	leading   map[string][]leading // what leads to named locations
}

// Parse reads main, an absolute path, and what it includes, from files (absolute path to text). It reads no other file.
// Errors, all that were found, name file and line; nginx would not start with such a configuration. That the context
// has ended is an error, too.
func Parse(ctx context.Context, main string, files map[string]string) (*Config, error) {
	tree, err := syntax.Load(main, files)
	if err != nil {
		return nil, err
	}
	unknown := tree.Unknown
	c := &Config{dir: tree.Dir, vars: expr.NewVariables(), upstreams: map[string]upstream.Group{}, texts: tree.Files,
		byHost:  map[*vhost.Host]*Server{},
		byScope: map[*scope]*Route{}, zones: map[string]*syntax.Directive{}, limits: map[limitKey]Setting{},
		patterns: expr.Patterns{},
		work:     expr.Budget{Ctx: ctx, Left: workPerParse}}
	c.http = newScope(kindHTTP, nil, nil)
	stream := newScope(kindStream, nil, nil)
	for _, d := range tree.Directives {
		switch {
		case d.Name == "http" && d.Block != nil:
			// A pattern such as conf.d/*.conf holds servers, which change nothing in the servers that are here.
			c.http.take(slices.DeleteFunc(slices.Clone(d.Block), func(d *syntax.Directive) bool {
				return d.Missing && d.Glob
			}))
			c.moreServers = c.moreServers ||
				slices.ContainsFunc(d.Block, func(d *syntax.Directive) bool { return d.Missing })
		case d.Name == "stream" && d.Block != nil:
			stream.take(d.Block)
		case d.Missing:
			c.moreServers = true
			if !d.Glob {
				c.http.take([]*syntax.Directive{d})
			}
		}
	}
	var hosts []*vhost.Host
	var errs []error
	listens := 0
	c.define(tree.Directives, unknown)
	for _, s := range []*scope{c.http, stream} {
		for _, d := range s.dirs {
			if d.Name == "server" && d.Block != nil {
				srv, err := c.server(s, d, unknown)
				if err != nil {
					errs = append(errs, err)
					continue
				}
				c.Servers = append(c.Servers, srv)
				hosts = append(hosts, &srv.Host)
				c.byHost[&srv.Host] = srv
				if listens += len(srv.Listen); listens > vhost.MaxListens {
					return nil, fmt.Errorf("reading %s: the servers listen on more than %d ports", path.Clean(main),
						vhost.MaxListens)
				}
			}
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	c.listeners = vhost.NewListeners(hosts)
	for _, srv := range c.Servers {
		c.addRoutes(srv)
		srv.leads = c.leadsOf(srv)
		var more bool
		srv.doorways, more = c.listeners.Doors(&srv.Host)
		srv.moreDoors = more && srv.asksByDoor()
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
	c.Unknown, c.Missing, c.work.Ctx = unknown.List, tree.Missing, nil
	return c, nil
}

func (c *Config) server(parent *scope, d *syntax.Directive, unknown *syntax.Notes) (*Server, error) {
	kind := kindServer
	if parent.kind == kindStream {
		kind = kindStreamServer
	}
	srv := &Server{Host: vhost.Host{Stream: kind == kindStreamServer}, foreign: map[string]bool{}}
	s := newScope(kind, parent, d)
	s.server, srv.scope = srv, s
	all := s.buildLocations(unknown)
	srv.scopes = append([]*scope{s}, all...)
	for _, loc := range all {
		if loc.handsOver() {
			loc.variables(srv.foreign)
		}
	}
	for _, e := range s.own["server_name"] {
		srv.Names = append(srv.Names, e.Args...)
	}
	if len(s.own["server_name"]) == 0 {
		srv.Names = []string{""}
	}
	for _, name := range srv.Names {
		if re, ok := strings.CutPrefix(name, "~"); ok {
			srv.Captures = append(srv.Captures, c.patterns.Get(re, true))
		}
	}
	var errs []error
	for _, e := range s.own["listen"] {
		list, err := vhost.ParseListen(e, unknown)
		if err != nil {
			errs = append(errs, err)
		}
		srv.Listen = append(srv.Listen, list...)
	}
	if len(s.own["listen"]) == 0 && !srv.Stream {
		// *:80 as root, *:8000 otherwise.
		srv.Listen = []vhost.Listen{{Address: "*", Port: 80}, {Address: "*", Port: 8000}}
		unknown.Add(reason.Of("nginx-no-listen", d.At()))
	}
	if ssl := s.setting("ssl"); ssl != nil && ssl.Arg(0) == "on" {
		for i := range srv.Listen {
			srv.Listen[i].TLS = true
		}
	}
	return srv, errors.Join(errs...)
}

// handsOver says whether a request may go on from here in another location.
func (s *scope) handsOver() bool {
	for _, d := range s.dirs {
		if d.Name == "rewrite" || d.Name == "try_files" || d.Name == "error_page" || d.Name == "if" {
			return true
		}
	}
	return s.inherited("error_page") != nil
}

// variables adds the names that are set in a scope and its ifs.
func (s *scope) variables(names map[string]bool) {
	for _, d := range s.own["set"] {
		names[expr.VariableName(d.Arg(0))] = true
	}
	for _, inner := range s.ifs {
		inner.variables(names)
	}
}

// Routes are all routes, in the order their locations stand. They belong to the Config and must not be changed.
func (c *Config) Routes() []*Route { return c.routes }

// What callers name of the packages below.
type (
	// Missing is an include that was not found.
	Missing = syntax.Missing
	// Door is a way to a server for whoever is in the same pod.
	Door = vhost.Door
)
