package edges

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

// all are the edges that are run.
var all = []*Edge{oauth2Proxy, contour, contourGateway, envoyGateway, traefik, ingressNginx, haproxyIngress, istio, cilium}

// TestReading compares what dittoguard reads in each scenario with what the real edge is on record for.
func TestReading(t *testing.T) {
	for _, e := range all {
		t.Run(e.Name, func(t *testing.T) {
			record, err := loadRecord(e.Name)
			if err != nil {
				t.Fatal(err)
			}
			list, err := e.scenarios()
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range list {
				t.Run(s.Name, func(t *testing.T) {
					told, ok := record.Scenarios[s.Name]
					if !ok {
						t.Fatal("the edge was never asked: run `make prove-edges`")
					}
					asked, answers, err := told.of(s)
					if err != nil {
						t.Fatal(err)
					}
					compare(t, e, s, asked, answers, told.Limited)
				})
			}
			t.Logf("%s, %s: %d scenarios, %d generated ones, %d probes", record.About.Software, record.About.Date, len(list), record.Generated, record.Probes)
		})
	}
}

// compare names what the reading of a scenario says otherwise than the edge did, unless that is known.
func compare(t *testing.T, e *Edge, s *Scenario, probes []Probe, answers map[string]Answer, limited bool) {
	t.Helper()
	config := way.Config{}
	if s.Version != "" {
		config.Controllers = map[string]way.ControllerConfig{e.Name: {Version: s.Version}}
	}
	found := read(t.Context(), t, e.Classes+"---\n"+s.Objects(), s.Namespace(), config)
	known := map[string]bool{}
	differences := found.differences(probes, answers)
	if s.Burst > 0 {
		differences = append(differences, found.limits(limited)...)
	}
	for _, difference := range differences {
		if s.Perhaps && strings.HasPrefix(difference, "deny ") {
			continue
		}
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
