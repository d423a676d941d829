package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/dittoguard/dittoguard/rules"
)

var ruleNames = []rules.HardeningRule{
	named("devops-exposed"), named("edge-rate-limit",
		rules.Param{Name: "requestsPerSecond", Type: rules.ParamInteger, Minimum: new(int64(1)), Maximum: new(int64(1000))},
		rules.Param{Name: "on", Type: rules.ParamBoolean}, rules.Param{Name: "date", Type: rules.ParamString},
		rules.Param{Name: "how", Type: rules.ParamString, Enum: []string{"well", "badly"}}, rules.Param{Name: "names", Type: rules.ParamStrings},
	), named("preauth-exposed"),
}

func named(name string, params ...rules.Param) rules.HardeningRule {
	return rules.HardeningRule{Metadata: rules.Metadata{Name: name}, Spec: rules.Spec{Params: params}}
}

const head = "apiVersion: dittoguard.io/v1alpha1\nkind: Configuration\n"

func TestParse_ReadsEveryField(t *testing.T) {
	got, err := Parse("config.yaml", []byte(head+`modes: {enforce: off, warn: baseline, audit: "restricted"}
trustModel: proxy
namespaceLabels: honour
edges:
  internalIngressClasses: [internal-nginx]
  internalGateways: [{namespace: infra, name: ops}]
  clouds: [aws, gcp]
  ingressClasses: {corp: {controller: traefik}}
  defaultController: ingress-nginx
  controllers:
    haproxy-ingress: {version: 0.10}
    f5-nginx: {version: v3.6.2-rc.1}
    kong: {}
rules:
  edge-rate-limit:
    level: baseline
    onUnknown: deny
    mutate: false
    params: {requestsPerSecond: 50, on: true, names: [a, b], date: 2027-01-31, how: well}
  preauth-exposed: {onUnknown: warn, mutate: true}
exceptions:
- rules: [devops-exposed, preauth-exposed]
  match: {namespace: ditto-dev, kind: Ingress, name: my-ditto-devops}
  reason: "staging only, ticket 123"
  expires: 2027-01-31
`), ruleNames)
	if err != nil {
		t.Fatal(err)
	}
	want := &Config{
		Modes:           Modes{Enforce: ModeOff, Warn: ModeBaseline, Audit: ModeRestricted},
		TrustModel:      TrustProxy,
		NamespaceLabels: LabelsHonour,
		Edges: Edges{
			InternalIngressClasses: []string{"internal-nginx"},
			InternalGateways:       []Gateway{{Namespace: "infra", Name: "ops"}},
			Clouds:                 []string{"aws", "gcp"},
			IngressClasses:         map[string]string{"corp": "traefik"},
			DefaultController:      "ingress-nginx",
			Controllers:            map[string]Controller{"haproxy-ingress": {Version: "0.10"}, "f5-nginx": {Version: "v3.6.2-rc.1"}, "kong": {}},
		},
		Rules: map[string]Rule{
			"edge-rate-limit": {
				Level: rules.Baseline, DenyUnknown: true, KeepAsIs: true,
				Params: map[string]any{
					"requestsPerSecond": int64(50), "on": true, "names": []any{"a", "b"}, "date": "2027-01-31", "how": "well",
				},
			},
			"preauth-exposed": {},
		},
		Exceptions: []Exception{{
			Rules:  []string{"devops-exposed", "preauth-exposed"},
			Match:  Match{Namespace: "ditto-dev", Kind: "Ingress", Name: "my-ditto-devops"},
			Reason: "staging only, ticket 123", Expires: time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC), Line: 24,
		}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("configuration (-want +got):\n%s", diff)
	}
}

func TestParse_Clients(t *testing.T) {
	got, err := Parse("c.yaml", []byte(head+"edges: {clients: [{namespace: shop, name: app}, {namespace: tools, selector: \"app=report,tier!=back\"}]}\n"), ruleNames)
	if err != nil {
		t.Fatal(err)
	}
	clients := got.Edges.Clients
	if len(clients) != 2 || clients[0].Namespace != "shop" || clients[0].Name != "app" || clients[0].Selector != nil ||
		clients[1].Namespace != "tools" || clients[1].Selector.String() != "app=report,tier!=back" {
		t.Errorf("clients %+v", clients)
	}
	_, err = Parse("c.yaml", []byte(head+"edges:\n  clients:\n  - {name: app}\n  - {namespace: tools}\n  - {namespace: tools, selector: 'a b'}\n"), ruleNames)
	want := `c.yaml:5: edges.clients[0].namespace: is required
c.yaml:6: edges.clients[1]: expected name or selector
c.yaml:7: edges.clients[2].selector: expected a selector such as app=web,tier!=back, found "a b"
c.yaml:7: edges.clients[2]: expected name or selector`
	if err == nil || err.Error() != want {
		t.Errorf("errors %v\nwant %s", err, want)
	}
}

func TestParse_FillsInDefaults(t *testing.T) {
	want := Default()
	want.Modes.Warn = ModeOff
	got, err := Parse("config.yaml", []byte(head+"modes: {warn: off, audit: }\nrules:\nexceptions: []\ntrustModel: ~\n"), ruleNames)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("configuration (-want +got):\n%s", diff)
	}
}

func TestParse_ReportsEveryProblem(t *testing.T) {
	const controllers = "agic, alb, alibaba-alb, cilium, contour, f5-nginx, gce, haproxy, haproxy-ingress, ingress-nginx, istio, kong, openshift, tailscale or traefik"
	tests := []struct {
		name, text string
		want       []string
	}{
		{"nothing", "", []string{"c.yaml: no configuration in it: expected apiVersion dittoguard.io/v1alpha1 and kind Configuration"}},
		{"no mapping", "- a", []string{"c.yaml:1: expected a mapping, found a list"}},
		{"no head", "# c\nmodes: {}", []string{"c.yaml:2: apiVersion: is required", "c.yaml:2: kind: is required"}},
		{
			"another kind", "apiVersion: v1\nkind: ConfigMap\nmetadata: {}\n", []string{
				`c.yaml:1: apiVersion: expected dittoguard.io/v1alpha1, found "v1"`,
				`c.yaml:2: kind: expected Configuration, found "ConfigMap"`,
				"c.yaml:3: metadata: unknown field; expected apiVersion, edges, exceptions, kind, modes, namespaceLabels, rules or trustModel",
			},
		},
		{"broken YAML", head + "modes: [\n", []string{"c.yaml:3: invalid YAML: did not find expected node content"}},
		{"two documents", head + "---\n" + head, []string{"c.yaml:3: expected one document, found a second one"}},
		{"a broken second document", head + "---\na: [\n", []string{"c.yaml:4: invalid YAML: did not find expected node content"}},
		{
			"values and types", head + `modes: {enforce: false, warn: [], audit: Restricted, deny: off}
trustModel: yes
namespaceLabels: never
trustModel: auto
edges:
  internalIngressClasses: nginx
  internalGateways: [{name: ops}, x]
  clouds: [amazon]
  controllers: {kong: {version: latest}, traefik: 3}
rules:
  no-such-rule: {level: off, onUnknown: allow, mutate: yes, enabled: true}
  edge-rate-limit: {params: {requestsPerSecond: .inf, date: 99999999999999999999, on: !!bool x}}
`, []string{
				`c.yaml:3: modes.enforce: expected off, baseline or restricted, found "false"`,
				`c.yaml:3: modes.warn: expected off, baseline or restricted, found a list`,
				`c.yaml:3: modes.audit: expected off, baseline or restricted, found "Restricted"`,
				`c.yaml:3: modes.deny: unknown field; expected audit, enforce, enforceVersion or warn`,
				`c.yaml:4: trustModel: expected auto, proxy or oidc, found "yes"`,
				`c.yaml:5: namespaceLabels: expected honour, tighten or ignore, found "never"`,
				`c.yaml:6: trustModel: is already set on line 4`,
				`c.yaml:8: edges.internalIngressClasses: expected a list, found "nginx"`,
				`c.yaml:9: edges.internalGateways[0].namespace: is required`,
				`c.yaml:9: edges.internalGateways[1]: expected a mapping, found "x"`,
				`c.yaml:10: edges.clouds[0]: expected alibaba, aws, azure, baidu, digitalocean, gcp, huawei, ibm, naver, oci, openstack or tencent, found "amazon"`,
				`c.yaml:11: edges.controllers.kong.version: expected a version such as 0.17 or v3.6.2, found "latest"`,
				`c.yaml:11: edges.controllers.traefik: expected a mapping, found "3"`,
				`c.yaml:13: rules.no-such-rule: there is no rule "no-such-rule"`,
				`c.yaml:13: rules.no-such-rule.level: expected baseline or restricted, found "off"`,
				`c.yaml:13: rules.no-such-rule.onUnknown: expected warn or deny, found "allow"`,
				`c.yaml:13: rules.no-such-rule.mutate: expected true or false, found "yes"`,
				`c.yaml:13: rules.no-such-rule.enabled: unknown field; expected level, mutate, onUnknown or params`,
				`c.yaml:14: rules.edge-rate-limit.params.requestsPerSecond: expected a number that JSON can hold, found ".inf"`,
				`c.yaml:14: rules.edge-rate-limit.params.date: expected a text, found 1e+20`,
				`c.yaml:14: rules.edge-rate-limit.params.on: expected a 64-bit integer or a boolean, found "x"`,
			},
		},
		{
			"parameters", head + `rules:
  edge-rate-limit:
    params:
      requestsPerSecnd: 20
      requestsPerSecond: 0
      on: "true"
      date: [a]
      how: fine
      names: [a, 1]
  preauth-exposed: {params: {requestsPerSecond: 5}}
  no-such-rule: {params: {a: 5}}
`, []string{
				`c.yaml:6: rules.edge-rate-limit.params.requestsPerSecnd: the rule has no such parameter; expected requestsPerSecond, on, date, how or names`,
				`c.yaml:7: rules.edge-rate-limit.params.requestsPerSecond: expected an integer from 1 to 1000, found 0`,
				`c.yaml:8: rules.edge-rate-limit.params.on: expected true or false, found "true"`,
				`c.yaml:9: rules.edge-rate-limit.params.date: expected a text, found ["a"]`,
				`c.yaml:10: rules.edge-rate-limit.params.how: expected well or badly, found "fine"`,
				`c.yaml:11: rules.edge-rate-limit.params.names: expected a list of strings, found ["a", 1]`,
				`c.yaml:12: rules.preauth-exposed.params.requestsPerSecond: the rule has no parameters`,
				`c.yaml:13: rules.no-such-rule: there is no rule "no-such-rule"`,
			},
		},
		{
			"controllers", head + `edges:
  ingressClasses: {corp: {controller: nginx}, own: {}, other: traefik}
  defaultController: envoy
  controllers: {nginxx: {version: "1.15"}}
`, []string{
				`c.yaml:4: edges.ingressClasses.corp.controller: expected ` + controllers + `, found "nginx"`,
				`c.yaml:4: edges.ingressClasses.own.controller: is required`,
				`c.yaml:4: edges.ingressClasses.other: expected a mapping, found "traefik"`,
				`c.yaml:5: edges.defaultController: expected ` + controllers + `, found "envoy"`,
				`c.yaml:6: edges.controllers.nginxx: there is no controller "nginxx"; expected ` + controllers,
			},
		},
		{
			"exceptions", head + `exceptions:
- rules: []
  match: {}
  reason: " "
  expires: soon
- rules: [no-such-rule, ""]
  match: {name: a}
  expires: 2027-02-30
-
`, []string{
				"c.yaml:4: exceptions[0].rules: expected at least one rule",
				"c.yaml:5: exceptions[0].match: expected at least one of namespace, kind and name",
				"c.yaml:6: exceptions[0].reason: must not be empty",
				`c.yaml:7: exceptions[0].expires: expected a date such as 2027-01-31, found "soon"`,
				`c.yaml:8: exceptions[1].rules[0]: there is no rule "no-such-rule"`,
				"c.yaml:8: exceptions[1].rules[1]: must not be empty",
				`c.yaml:10: exceptions[1].expires: expected a date such as 2027-01-31, found "2027-02-30"`,
				"c.yaml:8: exceptions[1].reason: is required",
				"c.yaml:11: exceptions[2]: expected a mapping, found nothing",
			},
		},
		{
			"exceptions that can match nothing", head + `exceptions:
- {rules: [devops-exposed], match: {kind: ingress, name: "thing*"}, reason: r, expires: 2027-01-31}
- {rules: [devops-exposed], match: {kind: httproutes, namespace: "ditto-*"}, reason: r, expires: 2027-01-31}
- {rules: [devops-exposed], match: {kind: "*", name: a b}, reason: r, expires: 2027-01-31}
- {rules: [devops-exposed], match: {kind: networkpolicies, namespace: Ditto}, reason: r, expires: 2027-01-31}
- {rules: [devops-exposed], match: {kind: Widget, name: "system:a.b-c"}, reason: r, expires: 2027-01-31}
`, []string{
				`c.yaml:4: exceptions[0].match.kind: there is no kind "ingress"; write Ingress`,
				`c.yaml:4: exceptions[0].match.name: "thing*" is not a valid name of an object; patterns are not supported: give one name, or leave the field out to match all`,
				`c.yaml:5: exceptions[1].match.kind: there is no kind "httproutes"; write HTTPRoute`,
				`c.yaml:5: exceptions[1].match.namespace: "ditto-*" is not a valid name of a namespace; patterns are not supported: give one name, or leave the field out to match all`,
				`c.yaml:6: exceptions[2].match.kind: "*" is not a valid kind, such as Ingress; patterns are not supported: give one name, or leave the field out to match all`,
				`c.yaml:6: exceptions[2].match.name: "a b" is not a valid name of an object; patterns are not supported: give one name, or leave the field out to match all`,
				`c.yaml:7: exceptions[3].match.kind: there is no kind "networkpolicies"; write NetworkPolicy`,
				`c.yaml:7: exceptions[3].match.namespace: "Ditto" is not a valid name of a namespace; patterns are not supported: give one name, or leave the field out to match all`,
			},
		},
		{
			"aliases, which could go in circles", head + "rules:\n  edge-rate-limit: &r\n    params: {on: *r}\nedges: *r\n", []string{
				"c.yaml:5: rules.edge-rate-limit.params.on: aliases are not allowed in a configuration",
				"c.yaml:6: edges: aliases are not allowed in a configuration",
			},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c, err := Parse("c.yaml", []byte(test.text), ruleNames)
			if err == nil {
				t.Fatalf("no error, but %+v", c)
			}
			if diff := cmp.Diff(test.want, strings.Split(err.Error(), "\n")); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
		})
	}
}

func TestLoad(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.yaml")
	if _, err := Load(path, nil); err == nil || err.Error() != "reading "+path+": no such file or directory" {
		t.Errorf("error %v for a missing file", err)
	}
	if err := os.WriteFile(path, []byte(head+"trustModel: oidc\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := Load(path, nil)
	if err != nil || c.TrustModel != TrustOIDC {
		t.Errorf("configuration %+v, error %v", c, err)
	}
	if err := os.Truncate(path, 1<<40); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(path, nil); err == nil || err.Error() != path+": larger than the limit of 4 MiB" {
		t.Errorf("error %v for a huge file", err)
	}
}

// FuzzParse: no panic, and what is accepted is valid.
func FuzzParse(f *testing.F) {
	f.Add(head + "modes: {enforce: off}\n")
	f.Add(head + "rules: {edge-rate-limit: {params: {a: [1, {b: 2.5}]}}}\n")
	f.Add(head + "exceptions:\n- {rules: [devops-exposed], match: {name: a}, reason: r, expires: 2027-01-31}\n")
	f.Add("a: &a [*a]\n---\n? {}\n: x\n")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := Parse("c.yaml", []byte(text), ruleNames)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "c.yaml:") {
				t.Errorf("an error that does not name the file: %v", err)
			}
			return
		}
		for _, m := range []Mode{c.Modes.Enforce, c.Modes.Warn, c.Modes.Audit} {
			if !m.valid() {
				t.Errorf("mode %q", m)
			}
		}
		for _, e := range c.Exceptions {
			if e.Expires.IsZero() || e.Reason == "" || len(e.Rules) == 0 || e.Match == (Match{}) {
				t.Errorf("exception %+v", e)
			}
		}
	})
}
