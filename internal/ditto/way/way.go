// Package way says what an entry does with requests, in the words that all vendors have in common: objects are read to
// Routes. It knows no vendor. The packages below edge read
// objects as one vendor's controller does, from annotations, class objects and the configuration alone, without I/O.
//
// # What is taken for granted
//
// A controller has settings that no object shows: its flags and its own ConfigMap. It is taken to run with its
// documented defaults where those are the open reading (nothing else removes the header, nothing else asks for a
// password). Where a reading is safe only if an invisible setting is right, it says so in Effects.Assumptions; where it
// cannot be told at all it is Unknown, which is neither safe nor a violation.
//
// # Adding a vendor
//
// A vendor is a package below edge: a Controller for Ingresses, Kinds for objects of its own, and a line for each in
// the tables of package edge.
package way

import (
	networkingv1 "k8s.io/api/networking/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// Header is the name of the header, and of the query parameter, that carries a pre-authenticated identity to Ditto.
// Source: PreAuthenticatedAuthenticationProvider of Ditto's gateway; header names have no case.
const Header = "x-ditto-pre-authenticated"

// What becomes of the identity header at an edge. The query parameter of the same name passes every edge: only a header
// that is set to something hides it from Ditto.
const (
	// IdentityClient: what the client sends arrives.
	IdentityClient = "client"
	// IdentitySet: the header is set to a non-empty value that is not the client's.
	IdentitySet = "set"
	// IdentityRemoved: the header is removed.
	IdentityRemoved = "removed"
	// IdentityEmpty: the header is overwritten, but the value can be empty, which may be no header at all.
	IdentityEmpty = "possibly-empty"
	// IdentityNone: neither the header nor the query parameter of the same name arrives.
	IdentityNone = "none"
	// IdentityUnknown: it cannot be told; Why says what would settle it.
	IdentityUnknown = tri.Unknown
)

// Config is what the operator says about edges, from `edges` in the configuration.
type Config struct {
	// Asking answers what a service does that an edge asks; it may be nil. It is no configuration: whoever reads the
	// objects sets it.
	Asking Asking
	// InternalIngressClasses are names of ingress classes that are not reachable from outside.
	InternalIngressClasses []string
	// IngressClasses says which controller serves a class (ControllerNames), by the name of the class.
	IngressClasses map[string]string
	// DefaultController serves Ingresses without a class where no default IngressClass is there; empty if it is not
	// said.
	DefaultController string
	// InternalGateways are Gateways of the Gateway API that are not reachable from outside.
	InternalGateways []GatewayName
	// Controllers says what the API does not show, by the controller's name (ControllerNames).
	Controllers map[string]ControllerConfig
	// Clouds are the clouds whose internal load balancer markers count (CloudNames); empty means any.
	Clouds []string
}

// ControllerConfig is what the operator says about one controller.
type ControllerConfig struct {
	// Version is the release that runs, such as `0.17` or `v3.6.2`; empty if it is not said.
	Version string
}

// Verdict says whether something is reachable from outside, and why, for people.
type Verdict struct {
	Public bool
	Why    string
}

// Public is the verdict on what outsiders reach.
func Public(why string) Verdict { return Verdict{Public: true, Why: why} }

// Internal is the verdict on what they do not.
func Internal(why string) Verdict { return Verdict{Why: why} }

// Input is one Ingress as it is read for one of its backends.
type Input struct {
	Ingress *networkingv1.Ingress
	// Class is what Resolve made of the Ingress.
	Class Class
	// Service and ServiceAnnotations are the backend's name and annotations, which some controllers read too. They may
	// be empty.
	Service            string
	ServiceAnnotations map[string]string
	// Master is the master of a mergeable F5 minion: the Ingress of the same host whose annotation
	// nginx.org/mergeable-ingress-type is `master` (Controller.Master). Nil if there is none at hand.
	Master *networkingv1.Ingress
	// Neighbours are, by the hosts of this one, other Ingresses of the host that the same controller serves and that
	// name a certificate for it in spec.tls. They are only there if this one does not name certificates for all its
	// hosts itself.
	Neighbours map[string][]*networkingv1.Ingress
	// OfService are other Ingresses of the Service that the same controller serves and that have annotations which
	// count for all of them (Controller.CountsForService).
	OfService []*networkingv1.Ingress
	// OfServiceAll says that those are all of the Service that the controller serves, whatever annotations they have;
	// they are where HostAliased is.
	OfServiceAll bool
	// HostAliased says that further names, of annotations of some Ingress, lead to a host of this one.
	HostAliased bool
	// ByDefault says that it is read for its default backend (DefaultBackend.Otherwise).
	ByDefault bool
	// HostForcesRegex says that some Ingress of the same host turns all its paths into regular expressions
	// (ForcesRegex).
	HostForcesRegex bool
	// Controllers is what each controller is told that is at hand and serves the class; see GlobalConfig.
	Controllers []GlobalConfig
	Config      Config
	// Objects answers whether Secrets that the annotations name are there. It may be nil.
	Objects inventory.Reader
	// Kept is that of the judgement; it may be nil.
	Kept *Kept
}

// The forms in which password entries are kept.
const (
	// AuthFile is a Secret with one htpasswd file under AuthSecret.Key.
	AuthFile = "file"
	// AuthMap is a Secret with one entry per user: the key is the user, the value the hash.
	AuthMap = "map"
)

// AuthSecret names a Secret with password entries.
type AuthSecret struct {
	Namespace, Name string
	// Kind is AuthFile or AuthMap.
	Kind string
	// Key is the key of the file; empty for AuthMap.
	Key string
}

// The places of a Snippet.
const (
	SnippetLocation = "location"
	SnippetServer   = "server"
)

// Snippet is nginx configuration out of an annotation.
type Snippet struct {
	// Kind is SnippetLocation or SnippetServer: the block it lands in.
	Kind string
	// Key is the annotation.
	Key  string
	Text string
}

// Effects is what an edge does to the requests that it passes on.
type Effects struct {
	// Identity is what becomes of the identity header: client, set, removed, possibly-empty, none or unknown.
	Identity tri.State
	// Authentication says whether every client is asked for credentials: on, off or unknown.
	Authentication tri.State
	// AuthSecrets are the Secrets that the annotations refer to for password entries.
	AuthSecrets []AuthSecret

	// StripsIdentity says whether a client's identity header is kept from the backend; HidesHeaders whether Server and
	// version headers are kept from the client: on, off or unknown.
	StripsIdentity tri.State
	HidesHeaders   tri.State

	// Passthrough says that TLS connections are, or may be, handed through unread: no HTTP rule applies to them.
	Passthrough bool
	// Snippets are pieces of nginx configuration that the controller may take over verbatim.
	Snippets []Snippet
	// Assumptions are what this reading rests on but cannot see.
	Assumptions []string
}

// Version is the release of the controller as the configuration states it.
func (in Input) Version() (Version, bool) {
	return ParseVersion(in.Config.Controllers[in.Class.Controller].Version)
}
