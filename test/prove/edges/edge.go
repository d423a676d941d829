package edges

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/dittoguard/dittoguard/test/leash"
)

// Edge is a real one, and how it is run.
type Edge struct {
	// Name is that of its files in testdata, Software that of the record.
	Name, Software string
	// Note is what is special about how it was built.
	Note string
	// Ready are requests that it answers with 200 as soon as it has read a scenario.
	Ready func(s *Scenario) []Probe
	// Login is a line by which clients log in, empty where none of the kind is there.
	Login string
	// Secure says that it speaks TLS, too.
	Secure bool
	// Classes are objects that belong to no scenario. An edge with some reads objects from an API server, where these and those of all
	// scenarios are, and Beside, which only the edge sees.
	Classes string
	Beside  func(s *Scenario) string
	// Generated are further scenarios, which are run all at once. What differs in one of them belongs into the file of scenarios.
	Generated func(first int) []*Scenario
	// Command runs it for scenarios, in a folder of its own. Kubeconfig is empty where there is no API server.
	Command func(bin, dir, kubeconfig string, list ...*Scenario) (*exec.Cmd, doors, error)
	// Version asks the binary.
	Version func(ctx context.Context, bin string) (string, error)
}

// build has the script build an edge, and says where its binaries are.
func build(ctx context.Context, edge string) (string, error) {
	cmd := exec.CommandContext(ctx, "./build", edge)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("building %s: %w", edge, err)
	}
	return strings.TrimSpace(string(out)), nil
}

// running is an edge that has read its scenario.
type running struct {
	cmd *exec.Cmd
	at  doors
}

// start runs an edge for scenarios, and waits until it serves each of them.
func (e *Edge) start(ctx context.Context, bin, dir, kubeconfig string, list ...*Scenario) (*running, error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, err
	}
	cmd, at, err := e.Command(bin, dir, kubeconfig, list...)
	if err != nil {
		return nil, err
	}
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		return nil, err
	}
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	r := &running{cmd: cmd, at: at}
	began := time.Now()
	for _, s := range list {
		for _, p := range e.Ready(s) {
			for {
				if status, _ := ask(ctx, at, p, "ready"); status == http.StatusOK {
					break
				}
				if time.Since(began) > time.Minute {
					text, _ := os.ReadFile(log.Name())
					return nil, errors.Join(fmt.Errorf("%s does not serve %q of %q; it said:\n%s", e.Name, p, s.Name, tail(string(text))), r.stop())
				}
				time.Sleep(50 * time.Millisecond)
			}
		}
	}
	return r, nil
}

func tail(text string) string { return text[max(0, len(text)-3000):] }

func (r *running) stop() error {
	if err := r.cmd.Process.Kill(); err != nil {
		return err
	}
	_ = r.cmd.Wait() // killed
	return nil
}

// leashed is a command that ends with this process.
func leashed(bin string, args ...string) *exec.Cmd { return leash.Command(bin, args...) }

// versionOf is what a program says of its version.
func versionOf(ctx context.Context, version *regexp.Regexp, program string, args ...string) (string, error) {
	out, err := exec.CommandContext(ctx, program, args...).CombinedOutput()
	if m := version.FindSubmatch(out); m != nil {
		return string(m[1]), nil
	}
	return "", fmt.Errorf("%s does not say its version: %w\n%s", program, err, out)
}
