package nginxconf

import (
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/nginxconf/syntax"
	"github.com/dittoguard/dittoguard/internal/ditto/nginxconf/upstream"
	"github.com/dittoguard/dittoguard/internal/ditto/reason"
)

// define collects what is defined for the whole of http, wherever it stands: variables, upstreams, zones.
func (c *Config) define(list []*syntax.Directive, unknown *syntax.Notes) {
	for _, d := range list {
		if !c.vars.Define(d) {
			unknown.Add(reason.Of("nginx-not-understood", d.Name, d.At()))
		}
		switch d.Name {
		case "map", "geo", "split_clients":
			if d.Block != nil {
				continue
			}
		case "upstream":
			if d.Block != nil && len(d.Args) == 1 {
				u := upstream.Read(d)
				if u.Unknown != "" {
					unknown.Add(u.Unknown)
				}
				c.upstreams[strings.ToLower(d.Args[0])] = u
			}
		case "limit_req_zone", "limit_conn_zone":
			for _, a := range d.Args {
				if zone, ok := strings.CutPrefix(a, "zone="); ok {
					zone, _, _ = strings.Cut(zone, ":")
					c.zones[d.Name+" "+zone] = d
				}
			}
		}
		c.precompile(d)
		switch {
		case syntax.Unread(d.Name), strings.HasSuffix(d.Name, "_by_lua_block"), strings.HasPrefix(d.Name, "js_"),
			d.Name == "load_module":
			if d.Name != "load_module" || !strings.Contains(d.Arg(0), "ngx_stream_module") {
				unknown.Add(reason.Of("nginx-not-read", d.Name+" at "+d.At()))
			}
		case !syntax.Known(d.Name) && d.Name != "types":
			unknown.Add(reason.Of("nginx-module-not-known", d.Name, d.At()))
		}
		if d.Block != nil && d.Name != "types" && d.Name != "charset_map" && d.Name != "match" &&
			d.Name != "otel_exporter" {
			c.define(d.Block, unknown)
		}
	}
}

// precompile keeps the patterns that requests are matched with.
func (c *Config) precompile(d *syntax.Directive) {
	switch d.Name {
	case "rewrite":
		c.patterns.Keep(d.Arg(0), false)
	case "server_name":
		for _, a := range d.Args {
			if source, ok := strings.CutPrefix(a, "~"); ok {
				c.patterns.Keep(source, true)
			}
		}
	case "if":
		if args := condition(d.Args); len(args) == 3 && strings.Contains(args[1], "~") {
			c.patterns.Keep(args[2], strings.HasSuffix(args[1], "*"))
		}
	}
}
