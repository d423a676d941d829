package report

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	v210 "github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/rules"
)

const (
	// mostResults is how many results of a run GitHub's code scanning takes in; of its other limits (rules 25,000, tags
	// of a rule 20, locations of a result 1,000) nothing here comes near
	// (docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning).
	mostResults = 5000
	// sourceRoot is the base of every URI, whose place only the reader knows (SARIF 2.1.0, 3.14.14).
	sourceRoot = "SRCROOT"
	// undecided is the rule of what could not be read and is about no rule.
	undecided = "undecided"
)

// sarif writes SARIF 2.1.0 (docs.oasis-open.org/sarif/sarif/v2.1.0), made for GitHub's code scanning.
func sarif(w io.Writer, in Input) error {
	s := sarifRun{in: in, run: v210.NewRun(), index: map[string]int{}, spots: in.spots(), prints: prints{}}
	s.run.WithOriginalUriBaseIds(map[string]v210.ArtifactLocation{
		sourceRoot: *v210.NewArtifactLocation().
			WithDescription(message("The folder that dittoguard ran in, usually that of the repository.")),
	})
	s.run.WithColumnKind("unicodeCodePoints")
	driver := v210.NewToolComponent().WithName("dittoguard").WithVersion(in.Version)
	s.run.WithTool(v210.NewTool().WithDriver(driver))
	result := in.shown()
	var err error
	if s.patches, err = in.patches(); err != nil {
		return err
	}
	for _, rule := range in.Rules {
		s.rule(descriptor(rule))
	}
	for _, f := range result.Findings {
		s.finding(f)
	}
	for _, u := range result.Unknown {
		s.unknown(u)
	}
	invocation := v210.NewInvocation().WithExecutionSuccessful(true)
	if cut := len(s.run.Results) - mostResults; cut > 0 {
		s.run.Results = s.run.Results[:mostResults]
		invocation.AddToolExecutionNotification(v210.NewNotification().WithLevel(v210.LevelWarning).
			WithMessage(message(fmt.Sprintf(
				"%d results are left out, the least severe ones: GitHub shows %d. The formats json and html have all.", cut,
				mostResults))))
	}
	s.run.AddInvocation(invocation)
	report := v210.NewReport().AddRun(s.run)
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(report); err != nil {
		return fmt.Errorf("writing SARIF: %w", err)
	}
	return nil
}

type sarifRun struct {
	in  Input
	run *v210.Run
	// index are where rules stand in the list of the tool.
	index  map[string]int
	spots  map[string]spot
	prints prints
	// patches are those of a finding.
	patches func(check.Finding) []Patch
}

func (s *sarifRun) rule(r *v210.ReportingDescriptor) {
	if _, known := s.index[*r.ID]; !known {
		s.index[*r.ID] = len(s.run.Tool.Driver.Rules)
		s.run.Tool.Driver.AddRule(r)
	}
}

// result begins a result of a rule.
func (s *sarifRun) result(rule, level, print, text string) *v210.Result {
	r := v210.NewResult().WithRuleID(rule).WithRuleIndex(s.index[rule]).WithLevel(level).WithMessage(message(text))
	// GitHub follows a result by the first, others by any.
	r.WithPartialFingerprints(map[string]string{"primaryLocationLineHash": print, "dittoguard/v1": print})
	s.run.AddResult(r)
	return r
}

var sarifLevels = map[check.Action]string{
	check.ActionDeny: v210.LevelError, check.ActionWarn: v210.LevelWarning, check.ActionAudit: v210.LevelNote,
}

func (s *sarifRun) finding(f check.Finding) {
	if _, known := s.index[f.Rule]; !known {
		s.rule(descriptor(rules.HardeningRule{
			Metadata: rules.Metadata{Name: f.Rule},
			Spec: rules.Spec{Title: f.Title, Severity: f.Severity, Level: f.Level, Guide: f.Guide,
				Rationale: f.Title, Remediation: f.Fix},
		}))
	}
	lines := []string{cleanLines(f.Message)}
	for _, note := range f.Notes {
		lines = append(lines, clean(note))
	}
	if f.Advice != "" {
		lines = append(lines, "Fix: "+clean(f.Advice))
	}
	text := strings.Join(lines, "\n")
	r := s.result(f.Rule, sarifLevels[f.Action], s.prints.finding(f), text)
	r.AddLocation(s.location(f.Subject, spot{f.File, f.Line}, ""))
	if f.Entry != nil && *f.Entry != f.Subject {
		if at, known := s.spots[f.Entry.String()]; known {
			r.AddRelatedLocation(s.location(*f.Entry, at, "opens the way in"))
		}
	}
	if len(f.Path) > 0 {
		r.AddCodeFlow(s.way(f))
	}
	for _, p := range s.patches(f) {
		r.Fixes = append(r.Fixes, s.fix(p))
	}
}

// way is a way in, hop by hop. A hop whose object was not read is shown where the finding is.
func (s *sarifRun) way(f check.Finding) *v210.CodeFlow {
	flow := v210.NewThreadFlow()
	for i, hop := range f.Path {
		at, known := s.spots[taker(hop)]
		if !known {
			at = spot{f.File, f.Line}
		}
		location := s.location(inventory.Ref{}, at, hop)
		flow.AddLocation(v210.NewThreadFlowLocation().WithLocation(location).WithExecutionOrder(i +
			1).WithImportance("essential"))
	}
	return v210.NewCodeFlow().AddThreadFlow(flow).WithMessage(message("The way in, from outside inwards"))
}

func (s *sarifRun) unknown(u check.Unknown) {
	rule := u.Rule
	if rule == "" {
		rule = undecided
		s.rule(undecidedRule())
	}
	if _, known := s.index[rule]; !known {
		s.rule(descriptor(rules.HardeningRule{Metadata: rules.Metadata{Name: rule},
			Spec: rules.Spec{Title: u.What, Rationale: u.What}}))
	}
	r := s.result(rule, v210.LevelNote, s.prints.unknown(u), "Unknown: "+clean(u.What)+": "+cleanLines(u.Message))
	r.AddLocation(s.location(u.Subject, spot{u.File, u.Line}, ""))
}

// location is where an object is: in a file, or by its name in a cluster.
func (s *sarifRun) location(object inventory.Ref, at spot, text string) *v210.Location {
	l := v210.NewLocation()
	if at.file != "" {
		region := v210.NewRegion().WithStartLine(max(1, at.line))
		l.WithPhysicalLocation(v210.NewPhysicalLocation().WithRegion(region).WithArtifactLocation(
			v210.NewArtifactLocation().WithURI(s.in.uri(at.file)).WithURIBaseID(sourceRoot)))
	}
	if object.Kind != "" {
		l.AddLogicalLocation(v210.NewLogicalLocation().WithName(clean(object.Name)).
			WithFullyQualifiedName(clean(object.String())).WithKind("resource"))
	}
	if text != "" {
		l.WithMessage(message(clean(text)))
	}
	return l
}

// message is a text; `[a](b)` would be a link in it (3.11.6), and a name is none.
func message(text string) *v210.Message {
	return v210.NewMessage().WithText(strings.ReplaceAll(text, "](", "] ("))
}

// securitySeverity is how GitHub sorts rules: above 9 is critical, from 7 on high, from 4 on medium.
var securitySeverity = map[rules.Severity]string{rules.Critical: "9.5", rules.High: "8.0", rules.Medium: "5.5",
	rules.Low: "2.0"}

// descriptor is a rule with its page as help.
func descriptor(rule rules.HardeningRule) *v210.ReportingDescriptor {
	name, spec := rule.Metadata.Name, rule.Spec
	level := v210.LevelWarning
	if spec.Level == rules.Baseline {
		level = v210.LevelError
	}
	properties := v210.NewPropertyBag().WithTags(tags(rule))
	if severity, known := securitySeverity[spec.Severity]; known {
		properties.Add("security-severity", severity)
	}
	r := v210.NewReportingDescriptor().WithID(name).WithName(name).WithProperties(properties)
	r.WithShortDescription(v210.NewMultiformatMessageString().WithText(spec.Title))
	r.WithFullDescription(v210.NewMultiformatMessageString().WithText(strings.TrimSpace(spec.Rationale)))
	r.WithDefaultConfiguration(v210.NewReportingConfiguration().WithLevel(level))
	r.WithHelp(v210.NewMultiformatMessageString().WithText(help(rule, "", "")).WithMarkdown(help(rule, "# ", "## ")))
	return r
}

// help is what a rule's page says, with what stands before titles.
func help(rule rules.HardeningRule, title, subtitle string) string {
	spec := rule.Spec
	parts := []string{title + spec.Title, strings.TrimSpace(spec.Rationale)}
	if spec.Guide != "" {
		parts = append(parts, "Section "+strings.ReplaceAll(spec.Guide, ",", " and ")+" of Ditto's hardening guide.")
	}
	if fix := strings.TrimSpace(spec.Fix("")); fix != "" {
		parts = append(parts, subtitle+"How to fix it", fix)
	}
	return strings.Join(parts, "\n\n")
}

// tags are by what GitHub's list of alerts can be filtered.
func tags(rule rules.HardeningRule) []string {
	list := []string{"security", "ditto"}
	if rule.Spec.Level != "" {
		list = append(list, string(rule.Spec.Level))
	}
	for _, section := range rule.Sections() {
		if n, err := strconv.Atoi(section); err == nil {
			list = append(list, "hardening-guide-"+strconv.Itoa(n))
		}
	}
	slices.Sort(list[2:])
	return slices.Compact(list)
}

func undecidedRule() *v210.ReportingDescriptor {
	return descriptor(rules.HardeningRule{Metadata: rules.Metadata{Name: undecided}, Spec: rules.Spec{
		Title:     "Something could not be read",
		Rationale: "What cannot be read is not assumed to be safe. Each message says what would settle it.",
	}})
}
