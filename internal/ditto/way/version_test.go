package way

import "testing"

func TestParseVersion(t *testing.T) {
	for text, want := range map[string]Version{"3.6": {Major: 3, Minor: 6}, "v3.6.2": {Major: 3, Minor: 6}, " 0.17.0-alpha.2 ": {Major: 0, Minor: 17}, "10.0": {Major: 10, Minor: 0}} {
		if got, ok := ParseVersion(text); !ok || got != want {
			t.Errorf("%q: %v %t", text, got, ok)
		}
	}
	for _, text := range []string{"", "3", "latest", "v", "3.x", "-1.2", "3.-6"} {
		if got, ok := ParseVersion(text); ok {
			t.Errorf("%q is read as %v", text, got)
		}
	}
	if !(Version{Major: 3, Minor: 6}).AtLeast(3, 6) || !(Version{Major: 4, Minor: 0}).AtLeast(3, 6) || (Version{Major: 3, Minor: 5}).AtLeast(3, 6) || (Version{Major: 2, Minor: 9}).AtLeast(3, 6) {
		t.Error("releases are in the wrong order")
	}
}
