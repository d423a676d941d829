package gatewayapi

import (
	"slices"
	"strings"

	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/dns"
	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// The addresses that a Gateway asks for can have it served elsewhere than annotations of its infrastructure, and the
// type of a Service that is made for it, would let one think.

// addressesOf are the addresses of a type that a Gateway asks for; one without a type is an IP address.
func addressesOf(gw *gatewayv1.Gateway, kind gatewayv1.AddressType) []string {
	var list []string
	for _, a := range gw.Spec.Addresses {
		own := gatewayv1.IPAddressType
		if a.Type != nil {
			own = *a.Type
		}
		if own == kind && a.Value != "" {
			list = append(list, a.Value)
		}
	}
	return list
}

// servicesNamed are the Services that a Gateway may be served behind because it asks for their names as its addresses.
func servicesNamed(gw *gatewayv1.Gateway) []inventory.ID {
	var list []inventory.ID
	for _, host := range addressesOf(gw, gatewayv1.HostnameAddressType) {
		for _, s := range dns.Services(host, gw.Namespace) {
			if !s.Pod {
				list = append(list, serviceID(s.Namespace, s.Name))
			}
		}
	}
	return list
}

func serviceID(namespace, name string) inventory.ID {
	return inventory.ID{GroupKind: inventory.Service, Namespace: namespace, Name: name}
}

// servedBehind are the Services of its own that an implementation serves a Gateway behind, in the place of one that it
// makes for it; missing is an address that is none that was found. Both are empty where it makes one.
func servedBehind(c way.Context, gw *gatewayv1.Gateway,
	class GatewayClass) (services []*inventory.Object, missing string) {
	if !class.impl.byAddress || !isUnmanaged(gw) {
		return nil, ""
	}
	var absent []string
	hosts := addressesOf(gw, gatewayv1.HostnameAddressType)
	for _, host := range hosts {
		found := servicesAt(c, host, gw.Namespace)
		if len(found) == 0 {
			absent = append(absent, host)
		}
		services = append(services, found...)
	}
	if len(hosts) == 0 {
		for _, a := range gw.Spec.Addresses {
			absent = append(absent, a.Value)
		}
	}
	return services, strings.Join(absent, ", ")
}

// servicesAt are the Services that a host name can mean.
func servicesAt(c way.Context, host, namespace string) (list []*inventory.Object) {
	for _, s := range dns.Services(host, namespace) {
		if o := c.Objects.Get(inventory.Service, s.Namespace, s.Name); o != nil && !s.Pod {
			list = append(list, o)
		}
	}
	return list
}

// isUnmanaged says whether Istio makes no Service for a Gateway: it asks for several addresses, or for one that is a
// name (pilot/pkg/config/kube/gatewaycommon: IsManaged).
func isUnmanaged(gw *gatewayv1.Gateway) bool {
	return len(gw.Spec.Addresses) > 1 || len(gw.Spec.Addresses) == 1 && gw.Spec.Addresses[0].Type != nil &&
		*gw.Spec.Addresses[0].Type != gatewayv1.IPAddressType
}

// byAddress is who reaches a Gateway that Istio makes no Service for: whoever reaches the Services that its addresses
// name. Those that are public have been found already, but others may stand before the same pods.
func byAddress(c way.Context, gw *gatewayv1.Gateway, class GatewayClass) Exposure {
	services, missing := servedBehind(c, gw, class)
	if missing != "" {
		return Exposure{Verdict: way.Public("its addresses name " + missing),
			Doubt: reason.Of("gateway-address-not-found", gw.Namespace, gw.Name, missing)}
	}
	var names []string
	for _, o := range services {
		names = append(names, o.Ref.String())
	}
	slices.Sort(names)
	list := strings.Join(names, ", ")
	return Exposure{Verdict: way.Internal("its addresses name " + list),
		Doubt: reason.Of("gateway-address-inside", gw.Namespace, gw.Name, list)}
}

// ExternalIPs says that nodes take what is sent to the addresses that a Gateway asks for, whatever its load balancer
// is.
func ExternalIPs(gw *gatewayv1.Gateway, class GatewayClass) (v way.Verdict, ok bool) {
	list := addressesOf(gw, gatewayv1.IPAddressType)
	if !class.impl.ExternalIPs || len(list) == 0 {
		return v, false
	}
	return way.Public("nodes take what is sent to its address " + strings.Join(list, ", ")), true
}
