package edges

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
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
	// ReadyAt is where it answers them, if that is not where it serves plain HTTP.
	ReadyAt string
	// AnyAnswer says that another answer than 200 does as well, Answers that certain ones do.
	AnyAnswer bool
	Answers   []int
	// Login is a line by which clients log in, empty where none of the kind is there.
	Login string
	// Secure says that it speaks TLS, too.
	Secure bool
	// Port is where the backends listen, if it is not the usual port: where the edge uses that one itself.
	Port int
	// Clear says that the backends speak HTTP/2 without TLS, too.
	Clear bool
	// Classes are objects that belong to no scenario. An edge with some reads objects from an API server, where these and those of all
	// scenarios are, and Beside, which only the edge sees.
	Classes string
	Beside  func(s *Scenario) string
	// Together says that scenarios may be run at once, but for those that say otherwise; Each that each of them has an edge of its own
	// all the same, and only what tells it what to do is run for all.
	Together, Each bool
	// Alone says that what tells the edge what to do does so for one scenario.
	Alone bool
	// Own says that each edge needs an API server of its own, since it reads all that is there.
	Own bool
	// Lenders are edges whose written scenarios it is run for, too, as far as Lent makes something of their text.
	Lenders []*Edge
	Lent    func(text string) (lent string, ok bool)
	// Generated are further scenarios, which are run all at once. What differs in one of them belongs into the file of scenarios.
	Generated func(first int) []*Scenario
	// Command runs it for scenarios, in a folder of its own. Kubeconfig is empty where there is no API server.
	Command func(bin, dir, kubeconfig string, list ...*Scenario) (*exec.Cmd, doors, error)
	// Control runs what tells the edge what to do, where that is a process of its own, and says on which address it does so; nil where
	// the edge reads the objects itself.
	Control func(bin, dir, kubeconfig string, list ...*Scenario) (cmd *exec.Cmd, address string, err error)
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

// running is an edge that has read its scenario, or what tells it what to do.
type running struct {
	cmd *exec.Cmd
	log string
	at  doors
}

// run starts a process that writes to a log in a folder.
func run(cmd *exec.Cmd, dir string) (*running, error) {
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		return nil, err
	}
	cmd.Stdout, cmd.Stderr = log, log
	return &running{cmd: cmd, log: log.Name()}, cmd.Start()
}

// failed stops it and says what it wrote.
func (r *running) failed(format string, args ...any) error {
	text, _ := os.ReadFile(r.log)
	return errors.Join(fmt.Errorf(format+"; it said:\n%s", append(args, tail(string(text)))...), r.stop())
}

// control starts what tells the edge what to do.
func (e *Edge) control(ctx context.Context, bin, dir, kubeconfig string, list ...*Scenario) (*running, error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, err
	}
	cmd, address, err := e.Control(bin, dir, kubeconfig, list...)
	if err != nil {
		return nil, err
	}
	r, err := run(cmd, dir)
	if err != nil {
		return nil, err
	}
	dialer := net.Dialer{}
	for began := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		if c, err := dialer.DialContext(ctx, "tcp", address); err == nil {
			return r, c.Close()
		}
		if time.Since(began) > time.Minute {
			return nil, r.failed("%s does not listen", e.Name)
		}
	}
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
	r, err := run(cmd, dir)
	if err != nil {
		return nil, err
	}
	r.at = at
	asked := at
	asked.plain = cmp.Or(e.ReadyAt, at.plain)
	began := time.Now()
	for _, s := range list {
		for _, p := range e.Ready(s) {
			for {
				if status, _ := ask(ctx, asked, p, "ready"); status == http.StatusOK || e.AnyAnswer && status != 0 || slices.Contains(e.Answers, status) {
					break
				}
				if time.Since(began) > 3*time.Minute {
					return nil, r.failed("%s does not serve %q of %q", e.Name, p, s.Name)
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

// free waits until nobody listens on any of some addresses: what was killed may be about to end.
func free(addresses ...string) error {
	for began := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		taken := ""
		for _, address := range addresses {
			c, err := net.DialTimeout("tcp", address, time.Second)
			if errors.Is(err, syscall.ECONNREFUSED) {
				continue
			}
			taken = address // or was so a moment ago, if it was reset
			if err == nil {
				_ = c.Close() // nothing was written
			}
		}
		if taken == "" {
			return nil
		}
		if time.Since(began) > 20*time.Second {
			return fmt.Errorf("%s is taken: %w", taken, os.ErrExist)
		}
	}
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
