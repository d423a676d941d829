package way

import (
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/dittoguard/dittoguard/internal/inventory"
)

// The properties that objects are indexed by by their Links, in the namespace of the object that is named; the value is
// its inventory.ID.
const (
	// ByUse finds those that use an object.
	ByUse inventory.Index = "use"
	// ByGovernor finds those that govern an object.
	ByGovernor inventory.Index = "governor"
)

// ByBackend indexes an Ingress or Route by the Services that it sends requests to; the value is their name.
const ByBackend inventory.Index = "backend"

// Links are the other objects that an object names.
type Links struct {
	// Backends are the Services that it sends requests to. An object that has some is an entry.
	Backends []Backend
	// Uses are objects that decide how this one is read: an HTTPRoute's Gateway, a Gateway's class, an IngressRoute's
	// Middlewares. A Namespace stands for its labels, and for the ReferenceGrants in it.
	Uses []inventory.ID
	// Governs are objects whose reading this one decides: the target of a policy, the children of an HTTPProxy.
	Governs []inventory.ID
	// MayGovern says, of what uses something that it governs, whether it can decide the reading of that; nil where it
	// can of all.
	MayGovern func(*inventory.Object) bool
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
	// Host is what it means, and Port the port of that, zero for any. Without a host it may be any pod of Namespace,
	// or, without that, of any namespace.
	Host      string
	Port      int32
	Namespace string
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
	// Taken says that an entry of this kind gets the requests that objects of another kind hand on to it by its name.
	Taken bool
	// Sends says that an object of this kind sends some requests to a Service by itself, whatever uses it.
	Sends bool
	// Doubted says why an entry that is taken for internal may be public; nil where that cannot be.
	Doubted func(c Context, o *inventory.Object) string
	// Says is all that an object says beside its metadata; nil where its content has to be looked at for that.
	Says func(o *inventory.Object) any
	// Keys are what an object is indexed by besides, for others of its kind; nil where there is nothing.
	Keys func(o *inventory.Object) []inventory.Key
	// ByService says that what a route does depends on the Service that it leads to: then Routes are those to
	// Context.To, and, of none in particular, all of them.
	ByService bool
	// Siblings are the objects of its kind whose reading an object decides without naming them; nil where there are
	// none.
	Siblings func(c Context, o *inventory.Object) []Siblings
}

// Siblings are some objects that others of their kind decide about.
type Siblings struct {
	// Name tells them from others: those of one name are the same, whichever object they are asked for. Empty for those
	// that are the object's own.
	Name string
	// Key finds them, Concerned says which of those that are found they are; nil for all.
	Key       inventory.Key
	Concerned func(*inventory.Object) bool
}
