package nginxconf

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/nginxconf/expr"
	"github.com/dittoguard/dittoguard/internal/ditto/nginxconf/syntax"
	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
)

// asksCredentials says whether any directive that may ask for credentials is in force; it may still turn out off.
func asksCredentials(s *scope) bool {
	for _, name := range []string{"auth_basic", "auth_request", "auth_jwt", "auth_oidc"} {
		if d := s.setting(name); d != nil && d.Arg(0) != "off" {
			return true
		}
	}
	return false
}

// credentials is one reading of what a location asks for.
type credentials struct {
	state  string // on, off, unknown
	kinds  []string
	why    string
	assume expr.Assumptions
	// basic: $remote_user was checked. token: jwt or oidc claims were. request: a subrequest said yes. nobody: no
	// request can pass, since what is asked for contradicts what brought it here.
	basic, token, request, nobody bool
	// asked are the services that the subrequest asks.
	asked []Asked
}

// foreignAuth are directives of other people's modules that ask for credentials in ways not known here.
var foreignAuth = []string{"auth_digest", "auth_pam", "auth_ldap", "auth_gss", "auth_radius", "auth_jwt_enabled",
	"auth_spnego", "auth_totp_realm", "auth_saml", "vouch", "opa", "auth_hash_check_token", "auth_cookie"}

// authentication is every reading of what scope s asks a client for, on way p.
func (c *Config) authentication(s *scope, p *way) []credentials {
	any := satisfiesAny(s)
	lists := [][]credentials{c.basic(s, p), c.subrequest(s), c.token(s, p)}
	for node := s; node != nil; node = node.parent {
		for _, d := range node.asks {
			lists = append(lists, []credentials{{state: tri.Unknown, why: reason.Of("nginx-directive-not-read", d.Name,
				d.At())}})
		}
	}
	if any {
		switch a := addresses(s); {
		case a.state == accessAddresses:
			lists = append(lists, []credentials{
				{state: tri.On, kinds: []string{"satisfy any"}, why: a.why + " with satisfy any",
					assume: expr.Assumptions{{Opaque: "the client's address is allowed", Holds: true}}},
				{state: tri.Off, assume: expr.Assumptions{{Opaque: "the client's address is allowed"}}},
			})
		case a.state == accessOpen && hasRules(s):
			return []credentials{{state: tri.Off, why: "satisfy any, and allow lets everyone in"}}
		}
	}
	out := []credentials{{state: tri.Off}}
	for _, list := range lists {
		var next []credentials
		for _, a := range out {
			for _, b := range list {
				if assume, ok := a.assume.Merge(b.assume); ok {
					next = append(next, join(a, b, any, assume))
				}
			}
		}
		if out = next; len(out) > maxWays {
			return []credentials{{state: tri.Unknown, why: tooMuch}}
		}
	}
	out = with(out, c.certificate(s, p))
	var possible []credentials
	for _, a := range out {
		// An address that `satisfy any` accepts is not a credential.
		if slices.Contains(a.kinds, "satisfy any") {
			a = credentials{state: tri.Off, why: a.why, assume: a.assume}
		}
		assume, ok := p.assume.Merge(a.assume)
		if !ok {
			continue
		}
		a.assume = assume
		if a.basic {
			// Whoever passed has sent basic credentials; what stands behind their padding in the header is still open.
			if assume, ok = assume.With(expr.Assumption{Source: expr.Variable("http_authorization"), Re: basicScheme(),
				Holds: true}); ok {
				a.assume = assume
			}
			a.nobody = !ok
		}
		possible = append(possible, a)
	}
	return possible
}

// with adds a check that satisfy does not concern.
func with(list, more []credentials) []credentials {
	var out []credentials
	for _, a := range list {
		for _, b := range more {
			if assume, ok := a.assume.Merge(b.assume); ok {
				out = append(out, join(a, b, false, assume))
			}
		}
	}
	return out
}

// join is two mechanisms together: one of them asking is enough, but with `satisfy any` what only one of two has
// checked is not certain.
func join(a, b credentials, any bool, assume expr.Assumptions) credentials {
	out := credentials{assume: assume, kinds: slices.Concat(a.kinds, b.kinds), asked: slices.Concat(a.asked, b.asked)}
	out.state = tri.Off
	for _, state := range []string{tri.Unknown, tri.On} {
		if a.state == state || b.state == state {
			out.state = state
		}
	}
	both := any && a.state != tri.Off && b.state != tri.Off
	out.basic = !both && (a.basic || b.basic)
	out.token = !both && (a.token || b.token)
	out.request = !both && (a.request || b.request)
	if both && (a.state == tri.Unknown || b.state == tri.Unknown) {
		out.state = tri.Unknown
	}
	for _, why := range []string{a.why, b.why} {
		if out.why != "" && why != "" {
			out.why += "; "
		}
		out.why += why
	}
	return out
}

// basic is auth_basic: it asks for nothing without a user file, and where the realm comes to "off".
func (c *Config) basic(s *scope, p *way) []credentials {
	realm, file := s.setting("auth_basic"), s.setting("auth_basic_user_file")
	if realm == nil || realm.Arg(0) == "off" {
		return []credentials{{state: tri.Off, why: notAsked(realm)}}
	}
	if file == nil {
		return []credentials{{state: tri.Off,
			why: "auth_basic at " + realm.At() + " has no auth_basic_user_file and asks for no credentials"}}
	}
	return c.realms(realm, p, credentials{state: tri.On, kinds: []string{"basic"}, basic: true})
}

func basicScheme() *expr.Pattern { return expr.Compile("^Basic ", true) }

func notAsked(d *syntax.Directive) string {
	if d == nil {
		return ""
	}
	return fmt.Sprintf("%s off at %s", d.Name, d.At())
}

// realms is on where the realm is anything but the word off.
func (c *Config) realms(d *syntax.Directive, p *way, on credentials) []credentials {
	on.why = fmt.Sprintf("%s at %s", d.Name, d.At())
	var out []credentials
	for _, a := range c.parts(d.Arg(0), p) {
		x := on
		x.assume = a.Assume
		value, constant := a.Text.Constant()
		switch {
		case constant && value == "off":
			x = credentials{state: tri.Off, why: d.Name + " at " + d.At() + " is off" + a.Assume.When(),
				assume: a.Assume}
		case constant || !couldBeOff(a.Text):
		case clientText(a.Text):
			x = credentials{state: tri.Off, why: d.Name + " at " + d.At() + " can be switched off by the client",
				assume: a.Assume}
		default:
			x = credentials{state: tri.Unknown, why: reason.Of("nginx-realm", d.Name, d.At()), assume: a.Assume}
		}
		out = append(out, x)
	}
	return out
}

func couldBeOff(t expr.Text) bool {
	rest := "off"
	for _, p := range t {
		if p.Name != "" {
			continue
		}
		i := strings.Index(rest, p.Lit)
		if i < 0 {
			return false
		}
		rest = rest[i+len(p.Lit):]
	}
	return true
}

func clientText(t expr.Text) bool {
	return !slices.ContainsFunc(t, func(p expr.Part) bool { return p.Name != "" && !expr.Optional(p.Name) })
}

// subrequest is auth_request: another location is asked, and answers 2xx or refuses.
func (c *Config) subrequest(s *scope) []credentials {
	d := s.setting("auth_request")
	if d == nil || d.Arg(0) == "off" {
		return []credentials{{state: tri.Off, why: notAsked(d)}}
	}
	var asked []Asked
	if srv := serverOf(s); srv != nil && !strings.Contains(d.Arg(0), "$") {
		p := &way{concrete: true, uri: d.Arg(0), internal: true}
		for _, f := range c.find(srv, p) {
			if f.loc == nil {
				continue
			}
			asked = append(asked, c.askedBy(f.loc, d.Arg(0))...)
			for _, r := range f.loc.own["return"] {
				if strings.HasPrefix(r.Arg(0), "2") && len(f.loc.own["if"]) == 0 {
					return []credentials{{state: tri.Off,
						why: "auth_request at " + d.At() + " asks a location that always allows, " + r.At()}}
				}
			}
		}
	}
	return []credentials{{state: tri.On, kinds: []string{"request"}, request: true, asked: asked,
		why: "auth_request at " + d.At()}}
}

func serverOf(s *scope) *scope {
	for s != nil && s.kind != kindServer {
		s = s.parent
	}
	return s
}

// token is auth_jwt and auth_oidc of NGINX Plus.
func (c *Config) token(s *scope, p *way) []credentials {
	for _, kind := range []string{"jwt", "oidc"} {
		d := s.setting("auth_" + kind)
		if d == nil || d.Arg(0) == "off" {
			continue
		}
		if kind == "jwt" && s.inherited("auth_jwt_key_file") == nil && s.inherited("auth_jwt_key_request") == nil {
			return []credentials{{state: tri.Unknown, why: reason.Of("nginx-jwt-key", d.At())}}
		}
		return c.realms(d, p, credentials{state: tri.On, kinds: []string{kind}, token: true})
	}
	return []credentials{{state: tri.Off}}
}

// certificate is ssl_verify_client, which only a TLS connection is asked for, or an `if` on its result.
func (c *Config) certificate(s *scope, p *way) []credentials {
	for _, a := range p.assume {
		if a.Equals != nil && a.Holds && *a.Equals == "SUCCESS" && a.Source.String() == "${ssl_client_verify}" {
			return []credentials{{state: tri.On, kinds: []string{"certificate"},
				why: "only requests with a verified certificate get here"}}
		}
	}
	d := s.setting("ssl_verify_client")
	if d == nil || d.Arg(0) != "on" || s.server == nil {
		return []credentials{{state: tri.Off}}
	}
	on := credentials{state: tri.On, kinds: []string{"certificate"}, why: "ssl_verify_client at " + d.At()}
	plain := false
	for _, l := range s.server.Listen {
		plain = plain || !l.TLS
	}
	if !plain {
		return []credentials{on}
	}
	on.assume = expr.Assumptions{{Opaque: "the connection is TLS", Holds: true}}
	return []credentials{on,
		{state: tri.Off, why: "ssl_verify_client at " + d.At() + " is not asked for on a port without TLS",
			assume: expr.Assumptions{{Opaque: "the connection is TLS"}}}}
}

// summary is the readings as one answer.
func summary(list []credentials) Authentication {
	var out Authentication
	states := map[string]bool{}
	var kinds, on, other []string
	for _, a := range list {
		states[a.state] = true
		if a.state == tri.On {
			out.Asked = append(out.Asked, a.asked...)
			for _, k := range a.kinds {
				if !slices.Contains(kinds, k) {
					kinds = append(kinds, k)
				}
			}
			if !slices.Contains(on, a.why) {
				on = append(on, a.why)
			}
		} else if a.why != "" && !slices.Contains(other, a.why) {
			other = append(other, a.why)
		}
	}
	slices.Sort(kinds)
	out.Kind = strings.Join(kinds, ",")
	switch {
	case states[tri.On] && !states[tri.Off] && !states[tri.Unknown]:
		out.State, out.Why = tri.On, strings.Join(on, "; ")
	case states[tri.Off] && states[tri.On]:
		out.State, out.Why = Conditional, strings.Join(append(on, other...), "; ")
	case states[tri.Off]:
		out.State, out.Why = tri.Off, strings.Join(other, "; ")
		if out.Why == "" {
			out.Why = "nothing asks for credentials"
		}
	case len(list) == 0:
		out.State, out.Why = tri.Unknown, "nothing is forwarded"
	default:
		out.State, out.Why = tri.Unknown, strings.Join(append(other, on...), "; ")
	}
	return out
}

// userFiles are the password files in force, absolute.
func (c *Config) userFiles(s *scope) []string {
	d := s.setting("auth_basic_user_file")
	if d == nil || strings.Contains(d.Arg(0), "$") {
		return nil
	}
	if path.IsAbs(d.Arg(0)) {
		return []string{path.Clean(d.Arg(0))}
	}
	return []string{path.Join(c.dir, d.Arg(0))}
}
