package crd

import (
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// Route is the kind of OpenShiftRoute.
var Route = schema.GroupKind{Group: "route.openshift.io", Kind: "Route"}

func openShift(kinds Types) {
	Add[OpenShiftRoute](kinds, Route, "v1")
}

// OpenShiftRoute is the part of a route.openshift.io/v1 Route that decides what it exposes. OpenShift's own module
// brings more than this one type is worth.
type OpenShiftRoute Object[OpenShiftRouteSpec]

// OpenShiftRouteSpec says which requests the router takes and which Services get them.
type OpenShiftRouteSpec struct {
	Host string `json:"host,omitempty"`
	// Path is an element-wise prefix; empty means everything.
	Path              string                 `json:"path,omitempty"`
	To                OpenShiftRouteTarget   `json:"to"`
	AlternateBackends []OpenShiftRouteTarget `json:"alternateBackends,omitempty"`
	Port              *OpenShiftRoutePort    `json:"port,omitempty"`
	TLS               *OpenShiftRouteTLS     `json:"tls,omitempty"`
	HTTPHeaders       *OpenShiftRouteHeaders `json:"httpHeaders,omitempty"`
}

// OpenShiftRouteHeaders is what the router does to headers.
type OpenShiftRouteHeaders struct {
	Actions struct {
		Request  []OpenShiftRouteHeader `json:"request,omitempty"`
		Response []OpenShiftRouteHeader `json:"response,omitempty"`
	} `json:"actions"`
}

// OpenShiftRouteHeader sets or deletes one header.
type OpenShiftRouteHeader struct {
	Name   string `json:"name"`
	Action struct {
		// Type is Set or Delete.
		Type string `json:"type"`
		Set  *struct {
			Value string `json:"value"`
		} `json:"set,omitempty"`
	} `json:"action"`
}

// OpenShiftRouteTarget is a Service that gets a share of the requests.
type OpenShiftRouteTarget struct {
	Kind string `json:"kind,omitempty"`
	Name string `json:"name"`
}

// OpenShiftRoutePort names the target port on the Service's endpoints, by number or by port name.
type OpenShiftRoutePort struct {
	TargetPort intstr.IntOrString `json:"targetPort"`
}

// OpenShiftRouteTLS says where TLS ends.
type OpenShiftRouteTLS struct {
	// Termination is edge, reencrypt or passthrough.
	Termination string `json:"termination,omitempty"`
	// InsecureEdgeTerminationPolicy is None (default), Allow or Redirect.
	InsecureEdgeTerminationPolicy string `json:"insecureEdgeTerminationPolicy,omitempty"`
}
