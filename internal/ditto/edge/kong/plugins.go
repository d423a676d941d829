package kong

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

// holder is an object that names plugins in the annotation konghq.com/plugins.
type holder struct {
	namespace   string
	annotations map[string]string
	// transformer says of what the controller makes a request-transformer for it; empty if of nothing.
	transformer string
}

// namesOf are the plugins that an object names. A name may be that of a KongPlugin in the object's namespace, of one in
// another (`namespace:name`), or of a KongClusterPlugin.
func (h holder) namesOf() (names []way.IstioName) {
	for text := range strings.SplitSeq(h.annotations[Prefix+"plugins"], ",") {
		text = strings.TrimSpace(text)
		if text == "" {
			continue
		}
		namespace, name, other := strings.Cut(text, ":")
		if !other {
			namespace, name = h.namespace, text
		}
		names = append(names, way.IstioName{Namespace: strings.TrimSpace(namespace), Name: strings.TrimSpace(name)})
	}
	return names
}

// stripAdvice says how to have Kong remove the identity header.
const stripAdvice = `name a KongPlugin in konghq.com/plugins: plugin request-transformer, config.remove with ` +
	`headers: [` + way.Header + `] and querystring: [` + way.Header + `]`

// pluginIDs are the objects that an object's plugins may be.
func pluginIDs(h holder) []inventory.ID {
	var list []inventory.ID
	for _, n := range h.namesOf() {
		list = append(list, inventory.ID{GroupKind: crd.KongPluginKind, Namespace: n.Namespace, Name: n.Name},
			inventory.ID{GroupKind: crd.KongClusterPluginKind, Name: n.Name})
	}
	return list
}

// isGlobal says whether a KongClusterPlugin is for all requests.
func isGlobal(o *inventory.Object) bool { return o.Meta.Labels["global"] == "true" }

// globalPlugins stands for all plugins that are for all requests.
var globalPlugins = inventory.ID{GroupKind: crd.KongClusterPluginKind, Name: "global plugins of Kong"}

// clusterLinks: a global plugin decides how every Ingress of Kong's is read, and every route of the Gateway API that it
// serves.
func clusterLinks(o *inventory.Object) way.Links {
	if !isGlobal(o) {
		return way.Links{}
	}
	class := o.Meta.Annotations[way.ClassAnnotation]
	if class == "" {
		class = "kong"
	}
	return way.Links{Governs: []inventory.ID{{GroupKind: inventory.IngressClass, Name: class}, globalPlugins}}
}

// plugin is one plugin as a holder's requests meet it.
type plugin struct {
	// text names the object.
	text string
	// plugin is nil for an object that was not found.
	plugin *crd.KongPlugin
}

// pluginsOf finds the plugins for requests that go by a route to a service. Of one kind of plugin the most specific
// object counts: the route's before the service's before a global one. Two at the same place contradict each other.
func pluginsOf(r inventory.Reader, route, service holder) (plugins []plugin, clash string) {
	taken := map[string]bool{}
	take := func(found []plugin) {
		here := map[string]string{}
		for _, p := range found {
			if p.plugin == nil {
				plugins = append(plugins, p)
				continue
			}
			name := p.plugin.PluginName
			switch {
			case p.plugin.Disabled || taken[name]:
			case here[name] != "":
				clash = fmt.Sprintf("%s and %s are both a %s", here[name], p.text, name)
			default:
				here[name] = p.text
				plugins = append(plugins, p)
			}
		}
		for name := range here {
			taken[name] = true
		}
	}
	for _, h := range []holder{route, service} {
		var found []plugin
		for _, n := range h.namesOf() {
			found = append(found, namedPlugin(r, n))
		}
		if h.transformer != "" {
			found = append(found, plugin{h.transformer, &crd.KongPlugin{PluginName: "request-transformer"}})
		}
		take(found)
	}
	if r == nil {
		return plugins, clash
	}
	var global []plugin
	for _, o := range r.Find(inventory.KindKey(crd.KongClusterPluginKind, "")) {
		if p, ok := inventory.As[crd.KongPlugin](o); ok && isGlobal(o) {
			global = append(global, plugin{o.Ref.String(), p})
		}
	}
	take(global)
	if !r.Knows(crd.KongClusterPluginKind, "") {
		plugins = append(plugins, plugin{text: "a KongClusterPlugin for all requests, which cannot be read,"})
	}
	return plugins, clash
}

func namedPlugin(r inventory.Reader, n way.IstioName) plugin {
	if r != nil {
		for _, o := range []*inventory.Object{r.Get(crd.KongPluginKind, n.Namespace, n.Name),
			r.Get(crd.KongClusterPluginKind, "", n.Name)} {
			if o != nil && o.Typed != nil {
				return plugin{o.Ref.String(), inventory.Must[crd.KongPlugin](o)}
			}
		}
	}
	return plugin{text: "KongPlugin " + n.Namespace + "/" + n.Name}
}

// reading is what Kong's plugins do to requests.
type reading struct {
	identity, authentication tri.State
	// rewrite is set where a plugin changes the path.
	rewrite     *way.Rewrite
	assumptions []string
	// opaque says what may change everything and is not read.
	opaque string
}

// readPlugins reads the plugins for requests that go by a route (an Ingress, an HTTPRoute) to a Service.
func readPlugins(r inventory.Reader, route, service holder) reading {
	const source = Prefix + "plugins"
	k := reading{
		identity:       tri.Is(way.IdentityClient, "default", "no plugin changes the header"),
		authentication: tri.Is(tri.Off, "default", "no plugin asks for credentials"),
		assumptions:    []string{"Kong has no plugins but those in Kubernetes objects, and consumers have none of their own"},
	}
	plugins, clash := pluginsOf(r, route, service)
	opaque := func(why string) {
		k.opaque = why
		k.identity = tri.Is(way.IdentityUnknown, source, why)
		k.authentication = tri.Is(tri.Unknown, source, why)
		k.rewrite = new(way.UnknownRewrite(why))
	}
	for _, p := range plugins {
		if p.plugin != nil && asksForCredentials(p.plugin.PluginName) {
			k.ask(p)
		}
	}
	for _, p := range plugins {
		switch {
		case p.plugin == nil:
			opaque(reason.Of("not-found", p.text))
		case asksForCredentials(p.plugin.PluginName), harmless(p.plugin.PluginName):
		case p.plugin.PluginName == "request-transformer":
			k.transform(p)
		case p.plugin.PluginName == "ip-restriction":
			if allow, _ := p.plugin.Config["allow"].([]any); k.authentication.State == tri.Off &&
				(len(allow) > 0 || p.plugin.ConfigFrom != nil) {
				k.authentication = tri.Is(tri.Unknown, source, reason.Of("kong-some-addresses", p.text))
			}
		default:
			opaque(reason.Of("kong-plugin-not-read", p.text, p.plugin.PluginName))
		}
		if k.identity.State == way.IdentityUnknown && k.rewrite != nil {
			break
		}
	}
	switch {
	case clash != "":
		opaque(clash)
	case slices.ContainsFunc([]holder{route, service},
		func(h holder) bool { return h.annotations[Prefix+"override"] != "" }):
		opaque(reason.Of("kong-override", Prefix))
	}
	return k
}

// asksForCredentials says whether a plugin asks clients for credentials.
func asksForCredentials(name string) bool {
	return slices.Contains([]string{
		"basic-auth", "key-auth", "key-auth-enc", "jwt", "oauth2", "openid-connect", "ldap-auth", "ldap-auth-advanced",
		"hmac-auth",
		"mtls-auth", "header-cert-auth", "oauth2-introspection", "saml", "vault-auth",
	}, name)
}

// harmless says whether a plugin leaves requests as they are.
func harmless(name string) bool {
	return slices.Contains([]string{
		"rate-limiting", "rate-limiting-advanced", "response-ratelimiting", "cors", "bot-detection", "acl",
		"request-size-limiting",
		"response-transformer", "prometheus", "zipkin", "opentelemetry", "datadog", "statsd", "file-log", "http-log",
		"tcp-log", "udp-log",
		"syslog", "loggly", "proxy-cache",
	}, name)
}

// ask: a plugin with an anonymous consumer lets requests without credentials through. Several plugins all have to be
// satisfied.
func (k *reading) ask(p plugin) {
	state := tri.Is(tri.On, Prefix+"plugins",
		fmt.Sprintf("%s (%s) asks every client for credentials", p.text, p.plugin.PluginName))
	anonymous, _ := p.plugin.Config["anonymous"].(string)
	protocols := p.plugin.Protocols
	switch {
	case p.plugin.ConfigFrom != nil || len(p.plugin.ConfigPatches) > 0:
		state = tri.Is(tri.Unknown, state.Source, reason.Of("kong-authentication-from-secret", p.text))
	case anonymous != "":
		state = tri.Is(tri.Off, state.Source,
			p.text+" has an anonymous consumer, and so lets clients in without credentials")
	case len(protocols) > 0 && (!slices.Contains(protocols, "http") || !slices.Contains(protocols, "https")):
		state = tri.Is(tri.Unknown, state.Source, reason.Of("kong-plugin-for-some-protocols", p.text))
	}
	rank := map[string]int{tri.On: 2, tri.Unknown: 1}
	if rank[state.State] > rank[k.authentication.State] || k.authentication.Source == "default" {
		k.authentication = state
	}
}
