package settings

import (
	"slices"
	"strconv"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/hocon"
	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
)

// State says what is known of a value.
type State string

const (
	// Known is a value that the pod, or a profile it chooses, sets.
	Known State = "known"
	// Default is the value that Ditto has if nothing sets it.
	Default State = "default"
	// Unset is a setting without a value; Ditto has no default for it.
	Unset State = "unset"
	// Unknown is a value that cannot be told; Why says what would settle it.
	Unknown State = "unknown"
)

const defaultSource = "default"

// Value is the value of a setting. The value of a secret does not leave it: not by its methods, and not when it is
// printed.
type Value struct {
	State State
	// Source says where the value comes from, for people: `env ENABLE_PRE_AUTHENTICATION`,
	// `env DEVOPS_PASSWORD (Secret ditto/gw key devops-password)`, `-Dditto.gateway.http.port in JAVA_TOOL_OPTIONS`,
	// `ConfigMap ditto/x key gateway-extension.conf`, `development profile (HOSTING_ENVIRONMENT "")`, `default`.
	Source string
	// Why says, of an unknown value, what is missing: `Secret ditto/gw not found`. It holds no value.
	Why string

	// secret says that the text must not be shown: the setting is a secret, or its value came from where secrets are
	// kept.
	secret bool
	// fromSecret says that the value came, at least in part, from a Secret.
	fromSecret bool
	// content is behind a function so that printing a Value, with whatever verb, shows an address.
	content func() *content
}

type content struct {
	text  string
	items []string
	list  bool
}

func keep(c *content) func() *content { return func() *content { return c } }

// value makes a Value of what a lookup found.
func (s *Settings) value(b *Binding, a hocon.Answer) Value {
	v := Value{State: Known, Source: a.From, secret: b.Secret || a.Secret, fromSecret: a.Secret}
	if a.From == defaultSource {
		v.State = Default
	}
	switch a.Kind {
	case hocon.Absent:
		return Value{State: Unset, Source: defaultSource}
	case hocon.Unknown:
		return Value{State: Unknown, Source: a.From, Why: a.Why}
	case hocon.Scalar:
		v.content = keep(&content{text: a.Text})
	case hocon.List:
		items := &content{list: true}
		v.content = keep(items)
		for _, item := range a.Items {
			if item.Kind != hocon.Scalar {
				return v.unfit("a list of texts")
			}
			items.items = append(items.items, item.Text)
			v.secret, v.fromSecret = v.secret || item.Secret, v.fromSecret || item.Secret
		}
	default:
		return v.unfit("a text")
	}
	if v.content().list != b.List {
		if b.List {
			return v.unfit("a list")
		}
		return v.unfit("a text")
	}
	return v
}

// unfit is a value of a kind that Ditto does not start with.
func (v Value) unfit(wanted string) Value {
	return Value{State: Unknown, Source: v.Source, Why: reason.Of("value-of-another-type", v.Source, wanted)}
}

// Text is the value, empty if it is a secret or not known.
func (v Value) Text() string {
	if v.secret {
		return ""
	}
	return v.raw()
}

// Items is the value of a list, nil if it is a secret or not known.
func (v Value) Items() []string {
	if v.secret || v.content == nil {
		return nil
	}
	return slices.Clone(v.content().items)
}

// Len is the number of items of a list, also of a secret one.
func (v Value) Len() int {
	if v.content == nil {
		return 0
	}
	return len(v.content().items)
}

// IsSecret says whether the value may not be shown.
func (v Value) IsSecret() bool { return v.secret }

// IsOneOf says whether the value is known and one of the words, exactly.
func (v Value) IsOneOf(words []string) bool {
	return v.content != nil && !v.content().list && slices.Contains(words, v.content().text)
}

// Choice returns which of the words the value is, whatever its case, and false if it is none of them. So a choice can
// be shown even if its value came from a Secret.
func (v Value) Choice(words ...string) (string, bool) {
	if v.content == nil || v.content().list {
		return "", false
	}
	for _, word := range words {
		if strings.EqualFold(word, v.content().text) {
			return word, true
		}
	}
	return "", false
}

// raw is the text whether it may be shown or not; it stays in this package.
func (v Value) raw() string {
	if v.content == nil {
		return ""
	}
	return v.content().text
}

// shown is the value quoted for a message.
func (v Value) shown() string {
	if v.secret {
		return "the value of " + v.Source
	}
	return strconv.Quote(shortened(v.raw()))
}

// Boolean reads a value as Typesafe Config's getBoolean does: true, yes, on, false, no and off, exactly so. With
// anything else the process does not start, and the switch is unknown.
func Boolean(v Value) tri.State {
	s := tri.Is(tri.Unknown, v.Source, v.Why)
	switch {
	case v.State == Unknown:
	case v.IsOneOf([]string{"true", "yes", "on"}):
		s.State = tri.On
	case v.IsOneOf([]string{"false", "no", "off"}):
		s.State = tri.Off
	case v.State == Unset:
		s.Why = "it has no value; Ditto does not start"
	default:
		s.Why = reason.Of("not-a-boolean", v.shown())
	}
	return s
}

// The states that PasswordState tells apart.
const (
	PasswordPublished = "published"
	PasswordOwn       = "own"
	PasswordUnknown   = "unknown"
)

// PasswordState says whether a password is one of the published ones, the empty one among them, or the operator's own.
func PasswordState(v Value, published []string) string {
	switch {
	case v.State == Unknown, v.content == nil:
		return PasswordUnknown
	case v.raw() == "", v.IsOneOf(published):
		return PasswordPublished
	}
	return PasswordOwn
}
