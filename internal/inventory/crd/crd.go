// Package crd has the Go types of custom resources that decide how Ditto is exposed: the part of each that does. The
// Gateway API comes from its own module. The modules of the others bring whole proxies with them, for the sake of a few
// fields each.
//
// # Adding a kind
//
// Its type in the file of its project, and a line in that file's list of kinds. A field that is missing here is not
// read; a field of the wrong type makes the object unreadable, so only fields whose form is certain belong here.
package crd

import (
	"maps"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Kinds maps each version that is read to a function that makes an empty object of its Go type. Versions of a kind that
// have the same form share a type.
func Kinds() map[schema.GroupVersionKind]func() any {
	all := map[schema.GroupVersionKind]func() any{}
	for _, kinds := range []map[schema.GroupVersionKind]func() any{
		gatewayAPIKinds(), envoyGatewayKinds(), nginxGatewayKinds(), awsKinds(),
		openShift(), traefik(), contour(), istio(), kong(), f5Nginx(), clouds(), haproxy(),
	} {
		maps.Copy(all, kinds)
	}
	return all
}

// kind lists the versions of one kind.
func kind(into map[schema.GroupVersionKind]func() any, gk schema.GroupKind, empty func() any, versions ...string) {
	for _, version := range versions {
		into[gk.WithVersion(version)] = empty
	}
}

// ClusterScoped says which of the kinds lie in no namespace.
func ClusterScoped(gk schema.GroupKind) bool {
	switch gk.Kind {
	case "GatewayClass", "KongClusterPlugin", "IngressClassParams", "CiliumClusterwideEnvoyConfig":
		return true
	}
	return false
}

// Resource is the name of a kind in URLs, RBAC and webhook rules: `httproutes`. It holds for every kind that dittoguard
// reads, Kubernetes' own included.
func Resource(kind string) string {
	name := strings.ToLower(kind)
	switch {
	case strings.HasSuffix(name, "params"):
		return name
	case strings.HasSuffix(name, "s"), strings.HasSuffix(name, "x"):
		return name + "es"
	case strings.HasSuffix(name, "y") && !strings.HasSuffix(name, "ay") && !strings.HasSuffix(name, "ey"):
		return strings.TrimSuffix(name, "y") + "ies"
	}
	return name + "s"
}
