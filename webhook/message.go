package webhook

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	admissionv1 "k8s.io/api/admission/v1"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

const (
	// maxFindings is how many findings a refusal explains; the rest are counted by their rules.
	maxFindings = 5
	// maxWarnings and maxWarning (in characters) are what an API server passes on whole, whatever else it warns of:
	// 4096 characters in all, and 256 in each where there are more (k8s.io/apiserver/pkg/endpoints/filters/warning.go).
	maxWarnings = 12
	maxWarning  = 256
	// maxLogged is how many rules and subjects a line of the log names.
	maxLogged = 20
	// maxAnnotation is the size of one audit annotation in bytes.
	maxAnnotation = 2048
)

// refusal is the message of a denied request. Helm does not always say which object was refused, so it does:
//
//	Ingress ditto/api is refused by dittoguard: preauth-exposed (guide section 1) on Deployment ditto/gateway: …
//	  way in: Ingress ditto/api (public) → Service ditto/gateway → Deployment ditto/gateway
//	  fix: set ENABLE_PRE_AUTHENTICATION to "false", or …
func refusal(change check.Change, findings []check.Finding) string {
	var b strings.Builder
	object := refOf(change)
	if change.Request.Operation == admissionv1.Delete {
		b.WriteString("deletion of ")
	}
	fmt.Fprintf(&b, "%s is refused by dittoguard:", object)
	if len(findings) > 1 {
		fmt.Fprintf(&b, " %d findings", len(findings))
	}
	fixes := map[string]int{}
	explained, rest := chosen(findings)
	for n, f := range explained {
		if len(findings) > 1 {
			fmt.Fprintf(&b, "\n%d.", n+1)
		}
		fmt.Fprintf(&b, " %s", f.Rule)
		if f.Guide != "" {
			fmt.Fprintf(&b, " (guide section %s)", f.Guide)
		}
		if f.Subject.ID() != object.ID() {
			fmt.Fprintf(&b, " on %s", f.Subject)
		}
		fmt.Fprintf(&b, ": %s", oneLine(f.Message))
		for _, note := range f.Notes {
			fmt.Fprintf(&b, "\n  note: %s", oneLine(note))
		}
		if len(f.Path) > 0 {
			fmt.Fprintf(&b, "\n  way in: %s", oneLine(strings.Join(f.Path, " → ")))
		}
		switch fix := oneLine(f.Advice); {
		case fix == "":
		case fixes[fix] > 0:
			fmt.Fprintf(&b, "\n  fix: as for %d.", fixes[fix])
		default:
			fixes[fix] = n + 1
			fmt.Fprintf(&b, "\n  fix: %s", fix)
		}
	}
	if len(rest) > 0 {
		counts := map[string]int{}
		for _, f := range rest {
			counts[f.Rule]++
		}
		var named []string
		for _, rule := range slices.Sorted(maps.Keys(counts)) {
			named = append(named, fmt.Sprintf("%s (%d)", rule, counts[rule]))
		}
		fmt.Fprintf(&b, "\nand %d more: %s", len(rest), strings.Join(named, ", "))
	}
	return b.String()
}

// chosen are the findings that are explained, and the rest, both in their order. Thousands of ways in can be wrong in
// one respect, which must not hide what else is: of each rule and object one comes first.
func chosen(findings []check.Finding) (explained, rest []check.Finding) {
	if len(findings) <= maxFindings {
		return findings, nil
	}
	left, taken := maxFindings, make([]bool, len(findings))
	seen := map[cause]bool{}
	for i := range findings {
		if c := causeOf(&findings[i]); left > 0 && !seen[c] {
			seen[c], taken[i] = true, true
			left--
		}
	}
	for i, f := range findings {
		if !taken[i] && left > 0 {
			taken[i] = true
			left--
		}
		if taken[i] {
			explained = append(explained, f)
		} else {
			rest = append(rest, f)
		}
	}
	return explained, rest
}

// cause is what findings have in common of which one says what to do about all.
type cause struct {
	rule    string
	subject inventory.ID
}

func causeOf(f *check.Finding) cause { return cause{rule: f.Rule, subject: f.Subject.ID()} }

// warnings are the lines that kubectl shows, what was found before what is unknown:
//
//	dittoguard: edge-tls: clients are not redirected to HTTPS; fix: set nginx.ingress.kubernetes.io/…
//	dittoguard: cors-any-origin: unknown: Deployment ditto/gateway: which origins are allowed: ConfigMap …
func warnings(change check.Change, findings []check.Finding, unknown []check.Unknown) []string {
	object := refOf(change)
	var lines []string
	for _, f := range findings {
		about := ""
		if f.Subject.ID() != object.ID() && !strings.Contains(f.Message, f.Subject.Name) {
			about = f.Subject.String() + ": "
		}
		text := f.Rule + ": " + about + f.Message
		if mended := text + "; fix: " + f.Advice; f.Advice != "" && !strings.Contains(f.Message, f.Advice) &&
			fits(mended) {
			text = mended
		}
		lines = append(lines, warning(text))
	}
	var undecided []string
	for _, reason := range check.Together(unknown) {
		rules := ""
		if len(reason.Rules) > 0 {
			rules = strings.Join(reason.Rules, ", ") + ": "
		}
		for _, u := range reason.About {
			what := u.What + ": "
			if len(reason.Rules) > 1 {
				what = ""
			}
			undecided = append(undecided, warning(rules+"unknown: "+u.Subject.String()+": "+what+u.Message))
		}
	}
	slices.Sort(undecided)
	lines = unique(append(lines, undecided...))
	if len(lines) > maxWarnings {
		rest := len(lines) - maxWarnings + 1
		lines = append(lines[:maxWarnings-1],
			warning(fmt.Sprintf("and %d more, see the audit annotations of this request, or dittoguard audit", rest)))
	}
	return lines
}

// notes are the warnings and the audit annotations of a changed object.
func notes(byRule map[string]string) (warnings []string, annotations map[string]string) {
	var entries []string
	for _, rule := range slices.Sorted(maps.Keys(byRule)) {
		entries = append(entries, rule+": "+oneLine(byRule[rule]))
		for note := range strings.SplitSeq(byRule[rule], "; ") {
			warnings = append(warnings, warning(rule+": "+note))
		}
	}
	if len(warnings) > maxWarnings {
		warnings = warnings[:maxWarnings]
	}
	return warnings, map[string]string{"mutated": bounded(entries)}
}

// annotations are the audit annotations of a judged request, nil if nothing was found. The API server puts the
// webhook's name before the keys.
func annotations(verdict check.Verdict, exemption string) map[string]string {
	a := map[string]string{}
	add := func(key string, entries []string) {
		if len(entries) > 0 {
			a[key] = bounded(entries)
		}
	}
	var denied, findings, unknown []string
	for _, f := range verdict.Denied {
		denied = append(denied, f.Rule+" "+f.Subject.String())
	}
	for _, f := range slices.Concat(verdict.Warned, verdict.Audited) {
		findings = append(findings, f.Rule+" "+f.Subject.String())
	}
	for _, u := range verdict.Unknown {
		unknown = append(unknown, strings.TrimSpace(u.Rule+" "+u.Subject.String()+" "+oneLine(u.What)))
	}
	switch {
	case len(denied) > 0 && exemption != "":
		a["exempted"] = exemption
		findings = append(denied, findings...)
	default:
		add("denied", unique(denied))
	}
	add("findings", unique(findings))
	add("unknown", unique(unknown))
	var exceptions []string
	for _, e := range verdict.Exceptions {
		exceptions = append(exceptions, fmt.Sprintf("%s %s until %s: %s", e.Rule, e.Subject, e.Until,
			oneLine(e.Reason)))
	}
	add("exceptions", unique(exceptions))
	if len(a) == 0 {
		return nil
	}
	return a
}

// bounded joins entries, whole ones only, and says how many did not fit.
func bounded(entries []string) string {
	var b strings.Builder
	for n, entry := range entries {
		if b.Len()+len(entry) > maxAnnotation && n > 0 {
			fmt.Fprintf(&b, "; and %d more", len(entries)-n)
			break
		}
		if n > 0 {
			b.WriteString("; ")
		}
		b.WriteString(clip(entry, maxAnnotation/4))
	}
	return b.String()
}

// saidBy is what warnings begin with.
const saidBy = "dittoguard: "

// fits says whether a warning of a text is short enough.
func fits(text string) bool { return utf8.RuneCountInString(oneLine(saidBy+text)) <= maxWarning }

// warning makes a warning of a text. One that is too long ends with a whole part of the sentence, and says where the
// rest is.
func warning(text string) string {
	const rest = " … (in full: dittoguard audit)"
	short := fits(text)
	if text = oneLine(saidBy + text); short {
		return text
	}
	cut := string([]rune(text)[:maxWarning-utf8.RuneCountInString(rest)])
	for _, end := range []string{". ", "; ", ": ", ", "} {
		if at := strings.LastIndex(cut, end); at > len(cut)/2 {
			return cut[:at] + rest
		}
	}
	return strings.TrimSuffix(clip(text, maxWarning-utf8.RuneCountInString(rest)), "…") + rest
}

// clip makes one line of at most limit characters, cut between words where that loses little.
func clip(text string, limit int) string {
	text = oneLine(text)
	if utf8.RuneCountInString(text) <= limit {
		return text
	}
	cut := string([]rune(text)[:limit-1])
	if space := strings.LastIndexByte(cut, ' '); space > len(cut)*3/4 {
		cut = cut[:space]
	}
	return strings.TrimRight(cut, " ,;:—") + "…"
}

// oneLine folds white space and drops what an HTTP header or a terminal should not get.
func oneLine(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r) || r == utf8.RuneError:
			return -1
		}
		return r
	}, text)
	return strings.Join(strings.Fields(text), " ")
}

func ruleNames(findings []check.Finding) []string {
	names := make([]string, 0, len(findings))
	for _, f := range findings {
		names = append(names, f.Rule)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// unique drops repetitions and keeps the order.
func unique(lines []string) []string {
	seen := map[string]bool{}
	return slices.DeleteFunc(lines, func(line string) bool {
		if seen[line] {
			return true
		}
		seen[line] = true
		return false
	})
}
