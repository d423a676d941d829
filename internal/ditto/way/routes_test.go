package way

import "testing"

// TestRepeats: no two texts are the same, whatever number somebody has written into one.
func TestRepeats(t *testing.T) {
	seen := Repeats{}
	for i, tt := range [][2]string{
		{"a", "a"}, {"b", "b"}, {"a", "a (2)"}, {"a", "a (3)"}, {"b (2)", "b (2)"}, {"b", "b (3)"}, {"a (2)", "a (2) (2)"}, {"a", "a (4)"},
	} {
		if got := seen.Distinct(tt[0]); got != tt[1] {
			t.Errorf("%d: %q becomes %q, want %q", i, tt[0], got, tt[1])
		}
	}
}
