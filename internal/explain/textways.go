package explain

import (
	"reflect"
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/facts"
)

// verdictWords are the verdicts in a word or two.
var verdictWords = map[string]string{
	VerdictDeny: "DENIED", VerdictWarn: "WARNED OF", VerdictAudit: "AUDITED", VerdictOff: "FOUND, in no mode",
	VerdictUnknown: "NOT ALL KNOWN", VerdictClean: "nothing found",
}

func (p *page) ways(i Installation) {
	public := 0
	for _, w := range i.WaysIn {
		if w.Public {
			public++
		}
	}
	p.gap()
	p.line(2, 2, "Ways in: %d public, %d internal", public, len(i.WaysIn)-public)
	if len(i.WaysIn) == 0 {
		p.line(4, 2, "none was found among these objects")
	}
	number := 0
	for rest := i.WaysIn; len(rest) > 0; {
		n := 1
		for n < len(rest) && alike(rest[0], rest[n]) {
			n++
		}
		number++
		p.way(number, rest[:n])
		rest = rest[n:]
	}
}

// alike says whether two ways differ only in what clients ask for, in what that reaches, and so in what is found.
func alike(a, b Way) bool { return reflect.DeepEqual(a.behind(), b.behind()) }

// behind is the way without what depends on what clients ask for.
func (w Way) behind() Way {
	w.Steps = append([]Step{{Object: w.Steps[0].Object}}, w.Steps[1:]...)
	w.Route, w.Reaches, w.Findings, w.Verdict = "", Reaches{}, nil, ""
	return w
}

// way writes ways that are alike.
func (p *page) way(number int, ways []Way) {
	w := ways[0]
	reach := "INTERNAL"
	if w.Public {
		reach = "PUBLIC"
	}
	worst := w.Verdict
	for _, w := range ways {
		if slices.Index(severities, w.Verdict) > slices.Index(severities, worst) {
			worst = w.Verdict
		}
	}
	p.gap()
	p.line(4, 4, "%d. %s, %s: %s to %s of %s %s", number, reach, verdictWords[worst], w.Via, w.Port, w.Component,
		w.Target)
	const indent, column = 7, column - 3
	for _, w := range ways {
		p.line(indent, 4, "%s", w.Steps[0].Text)
		if w.Identity != "" {
			p.cell(indent+3, column-3, "reaches", reaches(w.Reaches))
		}
		p.findings(indent+3, column-3, w.Findings)
	}
	for _, s := range w.Steps[1:] {
		p.line(indent, 4, "-> %s", s.Text)
	}
	if w.Identity != "" {
		p.cell(indent, column, "identity", identities[w.Identity]+": "+w.IdentityWhy)
		p.cell(indent, column, "every client must authenticate", shown(Setting{
			State: w.Authenticated.State, Source: w.Authenticated.Source, Why: w.Authenticated.Why,
		}))
	}
	for _, s := range w.Properties {
		p.cell(indent, column, s.Title, shown(s))
	}
	for _, a := range w.Assumptions {
		p.cell(indent, column, "assumed", a)
	}
	for _, u := range w.Unknown {
		p.cell(indent, column, "UNKNOWN", u)
	}
}

var identities = map[string]string{
	facts.IdentitySet: "set by a step", facts.IdentityEmpty: "set, but possibly to nothing",
	facts.IdentityRemoved: "header removed, query parameter not",
	facts.IdentityClient:  "THE CLIENT'S", facts.IdentityNone: "none arrives", facts.IdentityUnknown: "UNKNOWN",
}

// reaches is what can be got at, most dangerous last: `the API; DevOps and status: /devops, /status; also /health`.
func reaches(r Reaches) string {
	var parts []string
	switch {
	case r.Disguised:
		parts = append(parts, "the API, by paths with dot segments")
	case r.API:
		parts = append(parts, "the API")
	}
	if len(r.Admin) > 0 {
		parts = append(parts, "ADMINISTRATION at "+strings.Join(r.Admin, ", "))
	}
	if len(r.AdminInDoubt) > 0 {
		parts = append(parts, "unknown whether "+strings.Join(r.AdminInDoubt, ", "))
	}
	if len(r.Other) > 0 {
		parts = append(parts, "also "+strings.Join(r.Other, ", "))
	}
	if len(parts) == 0 {
		return "nothing that matters"
	}
	return strings.Join(parts, "; ")
}
