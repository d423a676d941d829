package way

import "testing"

// TestLands: Ditto resolves the dot segments of what an edge writes. A prefix is read without what follows it.
func TestLands(t *testing.T) {
	for _, test := range []struct {
		rewrite Rewrite
		want    string
	}{
		{Rewrite{Kind: RewriteConstant, To: "/api/../devops"}, "/devops"},
		{Rewrite{Kind: RewriteConstant, To: "/api/%2e%2E/%64evops"}, "/api/%2e%2E/%64evops"},
		{Rewrite{Kind: RewriteConstant, To: "/a/.."}, "/"},
		{Rewrite{Kind: RewriteConstant, To: "/50%/x/../%"}, "/50%/%"},
		{Rewrite{Kind: RewritePrefix, To: "/api/.."}, ""},
		{Rewrite{Kind: RewritePrefix, To: "/api/../"}, "/"},
		{Rewrite{Kind: RewritePrefix, To: "/x/../dev"}, "/dev"},
		{Rewrite{Kind: RewritePrefix, To: "/ui"}, "/ui"},
	} {
		if got := test.rewrite.lands(); got != test.want {
			t.Errorf("%+v: %q, want %q", test.rewrite, got, test.want)
		}
	}
}
