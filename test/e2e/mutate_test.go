package e2e

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const throttlingEnv = "jsonpath={range .spec.template.spec.containers[0].env[*]}{.name}={.value}{'\\n'}{end}"

func (n in) env(t *testing.T) []string {
	t.Helper()
	var list []string
	for line := range strings.Lines(n.admitted(t, "", "get", "deployment/gateway", "--output", throttlingEnv)) {
		if strings.Contains(line, "THROTTLING") {
			list = append(list, strings.TrimSpace(line))
		}
	}
	return list
}

func (n in) version(t *testing.T, object string) string {
	t.Helper()
	return n.admitted(t, "", "get", object, "--output=jsonpath={.metadata.resourceVersion}")
}

// TestMutationsAreStoredOnce: what dittoguard adds is in the object, it says so, and applying the same again changes
// nothing.
func TestMutationsAreStoredOnce(t *testing.T) {
	t.Parallel()
	n := in{need(t).Cluster, "mutate"}
	has(t, n.admitted(t, "", "apply", "--filename", "testdata/fixed.yaml"), "Warning: dittoguard: stream-throttling: set GATEWAY_WEBSOCKET_THROTTLING_ENABLED=true")
	want := []string{"GATEWAY_WEBSOCKET_THROTTLING_ENABLED=true", "GATEWAY_SSE_THROTTLING_ENABLED=true"}
	if diff := cmp.Diff(want, n.env(t)); diff != "" {
		t.Fatalf("-want +got:\n%s", diff)
	}
	first := n.version(t, "deployment/gateway")
	for _, args := range [][]string{
		{"apply", "--filename", "testdata/fixed.yaml"},
		{"apply", "--server-side", "--force-conflicts", "--filename", "testdata/fixed.yaml"},
		{"apply", "--server-side", "--filename", "testdata/fixed.yaml"},
	} {
		n.admitted(t, "", args...)
		if diff := cmp.Diff(want, n.env(t)); diff != "" {
			t.Fatalf("%v: -want +got:\n%s", args, diff)
		}
		now := n.version(t, "deployment/gateway")
		// The first server-side apply notes another field manager; that is a change of its own.
		if args[1] != "--server-side" || len(args) == 4 {
			if now != first {
				t.Errorf("%v: resource version %s became %s", args, first, now)
			}
		}
		first = now
	}
	// A label is no reason to touch the template, or to restart anything.
	generation := n.admitted(t, "", "get", "deployment/gateway", "--output=jsonpath={.metadata.generation}")
	n.admitted(t, "", "label", "deployment/gateway", "team=iot")
	if now := n.admitted(t, "", "get", "deployment/gateway", "--output=jsonpath={.metadata.generation}"); now != generation {
		t.Errorf("generation %s became %s", generation, now)
	}
}

// TestADecisionIsKept: a value that somebody set stays, and is warned of.
func TestADecisionIsKept(t *testing.T) {
	t.Parallel()
	n := in{need(t).Cluster, "keep"}
	off := strings.Replace(internal, "        ports:", "        - {name: GATEWAY_SSE_THROTTLING_ENABLED, value: \"false\"}\n        ports:", 1)
	has(t, n.admitted(t, off, "apply", "--filename", "-"), "Warning: dittoguard: stream-throttling: throttling of server-sent events is off")
	if got := n.env(t); !cmp.Equal(got[0], "GATEWAY_SSE_THROTTLING_ENABLED=false") {
		t.Errorf("got %v", got)
	}
}
