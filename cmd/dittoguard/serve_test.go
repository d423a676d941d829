package main

import (
	"errors"
	"strings"
	"testing"

	"github.com/go-logr/logr/funcr"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/dittoguard/dittoguard/internal/ditto/htpasswd"
	"github.com/dittoguard/dittoguard/internal/inventory/cluster"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

// TestUnreadKindsAreAMetric: one line for each kind that cannot be read, none for the others.
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
