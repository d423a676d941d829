package requests

import (
	"slices"
	"strings"
)

// Kind is the kind of a pattern of paths.
type Kind int

const (
	// Exact is the path Text.
	Exact Kind = iota
	// Elements is the path Text and everything below it.
	Elements
	// Characters is everything that begins with Text.
	Characters
	// Fold is Characters without regard to case.
	Fold
	// Loose is Elements, Characters or Fold, and which of them cannot be told. All of the same Floor, which is only a
	// name then, are read in the same way.
	Loose
	// Opaque is some of the paths that begin with Floor; Text is all that decides which. It is equal to one of the same
	// Text and Floor, and never known to be equal to any other. Without a Text it is not even known to be equal to
	// itself.
	Opaque
)

// Paths are paths by a pattern. A path begins with a slash.
type Paths struct {
	Kind  Kind
	Text  string
	Floor string
	// Except are patterns without exceptions of their own, whose paths are left out.
	Except []Paths
}

// Everything are all paths.
func Everything() Paths { return Paths{Kind: Characters, Text: "/"} }

// Path is that path.
func Path(text string) Paths { return Paths{Kind: Exact, Text: text} }

// Below is the path and everything below it.
func Below(text string) Paths {
	if text = strings.TrimRight(text, "/"); text == "" {
		return Everything()
	}
	return Paths{Kind: Elements, Text: text}
}

// Beginning are the paths that begin with the text.
func Beginning(text string) Paths {
	if text == "" {
		return Everything()
	}
	return Paths{Kind: Characters, Text: text}
}

// Loosely are the paths that begin with the text in a reading that is not known; those of the same name are read in the
// same way.
func Loosely(text, reading string) Paths {
	if text = strings.TrimRight(text, "/"); text == "" {
		return Everything()
	}
	return Paths{Kind: Loose, Text: text, Floor: reading}
}

// Unread are paths that begin with floor and of which no more is known than what decides about them.
func Unread(text, floor string) Paths { return Paths{Kind: Opaque, Text: text, Floor: floor} }

// In says how the paths lie to others.
func (p Paths) In(other Paths) Relation {
	r, left := p.nearly(other)
	if r == Inside && len(left) > 0 {
		return Unclear
	}
	return r
}

// nearly says how the paths lie to others. Those that are Inside are so save what they have in common with what is left
// out there, which is returned.
func (p Paths) nearly(other Paths) (r Relation, left []Paths) {
	r = in(p, other)
	if r != Inside {
		if r == Unclear && slices.ContainsFunc(other.Except, func(out Paths) bool { return in(p, out) == Inside }) {
			return Apart, nil
		}
		return r, nil
	}
	for _, out := range other.Except {
		if slices.ContainsFunc(p.Except, func(mine Paths) bool { return in(out, mine) == Inside }) {
			continue
		}
		switch in(p, out) {
		case Apart:
		case Inside:
			return Apart, nil
		default:
			left = append(left, out)
		}
	}
	return Inside, left
}

// in compares without what is left out.
func in(p, other Paths) Relation {
	if p.Kind == other.Kind && p.Text == other.Text && p.Floor == other.Floor && (p.Kind != Opaque || p.Text != "") {
		return Inside
	}
	// Of a pattern that is not read all that counts is where it can lie.
	if p.Kind == Opaque || other.Kind == Opaque {
		switch r := in(p.around(), other.around()); {
		case r == Apart, r == Inside && other.Kind != Opaque:
			return r
		}
		return Unclear
	}
	if p.Kind == Loose || other.Kind == Loose {
		return inLoosely(p, other)
	}
	switch other.Kind {
	case Exact:
		switch {
		case p.holds(other.Text):
			return Beyond // p is no single path, or it were the same
		case p.Kind == Fold:
			return foldMeets(p, other.Text)
		}
		return Apart
	case Elements:
		return inElements(p, other)
	case Characters:
		return inCharacters(p, other)
	case Fold:
		mine, its := strings.ToLower(p.Text), strings.ToLower(other.Text)
		switch {
		case strings.HasPrefix(mine, its):
			return Inside
		case strings.HasPrefix(its, mine) && p.Kind != Exact:
			return Unclear
		}
		return Apart
	case Loose, Opaque:
	}
	return Unclear
}

// inElements compares with paths below one by their elements, where neither is Opaque or Loose.
func inElements(p, other Paths) Relation {
	switch {
	case p.Kind == Fold:
		return foldMeets(p, other.Text)
	case below(p.Text, other.Text) && (p.Kind != Characters || p.Text != other.Text):
		return Inside
	case p.Kind == Exact:
		return Apart
	case p.Kind == Characters && strings.HasPrefix(other.Text, p.Text), below(other.Text, p.Text):
		return Beyond
	}
	return Apart
}

// inCharacters compares with paths that begin with a text, where neither is Opaque or Loose.
func inCharacters(p, other Paths) Relation {
	switch {
	case p.Kind == Fold && strings.HasPrefix(p.Text, other.Text) &&
		strings.ToLower(other.Text) == strings.ToUpper(other.Text):
		return Inside
	case p.Kind == Fold:
		return foldMeets(p, other.Text)
	case strings.HasPrefix(p.Text, other.Text):
		return Inside
	case p.Kind == Characters && strings.HasPrefix(other.Text, p.Text), p.Kind == Elements && below(other.Text, p.Text):
		return Beyond
	}
	return Apart
}

// inLoosely compares where one of the patterns is Loose.
func inLoosely(p, other Paths) Relation {
	mine, its := p, other
	switch {
	case p.Kind == Loose && other.Kind == Loose && p.Floor == other.Floor && below(p.Text, other.Text):
		// Whatever the reading is, a path below another one gets in with it.
		return Inside
	case p.Kind == Loose && other.Kind == Loose:
		mine.Kind, its.Kind = Fold, Fold
	case p.Kind == Loose:
		mine.Kind = Fold
		if r := in(mine, other); r == Inside || r == Apart {
			return r
		}
		return Unclear
	default:
		// What is below in the narrowest reading is so in all of them.
		if its.Kind = Elements; p.Kind != Opaque && in(p, its) == Inside {
			return Inside
		}
		its.Kind = Fold
	}
	if in(mine, its) == Apart {
		return Apart
	}
	return Unclear
}

// around is a pattern that holds all of this one.
func (p Paths) around() Paths {
	if p.Kind == Opaque {
		return Beginning(p.Floor)
	}
	return p
}

// foldMeets is how a pattern without regard to case lies to one with it.
func foldMeets(p Paths, text string) Relation {
	mine, its := strings.ToLower(p.Text), strings.ToLower(text)
	if strings.HasPrefix(mine, its) || strings.HasPrefix(its, mine) {
		return Unclear
	}
	return Apart
}

// holds says whether a path is in a pattern that is read, without what is left out.
func (p Paths) holds(path string) bool {
	switch p.Kind {
	case Exact:
		return path == p.Text
	case Elements:
		return below(path, p.Text)
	case Characters:
		return strings.HasPrefix(path, p.Text)
	case Fold:
		return len(path) >= len(p.Text) && strings.EqualFold(path[:len(p.Text)], p.Text)
	case Loose, Opaque:
	}
	return false
}

// below says whether a path is another one or lies below it.
func below(path, parent string) bool {
	rest, ok := strings.CutPrefix(path, parent)
	return ok && (rest == "" || rest[0] == '/')
}
