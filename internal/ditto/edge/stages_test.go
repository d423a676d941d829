package edge

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestThrough(t *testing.T) {
	all := matching(characters("/"))
	for _, tt := range []struct {
		name   string
		stages []stage
		// leads, closed and open are paths that arrive, that do not, and of which it cannot be decided.
		leads, closed, open []string
	}{
		{"nothing at all", nil, []string{"/devops"}, nil, nil},
		{"a prefix that is stripped", []stage{matching(characters("/x")), changing(stripPrefix([]string{"/x"}))},
			[]string{"/devops", "/x/devops"}, nil, nil},
		{"the first prefix that fits is stripped", []stage{matching(exact(decoded, "/a/b/devops")), changing(stripPrefix([]string{"/a", "/a/b"}))},
			[]string{"/b/devops"}, []string{"/devops"}, nil},
		{"a path that does not fit stays", []stage{all, changing(stripPrefix([]string{"/x"}))}, []string{"/devops"}, nil, nil},
		{"a prefix in the middle of an element", []stage{matching(exact(decoded, "/xdevops")), changing(stripPrefix([]string{"/x"}))},
			[]string{"/devops"}, []string{"/xdevops"}, nil},
		{"a prefix that is added", []stage{matching(characters("/api")), changing(addPrefix("/ditto"))},
			[]string{"/ditto/api/2"}, []string{"/api/2", "/devops"}, nil},
		{"stripped and added", []stage{matching(characters("/x")), changing(stripPrefix([]string{"/x"})), changing(addPrefix("/devops"))},
			[]string{"/devops", "/devops/config"}, []string{"/status", "/config"}, nil},
		{"added and stripped", []stage{matching(exact(decoded, "/status")), changing(addPrefix("/y")), changing(stripPrefix([]string{"/y"}))},
			[]string{"/status"}, []string{"/y/status"}, nil},
		{"a path that replaces any", []stage{matching(characters("/x")), changing(replaceWhole("/devops"))}, []string{"/devops"}, []string{"/x", "/status"}, nil},
		{"what comes before a replacement does not matter", []stage{all, changing(unknownStep("?")), changing(replaceWhole("/devops"))},
			[]string{"/devops"}, []string{"/status"}, nil},
		{"what comes after does", []stage{all, changing(replaceWhole("/x/devops")), changing(stripPrefix([]string{"/x"}))},
			[]string{"/devops"}, []string{"/x/devops"}, nil},
		{"whether a replaced path got in may be unknown", []stage{matching(undecided("?")), changing(replaceWhole("/devops"))},
			nil, []string{"/status"}, []string{"/devops"}},
		{"a step that cannot be told", []stage{all, changing(unknownStep("?"))}, nil, nil, []string{"/devops"}},
		{"compared again after a step", []stage{matching(characters("/x")), changing(stripPrefix([]string{"/x"})), matching(characters("/ws"))},
			[]string{"/ws/2"}, []string{"/devops"}, nil},
		{"text that is replaced", []stage{matching(characters("/x")), changing(replaceRegex("^/x", "/devops"))},
			[]string{"/devops", "/devops/config"}, []string{"/status"}, nil},
		{"the rest that is kept", []stage{matching(characters("/x")), changing(replaceRegex("^/x/(.*)", "/devops/${1}"))},
			[]string{"/devops/config"}, []string{"/devops", "/status"}, nil},
		{"an expression that a spelling gets around", []stage{matching(characters("/devops")), changing(replaceRegex("^/devops(.*)", "/nowhere$1"))},
			[]string{"/devops", "/nowhere"}, []string{"/status"}, nil},
		{"an expression that is not pinned", []stage{all, changing(replaceRegex("/x/(.*)", "/$1"))}, nil, nil, []string{"/devops"}},
		{"an expression of another shape", []stage{all, changing(replaceRegex("^/(a|b)/(c)$", "/$2"))}, nil, nil, []string{"/devops"}},
		{"Contour's replacement with and without a slash", []stage{matching(characters("/x")), changing(replacePrefix("/x/", "/devops"))},
			[]string{"/devops", "/devops/config", "/devopsconfig"}, []string{"/status"}, nil},
		{"Contour's replacement by nothing", []stage{matching(characters("/x")), changing(replacePrefix("/x", "/"))},
			[]string{"/devops", "/status"}, nil, nil},
		{"Contour's replacement of everything", []stage{all, changing(replacePrefix("/", "/y"))}, []string{"/ydevops"}, []string{"/devops", "/y/devops"}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := through(tt.stages)
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
	for name, stages := range map[string][]stage{
		"added":    {matching(exact(decoded, "/piggyback/x/y")), changing(addPrefix("/devops"))},
		"stripped": {matching(exact(decoded, "/z/devops/piggyback/x/y")), changing(stripPrefix([]string{"/z"}))},
		"replaced": {matching(exact(decoded, "/z")), changing(replaceWhole("/devops/piggyback/x/y"))},
	} {
		if got := through(stages).Reach().Admin; !cmp.Equal(got, []string{"/devops"}) {
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
		step := replaceRegex(expression, replacement)
		if step.unknown != "" {
			return
		}
		from, _ := step.origins(path)
		for _, p := range from {
			if p != path && step.forward(p) != path {
				t.Errorf("%q becomes %q, not %q", p, step.forward(p), path)
			}
		}
	})
}
