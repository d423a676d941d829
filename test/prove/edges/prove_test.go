package edges

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/dittoguard/dittoguard/test/missing"
	"github.com/dittoguard/dittoguard/test/prove/evidence"
)

// proving is the variable that has the real edges run, and isolated that this process has a network of its own.
const (
	proving  = "DITTOGUARD_PROVE"
	isolated = "DITTOGUARD_PROVE_ISOLATED"
)

// proved are the edges that are run: the one that is named, or all.
func proved() []*Edge {
	return slices.DeleteFunc(slices.Clone(all), func(e *Edge) bool {
		return slices.ContainsFunc(all, func(e *Edge) bool { return e.Name == os.Getenv(proving) }) && e.Name != os.Getenv(proving)
	})
}

// isolate starts this process anew in a network of its own, where nothing is reached but itself: a loopback interface to which a
// range for benchmarks (RFC 2544) belongs, from which Services have their addresses. It ends with the process.
func isolate() {
	if os.Getenv(isolated) != "" {
		return
	}
	// What is downloaded and built is so before.
	for _, e := range proved() {
		if _, err := build(context.Background(), e.Name); err != nil {
			fmt.Fprintln(os.Stderr, "not proved:", err)
			os.Exit(1)
		}
	}
	unshare, err := exec.LookPath("unshare")
	if err != nil {
		fmt.Fprintln(os.Stderr, "not proved: unshare (util-linux) is not installed, by which edges get a network of their own")
		os.Exit(1)
	}
	args := []string{
		"unshare", "--user", "--map-root-user", "--net", "sh", "-c",
		`ip link set lo up && ip route add local 198.18.0.0/15 dev lo && exec "$@"`, "sh",
	}
	err = syscall.Exec(unshare, append(args, os.Args...), append(os.Environ(), isolated+"=1"))
	fmt.Fprintln(os.Stderr, "not proved: no network of one's own:", err)
	os.Exit(1)
}

// TestProve runs the real edges, compares what dittoguard reads with what they do, and records that.
func TestProve(t *testing.T) {
	if os.Getenv(proving) == "" {
		missing.Data(t, "the real edges, which `make prove` runs; what they are on record for is compared")
	}
	for _, e := range proved() {
		t.Run(e.Name, func(t *testing.T) { prove(t, e) })
	}
}

func prove(t *testing.T, e *Edge) {
	list, err := e.scenarios()
	if err != nil {
		t.Fatal(err)
	}
	bin, err := build(t.Context(), e.Name)
	if err != nil {
		t.Fatal(err)
	}
	version, err := e.Version(t.Context(), bin)
	if err != nil {
		t.Fatal(err)
	}
	var generated []*Scenario
	if e.Generated != nil {
		generated = e.Generated(len(list) + 1)
	}
	backend := &recorder{services: map[string]string{}, owners: map[string]int{}, arrivals: map[string][]Arrival{}}
	for _, s := range slices.Concat(list, generated) {
		for i, name := range services {
			backend.services[s.Address(i)], backend.owners[s.Address(i)] = name, s.Number
		}
	}
	if e.Clear {
		backend.serveClear(t.Context())
	}
	if err := backend.serve(t.Context(), cmp.Or(e.Port, port)); err != nil {
		t.Fatal(err)
	}
	record := &Record{About: evidence.About{Software: e.Software + " " + version, Note: e.Note, Date: time.Now().UTC().Format(time.DateOnly)}, Scenarios: map[string]Told{}}
	t.Run("written", func(t *testing.T) {
		kubeconfig := ""
		if e.Classes != "" && !e.Own {
			kubeconfig = e.bringUp(t, bin, list)
		}
		for _, group := range e.groups(list) {
			t.Run(group[0].Name, func(t *testing.T) {
				kubeconfig := kubeconfig
				if e.Own {
					kubeconfig = e.bringUp(t, bin, group)
				}
				e.each(t, bin, kubeconfig, group, func(t *testing.T, at doors, s *Scenario) {
					asked := e.probesOf(s)
					answers := backend.answers(t, at, s, asked)
					limited := backend.limits(t, at, s)
					record.keep(s, asked, answers, limited)
					compare(t, e, s, asked, answers, limited)
				})
			})
		}
	})
	for chunk := range slices.Chunk(generated, together) {
		t.Run("generated", func(t *testing.T) {
			e.each(t, bin, e.bringUp(t, bin, chunk), chunk, func(t *testing.T, at doors, s *Scenario) {
				asked := e.probesOf(s)
				answers := backend.answers(t, at, s, asked)
				record.Generated, record.Probes = record.Generated+1, record.Probes+len(asked)
				compare(t, e, s, asked, answers, false)
				if t.Failed() {
					t.Log(s.Text)
				}
			})
		})
	}
	if err := record.save(e.Name); err != nil {
		t.Fatal(err)
	}
	t.Logf("%s: %d scenarios, %d generated ones, %d probes", record.About.Software, len(list), len(generated), record.Probes)
}

// each runs the edge for scenarios, one of them after the other if each needs an edge of its own, and does something for each.
func (e *Edge) each(t *testing.T, bin, kubeconfig string, list []*Scenario, do func(t *testing.T, at doors, s *Scenario)) {
	t.Helper()
	dir := t.TempDir()
	if e.Control != nil && !e.Alone {
		ends(t)(e.control(t.Context(), bin, filepath.Join(dir, "control"), kubeconfig, list...))
	}
	var edge *running
	if !e.Each {
		edge = ends(t)(e.start(t.Context(), bin, filepath.Join(dir, "edge"), kubeconfig, list...))
	}
	for _, s := range list {
		t.Run(s.Name, func(t *testing.T) {
			edge := edge
			if e.Alone {
				ends(t)(e.control(t.Context(), bin, filepath.Join(dir, s.Namespace()+"-control"), kubeconfig, s))
			}
			if e.Each {
				edge = ends(t)(e.start(t.Context(), bin, filepath.Join(dir, s.Namespace()), kubeconfig, s))
			}
			do(t, edge.at, s)
		})
	}
}

// groups are the scenarios that are run at once.
func (e *Edge) groups(list []*Scenario) [][]*Scenario {
	var groups [][]*Scenario
	var together []*Scenario
	for _, s := range list {
		if e.Together && !s.Apart {
			together = append(together, s)
		} else {
			groups = append(groups, []*Scenario{s})
		}
	}
	if len(together) > 0 {
		groups = append(groups, together)
	}
	return groups
}

// together is how many generated scenarios an edge has at once.
const together = 250

// ends has what was started end with the test.
func ends(t *testing.T) func(*running, error) *running {
	t.Helper()
	return func(r *running, err error) *running {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := r.stop(); err != nil {
				t.Error(err)
			}
		})
		return r
	}
}

// limits sends as many requests as the scenario says, as fast as they go, and says whether some of them were too many.
func (r *recorder) limits(t *testing.T, at doors, s *Scenario) bool {
	t.Helper()
	if s.Burst == 0 {
		return false
	}
	limited := false
	for _, answer := range r.answers(t, at, s, slices.Repeat([]Probe{{Host: s.Host(), Target: "/api/2/things", Headers: []string{login}}}, s.Burst)) {
		limited = limited || answer.Status == http.StatusTooManyRequests
	}
	return limited
}

// answers asks for all probes of a scenario, several at a time.
func (r *recorder) answers(t *testing.T, at doors, s *Scenario, asked []Probe) map[string]Answer {
	t.Helper()
	id := func(i int) string { return fmt.Sprintf("%d-%d", s.Number, i) }
	statuses := make([]int, len(asked))
	next := make(chan int)
	var clients sync.WaitGroup
	for range 8 {
		clients.Go(func() {
			for i := range next {
				var err error
				if statuses[i], err = ask(t.Context(), at, asked[i], id(i)); err != nil {
					t.Errorf("%s: %v", s.shorten(asked[i].String()), err)
				}
				for _, door := range at.more {
					if _, err = ask(t.Context(), door, asked[i], id(i)); err != nil {
						t.Errorf("%s: %v", s.shorten(asked[i].String()), err)
					}
				}
			}
		})
	}
	for i := range asked {
		next <- i
	}
	close(next)
	clients.Wait()
	time.Sleep(50 * time.Millisecond) // for copies, which nobody waits for
	answers := map[string]Answer{}
	for i, p := range asked {
		if was := answers[p.String()].Status; was != http.StatusTooManyRequests {
			answers[p.String()] = Answer{Status: statuses[i], Arrivals: r.of(id(i))}
		}
	}
	return answers
}
