package settings

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/hocon"
	"github.com/dittoguard/dittoguard/internal/ditto/reason"
)

// element is one element of a list that is spelt `name.0=…`.
type element struct{ key, text string }

// listOf makes a list of elements as Typesafe Config does of an object with numbers for keys: in the order of the
// numbers, gaps closed, other keys left out; of two with one number the later counts. Without a number it stays an
// object.
func listOf(elements []element, from string, secret bool) hocon.Answer {
	byIndex := map[int]string{}
	for _, e := range elements {
		index, err := strconv.Atoi(e.key)
		if err == nil && index >= 0 {
			byIndex[index] = e.text
		}
	}
	if len(byIndex) == 0 {
		return hocon.Answer{Kind: hocon.Object, From: from, Secret: secret}
	}
	a := hocon.Answer{Kind: hocon.List, From: from, Secret: secret}
	for _, index := range slices.Sorted(maps.Keys(byIndex)) {
		if strings.Contains(byIndex[index], runtime) {
			return unknown(from, reason.Of("value-at-run-time", from))
		}
		a.Items = append(a.Items, hocon.Answer{Kind: hocon.Scalar, Text: byIndex[index]})
	}
	return a
}

// dottedVariable reads the variables `NAME.key`, which make NAME a list or an object.
func (s *Settings) dottedVariable(name string) (hocon.Answer, bool) {
	var elements []element
	secret := false
	for _, dotted := range s.dottedNames() {
		rest, ok := beneath(dotted, name)
		if !ok {
			continue
		}
		v := s.env(dotted)
		if v.state == unclear {
			return unknown(v.from, v.why), true
		}
		if v.state == present {
			elements = append(elements, element{key: rest, text: v.text})
			secret = secret || v.secret
		}
	}
	if elements == nil {
		return hocon.Answer{}, false
	}
	return listOf(elements, "env "+name+".0", secret), true
}

// maxItems bounds the variables of one list.
const maxItems = 256

// numberedVariables is the list that `${NAME[]}` stands for: the variables NAME_0, NAME_1 and so on, up to the first
// that is not set.
func (s *Settings) numberedVariables(name string) hocon.Answer {
	a := hocon.Answer{}
	for i := range maxItems {
		v := s.env(name + "_" + strconv.Itoa(i))
		switch {
		case v.state == absent:
			return a
		case v.state == unclear:
			return unknown(v.from, v.why)
		case strings.Contains(v.text, runtime):
			return unknown(v.from, reason.Of("value-at-run-time", v.from))
		}
		a.Kind, a.From, a.Secret = hocon.List, "env "+name+"_0", a.Secret || v.secret
		a.Items = append(a.Items, hocon.Answer{Kind: hocon.Scalar, Text: v.text})
	}
	return unknown(a.From, reason.Of("list-too-long", name))
}
