package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestExceptionsAreSaid: one that applies is in the result, in text and JSON; one that matches nothing, and one that will
// soon be over, is warned of.
func TestExceptionsAreSaid(t *testing.T) {
	soon, later := time.Now().UTC().AddDate(0, 0, 13).Format(time.DateOnly), time.Now().UTC().AddDate(0, 0, 16).Format(time.DateOnly)
	config := filepath.Join(t.TempDir(), "c.yaml")
	text := fmt.Sprintf(`apiVersion: dittoguard.io/v1alpha1
kind: Configuration
exceptions:
- {rules: [preauth-exposed], match: {kind: Pod, name: gateway}, reason: staging, expires: %s}
- {rules: [devops-exposed, devops-default-password], match: {kind: Pod, name: gateway}, reason: staging too, expires: %s}
- {rules: [devops-exposed], match: {kind: Pod, name: another}, reason: gone, expires: %s}
`, soon, later, later)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	check := func(output string) (string, string) {
		var stdout, stderr bytes.Buffer
		run(t.Context(), []string{"check", "--config", config, "--output", output, "-"}, strings.NewReader(exposed), &stdout, &stderr)
		return stdout.String(), stderr.String()
	}
	out, notes := check("text")
	for _, want := range []string{
		"Excepted:\n", "preauth-exposed: Pod default/gateway until " + soon + " (UTC): staging\n",
		"devops-default-password: Pod default/gateway until " + later + " (UTC): staging too\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("text lacks %q:\n%s", want, out)
		}
	}
	if want := "dittoguard: warning: " + config + ":4: this exception expires at the end of " + soon + " (UTC)\n" +
		"dittoguard: warning: " + config + ":6: this exception matches no finding\n"; notes != want {
		t.Errorf("stderr:\n%swant:\n%s", notes, want)
	}
	out, _ = check("json")
	for _, want := range []string{`"exceptions": [`, `"rule": "preauth-exposed"`, `"reason": "staging"`, `"until": "` + soon + `"`} {
		if !strings.Contains(out, want) {
			t.Errorf("JSON lacks %s:\n%s", want, out)
		}
	}
}
