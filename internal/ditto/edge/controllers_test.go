package edge

import (
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// effectsCase compares the whole of what Read says, but for advice, which TestAdvice compares.
type effectsCase struct {
	name  string
	in    Input
	notes notes
	tls   bool
	want  Effects
}

func (c effectsCase) run(t *testing.T) {
	t.Run(c.name, func(t *testing.T) {
		in := c.in
		in.Ingress.Annotations = c.notes
		if c.tls {
			in.Ingress.Spec.TLS = []networkingv1.IngressTLS{{}}
		}
		got := Read(in)
		got.StripAdvice, got.HideAdvice = "", ""
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	})
}

var (
	untouched = State{IdentityClient, "default", "no annotation changes the header"}
	unstrip   = State{Off, "default", "no annotation changes the header"}
	unasked   = State{Off, "default", "no annotation asks for credentials"}
)

func TestRead_IngressNginx(t *testing.T) {
	const p = "nginx.ingress.kubernetes.io/"
	hides := State{On, "default", "ingress-nginx sends no Server header unless its ConfigMap sets server-tokens"}
	basic := State{On, p + "auth-type", "the annotation " + p + "auth-type asks every client for credentials"}
	byURL := State{On, p + "auth-url", "the annotation " + p + "auth-url asks every client for credentials"}
	htpasswd := []AuthSecret{{Namespace: "ns", Name: "users", Kind: AuthFile, Key: "auth"}}
	identity := func(state, source, why string) State { return State{state, p + source, why} }
	const honoured = "ingress-nginx honours configuration snippets (allow-snippet-annotations and annotations-risk-level), which it does not by default since 1.9"
	const answers = "the service behind auth-url answers every request that it lets in with a non-empty x-ditto-pre-authenticated"
	snippet := func(text string) []Snippet {
		return []Snippet{{Kind: SnippetLocation, Key: p + "configuration-snippet", Text: text}}
	}
	const setUser = `proxy_set_header x-ditto-pre-authenticated "nginx:$remote_user";`

	cases := []effectsCase{
		{name: "no annotations", want: Effects{Identity: untouched, Authentication: unasked, StripsIdentity: unstrip, HidesHeaders: hides}},
		{name: "basic authentication alone leaves the header", notes: notes{p + "auth-type": "basic", p + "auth-secret": "users"},
			want: Effects{Identity: untouched, Authentication: basic, AuthSecrets: htpasswd, StripsIdentity: unstrip, HidesHeaders: hides}},
		{name: "a map of users in another namespace", notes: notes{p + "auth-type": "basic", p + "auth-secret": "other/users", p + "auth-secret-type": "auth-map"},
			want: Effects{Identity: untouched, Authentication: basic, AuthSecrets: []AuthSecret{{Namespace: "other", Name: "users", Kind: AuthMap}}, StripsIdentity: unstrip, HidesHeaders: hides}},
		{name: "a blank type is none", notes: notes{p + "auth-type": " ", p + "auth-secret": "users"},
			want: Effects{Identity: untouched, Authentication: unasked, StripsIdentity: unstrip, HidesHeaders: hides}},
		{name: "a wrong type is refused", notes: notes{p + "auth-type": "Basic", p + "auth-secret": "users"},
			want: Effects{Identity: untouched, Authentication: identity(Unknown, "auth-type", "auth-type is neither basic nor digest, so ingress-nginx refuses it"), StripsIdentity: unstrip, HidesHeaders: hides}},
		{name: "no Secret is refused", notes: notes{p + "auth-type": "basic"},
			want: Effects{Identity: untouched, Authentication: identity(Unknown, "auth-type", "auth-secret does not name a Secret, so ingress-nginx answers 503"), StripsIdentity: unstrip, HidesHeaders: hides}},

		{name: "the snippet of Ditto's older charts sets the verified user",
			notes: notes{p + "auth-type": "basic", p + "auth-secret": "users", p + "configuration-snippet": setUser},
			want: Effects{
				Identity:       identity(IdentitySet, "configuration-snippet", "in the configuration snippet it is set to $remote_user, which basic authentication has verified"),
				Authentication: basic, AuthSecrets: htpasswd,
				StripsIdentity: identity(On, "configuration-snippet", "in the configuration snippet it is set to $remote_user, which basic authentication has verified"),
				HidesHeaders:   hides, Snippets: snippet(setUser), Assumptions: []string{honoured},
			}},
		{name: "the same snippet without authentication passes the client's word on", notes: notes{p + "configuration-snippet": setUser},
			want: Effects{
				Identity:       identity(IdentityClient, "configuration-snippet", "in the configuration snippet it is set to $remote_user, which nothing has verified there"),
				Authentication: unasked,
				StripsIdentity: identity(Off, "configuration-snippet", "in the configuration snippet it is set to $remote_user, which nothing has verified there"),
				HidesHeaders:   hides, Snippets: snippet(setUser),
			}},
		{name: "satisfy any with listed addresses makes the user unverified",
			notes: notes{p + "auth-type": "basic", p + "auth-secret": "users", p + "satisfy": "any", p + "whitelist-source-range": "10.0.0.0/8", p + "configuration-snippet": setUser},
			want: Effects{
				Identity:       identity(IdentityClient, "configuration-snippet", "in the configuration snippet it is set to $remote_user, which nothing has verified there"),
				Authentication: identity(Off, "satisfy", `satisfy is "any": clients with a listed address are not asked for credentials`), AuthSecrets: htpasswd,
				StripsIdentity: identity(Off, "configuration-snippet", "in the configuration snippet it is set to $remote_user, which nothing has verified there"),
				HidesHeaders:   hides, Snippets: snippet(setUser),
			}},
		{name: "satisfy any depends on what cannot be seen", notes: notes{p + "auth-type": "basic", p + "auth-secret": "users", p + "satisfy": "any"},
			want: Effects{Identity: untouched, AuthSecrets: htpasswd, StripsIdentity: unstrip, HidesHeaders: hides,
				Authentication: identity(Unknown, "satisfy", `satisfy is "any": a whitelist-source-range in the ConfigMap of ingress-nginx would let clients in without credentials`)}},
		{name: "a snippet for HTTP does nothing for a gRPC backend",
			notes: notes{p + "auth-type": "basic", p + "auth-secret": "users", p + "backend-protocol": "grpc", p + "configuration-snippet": setUser},
			want:  Effects{Identity: untouched, Authentication: basic, AuthSecrets: htpasswd, StripsIdentity: unstrip, HidesHeaders: hides, Snippets: snippet(setUser)}},
		{name: "a snippet that is none is unknown", notes: notes{p + "auth-type": "basic", p + "auth-secret": "users", p + "configuration-snippet": "}"},
			want: Effects{
				Identity:       identity(IdentityUnknown, "configuration-snippet", "in the configuration snippet the snippet cannot be parsed"),
				Authentication: State{Unknown, "configuration-snippet", "the configuration snippet may let clients in without credentials"}, AuthSecrets: htpasswd,
				StripsIdentity: identity(Unknown, "configuration-snippet", "in the configuration snippet the snippet cannot be parsed"),
				HidesHeaders:   hides, Snippets: snippet("}"),
			}},

		{name: "an answer sets the header", notes: notes{p + "auth-url": "http://auth.ns/check", p + "auth-response-headers": "X-User, X-Ditto-Pre-Authenticated"},
			want: Effects{
				Identity: identity(IdentitySet, "auth-response-headers", "auth-response-headers sets the header from the answer of auth-url"), Authentication: byURL,
				StripsIdentity: identity(On, "auth-response-headers", "auth-response-headers sets the header from the answer of auth-url"),
				HidesHeaders:   hides, Assumptions: []string{answers},
			}},
		{name: "response headers without a URL do nothing", notes: notes{p + "auth-response-headers": "x-ditto-pre-authenticated"},
			want: Effects{Identity: untouched, Authentication: unasked, StripsIdentity: unstrip, HidesHeaders: hides}},
		{name: "a URL without response headers leaves the header", notes: notes{p + "auth-url": "http://auth.ns/check"},
			want: Effects{Identity: untouched, Authentication: byURL, StripsIdentity: unstrip, HidesHeaders: hides}},
		{name: "a URL that is none is refused", notes: notes{p + "auth-url": "auth"},
			want: Effects{Identity: untouched, Authentication: identity(Unknown, "auth-url", "auth-url is no URL, so ingress-nginx answers 503"), StripsIdentity: unstrip, HidesHeaders: hides}},
		{name: "satisfy any makes the answer optional",
			notes: notes{p + "auth-url": "http://auth.ns/check", p + "auth-response-headers": "x-ditto-pre-authenticated", p + "satisfy": "any", p + "allowlist-source-range": "0.0.0.0/0"},
			want: Effects{
				Identity:       identity(IdentityEmpty, "auth-response-headers", `auth-response-headers sets the header from the answer of auth-url, but not every request has to be answered: satisfy is "any": clients with a listed address are not asked for credentials`),
				Authentication: identity(Off, "satisfy", `satisfy is "any": clients with a listed address are not asked for credentials`),
				StripsIdentity: identity(On, "auth-response-headers", `auth-response-headers sets the header from the answer of auth-url, but not every request has to be answered: satisfy is "any": clients with a listed address are not asked for credentials`),
				HidesHeaders:   hides,
			}},

		{name: "client certificates over TLS alone", notes: notes{p + "auth-tls-secret": "ns/ca"}, tls: true,
			want: Effects{Identity: untouched, StripsIdentity: unstrip, HidesHeaders: hides,
				Authentication: identity(On, "auth-tls-secret", "the annotation "+p+"auth-tls-secret asks every client for credentials"),
				Assumptions:    []string{"ingress-nginx redirects plain HTTP, where no client certificate is asked for, to HTTPS (ssl-redirect)"}}},
		{name: "client certificates beside plain HTTP", notes: notes{p + "auth-tls-secret": "ns/ca", p + "ssl-redirect": "false"}, tls: true,
			want: Effects{Identity: untouched, StripsIdentity: unstrip, HidesHeaders: hides,
				Authentication: identity(Unknown, "auth-tls-secret", "client certificates are asked for, but plain HTTP is not redirected")}},
		{name: "optional client certificates", notes: notes{p + "auth-tls-secret": "ns/ca", p + "auth-tls-verify-client": "optional"}, tls: true,
			want: Effects{Identity: untouched, Authentication: unasked, StripsIdentity: unstrip, HidesHeaders: hides}},

		{name: "passthrough makes what looked safe unknown",
			notes: notes{p + "ssl-passthrough": "true", p + "auth-url": "http://auth.ns/check", p + "auth-response-headers": "x-ditto-pre-authenticated"},
			want: Effects{
				Identity:       State{IdentityUnknown, "ssl-passthrough", "ssl-passthrough may hand TLS connections on unread"},
				Authentication: State{Unknown, "ssl-passthrough", "ssl-passthrough may hand TLS connections on unread"},
				StripsIdentity: State{Unknown, "ssl-passthrough", "ssl-passthrough may hand TLS connections on unread"},
				HidesHeaders:   State{Unknown, "ssl-passthrough", "ssl-passthrough may hand TLS connections on unread"},
				Passthrough:    true, Assumptions: []string{answers},
			}},
		{name: "another controller's annotations do nothing", notes: notes{"nginx.org/basic-auth-secret": "users", "haproxy.org/auth-type": "basic-auth"},
			want: Effects{Identity: untouched, Authentication: unasked, StripsIdentity: unstrip, HidesHeaders: hides}},
	}
	for _, c := range cases {
		c.in = served("ingress-nginx", nil)
		c.run(t)
	}
}

func TestRead_F5Nginx(t *testing.T) {
	const p = "nginx.org/"
	shows := State{Off, "default", "nginx sends its version in the Server header"}
	hide := map[string]string{p + "server-tokens": "False", p + "proxy-hide-headers": "Server,X-Powered-By"}
	strip := map[string]string{p + "proxy-set-headers": "x-ditto-pre-authenticated:"}
	basic := State{On, p + "basic-auth-secret", "nginx.org/basic-auth-secret asks every client for credentials"}
	set := func(state, why string) State { return State{state, p + "proxy-set-headers", why} }
	stated := func(version string) Input {
		in := served("f5-nginx", nil)
		in.Config.Controllers = map[string]ControllerConfig{"f5-nginx": {Version: version}}
		return in
	}
	guessed := stated("5.5.4")
	guessed.Class.Known = false
	minion := stated("5.5.4")
	mastered := stated("5.5.4")
	mastered.Master = ingress("c", notes{p + "mergeable-ingress-type": "master", p + "proxy-set-headers": "x-ditto-pre-authenticated:", p + "basic-auth-secret": "users"})
	const newEnough = "the NGINX Ingress Controller is 3.6 or newer, which knows nginx.org/proxy-set-headers"
	const removes = "nginx.org/proxy-set-headers removes the header"
	const colonless = "nginx.org/proxy-set-headers names the header without a colon, which passes the client's own on"
	orphan := func(state, why string) State { return State{state, p + "mergeable-ingress-type", why} }

	for _, c := range []effectsCase{
		{name: "no annotations and no version", in: served("f5-nginx", nil),
			want: Effects{Identity: untouched, Authentication: unasked, StripsIdentity: unstrip, HidesHeaders: shows, HideAnnotations: hide}},
		{name: "a version that knows the annotation", in: stated("v3.6.2"),
			want: Effects{Identity: untouched, Authentication: unasked, StripsIdentity: unstrip, HidesHeaders: shows, StripAnnotations: strip, HideAnnotations: hide}},
		{name: "a version that does not know it", in: stated("3.5.2"), notes: notes{p + "proxy-set-headers": "x-ditto-pre-authenticated:"},
			want: Effects{Identity: untouched, Authentication: unasked, StripsIdentity: unstrip, HidesHeaders: shows, HideAnnotations: hide}},
		{name: "a guessed controller gets no annotations", in: guessed,
			want: Effects{Identity: untouched, Authentication: unasked, StripsIdentity: unstrip, HidesHeaders: shows}},
		{name: "the header is removed", in: stated("3.6"), notes: notes{p + "proxy-set-headers": "X-A, X-Ditto-Pre-Authenticated :", p + "server-tokens": "false"},
			want: Effects{Identity: set(IdentityRemoved, removes), Authentication: unasked, StripsIdentity: set(On, removes),
				HidesHeaders: State{On, p + "server-tokens", "nginx.org/server-tokens is false"}}},
		{name: "the header is removed if the version is right", in: served("f5-nginx", nil), notes: notes{p + "proxy-set-headers": "x-ditto-pre-authenticated:"},
			want: Effects{Identity: set(IdentityRemoved, removes), Authentication: unasked, StripsIdentity: set(On, removes), HidesHeaders: shows, HideAnnotations: hide, Assumptions: []string{newEnough}}},
		{name: "without a colon the client's header passes", in: stated("5.5"), notes: notes{p + "proxy-set-headers": "x-ditto-pre-authenticated"},
			want: Effects{Identity: set(IdentityClient, colonless), Authentication: unasked, StripsIdentity: set(Off, colonless), HidesHeaders: shows, HideAnnotations: hide}},
		{name: "a second entry undoes the first", in: stated("5.5"), notes: notes{p + "proxy-set-headers": "x-ditto-pre-authenticated:,X-DITTO-PRE-AUTHENTICATED"},
			want: Effects{Identity: set(IdentityClient, colonless), Authentication: unasked, StripsIdentity: set(Off, colonless), HidesHeaders: shows, HideAnnotations: hide}},
		{name: "a list that somebody wrote is not touched", in: stated("5.5"), notes: notes{p + "proxy-set-headers": "X-A: b", p + "server-tokens": "custom", p + "proxy-hide-headers": "X-B"},
			want: Effects{Identity: untouched, Authentication: unasked, StripsIdentity: unstrip, HidesHeaders: State{Off, p + "server-tokens", `nginx.org/server-tokens is "custom"`}}},
		{name: "nothing is set for a gRPC service", in: stated("5.5"), notes: notes{p + "proxy-set-headers": "x-ditto-pre-authenticated:", p + "grpc-services": "other,gateway"},
			want: Effects{Identity: untouched, Authentication: unasked, StripsIdentity: unstrip, HidesHeaders: shows, HideAnnotations: hide}},
		{name: "Server is passed on", in: stated("5.5"), notes: notes{p + "server-tokens": "False", p + "proxy-pass-headers": "server"},
			want: Effects{Identity: untouched, Authentication: unasked, StripsIdentity: unstrip, StripAnnotations: strip,
				HidesHeaders: State{Off, p + "proxy-pass-headers", "nginx.org/proxy-pass-headers passes Server on"}}},
		{name: "a snippet sets the verified user", in: stated("5.5"), notes: notes{p + "basic-auth-secret": "users", p + "location-snippets": `proxy_set_header X-Ditto-Pre-Authenticated nginx:$remote_user;`},
			want: Effects{
				Identity:       State{IdentitySet, p + "location-snippets", "in the location snippet it is set to $remote_user, which basic authentication has verified"},
				Authentication: basic, AuthSecrets: []AuthSecret{{Namespace: "ns", Name: "users", Kind: AuthFile, Key: "htpasswd"}},
				StripsIdentity: State{On, p + "location-snippets", "in the location snippet it is set to $remote_user, which basic authentication has verified"},
				HidesHeaders:   shows, HideAnnotations: hide,
				Snippets: []Snippet{{SnippetLocation, p + "location-snippets", `proxy_set_header X-Ditto-Pre-Authenticated nginx:$remote_user;`}},
			}},
		{name: "a JSON web token is asked for on NGINX Plus only", in: stated("5.5"), notes: notes{"nginx.com/jwt-key": "k"},
			want: Effects{Identity: untouched, Authentication: State{Unknown, "nginx.com/jwt-key", "nginx.com/jwt-key asks for a token on NGINX Plus only"}, StripsIdentity: unstrip,
				StripAnnotations: strip, HidesHeaders: shows, HideAnnotations: hide}},
		{name: "a Policy that is not at hand", in: stated("5.5"), notes: notes{p + "policies": "oidc"},
			want: Effects{Identity: untouched, Authentication: State{Unknown, p + "policies", "Policy ns/oidc is not at hand, and may ask for credentials"}, StripsIdentity: unstrip,
				StripAnnotations: strip, HidesHeaders: shows, HideAnnotations: hide}},
		{name: "a minion without its master is unknown", in: minion, notes: notes{p + "mergeable-ingress-type": "minion"},
			want: Effects{
				Identity:       orphan(IdentityUnknown, noMaster),
				Authentication: orphan(Unknown, noMaster),
				StripsIdentity: orphan(Unknown, noMaster),
				HidesHeaders:   orphan(Unknown, noMaster),
			}},
		{name: "a minion takes over what its master says", in: mastered, notes: notes{p + "mergeable-ingress-type": "minion"},
			want: Effects{
				Identity:       set(IdentityRemoved, removes),
				Authentication: State{On, p + "basic-auth-secret", "nginx.org/basic-auth-secret of the master asks every client for credentials"},
				AuthSecrets:    []AuthSecret{{Namespace: "ns", Name: "users", Kind: AuthFile, Key: "htpasswd"}},
				StripsIdentity: set(On, removes), HidesHeaders: shows,
			}},
		{name: "a minion's own entry wins over its master's", in: mastered, notes: notes{p + "mergeable-ingress-type": "minion", p + "proxy-set-headers": "X-Ditto-Pre-Authenticated"},
			want: Effects{
				Identity:       set(IdentityClient, colonless),
				Authentication: State{On, p + "basic-auth-secret", "nginx.org/basic-auth-secret of the master asks every client for credentials"},
				AuthSecrets:    []AuthSecret{{Namespace: "ns", Name: "users", Kind: AuthFile, Key: "htpasswd"}},
				StripsIdentity: set(Off, colonless), HidesHeaders: shows,
			}},
	} {
		c.run(t)
	}
}

func TestRead_HAProxy(t *testing.T) {
	passes := State{Off, "default", "HAProxy passes the Server header of the backend on"}
	basic := State{On, "haproxy.org/auth-type", "auth-type asks every client for credentials"}
	header := func(state, why string) State {
		return State{state, "haproxy.org/request-set-header", "in request-set-header " + why}
	}
	users := []AuthSecret{{Namespace: "ns", Name: "users", Kind: AuthMap}}
	for _, c := range []effectsCase{
		{name: "no annotations", want: Effects{Identity: untouched, Authentication: unasked, StripsIdentity: unstrip, HidesHeaders: passes}},
		{name: "a constant", notes: notes{"haproxy.org/request-set-header": "X-A b\nX-Ditto-Pre-Authenticated nobody\n"},
			want: Effects{Identity: header(IdentitySet, "it is set to a constant"), Authentication: unasked, StripsIdentity: header(On, "it is set to a constant"), HidesHeaders: passes}},
		{name: "the verified user", notes: notes{"haproxy.com/auth-type": "basic-auth", "auth-secret": "users", "ingress.kubernetes.io/request-set-header": `x-ditto-pre-authenticated "nginx:%[http_auth_user]"`},
			want: Effects{Identity: header(IdentitySet, "it is set to the user that basic authentication has verified"), Authentication: basic, AuthSecrets: users,
				StripsIdentity: header(On, "it is set to the user that basic authentication has verified"), HidesHeaders: passes}},
		{name: "a user whom nobody verified", notes: notes{"haproxy.org/request-set-header": "x-ditto-pre-authenticated nginx:%[http_auth_user]"},
			want: Effects{Identity: header(IdentityClient, "it is set to the user of the request, which nothing has verified there"), Authentication: unasked,
				StripsIdentity: header(Off, "it is set to the user of the request, which nothing has verified there"), HidesHeaders: passes}},
		{name: "the client's own header", notes: notes{"haproxy.org/request-set-header": "x-ditto-pre-authenticated %[req.hdr(x-ditto-pre-authenticated),lower]"},
			want: Effects{Identity: header(IdentityClient, "it is set to req.hdr, which the client writes"), Authentication: unasked,
				StripsIdentity: header(Off, "it is set to req.hdr, which the client writes"), HidesHeaders: passes}},
		{name: "nothing is what HAProxy refuses", notes: notes{"haproxy.org/request-set-header": "x-ditto-pre-authenticated "},
			want: Effects{Identity: header(IdentityUnknown, "it is set to the empty string, which HAProxy refuses"), Authentication: unasked,
				StripsIdentity: header(Unknown, "it is set to the empty string, which HAProxy refuses"), HidesHeaders: passes}},
		{name: "a line without a space ends the list", notes: notes{"haproxy.org/request-set-header": "X-A\nx-ditto-pre-authenticated nobody"},
			want: Effects{Identity: untouched, Authentication: unasked, StripsIdentity: unstrip, HidesHeaders: passes}},
		{name: "the last line wins", notes: notes{"haproxy.org/request-set-header": "x-ditto-pre-authenticated nobody\nx-ditto-pre-authenticated %[urlp(u)]"},
			want: Effects{Identity: header(IdentityClient, "it is set to urlp, which the client writes"), Authentication: unasked,
				StripsIdentity: header(Off, "it is set to urlp, which the client writes"), HidesHeaders: passes}},
		{name: "two spellings that differ are unknown", notes: notes{"haproxy.org/request-set-header": "x-ditto-pre-authenticated a", "haproxy.com/request-set-header": "x-ditto-pre-authenticated b"},
			want: Effects{Identity: State{IdentityUnknown, "haproxy.org/request-set-header", "request-set-header is there twice, with different values"}, Authentication: unasked,
				StripsIdentity: State{Unknown, "haproxy.org/request-set-header", "request-set-header is there twice, with different values"}, HidesHeaders: passes}},
		{name: "another kind of authentication is none", notes: notes{"haproxy.org/auth-type": "basic"},
			want: Effects{Identity: untouched, Authentication: State{Off, "haproxy.org/auth-type", `auth-type is not "basic-auth", and is ignored`}, StripsIdentity: unstrip, HidesHeaders: passes}},
		{name: "Server is overwritten", notes: notes{"haproxy.org/response-set-header": "Server hidden"},
			want: Effects{Identity: untouched, Authentication: unasked, StripsIdentity: unstrip,
				HidesHeaders: State{On, "haproxy.org/response-set-header", "response-set-header overwrites Server"}}},
		{name: "passthrough leaves nothing", notes: notes{"haproxy.org/ssl-passthrough": "true", "haproxy.org/auth-type": "basic-auth"},
			want: Effects{
				Identity:       State{IdentityClient, "haproxy.org/ssl-passthrough", "haproxy.org/ssl-passthrough hands TLS connections on unread"},
				Authentication: State{Off, "haproxy.org/ssl-passthrough", "haproxy.org/ssl-passthrough hands TLS connections on unread"},
				StripsIdentity: State{Off, "haproxy.org/ssl-passthrough", "haproxy.org/ssl-passthrough hands TLS connections on unread"},
				HidesHeaders:   State{Off, "haproxy.org/ssl-passthrough", "haproxy.org/ssl-passthrough hands TLS connections on unread"},
				Passthrough:    true,
			}},
	} {
		c.in = served("haproxy", nil)
		c.run(t)
	}
	t.Run("configuration at the Service is not read", func(t *testing.T) {
		in := served("haproxy", notes{"haproxy.org/auth-type": "basic-auth"})
		in.ServiceAnnotations = notes{"haproxy.org/cr-backend": "ns/b"}
		got := Read(in)
		if got.Identity.State != IdentityUnknown || got.Authentication.State != Unknown || got.Identity.Source != "haproxy.org/cr-backend" {
			t.Errorf("identity %+v, authentication %+v", got.Identity, got.Authentication)
		}
	})
}

func TestRead_HAProxyIngress(t *testing.T) {
	const p = "haproxy-ingress.github.io/"
	passes := State{Off, "default", "HAProxy passes the Server header of the backend on"}
	strip := map[string]string{p + "request-del-headers": "x-ditto-pre-authenticated"}
	hide := map[string]string{p + "response-del-headers": "Server,X-Powered-By"}
	users := []AuthSecret{{Namespace: "ns", Name: "users", Kind: AuthFile, Key: "auth"}}
	stated := func(version string) Input {
		in := served("haproxy-ingress", nil)
		in.Config.Controllers = map[string]ControllerConfig{"haproxy-ingress": {Version: version}}
		return in
	}
	withSecret := func(keys ...string) Input {
		in := served("haproxy-ingress", nil)
		secret := &corev1.Secret{
			TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Secret"}, ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "users"},
			StringData: map[string]string{},
		}
		for _, key := range keys {
			secret.StringData[key] = "x"
		}
		in.Objects = inMemory(t, secret)
		return in
	}
	nobody := served("haproxy-ingress", nil)
	nobody.Objects = inMemory(t)
	state := func(state, source, why string) State { return State{state, p + source, why} }
	const deletes = "request-del-headers removes the header"
	const answers = "the authentication service answers every request that it lets in with a non-empty x-ditto-pre-authenticated"

	for _, c := range []effectsCase{
		{name: "no annotations and no version", in: served("haproxy-ingress", nil),
			want: Effects{Identity: untouched, Authentication: unasked, StripsIdentity: unstrip, HidesHeaders: passes}},
		{name: "a version that knows the annotations", in: stated("0.17"),
			want: Effects{Identity: untouched, Authentication: unasked, StripsIdentity: unstrip, HidesHeaders: passes, StripAnnotations: strip, HideAnnotations: hide}},
		{name: "a version that does not", in: stated("0.16"), notes: notes{p + "request-del-headers": "x-ditto-pre-authenticated", p + "response-del-headers": "server"},
			want: Effects{Identity: untouched, Authentication: unasked, StripsIdentity: unstrip, HidesHeaders: passes}},
		{name: "deleted headers", in: stated("0.17.0-alpha.2"), notes: notes{p + "request-del-headers": "X-A, X-Ditto-Pre-Authenticated", "ingress.kubernetes.io/response-del-headers": "x-userid,server"},
			want: Effects{Identity: state(IdentityRemoved, "request-del-headers", deletes), Authentication: unasked, StripsIdentity: state(On, "request-del-headers", deletes),
				HidesHeaders: state(On, "response-del-headers", "response-del-headers removes Server")}},
		{name: "deleted headers without a version", in: served("haproxy-ingress", nil), notes: notes{p + "request-del-headers": "x-ditto-pre-authenticated"},
			want: Effects{Identity: state(IdentityRemoved, "request-del-headers", deletes), Authentication: unasked, StripsIdentity: state(On, "request-del-headers", deletes), HidesHeaders: passes,
				Assumptions: []string{"haproxy-ingress is 0.17 or newer, which knows request-del-headers"}}},
		{name: "headers of older releases set it", in: stated("0.14"), notes: notes{p + "headers": "x-ditto-pre-authenticated: nobody"},
			want: Effects{Identity: state(IdentitySet, "headers", "in headers it is set to a constant"), Authentication: unasked, StripsIdentity: state(On, "headers", "in headers it is set to a constant"), HidesHeaders: passes}},
		{name: "an added header is a second one", in: stated("0.17"), notes: notes{p + "request-add-headers": "x-ditto-pre-authenticated nobody"},
			want: Effects{Identity: state(IdentityUnknown, "request-add-headers", "request-add-headers adds a second header: it is set to a constant"), Authentication: unasked,
				StripsIdentity: state(Unknown, "request-add-headers", "request-add-headers adds a second header: it is set to a constant"), HidesHeaders: passes, HideAnnotations: hide}},
		{name: "a Secret that is there", in: withSecret("auth"), notes: notes{p + "auth-secret": "users"},
			want: Effects{Identity: untouched, Authentication: state(On, "auth-secret", "auth-secret asks every client for credentials"), AuthSecrets: users, StripsIdentity: unstrip, HidesHeaders: passes}},
		{name: "a Secret without the key asks for nothing", in: withSecret("users"), notes: notes{p + "auth-secret": "users"},
			want: Effects{Identity: untouched, Authentication: state(Off, "auth-secret", "Secret ns/users has no key auth, so haproxy-ingress asks for nothing"), AuthSecrets: users, StripsIdentity: unstrip, HidesHeaders: passes}},
		{name: "a Secret that is not there is unknown", in: nobody, notes: notes{p + "auth-secret": "users"},
			want: Effects{Identity: untouched, Authentication: state(Unknown, "auth-secret", "Secret ns/users is not at hand, and without it haproxy-ingress asks for nothing"), AuthSecrets: users, StripsIdentity: unstrip, HidesHeaders: passes}},
		{name: "a Secret that cannot be seen is assumed", in: served("haproxy-ingress", nil), notes: notes{p + "auth-secret": "users"},
			want: Effects{Identity: untouched, Authentication: state(On, "auth-secret", "auth-secret asks every client for credentials"), AuthSecrets: users, StripsIdentity: unstrip, HidesHeaders: passes,
				Assumptions: []string{"Secret ns/users is there and has the key auth"}}},
		{name: "an answer that is copied by name", in: stated("0.17"), notes: notes{p + "auth-url": "svc://auth:80/", p + "auth-headers-succeed": "x-user,x-ditto-pre-authenticated"},
			want: Effects{Identity: state(IdentitySet, "auth-headers-succeed", "auth-headers-succeed copies the header from the answer of auth-url"),
				Authentication: state(On, "auth-url", "auth-url asks every client for credentials"),
				StripsIdentity: state(On, "auth-headers-succeed", "auth-headers-succeed copies the header from the answer of auth-url"), HidesHeaders: passes, HideAnnotations: hide,
				Assumptions: []string{answers}}},
		{name: "an answer that is copied by default is unknown", in: stated("0.17"), notes: notes{p + "auth-url": "svc://auth:80/"},
			want: Effects{Identity: state(IdentityUnknown, "auth-headers-succeed", "headers of the answer of auth-url are copied by a pattern, and whether this one is among them cannot be told"),
				Authentication: state(On, "auth-url", "auth-url asks every client for credentials"),
				StripsIdentity: state(Unknown, "auth-headers-succeed", "headers of the answer of auth-url are copied by a pattern, and whether this one is among them cannot be told"),
				HidesHeaders:   passes, HideAnnotations: hide}},
		{name: "an older key in another spelling is not overridden", in: stated("0.17"), notes: notes{"ingress.kubernetes.io/request-del-headers": "x-a"},
			want: Effects{Identity: untouched, Authentication: unasked, StripsIdentity: unstrip, HidesHeaders: passes, HideAnnotations: hide}},
		{name: "configuration of HAProxy's own is not read", in: stated("0.17"), notes: notes{p + "config-backend": "http-request del-header x-ditto-pre-authenticated"},
			want: Effects{Identity: state(IdentityUnknown, "config-backend", "config-backend may change the header, and is not read"), Authentication: unasked,
				StripsIdentity: state(Unknown, "config-backend", "config-backend may change the header, and is not read"), HidesHeaders: passes, HideAnnotations: hide}},
	} {
		c.run(t)
	}
}

func TestRead_Others(t *testing.T) {
	cannotTell := State{Unknown, "default", "what becomes of Server and version headers cannot be told from the Ingress"}
	refers := func(state, key, what string) State {
		return State{state, key, key + " refers to something that can " + what + ", and is not read"}
	}
	const plugins = "konghq.com/plugins"
	plain := func(assumption string) Effects {
		e := Effects{Identity: untouched, Authentication: unasked, StripsIdentity: unstrip, HidesHeaders: cannotTell}
		if assumption != "" {
			e.Assumptions = []string{assumption}
		}
		return e
	}
	istioPlain := plain("no EnvoyFilter or RequestAuthentication of Istio changes the header")
	istioPlain.Authentication = State{Unknown, "default", "an AuthorizationPolicy of Istio can ask for credentials, and is not read"}
	albAuth := plain("")
	albAuth.Authentication = refers(Unknown, "alb.ingress.kubernetes.io/auth-type", "ask for credentials")
	passed := func(key string) Effects {
		off := State{Off, key, key + " hands TLS connections on unread"}
		return Effects{Identity: State{IdentityClient, key, off.Why}, Authentication: off, StripsIdentity: off, HidesHeaders: off, Passthrough: true}
	}
	routed := passed("route.openshift.io/termination")
	routed.Assumptions = []string{"the IngressController of OpenShift has no header actions"}
	const nobody = "no annotation changes the header at any controller that is known"
	open := plain("")
	open.Identity.Why, open.StripsIdentity.Why = nobody, nobody
	asked := open
	asked.Authentication = State{
		Unknown, prefixIngressNginx + "auth-url",
		`who serves the Ingress cannot be told, and ingress-nginx would make something else of it, by "nginx.ingress.kubernetes.io/auth-url"`,
	}
	set := open
	set.Identity = State{
		IdentityUnknown, "haproxy.org/request-set-header",
		`who serves the Ingress cannot be told, and HAProxy Technologies' ingress controller would make something else of it, by "haproxy.org/request-set-header"`,
	}
	set.StripsIdentity = set.Identity

	for _, c := range []effectsCase{
		{name: "Kong with plugins", in: served("kong", nil), notes: notes{plugins: "p"},
			want: Effects{Identity: State{IdentityUnknown, plugins, "KongPlugin ns/p is not at hand"}, Authentication: State{Unknown, plugins, "KongPlugin ns/p is not at hand"},
				StripsIdentity: State{Unknown, plugins, "KongPlugin ns/p is not at hand"}, HidesHeaders: cannotTell,
				Assumptions: []string{"Kong has no plugins but those of objects at hand, and consumers have none of their own"}}},
		{name: "Contour", in: served("contour", nil), want: plain("Contour's configuration has no policy with applyToIngress")},
		{name: "Istio", in: served("istio", nil), want: istioPlain},
		{name: "an ALB with authentication", in: served("alb", nil), notes: notes{"alb.ingress.kubernetes.io/auth-type": "oidc"}, want: albAuth},
		{name: "GKE", in: served("gce", nil), want: plain("")},
		{name: "an Application Gateway", in: served("agic", nil), want: plain("")},
		{name: "OpenShift with passthrough", in: served("openshift", nil), notes: notes{"route.openshift.io/termination": "passthrough"}, want: routed},
		{name: "Cilium with passthrough", in: served("cilium", nil), notes: notes{"ingress.cilium.io/tls-passthrough": "enabled"}, want: passed("ingress.cilium.io/tls-passthrough")},
		{name: "Alibaba's ALB", in: served("alibaba-alb", nil), want: plain("")},
		{name: "an unknown controller without annotations passes headers on", in: served(Unknown, nil), notes: notes{"cert-manager.io/cluster-issuer": "x"}, want: open},
		{name: "what no controller reads changes nothing", in: served(Unknown, nil), want: open, notes: notes{
			"example.com/x": "y", "team": "a", "field.cattle.io/publicEndpoints": "[]", prefixIngress + "ssl-redirect": "true", allowHTTP: "false",
		}},
		{name: "nor does what two read and neither closes the way with", in: served(Unknown, nil), want: open, notes: notes{
			prefixIngressNginx + "proxy-body-size": "1m", "alb.ingress.kubernetes.io/scheme": "internal",
		}},
		{name: "one of several that could ask for credentials", in: served(Unknown, nil), want: asked, notes: notes{
			prefixIngressNginx + "auth-url": "http://auth.ns/verify", "alb.ingress.kubernetes.io/scheme": "internal",
		}},
		{name: "an annotation without prefix may be HAProxy's", in: served(Unknown, nil), want: set, notes: notes{
			"request-set-header": Header + " x",
		}},
	} {
		c.run(t)
	}
	t.Run("a reference at the Service counts", func(t *testing.T) {
		in := served("kong", nil)
		in.ServiceAnnotations = notes{plugins: "p"}
		if got := Read(in).Identity; got.State != IdentityUnknown {
			t.Errorf("identity is %+v", got)
		}
	})
}

func TestAdvice(t *testing.T) {
	f5 := served("f5-nginx", nil)
	taken := served("f5-nginx", notes{"nginx.org/proxy-set-headers": "X-A: b"})
	done := served("f5-nginx", notes{"nginx.org/proxy-set-headers": "x-ditto-pre-authenticated:", "nginx.org/server-tokens": "False"})
	for _, tt := range []struct {
		name        string
		in          Input
		strip, hide string
	}{
		{"what to write and what to say", f5,
			`write nginx.org/proxy-set-headers: "x-ditto-pre-authenticated:", with the colon, which removes the header (NGINX Ingress Controller 3.6 or newer); ` +
				`say in the configuration which version runs (edges.controllers.f5-nginx.version: "3.6"), and it is written for you`,
			`write nginx.org/server-tokens: "False" and nginx.org/proxy-hide-headers: "Server,X-Powered-By"`},
		{"what to add to a list that is there", taken, `add x-ditto-pre-authenticated: to the list in nginx.org/proxy-set-headers`,
			`write nginx.org/server-tokens: "False" and nginx.org/proxy-hide-headers: "Server,X-Powered-By"`},
		{"nothing where it is done", done, "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := Read(tt.in)
			if diff := cmp.Diff([]string{tt.strip, tt.hide}, []string{got.StripAdvice, got.HideAdvice}); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
	for _, c := range append(table, unknownController()) {
		e := Read(served(c.name, nil))
		if e.StripAdvice == "" || e.StripsIdentity.State == On {
			t.Errorf("%s: no advice on stripping without annotations", c.name)
		}
		if e.HideAdvice == "" && e.HidesHeaders.State != On {
			t.Errorf("%s: no advice on hiding without annotations", c.name)
		}
	}
}

func TestControllerNames(t *testing.T) {
	const want = "ingress-nginx f5-nginx traefik haproxy haproxy-ingress contour kong istio alb gce agic openshift cilium alibaba-alb tailscale"
	if got := strings.Join(ControllerNames(), " "); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

// Offered annotations have to do what they are offered for: with them in place the edge strips and hides, and nothing
// is offered any more.
func TestRead_OfferedAnnotationsWork(t *testing.T) {
	for name, version := range map[string]string{"f5-nginx": "5.5.4", "haproxy-ingress": "0.17"} {
		in := served(name, notes{})
		in.Config.Controllers = map[string]ControllerConfig{name: {Version: version}}
		offered := Read(in)
		if len(offered.StripAnnotations) == 0 || len(offered.HideAnnotations) == 0 {
			t.Fatalf("%s: nothing is offered", name)
		}
		for _, add := range []map[string]string{offered.StripAnnotations, offered.HideAnnotations} {
			maps.Copy(in.Ingress.Annotations, add)
		}
		after := Read(in)
		if after.StripsIdentity.State != On || after.HidesHeaders.State != On || after.StripAnnotations != nil || after.HideAnnotations != nil {
			t.Errorf("%s: strips %+v, hides %+v, offers %v %v", name, after.StripsIdentity, after.HidesHeaders, after.StripAnnotations, after.HideAnnotations)
		}
	}
}

// No value of an annotation makes a reading panic, or makes it offer to replace what somebody wrote.
func FuzzRead(f *testing.F) {
	for _, key := range []string{
		"nginx.ingress.kubernetes.io/configuration-snippet", "nginx.ingress.kubernetes.io/auth-url", "nginx.org/proxy-set-headers",
		"nginx.org/location-snippets", "haproxy.org/request-set-header", "haproxy-ingress.github.io/request-set-headers", "ingress.cilium.io/tls-passthrough",
	} {
		for _, value := range []string{
			`proxy_set_header x-ditto-pre-authenticated "nginx:${remote_user}";`, "if ($x) { more_clear_input_headers -t 'a' x-*; }", "x-ditto-pre-authenticated %[", "}{", "a'\"\\",
			"rewrite_by_lua_block { x = \"}\" }", "x-ditto-pre-authenticated:", "://", "\x00\n",
		} {
			f.Add(key, value)
		}
	}
	f.Fuzz(func(t *testing.T, key, value string) {
		for _, c := range append(table, unknownController()) {
			in := served(c.name, notes{key: value, "nginx.ingress.kubernetes.io/auth-type": "basic", "nginx.ingress.kubernetes.io/auth-secret": value})
			in.Config.Controllers = map[string]ControllerConfig{c.name: {Version: "9.9"}}
			e := Read(in)
			for _, add := range []map[string]string{e.StripAnnotations, e.HideAnnotations} {
				if _, taken := add[key]; taken {
					t.Errorf("%s offers to replace %s", c.name, key)
				}
			}
			for _, s := range []State{e.Identity, e.Authentication, e.StripsIdentity, e.HidesHeaders} {
				if s.State == "" || s.Why == "" {
					t.Errorf("%s says nothing: %+v", c.name, e)
				}
			}
			ForcesRegex(in)
			rate, transport := ReadRate(in), ReadTransport(in, "ditto.example.com")
			if _, taken := rate.Annotations[key]; taken {
				t.Errorf("%s offers to replace %s", c.name, key)
			}
			for _, s := range []State{rate.Limited, transport.TLS, transport.Plain} {
				if s.State == "" || s.Why == "" {
					t.Errorf("%s says nothing: %+v %+v", c.name, rate, transport)
				}
			}
			ReadErrorPages(in)
		}
	})
}

func BenchmarkRead(b *testing.B) {
	in := served("ingress-nginx", notes{
		"nginx.ingress.kubernetes.io/auth-url":              "http://auth.ns/check",
		"nginx.ingress.kubernetes.io/auth-response-headers": "x-ditto-pre-authenticated",
		"nginx.ingress.kubernetes.io/proxy-read-timeout":    "70",
	})
	for b.Loop() {
		Read(in)
	}
}

func TestIngressNginxIsToldForAllIngresses(t *testing.T) {
	config := func(data map[string]string, headers map[string]string) GlobalConfig {
		return GlobalConfig{Name: "ConfigMap ops/config", Data: data, HeadersName: "ConfigMap ops/headers", Headers: headers}
	}
	asking := map[string]string{
		prefixIngressNginx + "auth-url":              "http://auth.example.com/",
		prefixIngressNginx + "auth-response-headers": Header,
	}
	auth := map[string]string{"global-auth-url": "https://auth.example.com/", "global-auth-response-headers": Header}
	empty := map[string]string{"X-DITTO-Pre-Authenticated": ""}
	for _, test := range []struct {
		name                     string
		annotations              map[string]string
		controllers              []GlobalConfig
		identity, authentication string
	}{
		{"no controller at hand", nil, nil, IdentityClient, Off},
		{"told nothing", asking, []GlobalConfig{{}}, IdentitySet, On},
		{"global-auth-url", nil, []GlobalConfig{config(auth, nil)}, IdentitySet, On},
		{"global-auth-url of one controller of two", nil, []GlobalConfig{config(auth, nil), {}}, IdentityClient, Off},
		{"no URL", nil, []GlobalConfig{config(map[string]string{"global-auth-url": "auth"}, nil)}, IdentityClient, Off},
		{"declined", map[string]string{prefixIngressNginx + "enable-global-auth": "false"}, []GlobalConfig{config(auth, nil)}, IdentityClient, Off},
		{"an empty header", nil, []GlobalConfig{config(nil, empty)}, IdentityRemoved, Off},
		{"an empty header beside the answer's", asking, []GlobalConfig{config(nil, empty)}, IdentitySet, On},
		{"an empty header of one controller of two", nil, []GlobalConfig{config(nil, empty), {}}, IdentityClient, Off},
		{"the client's header", asking, []GlobalConfig{config(nil, map[string]string{Header: "$http_x_user"})}, IdentityClient, On},
		{"a second header", asking, []GlobalConfig{config(nil, map[string]string{Header: "nobody"})}, IdentityUnknown, On},
		{"headers that are not at hand", nil, []GlobalConfig{{Name: "c", HeadersName: "h", HeadersUnseen: true}}, IdentityUnknown, Off},
		{
			"a location-snippet that clears it", nil,
			[]GlobalConfig{config(map[string]string{"location-snippet": "more_clear_input_headers " + Header + ";"}, nil)}, IdentityRemoved, Off,
		},
		{
			"a location-snippet that cannot be seen through", asking,
			[]GlobalConfig{config(map[string]string{"location-snippet": "include more.conf;"}, nil)}, IdentityUnknown, Unknown,
		},
		{
			"an http-snippet that cannot be seen through", asking,
			[]GlobalConfig{config(map[string]string{"http-snippet": "include more.conf;"}, nil)}, IdentityUnknown, Unknown,
		},
		{
			"an http-snippet about something else", asking,
			[]GlobalConfig{config(map[string]string{"http-snippet": "map $http_upgrade $connection { default upgrade; }"}, nil)}, IdentitySet, On,
		},
		{
			"a server-snippet that asks for passwords", nil,
			[]GlobalConfig{config(map[string]string{"server-snippet": "auth_basic Ditto;"}, nil)}, IdentityClient, Unknown,
		},
		{"some paths are not asked", asking, []GlobalConfig{config(map[string]string{"no-auth-locations": "/ws"}, nil)}, IdentityUnknown, Unknown},
		{"no path is asked", asking, []GlobalConfig{config(map[string]string{"no-auth-locations": "/"}, nil)}, IdentityEmpty, Off},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := func(p string) networkingv1.HTTPIngressPath { return networkingv1.HTTPIngressPath{Path: p} }
			ing := &networkingv1.Ingress{Spec: networkingv1.IngressSpec{Rules: []networkingv1.IngressRule{{
				IngressRuleValue: networkingv1.IngressRuleValue{HTTP: &networkingv1.HTTPIngressRuleValue{
					Paths: []networkingv1.HTTPIngressPath{path("/api"), path("/ws")},
				}},
			}}}}
			ing.Annotations = test.annotations
			e := Read(Input{Ingress: ing, Class: Class{Controller: nameIngressNginx}, Controllers: test.controllers})
			if e.Identity.State != test.identity || e.Authentication.State != test.authentication {
				t.Errorf("identity %s (%s), authentication %s (%s)", e.Identity.State, e.Identity.Why, e.Authentication.State, e.Authentication.Why)
			}
		})
	}
}
