package edges

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/dittoguard/dittoguard/test/missing"
)

// proving is the variable that has the real edges run, and isolated that this process has a network of its own.
const (
	proving  = "DITTOGUARD_PROVE"
	isolated = "DITTOGUARD_PROVE_ISOLATED"
)

// isolate starts this process anew in a network of its own, where nothing is reached but itself: a loopback interface to which a
// range for benchmarks (RFC 2544) belongs, from which Services have their addresses. It ends with the process.
func isolate() {
	if os.Getenv(isolated) != "" {
		return
	}
	// What is downloaded and built is so before.
	for _, e := range all {
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
	for _, e := range all {
		t.Run(e.Name, func(t *testing.T) { prove(t, e) })
	}
}

func prove(t *testing.T, e *Edge) {
	list, err := scenarios(e.Name)
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
	backend := &recorder{services: map[string]string{}, arrivals: map[string][]Arrival{}}
	for _, s := range list {
		for i, name := range services {
			backend.services[s.Address(i)] = name
		}
	}
	if err := backend.serve(t.Context()); err != nil {
		t.Fatal(err)
	}
	record := &Record{Software: e.Software, Version: version, Date: time.Now().UTC().Format(time.DateOnly), Scenarios: map[string]map[string][]string{}}
	for i, s := range list {
		t.Run(s.Name, func(t *testing.T) {
			edge, err := e.start(t.Context(), bin, filepath.Join(t.TempDir(), fmt.Sprint(i)), s)
			if err != nil {
				t.Fatal(err)
			}
			asked := e.probesOf(s)
			answers := backend.answers(t, edge.at, s, asked)
			record.keep(s, asked, answers)
			compare(t, s, asked, answers)
			if err := edge.stop(); err != nil {
				t.Error(err)
			}
		})
	}
	if err := record.save(e.Name); err != nil {
		t.Fatal(err)
	}
	t.Logf("%s %s: %d scenarios, %d probes", e.Software, version, len(list), record.Probes)
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
		answers[p.String()] = Answer{Status: statuses[i], Arrivals: r.of(id(i))}
	}
	return answers
}
