// Package alibaba reads Ingresses as the ALB Ingress controller of Alibaba Cloud does.
package alibaba

import (
	networkingv1 "k8s.io/api/networking/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/edge/aws"
	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

// Controller is Alibaba Cloud's ALB ingress controller, which shares a prefix with AWS's.
func Controller() way.Controller {
	return way.Controller{
		Name: "alibaba-alb", Title: "Alibaba Cloud's ALB ingress controller",
		Classes: []string{"ingress.k8s.alibabacloud/alb"}, Shared: []string{aws.PrefixALB},
		Read: read, Internal: alibabaInternal,
	}
}

func read(in way.Input) way.Reading {
	h := way.PlainEdge{
		Refers: []string{aws.PrefixALB + "actions.*"}, Asks: []string{aws.PrefixALB + "actions.*"},
		Limits: []string{aws.PrefixALB + "traffic-limit-*", aws.PrefixALB + "actions.*"},
		Strip:  `put a proxy that removes x-ditto-pre-authenticated behind this Ingress`,
		Hide:   `put a proxy that removes Server behind this Ingress`,
		Limit:  "put an nginx with limit_req in front of the gateway, or use the load balancer's own traffic limit",
	}.Read(in)
	return way.Reading{
		Handling: h, Transport: func(host string) way.Transport { return alibabaTransport(in, host) },
		Path: func(kind networkingv1.PathType, path string) way.Path { return alibabaPath(in, kind, path) },
	}
}

func alibabaPath(in way.Input, kind networkingv1.PathType, path string) way.Path {
	p := way.Path{Rewrite: in.Rewrite(aws.PrefixALB+"rewrite-target", aws.PrefixALB+"actions.*")}
	switch {
	case kind == networkingv1.PathTypeExact:
		p.Matcher = way.Exact(way.Raw, path)
	case kind == networkingv1.PathTypePrefix:
		p.Matcher = way.Elements(way.Raw, path)
	case in.Ingress.Annotations[aws.PrefixALB+"use-regex"] == "true":
		p.Matcher = way.Regex(way.Raw, path, true, way.Anywhere)
	default:
		p.Matcher = way.Wildcards(path)
	}
	return p
}

// alibabaInternal: the AlbConfig that a class's parameters name sets the address type, and is not read.
func alibabaInternal(m way.Marked) way.Verdict {
	const key = aws.PrefixALB + "address-type"
	switch {
	case m.Class != nil && m.Class.Spec.Parameters != nil:
		return way.Public(reason.Of("albconfig-address-type", way.Quote(m.Class.Spec.Parameters.Name)))
	case m.Ingress.Annotations[key] == "intranet":
		return way.Internal(key + ` is "intranet"`)
	}
	return way.Public(key + ` is not "intranet"`)
}
