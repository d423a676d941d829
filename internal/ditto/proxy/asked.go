package proxy

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/edge/ingress"
	"github.com/dittoguard/dittoguard/internal/ditto/facts"
	"github.com/dittoguard/dittoguard/internal/ditto/podspec"
	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/recognize"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/ditto/world"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// An edge can ask another service whether a request may come in, and takes 2xx for a yes. What that service is, is
// mostly unknown, and that it refuses strangers an assumption. But it may be Ditto itself, which answers everyone on
// some paths.

// mostAsked bounds how many steps the asking is followed.
const mostAsked = 4

// Asked says what a service does with a request that brings no credentials; see edge.Asking.
func Asked(v *world.View, a way.AskedService) tri.State {
	m := memo.Of(v)
	switch {
	case slices.Contains(m.asking, a): // nobody answers in a circle
		return tri.State{}
	case len(m.asking) == mostAsked:
		return tri.State{State: tri.Unknown, Why: reason.Of("asked-too-far", a.Host, mostAsked)}
	}
	m.asking = append(m.asking, a)
	defer func() { m.asking = m.asking[:len(m.asking)-1] }()
	if svc := world.ServiceNamed(v, a.Host, a.Namespace); svc != nil {
		return askedService(v, svc, a)
	}
	if at := world.AtAddress(v, a.Host); len(at) > 0 {
		if at[0].Ref.GroupKind() == inventory.Service {
			return askedService(v, at[0], a)
		}
		return askedPod(v, at[0], a.Port, a)
	}
	for _, o := range v.Find(inventory.Key{Index: ingress.ByHost, Value: strings.ToLower(a.Host)}) {
		if state := askedIngress(v, o, a); state.State != "" {
			return state
		}
	}
	return tri.State{}
}

func askedService(v *world.View, o *inventory.Object, a way.AskedService) tri.State {
	svc := inventory.Must[corev1.Service](o)
	if svc.Spec.Type == corev1.ServiceTypeExternalName {
		a.Namespace, a.Host = svc.Namespace, svc.Spec.ExternalName
		return Asked(v, a)
	}
	for _, workload := range world.WorkloadsBehind(v, svc) {
		number, leads := a.Port, world.IsHeadless(o)
		for i := range svc.Spec.Ports {
			if sp := &svc.Spec.Ports[i]; !leads && sp.Port == a.Port {
				number, leads = podspec.TargetNumber(sp.TargetPort, sp.Port, &workload.PodTemplate().Spec)
			}
		}
		if !leads {
			continue
		}
		if state := askedPod(v, workload, number, a); state.State != "" {
			return state
		}
	}
	return tri.State{}
}

func askedPod(v *world.View, o *inventory.Object, number int32, a way.AskedService) tri.State {
	for _, part := range v.Parts(o) {
		if part.Component == recognize.Proxy {
			if state := askedProxy(v, part, number, a); state.State != "" {
				return state
			}
			continue
		}
		for _, p := range v.PortsOf(part) {
			switch {
			case p.Number != number:
			case part.Component == recognize.Gateway && p.Name == recognize.PortHTTP:
				return askedGateway(v, part, a)
			case recognize.IsDitto(part.Component):
				return tri.State{State: tri.Off, Why: fmt.Sprintf("port %d (%s) of %s asks nobody for credentials",
					number, p.Name, o.Ref)}
			}
		}
	}
	return tri.State{}
}

// askedProxy follows a request through an nginx.
func askedProxy(v *world.View, part recognize.Part, number int32, a way.AskedService) tri.State {
	config := Read(v, part).config
	if config == nil || a.WithRequest {
		return tri.State{}
	}
	route, upstream, known := config.Locate(int(number), a.Host, a.Path)
	if !known || route == nil || route.Authentication.State != tri.Off {
		return tri.State{}
	}
	for _, t := range route.Targets {
		if t.Unix || t.Variable {
			continue
		}
		state := Asked(v, way.AskedService{Namespace: part.Workload.Ref.Namespace, Host: t.Host, Port: int32(t.Port),
			Path: upstream})
		if state.State != "" {
			return state
		}
	}
	return tri.State{}
}

// askedIngress follows a request by an Ingress of its host, if that plainly hands it on.
func askedIngress(v *world.View, o *inventory.Object, a way.AskedService) tri.State {
	for _, b := range ingress.HandsOn(o, a.Host, a.Path) {
		svc := v.Get(inventory.Service, b.Namespace, b.Name)
		if svc == nil {
			continue
		}
		service := inventory.Must[corev1.Service](svc)
		a.Namespace, a.Host = b.Namespace, b.Name
		for i := range service.Spec.Ports {
			if sp := &service.Spec.Ports[i]; b.Means(service, sp, 0) {
				a.Port = sp.Port
				return askedService(v, svc, a)
			}
		}
	}
	return tri.State{}
}

// openPaths are answered to everyone, and with 2xx (RootRoute of Ditto's gateway).
var openPaths = []string{"/health", "/status", "/stats/things", "/stats/search", "/.well-known/wot"}

// askedGateway: what the gateway answers to everyone lets everyone in, and what it answers to whoever its own settings
// believe, lets in whoever they do.
func askedGateway(v *world.View, part recognize.Part, a way.AskedService) tri.State {
	known := facts.OfGateway(v, part)
	name := "gateway " + part.Workload.Ref.Namespace + "/" + part.Workload.Ref.Name
	guarded := func(by tri.State, off string) tri.State {
		switch by.State {
		case tri.Off:
			return tri.State{State: tri.Off, Why: fmt.Sprintf("%s answers %s to everyone, since %s (%s)", name,
				a.Path, off, by.Source)}
		case tri.Unknown:
			return tri.State{State: tri.Unknown, Why: reason.Of("asked-service-not-known", name, a.Path, by.Why)}
		}
		return tri.State{}
	}
	at := func(parents ...string) bool {
		return slices.ContainsFunc(parents, func(parent string) bool { return isBelow(a.Path, parent) })
	}
	switch {
	case a.WithRequest && strings.Trim(a.Path, "/") != "": // no path of the gateway
	case a.WithRequest, at("/api/2", "/ws/2") && !at("/api/2/connections"):
		switch known.PreAuthentication.State {
		case tri.On:
			return tri.State{State: tri.Off,
				Why: fmt.Sprintf("%s believes whatever identity the client's own request names (%s)",
					name, known.PreAuthentication.Source)}
		case tri.Unknown:
			return tri.State{State: tri.Unknown, Why: reason.Of("asked-service-identity-not-known", name,
				known.PreAuthentication.Why)}
		}
	case at("/stats/things/details", "/devops", "/api/2/connections"):
		return guarded(known.DevopsSecured, "DevOps authentication is off")
	case at("/overall"):
		return guarded(known.StatusSecured, "status authentication is off")
	case at(openPaths...):
		return tri.State{State: tri.Off, Why: name + " answers " + a.Path + " to everyone"}
	}
	return tri.State{}
}

// isBelow says whether a path is another one or lies below it.
func isBelow(path, parent string) bool {
	rest, ok := strings.CutPrefix(path, strings.TrimSuffix(parent, "/"))
	return ok && (rest == "" || rest[0] == '/')
}
