package rules

import "k8s.io/apimachinery/pkg/util/version"

// Version is a minor version of dittoguard, as v0.2. Empty is, of a rule, that it is no version's but a user's own; of
// what is enforced, the latest.
type Version string

// FirstVersion is the first one that has rules.
const FirstVersion Version = "v0.1"

// Valid says whether it is a version or empty.
func (v Version) Valid() bool {
	parsed, err := version.ParseMajorMinor(string(v))
	return v == "" || err == nil && "v"+parsed.String() == string(v)
}

// Includes says whether what is there since a version was there in this one.
func (v Version) Includes(since Version) bool { return v == "" || since == "" || !v.before(since) }

// Later is the later of two versions that are enforced.
func (v Version) Later(other Version) Version {
	if other == "" || v != "" && v.before(other) {
		return other
	}
	return v
}

func (v Version) before(other Version) bool {
	a, err := version.ParseMajorMinor(string(v))
	b, otherErr := version.ParseMajorMinor(string(other))
	return err == nil && otherErr == nil && a.LessThan(b)
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
