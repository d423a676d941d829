package ingress

import (
	"strconv"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/requests"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

// unknown is whatever serves an Ingress whose controller cannot be determined. Proxies pass on headers that nothing
// tells them to change, so the Ingress is open whoever serves it, unless the controllers of the table disagree: an
// annotation that none of them reads is no controller's, and one that would close the way at one of them leaves it unknown.
var unknown = way.Controller{
	Name: way.Unknown, Title: "an unknown controller",
	Handling: unknownHandling, Transport: unknownTransport, Path: unknownPath,
}

// unless makes states unknown of which a controller that reads something else makes something else, for its annotations. read
// returns what it makes of them, in their order.
func unless(in way.Input, states []*way.State, read func(c *way.Controller, in way.Input) []way.State) {
	settled := make([]bool, len(states))
	for i := range table {
		c := &table[i]
		if !c.Reads(in.Ingress.Annotations) && !c.Reads(in.ServiceAnnotations) {
			continue
		}
		as := in
		as.Class = way.Class{Controller: c.Name, Name: in.Class.Name}
		bare := *in.Ingress
		bare.Annotations = nil
		without := as
		without.Ingress, without.ServiceAnnotations = &bare, nil
		plain := read(c, without)
		for at, state := range read(c, as) {
			if settled[at] || state.State == plain[at].State {
				continue
			}
			why := "which controller serves the Ingress cannot be determined, and " + c.Title + " would read it differently"
			if strings.Contains(state.Source, "/") {
				why += " because of " + way.Quote(state.Source)
			}
			*states[at], settled[at] = way.State{State: way.Unknown, Source: state.Source, Why: why}, true
		}
	}
}

const nameTheController = `name the controller: say ingressClassName, and keep its IngressClass where it can be read, or name it in the ` +
	`configuration under edges.ingressClasses; then this line can say what to write`

func unknownHandling(in way.Input) way.Handling {
	h := way.PlainEdge{Strip: nameTheController, Hide: nameTheController}.Read(in)
	h.Identity.Why = "no annotation here makes any known controller change the header"
	h.Rate.Limited = way.Unlimited()
	h.Fixes[way.LimitRequests].Advice = nameTheController
	unless(in, []*way.State{&h.Identity, &h.Authentication, &h.Rate.Limited}, func(c *way.Controller, as way.Input) []way.State {
		h := c.Handling(as)
		return []way.State{h.Identity, h.Authentication, h.Rate.Limited}
	})
	h.StripsIdentity = way.Strips(h.Identity)
	return h
}

// unknownPath takes for certain what the API's definition of a path says, and leaves open what some controllers read more
// widely.
func unknownPath(in way.Input, kind networkingv1.PathType, path string) way.Path {
	var p way.Path
	var rewrites, regex way.State
	unless(in, []*way.State{&rewrites, &regex}, func(c *way.Controller, as way.Input) []way.State {
		rewrites, forces := c.Path(as, kind, path).Rewrite.Kind != way.RewriteNone, c.ForcesRegex != nil && c.ForcesRegex(as)
		return []way.State{{State: strconv.FormatBool(rewrites)}, {State: strconv.FormatBool(forces)}}
	})
	if rewrites.State == way.Unknown {
		p.Rewrite = way.UnknownRewrite(rewrites.Why)
	}
	wide := way.AnyCase(path)
	why := "which controller serves it is not known"
	pattern := strings.ContainsAny(path, `*?[](){}^$|+\~%`) && (kind != networkingv1.PathTypePrefix || regex.State == way.Unknown)
	switch {
	case kind == networkingv1.PathTypeExact:
		p.Matcher = way.Exact(way.Raw, path)
	case pattern:
		p.Matcher = way.Undecided(why + ", and " + way.Quote(path) + " may be a pattern")
	default:
		p.Matcher = way.Possibly(way.Elements(way.Raw, path), wide, why)
		p.Matcher.Paths = []requests.Paths{requests.Loosely(way.Raw.Text(path), string(kind)+" of whoever serves it")}
	}
	return p
}

// unknownTransport takes spec.tls for what the API says it is; whether plain HTTP is redirected depends on the controller.
func unknownTransport(in way.Input, host string) way.Transport {
	t := way.Transport{TLS: in.Certificate(host)}
	if t.TLS.State == way.Off {
		unless(in, []*way.State{&t.TLS}, func(c *way.Controller, as way.Input) []way.State { return []way.State{c.Transport(as, host).TLS} })
	}
	if t.TLS.State == way.Off {
		t.Plain = way.WithoutTLS()
	} else {
		t.Plain = way.State{State: way.Unknown, Source: "default", Why: "which controller serves it is not known, and some do not redirect"}
	}
	return t
}
