package main

import (
	"encoding/base64"
	"strings"
)

// gateways are what is started, one after another, and what each is asked.
func gateways(tokens issuer) []Live {
	lives := []Live{
		{Given: Given{Name: "pre-authentication is on", Env: vars("ENABLE_PRE_AUTHENTICATION=true", "DEVOPS_PASSWORD=own", "STATUS_PASSWORD=of-status")},
			Answers: join(identity(), paths(), devops("own", "of-status"))},
		{Given: Given{Name: "nothing is set"}, Answers: join(identity()[:12], devops("own"), cors())},
		{Given: Given{Name: "ENABLE_DUMMY_AUTH over ENABLE_PRE_AUTHENTICATION", Env: vars("ENABLE_PRE_AUTHENTICATION=false", "ENABLE_DUMMY_AUTH=true",
			"ENABLE_CORS=true", "DEVOPS_STATUS_SECURED=false")}, Answers: join(identity()[:12], devops("own"), cors())},
		{Given: Given{Name: "DevOps is not secured", Env: vars("DEVOPS_SECURED=false")}, Answers: devops("own")},
		{Given: Given{Name: "passwords are empty", Env: vars("DEVOPS_PASSWORD=", "STATUS_PASSWORD=")}, Answers: devops("own")},
		{Given: Given{Name: "the development profile", Env: vars("HOSTING_ENVIRONMENT=local")}, Answers: join(identity()[:6], devops("own"), cors())},
		{Given: Given{Name: "OAuth2 without issuers", Env: vars("DEVOPS_AUTHENTICATION_METHOD=oauth2", "STATUS_AUTHENTICATION_METHOD=oauth2")},
			Answers: join(devops("own"), bearers())},
		{Given: Given{Name: "OAuth2 without subjects", Env: vars("DEVOPS_AUTHENTICATION_METHOD=oauth2", "STATUS_AUTHENTICATION_METHOD=oauth2",
			"DEVOPS_OAUTH2_PROTOCOL=http", "OAUTH_PROTOCOL=http", "ENABLE_PRE_AUTHENTICATION=true"), Files: tokens.conf("")},
			Answers: join(devops("own"), bearers())},
		{Given: Given{Name: "OAuth2 for one subject", Env: vars("DEVOPS_AUTHENTICATION_METHOD=oauth2", "STATUS_AUTHENTICATION_METHOD=oauth2",
			"DEVOPS_OAUTH2_PROTOCOL=http", "OAUTH_PROTOCOL=http"), Files: tokens.conf("own:somebody-else")},
			Answers: join(devops("own"), bearers())},
	}
	return lives
}

func vars(pairs ...string) map[string]string {
	m := map[string]string{}
	for _, pair := range pairs {
		name, value, _ := strings.Cut(pair, "=")
		m[name] = value
	}
	return m
}

func join(lists ...[]Answered) []Answered {
	var all []Answered
	for _, list := range lists {
		all = append(all, list...)
	}
	return all
}

func get(path string, headers ...string) Answered {
	return Answered{Asked: Asked{Path: path, Headers: headers}}
}

const (
	header = "x-ditto-pre-authenticated"
	whoami = "/api/2/whoami"
)

// identity are ways to say who one is. The first ones are the plainest.
func identity() []Answered {
	with := whoami + "?" + header + "="
	return []Answered{
		get(whoami), get(whoami, header+": a:b"), get(with + "a:b"), get(with+"q:q", header+": h:h"),
		get(whoami, "X-Ditto-Pre-Authenticated: a:b"), get(whoami, "X-DITTO-PRE-AUTHENTICATED: a:b"),
		get(whoami, header+":"), get(with), get(with+"q:q", header+":"), get(with+"q:q", header+": "),
		get(with+"q:q", "Authorization: Bearer junk"), get(whoami, header+": h:h", "Authorization: Bearer junk"),
		get(whoami, header+": a:b", header+": c:d"), get(whoami, header+": a:b,c:d"), get(with + "a:b&" + header + "=c:d"), get(with + "a:b,c:d"),
		get(whoami + "?X-Ditto-Pre-Authenticated=a:b"), get(whoami + "?x%2dditto-pre-authenticated=a:b"), get(whoami + "?other=1&" + header + "=a:b"),
		get(with + "a%3Ab"), get(with + "%20"), get(with + "a"), get(whoami, header+": a"), get(whoami, header+":   a:b  "), get(whoami, header+": a:b,"),
		get(whoami, header+": ,"), get(whoami, header+": :"), get(whoami, "x_ditto_pre_authenticated: a:b"), get(whoami, "x-ditto-dummy-auth: a:b"),
		get(whoami + "?x-ditto-dummy-auth=a:b"), get(whoami, "ditto-auth-context: a:b"), get(whoami, "X-Forwarded-User: a:b"),
		get(whoami, "Authorization: Bearer junk"), get(whoami, "Authorization: Basic "+basic("ditto:ditto")),
		get(whoami, "Authorization: Basic "+basic("ditto:ditto"), header+": a:b"), get(whoami + ";" + header + "=a:b"), get(whoami + "#?" + header + "=a:b"),
		get(whoami + "?" + strings.ReplaceAll(header, "-", "_") + "=a:b"), get(with + "nginx:ditto"), get(whoami, "ditto-sudo: true", header+": a:b"),
	}
}

func basic(credentials string) string { return base64.StdEncoding.EncodeToString([]byte(credentials)) }

// devops asks for what is for operators: with nothing, with the published passwords, and with others.
func devops(passwords ...string) []Answered {
	var all []Answered
	for _, path := range []string{"/devops/logging/gateway", "/overall/status", "/api/2/connections?fields=id", "/stats/things/details", "/status", "/health"} {
		all = append(all, get(path))
		if path == "/status" || path == "/health" {
			continue
		}
		for _, password := range append([]string{"foobar", "status", ""}, passwords...) {
			all = append(all, get(path, "Authorization: Basic "+basic("devops:"+password)))
		}
		all = append(all, get(path, "Authorization: Basic "+basic("other:foobar")), get(path, header+": a:b"))
	}
	return all
}

// good stands for a token that the issuer has signed, whose subject is own:somebody.
const good = "GOOD"

// bearers ask with tokens.
func bearers() []Answered {
	var all []Answered
	for _, path := range []string{whoami, "/devops/logging/gateway", "/overall/status", "/api/2/connections?fields=id"} {
		all = append(all, get(path, "Authorization: Bearer "+good), get(path, "Authorization: Bearer junk"), get(path, "Authorization: bearer "+good))
	}
	return append(all, get(whoami, "Authorization: Bearer "+good, header+": h:h"), get(whoami+"?"+header+"=q:q", "Authorization: Bearer "+good))
}

// cors asks as a page of another origin does.
func cors() []Answered {
	const origin = "Origin: https://other.example.com"
	preflight := get("/api/2/things", origin, "Access-Control-Request-Method: GET")
	preflight.Method = "OPTIONS"
	return []Answered{get("/health", origin), get(whoami, origin), get("/devops/logging", origin), preflight}
}

// paths are ways to write a path: those that lead to something of the gateway's and those that merely look so.
func paths() []Answered {
	roots := []string{
		"/devops", "/devops/logging", "/devops/logging/gateway", "/devops/config", "/devops/piggyback", "/devops/wot", "/status", "/status/health", "/status/cluster",
		"/overall", "/overall/status", "/overall/status/health", "/overall/status/cluster", "/api/2/connections", "/api/2/connections/x", "/api/2/things",
		"/api/2/things/a:b", "/api/2/policies/a:b", "/api/2/search/things", whoami, "/api/2/messages", "/ws/2", "/ws", "/health", "/stats", "/stats/things",
		"/stats/things/details", "/.well-known/wot", "/api", "/api/2", "/api/1/things", "/api/3/things", "/", "", "/api/2/cloudevents", "/api/2/checkPermissions",
		"/cluster/members", "/alive", "/metrics",
	}
	var all []Answered
	for _, root := range roots {
		all = append(all, get(root))
	}
	for _, root := range []string{"/devops/logging", "/status", "/overall/status", "/api/2/connections", whoami, "/health"} {
		last := strings.LastIndexByte(root, '/')
		dir, name := root[:last], root[last+1:]
		for _, path := range []string{
			root + "/", root + "//", "/" + root, dir + "//" + name, root + "/.", root + "/..", root + "/../" + name, "/./" + root[1:], "/../" + root[1:], "/x/.." + root,
			dir + "/x/../" + name, root + ";x", dir + ";x/" + name, root + "/;x", dir + "/%2e/" + name, dir + "/x/%2e%2e/" + name, dir + "%2f" + name, dir + "%2F" + name,
			"/%2e%2e" + root, strings.ToUpper(root), dir + "/" + strings.ToUpper(name), dir + "/" + escapeAll(name), dir + "/" + escapeFirst(name), root + "%20", root + "%00",
			root + "%3f", root + "%23", root + "#x", root + "?x", root + "??", "/%" + root[1:], root + "%", root + "%zz", `\` + root[1:], dir + `\` + name, dir + "%5c" + name,
			"http://ditto.example.com" + root, "http://other.example.com" + root, "http://other.example.com/x/.." + root, "HTTP://ditto.example.com" + root,
			"https://ditto.example.com" + root, "//other.example.com" + root, "*", root + "x", root + ".json", root + "%c0%ae", dir + "/+" + name, dir + "/" + name + "+",
			root + "%2f", root + "%2f..", root + "/%2e%2e/%2e%2e/devops/logging", root + "/../../devops/logging", root + ":", dir + "/:/" + name, root + ",x", root + "=x",
			dir + "/" + name[:1] + "%" + "00" + name[1:], root + "?" + header + "=a:b", dir + "///" + name, "/%2f" + root[1:],
		} {
			all = append(all, get(path))
		}
	}
	return all
}

// escapeAll writes every byte as an escape, escapeFirst the first.
func escapeAll(s string) string {
	var b strings.Builder
	for i := range len(s) {
		b.WriteString(escapeFirst(s[i : i+1]))
	}
	return b.String()
}

func escapeFirst(s string) string {
	const hex = "0123456789abcdef"
	return "%" + string(hex[s[0]>>4]) + string(hex[s[0]&15]) + s[1:]
}
