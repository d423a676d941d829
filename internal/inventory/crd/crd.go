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
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Object is a custom resource: what Kubernetes has of every object, and the specification.
type Object[Spec any] struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              Spec `json:"spec"`
}

// Types maps versions of kinds to functions that make an empty object of their Go type. Versions of a kind that have
// the same form share a type.
type Types map[schema.GroupVersionKind]func() any

// Kinds are the types of every kind that is read here.
func Kinds() Types {
	all := Types{}
	for _, add := range []func(Types){
		gatewayAPIKinds, envoyGatewayKinds, nginxGatewayKinds, awsKinds,
		openShift, traefik, contour, istio, kong, f5Nginx, clouds, haproxy,
	} {
		add(all)
	}
	return all
}

// Add adds the versions of one kind, whose objects are of a type.
func Add[T any](to Types, gk schema.GroupKind, versions ...string) {
	for _, version := range versions {
		to[gk.WithVersion(version)] = func() any { return new(T) }
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
