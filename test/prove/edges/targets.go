package edges

import (
	"regexp"
	"slices"
	"strings"
)

// usualTargets are asked for in every scenario: what the gateway serves, in spellings that edges and Ditto read differently.
var usualTargets = []string{
	"/", "/devops", "/devops/", "/devops/config", "/DEVOPS", "/devopsx", "/devops;x", "/devops;x/config", "//devops", "/x//devops",
	"/%64evops", "/d%65vops/config", "/devops%2fconfig", "/devops%2Fconfig", "/%2fdevops", "/%2Fdevops", "/./devops", "/x/../devops",
	"/x/%2e%2e/devops", "/x/%2E%2e/devops", "/x%2f..%2fdevops", "/x/..%2fdevops", "/api/../devops", "/api/%2e%2e/devops",
	"/api/2/../../devops/config", "/api/2/things/../../../devops", "/api/2/things/%2e%2e/%2e%2e/%2e%2e/devops", "/devops/../api/2/things",
	"/devops/%2e%2e/api/2/things", "/%252e%252e/devops", "/%2564evops", "/api;/../devops", "/api/2/..;/..;/devops", "/devops%00", "/devops%20",
	"/devops%3fx", "/devops?x", "/devops%23x", "/devops/%2e", "/devops/.", `/x\..\devops`, "/status", "/status/health", "/%73tatus",
	"/overall/status", "/overall", "/api/2/connections", "/api/2/connections/x", "/api/2/%63onnections", "/api/2//connections",
	"/api/2/things", "/api/2/things/", "/api/2/things/a:b", "/api/2/things/a:b/attributes", "/API/2/things", "/api//2/things", "//api/2/things",
	"/%61pi/2/things", "/api%2f2%2fthings", "/api/2/policies/a:b", "/api/2/search/things", "/api/2/whoami", "/ws/2", "/health", "/stats",
	"/.well-known/wot", "/foo", "/foo/devops", "/api", "/apix", "/api/2", "/x/api/2/things",
	"/api/2/things?x=/devops", "/api/2/whoami?" + asQuery, "/devops/config?" + asQuery, "/?" + asQuery,
	"/" + strings.Repeat("x", 5000), "/api/2/things/" + strings.Repeat("a", 4000),
}

// identityHeaders are ways to send the identity header.
var identityHeaders = [][]string{
	{"X-DITTO-PRE-AUTHENTICATED: client"},
	{"x-ditto-pre-authenticated: client", "X-Ditto-Pre-Authenticated: client"},
	{"x-ditto-pre-authenticated: client", "Connection: close, x-ditto-pre-authenticated"},
	{"x-ditto-pre-authenticated: client", "Connection: close, X-Ditto-Pre-Authenticated, x-user"},
	{"x-ditto-pre-authenticated : client"},
	{"x_ditto_pre_authenticated: client"},
	{"x-ditto-pre-authenticated:"},
	{},
	{"x-ditto-pre-authenticated: client", "Authorization: Basic dXNlcjpwYXNz"},
	{"x-ditto-pre-authenticated: client", "Authorization: Bearer token"},
	{"x-ditto-pre-authenticated: client", "X-Forwarded-Proto: https", "X-Forwarded-For: 127.0.0.1", "X-Forwarded-Uri: /api"},
	{"x-ditto-pre-authenticated: client", "X-Original-URL: /devops", "X-Rewrite-URL: /devops"},
}

// written are the paths that an object's text has.
var written = regexp.MustCompile("/[A-Za-z0-9/._:%{}-]*")

// targetsOf are the targets for a scenario: the usual ones, and some around each path that its objects name.
func targetsOf(objects string) []string {
	list := slices.Clone(usualTargets)
	for line := range strings.SplitSeq(objects, "\n") {
		if strings.HasPrefix(strings.TrimSpace(line), "apiVersion:") || strings.Contains(line, "image:") || strings.Contains(line, "/etc/conf") {
			continue
		}
		for _, path := range written.FindAllString(strings.ReplaceAll(line, "://", ""), -1) {
			if len(path) < 2 || strings.ContainsAny(path, "{}") || strings.Contains(line, "apiVersion") && strings.HasPrefix(path, "/v1") || strings.HasPrefix(path, "//") {
				continue
			}
			path = strings.TrimRight(path, "/.")
			list = append(list, path, path+"/", path+"x", path+"/devops", path+"devops", path+"/devops/config", path+"/status", path+"/overall/status", path+"/api/2/connections", path+"/api/2/things", path+"/2/things",
				strings.ToUpper(path), path+"/../devops", path+"/%2e%2e/devops", path+"%2fdevops", path+";/devops", path+"//devops", "/x"+path, "/x"+path+"/devops")
			if len(path) > 1 && path[1] != '%' {
				list = append(list, "/%"+hex(path[1])+path[2:], "/%"+hex(path[1])+path[2:]+"/devops")
			}
		}
	}
	return unique(list)
}

func hex(c byte) string {
	const digits = "0123456789abcdef"
	return string([]byte{digits[c>>4], digits[c&15]})
}

// unique are the entries in their order, each once.
func unique(list []string) []string {
	seen := map[string]bool{}
	return slices.DeleteFunc(list, func(s string) bool {
		was := seen[s]
		seen[s] = true
		return was
	})
}

// probesOf are the probes of a scenario.
func (e *Edge) probesOf(s *Scenario) []Probe {
	var list []Probe
	plain := func(host, target string) Probe { return Probe{Host: host, Target: target, Headers: []string{identity}} }
	for _, target := range targetsOf(s.Text) {
		list = append(list, plain(s.Host(), target))
		if e.Login != "" {
			list = append(list, Probe{Host: s.Host(), Target: target, Headers: []string{identity, e.Login}})
		}
	}
	few := []string{"/devops", "/api/2/things", "/"}
	areas := append(slices.Clone(few), "/status", "/overall/status", "/api/2/connections")
	hosts := []string{
		strings.ToUpper(s.Host()), s.Host() + ":80", s.Host() + ".", "sub." + s.Host(), "a.sub." + s.Host(), "x" + s.Host(), "other.invalid", "127.0.0.1", "-",
	}
	for _, host := range hosts {
		for _, target := range few {
			list = append(list, plain(host, target))
		}
	}
	for _, target := range few {
		list = append(list, plain(s.Host(), "http://"+s.Host()+target), plain("other.invalid", "http://"+s.Host()+target), plain(s.Host(), "http://other.invalid"+target))
	}
	for _, headers := range identityHeaders {
		for _, target := range []string{"/devops", "/api/2/things", "/api/2/whoami?" + asQuery} {
			list = append(list, Probe{Host: s.Host(), Target: target, Headers: headers})
			if e.Login != "" {
				list = append(list, Probe{Host: s.Host(), Target: target, Headers: append(slices.Clone(headers), e.Login)})
			}
		}
	}
	if e.Secure {
		for _, p := range slices.Clone(list) {
			if slices.Contains(areas, p.Target) && p.Host == s.Host() &&
				(slices.Equal(p.Headers, []string{identity}) || slices.Equal(p.Headers, []string{identity, e.Login})) {
				p.Secure = true
				list = append(list, p)
			}
		}
	}
	return append(list, s.Probes...)
}
