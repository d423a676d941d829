package settings

import "github.com/dittoguard/dittoguard/internal/ditto/tri"

const authentication = "ditto.gateway.authentication."

// The settings of the gateway that decide who may do what.
// Source: gateway/service/src/main/resources/gateway.conf and gateway-dev.conf.
var (
	PreAuthentication = &Binding{
		Path:    authentication + "pre-authentication.enabled",
		Refs:    []string{"ENABLE_PRE_AUTHENTICATION", "ENABLE_DUMMY_AUTH"},
		Default: "false", HasDefault: true,
		Development: map[string]Assigned{Gateway: {"true", []string{"ENABLE_PRE_AUTHENTICATION"}}},
	}
	DevopsSecured = &Binding{
		Path:    authentication + "devops.secured",
		Refs:    []string{authentication + "devops.securestatus", "DEVOPS_SECURE_STATUS", "DEVOPS_SECURED"},
		Until:   map[string]Release{"DEVOPS_SECURE_STATUS": statusApart},
		Default: "true", HasDefault: true,
		Development: map[string]Assigned{Gateway: {"false", []string{"DEVOPS_SECURED"}}},
	}
	// devopsSecureStatus is the old name of devops.secured; nothing else reads it.
	devopsSecureStatus = &Binding{Path: authentication + "devops.securestatus"}
	StatusSecured      = &Binding{
		Path:    authentication + "devops.status-secured",
		Refs:    []string{"DEVOPS_STATUS_SECURED"},
		Default: "true", HasDefault: true,
	}
	DevopsMethod = &Binding{
		Path:    authentication + "devops.devops-authentication-method",
		Refs:    []string{"DEVOPS_AUTHENTICATION_METHOD"},
		Default: "basic", HasDefault: true,
	}
	StatusMethod = &Binding{
		Path:    authentication + "devops.status-authentication-method",
		Refs:    []string{"STATUS_AUTHENTICATION_METHOD"},
		Default: "basic", HasDefault: true,
	}
	DevopsPassword = &Binding{
		Path:    authentication + "devops.password",
		Refs:    []string{"secrets.devops_password.value", "DEVOPS_PASSWORD"},
		Default: "foobar", HasDefault: true, Secret: true,
	}
	StatusPassword = &Binding{
		Path:    authentication + "devops.statusPassword",
		Refs:    []string{"secrets.status_password.value", "STATUS_PASSWORD"},
		Default: "status", HasDefault: true, Secret: true,
	}
	DevopsSubjects = &Binding{
		Path: authentication + "devops.devops-oauth2-subjects",
		Refs: []string{"DEVOPS_OAUTH2_SUBJECTS"}, List: true,
	}
	StatusSubjects = &Binding{
		Path: authentication + "devops.status-oauth2-subjects",
		Refs: []string{"STATUS_OAUTH2_SUBJECTS"}, List: true,
	}
	DevopsOIDCProtocol = &Binding{
		Path:    authentication + "devops.oauth.protocol",
		Refs:    []string{"DEVOPS_OAUTH2_PROTOCOL"},
		Default: "https", HasDefault: true,
	}
	OIDCProtocol = &Binding{
		Path:    authentication + "oauth.protocol",
		Refs:    []string{"OAUTH_PROTOCOL"},
		Default: "https", HasDefault: true,
		Development: map[string]Assigned{Gateway: {Value: "http"}},
	}
	// EnableCORS makes the gateway answer each origin as if it were the allowed one (CorsEnablingDirective).
	EnableCORS = &Binding{
		Path:    "ditto.gateway.http.enablecors",
		Refs:    []string{"ENABLE_CORS"},
		Default: "false", HasDefault: true,
		Development: map[string]Assigned{Gateway: {Value: "true"}},
	}
)

// The gateway's limits on streams. Limit and interval are as Typesafe Config reads a number and a duration.
var (
	WebsocketThrottling = throttling("websocket.throttling.enabled", "GATEWAY_WEBSOCKET_THROTTLING_ENABLED",
		"false")
	WebsocketThrottlingInterval = throttling("websocket.throttling.interval", "GATEWAY_WEBSOCKET_THROTTLING_INTERVAL",
		"1s")
	WebsocketThrottlingLimit = throttling("websocket.throttling.limit", "GATEWAY_WEBSOCKET_THROTTLING_LIMIT", "100")
	SSEThrottling            = throttling("sse.throttling.enabled", "GATEWAY_SSE_THROTTLING_ENABLED", "false")
	SSEThrottlingInterval    = throttling("sse.throttling.interval", "GATEWAY_SSE_THROTTLING_INTERVAL", "1s")
	SSEThrottlingLimit       = throttling("sse.throttling.limit", "GATEWAY_SSE_THROTTLING_LIMIT", "100")
)

func throttling(name, env, value string) *Binding {
	return &Binding{Path: "ditto.gateway.streaming." + name, Refs: []string{env}, Default: value, HasDefault: true}
}

// GatewayStatusSecured says whether /overall/status asks for credentials: only if both status-secured and secured are
// on, since switching off the one for /devops opens the status too (DevopsAuthenticationDirectiveFactory).
func (s *Settings) GatewayStatusSecured() tri.State {
	status, devops := Boolean(s.Lookup(StatusSecured)), Boolean(s.Lookup(DevopsSecured))
	switch release, _ := s.Release(); {
	case release.before(statusApart):
		return devops
	case status.State == tri.Off:
		return status
	case devops.State == tri.Off, devops.State == tri.Unknown:
		return devops
	}
	return status
}

// Method reads an authentication method as Ditto does, whatever its case: `basic` or `oauth2`. ok is false if it is not
// known, and why says so (DevopsAuthenticationMethod).
func Method(v Value) (method, why string, ok bool) {
	if v.State == Unknown {
		return "", v.Why, false
	}
	if method, ok = v.Choice("basic", "oauth2"); !ok {
		return "", v.shown() + " is not an authentication method; the gateway does not start", false
	}
	return method, "", true
}
