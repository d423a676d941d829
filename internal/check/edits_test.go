package check_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
)

// edit is a change of an object that opens ways in. It returns false where it does not apply.
type edit struct {
	name  string
	grows bool
	apply func(r *rand.Rand, f fields) bool
}

// fields are where in an object the edits look.
type fields struct {
	object map[string]any
	// hosts and paths are the places of those; paths are plain ones that are passed on as they are.
	hosts, paths []place
	// lists are lists of which every item opens ways of its own.
	lists []place
}

// place is a field of an object, or a part of its text.
type place struct {
	in  map[string]any
	key string
	// from and to are where the part is, if to is not 0.
	from, to int
}

func (p place) text() string {
	s, _ := p.in[p.key].(string)
	if p.to > 0 {
		return s[p.from:p.to]
	}
	return s
}

func (p place) set(text string) {
	if p.to > 0 {
		whole := p.in[p.key].(string)
		text = whole[:p.from] + text + whole[p.to:]
	}
	p.in[p.key] = text
}

// parts are the places in a text where the first group of an expression is.
func parts(in map[string]any, key string, of *regexp.Regexp) []place {
	text, _ := in[key].(string)
	var list []place
	for _, at := range of.FindAllStringSubmatchIndex(text, -1) {
		list = append(list, place{in, key, at[2], at[3]})
	}
	return list
}

func (p place) list() []any { l, _ := p.in[p.key].([]any); return l }

// some is one of the places that fit.
func some(r *rand.Rand, places []place, fits func(place) bool) (place, bool) {
	var list []place
	for _, p := range places {
		if fits(p) {
			list = append(list, p)
		}
	}
	if len(list) == 0 {
		return place{}, false
	}
	return list[r.IntN(len(list))], true
}

var plainPath = regexp.MustCompile(`^(/[A-Za-z0-9._-]+)*/?$`)

// edits are what the test does to objects. The first ones take something away, the others add something.
var edits = []edit{
	{"a longer path", false, func(r *rand.Rand, f fields) bool {
		p, ok := some(r, f.paths, func(p place) bool { return plainPath.MatchString(p.text()) && p.text() != "" && !isExact(p) })
		if ok {
			p.set(strings.TrimRight(p.text(), "/") + "/deeper")
		}
		return ok
	}},
	{"an exact path", false, func(r *rand.Rand, f fields) bool {
		p, ok := some(r, f.paths, func(p place) bool { return isPrefix(p) && p.text() != "" })
		if ok {
			setExact(p)
		}
		return ok
	}},
	{"one host of all", false, func(r *rand.Rand, f fields) bool {
		any := func(p place) bool {
			return strings.HasPrefix(p.text(), "*") || p.text() == "" && f.object["kind"] == "Ingress"
		}
		p, ok := some(r, f.hosts, any)
		if ok {
			p.set("one." + strings.TrimPrefix(cmp.Or(p.text(), "*.example.com"), "*."))
		}
		return ok
	}},
	{"one less", false, func(r *rand.Rand, f fields) bool {
		p, ok := some(r, f.lists, func(p place) bool { return len(p.list()) > 1 })
		if ok {
			i := r.IntN(len(p.list()))
			p.in[p.key] = slices.Delete(slices.Clone(p.list()), i, i+1)
		}
		return ok
	}},
	{"some addresses of all", false, func(_ *rand.Rand, f fields) bool {
		spec, _ := f.object["spec"].(map[string]any)
		if spec["type"] != "LoadBalancer" || spec["loadBalancerSourceRanges"] != nil {
			return false
		}
		spec["loadBalancerSourceRanges"] = []any{"192.0.2.0/24"}
		return true
	}},
	{"a node port alone", false, func(_ *rand.Rand, f fields) bool {
		spec, _ := f.object["spec"].(map[string]any)
		// A node port is open to others than a tailnet is.
		if spec["type"] != "LoadBalancer" || spec["allocateLoadBalancerNodePorts"] != nil || spec["loadBalancerClass"] == "tailscale" {
			return false
		}
		spec["type"] = "NodePort"
		return true
	}},
	{"a label", false, func(_ *rand.Rand, f fields) bool {
		f.object["metadata"].(map[string]any)["labels"] = map[string]any{"edited": "yes"}
		return true
	}},

	{"another host", true, func(r *rand.Rand, f fields) bool {
		p, ok := some(r, f.hosts, func(p place) bool { return p.text() != "" && !strings.HasPrefix(p.text(), "*") })
		if ok {
			p.set("another." + p.text())
		}
		return ok
	}},
	{"a shorter path", true, func(r *rand.Rand, f fields) bool {
		if strings.Contains(fmt.Sprint(f.object["metadata"]), "konghq.com/strip-path") {
			return false // what is taken away is shorter, too, so that the same arrives
		}
		p, ok := some(r, f.paths, func(p place) bool { return plainPath.MatchString(p.text()) && len(p.text()) > 1 && !isExact(p) })
		if ok {
			path := strings.TrimRight(p.text(), "/")
			p.set(path[:strings.LastIndexByte(path, '/')+1])
		}
		return ok
	}},
	{"another port", true, func(r *rand.Rand, f fields) bool {
		spec, _ := f.object["spec"].(map[string]any)
		ports := place{in: spec, key: "ports"}.list()
		if spec["type"] != "LoadBalancer" || len(ports) == 0 {
			return false
		}
		port := ports[r.IntN(len(ports))].(map[string]any)
		if port["targetPort"] == nil {
			port["targetPort"] = port["port"]
		}
		port["port"] = int64(20000 + r.IntN(1000))
		return true
	}},
	{"an address more", true, func(_ *rand.Rand, f fields) bool {
		spec, _ := f.object["spec"].(map[string]any)
		if f.object["kind"] != "Service" {
			return false
		}
		spec["externalIPs"] = append(place{in: spec, key: "externalIPs"}.list(), "203.0.113.77")
		return true
	}},
}

// kindOf is the field beside a path that says how it is compared, and what it says of a prefix and of an exact path.
func kindOf(p place) (key, prefix, exact string) {
	switch {
	case p.in["pathType"] != nil:
		return "pathType", "Prefix", "Exact"
	case p.in["type"] != nil && p.key == "value":
		return "type", "PathPrefix", "Exact"
	}
	return "", "", ""
}

func isPrefix(p place) bool {
	key, prefix, _ := kindOf(p)
	return key != "" && p.in[key] == prefix
}

func isExact(p place) bool {
	key, _, exact := kindOf(p)
	return key != "" && p.in[key] == exact || p.key == "exact"
}

func setExact(p place) {
	key, _, exact := kindOf(p)
	p.in[key] = exact
}

// What can be edited in a text: hosts and prefixes in Traefik's rules, and the location of an nginx that hands paths on.
var (
	traefikHost   = regexp.MustCompile("Host(?:SNI)?\\(`([^`]+)`\\)")
	traefikPrefix = regexp.MustCompile("PathPrefix\\(`([^`]+)`\\)")
	nginxName     = regexp.MustCompile(`server_name ([a-z.]+);`)
	nginxLocation = regexp.MustCompile(`location (/[^ ]*) \{[^{}]*proxy_pass http://[^/;]+;`)
)

// fieldsOf finds what can be edited in an object.
func fieldsOf(object map[string]any) fields {
	f := fields{object: object}
	spec, _ := object["spec"].(map[string]any)
	each := func(in map[string]any, key string, do func(map[string]any)) {
		for _, item := range (place{in: in, key: key}).list() {
			if m, ok := item.(map[string]any); ok {
				do(m)
			}
		}
	}
	switch object["kind"] {
	case "Ingress":
		f.lists = append(f.lists, place{in: spec, key: "rules"})
		each(spec, "rules", func(rule map[string]any) {
			f.hosts = append(f.hosts, place{in: rule, key: "host"})
			if http, ok := rule["http"].(map[string]any); ok {
				f.lists = append(f.lists, place{in: http, key: "paths"})
				each(http, "paths", func(path map[string]any) { f.paths = append(f.paths, place{in: path, key: "path"}) })
			}
		})
	case "HTTPRoute":
		each(spec, "rules", func(rule map[string]any) {
			f.lists = append(f.lists, place{in: rule, key: "matches"})
			each(rule, "matches", func(match map[string]any) {
				if path, ok := match["path"].(map[string]any); ok && path["type"] != "RegularExpression" {
					f.paths = append(f.paths, place{in: path, key: "value"})
				}
			})
		})
	case "Route":
		f.hosts, f.paths = []place{{in: spec, key: "host"}}, []place{{in: spec, key: "path"}}
	case "VirtualService":
		each(spec, "http", func(rule map[string]any) {
			f.lists = append(f.lists, place{in: rule, key: "match"})
			each(rule, "match", func(match map[string]any) {
				if uri, ok := match["uri"].(map[string]any); ok && uri["prefix"] != nil {
					f.paths = append(f.paths, place{in: uri, key: "prefix"})
				}
			})
		})
	case "VirtualServer":
		f.hosts = []place{{in: spec, key: "host"}}
		each(spec, "routes", func(route map[string]any) { f.paths = append(f.paths, place{in: route, key: "path"}) })
	case "HTTPProxy":
		if host, ok := spec["virtualhost"].(map[string]any); ok {
			f.hosts = []place{{in: host, key: "fqdn"}}
		}
		each(spec, "routes", func(route map[string]any) {
			each(route, "conditions", func(c map[string]any) {
				if c["prefix"] != nil {
					f.paths = append(f.paths, place{in: c, key: "prefix"})
				}
			})
		})
	case "IngressRoute":
		if spec["parentRefs"] != nil {
			break // a router behind another one is compared by its text
		}
		f.lists = append(f.lists, place{in: spec, key: "routes"})
		each(spec, "routes", func(route map[string]any) {
			// Of several alternatives one may have nothing to do with what is refused.
			if match := (place{in: route, key: "match"}); !strings.Contains(match.text(), "!") && !strings.Contains(match.text(), "||") {
				f.hosts = append(f.hosts, parts(route, "match", traefikHost)...)
				f.paths = append(f.paths, parts(route, "match", traefikPrefix)...)
			}
		})
	case "IngressRouteTCP":
		each(spec, "routes", func(route map[string]any) { f.hosts = append(f.hosts, parts(route, "match", traefikHost)...) })
	case "TCPIngress":
		each(spec, "rules", func(rule map[string]any) { f.hosts = append(f.hosts, place{in: rule, key: "host"}) })
	case "TransportServer":
		f.hosts = []place{{in: spec, key: "host"}}
	case "ConfigMap":
		data, _ := object["data"].(map[string]any)
		for key := range data {
			// Where there are several, one takes what another one leaves.
			if text := (place{in: data, key: key}).text(); strings.Count(text, "proxy_pass") == 1 && !strings.Contains(text, "location ~") {
				f.hosts = append(f.hosts, parts(data, key, nginxName)...)
				f.paths = append(f.paths, parts(data, key, nginxLocation)...)
			}
		}
	case "Service":
		f.lists = append(f.lists, place{in: spec, key: "ports"})
	}
	return f
}
