package report

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // for the page
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/explain"
	"github.com/dittoguard/dittoguard/rules"
)

// The page, its looks and its script. Nothing of it comes from elsewhere.
var (
	//go:embed html/page.html
	pageHTML string
	//go:embed html/page.css
	pageCSS string
	//go:embed html/page.js
	pageJS string
)

// html writes one file that holds all there is to say: the ways in as a picture, what is found and what to change,
// settings, and how much of the guide is covered. It asks no network for anything, which its policy (CSP) makes sure
// of: only the script and the style whose digests it names are run, and nothing is loaded.
func html(w io.Writer, in Input) error {
	view := newHTMLView(in)
	view.Judged, view.Title = true, "dittoguard"
	result := in.shown()
	view.judged(result)
	if in.Explain != nil {
		e, err := in.Explain()
		if err != nil {
			return err
		}
		view.explained(e, result.Installations)
	}
	view.namespaces(result)
	guide, err := rules.HardeningGuide()
	if err != nil {
		return err
	}
	view.guide(guide, result)
	return view.write(w)
}

// HTML writes the same page of an explanation, without verdicts.
func HTML(w io.Writer, e explain.Explanation, version, root string) error {
	view := newHTMLView(Input{Version: version, Root: root})
	view.Title = "Ditto and the ways in"
	view.explained(e, nil)
	view.namespaces(check.Result{})
	return view.write(w)
}

// htmlView is what the page shows.
type htmlView struct {
	Title, Version, Policy string
	Judged                 bool
	Verdict, Worst         string
	// Compared names the two sides of a comparison, and Changes are what differs; empty of a single state.
	Compared              string
	Changes               []htmlChange
	Installations         []htmlInstallation
	Causes                []htmlCause
	Unknown               []htmlUnknown
	RuleNames, Namespaces []string
	Severities            []rules.Severity
	Totals                string
	Guide                 []htmlSection
	Data                  htmlData
	CSS                   template.CSS
	JS                    template.JS

	in Input
	// ids are short names of causes, whose own have files in them.
	ids map[string]string
}

type htmlInstallation struct {
	Namespace, Line string
	Components      []explain.Component
}

type htmlCause struct {
	check.Cause
	Object, Place, Word, Fix, NamespaceList string
}

type htmlUnknown struct {
	Rules, Object, Place string
	Messages             []string
}

// htmlData is what the script draws.
type htmlData struct {
	Judged bool `json:"judged"`
	// Compared says that only what is new is found on the ways in.
	Compared bool                 `json:"compared,omitempty"`
	Ways     []htmlWay            `json:"ways"`
	Causes   map[string]htmlAbout `json:"causes"`
}

// htmlWay is a way in, whose findings name their causes.
type htmlWay struct {
	explain.Way

	Namespace string        `json:"namespace"`
	Findings  []htmlFinding `json:"findings"`
}

type htmlFinding struct {
	explain.Finding

	Cause string `json:"cause"`
}

type htmlAbout struct {
	Object string `json:"object"`
	Place  string `json:"place"`
	Advice string `json:"advice"`
	Fix    string `json:"fix"`
}

func newHTMLView(in Input) *htmlView {
	digest := func(s string) string {
		sum := sha256.Sum256([]byte(s))
		return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	return &htmlView{
		in: in, Version: in.Version,
		Policy: "default-src 'none'; style-src " + digest(pageCSS) + "; script-src " + digest(pageJS) +
			"; base-uri 'none'; form-action 'none'",
		CSS: template.CSS(pageCSS), JS: template.JS(pageJS), //nolint:gosec // both are ours
		Severities: []rules.Severity{rules.Critical, rules.High, rules.Medium, rules.Low},
	}
}

// judged fills in what the rules find.
func (v *htmlView) judged(result check.Result) {
	v.Verdict, v.Worst = verdictWords(result), "clean"
	switch {
	case result.Summary.Denied > 0:
		v.Worst = explain.VerdictDeny
	case result.Summary.Warned > 0:
		v.Worst = explain.VerdictWarn
	case len(result.Unknown) > 0:
		v.Worst = explain.VerdictUnknown
	}
	v.ids, v.Data.Causes = map[string]string{}, map[string]htmlAbout{}
	fixes, namespaces := map[string]string{}, map[string][]string{}
	for _, f := range result.Findings {
		if fixes[f.Cause] == "" {
			fixes[f.Cause] = f.Fix
		}
		namespaces[f.Cause] = append(namespaces[f.Cause], f.Subject.Namespace, opener(f).Namespace)
	}
	for _, c := range result.Causes {
		at := v.place(c.File, c.Line)
		list := namespaces[c.ID]
		slices.Sort(list)
		v.Causes = append(v.Causes, htmlCause{
			Cause: c, Object: c.Subject.String(), Place: at, Word: did[c.Action], Fix: fixes[c.ID],
			NamespaceList: strings.Join(slices.Compact(list), " "),
		})
		v.ids[c.ID] = strconv.Itoa(len(v.ids))
		v.Data.Causes[v.ids[c.ID]] = htmlAbout{Object: c.Subject.String(), Place: at, Advice: c.Advice,
			Fix: fixes[c.ID]}
		if !slices.Contains(v.RuleNames, c.Rule) {
			v.RuleNames = append(v.RuleNames, c.Rule)
		}
	}
	slices.Sort(v.RuleNames)
	groups, rest := check.Unlisted(result.Unknown)
	for _, g := range groups {
		v.Unknown = append(v.Unknown, htmlUnknown{Object: "every " + g.Title, Messages: []string{g.Message}})
	}
	for _, r := range check.Together(rest) {
		first := r.About[0]
		u := htmlUnknown{
			Rules: strings.Join(r.Rules, ", "), Object: first.Subject.String(), Place: v.place(first.File, first.Line),
		}
		for _, one := range r.About {
			u.Messages = append(u.Messages, one.What+": "+one.Message)
		}
		v.Unknown = append(v.Unknown, u)
	}
}

// explained fills in what Ditto there is.
func (v *htmlView) explained(e explain.Explanation, known []check.Installation) {
	v.Data.Judged, v.Data.Ways = v.Judged, []htmlWay{}
	for _, i := range e.Installations {
		line := "Ditto in namespace " + i.Namespace
		if n := slices.IndexFunc(known, func(k check.Installation) bool { return k.Namespace == i.Namespace }); n >= 0 {
			line = installed(known[n])
		}
		v.Installations = append(v.Installations, htmlInstallation{Namespace: i.Namespace, Line: line,
			Components: i.Components})
		for _, w := range i.WaysIn {
			way := htmlWay{Way: w, Namespace: i.Namespace, Findings: []htmlFinding{}}
			if v.Judged {
				for _, f := range w.Findings {
					way.Findings = append(way.Findings, htmlFinding{Finding: f, Cause: v.ids[f.Cause]})
				}
			}
			v.Data.Ways = append(v.Data.Ways, way)
		}
		if v.Judged {
			continue
		}
		for _, u := range i.Unknown {
			object := u.Subject.String()
			if u.Unlisted {
				object = "every " + u.Subject.Kind
			}
			v.Unknown = append(v.Unknown, htmlUnknown{Object: object, Messages: []string{u.What + ": " + u.Message}})
		}
	}
}

// namespaces fills in those that can be filtered by.
func (v *htmlView) namespaces(result check.Result) {
	var list []string
	for _, w := range v.Data.Ways {
		list = append(list, w.Namespace)
		for _, s := range w.Steps {
			list = append(list, s.Object.Namespace)
		}
	}
	for _, f := range result.Findings {
		list = append(list, f.Subject.Namespace)
	}
	slices.Sort(list)
	v.Namespaces = slices.DeleteFunc(slices.Compact(list), func(s string) bool { return s == "" })
}

// place is `file:line`, nothing for an object of a cluster.
func (v *htmlView) place(file string, line int) string {
	return strings.TrimSuffix(place(v.in.relative(file), line), ": ")
}

func (v *htmlView) write(w io.Writer) error {
	page, err := template.New("page").Funcs(template.FuncMap{"text": clean, "lines": cleanLines, "is": settingIs,
		"at": v.place}).Parse(pageHTML)
	if err != nil {
		return fmt.Errorf("reading the page: %w", err)
	}
	var b bytes.Buffer
	if err := page.Execute(&b, v); err != nil {
		return fmt.Errorf("writing HTML: %w", err)
	}
	if _, err := w.Write(b.Bytes()); err != nil {
		return fmt.Errorf("writing HTML: %w", err)
	}
	return nil
}

// settingIs is what a setting is set to.
func settingIs(s explain.Setting) string {
	if s.Value != "" && s.State != "unknown" {
		return s.Value
	}
	return s.State
}
