package ingress

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"sync"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/requests"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// Most controllers make one virtual server of all Ingresses of a host, of whatever namespace, so that one changes how
// others are read. A host can have thousands of them: what concerns all of them is worked out once for each host.

// sharingHosts are the Ingresses, the one itself included, that share a host with it, in any namespace.
func sharingHosts(c way.Context, ing *networkingv1.Ingress) []*inventory.Object {
	hosts := hostsOf(ing)
	list := c.Objects.Find(inventory.Key{Index: ByHost, Value: hosts[0]})
	if len(hosts) == 1 {
		return list // in order already
	}
	list = slices.Clone(list)
	for _, host := range hosts[1:] {
		list = append(list, c.Objects.Find(inventory.Key{Index: ByHost, Value: host})...)
	}
	slices.SortFunc(list, func(a, b *inventory.Object) int { return a.Ref.Compare(b.Ref) })
	return slices.CompactFunc(list, func(a, b *inventory.Object) bool { return a.Ref.ID() == b.Ref.ID() })
}

// onHost is what the Ingresses of a host change for all others of it.
type onHost struct {
	// masters are those whose settings others take over, by their class.
	masters map[string][]*networkingv1.Ingress
	// regex are the controllers that read all paths of the host as regular expressions.
	regex map[string]bool
	// aliases are further hosts that lead to the same, by the controllers that take them for that.
	aliases map[string][]requests.Hosts
}

type onHostKey string

func onHostOf(c way.Context, host string) onHost {
	return way.Keep(c, onHostKey(host), func() onHost {
		h := onHost{
			regex: map[string]bool{}, masters: map[string][]*networkingv1.Ingress{},
			aliases: map[string][]requests.Hosts{},
		}
		for _, o := range c.Objects.Find(inventory.Key{Index: bySibling, Value: host}) {
			in := inputOf(c, inventory.Must[networkingv1.Ingress](o))
			if !slices.Contains(hostsOf(in.Ingress), host) && !controllerByName(in.Class.Controller).AliasesForTLS {
				continue
			}
			if isMaster(in.Ingress) {
				h.masters[in.Class.Name] = append(h.masters[in.Class.Name], in.Ingress)
			}
			if !h.regex[in.Class.Controller] && forcesRegex(in) {
				h.regex[in.Class.Controller] = true
			}
			if aliases := controllerByName(in.Class.Controller).Aliases; aliases != nil {
				h.aliases[in.Class.Controller] = append(h.aliases[in.Class.Controller], aliases(in.Ingress)...)
			}
		}
		for controller, list := range h.aliases {
			h.aliases[controller] = oneByOne(list)
		}
		return h
	})
}

// mostAliases bounds how many further names of a host are compared one by one; more of them are told apart by what they
// are together.
const mostAliases = 64

func oneByOne(list []requests.Hosts) []requests.Hosts {
	slices.SortFunc(list, func(a, b requests.Hosts) int { return strings.Compare(a.Name, b.Name) })
	list = slices.CompactFunc(list, requests.Hosts.Equal)
	if len(list) <= mostAliases {
		return list
	}
	h := sha256.New()
	for _, hosts := range list {
		_, _ = fmt.Fprintf(h, "%d %s", len(hosts.Name), hosts.Name) // never fails
	}
	return []requests.Hosts{{Name: fmt.Sprintf("%d aliases, %x", len(list), h.Sum(nil)[:16]), Opaque: true}}
}

// lookAnywhere asks for the Ingresses of all namespaces, where one takes after another (a minion after its master, a
// canary after its main Ingress) that is not known: it may have been stored a moment ago. Ingresses are found by their
// hosts all the same; the question is there to be asked again of the API server. Otherwise nobody lists all Ingresses
// of a cluster for others.
func lookAnywhere(c way.Context) { c.Objects.Find(inventory.Key{Index: anywhere}) }

// Anywhere says whether the Ingresses of all namespaces are worth reading for a key that belongs to none.
func Anywhere(key inventory.Key) bool { return key.Index == anywhere }

// forcesRegex says whether an Ingress makes its controller read all paths of its hosts, those of other Ingresses
// included, as regular expressions.
func forcesRegex(in way.Input) bool {
	forces := controllerByName(in.Class.Controller).ForcesRegex
	return forces != nil && forces(in)
}

// neighbours are, by host, the Ingresses of the host that name a certificate which serves this one too.
func neighbours(c way.Context, in way.Input) map[string][]*networkingv1.Ingress {
	if !controllerByName(in.Class.Controller).SharesTLS || way.NamesCertificates(in.Ingress) {
		return nil
	}
	by := map[string][]*networkingv1.Ingress{}
	for _, host := range hostsOf(in.Ingress) {
		if list := certifying(c, certified{host, in.Class.Controller, in.Class.Name}); len(list) > 0 {
			by[host] = list
		}
	}
	return by
}

// ofService are the other Ingresses of the Service that routes are read for whose annotations count for this one too.
// For one of a host with aliases it is all of them.
func ofService(c way.Context, in way.Input) (list []*networkingv1.Ingress, all bool) {
	if c.To == nil || controllerByName(in.Class.Controller).CountsForService == nil {
		return nil, false
	}
	key := inventory.Key{Index: byService, Namespace: c.To.Ref.Namespace, Value: c.To.Ref.Name}
	if in.HostAliased {
		key.Index = way.ByBackend
	}
	for _, o := range c.Objects.Find(key) {
		ing, ok := inventory.As[networkingv1.Ingress](o)
		if !ok {
			continue
		}
		if ing.Name != in.Ingress.Name && classOf(c, ing).Controller == in.Class.Controller {
			list = append(list, ing)
		}
	}
	return list, in.HostAliased
}

// certified is a host as a controller serves it for a class.
type certified struct{ host, controller, class string }

// certifying are the Ingresses of a host that name a certificate for it.
func certifying(c way.Context, by certified) []*networkingv1.Ingress {
	return way.Keep(c, by, func() []*networkingv1.Ingress {
		var list []*networkingv1.Ingress
		for _, o := range c.Objects.Find(inventory.Key{Index: byCertificate, Value: by.host}) {
			ing := inventory.Must[networkingv1.Ingress](o)
			if class := classOf(c, ing); class.Controller == by.controller && class.Name == by.class {
				list = append(list, ing)
			}
		}
		return list
	})
}

// siblings are the Ingresses of the same hosts whose reading this one changes: all of them if it turns their paths into
// regular expressions, is their master or has aliases of the host, those that it names a certificate for, those whose
// default backend it may take the place of, and the canaries of it; and those that share its load balancer.
func siblings(c way.Context, o *inventory.Object) []way.Siblings {
	ing := inventory.Must[networkingv1.Ingress](o)
	in := inputOf(c, ing)
	controller := controllerByName(in.Class.Controller)
	forces := isMaster(ing) || forcesRegex(in) || hasAliases(ing)
	// An Ingress can be met once for each of its hosts.
	wants := onceEach(func(other *networkingv1.Ingress) bool { return !way.NamesCertificates(other) })
	places := sync.OnceValue(func() map[place]bool { return placesOf(ing) })
	shares := onceEach(func(other *networkingv1.Ingress) bool {
		return isCanary(other) && sharesPath(ing, places(), other)
	})
	var list []way.Siblings
	for _, host := range hostsOf(ing) {
		onHost := inventory.Key{Index: ByHost, Value: host}
		if forces {
			list = append(list, way.Siblings{Name: "all of host " + host, Key: onHost})
			continue
		}
		if len(ing.Spec.TLS) > 0 && controller.SharesTLS {
			list = append(list, way.Siblings{Name: "certificates of host " + host, Key: onHost, Concerned: wants})
		}
		if len(ing.Spec.Rules) > 0 && controller.DefaultBackend.Shared {
			list = append(list, way.Siblings{Name: "default backends of host " + host, Key: onHost,
				Concerned: func(other *inventory.Object) bool {
					spec := &inventory.Must[networkingv1.Ingress](other).Spec
					return spec.DefaultBackend != nil && len(spec.Rules) > 0
				}})
		}
		list = append(list, way.Siblings{Key: inventory.Key{Index: bySibling, Value: host}, Concerned: shares})
	}
	for _, host := range aliasedByTLS(ing) {
		list = append(list, way.Siblings{Name: "all of host " + host, Key: inventory.Key{Index: ByHost, Value: host}})
	}
	if group := groupOf(ing); group != "" {
		list = append(list, way.Siblings{Name: "load balancer " + group,
			Key: inventory.Key{Index: byGroup, Value: group}})
	}
	return list
}

// onceEach asks once about each Ingress.
func onceEach(concerned func(*networkingv1.Ingress) bool) func(*inventory.Object) bool {
	known := map[inventory.ID]bool{}
	return func(o *inventory.Object) bool {
		id := o.Ref.ID()
		if _, asked := known[id]; !asked {
			known[id] = concerned(inventory.Must[networkingv1.Ingress](o))
		}
		return known[id]
	}
}

// place is a path of a host.
type place struct{ host, path string }

func placesOf(ing *networkingv1.Ingress) map[place]bool {
	places := map[place]bool{}
	for _, rule := range ing.Spec.Rules {
		if rule.HTTP != nil {
			for _, p := range rule.HTTP.Paths {
				places[place{rule.Host, p.Path}] = true
			}
		}
	}
	return places
}

// sharesPath says whether two Ingresses, the places of one of which are given, have a path of the same host in common.
func sharesPath(a *networkingv1.Ingress, places map[place]bool, b *networkingv1.Ingress) bool {
	if a.Spec.DefaultBackend != nil && b.Spec.DefaultBackend != nil {
		return true
	}
	for _, rule := range b.Spec.Rules {
		if rule.HTTP == nil {
			continue
		}
		for _, p := range rule.HTTP.Paths {
			if places[place{rule.Host, p.Path}] {
				return true
			}
		}
	}
	return false
}
