package edge

import (
	"strings"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/requests"
)

// unknownController is whatever serves an Ingress whose controller cannot be told. Proxies pass on headers that nothing
// tells them to change, so the Ingress is open whoever serves it, unless the controllers of the table disagree: an
// annotation that none of them reads is no controller's, and one that would close the way at one of them leaves it unknown.
func unknownController() controller {
	return controller{
		name: Unknown, title: "an unknown controller",
		effects: unknownEffects, transport: unknownTransport, rate: unknownRate, path: unknownPath,
	}
}

// disagreement is a controller that would make something else of an Ingress than one that reads none of its annotations.
type disagreement struct {
	controller *controller
	source     string
}

// why is the reason for not knowing.
func (d disagreement) why() string {
	at := ""
	if strings.Contains(d.source, "/") {
		at = ", by " + quote(d.source)
	}
	return "who serves the Ingress cannot be told, and " + d.controller.title + " would make something else of it" + at
}

// disagreeing looks for a controller that reads something else, which it gets from annotations. read returns what
// matters of a reading, and where it is from.
func (in Input) disagreeing(read func(c *controller, in Input) (state, source string)) (disagreement, bool) {
	for i := range table {
		c := &table[i]
		if !c.reads(in.Ingress.Annotations) && !c.reads(in.ServiceAnnotations) {
			continue
		}
		as := in
		as.Class = Class{Controller: c.name, Name: in.Class.Name}
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

func unknownEffects(in Input) Effects {
	e := plainEdge{strip: nameTheController, hide: nameTheController}.effects(in)
	e.Identity.Why = "no annotation changes the header at any controller that is known"
	if d, found := in.disagreeing(func(c *controller, as Input) (string, string) {
		e := c.effects(as)
		return e.Identity.State, e.Identity.Source
	}); found {
		e.Identity = State{IdentityUnknown, d.source, d.why()}
	}
	if d, found := in.disagreeing(func(c *controller, as Input) (string, string) {
		e := c.effects(as)
		return e.Authentication.State, e.Authentication.Source
	}); found {
		e.Authentication = State{Unknown, d.source, d.why()}
	}
	e.StripsIdentity = strips(e.Identity)
	return e
}

// unknownPath takes for certain what the API's definition of a path says, and leaves open what some controllers read more
// widely.
func unknownPath(in Input, kind networkingv1.PathType, path string) Path {
	p := Path{}
	if d, found := in.disagreeing(func(c *controller, as Input) (string, string) {
		if p := c.path(as, kind, path); p.Rewrite.Kind != RewriteNone {
			return "rewrites", ""
		}
		return "", ""
	}); found {
		p.Rewrite = rewriteUnknown(d.why())
	}
	wide := anyCase(path)
	why := "the controller cannot be told"
	pattern := strings.ContainsAny(path, `*?[](){}^$|+\~%`)
	if pattern && kind == networkingv1.PathTypePrefix {
		_, pattern = in.disagreeing(func(c *controller, as Input) (string, string) {
			if c.forcesRegex != nil && c.forcesRegex(as) {
				return "regex", ""
			}
			return "", ""
		})
	}
	switch {
	case kind == networkingv1.PathTypeExact:
		p.Matcher = exact(raw, path)
	case pattern:
		p.Matcher = undecided(why + ", and " + quote(path) + " may be a pattern")
	default:
		p.Matcher = possibly(elements(raw, path), wide, why)
		p.Matcher.paths = []requests.Paths{requests.Loosely(raw.text(path), string(kind)+" of whoever serves it")}
	}
	return p
}

// possibly matches what the narrow reading matches, and leaves open what only the wide one does.
func possibly(narrow, wide Matcher, why string) Matcher {
	return Matcher{literal: narrow.literal, why: why, match: func(p string) (bool, bool) {
		if matches, _ := narrow.Matches(p); matches {
			return true, true
		}
		matches, _ := wide.Matches(p)
		return false, !matches
	}}
}

// unknownTransport takes spec.tls for what the API says it is; whether plain HTTP is redirected depends on the controller.
func unknownTransport(in Input, host string) Transport {
	t := Transport{TLS: in.certificate(host)}
	if t.TLS.State == Off {
		if d, found := in.disagreeing(func(c *controller, as Input) (string, string) {
			t := c.transport(as, host)
			return t.TLS.State, t.TLS.Source
		}); found {
			t.TLS = State{Unknown, d.source, d.why()}
		}
	}
	if t.TLS.State == Off {
		t.Plain = withoutTLS()
	} else {
		t.Plain = State{Unknown, "default", "the controller cannot be told, and some do not redirect"}
	}
	return t
}

func unknownRate(in Input) Rate {
	r := Rate{Limited: unlimited(), Advice: nameTheController}
	if d, found := in.disagreeing(func(c *controller, as Input) (string, string) {
		r := c.rate(as)
		return r.Limited.State, r.Limited.Source
	}); found {
		r.Limited = State{Unknown, d.source, d.why()}
	}
	return r
}
