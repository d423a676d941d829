package way

import (
	networkingv1 "k8s.io/api/networking/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/requests"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// Controller is a controller of Ingresses: who it is, and what it contributes to the one reading of them (package
// ingress).
type Controller struct {
	// Name is the controller's name in the configuration and in facts.
	Name string
	// Title names it in sentences.
	Title string
	// Classes are the values of IngressClass spec.controller; a trailing `/*` allows any suffix after the slash, or
	// none.
	Classes []string
	// Usual are the class names that its manuals and charts use.
	Usual []string
	// Told are objects that say how it reads all Ingresses, whatever their class says.
	Told []inventory.ID
	// Prefixes are annotation prefixes, and keys whole annotations, that only this controller reads or writes.
	Prefixes, Keys []string
	// Shared are further annotations that it reads and others may too: prefixes, whole keys, or BareKeys.
	Shared []string
	// Read reads an Ingress for one of its backends.
	Read func(Input) Reading
	// Internal says whether the Ingress carries a marker that the controller honours and that keeps it from outside;
	// nil where there is none.
	Internal func(Marked) Verdict
	// Uses are the objects that annotations of an Ingress or of a Service name and that decide what the controller
	// does; nil where there are none. It is asked whichever controller serves the object.
	Uses func(o *inventory.Object) []inventory.ID
	// Opened is the annotation by which an Ingress is public, whatever else says that it is internal; empty if none.
	// Doubted says why it cannot be told who reaches an entry that neither opens; empty where it can. Both may be nil.
	Opened  func(*networkingv1.Ingress) string
	Doubted func(Class) string
	// Allowed are the annotations that let only certain addresses in. They are believed for telling whether more is let
	// in than before, and for nothing else: whether the addresses are those of clients depends on what stands before.
	Allowed []string

	// DefaultBackend is what it makes of spec.defaultBackend.
	DefaultBackend DefaultBackend
	// Behind are the Services that a backend stands for; ok is false for one that is a Service itself. It is asked
	// whichever controller serves the Ingress; nil where there are none.
	Behind func(*networkingv1.Ingress, networkingv1.IngressServiceBackend) (list []networkingv1.IngressServiceBackend,
		ok bool)
	// Asides are where it sends requests beside the Services of the paths; nil where there are none.
	Asides func(*networkingv1.Ingress) []Aside

	// Most controllers make one virtual server of all Ingresses of a host, of whatever namespace, so that one changes
	// how others are read. What can be told from one alone is asked whichever controller serves it.

	// Aliases are hosts of an Ingress's annotations that lead to where the hosts of its rules lead; nil where there are
	// none.
	Aliases func(*networkingv1.Ingress) []requests.Hosts
	// AliasesForTLS says that they lead to the hosts that it names in spec.tls, too.
	AliasesForTLS bool
	// SharesTLS says whether a certificate that one Ingress names for a host serves the others of the host too.
	SharesTLS bool
	// CountsForService says whether an Ingress has annotations that count for all Ingresses of its Services; nil where
	// none can.
	CountsForService func(*networkingv1.Ingress) bool
	// ForcesRegex says whether the Ingress turns all paths of its hosts into regular expressions, MayForceRegex,
	// whether it might as far as it shows alone; nil where none can.
	ForcesRegex   func(Input) bool
	MayForceRegex func(*networkingv1.Ingress) bool
	// IsMaster says whether an Ingress is one whose settings others of its host take over, Master, of all those of a
	// class, whose.
	IsMaster func(*networkingv1.Ingress) bool
	Master   func([]*networkingv1.Ingress) *networkingv1.Ingress
	// IsMinion says whether an Ingress is one that takes them over; set where Master is.
	IsMinion func(*networkingv1.Ingress) bool
	// IsCanary says whether an Ingress gets a share of the requests of another one of the same host and path, and takes
	// after it.
	IsCanary func(*networkingv1.Ingress) bool
	// Group is the load balancer that an Ingress shares with others; empty if it has one of its own.
	Group func(*networkingv1.Ingress) string
}

// Reading is an Ingress as its controller reads it for one of its backends.
type Reading struct {
	// Handling is what the controller does with requests.
	Handling
	// Transport is what clients speak with it that ask for a host of the rules; empty is the rule without a host.
	Transport func(host string) Transport
	// Path is which requests a path takes, and with what path they arrive. It is never empty.
	Path func(kind networkingv1.PathType, path string) Path
	// Hosts are further hosts that lead to those of the rules by what the controller is told; those of annotations are
	// in Controller.Aliases.
	Hosts []requests.Hosts
}

// Aside is where a controller sends requests of all paths of an Ingress, by an annotation.
type Aside struct {
	// Annotation names it, without its prefix.
	Annotation string
	// Backend is the Service; without a port its first one is meant. Headless says that it has to be headless.
	Backend  Backend
	Headless bool
	// Copies says that they are copies, as clients sent them, with a path that Rewrite makes. Otherwise they are
	// requests whose own Service has no endpoints.
	Copies  bool
	Rewrite Rewrite
}

// DefaultBackend is what a controller makes of spec.defaultBackend. The API says that it takes what no rule takes; of
// what, and whose rules, controllers understand differently.
type DefaultBackend struct {
	// Beside is where it counts in an Ingress with rules, Alone in one without.
	Beside, Alone Takes
	// Replaced says whether a path of a rule takes the place of it for the rule's host; only for OwnHosts.
	Replaced func(p networkingv1.HTTPIngressPath) bool
	// Named says that it does not count for rules without a host; Shared that the Ingresses of a host have one between
	// them, so that a path of another one can take its place, or an older one come first. Only for OwnHosts.
	Named, Shared bool
	// Plain says that certificates of the rules change nothing for it: it is asked over plain HTTP.
	Plain bool
	// Bare says that nothing which an Ingress says of paths counts for it where it takes them Everywhere.
	Bare bool
	// Only are the annotations that count for it, all of them if it is empty.
	Only []string
	// Otherwise says that the controller reads an Ingress otherwise for it, as Input.ByDefault says.
	Otherwise bool
}

// Takes is which requests a default backend can get.
type Takes int

const (
	// Everywhere: those of any host that nothing else takes. That is the reading of Contour
	// (internal/dag/ingress_processor.go: rulesFromSpec), Kong (translate_ingress.go: the oldest one), haproxy-ingress
	// (addDefaultHostBackend), the AWS Load Balancer Controller (buildListenerDefaultActions) and GKE, and is taken for
	// that of whoever says nothing else.
	Everywhere Takes = iota
	// OwnHosts: those of the hosts of its Ingress's rules.
	OwnHosts
	// Nowhere: the controller does not read it.
	Nowhere
)

// IsRootPrefix says whether a path is /, of a type that nginx's controllers read as Prefix.
func IsRootPrefix(p networkingv1.HTTPIngressPath) bool {
	return (p.Path == "" || p.Path == "/") && (p.PathType == nil || *p.PathType != networkingv1.PathTypeExact) &&
		p.Backend.Service != nil
}

// Marked is what an internal marker is read from.
type Marked struct {
	Ingress *networkingv1.Ingress
	// Class is the class object, nil if the Ingress has none that is at hand.
	Class *networkingv1.IngressClass
	// ClassName is spec.ingressClassName or, if ByAnnotation, the old annotation.
	ClassName    string
	ByAnnotation bool
	Objects      inventory.Reader
	Cfg          Config
}
