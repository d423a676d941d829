package rules

import (
	"cmp"
	"regexp"
	"strconv"
	"strings"
)

// Version is a minor version of dittoguard, as v0.2. Empty is, of a rule, that it is no version's but a user's own; of what is
// enforced, the latest.
type Version string

var versionText = regexp.MustCompile(`^v(0|[1-9][0-9]{0,5})\.(0|[1-9][0-9]{0,5})$`)

// Valid says whether it is a version or empty.
func (v Version) Valid() bool { return v == "" || versionText.MatchString(string(v)) }

// Includes says whether what is there since a version was there in this one.
func (v Version) Includes(since Version) bool { return v == "" || since == "" || v.compare(since) >= 0 }

// Later is the later of two versions that are enforced.
func (v Version) Later(other Version) Version {
	if other == "" || v != "" && v.compare(other) < 0 {
		return other
	}
	return v
}

func (v Version) compare(other Version) int {
	a, b := v.numbers(), other.numbers()
	return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1]))
}

func (v Version) numbers() (n [2]int) {
	major, minor, _ := strings.Cut(strings.TrimPrefix(string(v), "v"), ".")
	n[0], _ = strconv.Atoi(major)
	n[1], _ = strconv.Atoi(minor)
	return n
}

// ValidationSince is the version since which a validation of the rule can find something.
func (s *Spec) ValidationSince(i int) Version { return s.since(s.Validations[i].Since) }

// UnknownSince is the version since which an unknown of the rule can be said.
func (s *Spec) UnknownSince(i int) Version { return s.since(s.Unknowns[i].Since) }

func (s *Spec) since(part Version) Version {
	if part != "" {
		return part
	}
	return s.Since
}
