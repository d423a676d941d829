package hocon

import (
	"os"
	"path/filepath"
	"testing"

	library "github.com/gurkankaymak/hocon"
)

// These tests say why documents are not read by github.com/gurkankaymak/hocon. If one fails after an update of the library,
// the reason it stands for has gone; when all have, the library can take the place of the parser here.

func TestLibraryReadsTheEnvironmentOfThisProcess(t *testing.T) {
	t.Setenv("DITTOGUARD_TEST_ON", "true")
	c, err := library.ParseString("a = false\na = ${?DITTOGUARD_TEST_ON}")
	if err != nil {
		t.Fatal(err)
	}
	if got := c.GetString("a"); got != "true" {
		t.Errorf("a = %s: the library no longer asks the environment", got)
	}
}

func TestLibraryOpensIncludedFiles(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "x.conf"), []byte("a = from file"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	c, err := library.ParseString(`include "x.conf"` + "\n")
	if err != nil {
		t.Fatal(err)
	}
	if got := c.GetString("a"); got == "" {
		t.Error("the library no longer opens included files")
	}
}

// TestLibraryReadsOtherwise holds documents that the library refuses or reads otherwise than the HOCON specification asks.
func TestLibraryReadsOtherwise(t *testing.T) {
	for name, test := range map[string]struct{ doc, path, want string }{
		"escaped quotes":                 {`a = "x\"y"`, "a", `x"y`},
		"a value on the next line":       {"a =\n  # why\n  on\nb = 1", "a", "on"},
		"a number as key":                {"a { 1 = on }", "a.1", "on"},
		"text that begins with a number": {"a = 10.0.0.1/8", "a", "10.0.0.1/8"},
		"an earlier object's field":      {"a { b = on }\na.c.d = 1\na { b = ${?NOT_SET_ANYWHERE} }", "a.b", "on"},
	} {
		t.Run(name, func(t *testing.T) {
			d, err := Parse(test.doc)
			if err != nil {
				t.Fatal(err)
			}
			if got := d.Lookup(test.path, Outside{}); got.Text != test.want {
				t.Errorf("here: %q, want %q", got.Text, test.want)
			}
			if got, ok := byLibrary(test.doc, test.path); ok && got == test.want {
				t.Error("the library reads this as it should")
			}
		})
	}
}

// byLibrary returns what the library has at the path, and false if it fails or panics.
func byLibrary(doc, path string) (value string, ok bool) {
	defer func() {
		if recover() != nil {
			value, ok = "", false
		}
	}()
	c, err := library.ParseString(doc)
	if err != nil {
		return "", false
	}
	if v := c.Get(path); v != nil {
		value = v.String()
	}
	return value, true
}
