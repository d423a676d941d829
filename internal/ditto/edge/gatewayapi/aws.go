package gatewayapi

import (
	"cmp"
	"slices"

	"k8s.io/apimachinery/pkg/runtime/schema"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

// AWS is the row of the AWS Load Balancer Controller.
func AWS() Implementation {
	return Implementation{
		Name: "aws", Title: "the AWS Load Balancer Controller",
		Controllers: []string{"gateway.k8s.aws/alb", "gateway.k8s.aws/nlb"},
		Parameters:  []schema.GroupKind{crd.LoadBalancerConfiguration}, Exposes: awsExposes, ignoresHeaders: true,
		asks: reason.Of("aws-login-of-rule"),
		Hide: "set the listener attribute routing.http.response.server.enabled=false in its " +
			"LoadBalancerConfiguration",
		unreadLimits: reason.Of("aws-web-application-firewall"),
		Limit:        "name a web ACL of AWS WAF with a rate-based rule in its LoadBalancerConfiguration",
	}
}

// awsExposes: the scheme of a load balancer of AWS is internal unless its configuration says otherwise; of a class's
// and a Gateway's the class's counts, unless it says that the Gateway's does (docs/guide/gateway/loadbalancerconfig.md
// of the AWS Load Balancer Controller).
func awsExposes(c way.Context, gw *gatewayv1.Gateway, _ GatewayClass, p Parameters) Exposure {
	e := awsScheme(p)
	if e.Public {
		return e
	}
	if front, doubt := awsFront(c, gw); front != "" {
		return Exposure{Verdict: way.Public(front), Doubt: doubt}
	}
	return e
}

// awsScheme is what the configurations of its load balancer say.
func awsScheme(p Parameters) Exposure {
	scheme := func(o *inventory.Object) (scheme, mode string) {
		if o == nil {
			return "", ""
		}
		spec := inventory.Must[crd.AWSLoadBalancer](o).Spec
		return spec.Scheme, spec.MergingMode
	}
	own, _ := scheme(p.Own)
	first, mode := scheme(p.Class)
	if mode == "prefer-gateway" {
		first, own = own, first
	}
	switch counts := cmp.Or(first, own); counts {
	case "":
		return Exposure{Verdict: way.Internal(
			"a load balancer of AWS is internal unless its LoadBalancerConfiguration says otherwise")}
	case "internal":
		return Exposure{Verdict: way.Internal("its LoadBalancerConfiguration has scheme internal")}
	default:
		return Exposure{Verdict: way.Public("its LoadBalancerConfiguration has scheme " +
			way.Quote(counts))}
	}
}

// awsFront says which Gateway that outsiders reach hands its connections on to another one: a TCPRoute can name that as
// its backend (docs/guide/gateway/gateway_chaining.md). It is empty if none does; doubt is what keeps it from being
// told. A certain one counts before those in doubt.
func awsFront(c way.Context, gw *gatewayv1.Gateway) (why, doubt string) {
	id := way.GatewayID(gw.Namespace, gw.Name)
	for _, o := range c.Governors(id) {
		if o.Ref.GroupKind() != crd.TCPRoute || o.Typed == nil {
			continue
		}
		r := readRoute(o)
		granted, unsure := granted(c, r, id)
		if !granted {
			continue
		}
		for _, a := range attachments(c, r) {
			hands, unclear := awsHandsOn(c, gw, a)
			if !hands {
				continue
			}
			unclear = cmp.Or(unclear, unsure)
			if front := o.Ref.String() + " hands on to it what " + a.String() + " gets"; unclear == "" {
				return front, ""
			} else if why == "" {
				why, doubt = front, unclear
			}
		}
	}
	if unread := c.Unread(nil, crd.TCPRoute); why == "" && unread != "" {
		return "a TCPRoute can hand on to it what another gets", unread
	}
	return why, doubt
}

// awsHandsOn says whether what a TCPRoute is attached to may hand on to a Gateway what outsiders send; doubt is what
// keeps that from being certain.
func awsHandsOn(c way.Context, gw *gatewayv1.Gateway, a attachment) (hands bool, doubt string) {
	certain := slices.ContainsFunc(a.hosts, func(h attachedHost) bool { return h.doubt == "" })
	if !certain && len(a.hosts) > 0 {
		doubt = a.hosts[0].doubt
	}
	if a.gateway == nil {
		return doubt != "", doubt
	}
	own := a.parent == way.GatewayID(gw.Namespace, gw.Name)
	if own || c.Config.IsInternalGateway(a.parent.Namespace, a.parent.Name) {
		return false, ""
	}
	class := GatewayClassOf(c, a.gateway)
	switch p := parametersOf(c, a.gateway, class); {
	case class.impl.Name == tri.Unknown && class.object == nil:
		name := string(a.gateway.Spec.GatewayClassName)
		missing := notFound(inventory.ID{GroupKind: crd.GatewayClass, Name: name})
		return true, reason.Of("gateway-object-not-found", missing, gw.Namespace, gw.Name)
	case class.impl.Name == "aws" && (awsScheme(p).Public || p.doubt != ""):
		return true, cmp.Or(doubt, p.doubt)
	}
	return false, ""
}
