package reason

import (
	"regexp"
	"strings"
	"testing"
)

// TestReasons: codes are codes, and from what a reader says its reason can be told, whatever it is about and whatever a rule says
// before it.
func TestReasons(t *testing.T) {
	code := regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)+$`)
	sentences := map[string]Code{}
	for _, r := range All() {
		if !code.MatchString(string(r.Code)) || byCode[r.Code].Sentence != r.Sentence {
			t.Errorf("%q is no code of its own", r.Code)
		}
		if other, twice := sentences[r.Sentence]; twice {
			t.Errorf("%s and %s say the same", r.Code, other)
		}
		sentences[r.Sentence] = r.Code
		if r.Settles == "" || !strings.HasSuffix(r.Settles, ".") {
			t.Errorf("%s: nothing settles it: %q", r.Code, r.Settles)
		}
		if verbs := regexp.MustCompile(`%(.?)`).FindAllStringSubmatch(r.Sentence, -1); strings.Contains(r.Sentence, "%") {
			for _, v := range verbs {
				if !strings.Contains("sdv", v[1]) {
					t.Errorf("%s: the verb %%%s", r.Code, v[1])
				}
			}
		}
		var about []any
		for range verb.FindAllString(r.Sentence, -1) {
			about = append(about, "it")
		}
		said := strings.NewReplacer("%!d(string=it)", "7").Replace(Of(r.Code, about...))
		if got := In("whether it is so is unknown: Ingress a/b: " + said); got != r.Code {
			t.Errorf("%q is said to be %s, and is %s", said, got, r.Code)
		}
	}
	if got := In("nobody knows"); got != "" {
		t.Errorf("a reason that is none: %s", got)
	}
}
