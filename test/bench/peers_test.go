package bench

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/dittoguard/dittoguard/test/cluster"
	"github.com/dittoguard/dittoguard/test/missing"
)

// peersDir names the environment variable with the folder that test/bench/peers/build made.
const peersDir = "DITTOGUARD_BENCH_PEERS"

// peer is another program that judges manifests.
type peer struct {
	name string
	// policies writes a number of policies, each about one setting of a container.
	policies func(n int) string
	// args judge manifests by policies.
	args func(policies, manifests string) []string
	// ends are the exit codes of a judgement.
	ends []int
	// refused is a part of what it says of a Deployment that a policy refuses.
	refused string
}

var peers = []peer{
	{
		name: "gator", policies: gatekeeperPolicies, ends: []int{0, 1}, refused: `["setting-0"]`,
		args: func(policies, manifests string) []string {
			return []string{"test", "--filename", policies, "--filename", manifests}
		},
	},
	{
		name: "kyverno-cli", policies: kyvernoPolicies, ends: []int{0, 1}, refused: "setting-0",
		args: func(policies, manifests string) []string { return []string{"apply", policies, "--resource", manifests} },
	},
}

// forbids is the expression of a policy: no container has a variable with a published value.
func forbids(i int) string {
	return fmt.Sprintf("object.spec.template.spec.containers.all(c, !has(c.env) || "+
		"!c.env.exists(e, e.name == 'FORBIDDEN_%d' && has(e.value) && e.value == 'published'))", i)
}

func gatekeeperPolicies(n int) string {
	var out strings.Builder
	for i := range n {
		fmt.Fprintf(&out, `apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata: {name: setting%[1]d}
spec:
  crd: {spec: {names: {kind: Setting%[1]d}}}
  targets:
  - target: admission.k8s.gatekeeper.sh
    code:
    - engine: K8sNativeValidation
      source:
        validations:
        - expression: %[2]q
          message: forbidden
---
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: Setting%[1]d
metadata: {name: setting-%[1]d}
spec: {match: {kinds: [{apiGroups: [apps], kinds: [Deployment]}]}}
---
`, i, forbids(i))
	}
	return out.String()
}

func kyvernoPolicies(n int) string {
	var out strings.Builder
	for i := range n {
		fmt.Fprintf(&out, `apiVersion: policies.kyverno.io/v1
kind: ValidatingPolicy
metadata: {name: setting-%d}
spec:
  validationActions: [Deny]
  matchConstraints:
    resourceRules: [{apiGroups: [apps], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [deployments]}]
  validations: [{expression: %q, message: forbidden}]
---
`, i, forbids(i))
	}
	return out.String()
}

// BenchmarkPeersOffline compares `dittoguard check`, with all of its rules, with Gatekeeper's and Kyverno's commands that judge the
// same manifests by 5 and by 20 policies of one CEL expression each. They take turns, so that a machine that slows down slows all of
// them down. ns/op says nothing.
func BenchmarkPeersOffline(b *testing.B) {
	bin := needPeers(b)
	dir := b.TempDir()
	dittoguard, err := cluster.Build(b.Context(), ".", "./cmd/dittoguard", dir)
	if err != nil {
		b.Fatal(err)
	}
	type run struct {
		name    string
		command []string
		ends    []int
	}
	type sample struct{ wall, cpu, peak []float64 }
	files := map[string]string{
		"deployments=1":   strings.Join(documents(b, 1), "---\n"),
		"deployments=300": strings.Join(documents(b, 300), "---\n"),
	}
	for _, size := range slices.Sorted(maps.Keys(files)) {
		manifests := filepath.Join(dir, size, "manifests.yaml")
		writeFile(b, manifests, files[size])
		runs := []run{{"dittoguard", []string{dittoguard, "check", manifests}, []int{0}}}
		for _, p := range peers {
			for _, n := range []int{5, 20} {
				policies := filepath.Join(dir, fmt.Sprintf("%s-%d.yaml", p.name, n))
				writeFile(b, policies, p.policies(n))
				p.proveAsked(b, filepath.Join(bin, p.name), policies, dir)
				command := append([]string{filepath.Join(bin, p.name)}, p.args(policies, manifests)...)
				runs = append(runs, run{fmt.Sprintf("%s-%d", p.name, n), command, p.ends})
			}
		}
		b.Run(size, func(b *testing.B) {
			samples := make([]sample, len(runs))
			for b.Loop() {
				for i, r := range runs {
					wall, cpu, peak := measure(b, r.command, r.ends)
					s := &samples[i]
					s.wall, s.cpu, s.peak = append(s.wall, wall), append(s.cpu, cpu), append(s.peak, peak)
				}
			}
			for i, r := range runs {
				b.ReportMetric(middle(samples[i].wall), r.name+"-s")
				b.ReportMetric(middle(samples[i].cpu), r.name+"-cpu-s")
				b.ReportMetric(middle(samples[i].peak), r.name+"-MiB")
			}
		})
	}
}

// needPeers skips a benchmark where the others have not been built.
func needPeers(b *testing.B) string {
	b.Helper()
	bin := os.Getenv(peersDir)
	if bin == "" {
		missing.Data(b, peersDir+" is not set: `make bench-peers` builds Gatekeeper and Kyverno")
	}
	return bin
}

// proveAsked fails unless the policies are in force: a Deployment that the first one forbids is refused.
func (p *peer) proveAsked(b *testing.B, program, policies, dir string) {
	b.Helper()
	d := unrelated("shop")
	d.Spec.Template.Spec.Containers[0].Env[0].Name, d.Spec.Template.Spec.Containers[0].Env[0].Value = "FORBIDDEN_0", "published"
	bad := filepath.Join(dir, "bad.yaml")
	writeFile(b, bad, document(b, d))
	out, err := exec.CommandContext(b.Context(), program, p.args(policies, bad)...).CombinedOutput()
	if err == nil || !strings.Contains(string(out), p.refused) {
		b.Fatalf("%s does not refuse what its policy forbids: %v\n%s", p.name, err, out)
	}
}

// measure runs a command, and returns seconds, seconds of CPU, and the peak of its resident memory in MiB.
func measure(b *testing.B, command []string, ends []int) (wall, cpu, peak float64) {
	b.Helper()
	c := exec.CommandContext(b.Context(), command[0], command[1:]...)
	var out bytes.Buffer
	c.Stdout, c.Stderr = &out, &out
	begun := time.Now()
	err := c.Run()
	wall = time.Since(begun).Seconds()
	if _, exited := errors.AsType[*exec.ExitError](err); err != nil && !exited || !slices.Contains(ends, c.ProcessState.ExitCode()) {
		b.Fatalf("%s: %v\n%s", strings.Join(command, " "), err, out.String())
	}
	usage, is := c.ProcessState.SysUsage().(*syscall.Rusage)
	if !is {
		missing.Data(b, "the peak of a process' memory can be read on Unix only")
	}
	return wall, (c.ProcessState.UserTime() + c.ProcessState.SystemTime()).Seconds(), float64(usage.Maxrss) / 1024
}

// documents are n Deployments that have nothing to do with Ditto, as YAML.
func documents(b *testing.B, n int) []string {
	b.Helper()
	out := make([]string, n)
	for i := range out {
		d := unrelated("shop")
		d.Name = fmt.Sprintf("shop-%d", i)
		out[i] = document(b, d)
	}
	return out
}

func document(b *testing.B, d *appsv1.Deployment) string {
	b.Helper()
	d.TypeMeta = metav1.TypeMeta{APIVersion: "apps/v1", Kind: "Deployment"}
	encoded, err := json.Marshal(d)
	if err != nil {
		b.Fatal(err)
	}
	text, err := yaml.JSONToYAML(encoded)
	if err != nil {
		b.Fatal(err)
	}
	return string(text)
}

func writeFile(b *testing.B, file, content string) {
	b.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o700), os.WriteFile(file, []byte(content), 0o600)); err != nil {
		b.Fatal(err)
	}
}

func middle(list []float64) float64 {
	slices.Sort(list)
	return list[len(list)/2]
}
