package edge

import (
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/dittoguard/dittoguard/internal/ditto/edge/aws"
	"github.com/dittoguard/dittoguard/internal/ditto/edge/azure"
	"github.com/dittoguard/dittoguard/internal/ditto/edge/contour"
	"github.com/dittoguard/dittoguard/internal/ditto/edge/envoygateway"
	"github.com/dittoguard/dittoguard/internal/ditto/edge/f5"
	"github.com/dittoguard/dittoguard/internal/ditto/edge/gatewayapi"
	"github.com/dittoguard/dittoguard/internal/ditto/edge/gke"
	"github.com/dittoguard/dittoguard/internal/ditto/edge/haproxy"
	"github.com/dittoguard/dittoguard/internal/ditto/edge/ingress"
	"github.com/dittoguard/dittoguard/internal/ditto/edge/istio"
	"github.com/dittoguard/dittoguard/internal/ditto/edge/kong"
	"github.com/dittoguard/dittoguard/internal/ditto/edge/nginxgateway"
	"github.com/dittoguard/dittoguard/internal/ditto/edge/openshift"
	"github.com/dittoguard/dittoguard/internal/ditto/edge/traefik"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// resources holds the kinds, by project. It is never changed.
var resources = slices.Concat(
	gatewayapi.Kinds(), envoygateway.Kinds(), nginxgateway.Kinds(), openshift.Kinds(), traefik.Kinds(), contour.Kinds(),
	istio.Kinds(),
	kong.Kinds(), f5.Kinds(), aws.Kinds(), gke.Kinds(), azure.Kinds(), haproxy.Kinds(), ingress.Kinds(),
)

// resourcesByKind finds a row.
var resourcesByKind = func() map[schema.GroupKind]*way.Resource {
	byKind := make(map[schema.GroupKind]*way.Resource, len(resources))
	for i := range resources {
		byKind[resources[i].Kind] = &resources[i]
	}
	return byKind
}()

func resourceOf(o *inventory.Object) *way.Resource {
	if o.Typed == nil {
		return nil
	}
	return resourcesByKind[o.Ref.GroupKind()]
}

// Kinds lists the kinds of this table whose objects name others.
func Kinds() []schema.GroupKind {
	var list []schema.GroupKind
	for _, r := range resources {
		if r.Links != nil {
			list = append(list, r.Kind)
		}
	}
	return list
}

// LinksOf says which objects an object names: one of a kind of this table or, with what its annotations name, a
// Service. That names the Gateway that it was made for, or the host that it is another name of, and so does a workload
// whose pods listen on their node. A Service for outsiders is read with others for the same pods, which may be before
// them for those of a Gateway, too.
func LinksOf(o *inventory.Object) way.Links {
	if template := o.PodTemplate(); template != nil {
		return way.Links{Governs: way.OnNode(o, template)}
	}
	if svc, ok := inventory.As[corev1.Service](o); ok {
		links := way.Links{Governs: way.MadeFor(svc), Uses: ingress.Uses(o)}
		if host, ok := istio.AliasOf(svc); ok {
			links.Uses = append(links.Uses, host)
		}
		if way.TakesOutsiders(svc) {
			links.Governs = append(links.Governs, o.Ref.ID()) // for Gateways that name it as their address
		}
		if pods := way.FrontsPods(svc); len(pods) > 0 {
			own := way.PodsIn(svc.Namespace, svc.Spec.Selector)
			links.Governs, links.Uses = slices.Concat(links.Governs, pods, own), append(links.Uses, own...)
		}
		return links
	}
	if r := resourceOf(o); r != nil && r.Links != nil {
		return r.Links(o)
	}
	return way.Links{}
}

// KeysOf are what an object is indexed by for others of its kind.
func KeysOf(o *inventory.Object) []inventory.Key {
	if r := resourceOf(o); r != nil && r.Keys != nil {
		return r.Keys(o)
	}
	return nil
}

// Says is all that an object says beside its metadata and its status. Not every kind keeps that in a spec.
func Says(o *inventory.Object) any {
	if r := resourceOf(o); r != nil && r.Says != nil {
		return r.Says(o)
	}
	content := maps.Clone(o.Content())
	delete(content, "metadata")
	delete(content, "status")
	return content
}

// SiblingsOf are the objects of its kind whose reading an object decides without naming them.
func SiblingsOf(c way.Context, o *inventory.Object) []way.Siblings {
	if r := resourceOf(o); r != nil && r.Siblings != nil {
		return r.Siblings(c, o)
	}
	return nil
}

// PortsTo are the ports of an object that stands for hosts behind which a Service is.
func PortsTo(o *inventory.Object, svc inventory.ID, leads func(way.Backend) bool) []int32 {
	return istio.PortsTo(o, svc, leads)
}

// ByService says whether the routes of an entry are read for each Service by itself.
func ByService(o *inventory.Object) bool {
	r := resourceOf(o)
	return r != nil && r.ByService
}

// IsResource says whether an object is of a kind of this table.
func IsResource(o *inventory.Object) bool { return resourceOf(o) != nil }

// IsEntry says whether an object is of a kind of this table that opens ways in.
func IsEntry(o *inventory.Object) bool {
	r := resourceOf(o)
	return r != nil && r.Routes != nil
}

// IsRelay says whether an object is of a kind of this table that passes requests on for entries that use it.
func IsRelay(o *inventory.Object) bool {
	r := resourceOf(o)
	return r != nil && r.Relay
}

// IsReached says whether requests arrive at an object by way of others that name it: a relay, or an entry that objects
// of another kind hand requests on to.
func IsReached(o *inventory.Object) bool {
	r := resourceOf(o)
	return r != nil && (r.Relay || r.Taken)
}

// Reached are the kinds of those objects.
func Reached() []schema.GroupKind {
	var list []schema.GroupKind
	for i := range resources {
		if resources[i].Relay || resources[i].Taken {
			list = append(list, resources[i].Kind)
		}
	}
	return list
}

// Routes reads an entry of a kind of this table; there are none for any other object. Each has a text of its own, by
// which ways are told apart.
func Routes(c way.Context, o *inventory.Object) []way.Route {
	if !IsEntry(o) {
		return nil
	}
	list := way.Distinct(resourceOf(o).Routes(c, o))
	for i := range list {
		list[i].Settle()
	}
	return list
}

// ControllerOf names who serves an entry of this table.
func ControllerOf(c way.Context, o *inventory.Object) string {
	if r := resourceOf(o); r != nil && r.Controller != nil {
		return r.Controller(c, o)
	}
	return tri.Unknown
}

// Doubted says why an entry of this table that is taken for internal may be public, empty where there is no such doubt.
func Doubted(c way.Context, o *inventory.Object) string {
	if r := resourceOf(o); r != nil && r.Doubted != nil {
		return r.Doubted(c, o)
	}
	return ""
}
