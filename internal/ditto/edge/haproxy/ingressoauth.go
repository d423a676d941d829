package haproxy

import (
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

// oauth says whom oauth asks for credentials: all clients but those whose path, as they write it, begins
// with that of oauth2-proxy, which another path of the host is to take (buildBackendOAuth: AllowedPath). Where another
// Ingress of the Service has auth-url, oauth is passed over.
func (s *settings) oauth(e *way.Effects) {
	in, a, source := s.in, s.a, s.source("oauth")
	if s.opens() {
		e.Authentication = tri.Is(tri.Off, source,
			"oauth is passed over, since another Ingress of the Service has auth-url")
		return
	}
	prefix := "/oauth2"
	if own, given := a["oauth-uri-prefix"]; given {
		prefix = strings.TrimRight(own, "/")
	}
	taken, ours := 0, false
	for _, rule := range in.Ingress.Spec.Rules {
		if rule.HTTP == nil {
			continue
		}
		for _, p := range rule.HTTP.Paths {
			if strings.TrimRight(p.Path, "/") == prefix && p.Backend.Service != nil {
				taken, ours = taken+1, ours || p.Backend.Service.Name == in.Service
				break
			}
		}
	}
	reach := way.Path{Matcher: way.Characters(prefix + "/")}.Reach()
	serves := reach.API || len(reach.Admin) > 0
	switch all := taken == len(in.Ingress.Spec.Rules); {
	case ours || serves && !all:
		e.Authentication = tri.Is(tri.Unknown, source, reason.Of("haproxy-oauth-prefix", prefix))
	case !all:
		e.Assumptions = append(e.Assumptions, "another Ingress of the host takes the path "+prefix+", below which "+
			"haproxy-ingress asks for no credentials")
	}
}

// answer is what the answer of an authentication service does to the header, nil for nothing. By default
// every header of the answer is copied, and whether this one is among them only the service knows.
func (s *settings) answer() *tri.State {
	a := s.a
	if a.Has("auth-url") {
		source := s.source("auth-headers-succeed")
		switch list, given := a["auth-headers-succeed"]; {
		case strings.EqualFold(strings.TrimSpace(a["auth-external-placement"]), "frontend"):
			return &tri.State{State: way.IdentityUnknown, Source: s.source("auth-external-placement"),
				Why: reason.Of("haproxy-authentication-in-frontend")}
		case way.Listed(list, way.Header):
			return &tri.State{State: way.IdentitySet, Source: source,
				Why: s.named("auth-headers-succeed") + " copies the header from the answer of auth-url"}
		case !given || strings.ContainsAny(list, `*%.[+?^$`):
			return &tri.State{State: way.IdentityUnknown, Source: source, Why: reason.Of("haproxy-answer-by-pattern")}
		}
		return nil
	}
	if !a.Has("oauth") {
		return nil
	}
	for entry := range strings.SplitSeq(a["oauth-headers"], ",") {
		if name, _, _ := strings.Cut(entry, ":"); strings.EqualFold(strings.TrimSpace(name), way.Header) {
			return &tri.State{State: way.IdentitySet, Source: s.source("oauth-headers"),
				Why: s.named("oauth-headers") + " sets the header from the answer of oauth2-proxy"}
		}
	}
	return nil
}
