package main

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dittoguard/dittoguard/test/cluster"
)

// TestDemo runs the demo as CI does, without a terminal.
func TestDemo(t *testing.T) {
	cluster.NeedAssets(t)
	var out bytes.Buffer
	hands := func() { byHand(t, out.String()) }
	if err := run(t.Context(), &out, hands); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	for _, part := range []string{"Refused: Ingress ditto/things is refused by dittoguard", "way in: ", "Press Enter"} {
		if !strings.Contains(out.String(), part) {
			t.Errorf("nothing of %q in\n%s", part, out.String())
		}
	}
	t.Log(out.String())
}

// byHand does what the demo says can be done by hand.
func byHand(t *testing.T, text string) {
	t.Helper()
	_, text, _ = strings.Cut(text, "To go on by hand")
	var environment, commands []string
	for line := range strings.Lines(text) {
		switch line = strings.TrimSpace(line); {
		case strings.HasPrefix(line, "export "), strings.HasPrefix(line, "cd "):
			environment = append(environment, line)
		case strings.HasPrefix(line, "kubectl "), strings.HasPrefix(line, "dittoguard "):
			commands = append(commands, line)
		}
	}
	want := []string{
		`ingress.networking.k8s.io "things" deleted`,
		"Ingress ditto/things is refused by dittoguard",
		"Service ditto/public is refused by dittoguard",
		"objects",
		"preauth-exposed",
	}
	if len(commands) != len(want) {
		t.Fatalf("commands: %q", commands)
	}
	for i, command := range commands {
		// What is refused, or denied, ends with another exit code.
		out, err := exec.CommandContext(t.Context(), "bash", "-c", strings.Join(append(environment, command), " && ")).CombinedOutput()
		if !strings.Contains(string(out), want[i]) {
			t.Errorf("%s: nothing of %q (%v) in\n%s", command, want[i], err, out)
		}
	}
}

func TestDigest(t *testing.T) {
	got := digest(`Warning: dittoguard: edge-tls: no TLS
service/gateway created
Error from server (Forbidden): error when creating "x": admission webhook "w" denied the request: Ingress ditto/api is refused by dittoguard: r: bad
  way in: Ingress ditto/api → Service ditto/gateway
  fix: Switch it off.
`)
	want := []string{
		"service/gateway created",
		"Refused: Ingress ditto/api is refused by dittoguard: r: bad",
		"  way in: Ingress ditto/api → Service ditto/gateway",
		"  fix: Switch it off.",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
