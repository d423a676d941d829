// Package ingress reads Ingresses: one API for many controllers, which differ in its annotations. It has the table of
// controllers, finds out who serves an Ingress, makes routes of what that controller contributes (way.Controller), and
// says what is certain where the controller is unknown. What a vendor makes of annotations is in a package of its own.
package ingress

import (
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"

	"github.com/dittoguard/dittoguard/internal/ditto/edge/alibaba"
	"github.com/dittoguard/dittoguard/internal/ditto/edge/aws"
	"github.com/dittoguard/dittoguard/internal/ditto/edge/azure"
	"github.com/dittoguard/dittoguard/internal/ditto/edge/cilium"
	"github.com/dittoguard/dittoguard/internal/ditto/edge/contour"
	"github.com/dittoguard/dittoguard/internal/ditto/edge/f5"
	"github.com/dittoguard/dittoguard/internal/ditto/edge/gke"
	"github.com/dittoguard/dittoguard/internal/ditto/edge/haproxy"
	"github.com/dittoguard/dittoguard/internal/ditto/edge/ingressnginx"
	"github.com/dittoguard/dittoguard/internal/ditto/edge/istio"
	"github.com/dittoguard/dittoguard/internal/ditto/edge/kong"
	"github.com/dittoguard/dittoguard/internal/ditto/edge/openshift"
	"github.com/dittoguard/dittoguard/internal/ditto/edge/tailscale"
	"github.com/dittoguard/dittoguard/internal/ditto/edge/traefik"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// table holds the controllers, most widespread first: of two that share a usual class name the first is taken. It is
// never changed.
var table = []way.Controller{
	ingressnginx.Controller(), f5.Controller(), traefik.Controller(), haproxy.Controller(), haproxy.IngressController(),
	contour.Controller(), kong.Controller(), istio.Controller(), aws.Controller(), gke.Controller(), azure.Controller(),
	openshift.Controller(), cilium.Controller(), alibaba.Controller(), tailscale.Controller(),
}

// ControllerNames lists the controllers that the configuration may name.
func ControllerNames() []string {
	var names []string
	for _, c := range table {
		names = append(names, c.Name)
	}
	return names
}

// controllerByName finds a row of the table, or whoever is unknown.
func controllerByName(name string) *way.Controller {
	for i := range table {
		if table[i].Name == name {
			return &table[i]
		}
	}
	return &unknown
}

// some says whether an Ingress is to some controller what one of their functions says.
func some(ing *networkingv1.Ingress, is func(*way.Controller) func(*networkingv1.Ingress) bool) bool {
	return slices.ContainsFunc(table, func(c way.Controller) bool {
		says := is(&c)
		return says != nil && says(ing)
	})
}

func isCanary(ing *networkingv1.Ingress) bool {
	return some(ing, func(c *way.Controller) func(*networkingv1.Ingress) bool { return c.IsCanary })
}

func isMaster(ing *networkingv1.Ingress) bool {
	return some(ing, func(c *way.Controller) func(*networkingv1.Ingress) bool { return c.IsMaster })
}

func hasAliases(ing *networkingv1.Ingress) bool {
	return slices.ContainsFunc(table, func(c way.Controller) bool {
		return c.Aliases != nil && len(c.Aliases(ing)) > 0
	})
}

// aliasedByTLS are the hosts that an Ingress with aliases names in spec.tls alone, to which some controller has the
// aliases lead, too.
func aliasedByTLS(ing *networkingv1.Ingress) []string {
	if !slices.ContainsFunc(table, func(c way.Controller) bool { return c.AliasesForTLS && len(c.Aliases(ing)) > 0 }) {
		return nil
	}
	var list []string
	for _, tls := range ing.Spec.TLS {
		for _, host := range tls.Hosts {
			if host = strings.ToLower(host); host != "" && !slices.Contains(hostsOf(ing), host) && !slices.Contains(list, host) {
				list = append(list, host)
			}
		}
	}
	return list
}

// affectsSiblings says whether an Ingress may change how others of its host are read.
func affectsSiblings(ing *networkingv1.Ingress) bool {
	return isMaster(ing) || isCanary(ing) || hasAliases(ing) ||
		some(ing, func(c *way.Controller) func(*networkingv1.Ingress) bool { return c.MayForceRegex })
}

// groupOf is the load balancer that an Ingress shares with others, empty if there is none.
func groupOf(ing *networkingv1.Ingress) string {
	for i := range table {
		if table[i].Group != nil {
			if group := table[i].Group(ing); group != "" {
				return group
			}
		}
	}
	return ""
}

// Kinds are the rows of Ingresses and their classes.
func Kinds() []way.Resource {
	return []way.Resource{
		{
			Kind: inventory.Ingress, Links: links, Keys: keys, Routes: routes, ByService: true, Siblings: siblings,
			Doubted: doubted,
			Says:    func(o *inventory.Object) any { return inventory.Must[networkingv1.Ingress](o).Spec },
			Controller: func(c way.Context, o *inventory.Object) string {
				return classOf(c, inventory.Must[networkingv1.Ingress](o)).Controller
			},
		},
		{
			Kind: inventory.IngressClass, Links: classLinks,
			Says: func(o *inventory.Object) any { return inventory.Must[networkingv1.IngressClass](o).Spec },
		},
	}
}

// The properties that Ingresses are indexed by, in no namespace.
const (
	// ByHost finds them by the hosts of their rules.
	ByHost inventory.Index = "ingress-host"
	// bySibling finds those that change how others of their hosts are read, by those hosts.
	bySibling inventory.Index = "ingress-sibling"
	// anywhere finds none: see lookAnywhere.
	anywhere inventory.Index = "ingress-anywhere"
	// byCertificate finds them by the hosts of their rules that they name certificates for.
	byCertificate inventory.Index = "ingress-certificate"
	// byGroup finds them by the load balancer that they share with others.
	byGroup inventory.Index = "ingress-group"
	// byService finds those that have annotations for all Ingresses of a Service, by the Service, in its namespace.
	byService inventory.Index = "ingress-service"
)

// Indices are all of those.
func Indices() []inventory.Index {
	return []inventory.Index{ByHost, bySibling, anywhere, byCertificate, byGroup, byService}
}

func keys(o *inventory.Object) []inventory.Key {
	ing := inventory.Must[networkingv1.Ingress](o)
	var keys []inventory.Key
	certificates := way.CertificatesOf(ing.Spec.TLS)
	for _, host := range hostsOf(ing) {
		keys = append(keys, inventory.Key{Index: ByHost, Value: host})
		if affectsSiblings(ing) {
			keys = append(keys, inventory.Key{Index: bySibling, Value: host})
		}
		if certificates.For(host).State == tri.On {
			keys = append(keys, inventory.Key{Index: byCertificate, Value: host})
		}
	}
	for _, host := range aliasedByTLS(ing) {
		keys = append(keys, inventory.Key{Index: bySibling, Value: host})
	}
	if group := groupOf(ing); group != "" {
		keys = append(keys, inventory.Key{Index: byGroup, Value: group})
	}
	if some(ing, func(c *way.Controller) func(*networkingv1.Ingress) bool { return c.CountsForService }) {
		for _, b := range links(o).Backends {
			keys = append(keys, inventory.Key{Index: byService, Namespace: b.Namespace, Value: b.Name})
		}
	}
	return keys
}

// links are the Services that an Ingress sends requests to, its class, what its annotations name, and the Secrets that
// they name as password files: every controller's annotation for that ends in `auth-secret` or `basic-auth-secret`.
// What kind of file that is its controller says (Effects.AuthSecrets).
func links(o *inventory.Object) way.Links {
	ing := inventory.Must[networkingv1.Ingress](o)
	class := className(ing)
	links := way.Links{Uses: append(Uses(o), ClassID(class))}
	for i := range table {
		if slices.Contains(table[i].Usual, class) {
			links.Uses = append(links.Uses, table[i].Told...)
		}
	}
	if b := ing.Spec.DefaultBackend; b != nil {
		links.Backends = behind(links.Backends, ing, b)
	}
	for i := range table {
		if table[i].Asides != nil {
			for _, aside := range table[i].Asides(ing) {
				links.Backends = append(links.Backends, aside.Backend)
			}
		}
	}
	for _, rule := range ing.Spec.Rules {
		if rule.HTTP != nil {
			for i := range rule.HTTP.Paths {
				links.Backends = behind(links.Backends, ing, &rule.HTTP.Paths[i].Backend)
			}
		}
	}
	for key, value := range ing.Annotations {
		if strings.HasSuffix(key, "auth-secret") {
			namespace, name, found := strings.Cut(strings.TrimSpace(value), "/")
			if !found {
				namespace, name = ing.Namespace, namespace
			}
			links.Passwords = append(links.Passwords, way.AuthSecret{Namespace: namespace, Name: name})
		}
	}
	return links
}

// Uses are the objects that annotations of an Ingress, or of a Service, name.
func Uses(o *inventory.Object) []inventory.ID {
	if len(o.Meta.Annotations) == 0 {
		return nil
	}
	var uses []inventory.ID
	for i := range table {
		if table[i].Uses != nil {
			uses = append(uses, table[i].Uses(o)...)
		}
	}
	return uses
}

// behind adds the Services that a backend of an Ingress means to a list.
func behind(list []way.Backend, ing *networkingv1.Ingress, b *networkingv1.IngressBackend) []way.Backend {
	if b.Service == nil {
		return list
	}
	for i := range table {
		if table[i].Behind == nil {
			continue
		}
		if services, ok := table[i].Behind(ing, *b.Service); ok {
			for i := range services {
				list = append(list, backend(ing, &services[i]))
			}
			return list
		}
	}
	return append(list, backend(ing, b.Service))
}

func backend(ing *networkingv1.Ingress, b *networkingv1.IngressServiceBackend) way.Backend {
	port := intstr.FromInt32(b.Port.Number)
	if b.Port.Name != "" {
		port = intstr.FromString(b.Port.Name)
	}
	return way.Backend{Namespace: ing.Namespace, Name: b.Name, Port: port, ByTarget: true}
}

// hostsOf are the hosts of an Ingress's rules; no host at all is the empty one.
func hostsOf(ing *networkingv1.Ingress) []string {
	if len(ing.Spec.Rules) == 0 {
		return []string{""}
	}
	var hosts []string
	seen := make(map[string]bool, len(ing.Spec.Rules))
	for _, rule := range ing.Spec.Rules {
		if !seen[rule.Host] {
			seen[rule.Host] = true
			hosts = append(hosts, rule.Host)
		}
	}
	return hosts
}

// className is the class an Ingress asks for, by field or by the older annotation, empty if it asks for none.
func className(ing *networkingv1.Ingress) string {
	if ing.Spec.IngressClassName != nil {
		return *ing.Spec.IngressClassName
	}
	return ing.Annotations[way.ClassAnnotation]
}

// ClassID is what Ingresses of a class use; those without a class, which can be of any by default, use a stand-in.
func ClassID(name string) inventory.ID {
	if name == "" {
		return inventory.ID{GroupKind: schema.GroupKind{Kind: "NoIngressClass"}}
	}
	return inventory.ID{GroupKind: inventory.IngressClass, Name: name}
}

// classLinks are the parameters of a class. It decides about Ingresses without a class as well.
func classLinks(o *inventory.Object) way.Links {
	links := way.Links{Governs: []inventory.ID{ClassID("")}}
	class := inventory.Must[networkingv1.IngressClass](o)
	for i := range table {
		if serves(&table[i], class) {
			links.Uses = append(links.Uses, table[i].Told...)
		}
	}
	if p := class.Spec.Parameters; p != nil {
		links.Uses = append(links.Uses, inventory.ID{
			GroupKind: schema.GroupKind{Group: ptr.Deref(p.APIGroup, ""), Kind: p.Kind},
			Namespace: ptr.Deref(p.Namespace, ""), Name: p.Name,
		})
	}
	return links
}

// Annotations are those that some controller may read.
func Annotations(all map[string]string) map[string]string {
	found := map[string]string{}
	for key, value := range all {
		if slices.ContainsFunc(table, func(c way.Controller) bool { return c.Reads(map[string]string{key: value}) }) {
			found[key] = value
		}
	}
	return found
}
