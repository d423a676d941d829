package edges

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

// all are the edges that are run.
var all = []*Edge{oauth2Proxy}

// TestReading compares what dittoguard reads in each scenario with what the real edge is on record for.
func TestReading(t *testing.T) {
	for _, e := range all {
		t.Run(e.Name, func(t *testing.T) {
			record, err := loadRecord(e.Name)
			if err != nil {
				t.Fatal(err)
			}
			list, err := scenarios(e.Name)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range list {
				t.Run(s.Name, func(t *testing.T) {
					asked, answers, err := record.of(s)
					if err != nil {
						t.Fatal(err)
					}
					if record.Scenarios[s.Name] == nil {
						t.Fatal("the edge was never asked: run `make prove`")
					}
					compare(t, s, asked, answers)
				})
			}
			t.Logf("%s %s of %s: %d scenarios, %d probes", record.Software, record.Version, record.Date, len(list), record.Probes)
		})
	}
}

// compare names what the reading of a scenario says otherwise than the edge did, unless that is known.
func compare(t *testing.T, s *Scenario, probes []Probe, answers map[string]Answer) {
	t.Helper()
	found := read(t.Context(), t, s, way.Config{})
	known := map[string]bool{}
	for _, difference := range found.differences(probes, answers) {
		what, _, _ := strings.Cut(difference, ": ")
		if s.Known[what] != "" {
			known[what] = true
			continue
		}
		t.Error(s.shorten(difference))
	}
	for what := range s.Known {
		if !known[what] {
			t.Errorf("the difference %q is gone; take it out of the scenario", what)
		}
	}
	if t.Failed() {
		for i := range found.ways {
			w := &found.ways[i]
			t.Logf("read: %s: %s, admin %q (in doubt %q), API %t (in doubt %t), identity %s, authentication %s, plain %s, limited %s, unknown %q, lets %s", w.Via, w.Route, w.Admin, w.AdminInDoubt,
				w.API, w.APIInDoubt, w.Identity, w.Authenticated.State, w.Plain, w.RateLimited.State, w.Unknown, fmt.Sprint(found.lets[i]))
		}
	}
}

func TestMain(m *testing.M) {
	if os.Getenv(proving) != "" {
		isolate()
	}
	os.Exit(m.Run())
}
