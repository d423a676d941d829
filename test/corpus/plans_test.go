package corpus

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/ditto/htpasswd"
	"github.com/dittoguard/dittoguard/internal/fix"
	"github.com/dittoguard/dittoguard/internal/manifest"
)

// TestPlans: for each of the real manifests that is denied there is a plan that was judged, or the reason why there is none. What
// Ditto's chart rendered is changed by its values, or by a patch where it has none.
func TestPlans(t *testing.T) {
	needCorpus(t)
	passwords := htpasswd.NewVerifier(htpasswd.Options{Work: 10_000_000, CheapWork: 100_000_000, NoBackground: true})
	t.Cleanup(passwords.Close)
	checker, err := check.New(check.Options{Rules: builtin(t), Proved: true, Passwords: passwords})
	if err != nil {
		t.Fatal(err)
	}
	denied := func(f check.Finding) bool { return f.Action == check.ActionDeny }
	// How many values and patches there are, by trust model. A proxy that owns the identity is set up by hand.
	want := map[string]string{
		"helm-4.6.0/02-ingress-tls.yaml":               "oidc: 4 changes, 0 open, 5 values, 0 patches",
		"helm-4.6.0/05-basicauth-ditto-ditto.yaml":     ": 1 changes, 0 open, 3 values, 0 patches",
		"helm-4.6.0/06-devops-password-foobar.yaml":    ": 1 changes, 0 open, 3 values, 0 patches",
		"helm-4.6.0/07-devops-unsecured.yaml":          ": 1 changes, 0 open, 1 values, 0 patches",
		"helm-4.6.0/08-openshift-route.yaml":           "oidc: 2 changes, 0 open, 2 values, 1 patches",
		"helm-4.6.0/13-nginx-nodeport.yaml":            "oidc: 1 changes, 0 open, 1 values, 0 patches",
		"helm-4.6.0/17-upstream-ci-values.yaml":        "oidc: 4 changes, 0 open, 5 values, 0 patches",
		"helm-4.6.0/18-upstream-local-values.yaml":     ": 1 changes, 0 open, 3 values, 0 patches",
		"helm-4.6.0/19-upstream-benchmark-values.yaml": ": 1 changes, 0 open, 1 values, 0 patches",
		"helm-older/3.3.0-ingress-tls.yaml":            ": 3 changes, 0 open, 0 values, 3 patches",
		"helm-older/3.8.0-ingress-tls.yaml":            "oidc: 5 changes, 0 open, 2 values, 4 patches",
		"raw":                                          "oidc: 3 changes, 0 open, 0 values, 0 patches",
	}
	for name := range files {
		if filepath.Dir(name) == "helm-4.6.0" || filepath.Dir(name) == "helm-older" {
			if _, planned := want[name]; !planned {
				want[name] = ""
			}
		}
	}
	for name, expected := range want {
		t.Run(name, func(t *testing.T) {
			loaded, err := manifest.Load([]string{filepath.Join(folder, name)}, nil, manifest.Options{})
			if err != nil {
				t.Fatal(err)
			}
			remedies, err := fix.Remedies(t.Context(), checker, loaded.Worlds())
			if err != nil {
				t.Fatal(err)
			}
			model := ""
			if len(fix.Models(remedies, denied)) > 1 {
				model = "oidc"
			}
			plan, err := fix.Find(t.Context(), checker, loaded.Worlds(), fix.Options{Closes: denied, Model: model})
			if err != nil {
				t.Fatal(err)
			}
			out, err := fix.Place(plan, func(name string) (string, error) {
				text, err := os.ReadFile(name)
				return string(text), err
			})
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			if len(plan.Changes)+len(plan.Open) > 0 {
				got = fmt.Sprintf("%s: %d changes, %d open, %d values, %d patches", model, len(plan.Changes), len(plan.Open), len(out.Values), len(out.Rendered))
			}
			if got != expected {
				t.Errorf("got %q, want %q", got, expected)
			}
		})
	}
}
