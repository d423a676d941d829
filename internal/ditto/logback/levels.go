package logback

import (
	"maps"
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/reason"
)

var (
	whyInclude   = reason.Of("hocon-includes")
	whyElsewhere = reason.Of("logback-properties")
	whyCondition = reason.Of("logback-condition")
)

// Levels are the levels that the configuration leaves its loggers with: the root logger first, then those that have one
// of their own, by name. unknown says what else may set levels.
//
// lookup returns what a variable stands for that the configuration itself does not set.
func (c *Config) Levels(lookup func(name string) Value) (list []Level, unknown []string) {
	s := newState(lookup)
	if c.root.name == "configuration" {
		s.properties(c.root.children)
		s.loggers(c.root.children)
	}
	for _, name := range slices.Sorted(maps.Keys(s.levels)) {
		if name != Root {
			list = append(list, s.levels[name])
		}
	}
	return slices.Insert(list, 0, s.levels[Root]), slices.Compact(slices.Sorted(slices.Values(s.unknown)))
}

// The scopes of a property, in the order in which a variable is looked for in them.
const (
	local = iota
	context
	system
	scopes
)

// state is what the configuration has set so far.
type state struct {
	lookup func(name string) Value
	// set are the properties. any is not empty if others may have been set.
	set [scopes]map[string]Value
	any string
	// levels are those of loggers, inherited ones left out.
	levels  map[string]Level
	unknown []string
}

func newState(lookup func(name string) Value) *state {
	s := &state{lookup: lookup, levels: map[string]Level{Root: {Logger: Root, Name: "DEBUG", Initial: true}}}
	for i := range s.set {
		s.set[i] = map[string]Value{}
	}
	return s
}

func (s *state) clone() *state {
	c := *s
	for i := range c.set {
		c.set[i] = maps.Clone(s.set[i])
	}
	c.levels, c.unknown = maps.Clone(s.levels), slices.Clone(s.unknown)
	return &c
}

// variable is what a variable stands for.
func (s *state) variable(name string) Value {
	for _, scope := range s.set {
		if v, ok := scope[name]; ok {
			return v
		}
	}
	if s.any != "" {
		return Value{Why: "the value of " + name + ": " + s.any}
	}
	return s.lookup(name)
}

func (s *state) substitute(text string) Value { return substitute(text, s.variable) }

// properties is the first pass: properties, wherever they stand.
func (s *state) properties(list []element) {
	for i := range list {
		e := &list[i]
		switch e.name {
		case "property", "variable", "substitutionproperty":
			s.property(e, scopeNamed(e.attributes["scope"]))
		case "contextproperty":
			s.property(e, context)
		case "define":
			s.put(scopeNamed(e.attributes["scope"]), e.attributes["name"],
				Value{Why: "what a class defines " + e.attributes["name"] + " as"})
		case "timestamp":
			s.put(scopeNamed(e.attributes["scope"]), e.attributes["key"],
				Value{Why: e.attributes["key"] + " is a time"})
		case "insertfromjndi":
			s.put(scopeNamed(e.attributes["scope"]), e.attributes["as"],
				Value{Why: "what JNDI has for " + e.attributes["as"]})
		case "include":
			s.anything(whyInclude)
		case "if":
			s.branches(e, (*state).properties)
		default:
			// A property inside of an appender, say, is set when that is, which may be before or after a logger.
			if inner := s.clone(); len(e.children) > 0 {
				inner.properties(e.children)
				s.join(inner)
			}
		}
	}
}

// property sets a property, or all that a file holds.
func (s *state) property(e *element, scope int) {
	name, value := e.attributes["name"], e.attributes["value"]
	file, resource := e.attributes["file"], e.attributes["resource"]
	switch {
	case trim(name) != "" && trim(value) != "" && trim(file) == "" && trim(resource) == "":
		v := s.substitute(trim(value))
		if scope == local {
			v.Text = trim(v.Text)
		}
		s.put(scope, name, v)
	case trim(name) == "" && trim(value) == "" && (trim(file) == "") != (trim(resource) == ""):
		s.anything(whyElsewhere)
	}
}

// anything notes that any property may be set here, those that were set before among them.
func (s *state) anything(why string) {
	s.any = why
	for i := range s.set {
		clear(s.set[i])
	}
}

func (s *state) put(scope int, name string, v Value) {
	if name != "" {
		s.set[scope][name] = v
	}
}

func scopeNamed(text string) int {
	switch {
	case strings.EqualFold(text, "context"):
		return context
	case strings.EqualFold(text, "system"):
		return system
	}
	return local
}

// loggers is the second pass: the levels of loggers.
func (s *state) loggers(list []element) {
	for i := range list {
		e := &list[i]
		switch e.name {
		case "root":
			s.logger(e, Root)
		case "logger":
			switch name := s.substitute(e.attributes["name"]); {
			case name.Why != "":
				s.mayBe(reason.Of("logback-logger-name", name.Why))
			case name.Secret:
				s.mayBe(reason.Of("logback-logger-secret"))
			case name.Text != "":
				s.logger(e, name.Text)
			}
		case "include":
			s.mayBe(whyInclude)
		case "propertiesconfigurator":
			s.mayBe(reason.Of("logback-levels-elsewhere"))
		case "if":
			s.branches(e, (*state).loggers)
		}
	}
}

// mayBe notes that any level may be set here, those that were set before among them.
func (s *state) mayBe(why string) {
	s.unknown = append(s.unknown, why)
	for name := range s.levels {
		s.levels[name] = Level{Logger: name, Why: why}
	}
}

// logger sets the level of a logger, by its attribute and then by the elements in it.
func (s *state) logger(e *element, name string) {
	if strings.EqualFold(name, Root) {
		name = Root
	}
	if text, ok := e.attributes["level"]; ok {
		if v := s.substitute(text); v.Why != "" || trim(v.Text) != "" {
			s.level(name, v, e.name == "logger")
		}
	}
	for i := range e.children {
		if child := &e.children[i]; child.name == "level" && child.attributes["value"] != "" {
			s.level(name, s.substitute(child.attributes["value"]), true)
		}
	}
}

// level sets a level. inherits says that INHERITED takes a level away here; the root logger keeps what it has then.
func (s *state) level(name string, v Value, inherits bool) {
	if inherits && (strings.EqualFold(v.Text, "inherited") || strings.EqualFold(v.Text, "null")) {
		if name != Root {
			delete(s.levels, name)
		}
		return
	}
	l := Level{Why: v.Why}
	if v.Why == "" {
		l = levelNamed(v.Text)
		l.From = v.From
	}
	l.Logger = name
	s.levels[name] = l
}

// branches goes through both sides of a condition, of which one happens.
func (s *state) branches(e *element, pass func(*state, []element)) {
	then, otherwise := s.clone(), s.clone()
	for i := range e.children {
		switch child := e.children[i : i+1]; child[0].name {
		case "then":
			pass(then, child[0].children)
		case "else":
			pass(otherwise, child[0].children)
		}
	}
	*s = *then
	s.join(otherwise)
}

// join makes the state one that covers another as well.
func (s *state) join(other *state) {
	if s.any == "" {
		s.any = other.any
	}
	s.unknown = append(s.unknown, other.unknown...)
	for i := range s.set {
		for name := range union(s.set[i], other.set[i]) {
			if s.set[i][name] != other.set[i][name] {
				s.set[i][name] = Value{Why: "the value of " + name + ": " + whyCondition}
			}
		}
	}
	for name := range union(s.levels, other.levels) {
		s.levels[name] = eitherLevel(name, s.levels[name], other.levels[name])
	}
}

// eitherLevel is what is known of a level that is one of two. A logger without a level of its own has its parent's,
// about which there is a word elsewhere.
func eitherLevel(name string, a, b Level) Level {
	switch {
	case a == b:
		return a
	case a.Why != "":
		return a
	case b.Why != "":
		return b
	case a.Verbose() != b.Verbose():
		return Level{Logger: name, Why: whyCondition}
	case rank(b.Name) < rank(a.Name):
		return b
	}
	return a
}

func union[V any](a, b map[string]V) map[string]struct{} {
	keys := make(map[string]struct{}, len(a)+len(b))
	for k := range a {
		keys[k] = struct{}{}
	}
	for k := range b {
		keys[k] = struct{}{}
	}
	return keys
}
