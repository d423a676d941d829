package edge

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

func TestThrough(t *testing.T) {
	all := way.Matching(way.Characters("/"))
	for _, tt := range []struct {
		name   string
		stages []way.Stage
		// leads, closed and open are paths that arrive, that do not, and of which it cannot be decided.
		leads, closed, open []string
	}{
		{"nothing at all", nil, []string{"/devops"}, nil, nil},
		{"a prefix that is stripped", []way.Stage{way.Matching(way.Characters("/x")), way.Changing(way.StripPrefix([]string{"/x"}))},
			[]string{"/devops", "/x/devops"}, nil, nil},
		{"the first prefix that fits is stripped", []way.Stage{way.Matching(way.Exact(way.Decoded, "/a/b/devops")), way.Changing(way.StripPrefix([]string{"/a", "/a/b"}))},
			[]string{"/b/devops"}, []string{"/devops"}, nil},
		{"a path that does not fit stays", []way.Stage{all, way.Changing(way.StripPrefix([]string{"/x"}))}, []string{"/devops"}, nil, nil},
		{"a prefix in the middle of an element", []way.Stage{way.Matching(way.Exact(way.Decoded, "/xdevops")), way.Changing(way.StripPrefix([]string{"/x"}))},
			[]string{"/devops"}, []string{"/xdevops"}, nil},
		{"a prefix that is added", []way.Stage{way.Matching(way.Characters("/api")), way.Changing(way.AddPrefix("/ditto"))},
			[]string{"/ditto/api/2"}, []string{"/api/2", "/devops"}, nil},
		{"stripped and added", []way.Stage{way.Matching(way.Characters("/x")), way.Changing(way.StripPrefix([]string{"/x"})), way.Changing(way.AddPrefix("/devops"))},
			[]string{"/devops", "/devops/config"}, []string{"/status", "/config"}, nil},
		{"added and stripped", []way.Stage{way.Matching(way.Exact(way.Decoded, "/status")), way.Changing(way.AddPrefix("/y")), way.Changing(way.StripPrefix([]string{"/y"}))},
			[]string{"/status"}, []string{"/y/status"}, nil},
		{"a path that replaces any", []way.Stage{way.Matching(way.Characters("/x")), way.Changing(way.ReplaceWhole("/devops"))}, []string{"/devops"}, []string{"/x", "/status"}, nil},
		{"what comes before a replacement does not matter", []way.Stage{all, way.Changing(way.UnknownStep("?")), way.Changing(way.ReplaceWhole("/devops"))},
			[]string{"/devops"}, []string{"/status"}, nil},
		{"what comes after does", []way.Stage{all, way.Changing(way.ReplaceWhole("/x/devops")), way.Changing(way.StripPrefix([]string{"/x"}))},
			[]string{"/devops"}, []string{"/x/devops"}, nil},
		{"whether a replaced path got in may be unknown", []way.Stage{way.Matching(way.Undecided("?")), way.Changing(way.ReplaceWhole("/devops"))},
			nil, []string{"/status"}, []string{"/devops"}},
		{"a step that cannot be told", []way.Stage{all, way.Changing(way.UnknownStep("?"))}, nil, nil, []string{"/devops"}},
		{"compared again after a step", []way.Stage{way.Matching(way.Characters("/x")), way.Changing(way.StripPrefix([]string{"/x"})), way.Matching(way.Characters("/ws"))},
			[]string{"/ws/2"}, []string{"/devops"}, nil},
		{"text that is replaced", []way.Stage{way.Matching(way.Characters("/x")), way.Changing(way.ReplaceRegex("^/x", "/devops"))},
			[]string{"/devops", "/devops/config"}, []string{"/status"}, nil},
		{"the rest that is kept", []way.Stage{way.Matching(way.Characters("/x")), way.Changing(way.ReplaceRegex("^/x/(.*)", "/devops/${1}"))},
			[]string{"/devops/config"}, []string{"/devops", "/status"}, nil},
		{"an expression that a spelling gets around", []way.Stage{way.Matching(way.Characters("/devops")), way.Changing(way.ReplaceRegex("^/devops(.*)", "/nowhere$1"))},
			[]string{"/devops", "/nowhere"}, []string{"/status"}, nil},
		{"an expression that is not pinned", []way.Stage{all, way.Changing(way.ReplaceRegex("/x/(.*)", "/$1"))}, nil, nil, []string{"/devops"}},
		{"an expression of another shape", []way.Stage{all, way.Changing(way.ReplaceRegex("^/(a|b)/(c)$", "/$2"))}, nil, nil, []string{"/devops"}},
		{"Contour's replacement with and without a slash", []way.Stage{way.Matching(way.Characters("/x")), way.Changing(way.ReplacePrefix("/x/", "/devops"))},
			[]string{"/devops", "/devops/config", "/devopsconfig"}, []string{"/status"}, nil},
		{"Contour's replacement by nothing", []way.Stage{way.Matching(way.Characters("/x")), way.Changing(way.ReplacePrefix("/x", "/"))},
			[]string{"/devops", "/status"}, nil, nil},
		{"Contour's replacement of everything", []way.Stage{all, way.Changing(way.ReplacePrefix("/", "/y"))}, []string{"/ydevops"}, []string{"/devops", "/y/devops"}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := way.Through(tt.stages)
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
	for name, stages := range map[string][]way.Stage{
		"added":    {way.Matching(way.Exact(way.Decoded, "/piggyback/x/y")), way.Changing(way.AddPrefix("/devops"))},
		"stripped": {way.Matching(way.Exact(way.Decoded, "/z/devops/piggyback/x/y")), way.Changing(way.StripPrefix([]string{"/z"}))},
		"replaced": {way.Matching(way.Exact(way.Decoded, "/z")), way.Changing(way.ReplaceWhole("/devops/piggyback/x/y"))},
	} {
		if got := way.Through(stages).Reach().Admin; !cmp.Equal(got, []string{"/devops"}) {
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
		step := way.ReplaceRegex(expression, replacement)
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
