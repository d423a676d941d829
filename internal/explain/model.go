// Package explain says what Ditto there is in a set of objects: its parts and how they are configured, every way in,
// and what could not be told. It judges nothing itself; what the rules find is only noted where it belongs. [Build]
// makes the [Explanation], which [Text], [JSON], [Mermaid] and [DOT] write.
//
// No value of a secret is in it: of passwords it says whether they are published ones, of lists of subjects how many
// there are, of secrets that are written out where.
package explain

import (
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// Explanation is all that is known. Its JSON form is stable: fields may be added, none is renamed or given another
// meaning, and no list is null.
type Explanation struct {
	// Installations are in the order of their namespaces.
	Installations []Installation `json:"installations"`
}

// Installation is the Ditto of one namespace, with the proxies elsewhere that forward to it.
type Installation struct {
	Namespace string `json:"namespace"`
	// Components are Ditto's own services first, then what stands beside them; by name.
	Components []Component `json:"components"`
	// WaysIn are all ways to ports of the components: public ones first.
	WaysIn []Way `json:"waysIn"`
	// PasswordFiles are the users that proxies and Ingresses know.
	PasswordFiles []PasswordFile `json:"passwordFiles"`
	// Unknown is what could not be told of all this.
	Unknown []Unknown `json:"unknown"`
}

// Component is a container that runs a part of Ditto, or a proxy, a user interface or a database beside it.
type Component struct {
	// Component is gateway, policies, things, search, connectivity, service (a part of Ditto, and it cannot be told
	// which), proxy, ui or mongodb.
	Component string        `json:"component"`
	Workload  inventory.Ref `json:"workload"`
	Container string        `json:"container"`
	// File and Line are where the workload was read from; empty and 0 in a cluster.
	File string `json:"file"`
	Line int    `json:"line"`
	// TrustModel is there for a gateway only.
	TrustModel *TrustModel `json:"trustModel,omitempty"`
	// Settings are the effective ones, in a fixed order.
	Settings []Setting `json:"settings"`
	// WrittenOut are the places where secrets are written out: names, never values.
	WrittenOut []string `json:"writtenOut"`
	// Ports are those that a part of Ditto listens on.
	Ports []Port `json:"ports"`
	// ForwardsTo are the workloads that a proxy sends requests to.
	ForwardsTo []inventory.Ref `json:"forwardsTo"`
	// Findings are those that are about the component and no way in.
	Findings []Finding `json:"findings"`
}

// The values of TrustModel.Model: section 1 of Ditto's hardening guide knows two that are safe.
const (
	// ModelProxy: a proxy knows who clients are, and the gateway believes it (model A of the guide).
	ModelProxy = "proxy"
	// ModelOIDC: the gateway checks tokens of an issuer of its own (model B).
	ModelOIDC = "oidc"
	// ModelMixed: both at once.
	ModelMixed = "mixed"
	// ModelNone: neither; only the issuer that Ditto's own configuration trusts is left.
	ModelNone = "none"
	// ModelUnknown: a setting that decides could not be read.
	ModelUnknown = "unknown"
)

// TrustModel is who says to a gateway who clients are.
type TrustModel struct {
	// Model is one of the Model constants, Why what it was told by.
	Model string `json:"model"`
	Why   string `json:"why"`
	// Wanted is what the configuration asks for: auto, proxy or oidc.
	Wanted string `json:"wanted"`
}

// State is a fact that can be on, off or unknown.
type State struct {
	State string `json:"state"`
	// Source says where it comes from, Why what is behind an unknown one.
	Source string `json:"source"`
	Why    string `json:"why"`
}

// Setting is one effective setting, or a fact made of several.
type Setting struct {
	// Name identifies it: `preAuthentication`, `oidc.issuers.google`.
	Name string `json:"name"`
	// Title is the name for people.
	Title string `json:"title"`
	// Path is the setting's path in Ditto's configuration, empty where there is not just one.
	Path string `json:"path"`
	// State is on or off for a switch; published or own for a password; known for a text; unknown for any of them.
	State string `json:"state"`
	// Value is the value of a text, or the number of entries of a list. No secret has one.
	Value string `json:"value"`
	// Source says where it comes from: `env ENABLE_PRE_AUTHENTICATION`, `default`.
	Source string `json:"source"`
	// Why says what kept an unknown one from being read.
	Why string `json:"why"`
	// Said is what each place says that sets it, the effective one first, where there is more than one.
	Said []State `json:"said,omitempty"`
}

// Port is a port of a part of Ditto, and who can connect to it inside the cluster.
type Port struct {
	// Port is http, remoting, management or metrics, Number the container port.
	Port   string `json:"port"`
	Number int64  `json:"number"`
	// Isolated says whether NetworkPolicies restrict who may connect.
	Isolated State `json:"isolated"`
	// Allowed are those whom the NetworkPolicies of an isolated port let through.
	Allowed []Allowed `json:"allowed"`
}

// Allowed is what one NetworkPolicy lets through.
type Allowed struct {
	Policy string `json:"policy"`
	// Who says it for people; Scope is namespace, namespaces, cluster, addresses, everyone or unknown.
	Who   string `json:"who"`
	Scope string `json:"scope"`
}

// The values of Way.Verdict.
const (
	// VerdictDeny, VerdictWarn and VerdictAudit: the strictest action that a finding about the way leads to.
	VerdictDeny  = "deny"
	VerdictWarn  = "warn"
	VerdictAudit = "audit"
	// VerdictOff: there are findings, and no mode asks for them.
	VerdictOff = "off"
	// VerdictUnknown: there are none, but something about the way could not be read.
	VerdictUnknown = "unknown"
	// VerdictClean: there are none, and all was read.
	VerdictClean = "clean"
)

// Way is one way in: from an entry to a port of a component.
type Way struct {
	// Entry is the object that opens the way, Kind how: Ingress, Route, LoadBalancer, NodePort and so on; Proxy for
	// whoever reaches a proxy from inside the cluster. Via names both for people.
	Entry inventory.Ref `json:"entry"`
	Kind  string        `json:"kind"`
	Via   string        `json:"via"`
	// Public says that whoever is outside can use it, as far as the objects show.
	Public bool `json:"public"`
	// Proxied says that the way goes through a proxy. What the proxy lets through is told at the way that begins there.
	Proxied bool `json:"proxied"`
	// Component, Target, Port and Number are what is reached.
	Component string        `json:"component"`
	Target    inventory.Ref `json:"target"`
	Port      string        `json:"port"`
	Number    int64         `json:"number"`
	// Route is what a client asks for, empty where the way has no paths.
	Route string `json:"route"`
	// Steps are the way from outside inwards; the first is the entry, the last the component's port.
	Steps []Step `json:"steps"`
	// Identity is what becomes of the identity that pre-authentication believes: set, possibly-empty, removed, client,
	// none or unknown; empty where the way leads to nothing that believes one.
	Identity    string `json:"identity"`
	IdentityWhy string `json:"identityWhy"`
	// Authenticated says whether some step asks every client for credentials.
	Authenticated State `json:"authenticated"`
	// Reaches is what can be asked for.
	Reaches Reaches `json:"reaches"`
	// Properties are what else is known of the way and of its entry.
	Properties []Setting `json:"properties"`
	// Assumptions are what this rests on and cannot be seen.
	Assumptions []string `json:"assumptions"`
	// Unknown is what could not be read.
	Unknown []string `json:"unknown"`
	// Findings are what the rules find on this way, worst first; Verdict sums them up.
	Findings []Finding `json:"findings"`
	Verdict  string    `json:"verdict"`
}

// Step is one step of a way.
type Step struct {
	// Object takes the step.
	Object inventory.Ref `json:"object"`
	Text   string        `json:"text"`
}

// Reaches is what requests on a way can get at.
type Reaches struct {
	// API says that things, policies, search, messages and WebSockets can be reached; Disguised, only by a path with
	// dot segments, which the way does not mean to let through.
	API       bool `json:"api"`
	Disguised bool `json:"disguised"`
	// Admin are the administrative paths of the gateway, AdminInDoubt those of which it could not be told; Other the
	// rest.
	Admin        []string `json:"admin"`
	AdminInDoubt []string `json:"adminInDoubt"`
	Other        []string `json:"other"`
}

// Finding is a violated rule.
type Finding struct {
	Rule     string `json:"rule"`
	Severity string `json:"severity"`
	// Action is deny, warn, audit, or off where no mode asks for it.
	Action  string `json:"action"`
	Message string `json:"message"`
	// Cause is the ID of the check.Cause that it belongs to.
	Cause string `json:"-"`
}

// PasswordFile is a file of users with password hashes, in one key of a Secret or ConfigMap.
type PasswordFile struct {
	Holder inventory.Ref `json:"holder"`
	Key    string        `json:"key"`
	Users  []User        `json:"users"`
}

// User is one entry of a password file. Neither the hash nor the password is shown.
type User struct {
	Name string `json:"name"`
	// Scheme is how the password is hashed: bcrypt, apr1, des-crypt and so on.
	Scheme string `json:"scheme"`
	// State is published for a password that everyone knows, own for another, or unknown; Why says why.
	State string `json:"state"`
	Why   string `json:"why"`
}

// Unknown is something that could not be told, and what would settle it.
type Unknown struct {
	Subject inventory.Ref `json:"subject"`
	// Unlisted says that it is about every object of the subject's kind: none could be read. The subject has no name
	// then.
	Unlisted bool   `json:"unlisted,omitempty"`
	What     string `json:"what"`
	Message  string `json:"message"`
}
