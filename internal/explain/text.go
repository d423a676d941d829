package explain

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/ditto/facts"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
)

// JSON writes the explanation in its stable form, indented.
func JSON(w io.Writer, e Explanation) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false) // it is no HTML, and `->` in a text should be readable
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(e); err != nil {
		return fmt.Errorf("writing JSON: %w", err)
	}
	return nil
}

// Text writes the explanation for people, one installation after the other.
func Text(w io.Writer, e Explanation) error {
	var p page
	for n, i := range e.Installations {
		if n > 0 {
			p.gap()
		}
		p.installation(i)
	}
	if _, err := io.WriteString(w, p.String()); err != nil {
		return fmt.Errorf("writing the explanation: %w", err)
	}
	return nil
}

func (p *page) installation(i Installation) {
	p.line(0, 2, "DITTO IN NAMESPACE %s", i.Namespace)
	p.gap()
	p.line(2, 2, "Components")
	for _, c := range i.Components {
		p.cell(4, 14, c.Component, where(c))
	}
	p.ways(i)
	for _, c := range i.Components {
		p.component(c)
	}
	p.passwords(i.PasswordFiles)
	p.gap()
	p.line(2, 2, "Unknown")
	if len(i.Unknown) == 0 {
		p.line(4, 2, "nothing")
	}
	unknowns := make([]check.Unknown, 0, len(i.Unknown))
	for _, u := range i.Unknown {
		unknowns = append(unknowns, check.Unknown{Subject: u.Subject, Unlisted: u.Unlisted, What: u.What,
			Message: u.Message})
	}
	kinds, rest := check.Unlisted(unknowns)
	for _, u := range rest {
		p.line(4, 4, "%s: %s: %s", u.Subject, u.What, u.Message)
	}
	for _, group := range kinds {
		p.line(4, 4, "every %s: %s", group.Title, group.Message)
	}
}

// where is `Deployment ditto/gateway, container gateway (deploy/gateway.yaml:3)`.
func where(c Component) string {
	text := c.Workload.String() + ", container " + c.Container
	switch {
	case c.File != "" && c.Line > 0:
		text += fmt.Sprintf(" (%s:%d)", c.File, c.Line)
	case c.File != "":
		text += " (" + c.File + ")"
	}
	return text
}

// column is where the values of a component's settings begin, behind their indent.
const column = 36

func (p *page) component(c Component) {
	if c.TrustModel == nil && len(c.Settings)+len(c.WrittenOut)+len(c.Ports)+len(c.ForwardsTo)+len(c.Findings) == 0 {
		return
	}
	p.gap()
	p.line(2, 4, "%s: %s, container %s", strings.ToUpper(c.Component[:1])+c.Component[1:], c.Workload, c.Container)
	if m := c.TrustModel; m != nil {
		text := models[m.Model] + ": " + m.Why
		if m.Wanted != "auto" {
			text += "; the configuration asks for " + m.Wanted
		}
		p.cell(4, column, "trust model", text)
	}
	p.settings(c.Settings)
	for _, place := range c.WrittenOut {
		p.cell(4, column, "secret written out in", place)
	}
	p.ports(c.Ports)
	for n, to := range c.ForwardsTo {
		name := ""
		if n == 0 {
			name = "forwards to"
		}
		p.cell(4, column, name, to.String())
	}
	p.findings(4, column, c.Findings)
}

// settings writes the settings of a component; levels of loggers that have one source share their lines.
func (p *page) settings(settings []Setting) {
	for n := 0; n < len(settings); n++ {
		s := settings[n]
		if strings.HasPrefix(s.Name, logName) {
			s.Title, s.Value = "log levels", ""
			first := n
			for ; n < len(settings) && strings.HasPrefix(settings[n].Name, logName) &&
				settings[n].Source == s.Source; n++ {
				s.Value += ", " + strings.TrimPrefix(settings[n].Name, logName) + " " + settings[n].Value
			}
			s.Value = s.Value[len(", "):]
			n = max(n-1, first)
		}
		p.cell(4, column, s.Title, shown(s))
		for n, said := range s.Said {
			if n > 0 {
				p.cell(4, column, "  and overruled", said.State+" ("+said.Source+")")
			}
		}
	}
}

// ports writes the ports of a component; those that are open to the same share their lines.
func (p *page) ports(ports []Port) {
	for len(ports) > 0 {
		n, names := 0, []string{}
		for ; n < len(ports) && ports[n].Isolated == ports[0].Isolated &&
			slices.Equal(ports[n].Allowed, ports[0].Allowed); n++ {
			names = append(names, fmt.Sprintf("%s %d", ports[n].Port, ports[n].Number))
		}
		title := "port "
		if n > 1 {
			title = "ports "
		}
		text := isolation(ports[0].Isolated)
		if ports[0].Isolated.State == tri.On && len(ports[0].Allowed) == 0 {
			text += ": nobody is let in"
		}
		p.cell(4, column, title+strings.Join(names, ", "), text)
		for _, a := range ports[0].Allowed {
			p.cell(4, column, "", fmt.Sprintf("NetworkPolicy %s lets in %s", a.Policy, a.Who))
		}
		ports = ports[n:]
	}
}

var models = map[string]string{
	ModelProxy: "A, a proxy says who clients are", ModelOIDC: "B, the gateway checks tokens",
	ModelMixed: "A and B MIXED", ModelNone: "NONE", ModelUnknown: "UNKNOWN",
}

// shown is the value of a setting, and where it comes from: `on  (env ENABLE_PRE_AUTHENTICATION)`.
func shown(s Setting) string {
	var text string
	switch s.State {
	case tri.Unknown:
		text = "UNKNOWN"
		if s.Why != "" {
			text += ": " + s.Why
		}
	case facts.Known:
		text = s.Value
		if text == "" {
			text = "set, not shown"
		}
	case facts.Published:
		text = "PUBLISHED, everyone knows it"
	case facts.Own:
		text = "not a published one"
	default:
		text = s.State
		if s.Why != "" {
			text += ": " + s.Why
		}
	}
	if s.Source != "" && !strings.Contains(s.Why, s.Source) {
		text += "  (" + s.Source + ")"
	}
	return text
}

// isolation says who can connect to a port.
func isolation(s State) string {
	switch s.State {
	case tri.On:
		return "isolated by " + s.Source
	case tri.Off:
		return "OPEN to every pod in the cluster: " + s.Why
	}
	return "UNKNOWN: " + s.Why
}

// findings writes which rules find something; check says what.
func (p *page) findings(indent, column int, findings []Finding) {
	if len(findings) > 0 {
		p.cell(indent, column, "found by rules", strings.Join(byAction(findings), "; "))
	}
}

// byAction says which rules find something, a text for each action, the worst first: `DENIED: devops-exposed`.
func byAction(findings []Finding) []string {
	var (
		texts []string
		last  Finding
	)
	for _, f := range worstFirst(findings) {
		switch {
		case f.Action != last.Action:
			texts = append(texts, verdictWords[f.Action]+": "+f.Rule)
		case f.Rule != last.Rule:
			texts[len(texts)-1] += ", " + f.Rule
		}
		last = f
	}
	return texts
}

// worstFirst orders findings by what they lead to; they come so from check, but for those about the entry.
func worstFirst(findings []Finding) []Finding {
	order := []string{VerdictDeny, VerdictWarn, VerdictAudit, VerdictOff}
	sorted := slices.Clone(findings)
	slices.SortStableFunc(sorted, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(slices.Index(order, a.Action), slices.Index(order, b.Action)),
			cmp.Compare(a.Rule, b.Rule))
	})
	return sorted
}

func (p *page) passwords(files []PasswordFile) {
	if len(files) == 0 {
		return
	}
	p.gap()
	p.line(2, 2, "Users of proxies and Ingresses")
	for _, f := range files {
		p.line(4, 4, "%s, key %s", f.Holder, f.Key)
		for _, u := range f.Users {
			p.cell(6, column-2, u.Name, shown(Setting{State: u.State, Why: u.Why})+", hashed by "+u.Scheme)
		}
	}
}
