package hocon

import (
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/reason"
)

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
	for at := before - 1; at >= 0; at-- {
		if !l.outside.Budget.step() {
			return tooComplex
		}
		e := &entries[at]
		if e.path == path && !e.include {
			i := at // its own variable, since what follows keeps it
			a := l.value(&e.value, path, func(path string) Answer { return l.scan(entries, i, path, below) })
			if a.Kind == Absent {
				continue
			}
			if replacedAbove(entries[:i], path, e.value.resolved()) {
				return unknown(replaced)
			}
			return a
		}
		if _, deeper := within(e.path, path); deeper {
			return Answer{Kind: Object}
		}
		rest, beneath := within(path, e.path)
		if e.include && (beneath || e.path == path) {
			return unknown(reason.Of("hocon-includes"))
		}
		if !beneath {
			continue
		}
		if e.value.kind == object {
			if !l.outside.Budget.value() {
				return tooComplex
			}
			continue // its fields are entries of their own
		}
		i := at
		a := l.beneath(&e.value, path, rest, func(path string) Answer { return l.scan(entries, i, path, below) })
		if a.Kind == Blocked && holds(entries[i+1:], e.path) {
			return unknown(replaced)
		}
		if a.Kind != Absent {
			return a
		}
	}
	return below(path)
}

// replacedAbove says whether something on the way to the path was no object before. Typesafe Config then makes a new
// object, but while substitutions are resolved it does not always find what is in it.
func replacedAbove(entries []entry, path string, literal bool) bool {
	for i := range entries {
		e := &entries[i]
		if e.include || e.value.kind == object {
			continue
		}
		if _, above := within(path, e.path); above && (!literal || !e.value.mayBeObject()) {
			return true
		}
	}
	return false
}

// resolved says whether the value is what it says, with nothing to substitute.
func (n *node) resolved() bool {
	return n.kind != reference && n.kind != concatenation &&
		!slices.ContainsFunc(n.parts, func(p node) bool { return !p.resolved() })
}

// mayBeObject says whether the value may turn out to be an object.
func (n *node) mayBeObject() bool {
	switch n.kind {
	case object, reference:
		return true
	case concatenation:
		return !slices.ContainsFunc(n.parts, func(p node) bool { return !p.mayBeObject() && !blank(p) })
	default:
	}
	return false
}

// holds says whether there is a field beneath the path.
func holds(entries []entry, path string) bool {
	for i := range entries {
		if _, deeper := within(entries[i].path, path); deeper {
			return true
		}
	}
	return false
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
			item := l.value(&n.parts[i], path, func(string) Answer { return unknown(insideItself) })
			switch item.Kind {
			case Absent:
				continue
			case Unknown:
				return item
			default:
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

// substitute resolves a substitution. One that names the path it is the value of stands for the earlier value.
func (l *lookup) substitute(n *node, path string, below func(string) Answer) Answer {
	var a Answer
	if n.text == path {
		if a = below(path); a.Kind == Blocked {
			return unknown(reason.Of("hocon-replaced-from-above")) // Typesafe Config is not consistent here
		}
	} else if _, inside := within(path, n.text); inside {
		return unknown(insideItself)
	} else {
		a = l.resolve(n.text)
	}
	if (a.Kind == Absent || a.Kind == Blocked) && !n.optional {
		return unknown(reason.Of("hocon-no-value"))
	}
	if a.Kind == Blocked {
		return Answer{}
	}
	if a.Kind == Null && n.optional {
		return unknown(reason.Of("hocon-null"))
	}
	return a
}

// concatenate puts parts together: strings to a string, lists to a list, objects to an object.
func (l *lookup) concatenate(parts []node, path string, below func(string) Answer) Answer {
	var text strings.Builder
	all := Answer{}
	started := false // whether there was more than white space
	last, count := Answer{}, 0
	for i := range parts {
		if blank(parts[i]) {
			if all.Kind == Absent || all.Kind == Scalar {
				all.Kind = Scalar
				text.WriteString(parts[i].text)
			}
			continue
		}
		a := l.value(&parts[i], path, below)
		if a.Kind != Absent {
			last, count = a, count+1
		}
		switch a.Kind {
		case Absent:
			continue
		case Unknown:
			return a
		case Null:
			a = Answer{Kind: Scalar, Text: "null"}
		case Blocked:
			return unknown(reason.Of("hocon-part-not-set"))
		default:
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
			return unknown(reason.Of("hocon-too-long"))
		}
	}
	if count == 1 && last.Kind == Null && all.Kind == Scalar && text.Len() == len("null") {
		return last // null and nothing else
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
	if n.kind == object {
		return Answer{} // its fields are entries of their own
	}
	own := path[:len(path)-len(rest)-1]
	if _, inside := within(n.text, own); inside && n.kind == reference {
		return unknown(insideItself)
	}
	switch a := l.value(n, own, below); a.Kind {
	case Absent, Unknown:
		return a
	case Object:
	default:
		return Answer{Kind: Blocked}
	}
	if n.kind == concatenation {
		return l.beneathParts(n.parts, path, rest, below)
	}
	if n.text == own {
		return below(path)
	}
	if a := l.resolve(n.text + "." + rest); a.Kind != Absent && a.Kind != Blocked {
		return a
	}
	return unknown(reason.Of("hocon-not-resolved"))
}

// beneathParts looks for a path beneath a concatenation, whose later parts are laid over the earlier ones.
func (l *lookup) beneathParts(parts []node, path, rest string, below func(string) Answer) Answer {
	last := len(parts) - 1
	if last < 0 {
		return below(path)
	}
	earlier := func(asked string) Answer {
		if asked == path {
			return l.beneathParts(parts[:last], path, rest, below)
		}
		// It is asked for what the concatenation itself was.
		if a := l.concatenate(parts[:last], asked, below); a.Kind != Absent {
			return a
		}
		return below(asked)
	}
	n := &parts[last]
	switch {
	case blank(*n):
		return earlier(path)
	case n.kind == object:
		return l.scan(n.entries, len(n.entries), path, earlier)
	case n.kind != reference && n.kind != concatenation:
		return unknown(doNotFit)
	}
	if a := l.beneath(n, path, rest, earlier); a.Kind != Absent {
		return a
	}
	return earlier(path)
}

// Keys returns the keys of the fields that the document gives the object at the path, each once, in the order they
// first stand in. complete is false if it may hold more, through an include or a substitution. A key may have been
// taken away again (`key = null`): look it up.
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
