package way

import (
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// ObjectAt is an object that is there and could be read.
func ObjectAt(r inventory.Reader, id inventory.ID) *inventory.Object {
	if r == nil {
		return nil
	}
	o := r.Get(id.GroupKind, id.Namespace, id.Name)
	if o == nil || o.Typed == nil {
		return nil
	}
	return o
}

// Unread says of kinds that can change what happens to requests that their objects cannot be read in one of the
// namespaces, or that one of them is not read; empty where they are. Without a namespace all of them are meant.
func (c Context) Unread(namespaces []string, kinds ...schema.GroupKind) string {
	if c.Objects == nil {
		return ""
	}
	if len(namespaces) == 0 {
		namespaces = []string{""}
	}
	for _, kind := range kinds {
		for _, namespace := range namespaces {
			if !c.Objects.Knows(kind, namespace) {
				return reason.Of("policies-not-readable", kind)
			}
			if o := c.unreadOf(kind, namespace); o != nil {
				return reason.Of("policy-not-read", o.Ref, o.Ref.APIVersion)
			}
		}
	}
	return ""
}

// unreadOf is an object of a kind that is not read: it is of a version that is not, or cannot be; nil if there is none.
func (c Context) unreadOf(kind schema.GroupKind, namespace string) *inventory.Object {
	type key struct {
		schema.GroupKind
		namespace string
	}
	return Keep(c, key{kind, namespace}, func() *inventory.Object {
		for _, o := range c.Objects.Find(inventory.KindKey(kind, namespace)) {
			if o.Typed == nil {
				return o
			}
		}
		return nil
	})
}

// A ServiceEntry gives a host of its own to endpoints, which can be Services of the cluster under another name.

// ServiceHostKind stands for the hosts of ServiceEntries, in links.
var ServiceHostKind = schema.GroupKind{Kind: "IstioServiceHost"}

// ServiceHost stands for one of them.
func ServiceHost(host string) inventory.ID {
	return inventory.ID{GroupKind: ServiceHostKind, Name: strings.ToLower(strings.TrimSuffix(host, "."))}
}

// IstioName is the name of an object, in its namespace.
type IstioName struct{ Namespace, Name string }

// NonEmpty are the texts that say something.
func NonEmpty(texts ...string) []string {
	return slices.DeleteFunc(texts, func(s string) bool { return s == "" })
}

// Class is the ingress class of an Ingress, and the controller behind it.
type Class struct {
	// Controller is a name of ControllerNames, or Unknown.
	Controller string
	// Name is the class as the Ingress or the default says it; empty if there is none.
	Name string
	// Known says that a class object, or the configuration, names the controller. Otherwise it is a guess, told in
	// Assumption, or Unknown.
	Known bool
	// Internal says that the entry is not reachable from outside: because the configuration names the class, or because
	// of a marker that the controller honours.
	Internal bool
	// Doubt says why it cannot be told whether anybody outside reaches the entry; empty where it can.
	Doubt string
	// Why says why it is internal or public, for people.
	Why string
	// Assumption says what a guessed controller rests on; empty if nothing was guessed.
	Assumption string
	// Hint says, where the controller is Unknown, what in the configuration would name it.
	Hint string
}

// ClassAnnotation is the deprecated way to name a class. It names no object: the controller compares it with its flag.
const ClassAnnotation = "kubernetes.io/ingress.class"

// ClassObject is the IngressClass of a name, nil if it was not found.
func ClassObject(r inventory.Reader, name string) *networkingv1.IngressClass {
	if o := r.Get(inventory.IngressClass, "", name); o != nil {
		class, _ := inventory.As[networkingv1.IngressClass](o)
		return class
	}
	return nil
}
