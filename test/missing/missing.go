// Package missing skips tests for want of something, and not in silence: `make test` names at its end what was missing.
package missing

import (
	"fmt"
	"os"
	"testing"
)

// file is the environment variable that names the file which what is missing is written to, a line each.
const file = "DITTOGUARD_TEST_MISSING"

// Tool skips a test for want of a program, which fails it in CI: there everything can be installed.
func Tool(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(what)
	}
	Data(t, what)
}

// Data skips a test for want of something that is not part of the checkout, and that not everybody has.
func Data(t testing.TB, what string) {
	t.Helper()
	if name := os.Getenv(file); name != "" {
		out, err := os.OpenFile(name, os.O_APPEND|os.O_WRONLY|os.O_CREATE, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		defer out.Close()
		if _, err := fmt.Fprintln(out, what); err != nil {
			t.Fatal(err)
		}
	}
	t.Skip(what)
}
