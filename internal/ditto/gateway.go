package ditto

import (
	"github.com/dittoguard/dittoguard/internal/ditto/published"
	"github.com/dittoguard/dittoguard/internal/ditto/settings"
)

// GatewayFacts reads the effective settings of a gateway.
func (v *View) GatewayFacts(part Part) *GatewayFacts {
	id := part.id()
	if facts, known := v.gateways[id]; known {
		return facts
	}
	s := v.settings(part)
	facts := &GatewayFacts{
		Namespace: part.Workload.Ref.Namespace, Name: part.Workload.Ref.Name, Container: part.Container.Name,

		PreAuthentication: Switch(settings.Boolean(s.Lookup(settings.PreAuthentication))),
		DevopsSecured:     Switch(settings.Boolean(s.Lookup(settings.DevopsSecured))),
		StatusSecured:     Switch(s.GatewayStatusSecured()),
		DevopsMethod:      method(s.Lookup(settings.DevopsMethod)),
		StatusMethod:      method(s.Lookup(settings.StatusMethod)),
		DevopsPassword:    password(s.Lookup(settings.DevopsPassword)),
		StatusPassword:    password(s.Lookup(settings.StatusPassword)),

		WebsocketThrottling: Switch(settings.Boolean(s.Lookup(settings.WebsocketThrottling))),
		SSEThrottling:       Switch(settings.Boolean(s.Lookup(settings.SSEThrottling))),
	}
	v.gateways[id] = facts
	return facts
}

// settings are those of a part's container.
func (v *View) settings(part Part) *settings.Settings {
	id := part.id()
	s, known := v.read[id]
	if !known {
		s = v.cache.settings.Read(v, part.Workload.Ref.Namespace, part.Workload.PodTemplate(), part.Container, part.Component)
		v.read[id] = s
	}
	return s
}

func method(value settings.Value) Text {
	m, why, ok := settings.Method(value)
	if !ok {
		return Text{State: Unknown, Source: value.Source, Why: why}
	}
	return Text{State: Known, Value: m, Source: value.Source}
}

func password(value settings.Value) Password {
	return Password{State: settings.PasswordState(value, published.Published()), Source: value.Source, Why: value.Why}
}
