package wire

import "testing"

// TestNormalise: what nginx chooses a location by. The real nginx is asked in nginxconf's tests.
func TestNormalise(t *testing.T) {
	for _, tt := range []struct {
		raw, uri, args    string
		merge, quoted, ok bool
	}{
		{"/a/../b?c=d#e", "/b", "c=d", true, false, true}, {"//a//b", "/a/b", "", true, false, true}, {"//a//b", "//a//b", "", false, false, true},
		{"/%64evops", "/devops", "", true, true, true}, {"/a%2F..%2fb", "/b", "", true, true, true}, {"/a%3Fb", "/a?b", "", true, true, true},
		{"/./a/.", "/a/", "", true, false, true}, {"/...", "/...", "", true, false, true}, {"/a/..", "/", "", true, false, true}, {"/a#b?c", "/a", "", true, false, true},
		{"/..", "", "", true, false, false}, {"/a/../../b", "", "", true, false, false}, {"/%", "", "", true, true, false}, {"/%zz", "", "", true, true, false},
		{"/%00", "", "", true, true, false}, {"/a b", "", "", true, false, false}, {"a", "", "", true, false, false}, {"", "", "", true, false, false},
	} {
		uri, args, quoted, _, ok := Normalise(tt.raw, tt.merge)
		if uri != tt.uri || args != tt.args || ok != tt.ok || ok && quoted != tt.quoted {
			t.Errorf("%q: %q %q, quoted %t, ok %t", tt.raw, uri, args, quoted, ok)
		}
	}
}

func TestEscapes(t *testing.T) {
	if got := EscapeURI("/a b?c+d&\xff"); got != "/a%20b%3Fc+d&%FF" {
		t.Error(got)
	}
	if got := EscapeArgs("/a b?c+d&"); got != "/a%20b%3Fc%2Bd%26" {
		t.Error(got)
	}
}

// FuzzNormalise: a normalised path stays the same when it is escaped and normalised again.
func FuzzNormalise(f *testing.F) {
	f.Add("/a/../b%2f..%2e//c?d")
	f.Add("/%2e%2e/.")
	f.Fuzz(func(t *testing.T, raw string) {
		uri, _, _, _, ok := Normalise(raw, true)
		if !ok {
			return
		}
		again, _, _, _, ok := Normalise(EscapeURI(uri), true)
		if !ok || again != uri {
			t.Errorf("%q is %q, and then %q (%t)", raw, uri, again, ok)
		}
	})
}
