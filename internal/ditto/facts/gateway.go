package facts

import (
	"fmt"

	"github.com/dittoguard/dittoguard/internal/ditto/published"
	"github.com/dittoguard/dittoguard/internal/ditto/recognize"
	"github.com/dittoguard/dittoguard/internal/ditto/settings"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/world"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// OfGateway reads the effective settings of a gateway.
func OfGateway(v *world.View, part recognize.Part) *GatewayFacts { return gateway.Of(v, part) }

var gateway = world.NewConfigured(func(v *world.View, part recognize.Part) *GatewayFacts {
	s := v.Settings(part)
	facts := &GatewayFacts{
		Namespace: part.Workload.Ref.Namespace, Name: part.Workload.Ref.Name, Container: part.Container.Name,

		PreAuthentication: settings.Boolean(s.Lookup(settings.PreAuthentication)),
		DevopsSecured:     settings.Boolean(s.Lookup(settings.DevopsSecured)),
		StatusSecured:     s.GatewayStatusSecured(),
		DevopsMethod:      method(s.Lookup(settings.DevopsMethod)),
		StatusMethod:      method(s.Lookup(settings.StatusMethod)),
		DevopsPassword:    password(s.Lookup(settings.DevopsPassword)),
		StatusPassword:    password(s.Lookup(settings.StatusPassword)),
		DevopsFallback:    fallback(s, settings.DevopsPassword),
		StatusFallback:    fallback(s, settings.StatusPassword),
		DevopsSubjects:    subjects(s.Lookup(settings.DevopsSubjects)),
		StatusSubjects:    subjects(s.Lookup(settings.StatusSubjects)),

		TrustModelWanted: v.TrustModel,
		OIDC:             oidc(s, settings.APIOIDC, settings.OIDCProtocol),
		DevopsOIDC:       oidc(s, settings.DevopsOIDC, settings.DevopsOIDCProtocol),
		CORS:             settings.Boolean(s.Lookup(settings.EnableCORS)),

		WebsocketThrottling: settings.Boolean(s.Lookup(settings.WebsocketThrottling)),
		SSEThrottling:       settings.Boolean(s.Lookup(settings.SSEThrottling)),
	}
	for _, said := range s.Said(settings.PreAuthentication) {
		facts.PreAuthenticationSaid = append(facts.PreAuthenticationSaid, settings.Boolean(said))
	}
	return facts
}, func(facts *GatewayFacts) int {
	return len(facts.PreAuthenticationSaid) + facts.OIDC.size() + facts.DevopsOIDC.size()
})

func method(value settings.Value) Text {
	m, why, ok := settings.Method(value)
	if !ok {
		return Text{State: tri.Unknown, Source: value.Source, Why: why}
	}
	return Text{State: Known, Value: m, Source: value.Source}
}

func password(value settings.Value) Password {
	return Password{State: settings.PasswordState(value, published.Published()), Source: value.Source, Why: value.Why}
}

// fallback is the password if the keys that optional references name are not there.
func fallback(s *settings.Settings, b *settings.Binding) Password {
	value, optional := s.IfMissing(b)
	if !optional {
		value = s.Lookup(b)
	}
	return password(value)
}

// Release is the release of Ditto that a part says it is of (`4.6`), empty if it says none.
func Release(v *world.View, part recognize.Part) string {
	release, _ := v.Settings(part).Release()
	if release == (settings.Release{}) {
		return ""
	}
	return release.String()
}

// TooOld says of a part of Ditto in a workload that it may be of a release that is not read; empty if none is.
func TooOld(v *world.View, o *inventory.Object) string {
	for _, part := range v.Parts(o) {
		if !recognize.IsDitto(part.Component) {
			continue
		}
		if why := v.Settings(part).TooOld(); why != "" {
			return fmt.Sprintf("container %s runs %s; its settings, paths and headers may differ from those that dittoguard knows: upgrade it, or, "+
				"if it is newer, make the tag of its image and the label app.kubernetes.io/version of its pods say which release it is", part.Container.Name, why)
		}
	}
	return ""
}
