package ingress

import (
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
	Effects: unknownEffects, Transport: unknownTransport, Rate: unknownRate, Path: unknownPath,
}

// disagreement is a controller that would make something else of an Ingress than one that reads none of its annotations.
type disagreement struct {
	controller *way.Controller
	source     string
}

// why is the reason for not knowing.
func (d disagreement) why() string {
	at := ""
	if strings.Contains(d.source, "/") {
		at = " because of " + way.Quote(d.source)
	}
	return "which controller serves the Ingress cannot be determined, and " + d.controller.Title + " would read it differently" + at
}

// disagreeing looks for a controller that reads something else, which it gets from annotations. read returns what
// matters of a reading, and where it is from.
func disagreeing(in way.Input, read func(c *way.Controller, in way.Input) (state, source string)) (disagreement, bool) {
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
		state, source := read(c, as)
		if plain, _ := read(c, without); state != plain {
			return disagreement{c, source}, true
		}
	}
	return disagreement{}, false
}

const nameTheController = `name the controller: say ingressClassName, and keep its IngressClass where it can be read, or name it in the ` +
	`configuration under edges.ingressClasses; then this line can say what to write`

func unknownEffects(in way.Input) way.Effects {
	e := way.PlainEdge{Strip: nameTheController, Hide: nameTheController}.Effects(in)
	e.Identity.Why = "no annotation here makes any known controller change the header"
	if d, found := disagreeing(in, func(c *way.Controller, as way.Input) (string, string) {
		e := c.Effects(as)
		return e.Identity.State, e.Identity.Source
	}); found {
		e.Identity = way.State{State: way.IdentityUnknown, Source: d.source, Why: d.why()}
	}
	if d, found := disagreeing(in, func(c *way.Controller, as way.Input) (string, string) {
		e := c.Effects(as)
		return e.Authentication.State, e.Authentication.Source
	}); found {
		e.Authentication = way.State{State: way.Unknown, Source: d.source, Why: d.why()}
	}
	e.StripsIdentity = way.Strips(e.Identity)
	return e
}

// unknownPath takes for certain what the API's definition of a path says, and leaves open what some controllers read more
// widely.
func unknownPath(in way.Input, kind networkingv1.PathType, path string) way.Path {
	p := way.Path{}
	if d, found := disagreeing(in, func(c *way.Controller, as way.Input) (string, string) {
		if p := c.Path(as, kind, path); p.Rewrite.Kind != way.RewriteNone {
			return "rewrites", ""
		}
		return "", ""
	}); found {
		p.Rewrite = way.UnknownRewrite(d.why())
	}
	wide := way.AnyCase(path)
	why := "which controller serves it is not known"
	pattern := strings.ContainsAny(path, `*?[](){}^$|+\~%`)
	if pattern && kind == networkingv1.PathTypePrefix {
		_, pattern = disagreeing(in, func(c *way.Controller, as way.Input) (string, string) {
			if c.ForcesRegex != nil && c.ForcesRegex(as) {
				return "regex", ""
			}
			return "", ""
		})
	}
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
		if d, found := disagreeing(in, func(c *way.Controller, as way.Input) (string, string) {
			t := c.Transport(as, host)
			return t.TLS.State, t.TLS.Source
		}); found {
			t.TLS = way.State{State: way.Unknown, Source: d.source, Why: d.why()}
		}
	}
	if t.TLS.State == way.Off {
		t.Plain = way.WithoutTLS()
	} else {
		t.Plain = way.State{State: way.Unknown, Source: "default", Why: "which controller serves it is not known, and some do not redirect"}
	}
	return t
}

func unknownRate(in way.Input) way.Rate {
	r := way.Rate{Limited: way.Unlimited(), Advice: nameTheController}
	if d, found := disagreeing(in, func(c *way.Controller, as way.Input) (string, string) {
		r := c.Rate(as)
		return r.Limited.State, r.Limited.Source
	}); found {
		r.Limited = way.State{State: way.Unknown, Source: d.source, Why: d.why()}
	}
	return r
}
