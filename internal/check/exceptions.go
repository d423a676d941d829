package check

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/dittoguard/dittoguard/internal/config"
	"github.com/dittoguard/dittoguard/internal/engine"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// AppliedException is what an exception lets pass.
type AppliedException struct {
	Rule    string        `json:"rule"`
	Subject inventory.Ref `json:"subject"`
	// Entry is the object that opens the way in, where the finding would be about one.
	Entry  *inventory.Ref `json:"entry,omitempty"`
	Reason string         `json:"reason"`
	// Until is the last day on which the exception counts, in UTC: `2027-01-31`.
	Until string `json:"until"`
	// Line is where the exception stands in the configuration.
	Line int `json:"-"`
}

// Exceptions are those of the configuration that is judged by.
func (c *Checker) Exceptions() []config.Exception { return c.config.Exceptions }

// NextLapse is when the next exception stops counting, zero if none does.
func (c *Checker) NextLapse() time.Time {
	var next time.Time
	for _, e := range c.config.Exceptions {
		if at := e.Expires.AddDate(0, 0, 1); !e.Expired(c.now()) && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	return next
}

// exception is the one that lets the rule's findings on the subject pass, nil if there is none.
func (c *Checker) exception(rule string, subject inventory.Ref, entry *inventory.Ref) *config.Exception {
	return c.config.ExceptionFor(rule, subject, refOf(entry), c.now())
}

// except keeps that an exception applied, if the rule found something.
func (j *judging) except(e *config.Exception, rule string, subject inventory.Ref, entry *inventory.Ref,
	outcome engine.Outcome) {
	if outcome.Err == nil && len(outcome.Violations) == 0 &&
		(len(outcome.Unknowns) == 0 || !j.checker.config.Rules[rule].DenyUnknown) {
		return
	}
	j.excepted = append(j.excepted, applied(e, rule, subject, entry))
}

func applied(e *config.Exception, rule string, subject inventory.Ref, entry *inventory.Ref) AppliedException {
	return AppliedException{
		Rule: rule, Subject: subject, Entry: entry, Reason: e.Reason, Until: e.Expires.Format(time.DateOnly),
		Line: e.Line,
	}
}

// settle sorts exceptions that applied, and leaves each out but once: ways in differ in more than rule, subject and
// entry.
func settle(list []AppliedException) []AppliedException {
	entry := func(e AppliedException) inventory.Ref {
		if e.Entry == nil {
			return inventory.Ref{}
		}
		return *e.Entry
	}
	compare := func(a, b AppliedException) int {
		return cmp.Or(strings.Compare(a.Rule, b.Rule), a.Subject.Compare(b.Subject), entry(a).Compare(entry(b)),
			cmp.Compare(a.Line, b.Line))
	}
	list = slices.Clone(list)
	slices.SortFunc(list, compare)
	return slices.CompactFunc(list, func(a, b AppliedException) bool { return compare(a, b) == 0 })
}
