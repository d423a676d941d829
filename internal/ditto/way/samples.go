package way

import (
	"regexp/syntax"
	"slices"
	"strings"
)

// mostSamples bounds how many samples are made of an expression.
const mostSamples = 16

// samplesOf are short texts that an expression matches, one for each of its alternatives. They are guesses: who uses
// them verifies.
func samplesOf(expression string) []string {
	re, err := syntax.Parse(expression, syntax.Perl)
	if err != nil {
		return nil
	}
	return samples(re)
}

func samples(re *syntax.Regexp) []string {
	switch re.Op {
	case syntax.OpLiteral:
		return []string{string(re.Rune)}
	case syntax.OpCharClass:
		return []string{sampleOfClass(re.Rune)}
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return []string{"x"}
	case syntax.OpCapture, syntax.OpPlus:
		return samples(re.Sub[0])
	case syntax.OpStar, syntax.OpQuest:
		return firstOf(append([]string{""}, samples(re.Sub[0])...))
	case syntax.OpAlternate:
		var list []string
		for _, sub := range re.Sub {
			list = firstOf(append(list, samples(sub)...))
		}
		return list
	case syntax.OpRepeat:
		var list []string
		for _, sample := range samples(re.Sub[0]) {
			list = append(list, strings.Repeat(sample, min(max(re.Min, 1), 8)))
		}
		return list
	case syntax.OpConcat:
		list := []string{""}
		for _, sub := range re.Sub {
			var next []string
			for _, before := range list {
				for _, sample := range samples(sub) {
					next = firstOf(append(next, before+sample))
				}
			}
			list = next
		}
		return list
	default: // what stands at a place, such as an end
		return []string{""}
	}
}

func firstOf(list []string) []string { return list[:min(len(list), mostSamples)] }

// sampleOfClass is a character of a class, an ordinary one if there is one.
func sampleOfClass(ranges []rune) string {
	for _, r := range "xX0-" {
		for pair := range slices.Chunk(ranges, 2) {
			if pair[0] <= r && r <= pair[1] {
				return string(r)
			}
		}
	}
	if len(ranges) == 0 {
		return ""
	}
	return string(ranges[0])
}
