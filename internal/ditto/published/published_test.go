package published

import (
	"slices"
	"testing"
)

func TestEveryPairIsAPublishedPassword(t *testing.T) {
	words := Published()
	for _, pair := range Pairs() {
		if !slices.Contains(words, pair.Password) {
			t.Errorf("the password of %s is in Pairs but not in Published", pair.User)
		}
	}
	if sorted := slices.Compact(slices.Sorted(slices.Values(words))); len(sorted) != len(words) {
		t.Errorf("a password is listed twice: %d words, %d different", len(words), len(sorted))
	}
}

func TestIs(t *testing.T) {
	for word, want := range map[string]bool{
		"foobar": true, "status": true, "": true,
		"Foobar": false, "foobar ": false, "7Hn2-own": false,
	} {
		if got := Is(word); got != want {
			t.Errorf("Is(%q) = %v, want %v", word, got, want)
		}
	}
}

func TestCallersCannotChangeTheList(t *testing.T) {
	Published()[0] = "changed"
	if !Is("ditto") {
		t.Error("a caller changed the list for everyone")
	}
}
