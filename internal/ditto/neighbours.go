package ditto

import (
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/edge"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// Most controllers make one virtual server of all Ingresses of a host, of whatever namespace, so that one changes how others
// are read. A host can have thousands of them: what concerns all of them is worked out once for each host.

// onHosts are the Ingresses, the one itself included, that share a host with it, in any namespace: most controllers merge
// them into one virtual server. Of byHost those are all, of bySibling the ones that change how others are read.
func (v *View) onHosts(index inventory.Index, ing *networkingv1.Ingress) []*inventory.Object {
	hosts := ingressHosts(ing)
	list := v.Find(inventory.Key{Index: index, Value: hosts[0]})
	if len(hosts) == 1 {
		return list // in order already
	}
	list = slices.Clone(list)
	for _, host := range hosts[1:] {
		list = append(list, v.Find(inventory.Key{Index: index, Value: host})...)
	}
	return ordered(list)
}

// affectsSiblings says whether an Ingress may change how others of its host are read: by turning their paths into regular
// expressions, as their master, or since it is a canary that takes after one of them.
func affectsSiblings(ing *networkingv1.Ingress) bool {
	if isMaster(ing) || isCanary(ing) {
		return true
	}
	for key := range ing.Annotations {
		if strings.HasSuffix(key, "/use-regex") || strings.HasSuffix(key, "/rewrite-target") {
			return true
		}
	}
	return false
}

func isMaster(ing *networkingv1.Ingress) bool {
	return ing.Annotations["nginx.org/mergeable-ingress-type"] == "master"
}

// siblings is what the Ingresses of a host change for all others of it.
type siblings struct {
	// masters are those of mergeable Ingresses (F5 NGINX), by their class.
	masters map[string][]*networkingv1.Ingress
	// regex are the controllers that read all paths of the host as regular expressions.
	regex map[string]bool
}

// siblingsOf is what the Ingresses of a host change for one another.
func (v *View) siblingsOf(host string) siblings {
	if s, known := v.siblings[host]; known {
		return s
	}
	s := siblings{regex: map[string]bool{}, masters: map[string][]*networkingv1.Ingress{}}
	for _, o := range v.Find(inventory.Key{Index: bySibling, Value: host}) {
		ing := o.Typed.(*networkingv1.Ingress)
		in := way.Input{Ingress: ing, Class: v.class(ing), Config: v.edges, Objects: v}
		if isMaster(ing) {
			s.masters[in.Class.Name] = append(s.masters[in.Class.Name], ing)
		}
		if !s.regex[in.Class.Controller] && edge.ForcesRegex(in) {
			s.regex[in.Class.Controller] = true
		}
	}
	if v.siblings == nil {
		v.siblings = map[string]siblings{}
	}
	v.siblings[host] = s
	return s
}

// hostClass is a host as a controller serves it for a class.
type hostClass struct{ host, controller, class string }

// neighbours are the Ingresses of a host that name certificates which serve this one too.
func (v *View) neighbours(in way.Input) []*networkingv1.Ingress {
	if !way.SharesTLS(in.Class) || way.NamesCertificates(in.Ingress) {
		return nil
	}
	hosts := ingressHosts(in.Ingress)
	if len(hosts) == 1 {
		return v.certifying(hostClass{hosts[0], in.Class.Controller, in.Class.Name})
	}
	var list []*networkingv1.Ingress
	for _, host := range hosts {
		for _, ing := range v.certifying(hostClass{host, in.Class.Controller, in.Class.Name}) {
			if !slices.Contains(list, ing) {
				list = append(list, ing)
			}
		}
	}
	return list
}

// certifying are the Ingresses of a host that name a certificate for it.
func (v *View) certifying(by hostClass) []*networkingv1.Ingress {
	list, known := v.certified[by]
	if known {
		return list
	}
	for _, o := range v.Find(inventory.Key{Index: byCertificate, Value: by.host}) {
		ing := o.Typed.(*networkingv1.Ingress)
		if class := v.class(ing); class.Controller == by.controller && class.Name == by.class {
			list = append(list, ing)
		}
	}
	if v.certified == nil {
		v.certified = map[hostClass][]*networkingv1.Ingress{}
	}
	v.certified[by] = list
	return list
}

// neighbours follows the Ingresses of the same hosts whose reading this one changes: all of them if it turns their paths into
// regular expressions or is their master, those that it names a certificate for, those whose default backend it may take
// the place of, and the canaries of it.
func (f *follower) neighbours(ing *networkingv1.Ingress) {
	class := f.view.class(ing)
	forces := isMaster(ing) || edge.ForcesRegex(way.Input{Ingress: ing, Class: class, Config: f.view.edges, Objects: f.view})
	for _, host := range ingressHosts(ing) {
		if forces {
			f.onHost(host, "all", func(*networkingv1.Ingress) bool { return true })
			continue
		}
		if len(ing.Spec.TLS) > 0 && way.SharesTLS(class) {
			f.onHost(host, "certificates", func(other *networkingv1.Ingress) bool { return !way.NamesCertificates(other) })
		}
		if len(ing.Spec.Rules) > 0 && edge.HostsShareDefault(class) {
			f.onHost(host, "default backends", func(other *networkingv1.Ingress) bool {
				return other.Spec.DefaultBackend != nil && len(other.Spec.Rules) > 0
			})
		}
		for _, o := range f.view.Find(inventory.Key{Index: bySibling, Value: host}) {
			if other := o.Typed.(*networkingv1.Ingress); isCanary(other) && sharesPath(ing, other) {
				f.follow(o)
			}
		}
	}
	if group := ing.Annotations[albGroup]; group != "" {
		f.once("ALB group "+group, func() {
			for _, o := range f.view.Find(inventory.Key{Index: byGroup, Value: group}) {
				f.follow(o)
			}
		})
	}
}

// onHost follows those Ingresses of a host that what concerns, once.
func (f *follower) onHost(host, what string, concerned func(*networkingv1.Ingress) bool) {
	f.once(what+" of host "+host, func() {
		for _, o := range f.view.Find(inventory.Key{Index: byHost, Value: host}) {
			if concerned(o.Typed.(*networkingv1.Ingress)) {
				f.follow(o)
			}
		}
	})
}

// once does what has to be done once, whichever object it is done for.
func (f *follower) once(what string, do func()) {
	if !f.done[what] {
		f.done[what] = true
		do()
	}
}
