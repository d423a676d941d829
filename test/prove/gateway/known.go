package main

import "github.com/dittoguard/dittoguard/internal/ditto/settings"

// setting is a setting of the gateway under both its names: the getters by which its own code reads it, or its path where a library
// reads it, and how dittoguard knows it.
type setting struct {
	getters, path string
	binding       *settings.Binding
	kind          kind
}

type kind uint8

const (
	text kind = iota
	boolean
	method
	list
	number
)

// known are the settings that rules read; it is never changed.
var known = []setting{
	{getters: "getAuthenticationConfig.isPreAuthenticationEnabled", binding: settings.PreAuthentication, kind: boolean},
	{getters: "getAuthenticationConfig.getDevOpsConfig.isSecured", binding: settings.DevopsSecured, kind: boolean},
	{getters: "getAuthenticationConfig.getDevOpsConfig.isStatusSecured", binding: settings.StatusSecured, kind: boolean},
	{getters: "getAuthenticationConfig.getDevOpsConfig.getDevopsAuthenticationMethod", binding: settings.DevopsMethod, kind: method},
	{getters: "getAuthenticationConfig.getDevOpsConfig.getStatusAuthenticationMethod", binding: settings.StatusMethod, kind: method},
	{getters: "getAuthenticationConfig.getDevOpsConfig.getPassword", binding: settings.DevopsPassword},
	{getters: "getAuthenticationConfig.getDevOpsConfig.getStatusPassword", binding: settings.StatusPassword},
	{getters: "getAuthenticationConfig.getDevOpsConfig.getDevopsOAuth2Subjects", binding: settings.DevopsSubjects, kind: list},
	{getters: "getAuthenticationConfig.getDevOpsConfig.getStatusOAuth2Subjects", binding: settings.StatusSubjects, kind: list},
	{getters: "getAuthenticationConfig.getDevOpsConfig.getOAuthConfig.getProtocol", binding: settings.DevopsOIDCProtocol},
	{getters: "getAuthenticationConfig.getOAuthConfig.getProtocol", binding: settings.OIDCProtocol},
	{getters: "getHttpConfig.isEnableCors", binding: settings.EnableCORS, kind: boolean},
	{getters: "getStreamingConfig.getWebsocketConfig.getThrottlingConfig.isEnabled", binding: settings.WebsocketThrottling, kind: boolean},
	{getters: "getStreamingConfig.getSseConfig.getThrottlingConfig.isEnabled", binding: settings.SSEThrottling, kind: boolean},
	{getters: "getHttpConfig.getPort", binding: settings.GatewayHTTPPort, kind: number},
	{path: "pekko.remote.artery.canonical.port", binding: settings.RemotingPort, kind: number},
	{path: "pekko.remote.artery.bind.port", binding: settings.RemotingBindPort, kind: number},
	{path: "pekko.management.http.port", binding: settings.ManagementPort, kind: number},
	{path: "pekko.management.http.bind-port", binding: settings.ManagementBindPort, kind: number},
	{path: "ditto.metrics.prometheus.enabled", binding: settings.PrometheusEnabled, kind: boolean},
	{path: "ditto.metrics.prometheus.port", binding: settings.PrometheusPort, kind: number},
}

// issuers are the getters of the issuers that the gateway believes.
var issuers = map[string]settings.OIDC{
	"getAuthenticationConfig.getOAuthConfig.getOpenIdConnectIssuers":                 settings.APIOIDC,
	"getAuthenticationConfig.getDevOpsConfig.getOAuthConfig.getOpenIdConnectIssuers": settings.DevopsOIDC,
}

// name is what a record calls the setting.
func (s setting) name() string { return s.getters + s.path }
