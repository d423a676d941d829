package ingress

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/utils/ptr"

	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/requests"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// reading is an Ingress as its controller reads it for one of its Services.
type reading struct {
	c          way.Context
	o          *inventory.Object
	in         way.Input
	controller *way.Controller
	read       way.Reading
	// counts is the Ingress whose annotations count, nil if it was not found.
	counts *way.Input
	// hosts are what clients speak, by host.
	hosts map[string]way.Transport
	// about is what annotations say about paths, for telling what cannot be read apart.
	about string
}

// inputOf is an Ingress with what is read beside it.
func inputOf(c way.Context, ing *networkingv1.Ingress) way.Input {
	return way.Input{Ingress: ing, Class: classOf(c, ing), Config: c.Config, Objects: c.Objects, Kept: c.Kept}
}

// toldTo is what the controllers of a class are told for all Ingresses.
func toldTo(c way.Context, class way.Class) []way.GlobalConfig {
	if c.Controllers == nil {
		return nil
	}
	return c.Controllers.Told(class)
}

func read(c way.Context, o *inventory.Object) *reading {
	ing := inventory.Must[networkingv1.Ingress](o)
	in := inputOf(c, ing)
	in.Controllers = toldTo(c, in.Class)
	if c.To != nil {
		in.Service, in.ServiceAnnotations = c.To.Ref.Name, c.To.Meta.Annotations
	}
	r := &reading{c: c, o: o, controller: controllerByName(in.Class.Controller)}
	for _, host := range hostsOf(ing) {
		onHost := onHostOf(c, host)
		if r.controller.Master != nil {
			masters := onHost.masters[in.Class.Name]
			if len(masters) == 0 && r.controller.IsMinion(ing) {
				lookAnywhere(c)
			}
			in.Master = r.controller.Master(masters)
		}
		in.HostForcesRegex = in.HostForcesRegex || onHost.regex[in.Class.Controller]
		in.HostAliased = in.HostAliased || slices.ContainsFunc(onHost.aliases[in.Class.Controller],
			func(h requests.Hosts) bool { return h.Name != "*" })
	}
	in.OfService, in.OfServiceAll = ofService(c, in)
	r.in, r.counts = in, counting(c, in)
	r.read = readingOf(c, in, r.counts)
	return r
}

// noMain is why a canary cannot be read.
var noMain = reason.Of("ingress-nginx-canary-without-main")

// counting is the Ingress whose annotations count for one: itself, but for a canary its main Ingress, that of the same
// host and path; nil if that was not found.
func counting(c way.Context, in way.Input) *way.Input {
	is := controllerByName(in.Class.Controller).IsCanary
	if is == nil || !is(in.Ingress) {
		return &in
	}
	places := placesOf(in.Ingress)
	for _, other := range sharingHosts(c, in.Ingress) {
		main := inventory.Must[networkingv1.Ingress](other)
		if is(main) || !sharesPath(in.Ingress, places, main) {
			continue
		}
		in.Ingress, in.Class = main, classOf(c, main)
		in.Controllers = toldTo(c, in.Class)
		return &in
	}
	lookAnywhere(c)
	return nil
}

// readingOf is how the edge reads an Ingress. Where another one counts, all that does of its own are the passwords that
// it names: what becomes of a path is the other's, too.
func readingOf(c way.Context, in way.Input, counts *way.Input) way.Reading {
	if counts == nil {
		r := readAs(in)
		unknown := tri.Is(tri.Unknown, "canary", noMain)
		r.Handling = way.Handling{
			Effects: way.Effects{
				Identity: unknown, Authentication: unknown, StripsIdentity: unknown, HidesHeaders: unknown,
				AuthSecrets: r.AuthSecrets,
			},
			Rate: way.Rate{Limited: unknown}, ErrorPages: way.ErrorPages{Unknown: []string{noMain}},
		}
		r.Transport = func(string) way.Transport { return way.Transport{TLS: unknown, Plain: unknown} }
		return r
	}
	counts.Neighbours = neighbours(c, *counts)
	r := readAs(*counts)
	if counts.Ingress != in.Ingress {
		for p := range r.Fixes {
			r.Fixes[p] = r.Fixes[p].Told()
		}
		r.AuthSecrets = append(r.AuthSecrets, readAs(in).AuthSecrets...)
	}
	return r
}

// routes are the requests that an Ingress sends to a Service, or to any.
func routes(c way.Context, o *inventory.Object) []way.Route {
	r := read(c, o)
	ing := r.in.Ingress
	var list []way.Route
	aside := r.asides()
	add := func(r *reading, host, asked, kind string, to []way.Backend, path way.Path) {
		if !path.Matcher.IsNothing() && (len(to) > 0 || c.To == nil) {
			list = append(list, r.route(host, asked, kind, to, path))
		}
	}
	if b := ing.Spec.DefaultBackend; b != nil {
		if to := r.leading(behind(nil, ing, b)); len(to) > 0 || len(aside) > 0 || c.To == nil {
			byDefault, routes := r.byDefault()
			for _, route := range routes {
				add(byDefault, route.Host, "/", "default backend", to, route.Path)
				for _, a := range aside {
					if a.Copies {
						list = append(list, r.aside(route.Host, "/", a, route.Path))
					}
				}
			}
		}
	}
	for _, rule := range ing.Spec.Rules {
		if rule.HTTP == nil {
			continue
		}
		host := rule.Host
		if host == "" {
			host = "*"
		}
		for i := range rule.HTTP.Paths {
			p := &rule.HTTP.Paths[i]
			to := r.leading(behind(nil, ing, &p.Backend))
			if len(to) == 0 && len(aside) == 0 && c.To != nil {
				continue
			}
			kind := string(ptr.Deref(p.PathType, ""))
			path := pathOf(r.read, p.PathType, p.Path)
			add(r, host, p.Path, kind, to, path)
			for _, a := range aside {
				if a.Copies || !a.among(to) {
					list = append(list, r.aside(host, p.Path, a, path))
				}
			}
		}
	}
	return list
}

// leading are those of some Services that routes are asked for.
func (r *reading) leading(to []way.Backend) []way.Backend {
	if r.c.To == nil {
		return to
	}
	return slices.DeleteFunc(to, func(b way.Backend) bool {
		return b.Namespace != r.c.To.Ref.Namespace || b.Name != r.c.To.Ref.Name
	})
}

// byDefault are the requests that the Ingress's default backend gets, and the Ingress as it is read for them.
func (r *reading) byDefault() (*reading, []defaultRoute) {
	var others []*networkingv1.Ingress
	if sharesDefault(r.in) {
		for _, other := range sharingHosts(r.c, r.in.Ingress) {
			sibling := inventory.Must[networkingv1.Ingress](other)
			if sibling.Namespace != r.in.Ingress.Namespace || sibling.Name == r.in.Ingress.Name {
				continue
			}
			if class := classOf(r.c, sibling); class.Controller == r.in.Class.Controller &&
				class.Name == r.in.Class.Name {
				others = append(others, sibling)
			}
		}
	}
	as := r
	if in := asDefault(r.in); in.Ingress != r.in.Ingress || in.ByDefault {
		as = &reading{c: r.c, o: r.o, in: in, controller: r.controller, counts: &in}
		as.read = readingOf(r.c, in, &in)
	}
	return as, defaultRoutes(r.in, as.read, others)
}

// route is how the Ingress sends requests for a path of a host to some Services.
func (r *reading) route(host, asked, kind string, to []way.Backend, path way.Path) way.Route {
	route := way.Route{
		Text: host + asked, Asks: host + asked, Path: &path, Backends: to, Public: !r.in.Class.Internal,
		Handling: r.read.Handling, Transport: r.transport(host),
	}
	route.Doubt, route.Doubted = r.in.Class.Doubt, r.in.Class.Doubt != "" && !r.in.Class.Internal
	if kind != "" {
		route.Text += " (" + kind + ")"
	}
	if r.in.Class.Assumption != "" {
		route.Effects.Assumptions = append(slices.Clone(r.read.Assumptions), r.in.Class.Assumption)
	}
	if r.in.Class.Hint != "" {
		route.Note = ", " + r.in.Class.Hint
	}
	route.Lets = func() requests.Set { return r.lets(host, asked+" "+kind, path) }
	return route
}

// transport is what clients speak that ask for a host.
func (r *reading) transport(host string) way.Transport {
	if r.counts == nil {
		return r.read.Transport(host)
	}
	if r.hosts == nil {
		r.hosts = map[string]way.Transport{}
	}
	of := func(host string) way.Transport {
		t, known := r.hosts[host]
		if !known {
			t = transportOf(r.read, host)
			r.hosts[host] = t
		}
		return t
	}
	if host != "*" {
		return of(host)
	}
	// A rule without a host takes any, and so does a default backend; that is asked for by the hosts of the rules.
	t := of("")
	rules := r.counts.Ingress.Spec.Rules
	if r.controller.DefaultBackend.Plain ||
		slices.ContainsFunc(rules, func(rule networkingv1.IngressRule) bool { return rule.Host == "" }) {
		return t
	}
	for _, rule := range rules {
		if t = of(rule.Host); t.TLS.State != tri.On {
			break
		}
	}
	return t
}

// lets are the requests that a path lets in.
func (r *reading) lets(host, text string, path way.Path) requests.Set {
	box := requests.Box{Doors: []requests.Door{{Kind: "Ingress"}}, Hosts: []requests.Hosts{requests.HostsOf(host)}}
	if host != "*" {
		box.Hosts = append(box.Hosts, onHostOf(r.c, host).aliases[r.in.Class.Controller]...)
		box.Hosts = append(box.Hosts, r.read.Hosts...)
	}
	if r.counts != nil {
		if r.about == "" {
			r.about = aboutPaths(r.counts.Ingress.Annotations)
		}
		if list := allowed(*r.counts); len(list) > 0 {
			box.Sources.Ranges, box.Conditions = way.SourceRanges(list)
		}
	}
	box.Paths = path.Arrives(text + r.about)
	return requests.Set{box}
}

// allowed are the addresses that an Ingress lets in, none for all.
func allowed(in way.Input) []string {
	for _, key := range controllerByName(in.Class.Controller).Allowed {
		if text := strings.TrimSpace(in.Ingress.Annotations[key]); text != "" {
			return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' })
		}
	}
	return nil
}

// aboutPaths are the annotations that may say something about paths.
func aboutPaths(annotations map[string]string) string {
	var b strings.Builder
	for _, key := range slices.Sorted(maps.Keys(annotations)) {
		if slices.ContainsFunc([]string{"rewrite", "regex", "snippet", "path", "root", "strip", "plugins",
			"middlewares", "transform"}, func(word string) bool { return strings.Contains(key, word) }) {
			fmt.Fprintf(&b, " %s=%q", key, annotations[key])
		}
	}
	return b.String()
}
