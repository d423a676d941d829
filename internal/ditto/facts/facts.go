// Package facts is what rules see, and reads the facts of gateways, of components and of policies. Those of ways in are
// found by package topology.
package facts

import (
	"github.com/dittoguard/dittoguard/internal/inventory"

	"github.com/dittoguard/dittoguard/internal/ditto/tri"
)

// Facts is what a rule sees as `ditto`. Which fields are there depends on what the rule is about (match.each): reading
// one that is not there is an evaluation error.
type Facts struct {
	// Gateway is the gateway that is judged, or that the exposure leads to.
	Gateway *GatewayFacts `cel:"gateway"`
	// Component is the part of Ditto that is judged, whichever it is.
	Component *ComponentFacts `cel:"component"`
	// Exposure is the way in that is judged.
	Exposure *Exposure `cel:"exposure"`
	// Credential is the password entry that is judged.
	Credential *Credential `cel:"credential"`
	// Policy is the Ditto policy that is judged.
	Policy *PolicyDocument `cel:"policy"`
	// Edge is the entry object that is judged, as its controller reads it.
	Edge *Edge `cel:"edge"`
	// Channel is how the object that a fix changes is changed, where that is known: values, of Ditto's Helm chart,
	// which rendered it; patch, of the Kustomize folder that it was built from; or file. Only fixes see it; elsewhere
	// it is empty.
	Channel string `cel:"channel" tells:"people"`
}

// The channels.
const (
	ChannelValues = "values"
	ChannelPatch  = "patch"
	ChannelFile   = "file"
)

// Known is the state of a Text that could be read.
const Known = "known"

// Text is a setting with a value that may be shown.
type Text struct {
	// State is known or unknown.
	State string `cel:"state"`
	// Value is empty where it is unknown. Source and Why are those of a State.
	Value  string `cel:"value"`
	Source string `cel:"source"`
	Why    string `cel:"why"`
}

// The states of a Password.
const (
	// Published is a password that stands in Ditto's code, samples or documentation, or is empty.
	Published = "published"
	// Own is any other password.
	Own = "own"
)

// Password is a secret setting: never its value, only what is known about it.
type Password struct {
	// State is published, own or unknown. Source and Why are those of a State.
	State  string `cel:"state"`
	Source string `cel:"source"`
	Why    string `cel:"why"`
}

// GatewayFacts are the effective settings of a gateway that decide who may do what.
// Sources: gateway/service/src/main/resources/gateway.conf of Ditto.
type GatewayFacts struct {
	// Namespace and Name are those of the workload, Container is the name of the container that runs the gateway.
	Namespace string `cel:"namespace"`
	Name      string `cel:"name"`
	Container string `cel:"container"`

	// PreAuthentication is ditto.gateway.authentication.pre-authentication.enabled.
	PreAuthentication tri.State `cel:"preAuthentication"`
	// PreAuthenticationSaid is what each channel says of it, the effective one first; defaults are not among them.
	PreAuthenticationSaid []tri.State `cel:"preAuthenticationSaid"`
	// TrustModelWanted is the model that the configuration asks for: auto, proxy or oidc.
	TrustModelWanted string `cel:"trustModelWanted"`
	// OIDC is whose tokens count for clients, DevopsOIDC whose for operators where the method is oauth2.
	OIDC       OIDC `cel:"oidc"`
	DevopsOIDC OIDC `cel:"devopsOIDC"`
	// DevopsSecured and StatusSecured say whether /devops and /overall/status ask for credentials at all.
	DevopsSecured tri.State `cel:"devopsSecured"`
	StatusSecured tri.State `cel:"statusSecured"`
	// DevopsMethod and StatusMethod are basic or oauth2.
	DevopsMethod Text `cel:"devopsMethod"`
	StatusMethod Text `cel:"statusMethod"`
	// DevopsPassword and StatusPassword are the passwords that count where the method is basic.
	DevopsPassword Password `cel:"devopsPassword"`
	StatusPassword Password `cel:"statusPassword"`
	// DevopsFallback and StatusFallback are the passwords if the keys that optional references name are not there;
	// without such a reference the same as the passwords.
	DevopsFallback Password `cel:"devopsFallback"`
	StatusFallback Password `cel:"statusFallback"`
	// DevopsSubjects and StatusSubjects are those that oauth2 lets in; none means everyone with a valid token.
	DevopsSubjects Subjects `cel:"devopsSubjects"`
	StatusSubjects Subjects `cel:"statusSubjects"`

	// CORS is ditto.gateway.http.enablecors: every origin is allowed.
	CORS tri.State `cel:"cors"`

	// WebsocketThrottling and SSEThrottling say whether what one client sends or receives is limited.
	WebsocketThrottling tri.State `cel:"websocketThrottling"`
	SSEThrottling       tri.State `cel:"sseThrottling"`
}

// ComponentFacts are what decides about one of Ditto's own services, the gateway included.
type ComponentFacts struct {
	// Namespace and Name are those of the workload, Container is the name of the container that runs the service.
	Namespace string `cel:"namespace"`
	Name      string `cel:"name"`
	Container string `cel:"container"`
	// Component is gateway, policies, things, search, connectivity, or service where it could not be told which.
	Component string `cel:"component"`

	// Logging is what it logs.
	Logging Logging `cel:"logging"`
	// Database is how it reaches MongoDB; of the gateway, which does not, it is empty.
	Database Database `cel:"database"`
	// Literals are the places where its secrets are written out.
	Literals Literals `cel:"literals"`
	// Ports are the ports that it listens on, and whether NetworkPolicies restrict who may connect to them.
	Ports []PortAccess `cel:"ports"`
	// Grants are what the isolating NetworkPolicies let through to these ports.
	Grants []Grant `cel:"grants"`
}

// PortAccess says whether a port is isolated.
type PortAccess struct {
	// Port is http, remoting, management or metrics. Number is the container port.
	Port   string `cel:"port"`
	Number int64  `cel:"number"`
	// Isolated is on where some NetworkPolicy restricts what may connect to the pod, off where everything in the
	// cluster may, unknown where that cannot be determined.
	Isolated tri.State `cel:"isolated"`
}

// The values of Grant.Scope: how far a grant goes.
const (
	// ScopeNamespace: pods of the component's own namespace.
	ScopeNamespace = "namespace"
	// ScopeNamespaces: pods of certain other namespaces.
	ScopeNamespaces = "namespaces"
	// ScopeCluster: pods of every namespace, or of all but some.
	ScopeCluster = "cluster"
	// ScopeAddresses: a network no wider than a site's.
	ScopeAddresses = "addresses"
	// ScopeEveryone: every address, or a network so wide that it comes to the same.
	ScopeEveryone = "everyone"
	// ScopeUnknown: pods of namespaces with certain labels, and which those are cannot be determined.
	ScopeUnknown = "unknown"
)

// Grant is what a NetworkPolicy lets through to ports of a component, from one kind of peer.
type Grant struct {
	// Policy is the NetworkPolicy, in the component's namespace.
	Policy string `cel:"policy"`
	// Scope is namespace, namespaces, cluster, addresses, everyone or unknown; Who says for whom the grant is, for
	// people: `every pod of every namespace`.
	Scope string `cel:"scope"`
	Who   string `cel:"who"`
	Ports []Port `cel:"ports"`
}

// Port is a port of a component: http, remoting, management or metrics, and its number.
type Port struct {
	Port   string `cel:"port"`
	Number int64  `cel:"number"`
}

// The values of Exposure.Identity: what becomes of the pre-authenticated identity (header and query parameter
// x-ditto-pre-authenticated) on the way.
const (
	// IdentitySet: some step sets the header to a non-empty value that is not the client's.
	IdentitySet = "set"
	// IdentityEmpty: the header is set, but to a value that can be empty; then Ditto reads the query parameter.
	IdentityEmpty = "possibly-empty"
	// IdentityRemoved: the header is removed, but the query parameter is not.
	IdentityRemoved = "removed"
	// IdentityClient: what the client sends arrives.
	IdentityClient = "client"
	// IdentityNone: neither the header nor the query parameter arrives, whatever the client sends.
	IdentityNone = "none"
	// IdentityUnknown: some step could not be read.
	IdentityUnknown = "unknown"
)

// Exposure is one way in: from an entry point, over the routes of edges and proxies, to a port of a component.
type Exposure struct {
	// Entry is the object that opens the way.
	Entry Object `cel:"entry"`
	// Kind is how it does: Ingress, Route, LoadBalancer, NodePort, ExternalIP, HostPort, HostNetwork, Tunnel,
	// Tailscale, NEG (a network endpoint group of GKE); or Proxy, for whoever reaches a proxy from inside the cluster,
	// with no entry object at all. Then the proxy's workload is the entry. Unread are ways that there may be, through
	// objects of kinds that cannot be read or more than are followed; then the target is the entry.
	Kind string `cel:"kind"`
	// Proxied says that the way goes through a proxy but begins elsewhere. What becomes of requests in the proxy can be
	// judged at the Proxy exposure that begins there: no way that leads to the proxy can do more.
	Proxied bool `cel:"proxied"`
	// Doubted says that a step of the way is not read, so that it may lead elsewhere, or nowhere. Unknown says which.
	Doubted bool `cel:"doubted"`
	// Via names both for messages: `Ingress ditto/api`, `NodePort of Service ditto/gateway`.
	Via string `cel:"via" tells:"people"`
	// Public is false only where a marker that the platform honours, or the configuration, says internal.
	Public bool `cel:"public"`
	// Component and Port say what is reached: gateway, things, proxy and so on, and http, remoting, management, metrics
	// or mongodb. Target is the workload. Number is the container port.
	Component string `cel:"component"`
	Target    Object `cel:"target"`
	Port      string `cel:"port"`
	Number    int64  `cel:"number"`
	// Route is what a client asks for: `ditto.example.com/api`, or empty where the way has no paths.
	Route string `cel:"route"`
	// Hops is the way, one line a step, from outside inwards.
	Hops []string `cel:"hops" tells:"people"`

	// Identity is set, possibly-empty, removed, client, none or unknown; IdentityWhy says why, for people.
	Identity    string `cel:"identity"`
	IdentityWhy string `cel:"identityWhy" tells:"people"`
	// Authenticated says whether some step certainly asks every client for credentials: on, off or unknown.
	Authenticated tri.State `cel:"authenticated"`
	// API says whether paths that act under the identity (things, policies, search, messages, WebSocket) can be
	// reached.
	API bool `cel:"api"`
	// APIInDoubt says that this could not be decided; Unknown says why.
	APIInDoubt bool `cel:"apiInDoubt"`
	// Disguised says that they can be reached only by a path with dot segments or escaped slashes, which the way does
	// not mean to let through but passes on as the client wrote it.
	Disguised bool `cel:"disguised"`
	// Admin lists the administrative paths of the gateway that can be reached: /devops, /status, /overall,
	// /api/2/connections.
	Admin []string `cel:"admin"`
	// AdminInDoubt lists those of which it could not be decided; Unknown says why.
	AdminInDoubt []string `cel:"adminInDoubt"`
	// AdminDisguised lists those that can be reached only by such a path; DisguisedBy is the step that passes it on, of
	// a way that is proxied.
	AdminDisguised []string `cel:"adminDisguised"`
	DisguisedBy    string   `cel:"disguisedBy" tells:"people"`
	// AdminDisguisedInDoubt lists those of which that could not be decided, since it is not known whether a step passes
	// on what the client wrote. SpellingUnknown says so of the step; it is empty where that is known of all of them.
	AdminDisguisedInDoubt []string `cel:"adminDisguisedInDoubt"`
	SpellingUnknown       string   `cel:"spellingUnknown"`
	// Other lists what else can be reached: /health, /stats, /.well-known/wot.
	Other []string `cel:"other"`

	// TLS says whether the first step that ends the client's connection speaks TLS for this way: on, off or unknown.
	// Plain is what plain HTTP meets: closed, redirected, served or unknown; PlainWhy says why. They, and what follows
	// down to ErrorPageBypass, are there on ways to the gateway's HTTP port.
	TLS      tri.State `cel:"tls"`
	Plain    string    `cel:"plain"`
	PlainWhy string    `cel:"plainWhy" tells:"people"`
	// RateLimited says whether some step certainly limits how many requests, or connections, come in: on, off or
	// unknown.
	RateLimited tri.State `cel:"rateLimited"`
	// ErrorPages says whether error pages of what the way begins at, an edge or a proxy, repeat what the client sent:
	// on, off or unknown. Echoes are those that do. Those of proxies further in are told where the way begins at the
	// proxy.
	ErrorPages tri.State `cel:"errorPages"`
	Echoes     []string  `cel:"echoes"`
	// ErrorPageBypass says how error pages let clients in without credentials; empty where they do not.
	ErrorPageBypass string `cel:"errorPageBypass"`
	// Fixes are what would mend the way, of the outermost step that has something for it; what a patch changes is the
	// entry.
	Fixes WayFixes `cel:"fixes"`

	// Assumptions are what this reading rests on but cannot see, for the message.
	Assumptions []string `cel:"assumptions"`
	// Unknown says what could not be read and may change this exposure.
	Unknown []string `cel:"unknown"`

	// Way tells this way from every other one: it stays the same as long as the entry and the hops do. Rules do not see
	// it.
	Way string
}

// Object is a reference as a rule sees it.
type Object struct {
	APIVersion string `cel:"apiVersion"`
	Kind       string `cel:"kind"`
	Namespace  string `cel:"namespace"`
	Name       string `cel:"name"`
}

// ObjectOf is a reference as rules see it.
func ObjectOf(r inventory.Ref) Object {
	return Object{APIVersion: r.APIVersion, Kind: r.Kind, Namespace: r.Namespace, Name: r.Name}
}

// Ref is the reference the fact was made from.
func (o Object) Ref() inventory.Ref {
	return inventory.Ref{APIVersion: o.APIVersion, Kind: o.Kind, Namespace: o.Namespace, Name: o.Name}
}

// Credential is one user's entry of an htpasswd file.
type Credential struct {
	// Key is the key of the Secret or ConfigMap, User is the name before the colon.
	Key  string `cel:"key"`
	User string `cel:"user"`
	// Scheme is bcrypt, apr1, md5-crypt, sha1, ssha, sha256-crypt, sha512-crypt, des-crypt, plain or other.
	Scheme string `cel:"scheme"`
	// State is published (verifies against a published password, or is the sample), own or unknown.
	State string `cel:"state"`
	Why   string `cel:"why"`
	// InConfigMap says that the file is not in a Secret.
	InConfigMap bool `cel:"inConfigMap"`
}

// Edge is an entry object in front of a gateway, as the controller that serves it reads it.
type Edge struct {
	// Controller names the controller (`ingress-nginx`, `f5-nginx`, `haproxy`, `haproxy-ingress`), `unknown` if it
	// cannot be determined.
	Controller string `cel:"controller"`
	// StripsIdentity and HidesHeaders say whether the edge removes the client's identity header from requests, and
	// Server and version headers from responses: on, off or unknown.
	StripsIdentity tri.State `cel:"stripsIdentity"`
	HidesHeaders   tri.State `cel:"hidesHeaders"`
	// Fixes are what would make the edge do it.
	Fixes EdgeFixes `cel:"fixes"`
}
