package config

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
	"k8s.io/apimachinery/pkg/api/validate/content"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/dittoguard/dittoguard/internal/inventory"
)

// Exception lets some findings pass for a while.
type Exception struct {
	// Rules are the names of the rules that are excepted.
	Rules []string
	Match Match
	// Reason is for whoever reads the file next.
	Reason string
	// Expires is midnight UTC at the begin of the last day on which the exception counts.
	Expires time.Time
	// Line is where the exception stands in its file.
	Line int
}

// Match names a finding's subject or entry. Empty fields match everything; one is set at least.
type Match struct {
	Namespace string
	Kind      string
	Name      string
}

// Expired says whether the exception has stopped counting: it does when its last day is over in UTC.
func (e Exception) Expired(now time.Time) bool {
	return !now.Before(e.Expires.AddDate(0, 0, 1))
}

func (e Exception) covers(rule string, subject, entry inventory.Ref) bool {
	return slices.Contains(e.Rules, rule) && (e.Match.matches(subject) || e.Match.matches(entry))
}

// ExceptionFor is the exception, not expired, that removes the rule's finding on the subject; nil if there is none.
// entry is the object that opens the way in; it is the zero Ref for a finding that is about none.
func (c *Config) ExceptionFor(rule string, subject, entry inventory.Ref, now time.Time) *Exception {
	return c.lastToExpire(rule, subject, entry, func(e *Exception) bool { return !e.Expired(now) })
}

// LapsedException is the exception that removed it until it expired; nil if there is none.
func (c *Config) LapsedException(rule string, subject, entry inventory.Ref, now time.Time) *Exception {
	return c.lastToExpire(rule, subject, entry, func(e *Exception) bool { return e.Expired(now) })
}

// lastToExpire is, of several exceptions, the last to expire.
func (c *Config) lastToExpire(rule string, subject, entry inventory.Ref, counts func(*Exception) bool) *Exception {
	var last *Exception
	for i := range c.Exceptions {
		e := &c.Exceptions[i]
		if e.covers(rule, subject, entry) && counts(e) && (last == nil || e.Expires.After(last.Expires)) {
			last = e
		}
	}
	return last
}

// Lapse says, of an exception that has expired, when it did.
func (e Exception) Lapse() string {
	return fmt.Sprintf("the exception for it (%s) expired on %s, at the end of that day in UTC", e.Reason,
		e.Expires.Format(time.DateOnly))
}

// matches is never true of the zero Ref, which names nothing.
func (m Match) matches(ref inventory.Ref) bool {
	return ref != inventory.Ref{} &&
		(m.Namespace == "" || m.Namespace == ref.Namespace) &&
		(m.Kind == "" || m.Kind == ref.Kind) &&
		(m.Name == "" || m.Name == ref.Name)
}

// match reads what an exception is for. A match that no object can fit is an error: it looks as if something were
// excepted.
func (p *parser) match(n *yaml.Node, path string) Match {
	var m Match
	seen := p.fields(n, path, map[string]field{
		"namespace": func(n *yaml.Node, path string) {
			if m.Namespace = p.text(n, path); m.Namespace != "" && len(validation.IsDNS1123Label(m.Namespace)) > 0 {
				p.fail(n, path, "%q is not a valid name of a namespace; %s", m.Namespace, noPattern)
			}
		},
		"kind": func(n *yaml.Node, path string) {
			if m.Kind = p.text(n, path); m.Kind != "" {
				p.kind(n, path, m.Kind)
			}
		},
		"name": func(n *yaml.Node, path string) {
			if m.Name = p.text(n, path); m.Name != "" && !isName(m.Name) {
				p.fail(n, path, "%q is not a valid name of an object; %s", m.Name, noPattern)
			}
		},
	})
	if n.Kind == yaml.MappingNode && len(seen) == 0 {
		p.fail(n, path, "expected at least one of namespace, kind and name")
	}
	return m
}

const noPattern = "patterns are not supported: give one name, or leave the field out to match all"

// isName says whether an object can be called that. Most kinds allow less than a part of a path, but roles of RBAC do
// not.
func isName(name string) bool {
	return len(content.IsPathSegmentName(name)) == 0 && !strings.ContainsAny(name, "*?[]{}\\ \t")
}

// kind checks how a kind is spelt. Rules of users can be about any kind, so one that is not known may be right.
func (p *parser) kind(n *yaml.Node, path, kind string) {
	var near string
	for _, known := range inventory.Listed() {
		lower := strings.ToLower(known.Kind)
		switch strings.ToLower(kind) {
		case lower, lower + "s", lower + "es", strings.TrimSuffix(lower, "y") + "ies":
			if known.Kind == kind {
				return
			}
			near = known.Kind
		}
	}
	switch {
	case near != "":
		p.fail(n, path, "there is no kind %q; write %s", kind, near)
	case kind[0] < 'A' || kind[0] > 'Z' ||
		strings.Trim(strings.ToLower(kind), "abcdefghijklmnopqrstuvwxyz0123456789") != "":
		p.fail(n, path, "%q is not a valid kind, such as Ingress; %s", kind, noPattern)
	}
}
