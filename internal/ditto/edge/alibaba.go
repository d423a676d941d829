package edge

import networkingv1 "k8s.io/api/networking/v1"

// alibabaALB is Alibaba Cloud's ALB ingress controller, which shares a prefix with AWS's.
func alibabaALB() controller {
	return controller{
		name: "alibaba-alb", title: "Alibaba Cloud's ALB ingress controller",
		classes: []string{"ingress.k8s.alibabacloud/alb"}, shared: []string{prefixALB},
		effects: plainEdge{
			refers: []string{prefixALB + "actions.*"}, asks: []string{prefixALB + "actions.*"},
			strip: `put a proxy that removes x-ditto-pre-authenticated behind this Ingress`,
			hide:  `put a proxy that removes Server behind this Ingress`,
		}.effects,
		transport: alibabaTransport, rate: alibabaRate, path: alibabaPath, internal: alibabaInternal,
	}
}

func alibabaPath(in Input, kind networkingv1.PathType, path string) Path {
	p := Path{Rewrite: in.rewrite(prefixALB+"rewrite-target", prefixALB+"actions.*")}
	switch {
	case kind == networkingv1.PathTypeExact:
		p.Matcher = exact(raw, path)
	case kind == networkingv1.PathTypePrefix:
		p.Matcher = elements(raw, path)
	case in.Ingress.Annotations[prefixALB+"use-regex"] == "true":
		p.Matcher = regex(raw, path, true, anywhere)
	default:
		p.Matcher = wildcards(path)
	}
	return p
}

// alibabaInternal: the AlbConfig that a class's parameters name sets the address type, and is not read.
func alibabaInternal(m marked) Verdict {
	const key = prefixALB + "address-type"
	switch {
	case m.class != nil && m.class.Spec.Parameters != nil:
		return Verdict{true, "AlbConfig " + quote(m.class.Spec.Parameters.Name) + " sets the address type, and is not read"}
	case m.ingress.Annotations[key] == "intranet":
		return Verdict{false, key + ` is "intranet"`}
	}
	return Verdict{true, key + ` is not "intranet"`}
}
