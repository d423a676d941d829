package oauth2proxy

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/reason"
)

// Skips are the requests that need no login.
type Skips struct {
	// Everything says why those can be all, empty if it is a matter of paths.
	Everything string
	// Why says which setting lets them through.
	Why string

	routes []route
	// written is all that decides who is let through, in the order of the settings.
	written []string
}

type route struct {
	path   *regexp.Regexp
	negate bool
}

// skips reads who need not log in; nil if everybody has to. Preflight requests (skip-auth-preflight) do nothing at
// Ditto, and tokens that are checked (skip-jwt-bearer-tokens) are a login.
func skips(o *options) *Skips {
	s := &Skips{}
	add := func(method, expression string, negate bool) {
		s.written = append(s.written, fmt.Sprintf("%q %v %q", strings.ToUpper(method), negate, expression))
		re, err := regexp.Compile(expression)
		if err != nil {
			o.note(reason.Of("oauth2-proxy-skip-expression"))
			return
		}
		s.routes = append(s.routes, route{re, negate})
	}
	for _, expression := range o.list("skip-auth-regex", "skip_auth_regex") {
		s.Why = "skip-auth-regex lets some paths through without a login"
		add("", expression, false)
	}
	for _, text := range o.list("skip-auth-route", "skip_auth_routes") {
		method, expression, negate := "", text, false
		if before, after, found := strings.Cut(text, "="); found {
			method, expression = before, after
			method, negate = strings.CutSuffix(method, "!")
		}
		if strings.EqualFold(method, "OPTIONS") && !negate {
			continue
		}
		s.Why = "skip-auth-route lets some paths through without a login"
		add(method, expression, negate)
	}
	trusted, proxies, behind := o.list("trusted-ip", "trusted_ips"), o.list("trusted-proxy-ip", "trusted_proxy_ips"),
		o.on("reverse-proxy", "reverse_proxy")
	if len(trusted) > 0 || behind {
		// Which address is a client's, and which path is compared, is a matter of headers, and of who is believed.
		s.written = append(s.written, fmt.Sprintf("addresses %q, behind a proxy %v, of %q, told by %q",
			trusted, behind, proxies, o.text("real-client-ip-header", "real_client_ip_header", "")))
	}
	switch {
	case len(trusted) > 0:
		s.Everything = "trusted-ip lets some addresses through without a login"
	case len(s.routes) > 0 && behind && len(proxies) == 0:
		s.Everything = "with reverse-proxy, and without trusted-proxy-ip, a header says which path skip-auth-route is compared with"
	}
	if s.Everything != "" {
		s.Why = s.Everything
	}
	if s.Everything == "" && len(s.routes) == 0 {
		return nil
	}
	return s
}

// PathFor is a path, the one given or below it, that needs no login; ok is false if there is none.
func (s *Skips) PathFor(path string) (found string, ok bool) {
	if s.Everything != "" {
		return path, true
	}
	for _, r := range s.routes {
		literal, _ := r.path.LiteralPrefix()
		for _, candidate := range []string{path, path + "/x", path + "/" + strings.TrimPrefix(literal, "/")} {
			if r.path.MatchString(candidate) != r.negate {
				return candidate, true
			}
		}
	}
	return "", false
}
