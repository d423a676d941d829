package istio

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

func TestIstioValue_NamesTheHeaderOfTheClient(t *testing.T) {
	for value, want := range map[string]string{
		"%REQ(x-user)%":       "s sets the header to what the client sends in x-user",
		"n:%REQ(x-a?x-b):12%": "s sets the header to what the client sends in x-a or x-b",
		"%PATH(WQ)%":          "s sets the header to PATH, which the client controls",
		"%QUERY_PARAM(user)%": "s sets the header to QUERY_PARAM, which the client controls",
	} {
		if diff := cmp.Diff(tri.State{State: way.IdentityClient, Source: "s", Why: want}, headerValue(value, "s")); diff != "" {
			t.Errorf("%s: -want +got:\n%s", value, diff)
		}
	}
}
