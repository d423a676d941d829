package haproxy

import (
	"slices"
	"strconv"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/requests"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

// haproxyIngressMatch is how a path is compared: that of ImplementationSpecific goes by the annotation path-type, whose
// default, and what takes the place of a word that is none, is `begin` (readPathType).
func haproxyIngressMatch(a way.Annotations, kind networkingv1.PathType) string {
	switch kind {
	case networkingv1.PathTypeExact:
		return "exact"
	case networkingv1.PathTypePrefix:
		return "prefix"
	case networkingv1.PathTypeImplementationSpecific:
	}
	if match := strings.ToLower(a["path-type"]); slices.Contains([]string{"exact", "prefix", "regex"}, match) {
		return match
	}
	return "begin"
}

// path: `begin` compares characters without case; a regular expression is pinned at the start (keys.md
// "Path type").
//
// For hosts that are patterns a path becomes an expression: that of a prefix does not end at an element, and one with a
// slash at its end is not for the path without it (convertPathToRegex). Which of its hosts a path is asked for is not
// told, so what is for some of them is taken to be for all.
//
// redirect-to, since 0.13, leads elsewhere, and to no Service, for all but a default backend. Paths that
// no-redirect-locations has are served by others.
func (s *settings) path(kind networkingv1.PathType, path string) way.Path {
	in, a := s.in, s.a
	var p way.Path
	// path-type and redirect-to are not read at a Service.
	own := ownOf(in.Ingress)
	match := haproxyIngressMatch(own, kind)
	patterns, names := haproxyIngressHosts(in.Ingress)
	switch {
	case match == "exact":
		p.Matcher = way.Exact(way.Raw, path)
	case match == "prefix" && patterns && !names:
		p.Matcher = way.Characters(path)
	case match == "prefix" && patterns:
		p.Matcher = way.Characters(strings.TrimRight(path, "/"))
	case match == "prefix":
		p.Matcher = way.Elements(way.Raw, path)
	case match == "regex":
		p.Matcher = way.Regex(way.Raw, path, false, way.AtStart)
	default:
		p.Matcher = way.AnyCase(path)
	}
	if target := a["rewrite-target"]; target != "" {
		p.Rewrite = haproxyIngressRewrite(in, match, path, target)
		if why := s.passesOver("rewrite-target"); why != "" {
			p.Rewrite = way.UnknownRewrite(why)
		} else if s.aliased() && (len(in.OfService) > 0 || paths(in.Ingress) > 1) {
			// Without a map, that of each path is carried out.
			p.Rewrite = way.UnknownRewrite(reason.Of("haproxy-aliased"))
		}
	}
	for _, name := range s.unread {
		p.Rewrite = way.UnknownRewrite(reason.Of("path-by-unread-setting", s.named(name)))
	}
	if why := s.unseen(); why != "" {
		p.Rewrite = way.UnknownRewrite(why)
	}
	if path == "/" && s.root() {
		p.Matcher = way.Characters(path)
	}
	port, _ := strconv.Atoi(own["tcp-service-port"])
	if own["redirect-to"] != "" && port == 0 && !in.ByDefault && !s.older(0, 13) {
		p.Matcher = way.Nothing()
	}
	return p
}

// older says whether the configuration states a release before another.
func (s *settings) older(major, minor int) bool {
	v, stated := s.in.Version()
	return stated && !v.AtLeast(major, minor)
}

// paths counts the paths of an Ingress.
func paths(ing *networkingv1.Ingress) int {
	count := 0
	if ing.Spec.DefaultBackend != nil {
		count++
	}
	for _, rule := range ing.Spec.Rules {
		if rule.HTTP != nil {
			count += len(rule.HTTP.Paths)
		}
	}
	return count
}

// haproxyIngressRewrite puts the target in the place of the path and keeps what follows, by an expression. Up to 0.14.7
// the path is written into that as it stands, a target with spaces or quotes is passed over, and a slash at the end of
// a path is one of the target's only for the root (haproxy.tmpl: RewriteURL); from 0.16 on, and in some releases
// between them, the path is text, and a slash is one of the target's everywhere (buildBackendRewriteURL).
func haproxyIngressRewrite(in way.Input, match, path, target string) way.Rewrite {
	v, stated := in.Version()
	newer := stated && v.AtLeast(0, 16)
	slash := strings.HasSuffix(path, "/") && !strings.HasSuffix(target, "/")
	switch {
	case match == "regex", strings.ContainsAny(target, `\%#`), !strings.HasPrefix(target, "/"):
		return way.UnknownRewrite(reason.Of("haproxy-rewrite-expression"))
	case match == "begin" && path != strings.ToLower(path):
		// The path is compared without case, the expression is not: what is written otherwise arrives as it is.
		return way.UnknownRewrite(reason.Of("haproxy-rewrite-case"))
	case strings.ContainsAny(target, `"' `), !newer && slash && path != "/",
		!newer && strings.ContainsAny(path, `+*?()[]{}|^$\`):
		return way.UnknownRewrite(reason.Of("haproxy-rewrite-version"))
	}
	if to, _, query := strings.Cut(target, "?"); query {
		return way.Rewrite{Kind: way.RewriteConstant, To: to} // what follows belongs to the query
	}
	from := []string{path}
	switch {
	case slash:
		target += "/"
	case target == "/" && !strings.HasSuffix(path, "/"):
		from = append(from, path+"/")
	}
	return way.Rewrite{Kind: way.RewritePrefix, From: from, To: target}
}

// haproxyIngressAlternatives says whether an Ingress has an expression with alternatives outside a group. The host is
// written before it, so all but the first are for any host that nothing else takes the request for.
func haproxyIngressAlternatives(ing *networkingv1.Ingress) bool {
	a := way.WithPrefix(ing.Annotations, PrefixHAProxyIngress, way.PrefixIngress)
	if strings.ToLower(a["path-type"]) != "regex" {
		return false
	}
	for _, rule := range ing.Spec.Rules {
		if rule.HTTP == nil {
			continue
		}
		for _, p := range rule.HTTP.Paths {
			if p.PathType != nil && *p.PathType == networkingv1.PathTypeImplementationSpecific &&
				way.Alternatives(p.Path) {
				return true
			}
		}
	}
	return false
}

// haproxyIngressHosts says whether hosts of an Ingress are patterns, and whether some are names.
func haproxyIngressHosts(ing *networkingv1.Ingress) (patterns, names bool) {
	a := way.WithPrefix(ing.Annotations, PrefixHAProxyIngress, way.PrefixIngress)
	patterns = strings.Contains(a["server-alias"], "*") || strings.TrimSpace(a["server-alias-regex"]) != ""
	names = len(ing.Spec.Rules) == 0
	for _, rule := range ing.Spec.Rules {
		wild := strings.HasPrefix(rule.Host, "*")
		patterns, names = patterns || wild, names || !wild
	}
	return patterns, names
}

// anyHost are the requests for any host.
func anyHost() requests.Hosts { return requests.HostsOf("*") }
