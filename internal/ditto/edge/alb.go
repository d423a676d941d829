package edge

import (
	networkingv1 "k8s.io/api/networking/v1"

	"github.com/dittoguard/dittoguard/internal/inventory"
)

const prefixALB = "alb.ingress.kubernetes.io/"

// alb is an AWS Application Load Balancer, made by the AWS Load Balancer Controller.
func alb() controller {
	return controller{
		name: "alb", title: "the AWS Load Balancer Controller",
		classes: []string{"ingress.k8s.aws/alb"}, usual: []string{"alb"}, prefixes: []string{prefixALB},
		effects: plainEdge{
			asks: []string{prefixALB + "auth-type", prefixALB + "jwt-validation", prefixALB + "actions.*"},
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
	return p
}

// albInternal: an ALB is internal unless an annotation of its Ingress, or of another one in its group, says
// internet-facing, and it is made anew when that changes. IngressClassParams win over annotations and are not read.
// A public NLB can be put before an internal ALB (docs/guide/ingress/annotations.md).
func albInternal(m marked) Verdict {
	if m.class != nil && m.class.Spec.Parameters != nil {
		return Verdict{true, "IngressClassParams " + quote(m.class.Spec.Parameters.Name) + " can set the scheme, and is not read"}
	}
	if m.class == nil && !m.byAnnotation {
		return Verdict{true, "IngressClass " + quote(m.className) + " is not at hand, and its parameters can set the scheme"}
	}
	if v := albScheme(m.ingress); v.Public {
		return v
	}
	group := m.ingress.Annotations[prefixALB+"group.name"]
	if group == "" {
		return albScheme(m.ingress)
	}
	for _, o := range m.objects.Find(inventory.KindKey(inventory.Ingress, "")) {
		other, ok := o.Typed.(*networkingv1.Ingress)
		if !ok || other.Annotations[prefixALB+"group.name"] != group {
			continue
		}
		if v := albScheme(other); v.Public {
			return Verdict{true, o.Ref.String() + " is in the same group: " + v.Why}
		}
	}
	return albScheme(m.ingress)
}

func albScheme(ing *networkingv1.Ingress) Verdict {
	const scheme, nlb, nlbScheme = prefixALB + "scheme", prefixALB + "enable-frontend-nlb", prefixALB + "frontend-nlb-scheme"
	a := withPrefix(ing.Annotations, prefixALB)
	if enabled, ok := a.bool("enable-frontend-nlb"); enabled || !ok && a.has("enable-frontend-nlb") {
		if value, given := ing.Annotations[nlbScheme]; given && value != "internal" {
			return Verdict{true, nlb + " puts a load balancer before it whose " + nlbScheme + " is not \"internal\""}
		}
	}
	switch value, given := ing.Annotations[scheme]; {
	case !given:
		return Verdict{false, "an ALB is internal unless " + scheme + " says otherwise"}
	case value == "internal":
		return Verdict{false, scheme + ` is "internal"`}
	}
	return Verdict{true, scheme + ` is not "internal"`}
}
