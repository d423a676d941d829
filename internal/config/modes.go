package config

import (
	"fmt"
	"slices"

	"github.com/dittoguard/dittoguard/rules"
)

// Mode is how far one of the modes goes.
type Mode string

// The values of a mode, the least strict first.
const (
	ModeOff        Mode = "off"
	ModeBaseline   Mode = Mode(rules.Baseline)
	ModeRestricted Mode = Mode(rules.Restricted)
)

var modeOrder = []Mode{ModeOff, ModeBaseline, ModeRestricted}

func (m Mode) valid() bool { return slices.Contains(modeOrder, m) }

// includes says whether findings of the level are in the mode.
func (m Mode) includes(level rules.Level) bool {
	switch m {
	case ModeRestricted:
		return level == rules.Baseline || level == rules.Restricted
	case ModeBaseline:
		return level == rules.Baseline
	case ModeOff:
	}
	return false
}

func stricter(a, b Mode) Mode {
	if slices.Index(modeOrder, a) >= slices.Index(modeOrder, b) {
		return a
	}
	return b
}

// Modes says what findings lead to: Enforce denies, Warn warns, Audit records.
type Modes struct {
	Enforce, Warn, Audit Mode
	// EnforceVersion keeps what is newer from denying: rules, and parts of rules, that the version did not have. Empty
	// is the latest.
	EnforceVersion rules.Version
}

// Action is what a finding leads to.
type Action string

// The actions, strictest first. None is for a finding that no mode asks for.
const (
	Deny  Action = "deny"
	Warn  Action = "warn"
	Audit Action = "audit"
	None  Action = ""
)

// Action is the strictest thing that the modes do about a finding of the level.
func (m Modes) Action(level rules.Level) Action {
	switch {
	case m.Enforce.includes(level):
		return Deny
	case m.Warn.includes(level):
		return Warn
	case m.Audit.includes(level):
		return Audit
	}
	return None
}

// ActionSince is Action for a finding of what is there since a version.
func (m Modes) ActionSince(level rules.Level, since rules.Version) Action {
	if !m.EnforceVersion.Includes(since) {
		m.Enforce = ModeOff
	}
	return m.Action(level)
}

// Strictest is the stricter of both in each mode, for a finding between two namespaces.
func Strictest(a, b Modes) Modes {
	return Modes{
		Enforce: stricter(a.Enforce, b.Enforce),
		Warn:    stricter(a.Warn, b.Warn),
		Audit:   stricter(a.Audit, b.Audit),

		EnforceVersion: a.EnforceVersion.Later(b.EnforceVersion),
	}
}

// NamespaceLabels says what the labels of LabelEnforce, LabelWarn and LabelAudit can do.
type NamespaceLabels string

const (
	// LabelsHonour lets a namespace say its modes.
	LabelsHonour NamespaceLabels = "honour"
	// LabelsTighten lets a namespace make its modes stricter only.
	LabelsTighten NamespaceLabels = "tighten"
	// LabelsIgnore takes no notice of the labels.
	LabelsIgnore NamespaceLabels = "ignore"
)

// The labels of a namespace, each with a Mode as its value.
const (
	LabelEnforce = "dittoguard.io/enforce"
	LabelWarn    = "dittoguard.io/warn"
	LabelAudit   = "dittoguard.io/audit"
)

// LabelEnforceVersion is the label with a version, which can be later than that of the configuration, and never
// earlier.
const LabelEnforceVersion = "dittoguard.io/enforce-version"

// Latest is how people write that nothing is kept from denying.
const Latest = "latest"

// parseVersion reads a version as people write it.
func parseVersion(text string) (rules.Version, bool) {
	if text == Latest {
		return "", true
	}
	return rules.Version(text), text != "" && rules.Version(text).Valid()
}

// ModesFor is what holds in a namespace with these labels. A label with a value that is no mode changes nothing; the
// warnings say so, in a stable order. Where the file sets enforce to off no label enforces anything.
func (c *Config) ModesFor(labels map[string]string) (Modes, []string) {
	modes := c.Modes
	if c.NamespaceLabels == LabelsIgnore {
		return modes, nil
	}
	var warnings []string
	for _, l := range []struct {
		name string
		mode *Mode
	}{{LabelEnforce, &modes.Enforce}, {LabelWarn, &modes.Warn}, {LabelAudit, &modes.Audit}} {
		value, found := labels[l.name]
		switch mode := Mode(value); {
		case !found:
		case !mode.valid():
			warnings = append(warnings,
				fmt.Sprintf("label %s: expected off, baseline or restricted, found %q; it is ignored", l.name, value))
		case c.NamespaceLabels == LabelsHonour:
			*l.mode = mode
		default:
			*l.mode = stricter(*l.mode, mode)
		}
	}
	if value, found := labels[LabelEnforceVersion]; found {
		version, ok := parseVersion(value)
		if ok {
			modes.EnforceVersion = modes.EnforceVersion.Later(version)
		} else {
			warnings = append(warnings,
				fmt.Sprintf("label %s: expected latest or a version such as v0.2, found %q; it is ignored",
					LabelEnforceVersion, value))
		}
	}
	if c.Modes.Enforce == ModeOff {
		modes.Enforce = ModeOff
	}
	return modes, warnings
}
