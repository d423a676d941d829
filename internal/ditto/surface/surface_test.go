package surface

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// only lets the paths through and cannot decide of those in doubt.
func only(leads []string, doubt ...string) func(string) (bool, bool) {
	return func(path string) (bool, bool) {
		return slices.Contains(leads, path), !slices.Contains(doubt, path)
	}
}

func TestSurvey(t *testing.T) {
	for name, test := range map[string]struct {
		way  Way
		want Reach
	}{
		"nothing":               {Way{Leads: only(nil)}, Reach{}},
		"health is neither":     {Way{Leads: only([]string{"/health"})}, Reach{Other: []string{"/health"}}},
		"statistics and health": {Way{Leads: only([]string{"/stats/things", "/health"})}, Reach{Other: []string{"/health", "/stats"}}},
		"connections are not the API": {
			Way{Leads: only([]string{"/api/2/connections"})}, Reach{Admin: []string{"/api/2/connections"}},
		},
		"a probe in doubt, another that leads": {
			Way{Leads: only([]string{"/devops/config"}, "/devops")}, Reach{Admin: []string{"/devops"}},
		},
		"an administrative path in doubt": {
			Way{Leads: only(nil, "/status/cluster"), Why: "a map decides"},
			Reach{AdminInDoubt: []string{"/status"}, Unknown: []string{"whether /status can be reached: a map decides"}},
		},
		"something else in doubt is not listed": {Way{Leads: only(nil, "/stats")}, Reach{InDoubt: true}},
		"everything ends up deeper than a probe": {
			Way{Leads: only(nil), Floor: "/devops/piggyback/x"}, Reach{Admin: []string{"/devops"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, Survey(test.way)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
