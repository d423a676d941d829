package expr

import (
	"slices"
	"strings"
)

// Alternative is one of the values a text can have, with what must be so of the request.
type Alternative struct {
	Text   Text
	Assume Assumptions
}

// Request is a request on its way through a server, as far as values depend on it.
type Request interface {
	// Spend takes a step of what may be spent; false where there is nothing left.
	Spend() bool
	// Settled is what a variable was set to on the way, or captured; it goes before any map.
	Settled(name string) (Text, bool)
	// Own is a variable that the request itself decides.
	Own(name string) (Text, bool)
	// Matched is the request for which a map's pattern matched subject, or, with nil, one of its strings.
	Matched(re *Pattern, subject Text) Request
}

const (
	maxAlternatives = 128
	maxExpandDepth  = 12
	// maxEntries is how many entries of a map are told apart by what selects them; of a larger one only the values
	// count.
	maxEntries = 24
)

// Undefined is the variable that stands for what cannot be resolved. No configuration can name it.
const Undefined = "?"

// Expand resolves the variables of t for a request. What stays a variable is given by the request.
func (v *Variables) Expand(t Text, r Request, depth int) []Alternative {
	if _, constant := t.Constant(); constant {
		return []Alternative{{Text: t}}
	}
	out := []Alternative{{}}
	for _, q := range t {
		if !r.Spend() {
			return []Alternative{{Text: Variable(Undefined)}}
		}
		values := []Alternative{{Text: Text{q}}}
		if q.Name != "" && q.From == nil {
			values = v.resolve(q.Name, r, depth)
		}
		if len(out)*len(values) > maxAlternatives {
			return []Alternative{{Text: Variable(Undefined)}}
		}
		next := make([]Alternative, 0, len(out)*len(values))
		for _, a := range out {
			for _, b := range values {
				if assume, ok := a.Assume.Merge(b.Assume); ok {
					next = append(next, Alternative{a.Text.Append(b.Text), assume})
				}
			}
		}
		out = next
	}
	return out
}

// resolve is what one variable can be.
func (v *Variables) resolve(name string, r Request, depth int) []Alternative {
	one := func(t Text) []Alternative { return []Alternative{{Text: t}} }
	if depth > maxExpandDepth {
		return one(Variable(Undefined))
	}
	if t, ok := r.Settled(name); ok {
		return one(t)
	}
	if m, ok := v.maps[name]; ok {
		return v.choose(m, r, depth+1)
	}
	if t, ok := r.Own(name); ok {
		return one(t)
	}
	switch {
	case v.scripted[name]:
		return one(Variable(Undefined))
	case v.assigned[name]:
		return one(nil) // never set on this way: empty
	case builtin(name):
		return one(Variable(name))
	}
	return one(Variable(Undefined))
}

// choose is what a map can give, in nginx's order: strings, then wildcards and patterns as they stand, then the
// default.
func (v *Variables) choose(m *mapping, r Request, depth int) []Alternative {
	if m.unknown || depth > maxExpandDepth {
		return []Alternative{{Text: Variable(Undefined)}}
	}
	var out []Alternative
	give := func(value Text, assume Assumptions, from Text, re *Pattern) {
		for _, a := range v.Expand(value, r.Matched(re, from), depth+1) {
			if merged, ok := assume.Merge(a.Assume); ok {
				out = append(out, Alternative{a.Text, merged})
			}
		}
	}
	if m.kind != "map" {
		source := Text{{Name: m.kind + " $" + m.name}}
		for _, e := range m.exact {
			give(e.value, Assumptions{{Source: source, Equals: &e.key, Holds: true}}, nil, nil)
		}
		none := "default"
		give(m.deflt, Assumptions{{Source: source, Equals: &none, Holds: true}}, nil, nil)
		return out
	}
	for _, source := range v.Expand(m.source, r, depth+1) {
		if value, ok := source.Text.Constant(); ok {
			v.lookup(m, value, source, give)
			continue
		}
		if len(m.exact)+len(m.regex) > maxEntries {
			var seen []string
			for _, e := range slices.Concat(m.exact, m.regex, []entry{{value: m.deflt}}) {
				if !slices.Contains(seen, e.value.String()) {
					seen = append(seen, e.value.String())
					give(e.value, source.Assume, source.Text, e.re)
				}
			}
			continue
		}
		rest, open := source.Assume, true
		for _, e := range m.exact {
			if open {
				if assume, ok := rest.With(e.selects(source.Text, true)); ok {
					give(e.value, assume, nil, nil)
				}
				rest, open = rest.With(e.selects(source.Text, false))
			}
		}
		for _, e := range m.regex {
			if open {
				if assume, ok := rest.With(Assumption{Source: source.Text, Re: e.re, Holds: true}); ok {
					give(e.value, assume, source.Text, e.re)
				}
				rest, open = rest.With(Assumption{Source: source.Text, Re: e.re})
			}
		}
		if open {
			give(m.deflt, rest, nil, nil)
		}
	}
	return out
}

// lookup is a map with a known source.
func (v *Variables) lookup(m *mapping, value string, source Alternative, give func(Text, Assumptions, Text, *Pattern)) {
	for _, e := range m.exact {
		if e.key == strings.ToLower(value) {
			give(e.value, source.Assume, nil, nil)
			return
		}
	}
	if value != "" {
		for _, e := range m.regex {
			switch _, ok, known := e.re.Match(value); {
			case !known:
				give(Variable(Undefined), source.Assume, nil, nil)
				return
			case ok:
				give(e.value, source.Assume, Literal(value), e.re)
				return
			}
		}
	}
	give(m.deflt, source.Assume, nil, nil)
}
