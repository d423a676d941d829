package check

import (
	"strconv"
	"strings"

	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/rules"
)

// Cause is what a person would change: the object that a rule holds responsible, be it a workload with a setting, an
// entry or a file of passwords, with all that the rule finds wrong because of it. One change settles all of a cause's
// findings.
type Cause struct {
	// ID identifies it; findings point at it by Finding.Cause.
	ID       string         `json:"id"`
	Rule     string         `json:"rule"`
	Title    string         `json:"title"`
	Severity rules.Severity `json:"severity"`
	Action   Action         `json:"action"`
	// Subject is the object.
	Subject inventory.Ref `json:"subject"`
	// Message says what is wrong, of the first of the findings.
	Message string `json:"message"`
	// Findings counts them, Ways the ways in that are open because of them.
	Findings int `json:"findings"`
	Ways     int `json:"ways"`
	// Example is one of those ways, one hop a string, from outside inwards.
	Example []string `json:"example,omitempty"`
	// Advice says in a sentence what to change, of the first of the findings that says so; their Fix says it at length.
	Advice string `json:"advice,omitempty"`
	Guide  string `json:"guide,omitempty"`
	File   string `json:"file,omitempty"`
	Line   int    `json:"line,omitempty"`
}

// Causes puts findings together by what a person would change, in the order of the first finding of each. Findings that
// no mode asks for have none.
func Causes(findings []Finding) []Cause {
	at := map[string]int{}
	ways := map[string]map[string]bool{}
	var list []Cause
	for _, f := range findings {
		if f.Action == ActionNone {
			continue
		}
		i, known := at[f.Cause]
		if !known {
			i = len(list)
			at[f.Cause], ways[f.Cause] = i, map[string]bool{}
			list = append(list, Cause{
				ID: f.Cause, Rule: f.Rule, Title: f.Title, Severity: f.Severity, Action: f.Action, Subject: f.Subject,
				Message: f.Message,
				Advice:  f.Advice, Guide: f.Guide, File: f.File, Line: f.Line,
			})
		}
		c := &list[i]
		c.Findings++
		if len(c.Example) == 0 {
			c.Example = f.Path
		}
		for _, way := range f.ways {
			ways[f.Cause][way] = true
		}
		c.Ways = len(ways[f.Cause])
	}
	return list
}

// causeOf identifies what a finding's cause is. Where manifests define an object twice, each of them is one.
func causeOf(f *Finding) string {
	parts := []string{f.Rule, string(f.Action), f.Subject.ID().String()}
	if f.File != "" {
		parts = append(parts, f.File+":"+strconv.Itoa(f.Line))
	}
	return strings.Join(parts, "|")
}
