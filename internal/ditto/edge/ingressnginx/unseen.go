package ingressnginx

import (
	"maps"
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/edge/nginx"
	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

// This file holds what the flags of a controller of ingress-nginx change: the prefix of its annotations, and a
// ConfigMap that they name and nobody can read.

// underPrefix is the Ingress as the controller reads it: under the prefix of its flag --annotations-prefix, with none
// of those under the usual one (internal/ingress/annotations/parser, GetAnnotationWithPrefix).
func underPrefix(c way.GlobalConfig, in way.Input) way.Input {
	if c.Prefix == "" || c.Prefix+"/" == way.PrefixIngressNginx {
		return in
	}
	ing := *in.Ingress
	ing.Annotations = way.Under(in.Ingress.Annotations, []string{c.Prefix + "/"}, []string{way.PrefixIngressNginx})
	in.Ingress = &ing
	return in
}

// prefixed is the Ingress as all controllers at hand read it. Where they have several prefixes, none of its annotations
// counts for all of them.
func prefixed(in way.Input) way.Input {
	if len(in.Controllers) == 0 {
		return in
	}
	as := underPrefix(in.Controllers[0], in)
	for _, c := range in.Controllers[1:] {
		if other := underPrefix(c, in); !maps.Equal(as.Ingress.Annotations, other.Ingress.Annotations) {
			ing := *in.Ingress
			ing.Annotations = maps.Clone(ing.Annotations)
			maps.DeleteFunc(ing.Annotations,
				func(key, _ string) bool { return as.Ingress.Annotations[key] != other.Ingress.Annotations[key] })
			as.Ingress = &ing
		}
	}
	return as
}

// ownPrefix says whether a controller at hand reads its annotations under a prefix of its own, so that none can be
// offered.
func ownPrefix(in way.Input) bool {
	return slices.ContainsFunc(in.Controllers, func(c way.GlobalConfig) bool {
		return c.Prefix != "" && c.Prefix+"/" != way.PrefixIngressNginx
	})
}

// unseen is why nothing is known of what a controller is told, empty where it is.
func unseen(c way.GlobalConfig) string {
	if !c.Unseen {
		return ""
	}
	return reason.Of("ingress-nginx-configuration-not-readable", c.Name)
}

// someUnseen is the first such reason of the controllers at hand.
func someUnseen(in way.Input) string {
	c, _ := someConfig(in, func(c way.GlobalConfig) bool { return c.Unseen })
	return unseen(c)
}

// orUnseen is the handling under a controller of which it is not known what it is told.
func orUnseen(h way.Handling, c way.GlobalConfig) way.Handling {
	if why := unseen(c); why != "" {
		unknown := tri.Is(tri.Unknown, "configmap", why)
		h.Identity, h.Authentication, h.StripsIdentity, h.HidesHeaders = unknown, unknown, unknown, unknown
	}
	return h
}

// orLimited is whether requests are limited where the Ingress itself limits none: each controller may be told to.
func orLimited(s tri.State, in way.Input) tri.State {
	source, why := "", ""
	if s.State != tri.Off || len(in.Controllers) == 0 || !everyConfig(in, func(c way.GlobalConfig) bool {
		if c.Unseen {
			source, why = "configmap", unseen(c)
			return true
		}
		for _, key := range []string{"location-snippet", "server-snippet", "http-snippet"} {
			if strings.TrimSpace(c.Data[key]) == "" {
				continue
			}
			if d, ok := nginx.ParseSnippet(c.Data[key]); !ok || d.Has("limit_req", "limit_conn", "include") {
				source, why = key, reason.Of("ingress-nginx-configuration-limits", c.In(key))
				return true
			}
		}
		return false
	}) {
		return s
	}
	return tri.Is(tri.Unknown, source, why)
}
