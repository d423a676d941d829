package config

import (
	"slices"
	"time"

	"github.com/dittoguard/dittoguard/internal/inventory"
)

// Exception lets some findings pass for a while.
type Exception struct {
	// Rules are the names of the rules that are excepted.
	Rules []string
	Match Match
	// Reason is for whoever reads the file next.
	Reason string
	// Expires is midnight UTC at the begin of the last day on which the exception counts.
	Expires time.Time
	// Line is where the exception stands in its file.
	Line int
}

// Match names a finding's subject or entry. Empty fields match everything; one is set at least.
type Match struct {
	Namespace string
	Kind      string
	Name      string
}

// Expired says whether the exception has stopped counting: it does when its last day is over in UTC.
func (e Exception) Expired(now time.Time) bool {
	return !now.Before(e.Expires.AddDate(0, 0, 1))
}

func (e Exception) covers(rule string, subject, entry inventory.Ref) bool {
	return slices.Contains(e.Rules, rule) && (e.Match.matches(subject) || e.Match.matches(entry))
}

// matches is never true of the zero Ref, which names nothing.
func (m Match) matches(ref inventory.Ref) bool {
	return ref != inventory.Ref{} &&
		(m.Namespace == "" || m.Namespace == ref.Namespace) &&
		(m.Kind == "" || m.Kind == ref.Kind) &&
		(m.Name == "" || m.Name == ref.Name)
}
