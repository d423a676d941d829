package evidence

import (
	"flag"
	"os"
	"testing"
)

var update = flag.Bool("update", false, "rewrite docs/evidence.md")

const page = "../../../docs/evidence.md"

func TestThePageIsMadeOfTheRecords(t *testing.T) {
	want, err := Page("..")
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(page, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Error("docs/evidence.md is not what the records say; run `make generate`")
	}
}
