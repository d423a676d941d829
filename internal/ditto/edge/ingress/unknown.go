package ingress

import (
	"strconv"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/requests"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

// unknown is whatever serves an Ingress whose controller cannot be determined. Proxies pass on headers that nothing
// tells them to change, so the Ingress is open whoever serves it, unless the controllers of the table disagree: an
// annotation that none of them reads is no controller's, and one that would close the way at one of them leaves it
// unknown.
var unknown = way.Controller{Name: tri.Unknown, Title: "an unknown controller", Read: readUnknown}

// contender is a controller that may serve an Ingress, and reads something of its annotations: what it makes of the
// Ingress as it is, and without annotations.
type contender struct {
	title    string
	as, bare seen
}

// seen is an Ingress as a contender reads it.
type seen struct {
	way.Reading

	forcesRegex bool
}

func contendersFor(in way.Input) []contender {
	var list []contender
	for i := range table {
		c := &table[i]
		if !c.Reads(in.Ingress.Annotations) && !c.Reads(in.ServiceAnnotations) {
			continue
		}
		see := func(in way.Input) seen { return seen{c.Read(in), c.ForcesRegex != nil && c.ForcesRegex(in)} }
		as := in
		as.Class = way.Class{Controller: c.Name, Name: in.Class.Name}
		bare, ing := as, *in.Ingress
		ing.Annotations = nil
		bare.Ingress, bare.ServiceAnnotations = &ing, nil
		list = append(list, contender{c.Title, see(as), see(bare)})
	}
	return list
}

// unless makes states unknown of which a contender makes something else, for the annotations. of returns what it makes
// of them, in their order.
func unless(contenders []contender, states []*tri.State, of func(*seen) []tri.State) {
	settled := make([]bool, len(states))
	for i := range contenders {
		c := &contenders[i]
		bare := of(&c.bare)
		for at, state := range of(&c.as) {
			if settled[at] || state.State == bare[at].State {
				continue
			}
			why := reason.Of("unknown-class-reading", c.title)
			if strings.Contains(state.Source, "/") {
				why += " because of " + way.Quote(state.Source)
			}
			settled[at] = true
			//nolint:gosec // both come in the order of states
			*states[at] = tri.Is(tri.Unknown, state.Source, why)
		}
	}
}

const nameTheController = `name the controller: say ingressClassName, and keep its IngressClass where it can be read, or name it in the ` +
	`configuration under edges.ingressClasses; then this line can say what to write`

func readUnknown(in way.Input) way.Reading {
	contenders := contendersFor(in)
	h := way.PlainEdge{Strip: nameTheController, Hide: nameTheController, Limit: nameTheController}.Read(in)
	h.Identity.Why = "no annotation here makes any known controller change the header"
	unless(contenders, []*tri.State{&h.Identity, &h.Authentication, &h.Rate.Limited}, func(r *seen) []tri.State {
		return []tri.State{r.Identity, r.Authentication, r.Rate.Limited}
	})
	h.StripsIdentity = way.Strips(h.Identity)
	return way.Reading{
		Handling: h, Transport: func(host string) way.Transport { return unknownTransport(in, contenders, host) },
		Path: func(kind networkingv1.PathType, path string) way.Path { return unknownPath(contenders, kind, path) },
	}
}

// unknownPath takes for certain what the API's definition of a path says, and leaves open what some controllers read
// more widely.
func unknownPath(contenders []contender, kind networkingv1.PathType, path string) way.Path {
	var p way.Path
	var rewrites, regex tri.State
	unless(contenders, []*tri.State{&rewrites, &regex}, func(r *seen) []tri.State {
		rewrites := r.Path(kind, path).Rewrite.Kind != way.RewriteNone
		return []tri.State{{State: strconv.FormatBool(rewrites)}, {State: strconv.FormatBool(r.forcesRegex)}}
	})
	if rewrites.State == tri.Unknown {
		p.Rewrite = way.UnknownRewrite(rewrites.Why)
	}
	wide := way.AnyCase(path)
	why := reason.Of("unknown-class")
	pattern := strings.ContainsAny(path, `*?[](){}^$|+\~%`) &&
		(kind != networkingv1.PathTypePrefix || regex.State == tri.Unknown)
	switch {
	case kind == networkingv1.PathTypeExact:
		p.Matcher = way.Exact(way.Raw, path)
	case pattern:
		p.Matcher = way.Undecided(reason.Of("unknown-class-pattern", why, way.Quote(path)))
	default:
		p.Matcher = way.Possibly(way.Elements(way.Raw, path), wide, why)
		p.Matcher.Paths = []requests.Paths{requests.Loosely(way.Raw.Text(path), string(kind)+" of whoever serves it")}
	}
	return p
}

// unknownTransport takes spec.tls for what the API says it is; whether plain HTTP is redirected depends on the
// controller.
func unknownTransport(in way.Input, contenders []contender, host string) way.Transport {
	t := way.Transport{TLS: in.Certificate(host)}
	if t.TLS.State == tri.Off {
		unless(contenders, []*tri.State{&t.TLS},
			func(r *seen) []tri.State { return []tri.State{r.Transport(host).TLS} })
	}
	if t.TLS.State == tri.Off {
		t.Plain = way.WithoutTLS()
	} else {
		t.Plain = tri.Is(tri.Unknown, "default", reason.Of("unknown-class-redirect"))
	}
	return t
}
