package traefik

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/dittoguard/dittoguard/internal/ditto/surface"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

var everyAdmin = []string{"/devops", "/status", "/overall", "/api/2/connections"}

func TestReadTraefikRule(t *testing.T) {
	inDoubt := func(why string, admin ...string) surface.Reach {
		return surface.Reach{AdminInDoubt: admin, Unknown: []string{"whether " + strings.Join(admin, ", ") + " can be reached: " + why}}
	}
	const negation = "the rule excludes paths by a negation, which another spelling of the path may get around"
	const addresses = "only clients with certain addresses get in, and which address Traefik sees depends on what is in front of it"
	everything := surface.Reach{Admin: everyAdmin, API: true}
	for _, tt := range []struct {
		name, rule, syntax string
		asks               string
		want               surface.Reach
		addresses          bool
		excludes           bool
	}{
		{name: "a host alone is everything", rule: "Host(`ditto.example.com`)", asks: "ditto.example.com", want: everything},
		{name: "a prefix goes by characters", rule: "Host(`a.example`) && PathPrefix(`/dev`)", asks: "a.example/dev", want: surface.Reach{Admin: []string{"/devops"}}},
		{name: "double quotes and lower case", rule: `pathprefix("/ws")`, asks: "*/ws", want: surface.Reach{API: true}},
		{name: "an exact path is nothing below", rule: "Path(`/api`)", asks: "*/api"},
		{name: "an exact path deep in DevOps is DevOps", rule: "Path(`/devops/piggyback/x/y`)", asks: "*/devops/piggyback/x/y", want: surface.Reach{Admin: []string{"/devops"}}},
		{name: "either of two paths", rule: "Host(`a.example`) && (PathPrefix(`/ws`) || Path(`/devops/piggyback/x/y`))",
			asks: "Host(`a.example`) && (PathPrefix(`/ws`) || Path(`/devops/piggyback/x/y`))", want: surface.Reach{Admin: []string{"/devops"}, API: true}},
		{name: "and binds stronger than or", rule: "PathPrefix(`/ws`) || PathPrefix(`/status`) && Path(`/nothing`)",
			asks: "PathPrefix(`/ws`) || PathPrefix(`/status`) && Path(`/nothing`)", want: surface.Reach{API: true}},
		{name: "parentheses bind", rule: "(PathPrefix(`/ws`) || PathPrefix(`/status`)) && Path(`/nothing`)",
			asks: "(PathPrefix(`/ws`) || PathPrefix(`/status`)) && Path(`/nothing`)"},
		{name: "headers, method and query are the client's", rule: "PathPrefix(`/devops`) && Header(`X-A`, `b`) && Method(`GET`) && Query(`a`) && !HeaderRegexp(`X-C`, `.*`)",
			asks: "*/devops", want: surface.Reach{Admin: []string{"/devops"}}},
		{name: "a negated path keeps out what it names, perhaps", rule: "PathPrefix(`/`) && !PathPrefix(`/devops`)", asks: "*/",
			want: surface.Reach{Admin: everyAdmin[1:], API: true, AdminInDoubt: everyAdmin[:1], Unknown: inDoubt(negation, "/devops").Unknown}},
		{name: "a negated or is two negations", rule: "!(PathPrefix(`/devops`) || PathPrefix(`/status`))", asks: "*",
			want: surface.Reach{Admin: everyAdmin[2:], API: true, AdminInDoubt: everyAdmin[:2], Unknown: inDoubt(negation, everyAdmin[:2]...).Unknown}},
		{name: "twice negated is not negated", rule: "!!PathPrefix(`/status`)", asks: "*/status", want: surface.Reach{Admin: []string{"/status"}}},
		{name: "an expression is not pinned", rule: "PathRegexp(`ops`)", asks: "*", want: surface.Reach{Admin: []string{"/devops"}}},
		{name: "an expression sees the decoded path", rule: "PathRegexp(`^/[^ds]`)", asks: "*", want: surface.Reach{Admin: everyAdmin[2:], API: true}},
		{name: "a letter that is escaped in a rule is asked for by nobody", rule: "PathPrefix(`/%64evops`)", asks: "*/%64evops"},
		{name: "what means something in a URL is asked for escaped", rule: "Path(`/api/2/things/a%3Ab`)",
			asks: "*/api/2/things/a:b", want: surface.Reach{API: true}},
		{name: "an escape in an expression is not read", rule: "PathRegexp(`^/x%3Ay`)", asks: "*",
			want: surface.Reach{AdminInDoubt: everyAdmin, APIInDoubt: true, Unknown: []string{"whether /devops, /status, /overall, " +
				"/api/2/connections, the API can be reached: the regular expression \"^/x%3Ay\" cannot be evaluated"}}},
		{name: "a contradiction lets nothing through", rule: "Host(`a`) && !Host(`a`)", asks: "Host(`a`) && !Host(`a`)"},
		{name: "two methods at once let nothing through", rule: "Method(`GET`) && Method(`POST`)", asks: "Method(`GET`) && Method(`POST`)"},
		{name: "two hosts at once let nothing through", rule: "Host(`a`) && Host(`b`)", asks: "Host(`a`) && Host(`b`)"},
		{name: "a host with the dot of its root is the same one", rule: "Host(`A.b.`) && Host(`a.b`) && Path(`/devops`)", asks: "a.b/devops",
			want: surface.Reach{Admin: []string{"/devops"}}},
		{name: "a host and a wildcard are left open", rule: "Host(`a.b`) && Host(`*.b`) && Path(`/devops`)", asks: "*/devops",
			want: inDoubt("the rule asks for several hosts at once", "/devops")},
		{name: "a host and a pattern are left open", rule: "Host(`a.b`) && HostRegexp(`^c`) && Path(`/devops`)", asks: "a.b/devops",
			want: inDoubt("the rule asks for a host and for a pattern of hosts at once", "/devops")},
		{name: "addresses limit who gets in", rule: "ClientIP(`10.0.0.0/8`) && Path(`/devops`)", asks: "*/devops", want: inDoubt(addresses, "/devops"), addresses: true},
		{name: "all addresses limit nobody", rule: "ClientIP(`0.0.0.0/0`) && Path(`/devops`)", asks: "*/devops", want: surface.Reach{Admin: []string{"/devops"}}},
		{name: "excluded addresses leave others", rule: "!ClientIP(`10.0.0.0/8`) && Path(`/devops`)", asks: "*/devops", want: surface.Reach{Admin: []string{"/devops"}}},
		{name: "addresses for one of two", rule: "ClientIP(`10.0.0.0/8`) && Path(`/devops`) || Path(`/ws/2`)", asks: "ClientIP(`10.0.0.0/8`) && Path(`/devops`) || Path(`/ws/2`)",
			want: surface.Reach{API: true, AdminInDoubt: []string{"/devops"}, Unknown: inDoubt(addresses, "/devops").Unknown}},
		{name: "the identity header can be excluded", rule: "!HeaderRegexp(`X-Ditto-Pre-Authenticated`, `.*`) && Path(`/ws`)", asks: "*/ws", want: surface.Reach{API: true}, excludes: true},
		{name: "the identity parameter can be excluded", rule: "!Query(`x-ditto-pre-authenticated=a`) && Path(`/ws`)", asks: "*/ws", want: surface.Reach{API: true}, excludes: true},

		{name: "v2 takes several paths and patterns", rule: "Host(`a`, `b`) && PathPrefix(`/x`, `/{any:(dev|x)ops}`)", asks: "Host(`a`, `b`) && PathPrefix(`/x`, `/{any:(dev|x)ops}`)",
			want: surface.Reach{Admin: []string{"/devops"}}},
		{name: "a pattern without an expression is one element", rule: "Path(`/{a}/config`)", syntax: "v2", asks: "*/", want: surface.Reach{Admin: []string{"/devops"}}},
		{name: "in v3 braces are braces", rule: "Path(`/{a}`)", syntax: "v3", asks: "*/{a}"},
		{name: "v2's matchers", rule: "HeadersRegexp(`X-A`, `b`) && HostHeader(`h`) && Path(`/ws`)", asks: "h/ws", want: surface.Reach{API: true}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rule, err := readRule(tt.rule, tt.syntax)
			if err != nil {
				t.Fatal(err)
			}
			got := way.Path{Matcher: rule.path}.Reach()
			if diff := cmp.Diff(tt.want, got, cmpopts.IgnoreFields(surface.Reach{}, "Other", "InDoubt")); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if rule.asks != tt.asks || rule.addresses != tt.addresses || rule.excludesIdentity != tt.excludes {
				t.Errorf("asks %q, by addresses %t, excludes the identity %t", rule.asks, rule.addresses, rule.excludesIdentity)
			}
		})
	}
}

func TestReadTraefikRule_Refused(t *testing.T) {
	wide := "Path(`/a`)"
	for range 6 {
		wide = "(" + wide + " || " + wide + ")"
	}
	for rule, want := range map[string]string{
		"":                           "column 1: expected operand, found 'EOF'",
		"Host":                       "column 1: expected a matcher with its arguments",
		"Host(a)":                    "column 6: expected a string in backquotes or double quotes",
		"Host('a')":                  "column 6: expected a string in backquotes or double quotes",
		"Host(`a`":                   "column 9: missing ',' before newline in argument list",
		"Host(`a`) Path(`/`)":        "column 11: expected 'EOF', found Path",
		"(Host(`a`)":                 "column 11: expected ')', found newline",
		"Host(`a`) && ":              "column 14: expected operand, found 'EOF'",
		"Host(`a`)\n&& Path(`/`)":    "column 1: expected 'EOF', found '&&'",
		"Host(`a`) == Path(`/`)":     "column 11: expected && or ||",
		"-Host(`a`)":                 "column 1: expected a matcher with its arguments",
		"a.Host(`a`)":                "column 1: expected a matcher",
		"Path(`/`) && Host(1)":       "column 19: expected a string in backquotes or double quotes",
		"Host()":                     "Host: expected an argument",
		"Lua(`x`)":                   "the matcher Lua is not known",
		"PathPrefix(`a`)":            "pathprefix: expected a path that starts with a slash",
		"PathRegexp(`(`)":            "PathRegexp: error parsing regexp: missing closing ): `(`",
		"Path(`/{a`)":                "path: expected {name} or {name:pattern} between braces",
		"Path(`/a`, `/b`) && X(`y`)": "the matcher X is not known",
		wide + " && (" + wide + ")":  "the rule has more than 64 alternatives",
		"Path(`/" + string(make([]byte, longestRule)) + "`)": "the rule is longer than 8000 bytes",
	} {
		t.Run(want, func(t *testing.T) {
			if _, err := readRule(rule, ""); err == nil || err.Error() != want {
				t.Errorf("got %v, want %s", err, want)
			}
		})
	}
	for rule, want := range map[string]string{
		"Path(`/a`, `/b`)": "Path: expected 1 argument, found 2",
		"Host(`a`, `b`)":   "Host: expected 1 argument, found 2",
	} {
		if _, err := readRule(rule, syntaxV3); err == nil || err.Error() != want {
			t.Errorf("%s in v3's syntax: got %v, want %s", rule, err, want)
		}
	}
}

// FuzzReadTraefikRule: whatever a rule says, it is read or refused, and what was read can be asked about paths.
func FuzzReadTraefikRule(f *testing.F) {
	for _, seed := range []string{
		"Host(`a.example`) && (PathPrefix(`/api`) || !Path(`/x`))", "!(!Method(`GET`) && ClientIP(`::1`))", "Path(`/{a:[{}]+}`)",
		"HostRegexp(`{x:.*}`)", "Query(\"a=b\",)", "PathRegexp(`(?i)^/a|b$`)", "Header(`a`,`b`)||Header(`a`,`\x00`)", "((((",
	} {
		f.Add(seed, "", "/devops")
		f.Add(seed, "v2", "/devops/x")
	}
	f.Fuzz(func(t *testing.T, text, syntax, path string) {
		rule, err := readRule(text, syntax)
		if err != nil {
			return
		}
		if matches, known := rule.path.Matches(path); matches && !known {
			t.Errorf("%q matches %q, but it is not known", text, path)
		}
		if _, err := readRule("!("+text+")", syntax); err != nil && len(text) < 1000 {
			if alternatives, ok := mustParse(t, "!("+text+")").alternatives(); ok {
				t.Errorf("%q can be read and its negation cannot: %v (%d alternatives)", text, err, len(alternatives))
			}
		}
	})
}

func mustParse(t *testing.T, text string) ruleNode {
	t.Helper()
	node, err := parseRule(text)
	if err != nil {
		t.Skip()
	}
	return node
}
