// Package report writes the verdict on a set of objects for people and for programs.
package report

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"github.com/dittoguard/dittoguard/internal/check"
)

// APIVersion is the version of the form that JSON has.
const APIVersion = "dittoguard.io/v1alpha1"

// Document is a result as JSON writes it.
type Document struct {
	APIVersion string `json:"apiVersion"`
	// Notes are what was left out, and what was read otherwise than one might think, in a sentence each.
	Notes []string `json:"notes,omitempty"`
	check.Result
}

// JSON writes the result in its fixed form: an object with findings, unknown and summary, indented, in stable order,
// without null in the place of a list. Findings that no mode asks for are left out.
func JSON(w io.Writer, result check.Result, notes ...string) error {
	result = check.Sorted(result)
	result.Findings = slices.DeleteFunc(result.Findings,
		func(f check.Finding) bool { return f.Action == check.ActionNone })
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false) // it is no HTML, and `->` in a message should be readable
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(Document{APIVersion, notes, result}); err != nil {
		return fmt.Errorf("writing JSON: %w", err)
	}
	return nil
}
