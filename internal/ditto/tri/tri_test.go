package tri

import "testing"

// TestAnd: of two states the weaker one counts, and the first where both are alike, so that its reason is told.
func TestAnd(t *testing.T) {
	for _, test := range []struct {
		a, b, want string
	}{
		{On, On, On},
		{On, Off, Off},
		{On, Unknown, Unknown},
		{Unknown, Off, Off},
		{Unknown, Unknown, Unknown},
		{"", On, On},
		{"", Unknown, Unknown},
		{"", "", ""},
	} {
		for _, pair := range [][2]string{{test.a, test.b}, {test.b, test.a}} {
			a, b := State{State: pair[0], Why: "the first"}, State{State: pair[1], Why: "the second"}
			got := And(a, b)
			want := a
			if pair[0] != test.want {
				want = b
			}
			if got != want {
				t.Errorf("And(%q, %q) is %+v, want %+v", pair[0], pair[1], got, want)
			}
		}
	}
}
