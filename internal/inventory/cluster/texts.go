package cluster

import "strings"

// texts keeps one of equal short texts, as long as it comes up every now and then. Names of namespaces, images and
// labels are in many objects; names of objects and UIDs are not, and are forgotten again.
type texts struct {
	// recent are those of late, and earlier those before, which are forgotten when there are too many of late.
	recent, earlier map[string]string
}

const (
	longText  = 128
	manyTexts = 4096
)

// one is a text, or an equal one.
func (t *texts) one(text string) string {
	if text == "" || len(text) > longText {
		return text
	}
	if known, ok := t.recent[text]; ok {
		return known
	}
	known, ok := t.earlier[text]
	if !ok {
		known = strings.Clone(text) // it may be part of a longer one
	}
	if t.recent == nil || len(t.recent) >= manyTexts {
		t.recent, t.earlier = make(map[string]string, manyTexts), t.recent
	}
	t.recent[known] = known
	return known
}

// of replaces the keys and values of a map.
func (t *texts) of(m map[string]string) {
	for k, text := range m {
		m[t.one(k)] = t.one(text) // an equal key takes the place of the one before
	}
}
