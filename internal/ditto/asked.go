package ditto

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/edge/ingress"
	"github.com/dittoguard/dittoguard/internal/ditto/nginxconf"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// An edge can ask another service whether a request may come in, and takes 2xx for a yes. What that service is, is mostly
// unknown, and that it refuses strangers an assumption. But it may be Ditto itself, which answers everyone on some paths.

// mostAsked bounds how many steps the asking is followed.
const mostAsked = 4

// asked says what a service does with a request that brings no credentials; see edge.Asking.
func (v *View) asked(a way.AskedService) way.State {
	if v.asking++; v.asking > mostAsked {
		v.asking--
		return way.State{}
	}
	defer func() { v.asking-- }()
	if svc := serviceNamed(v, a.Host, a.Namespace); svc != nil {
		return v.askedService(svc, a)
	}
	if at := atAddress(v, a.Host); len(at) > 0 {
		if at[0].Ref.GroupKind() == inventory.Service {
			return v.askedService(at[0], a)
		}
		return v.askedPod(at[0], a.Port, a)
	}
	for _, o := range v.Find(inventory.Key{Index: ingress.ByHost, Value: strings.ToLower(a.Host)}) {
		if state := v.askedIngress(o, a); state.State != "" {
			return state
		}
	}
	return way.State{}
}

func (v *View) askedService(o *inventory.Object, a way.AskedService) way.State {
	svc := o.Typed.(*corev1.Service)
	if svc.Spec.Type == corev1.ServiceTypeExternalName {
		a.Namespace, a.Host = svc.Namespace, svc.Spec.ExternalName
		return v.asked(a)
	}
	for _, workload := range workloadsBehind(v, svc) {
		number, leads := a.Port, isHeadless(o)
		for i := range svc.Spec.Ports {
			if sp := &svc.Spec.Ports[i]; !leads && sp.Port == a.Port {
				number, leads = targetNumber(sp.TargetPort, sp.Port, &workload.PodTemplate().Spec)
			}
		}
		if !leads {
			continue
		}
		if state := v.askedPod(workload, number, a); state.State != "" {
			return state
		}
	}
	return way.State{}
}

func (v *View) askedPod(o *inventory.Object, number int32, a way.AskedService) way.State {
	for _, part := range v.Parts(o) {
		if part.Component == Proxy {
			if state := v.askedProxy(part, number, a); state.State != "" {
				return state
			}
			continue
		}
		for _, p := range v.portsOf(part) {
			switch {
			case p.Number != number:
			case part.Component == Gateway && p.Name == PortHTTP:
				return v.askedGateway(part, a)
			case IsDitto(part.Component):
				return way.State{State: Off, Why: fmt.Sprintf("port %d (%s) of %s asks nobody for credentials", number, p.Name, o.Ref)}
			}
		}
	}
	return way.State{}
}

// askedProxy follows a request through an nginx.
func (v *View) askedProxy(part Part, number int32, a way.AskedService) way.State {
	config := v.proxy(part).config
	if config == nil || a.WithRequest {
		return way.State{}
	}
	route, upstream, known := config.Locate(int(number), a.Host, a.Path)
	if !known || route == nil || route.Authentication.State != nginxconf.Off {
		return way.State{}
	}
	for _, t := range route.Targets {
		if t.Unix || t.Variable {
			continue
		}
		state := v.asked(way.AskedService{Namespace: part.Workload.Ref.Namespace, Host: t.Host, Port: int32(t.Port), Path: upstream})
		if state.State != "" {
			return state
		}
	}
	return way.State{}
}

// askedIngress follows a request by an Ingress of its host, if that plainly hands it on.
func (v *View) askedIngress(o *inventory.Object, a way.AskedService) way.State {
	for _, b := range ingress.HandsOn(o, a.Host, a.Path) {
		svc := v.Get(inventory.Service, b.Namespace, b.Name)
		if svc == nil {
			continue
		}
		service := svc.Typed.(*corev1.Service)
		a.Namespace, a.Host = b.Namespace, b.Name
		for i := range service.Spec.Ports {
			if sp := &service.Spec.Ports[i]; b.Means(service, sp, 0) {
				a.Port = sp.Port
				return v.askedService(svc, a)
			}
		}
	}
	return way.State{}
}

// openPaths are answered to everyone, and with 2xx (RootRoute of Ditto's gateway).
var openPaths = []string{"/health", "/status", "/stats/things", "/stats/search", "/.well-known/wot"}

// askedGateway: what the gateway answers to everyone lets everyone in, and what it answers to whoever its own settings
// believe, lets in whoever they do.
func (v *View) askedGateway(part Part, a way.AskedService) way.State {
	facts := v.GatewayFacts(part)
	name := "gateway " + part.Workload.Ref.Namespace + "/" + part.Workload.Ref.Name
	guarded := func(by Switch, off string) way.State {
		switch by.State {
		case Off:
			return way.State{State: Off, Why: fmt.Sprintf("%s answers %s to everyone, since %s (%s)", name, a.Path, off, by.Source)}
		case Unknown:
			return way.State{State: Unknown, Why: fmt.Sprintf("whether %s answers %s to everyone is unknown: %s", name, a.Path, by.Why)}
		}
		return way.State{}
	}
	at := func(parents ...string) bool {
		return slices.ContainsFunc(parents, func(parent string) bool { return isBelow(a.Path, parent) })
	}
	switch {
	case a.WithRequest && strings.Trim(a.Path, "/") != "": // no path of the gateway
	case a.WithRequest, at("/api/2", "/ws/2") && !at("/api/2/connections"):
		switch facts.PreAuthentication.State {
		case On:
			return way.State{State: Off, Why: fmt.Sprintf("%s believes whatever identity the client's own request names (%s)",
				name, facts.PreAuthentication.Source)}
		case Unknown:
			return way.State{State: Unknown, Why: fmt.Sprintf("whether %s believes the identity that the client's own request names is unknown: %s",
				name, facts.PreAuthentication.Why)}
		}
	case at("/stats/things/details", "/devops", "/api/2/connections"):
		return guarded(facts.DevopsSecured, "DevOps authentication is off")
	case at("/overall"):
		return guarded(facts.StatusSecured, "status authentication is off")
	case at(openPaths...):
		return way.State{State: Off, Why: name + " answers " + a.Path + " to everyone"}
	}
	return way.State{}
}

// isBelow says whether a path is another one or lies below it.
func isBelow(path, parent string) bool {
	rest, ok := strings.CutPrefix(path, strings.TrimSuffix(parent, "/"))
	return ok && (rest == "" || rest[0] == '/')
}
