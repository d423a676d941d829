package surface

import "testing"

func TestRead(t *testing.T) {
	for raw, want := range map[string]string{
		"/a/../%62": "/b", "/a%2fb": "/a%2Fb", "//a": "//a", "/%": "", "/%zz": "", "/a/%2e%2E/%2e/b": "/b", "/../a": "/a", "/a/..": "/", "/a/.": "/a/",
		"/a%2fb/../c": "/c", "/a//../b": "/a//b", "/a/..;/b": "/a/..;/b", "/a/...": "/a/...",
	} {
		if got, ok := Read(raw); got != want || ok != (want != "") {
			t.Errorf("%s: %q, %t", raw, got, ok)
		}
	}
}
