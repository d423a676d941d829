package hocon

import "strings"

// Kind says what a path holds.
type Kind uint8

const (
	// Absent means that the path is not set; whatever lies beneath the document shows through.
	Absent Kind = iota
	// Unknown means that the value cannot be told; Why says what is missing.
	Unknown
	// Scalar is a string, number or boolean, with its Text as it was written.
	Scalar
	// Null is `null`, which takes away what lies beneath.
	Null
	// List is a list, with its Items.
	List
	// Object is an object. Its fields are looked up by their own paths.
	Object
	// Blocked means that the path is not set and nothing shows through, since something on the way to it is no object.
	Blocked
)

// Answer is what a path holds.
type Answer struct {
	Kind  Kind
	Text  string
	Items []Answer
	// Why says, of Unknown, what would settle it. It never holds a value.
	Why string
	// From says where a value comes from that a substitution brought in; empty for what the document says itself.
	From string
	// Secret marks a value that came, at least in part, from where secrets are kept.
	Secret bool
}

func unknown(why string) Answer { return Answer{Kind: Unknown, Why: why} }

const doNotFit = "its parts do not fit together"

var tooComplex = unknown("its substitutions are too many")

// Outside is the configuration around a document.
type Outside struct {
	// Below returns what the path holds beneath the document. Nil means that there is nothing.
	Below func(path string) Answer
	// Resolve returns what a substitution of the path stands for: the path in the whole configuration, which includes this
	// document, then an environment variable of that name. Nil means that it stands for nothing.
	Resolve func(path string) Answer
	// Budget is shared by the lookups that answer one question, since each may lead to others. Nil means one of its own.
	Budget *Budget
}

// Budget is the work that one question has cost. The zero Budget is fresh.
type Budget struct{ steps, values int }

// The limits of a Budget, and of the length of a value in bytes, so that substitutions that multiply themselves end.
const (
	maxSteps  = 1 << 21 // entries visited
	maxValues = 1 << 12 // values resolved
	maxText   = 1 << 16
)

func (b *Budget) step() bool  { b.steps++; return b.steps <= maxSteps }
func (b *Budget) value() bool { b.values++; return b.values <= maxValues }

// Lookup returns what the path (see [Path]) holds in the document laid over what is outside of it.
func (d *Document) Lookup(path string, outside Outside) Answer {
	if outside.Budget == nil {
		outside.Budget = new(Budget)
	}
	l := lookup{outside}
	return l.scan(d.entries, len(d.entries), path, l.below)
}

// lookup is one question.
type lookup struct{ outside Outside }

func (l *lookup) below(path string) Answer {
	if l.outside.Below == nil {
		return Answer{}
	}
	return l.outside.Below(path)
}

func (l *lookup) resolve(path string) Answer {
	if l.outside.Resolve == nil {
		return Answer{}
	}
	return l.outside.Resolve(path)
}

// scan looks for the path in the entries before the index, from the last to the first, and then below.
func (l *lookup) scan(entries []entry, before int, path string, below func(string) Answer) Answer {
	for i := before - 1; i >= 0; i-- {
		if !l.outside.Budget.step() {
			return tooComplex
		}
		e := &entries[i]
		if e.path == path && !e.include {
			a := l.value(&e.value, path, func(path string) Answer { return l.scan(entries, i, path, below) })
			if a.Kind == Absent {
				continue
			}
			return a
		}
		if _, deeper := within(e.path, path); deeper {
			return Answer{Kind: Object}
		}
		rest, beneath := within(path, e.path)
		if e.include && (beneath || e.path == path) {
			return unknown("it includes another file")
		}
		if !beneath {
			continue
		}
		a := l.beneath(&e.value, path, rest, func(path string) Answer { return l.scan(entries, i, path, below) })
		if a.Kind != Absent {
			return a
		}
	}
	return below(path)
}

// value resolves the value of the path. It is Absent if it is made of optional substitutions that stand for nothing.
func (l *lookup) value(n *node, path string, below func(string) Answer) Answer {
	if !l.outside.Budget.value() {
		return tooComplex
	}
	switch n.kind {
	case scalar:
		return Answer{Kind: Scalar, Text: n.text}
	case null:
		return Answer{Kind: Null}
	case object:
		return Answer{Kind: Object}
	case list:
		a := Answer{Kind: List}
		for i := range n.parts {
			// A substitution in a list never looks back at the list itself.
			item := l.value(&n.parts[i], "", l.nothing)
			switch item.Kind {
			case Absent:
				continue
			case Unknown:
				return item
			}
			a.Secret = a.Secret || item.Secret
			a.Items = append(a.Items, item)
		}
		return a
	case reference:
		return l.substitute(n, path, below)
	default:
		return l.concatenate(n.parts, path, below)
	}
}

func (l *lookup) nothing(string) Answer { return Answer{} }

// substitute resolves a substitution. One that names the path it is the value of stands for the earlier value.
func (l *lookup) substitute(n *node, path string, below func(string) Answer) Answer {
	var a Answer
	if n.text == path {
		a = below(path)
	} else if _, inside := within(path, n.text); inside {
		return unknown("a substitution in it stands for what it is a part of")
	} else {
		a = l.resolve(n.text)
	}
	if (a.Kind == Absent || a.Kind == Blocked) && !n.optional {
		return unknown("a substitution in it has no value; Ditto does not start")
	}
	if a.Kind == Blocked {
		return Answer{}
	}
	if a.Kind == Null && n.optional {
		return unknown("a substitution in it stands for null")
	}
	return a
}

// concatenate puts parts together: strings to a string, lists to a list, objects to an object.
func (l *lookup) concatenate(parts []node, path string, below func(string) Answer) Answer {
	var text strings.Builder
	all := Answer{}
	started := false // whether there was more than white space
	for i := range parts {
		if blank(parts[i]) {
			if all.Kind == Absent || all.Kind == Scalar {
				all.Kind = Scalar
				text.WriteString(parts[i].text)
			}
			continue
		}
		a := l.value(&parts[i], path, below)
		switch a.Kind {
		case Absent:
			continue
		case Unknown:
			return a
		case Null:
			a = Answer{Kind: Scalar, Text: "null"}
		case Blocked:
			return unknown("a part of the value is not set")
		}
		if !started {
			all.Kind, started = a.Kind, true // white space before a list or an object is no string
		} else if all.Kind != a.Kind {
			return unknown(doNotFit)
		}
		text.WriteString(a.Text)
		all.Items = append(all.Items, a.Items...)
		all.Secret = all.Secret || a.Secret
		if all.From == "" {
			all.From = a.From
		}
		if text.Len() > maxText || len(all.Items) > maxText {
			return unknown("the value is too long")
		}
	}
	if all.Kind == Scalar {
		all.Text = text.String()
	}
	return all
}

// beneath looks for a path beneath one that has the value n: it is Absent where the value is an object without it.
func (l *lookup) beneath(n *node, path, rest string, below func(string) Answer) Answer {
	if !l.outside.Budget.value() {
		return tooComplex
	}
	switch n.kind {
	case object:
		return Answer{} // its fields are entries of their own
	case reference:
		whole := n.text + "." + rest
		if whole == path {
			return below(path)
		}
		switch a := l.resolve(n.text); a.Kind {
		case Absent, Blocked:
			if !n.optional {
				return unknown("a substitution in it has no value; Ditto does not start")
			}
			return Answer{}
		case Unknown:
			return a
		case Object:
			return l.resolve(whole)
		default:
			return Answer{Kind: Blocked}
		}
	case concatenation:
		return l.beneathParts(n.parts, path, rest, below)
	default:
		return Answer{Kind: Blocked}
	}
}

// beneathParts looks for a path beneath a concatenation, whose later parts are laid over the earlier ones.
func (l *lookup) beneathParts(parts []node, path, rest string, below func(string) Answer) Answer {
	last := len(parts) - 1
	if last < 0 {
		return below(path)
	}
	earlier := func(path string) Answer { return l.beneathParts(parts[:last], path, rest, below) }
	n := &parts[last]
	switch {
	case blank(*n):
		return earlier(path)
	case n.kind == object:
		return l.scan(n.entries, len(n.entries), path, earlier)
	case n.kind != reference:
		return unknown(doNotFit)
	}
	if a := l.beneath(n, path, rest, earlier); a.Kind != Absent {
		return a
	}
	return earlier(path)
}

// Keys returns the keys of the fields that the document gives the object at the path, each once, in the order they first
// stand in. complete is false if it may hold more, through an include or a substitution. A key may have been taken away
// again (`key = null`): look it up.
func (d *Document) Keys(path string) (keys []string, complete bool) {
	complete = true
	seen := map[string]bool{}
	for i := range d.entries {
		e := &d.entries[i]
		_, above := within(path, e.path)
		if e.path == path || above {
			switch {
			case e.include, e.value.kind == reference, e.value.kind == concatenation:
				complete = false
			case e.value.kind != object: // what stood before is replaced
				keys, complete = nil, true
				clear(seen)
			}
			continue
		}
		if rest, ok := within(e.path, path); ok {
			key, _, _ := strings.Cut(rest, ".")
			if !seen[key] {
				seen[key] = true
				keys = append(keys, Element(key))
			}
		}
	}
	return keys, complete
}
