// Package report writes the verdict on a set of objects for people and for programs.
package report

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/rules"
)

// JSON writes the result in its fixed form: an object with findings, unknown and summary, indented, in stable order,
// without null in the place of a list. Findings that no mode asks for are left out.
func JSON(w io.Writer, result check.Result) error {
	result = ordered(result)
	result.Findings = slices.DeleteFunc(result.Findings, func(f check.Finding) bool { return f.Action == check.ActionNone })
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false) // it is no HTML, and `->` in a message should be readable
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(result); err != nil {
		return fmt.Errorf("writing JSON: %w", err)
	}
	return nil
}

// ordered is a copy of the result, sorted, with empty lists for nil ones.
func ordered(result check.Result) check.Result {
	result.Findings = append([]check.Finding{}, result.Findings...)
	for i := range result.Findings {
		f := &result.Findings[i]
		f.Path = append([]string{}, f.Path...)
		f.Keys = append([]string{}, f.Keys...)
	}
	result.Unknown = append([]check.Unknown{}, result.Unknown...)
	slices.SortStableFunc(result.Findings, compareFindings)
	slices.SortStableFunc(result.Unknown, compareUnknowns)
	return result
}

var (
	actionOrder   = []check.Action{check.ActionDeny, check.ActionWarn, check.ActionAudit, check.ActionNone}
	severityOrder = []rules.Severity{rules.Critical, rules.High, rules.Medium, rules.Low}
)

// compareFindings puts first what matters most.
func compareFindings(a, b check.Finding) int {
	return cmp.Or(
		cmp.Compare(rank(actionOrder, a.Action), rank(actionOrder, b.Action)),
		cmp.Compare(rank(severityOrder, a.Severity), rank(severityOrder, b.Severity)),
		strings.Compare(a.Rule, b.Rule),
		a.Subject.Compare(b.Subject),
		strings.Compare(a.File, b.File),
		cmp.Compare(a.Line, b.Line),
		strings.Compare(a.Message, b.Message),
		slices.Compare(a.Path, b.Path),
		slices.Compare(a.Keys, b.Keys),
	)
}

func compareUnknowns(a, b check.Unknown) int {
	return cmp.Or(
		a.Subject.Compare(b.Subject),
		strings.Compare(a.What, b.What),
		strings.Compare(a.Message, b.Message),
		strings.Compare(a.Rule, b.Rule),
		strings.Compare(a.File, b.File),
		cmp.Compare(a.Line, b.Line),
	)
}

// rank puts what is not in the order last.
func rank[T comparable](order []T, v T) int {
	if i := slices.Index(order, v); i >= 0 {
		return i
	}
	return len(order)
}
