package way

import (
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/dittoguard/dittoguard/internal/ditto/requests"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// Ingress is one API for many controllers, which differ in its annotations. Every other edge has kinds of its own: those
// are rows of the table in this file.

// The properties that objects are indexed by by their Links, in the namespace of the object that is named; the value is
// its inventory.ID.
const (
	// ByUse finds those that use an object.
	ByUse inventory.Index = "use"
	// ByGovernor finds those that govern an object.
	ByGovernor inventory.Index = "governor"
)

// Backend is a Service that a route sends requests to.
type Backend struct {
	Namespace, Name string
	// Port is the Service's port, by number or name; zero means any.
	Port intstr.IntOrString
	// OfPod says that Port may as well be the port of the pods behind the Service.
	OfPod bool
}

// Means says whether the backend's port is that of the Service; number is the port of the pods behind it.
func (b Backend) Means(port *corev1.ServicePort, number int32) bool {
	switch {
	case b.Port.Type == intstr.String && b.Port.StrVal != "":
		return b.Port.StrVal == port.Name
	case b.Port.IntVal == 0:
		return true
	}
	return b.Port.IntVal == port.Port || b.OfPod && b.Port.IntVal == number
}

// Links are the other objects that an object names.
type Links struct {
	// Backends are the Services that it sends requests to. An object that has some is an entry.
	Backends []Backend
	// Uses are objects that decide how this one is read: an HTTPRoute's Gateway, a Gateway's class, an IngressRoute's
	// Middlewares. A Namespace stands for its labels, and for the ReferenceGrants in it.
	Uses []inventory.ID
	// Governs are objects whose reading this one decides: the target of a policy, the children of an HTTPProxy.
	Governs []inventory.ID
	// Passwords are the Secrets that it takes password entries from.
	Passwords []AuthSecret
	// Unread are where else it sends requests.
	Unread []UnreadBackend
}

// UnreadBackend is where requests are sent by what is not read, or may not be there.
type UnreadBackend struct {
	// What names it for people: `backends of kind ServiceImport`.
	What string
	// Object is what says where they go, if its kind is read; its own links then have it.
	Object inventory.ID
	// Host is what it means, and Port the port of that, zero for any. Without a host it may be any pod of Namespace, or, without that,
	// of any namespace.
	Host      string
	Port      int32
	Namespace string
}

// Governors are the objects that decide how another one is read by naming it, in stable order.
func (c Context) Governors(id inventory.ID) []*inventory.Object {
	return c.Objects.Find(inventory.Key{Index: ByGovernor, Namespace: id.Namespace, Value: id.String()})
}

// Route is one way to let requests in: a rule of an entry object, as whoever serves it reads it, a port of a Service, or a port
// of a node.
type Route struct {
	// Text tells the rule from the others of the object: `ditto.example.com/api (PathPrefix), Gateway infra/public`.
	Text string
	// Title shows it to people; empty where that is the object and Text. Note is said behind it, whichever route it is.
	Title, Note string
	// Asks is what a client asks for: `ditto.example.com/api`.
	Asks string
	// Hosts are the hosts that it is for, as HostsOf of package requests reads them, and Door is where clients come in, by name:
	// `Gateway infra/public`. Conditions are what else a request has to fulfil, each as it is written. They tell what one route
	// lets in from what another one does; without Hosts only the Text does. Where connections are handed on the
	// hosts are those of the connections. Lets, if it is there, says all of it.
	Hosts      []string
	Door       string
	Conditions []string
	Lets       func() requests.Set
	// Path is which requests it takes, and with what path they arrive. It is nil where connections are handed through
	// unread, or where there are no paths.
	Path *Path
	// Backends are where it sends requests; those in other namespaces only if that is allowed.
	Backends []Backend
	// Public is false where a marker that counts, or the configuration, says that outsiders do not reach it.
	Public bool
	// KeepsAddress says that what is behind sees the address of the client.
	KeepsAddress bool
	// Effects are what happens to requests. An empty Identity means that the client's arrives, an empty Authentication that
	// nobody is asked for credentials.
	Effects Effects
	// Transport, Rate and ErrorPages are what clients speak with the edge here, whether it limits them, and what it answers
	// itself. What has no state counts as unknown.
	Transport  Transport
	Rate       Rate
	ErrorPages ErrorPages
	// Unknown says what could not be read and may change what it lets in.
	Unknown []string
	// Doubt says why it cannot be told whether it lets anybody in; empty where it can. Doubted says that it may lead elsewhere,
	// or nowhere, so that only the rules about who gets in say anything of it.
	Doubt   string
	Doubted bool
	// Strip and Hide are changes of the object that would make this route remove the identity header, and hide headers. They
	// are filled only where whoever serves it certainly does what they say.
	Strip, Hide []Edit
}

// HandingOn is a route that hands connections on as they are, and leaves all else to what is behind.
func HandingOn(text, title string, public bool, lets func() requests.Set) Route {
	return Route{
		Text: text, Title: title, Public: public, Lets: lets,
		Transport: Transport{Plain: State{State: PlainServed}, Passthrough: true}, Rate: Rate{Limited: State{State: Off}},
	}
}

// Context is what routes are read in.
type Context struct {
	// Objects has the other objects that decide.
	Objects inventory.Reader
	Config  Config
}

// Resource is one kind: an entry, or an object that decides how entries are read.
type Resource struct {
	Kind schema.GroupKind
	// Links reads the object alone. It never fails: what cannot be read is no link.
	Links func(o *inventory.Object) Links
	// Routes reads an entry; nil for a kind that is none.
	Routes func(c Context, o *inventory.Object) []Route
	// Controller names, for facts, who serves the entry; nil for a kind that is none.
	Controller func(c Context, o *inventory.Object) string
	// Relay says that an object of this kind passes requests on to its Backends for the entries that use it.
	Relay bool
	// Sends says that an object of this kind sends some requests to a Service by itself, whatever uses it.
	Sends bool
	// Doubted says why an entry that is taken for internal may be public; nil where that cannot be.
	Doubted func(c Context, o *inventory.Object) string
}

// ClassParameters is the object that an IngressClass names for its controller's settings.
func ClassParameters(class *networkingv1.IngressClass) []inventory.ID {
	p := class.Spec.Parameters
	if p == nil {
		return nil
	}
	id := inventory.ID{GroupKind: schema.GroupKind{Kind: p.Kind}, Name: p.Name}
	if p.APIGroup != nil {
		id.Group = *p.APIGroup
	}
	if p.Namespace != nil {
		id.Namespace = *p.Namespace
	}
	return []inventory.ID{id}
}
