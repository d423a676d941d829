package settings

import (
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/hocon"
	"github.com/dittoguard/dittoguard/internal/ditto/reason"
)

// Lookup returns the effective value of a setting.
func (s *Settings) Lookup(b *Binding) Value {
	q := question{settings: s, about: b}
	return s.value(b, q.effective(b.Path))
}

// substituted is the value that a substitution of the setting's path stands for in Ditto's own configuration.
func (s *Settings) substituted(b *Binding) Value {
	q := question{settings: s, about: b}
	return s.value(b, q.root(b.Path))
}

// Said returns what every channel says about the setting, the effective one first. Defaults are not among them. A
// channel that is hidden by a stronger one is in the list as well; one that says nothing is not.
func (s *Settings) Said(b *Binding) []Value {
	var said []Value
	add := func(ask func(q *question) hocon.Answer) {
		q := question{settings: s, about: b}
		if a := ask(&q); a.Kind != hocon.Absent {
			v := s.value(b, a)
			if !slices.ContainsFunc(said, func(o Value) bool { return o.Source == v.Source }) {
				said = append(said, v)
			}
		}
	}
	add(func(q *question) hocon.Answer { return q.overrides(b.Path) })
	add(func(q *question) hocon.Answer { return q.development(b.Path) })
	for _, which := range []int{fileBased, extension} {
		add(func(q *question) hocon.Answer { return q.document(which, b.Path, nil) })
	}
	for _, v := range slices.Backward(b.Refs) {
		add(func(q *question) hocon.Answer { return q.reference(b, v) })
	}
	return said
}

// question is one lookup with all the lookups it leads to.
type question struct {
	settings *Settings
	about    *Binding
	budget   hocon.Budget
	depth    int
}

// maxReferences bounds how many substitutions stand for one another.
const maxReferences = 32

func unknown(from, why string) hocon.Answer {
	return hocon.Answer{Kind: hocon.Unknown, From: from, Why: why}
}

// effective is the value that Ditto gets: system properties are laid over what the files and the environment say.
func (q *question) effective(path string) hocon.Answer {
	if a := q.overrides(path); a.Kind != hocon.Absent {
		return a
	}
	if b := q.binding(path); b != nil && b.Formerly != "" {
		if a := q.former(b.Formerly); a.Kind != hocon.Absent {
			return a
		}
	}
	return q.root(path)
}

// former is the value of a path that Ditto had before it was on Pekko.
func (q *question) former(path string) hocon.Answer {
	a := q.overrides(path)
	for _, which := range []int{fileBased, extension} {
		if a.Kind == hocon.Absent && q.settings.read(which).hocon != nil {
			a = q.document(which, path, nil)
		}
	}
	return q.ifBefore(pekko, path, a)
}

// ifBefore is a value that only releases before a certain one read: unknown if nothing says which this one is.
func (q *question) ifBefore(since Release, name string, a hocon.Answer) hocon.Answer {
	switch release, _ := q.settings.Release(); {
	case a.Kind == hocon.Absent, release.before(since):
		return a
	case release.known():
		return hocon.Answer{}
	}
	return unknown(a.From, reason.Of("release-not-known", since.String(), name))
}

// reference is what a substitution of a setting stands for.
func (q *question) reference(b *Binding, name string) hocon.Answer {
	a := q.substitute(name)
	if since, ends := b.Until[name]; ends {
		return q.ifBefore(since, name, a)
	}
	return a
}

// overrides is the forced environment variable or the system property of the path.
func (q *question) overrides(path string) hocon.Answer {
	s := q.settings
	if a := s.forcing(); a.Kind == hocon.Unknown || a.Kind == hocon.Scalar && strings.EqualFold(a.Text, "true") {
		if v := q.environment(forced(path)); v.Kind != hocon.Absent {
			if a.Kind == hocon.Unknown {
				return *a
			}
			return v
		}
	}
	return s.property(path)
}

// forcing is the property that switches the forced variables on, read once.
func (s *Settings) forcing() *hocon.Answer {
	if s.force == nil {
		s.force = new(s.property("config.override_with_env_vars"))
	}
	return s.force
}

// forced is the name of the variable that overrides the path: `CONFIG_FORCE_a_b__c` for a.b-c.
func forced(path string) string {
	return "CONFIG_FORCE_" + strings.NewReplacer("_", "___", "-", "__", ".", "_").Replace(path)
}

// root is the value in Ditto's configuration as it is when substitutions are resolved: files and defaults, and beneath
// them the system properties.
func (q *question) root(path string) hocon.Answer {
	if q.depth++; q.depth > maxReferences {
		return unknown("", reason.Of("substitutions-in-a-circle"))
	}
	defer func() { q.depth-- }()
	if p := q.settings.hostingEnvironment(); p.mode == modeUnknown {
		return unknown(p.from, p.why)
	}
	if a := q.development(path); a.Kind != hocon.Absent {
		return q.agreed(path, a)
	}
	return q.document(fileBased, path, func(path string) hocon.Answer {
		return q.agreed(path, q.document(extension, path, q.base))
	})
}

// development is the value in the development profile, if that is chosen.
func (q *question) development(path string) hocon.Answer {
	p := q.settings.hostingEnvironment()
	if p.mode != modeDevelopment {
		return hocon.Answer{}
	}
	b := q.binding(path)
	if b == nil {
		return hocon.Answer{}
	}
	dev, ok := b.Development[q.settings.service]
	if !ok {
		return hocon.Answer{}
	}
	for _, v := range slices.Backward(dev.Refs) {
		if a := q.substitute(v); a.Kind != hocon.Absent {
			return a
		}
	}
	return hocon.Answer{Kind: hocon.Scalar, Text: dev.Value, From: p.from}
}

// document is the value in one of the files, laid over what is below it.
func (q *question) document(which int, path string, below func(string) hocon.Answer) hocon.Answer {
	d := q.settings.read(which)
	switch {
	case d.why != "":
		return unknown(d.from, d.why)
	case d.hocon == nil && below == nil:
		return hocon.Answer{}
	case d.hocon == nil:
		return below(path)
	}
	a := d.hocon.Lookup(path, hocon.Outside{Below: below, Resolve: q.substitute, Budget: &q.budget})
	if a.From == "" && a.Kind != hocon.Absent {
		a.From = d.from
		a.Secret = a.Secret || d.secret
		if a.Kind == hocon.Unknown {
			a.Why = d.from + ": " + a.Why
		}
	}
	return a
}

// base is the value in the service's own configuration, and beneath it.
func (q *question) base(path string) hocon.Answer {
	if b := q.binding(path); b != nil {
		for _, v := range slices.Backward(b.Refs) {
			if a := q.reference(b, v); a.Kind != hocon.Absent {
				return a
			}
		}
		if c := q.settings.classes(); c.why != "" && !b.OfImage && slices.Contains(bindings, b) {
			return unknown(c.from, c.why)
		}
		if b.HasDefault {
			return hocon.Answer{Kind: hocon.Scalar, Text: b.Default, From: defaultSource}
		}
	} else if id, ok := secretOf(path); ok {
		if a := q.secretFile(id); a.Kind != hocon.Absent {
			return a
		}
	} else if strings.Contains(path, ".") {
		return unknown("Ditto's own configuration", reason.Of("default-not-known", path))
	}
	if a := q.overrides(path); a.Kind != hocon.Absent {
		return a
	}
	return q.document(configFile, path, nil)
}

// substitute is what `${?path}` stands for: the path in the configuration, or else the environment variable of that
// name.
func (q *question) substitute(path string) hocon.Answer {
	if a := q.root(path); a.Kind != hocon.Absent && a.Kind != hocon.Blocked {
		return a
	}
	// CONFIG_ALIASES gives names to what VCAP_LOCATION holds (VcapServicesStringSupplier, AliasesAppender).
	if v := q.settings.env("CONFIG_ALIASES"); v.state != absent &&
		(v.state == unclear || strings.Contains(v.text, path)) {
		return unknown(v.from, reason.Of("config-aliases", path))
	}
	return q.environment(path)
}

// environment is the environment variable as a value. Ditto's image sets HTTP_PORT to the default anyway.
func (q *question) environment(name string) hocon.Answer {
	s := q.settings
	if list, ok := strings.CutSuffix(name, "[]"); ok {
		return s.numberedVariables(list)
	}
	if a, ok := s.dottedVariable(name); ok {
		return a
	}
	v := s.env(name)
	switch {
	case v.state == absent:
		return hocon.Answer{}
	case v.state == unclear:
		return unknown(v.from, v.why)
	case strings.Contains(v.text, runtime):
		return unknown(v.from, reason.Of("value-at-run-time", name))
	}
	return hocon.Answer{Kind: hocon.Scalar, Text: v.text, From: v.from, Secret: v.secret}
}

// secretOf finds the id in `secrets.<id>.value`.
func secretOf(path string) (id string, ok bool) {
	id, ok = strings.CutPrefix(path, "secrets.")
	if !ok {
		return "", false
	}
	return strings.CutSuffix(id, ".value")
}
