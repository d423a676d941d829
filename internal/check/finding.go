// Package check joins rules, engine, Ditto facts and an inventory: it says what is wrong in a set of objects, what a
// change of one object makes wrong, and what the mutations would change.
package check

import (
	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/engine"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/rules"
)

// Action is what a finding leads to.
type Action string

// The actions, strictest first. ActionNone is a finding that no mode asks for.
const (
	ActionDeny  Action = "deny"
	ActionWarn  Action = "warn"
	ActionAudit Action = "audit"
	ActionNone  Action = ""
)

// Finding is one violated rule on one subject. Ways in that differ only in the path a client asks for are one finding.
// The JSON names are fixed: fields may be added, none renamed.
type Finding struct {
	Rule     string         `json:"rule"`
	Title    string         `json:"title"`
	Level    rules.Level    `json:"level"`
	Severity rules.Severity `json:"severity"`
	Action   Action         `json:"action"`
	Subject  inventory.Ref  `json:"subject"`
	// Entry is the object that opens the way in, where the finding is about one.
	Entry   *inventory.Ref `json:"entry,omitempty"`
	Message string         `json:"message"`
	// Path is the way in, one hop a string, from outside inwards; empty for a finding that is about no way in.
	Path []string `json:"path"`
	// Routes are what clients can ask for on this way (`ditto.example.com/api`); empty where it has no paths.
	Routes []string `json:"routes,omitempty"`
	// Fix says what to change.
	Fix string `json:"fix"`
	// Advice says it in a sentence, for where the subject comes from: of an object that Ditto's chart rendered, in
	// values.
	Advice string `json:"advice,omitempty"`
	// Fixes are the ways to mend it that apply, in a sentence each; the first is what most people want.
	Fixes []string `json:"fixes,omitempty"`
	// Cause is the ID of the Cause that it belongs to.
	Cause string `json:"cause,omitempty"`
	// Guide is the section of Ditto's hardening guide.
	Guide string `json:"guide"`
	// File and Line are where the subject was read from; empty and 0 in a cluster.
	File string `json:"file"`
	Line int    `json:"line"`
	// Notes say what else there is to know of it, in a sentence each: that it was excepted until a day, why it counts
	// as new.
	Notes []string `json:"notes,omitempty"`
	// Keys identify the violation: the rule, its subject, the object that opens the way in, and what is wrong. They
	// stay the same while that does, whichever paths and hosts are open (Routes), and however a container is called.
	Keys []string `json:"keys"`

	// ways are the ways in that it stands for, by their keys.
	ways []string
	// of is one of the violations that it stands for; fixes are those of Fixes.
	of    *violation
	fixes []engine.AppliedFix
	// since is the version that what it violates is there from.
	since rules.Version
}

// Unknown is something that could not be decided, and what would settle it.
type Unknown struct {
	Rule    string        `json:"rule,omitempty"`
	Subject inventory.Ref `json:"subject"`
	// Unlisted says that it is about every object of the subject's kind: none could be read in its namespace, or in all
	// where that is empty. The subject has no name then.
	Unlisted bool `json:"unlisted,omitempty"`
	// Entry is the object that opens the way in, where this is about one.
	Entry *inventory.Ref `json:"entry,omitempty"`
	// What names it in a few words.
	What    string `json:"what"`
	Message string `json:"message"`
	// Code names the reason that the message gives, one of docs/unknowns.md; empty where that is not in the catalogue.
	Code reason.Code `json:"code,omitempty"`
	File string      `json:"file,omitempty"`
	Line int         `json:"line,omitempty"`
}

// Summary counts.
type Summary struct {
	// Objects is the number of objects that were looked at.
	Objects int `json:"objects"`
	// Denied and Warned are numbers of findings by action.
	Denied int `json:"denied"`
	Warned int `json:"warned"`
}

// Result is the verdict on a set of objects. Its JSON form is fixed.
type Result struct {
	Findings []Finding `json:"findings"`
	Unknown  []Unknown `json:"unknown"`
	// Causes are what a person would change, with the findings of each counted.
	Causes []Cause `json:"causes,omitempty"`
	// Installations are the Dittos that were found.
	Installations []Installation `json:"installations,omitempty"`
	// Exceptions are those of the configuration that applied.
	Exceptions []AppliedException `json:"exceptions,omitempty"`
	// Baseline says what a baseline left out of the findings; nil without one.
	Baseline *Baselined `json:"baseline,omitempty"`
	Summary  Summary    `json:"summary"`
}

// Baselined is what became of a baseline.
type Baselined struct {
	File string `json:"file"`
	// Known counts the findings that are left out, since they are known and let in no more.
	Known int `json:"known"`
	// Stale are the entries where nothing is wrong any more.
	Stale []StaleEntry `json:"stale,omitempty"`
}

// StaleEntry is an entry of a baseline that matches no finding.
type StaleEntry struct {
	Rule    string         `json:"rule"`
	Subject inventory.Ref  `json:"subject"`
	Entry   *inventory.Ref `json:"entry,omitempty"`
	Line    int            `json:"line"`
}
