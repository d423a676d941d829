package check

import (
	"cmp"
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/rules"
)

var (
	actionOrder   = []Action{ActionDeny, ActionWarn, ActionAudit, ActionNone}
	severityOrder = []rules.Severity{rules.Critical, rules.High, rules.Medium, rules.Low}
)

// Sorted is a copy of the result in the order that people and programs read it in: what matters most first, and the
// same objects always in the same order. Lists that are nil are empty in it.
func Sorted(result Result) Result {
	result.Findings = append([]Finding{}, result.Findings...)
	for i := range result.Findings {
		f := &result.Findings[i]
		f.Path = append([]string{}, f.Path...)
		f.Keys = append([]string{}, f.Keys...)
	}
	result.Unknown = append([]Unknown{}, result.Unknown...)
	slices.SortStableFunc(result.Findings, compareFindings)
	slices.SortStableFunc(result.Unknown, compareUnknowns)
	result.Causes = Causes(result.Findings)
	return result
}

func compareFindings(a, b Finding) int {
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

func compareUnknowns(a, b Unknown) int {
	return cmp.Or(
		a.Subject.Compare(b.Subject),
		strings.Compare(a.Rule, b.Rule),
		strings.Compare(a.What, b.What),
		strings.Compare(a.Message, b.Message),
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
