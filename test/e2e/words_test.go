package e2e

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write testdata/words anew")

// when is what differs between two runs of the same: helm's times, addresses and numbers.
var when = regexp.MustCompile(`(?m)^[IW]\d{4} \d\d:\d\d:\d\d\.\d+ +\d+ |time=\S+ |^LAST DEPLOYED: .*$`)

// TestWhatPeopleRead: what kubectl and helm print of a refusal, of warnings and of what was injected, whole, as it is kept in
// testdata/words, so that a change of any word is looked at where people read it.
func TestWhatPeopleRead(t *testing.T) {
	t.Parallel()
	f := need(t)
	n := in{f.Cluster, "words"}
	helm := func(run func(context.Context, ...string) (string, error), namespace, verb string, args ...string) func() (string, error) {
		return func() (string, error) {
			return run(t.Context(), append([]string{verb, "iot", "testdata/chart", "--namespace", namespace}, args...)...)
		}
	}
	kubectl := func(stdin string, args ...string) func() (string, error) {
		return func() (string, error) {
			return n.Kubectl(t.Context(), strings.NewReader(stdin), append([]string{"--namespace", n.namespace}, args...)...)
		}
	}
	removed := strings.NewReplacer("  tls:\n  - {hosts: [ditto.example.com], secretName: tls}\n", "")
	fixed, err := os.ReadFile("testdata/fixed.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name    string
		run     func() (string, error)
		refused bool
	}{
		{"kubectl-apply-refused", kubectl("", "apply", "--filename", "testdata/exposed.yaml"), true},
		{"kubectl-apply-server-side-refused", kubectl(n.ingress(), "apply", "--server-side", "--filename", "-"), true},
		{"kubectl-apply-fixed", kubectl("", "apply", "--filename", "testdata/fixed.yaml"), false},
		{"kubectl-apply-nothing-new", kubectl("", "apply", "--filename", "testdata/fixed.yaml"), false},
		{"kubectl-apply-update-warned", kubectl(removed.Replace(string(fixed)), "apply", "--filename", "-"), false},
		{"kubectl-apply-update-refused", kubectl("", "apply", "--filename", "testdata/exposed.yaml"), true},
		{"kubectl-set-env-refused", kubectl("", "set", "env", "deployment/gateway", "ENABLE_PRE_AUTHENTICATION=true"), true},
		{"helm-install-refused", helm(f.Helm, "words-helm", "install"), true},
		{"helm-upgrade-install", helm(f.Helm, "words-helm", "upgrade", "--install", "--set", "preAuthentication=false"), false},
		{"helm-upgrade-refused", helm(f.Helm, "words-helm", "upgrade", "--reset-values"), true},
		{"helm3-install-refused", helm(f.Helm3, "words-helm3", "install"), true},
		{"helm3-upgrade-install", helm(f.Helm3, "words-helm3", "upgrade", "--install", "--set", "preAuthentication=false"), false},
		{"helm3-upgrade-refused", helm(f.Helm3, "words-helm3", "upgrade", "--reset-values"), true},
	} {
		out, err := test.run()
		if (err != nil) != test.refused {
			t.Errorf("%s: %v\n%s", test.name, err, out)
		}
		got := fmt.Sprintln(strings.TrimRight(when.ReplaceAllString(out, ""), "\n"))
		file := filepath.Join("testdata", "words", test.name+".txt")
		if *update {
			if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s: (-%s +printed); go test ./test/e2e -run %s -update writes it:\n%s", test.name, file, t.Name(), diff)
		}
	}
}
