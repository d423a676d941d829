package facts

import (
	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/settings"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
)

// OIDC is whose tokens a gateway believes, in one of the two places where it is told:
// ditto.gateway.authentication.oauth for clients, and .devops.oauth for operators.
type OIDC struct {
	// State is known, or unknown where there may be more issuers than those listed.
	State string `cel:"state"`
	Why   string `cel:"why"`
	// Protocol is what the issuer's keys are fetched over.
	Protocol Text `cel:"protocol"`
	// Issuers are in the order of their names.
	Issuers []Issuer `cel:"issuers"`
}

// Issuer is an OpenID Connect issuer whose tokens are believed.
type Issuer struct {
	// Name is its key in the configuration, which its subjects begin with.
	Name string `cel:"name"`
	// URLs are its addresses without the protocol; empty where they come from a Secret.
	URLs   []string `cel:"urls"`
	Source string   `cel:"source"`
	// IsDefault says that it is the one in Ditto's own configuration, google, which nobody need have asked for.
	IsDefault bool `cel:"isDefault"`
	// Audience says whether a prerequisite condition demands that the token is meant for this Ditto.
	Audience tri.State `cel:"audience"`
}

// Subjects is a list of token subjects that are let in. What they are is not shown.
type Subjects struct {
	// State is known or unknown.
	State  string `cel:"state"`
	Count  int64  `cel:"count"`
	Source string `cel:"source"`
	Why    string `cel:"why"`
}

func oidc(s *settings.Settings, of settings.OIDC, protocol *settings.Binding) OIDC {
	issuers := s.Issuers(of)
	o := OIDC{State: Known, Why: issuers.Why, Protocol: text(s.Lookup(protocol))}
	if issuers.State == settings.Unknown {
		o.State = tri.Unknown
	}
	for _, i := range issuers.List {
		o.Issuers = append(o.Issuers, Issuer{
			Name: i.Name, URLs: i.URLs, Source: i.Source, IsDefault: i.Default, Audience: i.Audience,
		})
	}
	return o
}

// size is how many things are in it.
func (o OIDC) size() int {
	n := len(o.Issuers)
	for i := range o.Issuers {
		n += len(o.Issuers[i].URLs)
	}
	return n
}

func subjects(value settings.Value) Subjects {
	if value.State == settings.Unknown {
		return Subjects{State: tri.Unknown, Source: value.Source, Why: value.Why}
	}
	return Subjects{State: Known, Count: int64(value.Len()), Source: value.Source}
}

// text is a setting that may be shown. One that comes from a Secret may not: then it is unknown.
func text(value settings.Value) Text {
	switch {
	case value.State == settings.Unknown:
		return Text{State: tri.Unknown, Source: value.Source, Why: value.Why}
	case value.IsSecret():
		return Text{State: tri.Unknown, Source: value.Source, Why: reason.Of("value-is-secret", value.Source)}
	}
	return Text{State: Known, Value: value.Text(), Source: value.Source}
}
