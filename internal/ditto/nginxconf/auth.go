package nginxconf

import (
	"fmt"
	"net/netip"
	"path"
	"slices"
	"strings"
)

// accessState is what allow and deny say.
type accessState struct {
	state string
	why   string
	// self: the only addresses let in are the proxy's own.
	self bool
}

// access is the effect of allow and deny, unless `satisfy any` lets credentials stand in for them.
func access(s *scope) accessState {
	a := addresses(s)
	if satisfiesAny(s) && asksCredentials(s) {
		return accessState{state: accessOpen}
	}
	return a
}

func satisfiesAny(s *scope) bool {
	d := s.setting("satisfy")
	return d != nil && d.arg(0) == "any"
}

// addresses reads the rules of the nearest level that has any.
func addresses(s *scope) accessState {
	for ; s != nil; s = s.parent {
		if len(s.rules) > 0 {
			s.once.Do(func() { s.letsIn = letIn(s.rules) })
			return s.letsIn
		}
	}
	return accessState{state: accessOpen}
}

// letIn reads rules in order: the first that fits decides, none lets in.
func letIn(rules []*directive) accessState {
	some, self := false, true
	for _, d := range rules {
		switch {
		case d.name == "allow" && (d.arg(0) == "all" || takesInOutsiders(d.arg(0))):
			return accessState{state: accessOpen}
		case d.name == "allow":
			some = true
			self = self && (d.arg(0) == "unix:" || strings.HasPrefix(d.arg(0), "127.") || d.arg(0) == "::1")
		case d.arg(0) == "all" && !some:
			return accessState{state: accessNone, why: "deny all at " + d.at()}
		case d.arg(0) == "all":
			return accessState{accessAddresses, "allow and deny before " + d.at(), self}
		case d.arg(0) == "0.0.0.0/0" || d.arg(0) == "::/0":
			return accessState{state: accessAddresses, why: "deny " + d.arg(0) + " at " + d.at()}
		}
	}
	return accessState{state: accessOpen}
}

// takesInOutsiders says whether an address range is too wide to be an operator's: of IPv4 anything wider than 10.0.0.0/8, of
// IPv6 than a provider's, private ones apart.
func takesInOutsiders(text string) bool {
	p, err := netip.ParsePrefix(text)
	switch {
	case err != nil:
		return false
	case p.Addr().Is4():
		return p.Bits() < 8
	}
	return p.Bits() < 16 && !p.Addr().IsPrivate()
}

// asksCredentials says whether any directive that may ask for credentials is in force; it may still turn out off.
func asksCredentials(s *scope) bool {
	for _, name := range []string{"auth_basic", "auth_request", "auth_jwt", "auth_oidc"} {
		if d := s.setting(name); d != nil && d.arg(0) != "off" {
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
	assume assumptions
	// basic: $remote_user was checked. token: jwt or oidc claims were. request: a subrequest said yes. nobody: no request
	// can pass, since what is asked for contradicts what brought it here.
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
			lists = append(lists, []credentials{{state: Unknown, why: d.name + " at " + d.at() + " is not read"}})
		}
	}
	if any {
		switch a := addresses(s); {
		case a.state == accessAddresses:
			lists = append(lists, []credentials{
				{state: On, kinds: []string{"satisfy any"}, why: a.why + " with satisfy any", assume: assumptions{{opaque: "the client's address is allowed", holds: true}}},
				{state: Off, assume: assumptions{{opaque: "the client's address is allowed"}}},
			})
		case a.state == accessOpen && hasRules(s):
			return []credentials{{state: Off, why: "satisfy any, and allow lets everyone in"}}
		}
	}
	out := []credentials{{state: Off}}
	for _, list := range lists {
		var next []credentials
		for _, a := range out {
			for _, b := range list {
				if assume, ok := a.assume.merge(b.assume); ok {
					next = append(next, join(a, b, any, assume))
				}
			}
		}
		if out = next; len(out) > maxWays {
			return []credentials{{state: Unknown, why: tooMuch}}
		}
	}
	out = with(out, c.certificate(s, p))
	var possible []credentials
	for _, a := range out {
		// An address that `satisfy any` accepts is not a credential.
		if slices.Contains(a.kinds, "satisfy any") {
			a = credentials{state: Off, why: a.why, assume: a.assume}
		}
		assume, ok := p.assume.merge(a.assume)
		if !ok {
			continue
		}
		a.assume = assume
		if a.basic {
			// Whoever passed has sent basic credentials; what stands behind their padding in the header is still open.
			if assume, ok = assume.with(assumption{source: variable("http_authorization"), re: basicScheme(), holds: true}); ok {
				a.assume = assume
			}
			a.nobody = !ok
		}
		possible = append(possible, a)
	}
	return possible
}

func hasRules(s *scope) bool {
	return s.inherited("allow") != nil || s.inherited("deny") != nil
}

// with adds a check that satisfy does not concern.
func with(list, more []credentials) []credentials {
	var out []credentials
	for _, a := range list {
		for _, b := range more {
			if assume, ok := a.assume.merge(b.assume); ok {
				out = append(out, join(a, b, false, assume))
			}
		}
	}
	return out
}

// join is two mechanisms together: one of them asking is enough, but with `satisfy any` what only one of two has checked is
// not certain.
func join(a, b credentials, any bool, assume assumptions) credentials {
	out := credentials{assume: assume, kinds: slices.Concat(a.kinds, b.kinds), asked: slices.Concat(a.asked, b.asked)}
	out.state = Off
	for _, state := range []string{Unknown, On} {
		if a.state == state || b.state == state {
			out.state = state
		}
	}
	both := any && a.state != Off && b.state != Off
	out.basic, out.token, out.request = !both && (a.basic || b.basic), !both && (a.token || b.token), !both && (a.request || b.request)
	if both && (a.state == Unknown || b.state == Unknown) {
		out.state = Unknown
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
	if realm == nil || realm.arg(0) == "off" {
		return []credentials{{state: Off, why: notAsked(realm)}}
	}
	if file == nil {
		return []credentials{{state: Off, why: "auth_basic at " + realm.at() + " has no auth_basic_user_file and asks for nothing"}}
	}
	return c.realms(realm, p, credentials{state: On, kinds: []string{"basic"}, basic: true})
}

func basicScheme() *pattern { return compile("^Basic ", true) }

func notAsked(d *directive) string {
	if d == nil {
		return ""
	}
	return fmt.Sprintf("%s off at %s", d.name, d.at())
}

// realms is on where the realm is anything but the word off.
func (c *Config) realms(d *directive, p *way, on credentials) []credentials {
	on.why = fmt.Sprintf("%s at %s", d.name, d.at())
	var out []credentials
	for _, a := range c.parts(d.arg(0), p) {
		x := on
		x.assume = a.assume
		value, constant := a.text.constant()
		switch {
		case constant && value == "off":
			x = credentials{state: Off, why: d.name + " at " + d.at() + " is off" + a.assume.when(), assume: a.assume}
		case constant || !couldBeOff(a.text):
		case clientText(a.text):
			x = credentials{state: Off, why: d.name + " at " + d.at() + " is off where the client says so", assume: a.assume}
		default:
			x = credentials{state: Unknown, why: "the realm of " + d.name + " at " + d.at() + " is not known", assume: a.assume}
		}
		out = append(out, x)
	}
	return out
}

func couldBeOff(t text) bool {
	rest := "off"
	for _, p := range t {
		if p.name != "" {
			continue
		}
		i := strings.Index(rest, p.lit)
		if i < 0 {
			return false
		}
		rest = rest[i+len(p.lit):]
	}
	return true
}

func clientText(t text) bool {
	for _, p := range t {
		if p.name != "" && !clientSets(p.name) {
			return false
		}
	}
	return true
}

// subrequest is auth_request: another location is asked, and answers 2xx or refuses.
func (c *Config) subrequest(s *scope) []credentials {
	d := s.setting("auth_request")
	if d == nil || d.arg(0) == "off" {
		return []credentials{{state: Off, why: notAsked(d)}}
	}
	var asked []Asked
	if srv := serverOf(s); srv != nil && !strings.Contains(d.arg(0), "$") {
		p := &way{concrete: true, uri: d.arg(0), internal: true}
		for _, f := range c.find(srv, p) {
			if f.loc == nil {
				continue
			}
			asked = append(asked, c.askedBy(f.loc, d.arg(0))...)
			for _, r := range f.loc.own["return"] {
				if strings.HasPrefix(r.arg(0), "2") && len(f.loc.own["if"]) == 0 {
					return []credentials{{state: Off, why: "auth_request at " + d.at() + " asks a location that always agrees, " + r.at()}}
				}
			}
		}
	}
	return []credentials{{state: On, kinds: []string{"request"}, request: true, asked: asked, why: "auth_request at " + d.at()}}
}

// askedBy are the services that the location of a subrequest forwards to, if that is all it does.
func (c *Config) askedBy(loc *scope, uri string) []Asked {
	list := loc.own["proxy_pass"]
	if len(list) == 0 || len(loc.own["if"]) > 0 || len(loc.own["rewrite"]) > 0 {
		return nil
	}
	text, err := parseText(list[len(list)-1].arg(0))
	if err != nil {
		return nil
	}
	d := c.destination(text)
	path, constant := d.uri.constant()
	if !d.ok || !constant {
		return nil
	}
	if rest, below := strings.CutPrefix(uri, loc.name); path == "" || loc.re != nil || loc.named || !below {
		path = uri
	} else {
		path += rest
	}
	path, _, _ = strings.Cut(path, "?")
	var asked []Asked
	for _, t := range d.targets {
		if !t.Unix && !t.Variable {
			asked = append(asked, Asked{t, path})
		}
	}
	return asked
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
		if d == nil || d.arg(0) == "off" {
			continue
		}
		if kind == "jwt" && s.inherited("auth_jwt_key_file") == nil && s.inherited("auth_jwt_key_request") == nil {
			return []credentials{{state: Unknown, why: "auth_jwt at " + d.at() + " names no key file"}}
		}
		return c.realms(d, p, credentials{state: On, kinds: []string{kind}, token: true})
	}
	return []credentials{{state: Off}}
}

// certificate is ssl_verify_client, which only a TLS connection is asked for, or an `if` on its result.
func (c *Config) certificate(s *scope, p *way) []credentials {
	for _, a := range p.assume {
		if a.equals != nil && a.holds && *a.equals == "SUCCESS" && a.source.String() == "${ssl_client_verify}" {
			return []credentials{{state: On, kinds: []string{"certificate"}, why: "only requests with a verified certificate get here"}}
		}
	}
	d := s.setting("ssl_verify_client")
	if d == nil || d.arg(0) != "on" || s.server == nil {
		return []credentials{{state: Off}}
	}
	on := credentials{state: On, kinds: []string{"certificate"}, why: "ssl_verify_client at " + d.at()}
	plain := false
	for _, l := range s.server.Listen {
		plain = plain || !l.TLS
	}
	if !plain {
		return []credentials{on}
	}
	on.assume = assumptions{{opaque: "the connection is TLS", holds: true}}
	return []credentials{on, {state: Off, why: "ssl_verify_client at " + d.at() + " is not asked for on a port without TLS",
		assume: assumptions{{opaque: "the connection is TLS"}}}}
}

// summary is the readings as one answer.
func summary(list []credentials) Authentication {
	var out Authentication
	states := map[string]bool{}
	var kinds, on, other []string
	for _, a := range list {
		states[a.state] = true
		if a.state == On {
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
	case states[On] && !states[Off] && !states[Unknown]:
		out.State, out.Why = On, strings.Join(on, "; ")
	case states[Off] && states[On]:
		out.State, out.Why = Conditional, strings.Join(append(on, other...), "; ")
	case states[Off]:
		out.State, out.Why = Off, strings.Join(other, "; ")
		if out.Why == "" {
			out.Why = "nothing asks for credentials"
		}
	case len(list) == 0:
		out.State, out.Why = Unknown, "nothing is forwarded"
	default:
		out.State, out.Why = Unknown, strings.Join(append(other, on...), "; ")
	}
	return out
}

// userFiles are the password files in force, absolute.
func (c *Config) userFiles(s *scope) []string {
	d := s.setting("auth_basic_user_file")
	if d == nil || strings.Contains(d.arg(0), "$") {
		return nil
	}
	if path.IsAbs(d.arg(0)) {
		return []string{path.Clean(d.arg(0))}
	}
	return []string{path.Join(c.dir, d.arg(0))}
}
