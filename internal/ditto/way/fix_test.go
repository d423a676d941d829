package way

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dittoguard/dittoguard/internal/ditto/tri"
)

// Nothing is advised where nothing is wrong, and nothing changed where it is not certain that something is.
func TestHandling_Settle(t *testing.T) {
	whole := Fix{Advice: "do", Annotations: map[string]string{"a": "b"}, Edits: []Edit{{Path: "/spec"}}}
	h := Handling{
		Effects: Effects{StripsIdentity: tri.State{State: tri.On}, HidesHeaders: tri.State{State: tri.Off}}, Rate: Rate{Limited: tri.State{State: tri.Unknown}},
		Fixes: Fixes{StripIdentity: whole, HideHeaders: whole, LimitRequests: whole},
	}
	h.Settle()
	if diff := cmp.Diff(Fixes{HideHeaders: whole, LimitRequests: {Advice: "do"}}, h.Fixes); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
