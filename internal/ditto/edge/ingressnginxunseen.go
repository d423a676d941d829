package edge

import (
	"maps"
	"slices"
	"strings"
)

// This file holds what the flags of a controller of ingress-nginx change: the prefix of its annotations, and a ConfigMap
// that they name and nobody can read.

// underPrefix is the Ingress as the controller reads it: under the prefix of its flag --annotations-prefix, with none of
// those under the usual one (internal/ingress/annotations/parser, GetAnnotationWithPrefix).
func (c GlobalConfig) underPrefix(in Input) Input {
	if c.Prefix == "" || c.Prefix+"/" == prefixIngressNginx {
		return in
	}
	ing := *in.Ingress
	ing.Annotations = map[string]string{}
	for key, value := range in.Ingress.Annotations {
		if name, own := strings.CutPrefix(key, c.Prefix+"/"); own {
			ing.Annotations[prefixIngressNginx+name] = value
		} else if !strings.HasPrefix(key, prefixIngressNginx) {
			ing.Annotations[key] = value
		}
	}
	in.Ingress = &ing
	return in
}

// prefixed is the Ingress as all controllers at hand read it. Where they have several prefixes, none of its annotations counts
// for all of them.
func (in Input) prefixed() Input {
	if len(in.Controllers) == 0 {
		return in
	}
	as := in.Controllers[0].underPrefix(in)
	for _, c := range in.Controllers[1:] {
		if other := c.underPrefix(in); !maps.Equal(as.Ingress.Annotations, other.Ingress.Annotations) {
			ing := *in.Ingress
			ing.Annotations = maps.Clone(ing.Annotations)
			maps.DeleteFunc(ing.Annotations, func(key, _ string) bool { return as.Ingress.Annotations[key] != other.Ingress.Annotations[key] })
			as.Ingress = &ing
		}
	}
	return as
}

// ownPrefix says whether a controller at hand reads its annotations under a prefix of its own, so that none can be offered.
func (in Input) ownPrefix() bool {
	return slices.ContainsFunc(in.Controllers, func(c GlobalConfig) bool { return c.Prefix != "" && c.Prefix+"/" != prefixIngressNginx })
}

// unseen is why nothing is known of what a controller is told, empty where it is.
func (c GlobalConfig) unseen() string {
	if !c.Unseen {
		return ""
	}
	return c.Name + ", which the controller reads, cannot be read, and can change it for all Ingresses"
}

// someUnseen is the first such reason of the controllers at hand.
func (in Input) someUnseen() string {
	c, _ := in.some(func(c GlobalConfig) bool { return c.Unseen })
	return c.unseen()
}

// orUnseen are the effects under a controller of which it is not known what it is told.
func (e Effects) orUnseen(c GlobalConfig) Effects {
	if why := c.unseen(); why != "" {
		unknown := State{Unknown, "configmap", why}
		e.Identity, e.Authentication, e.StripsIdentity, e.HidesHeaders = unknown, unknown, unknown, unknown
	}
	return e
}

// orLimited is whether requests are limited where the Ingress itself limits none: each controller may be told to.
func (s State) orLimited(in Input) State {
	source, why := "", ""
	if s.State != Off || len(in.Controllers) == 0 || !in.every(func(c GlobalConfig) bool {
		if c.Unseen {
			source, why = "configmap", c.unseen()
			return true
		}
		for _, key := range []string{"location-snippet", "server-snippet", "http-snippet"} {
			if strings.TrimSpace(c.Data[key]) == "" {
				continue
			}
			if d, ok := parseSnippet(c.Data[key]); !ok || containsAny(d, "limit_req", "limit_conn", "include") {
				source, why = key, c.in(key)+" may limit requests"
				return true
			}
		}
		return false
	}) {
		return s
	}
	return State{Unknown, source, why}
}
