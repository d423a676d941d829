package main

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr/funcr"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"k8s.io/client-go/rest"

	"github.com/dittoguard/dittoguard/internal/audit"
	"github.com/dittoguard/dittoguard/internal/certs"
	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/config"
	"github.com/dittoguard/dittoguard/internal/ditto/htpasswd"
	"github.com/dittoguard/dittoguard/internal/inventory/cluster"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
	"github.com/dittoguard/dittoguard/rules"
	"github.com/dittoguard/dittoguard/webhook"
)

// TestUnreadKindsAreAMetric: one line for each kind that cannot be read, none for the others.
// valid are options that nothing is wrong with.
func valid() serveOptions {
	return serveOptions{
		namespace: "guard", certMode: "self", logLevel: "info", longestGlass: time.Hour, auditing: auditingOptions{interval: time.Hour, reports: "auto"},
	}
}

// TestLongestGlass: nobody can have nothing refused for longer than a day.
func TestLongestGlass(t *testing.T) {
	for longest, want := range map[time.Duration]string{
		time.Minute: "", 24 * time.Hour: "", 0: "--break-glass-longest: 0s is not between 0 and 24h0m0s", 25 * time.Hour: "--break-glass-longest: 25h0m0s is not between 0 and 24h0m0s",
	} {
		o, got := valid(), ""
		o.longestGlass = longest
		if err := o.validate(); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: %q, want %q", longest, got, want)
		}
	}
}

// TestProtectedNamespaces: what the chart refuses of them, serve refuses, too.
func TestProtectedNamespaces(t *testing.T) {
	for _, test := range []struct{ protected, failOpen, want string }{
		{"ditto,iot", "iot", ""},
		{"", "", ""},
		{"Ditto!", "", `--protected-namespaces: "Ditto!" is no name of a namespace: a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')`},
		{"ditto,ditto", "", `--protected-namespaces: "ditto" is there twice`},
		{"kube-system", "", `--protected-namespaces: "kube-system" cannot be protected, since nothing is judged there, so that a cluster can be repaired`},
		{"ditto,guard", "", `--protected-namespaces: "guard" cannot be protected, since nothing is judged there, so that a cluster can be repaired`},
		{"ditto", "iot", `--fail-open-namespaces: "iot" is not in --protected-namespaces`},
	} {
		got, comma := "", func(r rune) bool { return r == ',' }
		o := valid()
		o.protected, o.failOpen = strings.FieldsFunc(test.protected, comma), strings.FieldsFunc(test.failOpen, comma)
		if err := o.validate(); err != nil {
			got = err.Error()
		}
		if got != test.want {
			t.Errorf("%s, of which %s fail open: %q, want %q", test.protected, test.failOpen, got, test.want)
		}
	}
}

func TestUnreadKindsAreAMetric(t *testing.T) {
	var sick []cluster.UnreadKind
	registry := prometheus.NewRegistry()
	registry.MustRegister(unreadKinds{func() []cluster.UnreadKind { return sick }})
	if err := testutil.GatherAndCompare(registry, strings.NewReader("")); err != nil {
		t.Error(err)
	}
	sick = []cluster.UnreadKind{{GroupKind: crd.HTTPRoute, Err: errors.New("conversion webhook failed")}}
	if err := testutil.GatherAndCompare(registry, strings.NewReader(`
# HELP dittoguard_unread_kind 1 for each kind of custom resource that cannot be read and is unknown for that; /readyz says why.
# TYPE dittoguard_unread_kind gauge
dittoguard_unread_kind{kind="HTTPRoute.gateway.networking.k8s.io"} 1
`)); err != nil {
		t.Error(err)
	}
}

// TestServeJudgesByOwnRules: the configuration may name them, and the log says what the webhook is not asked about.
func TestServeJudgesByOwnRules(t *testing.T) {
	t.Chdir(t.TempDir())
	writeRule(t, "my-rules")
	passwords := htpasswd.NewVerifier(htpasswd.Options{})
	defer passwords.Close()
	var lines []string
	log := funcr.New(func(_, args string) { lines = append(lines, args) }, funcr.Options{})
	o := serveOptions{configFile: "configuration.yaml"}
	o.dirs = []string{"my-rules"}
	load := o.loadJudge(passwords, log)
	const head = "apiVersion: dittoguard.io/v1alpha1\nkind: Configuration\n"
	if judge, err := load([]byte(head + "rules: {host-network: {level: baseline}}\n")); err != nil || judge == nil {
		t.Errorf("%v, %v", judge, err)
	}
	if judge, err := load(nil); err != nil || judge == nil {
		t.Errorf("without a configuration: %v, %v", judge, err)
	}
	if len(lines) > 0 {
		t.Errorf("log: %q", lines)
	}
	replaceIn(t, "my-rules/host-network/rule.yaml", "resources: [pods]", "resources: [pods, nodes]")
	if _, err := load(nil); err != nil {
		t.Error(err)
	}
	if len(lines) != 1 || !strings.Contains(lines[0], "only check sees all of nodes") {
		t.Errorf("log: %q", lines)
	}
	replaceIn(t, "my-rules/host-network/rule.yaml", "each: object", "each: objects")
	if judge, err := load(nil); err == nil || judge != nil || !strings.HasPrefix(err.Error(), "my-rules/host-network/rule.yaml:") {
		t.Errorf("a broken rule: %v, %v", judge, err)
	}
}

// TestMetricsAreNamedAsPrometheusAsks: names, units and help of every metric.
func TestMetricsAreNamedAsPrometheusAsks(t *testing.T) {
	source := certs.NewDirectory(certs.DirectoryOptions{Path: t.TempDir()})
	registry := newMetrics(source)
	webhook.NewMetrics(registry)
	audit.NewMetrics(registry)
	world, err := cluster.New(&rest.Config{}, cluster.Options{})
	if err != nil {
		t.Fatal(err)
	}
	list, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	cfg := config.Default()
	for _, days := range []int{-1, 3, 13, 100} {
		cfg.Exceptions = append(cfg.Exceptions, config.Exception{Expires: time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, days)})
	}
	checker, err := check.New(check.Options{Rules: list, Proved: true, Config: cfg})
	if err != nil {
		t.Fatal(err)
	}
	registry.MustRegister(unreadKinds{world.Unread}, exceptions{func() *check.Checker { return checker }}, cacheAge(world), glassMetric(nil), audit.NewAsked([]string{"ditto"}, nil))
	problems, err := testutil.GatherAndLint(registry)
	if err != nil || len(problems) > 0 {
		t.Errorf("%v %v", problems, err)
	}
	if err := testutil.GatherAndCompare(registry, strings.NewReader(`
# HELP dittoguard_cache_age_seconds For how long some kind has not been watched, so that what is known of it may be old; 0 while everything is watched.
# TYPE dittoguard_cache_age_seconds gauge
dittoguard_cache_age_seconds 0
# HELP dittoguard_exceptions Exceptions in the configuration: active, lapsing (active, and end within 14 days), or lapsed.
# TYPE dittoguard_exceptions gauge
dittoguard_exceptions{state="active"} 1
dittoguard_exceptions{state="lapsed"} 1
dittoguard_exceptions{state="lapsing"} 2
`), "dittoguard_cache_age_seconds", "dittoguard_exceptions"); err != nil {
		t.Error(err)
	}
}
