package webhook

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// TestBrokenGlass: in the namespaces where the glass is broken nothing is refused, and nothing fails; it is said what would have.
func TestBrokenGlass(t *testing.T) {
	const glass = "break glass until 2027-01-31T11:00:00Z (INC-4711)"
	inv := inventory.NewMemory(nil, nil)
	inv.Put(object(t, service("other", "x")))
	failing := judge{change: func(context.Context, inventory.Reader, check.Change) (check.Verdict, error) {
		return check.Verdict{}, errors.New("no idea")
	}}
	panicking := judge{change: func(context.Context, inventory.Reader, check.Change) (check.Verdict, error) { panic("oh") }}
	for _, test := range []struct {
		name       string
		judge      judge
		app        string
		glass      string
		user       string
		allowed    bool
		failed     string
		warnings   []string
		annotation map[string]string
		decisions  string
	}{
		{"whole", rules(), "x", "", "", false, "", nil, map[string]string{"denied": "same-label Service ditto/api"}, "same-label enforce deny"},
		{
			"broken", rules(), "x", glass, "", true, "",
			[]string{"dittoguard: " + glass + ": let in, and refused again after that: same-label", "dittoguard: same-label: labelled like the other; fix: use another label"},
			map[string]string{"exempted": glass, "findings": "same-label Service ditto/api"}, "same-label enforce break-glass",
		},
		{"broken, and nothing is wrong", rules(), "y", glass, "", true, "", nil, nil, ""},
		{
			"one of Kubernetes' own would have been let in anyway", rules(), "x", glass, namespaceController, true, "",
			[]string{"dittoguard: same-label: labelled like the other; fix: use another label"},
			map[string]string{"exempted": exemptCleaning, "findings": "same-label Service ditto/api"}, "same-label enforce allow",
		},
		{"whole, and it cannot be judged", failing, "x", "", "", false, "500 dittoguard: judging Service ditto/api: no idea", nil, nil, ""},
		{
			"broken, and it cannot be judged", failing, "x", glass, "", true, "",
			[]string{"dittoguard: " + glass + ": let in without judgement: judging Service ditto/api: no idea"},
			map[string]string{"exempted": glass, "unjudged": "judging Service ditto/api: no idea"}, "",
		},
		{"whole, and the judge panics", panicking, "x", "", "", false, "500 dittoguard: internal error, see dittoguard's log", nil, nil, ""},
		{
			"broken, and the judge panics", panicking, "x", glass, "", true, "",
			[]string{"dittoguard: " + glass + ": let in without judgement: internal error, see dittoguard's log"},
			map[string]string{"exempted": glass, "unjudged": "internal error, see dittoguard's log"}, "",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			seen := &counts{}
			asked := ""
			l := &live{}
			h := NewValidator(Options{
				Judge: func() check.Judge { return test.judge }, Inventory: inv, Live: l.begin, Recorder: seen,
				BreakGlass: func(namespace string) string { asked = namespace; return test.glass },
			})
			req := create(service("api", test.app))
			if test.user != "" {
				req = deletion(service("api", test.app))
				req.UserInfo.Username = test.user
			}
			response, failed := post(t, h, req)
			if strings.TrimSpace(failed) != test.failed {
				t.Fatalf("HTTP error %q, want %q", failed, test.failed)
			}
			if asked != "ditto" {
				t.Errorf("it was asked about namespace %q", asked)
			}
			if test.failed == "" {
				if response.Allowed != test.allowed {
					t.Errorf("allowed %t: %v", response.Allowed, response.Result)
				}
				if diff := cmp.Diff(test.warnings, response.Warnings); diff != "" {
					t.Errorf("warnings (-want +got):\n%s", diff)
				}
				if diff := cmp.Diff(test.annotation, response.AuditAnnotations); diff != "" {
					t.Errorf("annotations (-want +got):\n%s", diff)
				}
			}
			if got := strings.Join(seen.decisions, ", "); got != test.decisions {
				t.Errorf("decisions %q, want %q", got, test.decisions)
			}
			// What is let in may be stored, and the next request has to know of it.
			if stores := test.allowed || test.failed != ""; len(l.ends) > 0 && l.ends[0] != stores {
				t.Errorf("may be stored: %v, want %t", l.ends, stores)
			}
		})
	}
}

// TestBrokenGlassMutates as always, and what cannot be mutated stays as it is.
func TestBrokenGlassMutates(t *testing.T) {
	h := NewMutator(Options{
		Judge: func() check.Judge {
			return judge{mutate: func(context.Context, inventory.Reader, check.Change) (check.Mutation, error) {
				return check.Mutation{}, errors.New("no idea")
			}}
		},
		Inventory:  inventory.NewMemory(nil, nil),
		BreakGlass: func(string) string { return "break glass until noon (x)" },
	})
	response, failed := post(t, h, create(service("api", "x")))
	if failed != "" || !response.Allowed || len(response.Patch) > 0 ||
		!cmp.Equal(response.Warnings, []string{"dittoguard: break glass until noon (x): let in without judgement: judging Service ditto/api: no idea"}) {
		t.Errorf("%+v, %q", response, failed)
	}
}
