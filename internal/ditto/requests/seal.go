package requests

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
)

// seals is what a seal begins with.
const seals = "sha256:"

// Sealed is the set with a digest in the place of each text that is only ever compared with its equal: conditions, and
// patterns that are not read. Such a text can be long, and hold what somebody wrote into a configuration and would not
// want to see elsewhere. What holds of sets holds of sealed ones, and a sealed set is its own seal.
func (a Set) Sealed() Set {
	list := slices.Clone(a)
	for i := range list {
		list[i] = list[i].sealed()
	}
	return list
}

func (b Box) sealed() Box {
	b.Hosts, b.Paths, b.Conditions = slices.Clone(b.Hosts), slices.Clone(b.Paths), slices.Clone(b.Conditions)
	for i := range b.Hosts {
		if b.Hosts[i].Opaque {
			b.Hosts[i].Name = seal(b.Hosts[i].Name)
		}
	}
	sealPaths(b.Paths)
	for i := range b.Conditions {
		b.Conditions[i] = seal(b.Conditions[i])
	}
	return b
}

func sealPaths(list []Paths) {
	for i := range list {
		p := &list[i]
		switch p.Kind {
		case Opaque:
			p.Text = seal(p.Text)
		case Loose:
			p.Floor = seal(p.Floor)
		default:
		}
		p.Except = slices.Clone(p.Except)
		sealPaths(p.Except)
	}
}

// seal leaves nothing as it is: a pattern without a text is equal to none.
func seal(text string) string {
	if text == "" || strings.HasPrefix(text, seals) {
		return text
	}
	sum := sha256.Sum256([]byte(text))
	return seals + hex.EncodeToString(sum[:16])
}
