// Package aws reads Ingresses as the AWS Load Balancer Controller does.
package aws

import (
	networkingv1 "k8s.io/api/networking/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

const PrefixALB = "alb.ingress.kubernetes.io/"

// Controller is an AWS Application Load Balancer, made by the AWS Load Balancer Controller.
func Controller() way.Controller {
	return way.Controller{
		Name: "alb", Title: "the AWS Load Balancer Controller",
		Classes: []string{"ingress.k8s.aws/alb"}, Usual: []string{"alb"}, Prefixes: []string{PrefixALB},
		Read: read, Internal: albInternal,
		Behind: behind, Group: func(ing *networkingv1.Ingress) string {
			return ing.Annotations[PrefixALB+"group.name"]
		},
		Allowed: []string{PrefixALB + "inbound-cidrs"},
	}
}

func read(in way.Input) way.Reading {
	h := way.PlainEdge{
		Asks: []string{PrefixALB + "auth-type", PrefixALB + "jwt-validation"},
		Limits: []string{PrefixALB + "wafv2-acl-arn", PrefixALB + "wafv2-acl-name", PrefixALB + "waf-acl-id",
			PrefixALB + "web-acl-id"},
		Strip: `an ALB cannot remove or overwrite a request header: put a proxy that does behind it, or block requests with the header and with ` +
			`the query parameter x-ditto-pre-authenticated in a web ACL named by alb.ingress.kubernetes.io/wafv2-acl-arn`,
		Hide:  `set alb.ingress.kubernetes.io/listener-attributes.HTTPS-443: routing.http.response.server.enabled=false, and the same for each other listener`,
		Limit: "an ALB limits nothing itself: name a web ACL with a rate-based rule in alb.ingress.kubernetes.io/wafv2-acl-arn",
	}.Read(in)
	return way.Reading{
		Handling: h, Transport: func(string) way.Transport { return albTransport(in) },
		Path: func(kind networkingv1.PathType, path string) way.Path { return albPath(in, kind, path) },
	}
}

// albPath: ImplementationSpecific knows wildcards. A transform can rewrite the path.
func albPath(in way.Input, kind networkingv1.PathType, path string) way.Path {
	p := way.Path{Rewrite: in.Rewrite(PrefixALB + "transforms.*")}
	switch {
	case kind == networkingv1.PathTypeExact:
		p.Matcher = way.Exact(way.Raw, path)
	case kind == networkingv1.PathTypePrefix:
		p.Matcher = way.Elements(way.Raw, path)
	case in.Ingress.Annotations[PrefixALB+"use-regex-path-match"] == "true":
		p.Matcher = way.Regex(way.Raw, path, false, way.Anywhere)
	default:
		p.Matcher = way.Wildcards(path)
	}
	if added, ok := conditionPaths(in.Ingress.Annotations); ok {
		p.Matcher = way.Possibly(p.Matcher, added, "conditions of the Ingress add paths to some of its rules")
		// A rule may match paths that begin with something else.
		p.Matcher.Literal = ""
	}
	return p
}

// albInternal: an ALB is internal unless an annotation of its Ingress, or of another one in its group, says
// internet-facing, and it is made anew when that changes. IngressClassParams win over annotations, in both.
// A public NLB can be put before an internal ALB (docs/guide/ingress/annotations.md).
func albInternal(m way.Marked) way.Verdict {
	if m.Class == nil && m.ClassName != "" && !m.ByAnnotation {
		return way.Public(reason.Of("alb-class-not-found", way.Quote(m.ClassName)))
	}
	own, group := albSchemeBy(m.Objects, m.Class, m.Ingress)
	if own.Public || group == "" {
		return own
	}
	for _, o := range m.Objects.Find(inventory.KindKey(inventory.Ingress, "")) {
		other, ok := inventory.As[networkingv1.Ingress](o)
		if !ok {
			continue
		}
		var class *networkingv1.IngressClass
		if name := other.Spec.IngressClassName; name != nil {
			class = way.ClassObject(m.Objects, *name)
		}
		if v, theirs := albSchemeBy(m.Objects, class, other); theirs == group && v.Public {
			return way.Public(o.Ref.String() + " is in the same group: " + v.Why)
		}
	}
	return own
}

// albSchemeBy is what one Ingress says about who reaches its load balancer, and the group that shares it, by the
// parameters of its class and else by its annotations.
func albSchemeBy(objects inventory.Reader, class *networkingv1.IngressClass, ing *networkingv1.Ingress) (v way.Verdict,
	group string) {
	v, group = albScheme(ing), ing.Annotations[PrefixALB+"group.name"]
	if class == nil || class.Spec.Parameters == nil {
		return v, group
	}
	name := class.Spec.Parameters.Name
	o := way.ObjectAt(objects, inventory.ID{GroupKind: crd.ALBIngressClassParams, Name: name})
	if o == nil {
		return way.Public(reason.Of("alb-class-parameters-not-found", way.Quote(name))), group
	}
	params := inventory.Must[crd.IngressClassParams](o)
	if params.Spec.Group != nil {
		group = params.Spec.Group.Name
	}
	switch nlb := albFrontend(ing); {
	case nlb.Public:
		return nlb, group
	case params.Spec.Scheme == "internal":
		return way.Internal("the scheme of IngressClassParams " + way.Quote(name) + ` is "internal"`), group
	case params.Spec.Scheme != "":
		return way.Public("the scheme of IngressClassParams " + way.Quote(name) + ` is not "internal"`), group
	}
	return v, group
}

// albFrontend says whether a public NLB stands before the ALB.
func albFrontend(ing *networkingv1.Ingress) way.Verdict {
	const nlb, nlbScheme = PrefixALB + "enable-frontend-nlb", PrefixALB + "frontend-nlb-scheme"
	a := way.WithPrefix(ing.Annotations, PrefixALB)
	if enabled, ok := a.Bool("enable-frontend-nlb"); enabled || !ok && a.Has("enable-frontend-nlb") {
		if value, given := ing.Annotations[nlbScheme]; given && value != "internal" {
			return way.Public(nlb + " puts a load balancer in front of it whose " + nlbScheme + " is not \"internal\"")
		}
	}
	return way.Verdict{}
}

func albScheme(ing *networkingv1.Ingress) way.Verdict {
	const scheme = PrefixALB + "scheme"
	if v := albFrontend(ing); v.Public {
		return v
	}
	switch value, given := ing.Annotations[scheme]; {
	case !given:
		return way.Internal("an ALB is internal unless " + scheme + " says otherwise")
	case value == "internal":
		return way.Internal(scheme + ` is "internal"`)
	}
	return way.Public(scheme + ` is not "internal"`)
}

// Kinds are the rows of the kinds that annotations name, or a class.
func Kinds() []way.Resource { return []way.Resource{{Kind: crd.ALBIngressClassParams}} }
