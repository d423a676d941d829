package shell

import "testing"

func TestWord(t *testing.T) {
	for word, want := range map[string]string{
		"deploy/prod": "deploy/prod", "oci://example.com/ditto": "oci://example.com/ditto", "": "''",
		"with space": "'with space'", "$(id)": "'$(id)'", "it's; rm": `'it'\''s; rm'`, "Ä": "'Ä'",
	} {
		if got := Word(word); got != want {
			t.Errorf("Word(%q) = %s, want %s", word, got, want)
		}
	}
}
