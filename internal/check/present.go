package check

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/dittoguard/dittoguard/internal/config"
	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/world"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/rules"
)

// present puts violations together into findings and gives each the action that the modes of its namespaces ask for.
func (c *Checker) present(view *world.View, j judgement) Result {
	findings := c.findings(view, j.violations)
	result := Result{Findings: findings, Unknown: distinct(j.unknowns), Exceptions: settle(j.excepted)}
	for _, f := range findings {
		result.Summary.count(f)
	}
	return result
}

// findings groups violations: ways in that differ only in what a client asks for, and say the same, are one finding.
func (c *Checker) findings(view *world.View, violations []violation) []Finding {
	type group struct {
		rule           *rule
		subject, entry inventory.ID
		message        string
		outgoing       bool
		since          rules.Version
	}
	at := make(map[group]int, len(violations))
	findings := make([]Finding, 0, len(violations))
	for _, v := range violations {
		g := group{rule: v.rule, subject: v.subject.Ref.ID(), message: v.message, outgoing: v.outgoing, since: v.since}
		if v.entry != nil {
			g.entry = v.entry.ID()
		}
		i, seen := at[g]
		if !seen {
			i = len(findings)
			at[g] = i
			findings = append(findings, c.finding(view, v))
		}
		f := &findings[i]
		for _, p := range v.parts {
			f.Keys = append(f.Keys, p.key())
		}
		if v.way != nil {
			f.ways = append(f.ways, v.way.Way)
		}
		for _, note := range c.notes(&v) {
			if !slices.Contains(f.Notes, note) {
				f.Notes = append(f.Notes, note)
			}
		}
		if v.route != "" {
			f.Routes = append(f.Routes, v.route)
		}
	}
	for i := range findings {
		slices.Sort(findings[i].Keys)
		findings[i].Keys = slices.Compact(findings[i].Keys)
		slices.Sort(findings[i].Routes)
		findings[i].Routes = slices.Compact(findings[i].Routes)
	}
	slices.SortStableFunc(findings, compareFindings)
	return findings
}

func (c *Checker) finding(view *world.View, v violation) Finding {
	f := Finding{
		Rule: v.rule.Metadata.Name, Title: v.rule.Spec.Title,
		Level: c.config.Level(v.rule.Metadata.Name, v.rule.Spec.Level), Severity: v.rule.Spec.Severity,
		since: v.since, Subject: v.subject.Ref, Entry: v.entry, Message: v.message, Path: v.path,
		Fix: v.rule.Spec.Fix(kindOf(v.subject.Ref, v.entry)), Guide: v.rule.Spec.Guide,
		File: v.subject.Source.File, Line: v.subject.Source.Line,
	}
	if v.line > 0 {
		f.Line = v.line
	}
	if v.unread {
		f.Fix = "" // and the subject may stand for a whole kind, of which nothing but the name is known
	} else {
		f.of, f.fixes = &v, c.fixes(view, &v)
		if f.Fixes = advise(view, &v, f.fixes); len(f.Fixes) > 0 {
			f.Advice = f.Fixes[0]
		} else {
			f.Advice = v.rule.Spec.InShort()
		}
		if strings.Contains(f.Message, f.Advice) {
			f.Advice = "" // it is said
		}
	}
	if f.Path == nil {
		f.Path = []string{}
	}
	modes := c.modes(view, v.subject.Ref, v.entry)
	f.Action = Action(modes.ActionSince(f.Level, v.since))
	if modes.Action(f.Level) == config.Deny && f.Action != ActionDeny {
		f.Notes = append(f.Notes,
			fmt.Sprintf("it is not refused yet: it is new in %s, and what is enforced is %s (modes.enforceVersion)",
				v.since, modes.EnforceVersion))
	}
	if v.outgoing && f.Action == ActionDeny {
		f.Action = ActionWarn
		f.Message += "; these are pods of an earlier revision, which a rollout is about to replace"
	}
	f.Cause = causeOf(&f)
	return f
}

// kindOf is the kind of the object that has to change: of what opens the way in, if the violation is about one.
func kindOf(subject inventory.Ref, entry *inventory.Ref) string {
	if entry != nil {
		return entry.Kind
	}
	return subject.Kind
}

// notes are what else there is to say of a violation.
func (c *Checker) notes(v *violation) []string {
	var list []string
	if v.note != "" {
		list = append(list, v.note)
	}
	if e := c.lapsed(v); e != nil {
		list = append(list, e.Lapse())
	}
	return list
}

// modes are the strictest of the subject's and the entry's namespaces.
func (c *Checker) modes(view *world.View, subject inventory.Ref, entry *inventory.Ref) config.Modes {
	modes := c.namespaceModes(view, subject.Namespace)
	if entry != nil && entry.Namespace != subject.Namespace {
		modes = config.Strictest(modes, c.namespaceModes(view, entry.Namespace))
	}
	return modes
}

func (c *Checker) namespaceModes(view *world.View, namespace string) config.Modes {
	var labels map[string]string
	if o := view.Get(inventory.Namespace, "", namespace); o != nil {
		labels = inventory.Must[corev1.Namespace](o).Labels
	}
	modes, _ := c.config.ModesFor(labels)
	return modes
}

// distinct drops unknowns that say the same of the same subject: one unreadable Secret concerns several settings. It
// says of each which reason it gives.
func distinct(list []Unknown) []Unknown {
	type identity struct {
		rule    string
		subject inventory.Ref
		message string
		file    string
		line    int
	}
	out, seen := []Unknown{}, make(map[identity]bool, len(list))
	for _, u := range list {
		if id := (identity{u.Rule, u.Subject, u.Message, u.File, u.Line}); !seen[id] {
			seen[id] = true
			u.Code = reason.In(u.Message)
			out = append(out, u)
		}
	}
	slices.SortStableFunc(out, compareUnknowns)
	return out
}

// Merge puts the verdicts on several sets of objects together, each finding once.
func Merge(results ...Result) Result {
	merged := Result{Findings: []Finding{}, Unknown: []Unknown{}}
	seen := map[string]bool{}
	for _, r := range results {
		for _, f := range r.Findings {
			id := fmt.Sprint(f.File, f.Line, f.Message, f.Keys, f.Path)
			if seen[id] {
				continue
			}
			seen[id] = true
			merged.Findings = append(merged.Findings, f)
			merged.Summary.count(f)
		}
		for _, i := range r.Installations {
			merged.install(i)
		}
		merged.Unknown = append(merged.Unknown, r.Unknown...)
		merged.Exceptions = append(merged.Exceptions, r.Exceptions...)
		merged.Baseline = cmp.Or(merged.Baseline, r.Baseline)
		merged.Summary.Objects = max(merged.Summary.Objects, r.Summary.Objects)
	}
	slices.SortStableFunc(merged.Findings, compareFindings)
	merged.Unknown = distinct(merged.Unknown)
	merged.Exceptions = settle(merged.Exceptions)
	return merged
}

func (s *Summary) count(f Finding) {
	switch f.Action {
	case ActionDeny:
		s.Denied++
	case ActionWarn:
		s.Warned++
	case ActionAudit, ActionNone:
	}
}
