package corpus

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite testdata/findings.txt")

// codes are the findings of the corpus's README, and the rules of which one has to find them.
var codes = map[string][]string{
	"PA-EXPOSED":    {"preauth-exposed"},
	"PA-BYPASS":     {"proxy-identity", "preauth-exposed"},
	"PX-LOC":        {"proxy-identity"},
	"CRED-HTPASSWD": {"sample-credentials"},
	"NET":           {"network-isolation"},
	"DO-PW":         {"devops-default-password"},
	"DO-OPEN":       {"devops-unsecured"},
	"DO-BASIC":      {"devops-basic-auth"},
	"DO-SUBJ":       {"devops-oauth2-open"},
	"DO-PUBLIC":     {"devops-exposed", "connections-exposed"},
	"HDR":           {"disclosing-headers"},
	"TLS-IN":        {"edge-tls"},
	"TLS-DB":        {"mongodb-tls"},
	"RATE":          {"edge-rate-limit"},
	"THR":           {"stream-throttling"},
}

// base is what every render with an nginx shows from 3.4 on. Of RATE, which the README calls advisory where nothing is
// public, edge-rate-limit finds nothing there: it is about ways in from outside.
var base = []string{"PA-BYPASS", "PX-LOC", "NET", "DO-BASIC", "TLS-DB"}

// expected is the README, file by file: what is found, and after a `!` what must not be.
var expected = map[string][]string{
	"helm-4.6.0/01-defaults.yaml":               append(base, "!PA-EXPOSED", "!TLS-IN", "!DO-PW", "!DO-OPEN", "!THR", "!CRED-HTPASSWD"),
	"helm-4.6.0/02-ingress-tls.yaml":            append(base, "PA-EXPOSED", "DO-PUBLIC", "RATE", "!TLS-IN"),
	"helm-4.6.0/04-hardened-jwt-oauth2.yaml":    {"NET", "DO-PUBLIC", "!PA-EXPOSED", "!PA-BYPASS", "!DO-PW", "!DO-BASIC", "!TLS-IN", "!TLS-DB", "!THR", "!RATE"},
	"helm-4.6.0/05-basicauth-ditto-ditto.yaml":  append(base, "CRED-HTPASSWD"),
	"helm-4.6.0/06-devops-password-foobar.yaml": append(base, "DO-PW"),
	"helm-4.6.0/07-devops-unsecured.yaml":       {"PA-BYPASS", "PX-LOC", "NET", "TLS-DB", "DO-OPEN"},
	// nginx is public here, so its missing limits are, too.
	"helm-4.6.0/08-openshift-route.yaml":           append(base, "DO-PUBLIC", "RATE", "!TLS-IN"),
	"helm-4.6.0/09-throttling-off.yaml":            append(base, "THR"),
	"helm-4.6.0/10-name-overrides.yaml":            base,
	"helm-4.6.0/11-mirrored-registry.yaml":         base,
	"helm-4.6.0/13-nginx-nodeport.yaml":            append(base, "TLS-IN", "DO-PUBLIC", "RATE"),
	"helm-4.6.0/15-oauth2-no-subjects.yaml":        {"NET", "DO-PUBLIC", "DO-SUBJ", "!PA-EXPOSED", "!PA-BYPASS"},
	"helm-4.6.0/17-upstream-ci-values.yaml":        append(base, "PA-EXPOSED", "DO-PUBLIC", "RATE", "!TLS-IN"),
	"helm-4.6.0/18-upstream-local-values.yaml":     append(base, "CRED-HTPASSWD"),
	"helm-4.6.0/19-upstream-benchmark-values.yaml": {"PA-BYPASS", "PX-LOC", "NET", "TLS-DB", "DO-OPEN"},

	"helm-older/3.3.0-defaults.yaml":    {"NET", "DO-BASIC", "TLS-DB", "!PA-EXPOSED", "!PA-BYPASS"},
	"helm-older/3.3.0-ingress-tls.yaml": {"NET", "DO-BASIC", "TLS-DB", "RATE", "DO-PUBLIC", "!PA-EXPOSED", "!PA-BYPASS"},
	"helm-older/3.5.0-defaults.yaml":    base,
	"helm-older/3.8.0-defaults.yaml":    base,
	"helm-older/3.8.0-ingress-tls.yaml": append(base, "DO-PUBLIC", "RATE"),

	"raw/kubernetes/deploymentFiles/ditto/ditto-cluster.yaml": {"NET", "DO-PW", "DO-BASIC", "TLS-DB", "THR"},
	"raw/kubernetes-nginx-configmaps.yaml":                    {"CRED-HTPASSWD"},
	// The ConfigMaps alone are no proxy: what their nginx does is found with the Deployment that runs it.
	"raw": {"NET", "DO-PW", "DO-BASIC", "TLS-DB", "THR", "CRED-HTPASSWD", "TLS-IN", "DO-PUBLIC", "PX-LOC", "RATE"},
}

// TestTheREADMEOfTheCorpus: what a careful person names is found, whatever it leads to.
func TestTheREADMEOfTheCorpus(t *testing.T) {
	needCorpus(t)
	for name, list := range expected {
		t.Run(name, func(t *testing.T) {
			found := map[string]bool{}
			for _, f := range judge(t, name).Findings {
				found[f.Rule] = true
			}
			for _, code := range list {
				code, never := strings.CutPrefix(code, "!")
				names, known := codes[code]
				is := slices.ContainsFunc(names, func(rule string) bool { return found[rule] })
				if !known || is == never {
					t.Errorf("%s: found is %t (%s)", code, is, strings.Join(names, ", "))
				}
			}
		})
	}
}

// TestAllFindings compares everything that is found in the corpus, and what is unknown, with a golden file.
func TestAllFindings(t *testing.T) {
	needCorpus(t)
	const golden = "testdata/findings.txt"
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(files)) {
		fmt.Fprintf(&b, "%s\n", name)
		result := judge(t, name)
		var lines []string
		for _, f := range result.Findings {
			lines = append(lines, fmt.Sprintf("  %s %s %s/%s", f.Action, f.Rule, f.Subject.Kind, f.Subject.Name))
		}
		for _, u := range result.Unknown {
			lines = append(lines, fmt.Sprintf("  unknown %s %s/%s: %s", u.Rule, u.Subject.Kind, u.Subject.Name, u.What))
		}
		for _, line := range distinct(lines) {
			b.WriteString(line + "\n")
		}
	}
	if *update {
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(b.String(), "\n")); diff != "" {
		t.Errorf("findings (-want +got), -update rewrites them:\n%s", diff)
	}
}
