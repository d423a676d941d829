package edge

import (
	networkingv1 "k8s.io/api/networking/v1"

	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

const prefixALB = "alb.ingress.kubernetes.io/"

// alb is an AWS Application Load Balancer, made by the AWS Load Balancer Controller.
func alb() controller {
	return controller{
		name: "alb", title: "the AWS Load Balancer Controller",
		classes: []string{"ingress.k8s.aws/alb"}, usual: []string{"alb"}, prefixes: []string{prefixALB},
		effects: plainEdge{
			asks: []string{prefixALB + "auth-type", prefixALB + "jwt-validation"},
			strip: `an ALB cannot remove or overwrite a request header: put a proxy that does behind it, or block requests with the header and with ` +
				`the query parameter x-ditto-pre-authenticated in a web ACL named by alb.ingress.kubernetes.io/wafv2-acl-arn`,
			hide: `write alb.ingress.kubernetes.io/listener-attributes.HTTPS-443: routing.http.response.server.enabled=false, and the same for each other listener`,
		}.effects,
		transport: albTransport, rate: albRate, path: albPath, internal: albInternal,
	}
}

// albPath: ImplementationSpecific knows wildcards. A transform can rewrite the path.
func albPath(in Input, kind networkingv1.PathType, path string) Path {
	p := Path{Rewrite: in.rewrite(prefixALB + "transforms.*")}
	switch {
	case kind == networkingv1.PathTypeExact:
		p.Matcher = exact(raw, path)
	case kind == networkingv1.PathTypePrefix:
		p.Matcher = elements(raw, path)
	case in.Ingress.Annotations[prefixALB+"use-regex-path-match"] == "true":
		p.Matcher = regex(raw, path, false, anywhere)
	default:
		p.Matcher = wildcards(path)
	}
	if added, ok := albConditions(in.Ingress.Annotations); ok {
		p.Matcher = possibly(p.Matcher, added, "conditions of the Ingress add paths to some of its rules")
		// A rule may match paths that begin with something else.
		p.Matcher.literal = ""
	}
	return p
}

// albInternal: an ALB is internal unless an annotation of its Ingress, or of another one in its group, says
// internet-facing, and it is made anew when that changes. IngressClassParams win over annotations, in both.
// A public NLB can be put before an internal ALB (docs/guide/ingress/annotations.md).
func albInternal(m marked) Verdict {
	if m.class == nil && m.className != "" && !m.byAnnotation {
		return Verdict{true, "IngressClass " + quote(m.className) + " is not at hand, and its parameters can set the scheme"}
	}
	own, group := albSchemeBy(m.objects, m.class, m.ingress)
	if own.Public || group == "" {
		return own
	}
	for _, o := range m.objects.Find(inventory.KindKey(inventory.Ingress, "")) {
		other, ok := o.Typed.(*networkingv1.Ingress)
		if !ok {
			continue
		}
		var class *networkingv1.IngressClass
		if name := other.Spec.IngressClassName; name != nil {
			class = classObject(m.objects, *name)
		}
		if v, theirs := albSchemeBy(m.objects, class, other); theirs == group && v.Public {
			return Verdict{true, o.Ref.String() + " is in the same group: " + v.Why}
		}
	}
	return own
}

// albSchemeBy is what one Ingress says about who reaches its load balancer, and the group that shares it, by the
// parameters of its class and else by its annotations.
func albSchemeBy(objects inventory.Reader, class *networkingv1.IngressClass, ing *networkingv1.Ingress) (v Verdict, group string) {
	v, group = albScheme(ing), ing.Annotations[prefixALB+"group.name"]
	if class == nil || class.Spec.Parameters == nil {
		return v, group
	}
	name := class.Spec.Parameters.Name
	o := objectAt(objects, inventory.ID{GroupKind: crd.ALBIngressClassParams, Name: name})
	if o == nil {
		return Verdict{true, "IngressClassParams " + quote(name) + " can set the scheme, and is not at hand"}, group
	}
	params := o.Typed.(*crd.IngressClassParams)
	if params.Spec.Group != nil {
		group = params.Spec.Group.Name
	}
	switch nlb := albFrontend(ing); {
	case nlb.Public:
		return nlb, group
	case params.Spec.Scheme == "internal":
		return Verdict{false, "the scheme of IngressClassParams " + quote(name) + ` is "internal"`}, group
	case params.Spec.Scheme != "":
		return Verdict{true, "the scheme of IngressClassParams " + quote(name) + ` is not "internal"`}, group
	}
	return v, group
}

// albFrontend says whether a public NLB stands before the ALB.
func albFrontend(ing *networkingv1.Ingress) Verdict {
	const nlb, nlbScheme = prefixALB + "enable-frontend-nlb", prefixALB + "frontend-nlb-scheme"
	a := withPrefix(ing.Annotations, prefixALB)
	if enabled, ok := a.bool("enable-frontend-nlb"); enabled || !ok && a.has("enable-frontend-nlb") {
		if value, given := ing.Annotations[nlbScheme]; given && value != "internal" {
			return Verdict{true, nlb + " puts a load balancer before it whose " + nlbScheme + " is not \"internal\""}
		}
	}
	return Verdict{}
}

func albScheme(ing *networkingv1.Ingress) Verdict {
	const scheme = prefixALB + "scheme"
	if v := albFrontend(ing); v.Public {
		return v
	}
	switch value, given := ing.Annotations[scheme]; {
	case !given:
		return Verdict{false, "an ALB is internal unless " + scheme + " says otherwise"}
	case value == "internal":
		return Verdict{false, scheme + ` is "internal"`}
	}
	return Verdict{true, scheme + ` is not "internal"`}
}
