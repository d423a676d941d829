package istio

import (
	"slices"
	"strconv"

	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

// governing are the policies and filters for the pods that serve the Gateway.
func (e *istioEdge) governing(c way.Context) []*inventory.Object {
	var list []*inventory.Object
	ids := append(way.PodsWith(e.labels), way.PodsLabelled(""))
	for _, pods := range e.pods {
		ids = append(ids, way.PodsWith(pods.labels)...)
	}
	for _, id := range ids {
		for _, o := range c.Governors(id) {
			if !slices.Contains(list, o) && e.governedBy(o) {
				list = append(list, o)
			}
		}
	}
	slices.SortFunc(list, func(a, b *inventory.Object) int { return a.Ref.Compare(b.Ref) })
	return list
}

// governedBy says whether a policy is for some of the pods that serve the Gateway: in their namespace or in the root
// one, by labels that they have. Where their namespace is not known, one that chooses by labels is taken to be in it.
func (e *istioEdge) governedBy(o *inventory.Object) bool {
	if dryRun(o) {
		return false
	}
	selector, targets, ok := istioSelection(o)
	switch {
	case !ok || len(targets) > 0 && !e.targeted(targets):
		return false
	case canOpen(o) && e.perhapsChosen(selector, o.Ref.Namespace):
		return true
	case len(targets) > 0:
		return false
	case len(e.pods) > 0:
		return slices.ContainsFunc(e.pods, func(p istioPods) bool { return p.chosenBy(selector, o.Ref.Namespace) })
	case !partOf(selector, e.labels):
		return false
	}
	return o.Ref.Namespace == way.IstioRoot || len(selector) > 0 || o.Ref.Namespace == e.namespace
}

// dryRun says whether a policy turns nobody away, but counts whom it would (istio.io/dry-run). A service of its own is
// asked all the same.
func dryRun(o *inventory.Object) bool {
	policy, ok := inventory.As[crd.AuthorizationPolicy](o)
	if !ok || istioAction(policy) == istioCustom {
		return false
	}
	dry, err := strconv.ParseBool(policy.Annotations["istio.io/dry-run"])
	return err == nil && dry
}

// canOpen says whether an object can let in more than there was without it.
func canOpen(o *inventory.Object) bool {
	switch o.Typed.(type) {
	case *crd.EnvoyFilter, *crd.WasmPlugin:
		return true
	}
	return false
}

// perhapsChosen says whether a selector in a namespace may choose some of the pods: they can have labels that neither
// the Gateway nor a Service before them names.
func (e *istioEdge) perhapsChosen(selector map[string]string, namespace string) bool {
	if len(e.pods) == 0 {
		return (namespace == way.IstioRoot || namespace == e.namespace) && !contradicts(selector, e.labels)
	}
	return slices.ContainsFunc(e.pods, func(p istioPods) bool {
		return (namespace == way.IstioRoot || namespace == p.namespace) && !contradicts(selector, p.labels)
	})
}

// contradicts says whether no pod can have the labels and be chosen by the selector.
func contradicts(selector, labels map[string]string) bool {
	for key, value := range selector {
		if have, known := labels[key]; known && have != value {
			return true
		}
	}
	return false
}

// gatewayNameLabel is the label of pods that serve a Gateway of the Gateway API.
const gatewayNameLabel = "gateway.networking.k8s.io/gateway-name"

// targeted says whether the pods are known to serve a Gateway of the Gateway API that is among the targets. Others pass
// an object over that has targets (pilot/pkg/model/policyattachment.go).
func (e *istioEdge) targeted(targets []crd.IstioTarget) bool {
	name := e.labels[gatewayNameLabel]
	return name != "" && slices.ContainsFunc(targets, func(t crd.IstioTarget) bool {
		return t.Kind == "Gateway" && t.Name == name
	})
}

// certainly says whether it is known that the policy is for all of the pods: others than it is for let in whoever comes
// through them.
func (e *istioEdge) certainly(o *inventory.Object) bool {
	selector, _, _ := istioSelection(o)
	if len(e.pods) == 0 {
		return o.Ref.Namespace == way.IstioRoot && partOf(selector, e.labels)
	}
	return !slices.ContainsFunc(e.pods, func(p istioPods) bool { return !p.chosenBy(selector, o.Ref.Namespace) })
}

// chosenBy says whether a selector of a policy in a namespace chooses the pods.
func (p istioPods) chosenBy(selector map[string]string, namespace string) bool {
	return (namespace == way.IstioRoot || namespace == p.namespace) && partOf(selector, p.labels)
}

// istioSelection says which pods a policy or filter chooses, and the targets that it names instead: Gateways of the
// Gateway API, Services.
func istioSelection(o *inventory.Object) (selector map[string]string, targets []crd.IstioTarget, ok bool) {
	var s crd.IstioSelection
	switch t := o.Typed.(type) {
	case *crd.AuthorizationPolicy:
		s = t.Spec.IstioSelection
	case *crd.RequestAuthentication:
		s = t.Spec.IstioSelection
	case *crd.WasmPlugin:
		s = t.Spec.IstioSelection
	case *crd.EnvoyFilter:
		s.TargetRefs = t.Spec.TargetRefs
		if w := t.Spec.WorkloadSelector; w != nil {
			s.Selector = &crd.IstioSelector{MatchLabels: w.Labels}
		}
	default:
		return nil, nil, false
	}
	if len(s.TargetRefs) == 0 && s.TargetRef != nil {
		s.TargetRefs = []crd.IstioTarget{*s.TargetRef}
	}
	if s.Selector != nil {
		selector = s.Selector.MatchLabels
	}
	return selector, s.TargetRefs, true
}

// istioPolicyLinks: a policy decides how the Gateways are read whose pods it chooses. One that can open may choose pods
// by any label that they have.
func istioPolicyLinks(o *inventory.Object) way.Links {
	selector, targets, ok := istioSelection(o)
	switch {
	case !ok || len(targets) > 0 && !canOpen(o):
		return way.Links{}
	case len(selector) == 0 || canOpen(o):
		mayChoose := func(o *inventory.Object) bool {
			gateway, ok := inventory.As[crd.IngressGateway](o)
			return !ok || !contradicts(selector, gateway.Spec.Selector)
		}
		return way.Links{Governs: append(way.PodsWith(selector), way.PodsLabelled("")), MayGovern: mayChoose}
	}
	return way.Links{Governs: way.PodsWith(selector)}
}
