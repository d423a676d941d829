package settings

import (
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/hocon"
	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
)

// OIDC names one of the two places where the gateway is told which OpenID Connect issuers to believe.
type OIDC string

const (
	// APIOIDC is for everything that acts under a client's identity.
	APIOIDC OIDC = authentication + "oauth"
	// DevopsOIDC is for /devops, /overall/status and /api/2/connections, where their method is oauth2.
	DevopsOIDC OIDC = authentication + "devops.oauth"
)

// The issuer that Ditto's own configuration holds. Its name is an ordinary key: a file that says anything about it, or
// adds others beside it, leaves it where it is.
const (
	defaultIssuer    = "google"
	defaultIssuerURL = "accounts.google.com"
)

// Issuer is an OpenID Connect issuer whose tokens the gateway believes.
// Source: SubjectIssuerConfig and DefaultOAuthConfig in gateway/service/.../util/config/security of Ditto.
type Issuer struct {
	// Name is its key, which is also what its subjects begin with: `keycloak` in keycloak:alice.
	Name string
	// URLs are its addresses without the protocol; nil where they come from a Secret.
	URLs []string
	// Source says where its address is set.
	Source string
	// Default says that it is Ditto's own, with the address that Ditto gives it, as far as is known.
	Default bool
	// Audience says whether a token has to be meant for this Ditto: one of its prerequisite conditions filters by the
	// audience, or by the client that the token was issued to.
	Audience tri.State
}

// Issuers are all issuers of one place, in the order of their names.
type Issuers struct {
	// State is Known, or Unknown where there may be more than those listed; Why says what is missing.
	State State
	Why   string
	List  []Issuer
}

// Issuers reads which issuers the gateway believes. Objects of different files are laid over one another, so that an
// issuer stays as long as no file takes it away.
func (s *Settings) Issuers(of OIDC) Issuers {
	all := Issuers{State: Known}
	incomplete := func(why string) {
		if all.State == Known {
			all.State, all.Why = Unknown, why
		}
	}
	for _, list := range []string{"openid-connect-issuers", "openid-connect-issuers-extension"} {
		path := string(of) + "." + list
		for _, name := range s.issuerNames(of, path, incomplete) {
			all.List = append(all.List, s.issuer(of, path, name))
		}
	}
	return all
}

// isFirst says of the two lists of issuers that it is the one which Ditto's own configuration has something in.
func isFirst(path string) bool { return !strings.HasSuffix(path, "-extension") }

// issuerNames are the keys that anything gives the object at the path, in order. missing is called with what cannot be
// read and may hold more of them.
func (s *Settings) issuerNames(of OIDC, path string, missing func(why string)) []string {
	var names []string
	if of == APIOIDC && isFirst(path) {
		names = append(names, defaultIssuer)
	}
	switch p := s.hostingEnvironment(); p.mode {
	case modeUnknown:
		missing(p.why)
	case modeDevelopment:
		if of == APIOIDC && isFirst(path) && s.service == Gateway {
			names = append(names, developmentIssuer)
		}
	case modeProduction, modeFile:
	}
	for which := range documentCount {
		d := s.read(which)
		if d.why != "" {
			missing(d.why)
		}
		if d.hocon == nil {
			continue
		}
		keys, complete := d.hocon.Keys(path)
		if !complete {
			missing(reason.Of("issuers-elsewhere", d.from))
		}
		for _, key := range keys {
			names = append(names, hocon.Path(key))
		}
	}
	if c := s.classes(); c.why != "" {
		missing(c.why)
	}
	for _, d := range s.classes().files {
		if keys, complete := d.hocon.Keys(path); !complete || len(keys) > 0 {
			missing(reason.Of("issuers-by-order", d.from))
		}
	}
	for _, list := range s.jvmArguments().lists {
		if list.why != "" {
			missing(list.why)
		}
		for _, p := range list.Properties {
			if rest, ok := beneath(p.Name, path); ok {
				name, _, _ := strings.Cut(rest, ".")
				names = append(names, name)
			}
		}
	}
	if force := s.forcing(); force.Kind != hocon.Absent {
		missing(reason.Of("forced-issuers"))
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// The issuer that the development profile adds (gateway-dev.conf).
const (
	developmentIssuer    = "fake"
	developmentIssuerURL = "localhost:9900/fake"
)

// issuer reads one of them. A list of addresses replaces the single one (DefaultSubjectIssuerConfig).
func (s *Settings) issuer(of OIDC, path, name string) Issuer {
	at := path + "." + name
	single := &Binding{Path: at + ".issuer"}
	switch {
	case of != APIOIDC || !isFirst(path):
	case name == defaultIssuer:
		single.Default, single.HasDefault = defaultIssuerURL, true
	case name == developmentIssuer:
		single.Development = map[string]Assigned{Gateway: {Value: developmentIssuerURL}}
	}
	issuer := Issuer{Name: hocon.Element(name)}
	address := s.Lookup(&Binding{Path: at + ".issuers", List: true})
	if address.State == Unset || (address.State == Known && address.Len() == 0) {
		address = s.Lookup(single)
		if text := address.Text(); text != "" {
			issuer.URLs = []string{text}
		}
	} else {
		issuer.URLs = address.Items()
	}
	issuer.Source = address.Source
	issuer.Default = of == APIOIDC && isFirst(path) && name == defaultIssuer &&
		(address.State == Unknown || slices.Equal(issuer.URLs, []string{defaultIssuerURL}))
	issuer.Audience = audience(s.Lookup(&Binding{Path: at + ".prerequisite-conditions", List: true}))
	return issuer
}

// audience says whether a list of conditions, all of which have to hold, demands an audience.
func audience(conditions Value) tri.State {
	a := tri.Is(tri.Off, conditions.Source, conditions.Why)
	if conditions.State == Unknown {
		a.State = tri.Unknown
		return a
	}
	if conditions.content == nil {
		return a
	}
	if slices.ContainsFunc(conditions.content().items, demandsAudience) {
		a.State = tri.On
	}
	return a
}
