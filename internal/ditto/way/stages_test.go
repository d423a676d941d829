package way

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestThrough(t *testing.T) {
	all := Matching(Characters("/"))
	for _, tt := range []struct {
		name   string
		stages []Stage
		// leads, closed and open are paths that arrive, that do not, and of which it cannot be decided.
		leads, closed, open []string
	}{
		{"nothing at all", nil, []string{"/devops"}, nil, nil},
		{"a prefix that is stripped", []Stage{Matching(Characters("/x")), Changing(StripPrefix([]string{"/x"}))},
			[]string{"/devops", "/x/devops"}, nil, nil},
		{"the first prefix that fits is stripped", []Stage{Matching(Exact(Decoded, "/a/b/devops")), Changing(StripPrefix([]string{"/a", "/a/b"}))},
			[]string{"/b/devops"}, []string{"/devops"}, nil},
		{"a path that does not fit stays", []Stage{all, Changing(StripPrefix([]string{"/x"}))}, []string{"/devops"}, nil, nil},
		{"a prefix in the middle of an element", []Stage{Matching(Exact(Decoded, "/xdevops")), Changing(StripPrefix([]string{"/x"}))},
			[]string{"/devops"}, []string{"/xdevops"}, nil},
		{"a prefix that is added", []Stage{Matching(Characters("/api")), Changing(AddPrefix("/ditto"))},
			[]string{"/ditto/api/2"}, []string{"/api/2", "/devops"}, nil},
		{
			"a prefix with a slash at its end, before that of the path", []Stage{all, Changing(AddPrefix("/api/"))},
			[]string{"/api//2"}, []string{"/api/2"}, nil,
		},
		{
			"a prefix with dots", []Stage{all, Changing(AddPrefix("/api/.."))},
			[]string{"/devops", "/status"}, nil, nil,
		},
		{
			"a prefix with dots and a slash", []Stage{all, Changing(AddPrefix("/x/../"))},
			[]string{"//devops"}, []string{"/devops"}, nil,
		},
		{
			"a path with dots that replaces any", []Stage{all, Changing(ReplaceWhole("/api/.././devops"))},
			[]string{"/devops"}, []string{"/api/.././devops"}, nil,
		},
		{"stripped and added", []Stage{Matching(Characters("/x")), Changing(StripPrefix([]string{"/x"})), Changing(AddPrefix("/devops"))},
			[]string{"/devops", "/devops/config"}, []string{"/status", "/config"}, nil},
		{"added and stripped", []Stage{Matching(Exact(Decoded, "/status")), Changing(AddPrefix("/y")), Changing(StripPrefix([]string{"/y"}))},
			[]string{"/status"}, []string{"/y/status"}, nil},
		{"a path that replaces any", []Stage{Matching(Characters("/x")), Changing(ReplaceWhole("/devops"))}, []string{"/devops"}, []string{"/x", "/status"}, nil},
		{"what comes before a replacement does not matter", []Stage{all, Changing(UnknownStep("?")), Changing(ReplaceWhole("/devops"))},
			[]string{"/devops"}, []string{"/status"}, nil},
		{"what comes after does", []Stage{all, Changing(ReplaceWhole("/x/devops")), Changing(StripPrefix([]string{"/x"}))},
			[]string{"/devops"}, []string{"/x/devops"}, nil},
		{"whether a replaced path got in may be unknown", []Stage{Matching(Undecided("?")), Changing(ReplaceWhole("/devops"))},
			nil, []string{"/status"}, []string{"/devops"}},
		{"a step that cannot be determined", []Stage{all, Changing(UnknownStep("?"))}, nil, nil, []string{"/devops"}},
		{"compared again after a step", []Stage{Matching(Characters("/x")), Changing(StripPrefix([]string{"/x"})), Matching(Characters("/ws"))},
			[]string{"/ws/2"}, []string{"/devops"}, nil},
		{"text that is replaced", []Stage{Matching(Characters("/x")), Changing(ReplaceRegex("^/x", "/devops"))},
			[]string{"/devops", "/devops/config"}, []string{"/status"}, nil},
		{"the rest that is kept", []Stage{Matching(Characters("/x")), Changing(ReplaceRegex("^/x/(.*)", "/devops/${1}"))},
			[]string{"/devops/config"}, []string{"/devops", "/status"}, nil},
		{"an expression that a spelling gets around", []Stage{Matching(Characters("/devops")), Changing(ReplaceRegex("^/devops(.*)", "/nowhere$1"))},
			[]string{"/devops", "/nowhere"}, []string{"/status"}, nil},
		{"an expression that is not pinned", []Stage{all, Changing(ReplaceRegex("/x/(.*)", "/$1"))}, nil, nil, []string{"/devops"}},
		{"an expression of another shape", []Stage{all, Changing(ReplaceRegex("^/(a|b)/(c)$", "/$2"))}, nil, nil, []string{"/devops"}},
		{"Contour's replacement with and without a slash", []Stage{Matching(Characters("/x")), Changing(ReplacePrefix("/x/", "/devops"))},
			[]string{"/devops", "/devops/config", "/devopsconfig"}, []string{"/status"}, nil},
		{"Contour's replacement by nothing", []Stage{Matching(Characters("/x")), Changing(ReplacePrefix("/x", "/"))},
			[]string{"/devops", "/status"}, nil, nil},
		{"Contour's replacement of everything", []Stage{all, Changing(ReplacePrefix("/", "/y"))}, []string{"/ydevops"}, []string{"/devops", "/y/devops"}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := Through(tt.stages)
			got := map[string][2]bool{}
			want := map[string][2]bool{}
			for answer, paths := range map[[2]bool][]string{{true, true}: tt.leads, {false, true}: tt.closed, {false, false}: tt.open} {
				for _, p := range paths {
					leads, known := path.Leads(p)
					got[p], want[p] = [2]bool{leads, known}, answer
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("leads and known, -want +got:\n%s", diff)
			}
		})
	}
}

// A deep path that is none of the usual ones counts, wherever a stage puts it.
func TestThrough_Deep(t *testing.T) {
	for name, stages := range map[string][]Stage{
		"added":    {Matching(Exact(Decoded, "/piggyback/x/y")), Changing(AddPrefix("/devops"))},
		"stripped": {Matching(Exact(Decoded, "/z/devops/piggyback/x/y")), Changing(StripPrefix([]string{"/z"}))},
		"replaced": {Matching(Exact(Decoded, "/z")), Changing(ReplaceWhole("/devops/piggyback/x/y"))},
	} {
		if got := Through(stages).Reach().Admin; !cmp.Equal(got, []string{"/devops"}) {
			t.Errorf("%s: reaches %v", name, got)
		}
	}
}

// FuzzReplaceRegex: what a replacement is said to come from really becomes the path, or is the path itself.
func FuzzReplaceRegex(f *testing.F) {
	f.Add("^/x/(.*)", "/$1", "/devops")
	f.Add("^/x(/|$)(.*)", "/y/${2}", "/y/a")
	f.Add("^/x", "/y", "/y")
	f.Add("^((((", "$9", "")
	f.Fuzz(func(t *testing.T, expression, replacement, path string) {
		step := ReplaceRegex(expression, replacement)
		if step.Unknown != "" {
			return
		}
		from, _ := step.Origins(path)
		for _, p := range from {
			if p != path && step.Forward(p) != path {
				t.Errorf("%q becomes %q, not %q", p, step.Forward(p), path)
			}
		}
	})
}

// TestExpressionsAreFollowedThroughSteps: what an expression matches is looked for behind the steps that follow.
func TestExpressionsAreFollowedThroughSteps(t *testing.T) {
	added := Through([]Stage{
		Matching(Regex(Decoded, "/api/2/things", false, Anywhere)), Changing(AddPrefix("/api/2/connections")),
	}).Reach()
	if diff := cmp.Diff([]string{"/api/2/connections"}, added.Admin); diff != "" {
		t.Errorf("a prefix that is added, -want +got:\n%s", diff)
	}
	both := Through([]Stage{
		Matching(Regex(Decoded, "/x", false, Anywhere)), Changing(AddPrefix("/x/devops")), Changing(StripPrefix([]string{"/x"})),
	}).Reach()
	if diff := cmp.Diff([]string{"/devops"}, both.Admin); diff != "" {
		t.Errorf("a prefix that is added and stripped, -want +got:\n%s", diff)
	}
}
