package rendered

import (
	"testing"

	"github.com/dittoguard/dittoguard/internal/ditto/facts"
)

// TestUsersInValues: a password that is published, or empty, is worse than what there is without it; one's own is not.
func TestUsersInValues(t *testing.T) {
	for password, want := range map[string]string{"ditto": facts.Published, "": facts.Published, "c0rrect-h0rse": facts.Own} {
		list := written([]leaf{
			{path: users + "0].user", field: "values.global.basicAuthUsers[0].user", value: "kim"},
			{path: users + "0].password", field: "values.global.basicAuthUsers[0].password", value: password},
		})
		if len(list) == 0 || list[0].Facts.Credential == nil || list[0].Before.Credential == nil {
			t.Fatalf("%q: %+v", password, list)
		}
		with, before := list[0].Facts.Credential, list[0].Before.Credential
		if with.State != want || before.State != facts.Own {
			t.Errorf("%q: %s, and %s without it, want %s", password, with.State, before.State, want)
		}
		if with.User != "kim" || with.Key != "values.global.basicAuthUsers[0]" {
			t.Errorf("%q: user %q at %q", password, with.User, with.Key)
		}
	}
}
