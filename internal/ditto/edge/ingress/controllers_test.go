package ingress

import (
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/edge/f5"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

// effectsCase compares the whole of what Read says, but for advice, which TestAdvice compares.
type effectsCase struct {
	name  string
	in    way.Input
	notes notes
	tls   bool
	want  way.Effects
	// strip and hide are the annotations that are offered.
	strip, hide map[string]string
}

// handled is how an Ingress is handled, as its routes say it.
func handled(in way.Input) way.Handling {
	h := readAs(in).Handling
	h.Settle()
	return h
}

func readPath(in way.Input, kind *networkingv1.PathType, path string) way.Path {
	return pathOf(readAs(in), kind, path)
}

func readTransport(in way.Input, host string) way.Transport { return transportOf(readAs(in), host) }

func (c effectsCase) run(t *testing.T) {
	t.Run(c.name, func(t *testing.T) {
		in := c.in
		in.Ingress.Annotations = c.notes
		if c.tls {
			in.Ingress.Spec.TLS = []networkingv1.IngressTLS{{}}
		}
		got := handled(in)
		if diff := cmp.Diff(c.want, got.Effects); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
		if diff := cmp.Diff(c.strip, got.Fixes[way.StripIdentity].Annotations); diff != "" {
			t.Errorf("strip: -want +got:\n%s", diff)
		}
		if diff := cmp.Diff(c.hide, got.Fixes[way.HideHeaders].Annotations); diff != "" {
			t.Errorf("hide: -want +got:\n%s", diff)
		}
	})
}

var (
	untouched = tri.State{State: way.IdentityClient, Source: "default", Why: "no annotation changes the header"}
	unstrip   = tri.State{State: tri.Off, Source: "default", Why: "no annotation changes the header"}
	unasked   = tri.State{State: tri.Off, Source: "default", Why: "no annotation asks for credentials"}
)

func TestRead_IngressNginx(t *testing.T) {
	const p = "nginx.ingress.kubernetes.io/"
	hides := tri.State{State: tri.On, Source: "default", Why: "ingress-nginx sends no Server header unless its ConfigMap sets server-tokens"}
	basic := tri.State{State: tri.On, Source: p + "auth-type", Why: "the annotation " + p + "auth-type asks every client for credentials"}
	byURL := tri.State{State: tri.On, Source: p + "auth-url", Why: "the annotation " + p + "auth-url asks every client for credentials"}
	htpasswd := []way.AuthSecret{{Namespace: "ns", Name: "users", Kind: way.AuthFile, Key: "auth"}}
	identity := func(state, source, why string) tri.State {
		return tri.State{State: state, Source: p + source, Why: why}
	}
	const honoured = "ingress-nginx honours configuration snippets (allow-snippet-annotations and annotations-risk-level), which it does not by default since 1.9"
	const answers = "the service behind auth-url answers every request that it lets in with a non-empty x-ditto-pre-authenticated"
	snippet := func(text string) []way.Snippet {
		return []way.Snippet{{Kind: way.SnippetLocation, Key: p + "configuration-snippet", Text: text}}
	}
	const setUser = `proxy_set_header x-ditto-pre-authenticated "nginx:$remote_user";`

	cases := []effectsCase{
		{name: "no annotations", want: way.Effects{Identity: untouched, Authentication: unasked, StripsIdentity: unstrip, HidesHeaders: hides}},
		{name: "basic authentication alone leaves the header", notes: notes{p + "auth-type": "basic", p + "auth-secret": "users"},
			want: way.Effects{Identity: untouched, Authentication: basic, AuthSecrets: htpasswd, StripsIdentity: unstrip, HidesHeaders: hides}},
		{name: "a map of users in another namespace", notes: notes{p + "auth-type": "basic", p + "auth-secret": "other/users", p + "auth-secret-type": "auth-map"},
			want: way.Effects{Identity: untouched, Authentication: basic, AuthSecrets: []way.AuthSecret{{Namespace: "other", Name: "users", Kind: way.AuthMap}}, StripsIdentity: unstrip, HidesHeaders: hides}},
		{name: "a blank type is none", notes: notes{p + "auth-type": " ", p + "auth-secret": "users"},
			want: way.Effects{Identity: untouched, Authentication: unasked, StripsIdentity: unstrip, HidesHeaders: hides}},
		{name: "a wrong type is refused", notes: notes{p + "auth-type": "Basic", p + "auth-secret": "users"},
			want: way.Effects{Identity: untouched, Authentication: identity(tri.Unknown, "auth-type", "auth-type is neither basic nor digest, so ingress-nginx refuses it"), StripsIdentity: unstrip, HidesHeaders: hides}},
		{name: "no Secret is refused", notes: notes{p + "auth-type": "basic"},
			want: way.Effects{Identity: untouched, Authentication: identity(tri.Unknown, "auth-type", "auth-secret does not name a Secret, so ingress-nginx answers 503"), StripsIdentity: unstrip, HidesHeaders: hides}},

		{name: "the snippet of Ditto's older charts sets the verified user",
			notes: notes{p + "auth-type": "basic", p + "auth-secret": "users", p + "configuration-snippet": setUser},
			want: way.Effects{
				Identity:       identity(way.IdentitySet, "configuration-snippet", "in the configuration snippet it is set to $remote_user, which basic authentication has verified"),
				Authentication: basic, AuthSecrets: htpasswd,
				StripsIdentity: identity(tri.On, "configuration-snippet", "in the configuration snippet it is set to $remote_user, which basic authentication has verified"),
				HidesHeaders:   hides, Snippets: snippet(setUser), Assumptions: []string{honoured},
			}},
		{name: "the same snippet without authentication passes the client's word on", notes: notes{p + "configuration-snippet": setUser},
			want: way.Effects{
				Identity:       identity(way.IdentityClient, "configuration-snippet", "in the configuration snippet it is set to $remote_user, which nothing has verified there"),
				Authentication: unasked,
				StripsIdentity: identity(tri.Off, "configuration-snippet", "in the configuration snippet it is set to $remote_user, which nothing has verified there"),
				HidesHeaders:   hides, Snippets: snippet(setUser),
			}},
		{name: "satisfy any with listed addresses makes the user unverified",
			notes: notes{p + "auth-type": "basic", p + "auth-secret": "users", p + "satisfy": "any", p + "whitelist-source-range": "10.0.0.0/8", p + "configuration-snippet": setUser},
			want: way.Effects{
				Identity:       identity(way.IdentityClient, "configuration-snippet", "in the configuration snippet it is set to $remote_user, which nothing has verified there"),
				Authentication: identity(tri.Off, "satisfy", `satisfy is "any": clients with a listed address are not asked for credentials`), AuthSecrets: htpasswd,
				StripsIdentity: identity(tri.Off, "configuration-snippet", "in the configuration snippet it is set to $remote_user, which nothing has verified there"),
				HidesHeaders:   hides, Snippets: snippet(setUser),
			}},
		{name: "satisfy any depends on what cannot be seen", notes: notes{p + "auth-type": "basic", p + "auth-secret": "users", p + "satisfy": "any"},
			want: way.Effects{Identity: untouched, AuthSecrets: htpasswd, StripsIdentity: unstrip, HidesHeaders: hides,
				Authentication: identity(tri.Unknown, "satisfy", `satisfy is "any": a whitelist-source-range in the ConfigMap of ingress-nginx would let clients in without credentials`)}},
		{name: "a snippet for HTTP does nothing for a gRPC backend",
			notes: notes{p + "auth-type": "basic", p + "auth-secret": "users", p + "backend-protocol": "grpc", p + "configuration-snippet": setUser},
			want:  way.Effects{Identity: untouched, Authentication: basic, AuthSecrets: htpasswd, StripsIdentity: unstrip, HidesHeaders: hides, Snippets: snippet(setUser)}},
		{name: "a snippet that is none is unknown", notes: notes{p + "auth-type": "basic", p + "auth-secret": "users", p + "configuration-snippet": "}"},
			want: way.Effects{
				Identity:       identity(way.IdentityUnknown, "configuration-snippet", "in the configuration snippet the snippet cannot be parsed"),
				Authentication: tri.State{State: tri.Unknown, Source: "configuration-snippet", Why: "the configuration snippet may let clients in without credentials"}, AuthSecrets: htpasswd,
				StripsIdentity: identity(tri.Unknown, "configuration-snippet", "in the configuration snippet the snippet cannot be parsed"),
				HidesHeaders:   hides, Snippets: snippet("}"),
			}},

		{name: "an answer sets the header", notes: notes{p + "auth-url": "http://auth.ns/check", p + "auth-response-headers": "X-User, X-Ditto-Pre-Authenticated"},
			want: way.Effects{
				Identity: identity(way.IdentitySet, "auth-response-headers", "auth-response-headers sets the header from the answer of auth-url"), Authentication: byURL,
				StripsIdentity: identity(tri.On, "auth-response-headers", "auth-response-headers sets the header from the answer of auth-url"),
				HidesHeaders:   hides, Assumptions: []string{answers},
			}},
		{name: "response headers without a URL do nothing", notes: notes{p + "auth-response-headers": "x-ditto-pre-authenticated"},
			want: way.Effects{Identity: untouched, Authentication: unasked, StripsIdentity: unstrip, HidesHeaders: hides}},
		{name: "a URL without response headers leaves the header", notes: notes{p + "auth-url": "http://auth.ns/check"},
			want: way.Effects{Identity: untouched, Authentication: byURL, StripsIdentity: unstrip, HidesHeaders: hides}},
		{name: "a URL that is none is refused", notes: notes{p + "auth-url": "auth"},
			want: way.Effects{Identity: untouched, Authentication: identity(tri.Unknown, "auth-url", "auth-url is not a URL, so ingress-nginx answers 503"), StripsIdentity: unstrip, HidesHeaders: hides}},
		{name: "satisfy any makes the answer optional",
			notes: notes{p + "auth-url": "http://auth.ns/check", p + "auth-response-headers": "x-ditto-pre-authenticated", p + "satisfy": "any", p + "allowlist-source-range": "0.0.0.0/0"},
			want: way.Effects{
				Identity:       identity(way.IdentityEmpty, "auth-response-headers", `auth-response-headers sets the header from the answer of auth-url, but not every request has to be answered: satisfy is "any": clients with a listed address are not asked for credentials`),
				Authentication: identity(tri.Off, "satisfy", `satisfy is "any": clients with a listed address are not asked for credentials`),
				StripsIdentity: identity(tri.On, "auth-response-headers", `auth-response-headers sets the header from the answer of auth-url, but not every request has to be answered: satisfy is "any": clients with a listed address are not asked for credentials`),
				HidesHeaders:   hides,
			}},

		{name: "client certificates over TLS alone", notes: notes{p + "auth-tls-secret": "ns/ca"}, tls: true,
			want: way.Effects{Identity: untouched, StripsIdentity: unstrip, HidesHeaders: hides,
				Authentication: identity(tri.On, "auth-tls-secret", "the annotation "+p+"auth-tls-secret asks every client for credentials"),
				Assumptions: []string{
					"the Secret of auth-tls-secret has a ca.crt, without which ingress-nginx asks nobody for certificates",
					"ingress-nginx redirects plain HTTP, where no client certificate is asked for, to HTTPS (ssl-redirect)",
				}}},
		{name: "client certificates beside plain HTTP", notes: notes{p + "auth-tls-secret": "ns/ca", p + "ssl-redirect": "false"}, tls: true,
			want: way.Effects{Identity: untouched, StripsIdentity: unstrip, HidesHeaders: hides,
				Authentication: identity(tri.Unknown, "auth-tls-secret", "client certificates are asked for, but plain HTTP is not redirected")}},
		{name: "optional client certificates", notes: notes{p + "auth-tls-secret": "ns/ca", p + "auth-tls-verify-client": "optional"}, tls: true,
			want: way.Effects{Identity: untouched, Authentication: unasked, StripsIdentity: unstrip, HidesHeaders: hides}},

		{name: "passthrough makes what looked safe unknown",
			notes: notes{p + "ssl-passthrough": "true", p + "auth-url": "http://auth.ns/check", p + "auth-response-headers": "x-ditto-pre-authenticated"},
			want: way.Effects{
				Identity:       tri.State{State: way.IdentityUnknown, Source: "ssl-passthrough", Why: "ssl-passthrough may pass TLS connections through unread"},
				Authentication: tri.State{State: tri.Unknown, Source: "ssl-passthrough", Why: "ssl-passthrough may pass TLS connections through unread"},
				StripsIdentity: tri.State{State: tri.Unknown, Source: "ssl-passthrough", Why: "ssl-passthrough may pass TLS connections through unread"},
				HidesHeaders:   tri.State{State: tri.Unknown, Source: "ssl-passthrough", Why: "ssl-passthrough may pass TLS connections through unread"},
				Passthrough:    true, Assumptions: []string{answers},
			}},
		{name: "another controller's annotations do nothing", notes: notes{"nginx.org/basic-auth-secret": "users", "haproxy.org/auth-type": "basic-auth"},
			want: way.Effects{Identity: untouched, Authentication: unasked, StripsIdentity: unstrip, HidesHeaders: hides}},
	}
	for _, c := range cases {
		c.in = served("ingress-nginx", nil)
		c.run(t)
	}
}

func TestRead_F5Nginx(t *testing.T) {
	const p = "nginx.org/"
	shows := tri.State{State: tri.Off, Source: "default", Why: "nginx sends its version in the Server header"}
	hide := map[string]string{p + "server-tokens": "False", p + "proxy-hide-headers": "Server,X-Powered-By"}
	strip := map[string]string{p + "proxy-set-headers": "x-ditto-pre-authenticated:"}
	basic := tri.State{State: tri.On, Source: p + "basic-auth-secret", Why: "nginx.org/basic-auth-secret asks every client for credentials"}
	set := func(state, why string) tri.State {
		return tri.State{State: state, Source: p + "proxy-set-headers", Why: why}
	}
	stated := func(version string) way.Input {
		in := served("f5-nginx", nil)
		in.Config.Controllers = map[string]way.ControllerConfig{"f5-nginx": {Version: version}}
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
	orphan := func(state, why string) tri.State {
		return tri.State{State: state, Source: p + "mergeable-ingress-type", Why: why}
	}

	for _, c := range []effectsCase{
		{name: "no annotations and no version", in: served("f5-nginx", nil),
			want: way.Effects{Identity: untouched, Authentication: unasked, StripsIdentity: unstrip, HidesHeaders: shows}, hide: hide},
		{name: "a version that knows the annotation", in: stated("v3.6.2"),
			want: way.Effects{Identity: untouched, Authentication: unasked, StripsIdentity: unstrip, HidesHeaders: shows}, strip: strip, hide: hide},
		{name: "a version that does not know it", in: stated("3.5.2"), notes: notes{p + "proxy-set-headers": "x-ditto-pre-authenticated:"},
			want: way.Effects{Identity: untouched, Authentication: unasked, StripsIdentity: unstrip, HidesHeaders: shows}, hide: hide},
		{name: "a guessed controller gets no annotations", in: guessed,
			want: way.Effects{Identity: untouched, Authentication: unasked, StripsIdentity: unstrip, HidesHeaders: shows}},
		{name: "the header is removed", in: stated("3.6"), notes: notes{p + "proxy-set-headers": "X-A, X-Ditto-Pre-Authenticated :", p + "server-tokens": "false"},
			want: way.Effects{Identity: set(way.IdentityRemoved, removes), Authentication: unasked, StripsIdentity: set(tri.On, removes),
				HidesHeaders: tri.State{State: tri.On, Source: p + "server-tokens", Why: "nginx.org/server-tokens is false"}}},
		{name: "the header is removed if the version is right", in: served("f5-nginx", nil), notes: notes{p + "proxy-set-headers": "x-ditto-pre-authenticated:"},
			want: way.Effects{Identity: set(way.IdentityRemoved, removes), Authentication: unasked, StripsIdentity: set(tri.On, removes), HidesHeaders: shows, Assumptions: []string{newEnough}}, hide: hide},
		{name: "without a colon the client's header passes", in: stated("5.5"), notes: notes{p + "proxy-set-headers": "x-ditto-pre-authenticated"},
			want: way.Effects{Identity: set(way.IdentityClient, colonless), Authentication: unasked, StripsIdentity: set(tri.Off, colonless), HidesHeaders: shows}, hide: hide},
		{name: "a second entry undoes the first", in: stated("5.5"), notes: notes{p + "proxy-set-headers": "x-ditto-pre-authenticated:,X-DITTO-PRE-AUTHENTICATED"},
			want: way.Effects{Identity: set(way.IdentityClient, colonless), Authentication: unasked, StripsIdentity: set(tri.Off, colonless), HidesHeaders: shows}, hide: hide},
		{name: "a list that somebody wrote is not touched", in: stated("5.5"), notes: notes{p + "proxy-set-headers": "X-A: b", p + "server-tokens": "custom", p + "proxy-hide-headers": "X-B"},
			want: way.Effects{Identity: untouched, Authentication: unasked, StripsIdentity: unstrip, HidesHeaders: tri.State{State: tri.Off, Source: p + "server-tokens", Why: `nginx.org/server-tokens is "custom"`}}},
		{name: "nothing is set for a gRPC service", in: stated("5.5"), notes: notes{p + "proxy-set-headers": "x-ditto-pre-authenticated:", p + "grpc-services": "other,gateway"},
			want: way.Effects{Identity: untouched, Authentication: unasked, StripsIdentity: unstrip, HidesHeaders: shows}, hide: hide},
		{name: "Server is passed on", in: stated("5.5"), notes: notes{p + "server-tokens": "False", p + "proxy-pass-headers": "server"},
			want: way.Effects{Identity: untouched, Authentication: unasked, StripsIdentity: unstrip,
				HidesHeaders: tri.State{State: tri.Off, Source: p + "proxy-pass-headers", Why: "nginx.org/proxy-pass-headers passes Server on"}}, strip: strip},
		{name: "a snippet sets the verified user", in: stated("5.5"), notes: notes{p + "basic-auth-secret": "users", p + "location-snippets": `proxy_set_header X-Ditto-Pre-Authenticated nginx:$remote_user;`},
			want: way.Effects{
				Identity:       tri.State{State: way.IdentitySet, Source: p + "location-snippets", Why: "in the location snippet it is set to $remote_user, which basic authentication has verified"},
				Authentication: basic, AuthSecrets: []way.AuthSecret{{Namespace: "ns", Name: "users", Kind: way.AuthFile, Key: "htpasswd"}},
				StripsIdentity: tri.State{State: tri.On, Source: p + "location-snippets", Why: "in the location snippet it is set to $remote_user, which basic authentication has verified"},
				HidesHeaders:   shows,
				Snippets:       []way.Snippet{{Kind: way.SnippetLocation, Key: p + "location-snippets", Text: `proxy_set_header X-Ditto-Pre-Authenticated nginx:$remote_user;`}},
			}, hide: hide},
		{name: "a JSON web token is asked for on NGINX Plus only", in: stated("5.5"), notes: notes{"nginx.com/jwt-key": "k"},
			want: way.Effects{Identity: untouched, Authentication: tri.State{State: tri.Unknown, Source: "nginx.com/jwt-key", Why: "nginx.com/jwt-key asks for a token on NGINX Plus only"}, StripsIdentity: unstrip, HidesHeaders: shows}, strip: strip, hide: hide},
		{name: "a Policy that was not found", in: stated("5.5"), notes: notes{p + "policies": "oidc"},
			want: way.Effects{Identity: untouched, Authentication: tri.State{State: tri.Unknown, Source: p + "policies", Why: "Policy ns/oidc was not found; it may ask for credentials"}, StripsIdentity: unstrip, HidesHeaders: shows}, strip: strip, hide: hide},
		{name: "a minion without its master is unknown", in: minion, notes: notes{p + "mergeable-ingress-type": "minion"},
			want: way.Effects{
				Identity:       orphan(way.IdentityUnknown, f5.NoMaster),
				Authentication: orphan(tri.Unknown, f5.NoMaster),
				StripsIdentity: orphan(tri.Unknown, f5.NoMaster),
				HidesHeaders:   orphan(tri.Unknown, f5.NoMaster),
			}},
		{name: "a minion takes over what its master says", in: mastered, notes: notes{p + "mergeable-ingress-type": "minion"},
			want: way.Effects{
				Identity:       set(way.IdentityRemoved, removes),
				Authentication: tri.State{State: tri.On, Source: p + "basic-auth-secret", Why: "nginx.org/basic-auth-secret of the master asks every client for credentials"},
				AuthSecrets:    []way.AuthSecret{{Namespace: "ns", Name: "users", Kind: way.AuthFile, Key: "htpasswd"}},
				StripsIdentity: set(tri.On, removes), HidesHeaders: shows,
			}},
		{name: "a minion's own entry wins over its master's", in: mastered, notes: notes{p + "mergeable-ingress-type": "minion", p + "proxy-set-headers": "X-Ditto-Pre-Authenticated"},
			want: way.Effects{
				Identity:       set(way.IdentityClient, colonless),
				Authentication: tri.State{State: tri.On, Source: p + "basic-auth-secret", Why: "nginx.org/basic-auth-secret of the master asks every client for credentials"},
				AuthSecrets:    []way.AuthSecret{{Namespace: "ns", Name: "users", Kind: way.AuthFile, Key: "htpasswd"}},
				StripsIdentity: set(tri.Off, colonless), HidesHeaders: shows,
			}},
	} {
		c.run(t)
	}
}

func TestRead_HAProxy(t *testing.T) {
	passes := tri.State{State: tri.Off, Source: "default", Why: "HAProxy passes the Server header of the backend on"}
	basic := tri.State{State: tri.On, Source: "haproxy.org/auth-type", Why: "auth-type asks every client for credentials"}
	header := func(state, why string) tri.State {
		return tri.State{State: state, Source: "haproxy.org/request-set-header", Why: "in request-set-header " + why}
	}
	users := []way.AuthSecret{{Namespace: "ns", Name: "users", Kind: way.AuthMap}}
	for _, c := range []effectsCase{
		{name: "no annotations", want: way.Effects{Identity: untouched, Authentication: unasked, StripsIdentity: unstrip, HidesHeaders: passes}},
		{name: "a constant", notes: notes{"haproxy.org/request-set-header": "X-A b\nX-Ditto-Pre-Authenticated nobody\n"},
			want: way.Effects{Identity: header(way.IdentitySet, "it is set to a constant"), Authentication: unasked, StripsIdentity: header(tri.On, "it is set to a constant"), HidesHeaders: passes}},
		{name: "the verified user", notes: notes{"haproxy.com/auth-type": "basic-auth", "auth-secret": "users", "ingress.kubernetes.io/request-set-header": `x-ditto-pre-authenticated "nginx:%[http_auth_user]"`},
			want: way.Effects{Identity: header(way.IdentitySet, "it is set to the user that basic authentication has verified"), Authentication: basic, AuthSecrets: users,
				StripsIdentity: header(tri.On, "it is set to the user that basic authentication has verified"), HidesHeaders: passes}},
		{name: "a user whom nobody verified", notes: notes{"haproxy.org/request-set-header": "x-ditto-pre-authenticated nginx:%[http_auth_user]"},
			want: way.Effects{Identity: header(way.IdentityClient, "it is set to the user of the request, which nothing has verified there"), Authentication: unasked,
				StripsIdentity: header(tri.Off, "it is set to the user of the request, which nothing has verified there"), HidesHeaders: passes}},
		{name: "the client's own header", notes: notes{"haproxy.org/request-set-header": "x-ditto-pre-authenticated %[req.hdr(x-ditto-pre-authenticated),lower]"},
			want: way.Effects{Identity: header(way.IdentityClient, "it is set to req.hdr, which the client controls"), Authentication: unasked,
				StripsIdentity: header(tri.Off, "it is set to req.hdr, which the client controls"), HidesHeaders: passes}},
		{name: "nothing is what HAProxy refuses", notes: notes{"haproxy.org/request-set-header": "x-ditto-pre-authenticated "},
			want: way.Effects{Identity: header(way.IdentityUnknown, "it is set to the empty string, which HAProxy refuses"), Authentication: unasked,
				StripsIdentity: header(tri.Unknown, "it is set to the empty string, which HAProxy refuses"), HidesHeaders: passes}},
		{name: "a line without a space ends the list", notes: notes{"haproxy.org/request-set-header": "X-A\nx-ditto-pre-authenticated nobody"},
			want: way.Effects{Identity: untouched, Authentication: unasked, StripsIdentity: unstrip, HidesHeaders: passes}},
		{name: "the last line wins", notes: notes{"haproxy.org/request-set-header": "x-ditto-pre-authenticated nobody\nx-ditto-pre-authenticated %[urlp(u)]"},
			want: way.Effects{Identity: header(way.IdentityClient, "it is set to urlp, which the client controls"), Authentication: unasked,
				StripsIdentity: header(tri.Off, "it is set to urlp, which the client controls"), HidesHeaders: passes}},
		{name: "two spellings that differ are unknown", notes: notes{"haproxy.org/request-set-header": "x-ditto-pre-authenticated a", "haproxy.com/request-set-header": "x-ditto-pre-authenticated b"},
			want: way.Effects{Identity: tri.State{State: way.IdentityUnknown, Source: "haproxy.org/request-set-header", Why: "request-set-header is set twice, with different values"}, Authentication: unasked,
				StripsIdentity: tri.State{State: tri.Unknown, Source: "haproxy.org/request-set-header", Why: "request-set-header is set twice, with different values"}, HidesHeaders: passes}},
		{name: "another kind of authentication is none", notes: notes{"haproxy.org/auth-type": "basic"},
			want: way.Effects{Identity: untouched, Authentication: tri.State{State: tri.Off, Source: "haproxy.org/auth-type", Why: `auth-type is not "basic-auth", and is ignored`}, StripsIdentity: unstrip, HidesHeaders: passes}},
		{name: "Server is overwritten", notes: notes{"haproxy.org/response-set-header": "Server hidden"},
			want: way.Effects{Identity: untouched, Authentication: unasked, StripsIdentity: unstrip,
				HidesHeaders: tri.State{State: tri.On, Source: "haproxy.org/response-set-header", Why: "response-set-header overwrites Server"}}},
		{name: "passthrough leaves nothing", notes: notes{"haproxy.org/ssl-passthrough": "true", "haproxy.org/auth-type": "basic-auth"},
			want: way.Effects{
				Identity:       tri.State{State: way.IdentityClient, Source: "haproxy.org/ssl-passthrough", Why: "haproxy.org/ssl-passthrough passes TLS connections through unread"},
				Authentication: tri.State{State: tri.Off, Source: "haproxy.org/ssl-passthrough", Why: "haproxy.org/ssl-passthrough passes TLS connections through unread"},
				StripsIdentity: tri.State{State: tri.Off, Source: "haproxy.org/ssl-passthrough", Why: "haproxy.org/ssl-passthrough passes TLS connections through unread"},
				HidesHeaders:   tri.State{State: tri.Off, Source: "haproxy.org/ssl-passthrough", Why: "haproxy.org/ssl-passthrough passes TLS connections through unread"},
				Passthrough:    true,
			}},
	} {
		c.in = served("haproxy", nil)
		c.run(t)
	}
	t.Run("configuration at the Service is not read", func(t *testing.T) {
		in := served("haproxy", notes{"haproxy.org/auth-type": "basic-auth"})
		in.ServiceAnnotations = notes{"haproxy.org/cr-backend": "ns/b"}
		got := handled(in)
		if got.Identity.State != way.IdentityUnknown || got.Authentication.State != tri.Unknown || got.Identity.Source != "haproxy.org/cr-backend" {
			t.Errorf("identity %+v, authentication %+v", got.Identity, got.Authentication)
		}
	})
}

func TestRead_HAProxyIngress(t *testing.T) {
	const p = "haproxy-ingress.github.io/"
	passes := tri.State{State: tri.Off, Source: "default", Why: "HAProxy passes the Server header of the backend on"}
	strip := map[string]string{p + "request-del-headers": "x-ditto-pre-authenticated"}
	hide := map[string]string{p + "response-del-headers": "Server,X-Powered-By"}
	users := []way.AuthSecret{{Namespace: "ns", Name: "users", Kind: way.AuthFile, Key: "auth"}}
	stated := func(version string) way.Input {
		in := served("haproxy-ingress", nil)
		in.Config.Controllers = map[string]way.ControllerConfig{"haproxy-ingress": {Version: version}}
		return in
	}
	withSecret := func(keys ...string) way.Input {
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
	state := func(state, source, why string) tri.State {
		return tri.State{State: state, Source: p + source, Why: why}
	}
	const deletes = "request-del-headers removes the header"
	const answers = "the authentication service answers every request that it lets in with a non-empty x-ditto-pre-authenticated"

	for _, c := range []effectsCase{
		{name: "no annotations and no version", in: served("haproxy-ingress", nil),
			want: way.Effects{Identity: untouched, Authentication: unasked, StripsIdentity: unstrip, HidesHeaders: passes}},
		{name: "a version that knows the annotations", in: stated("0.17"),
			want: way.Effects{Identity: untouched, Authentication: unasked, StripsIdentity: unstrip, HidesHeaders: passes}, strip: strip, hide: hide},
		{name: "a version that does not", in: stated("0.16"), notes: notes{p + "request-del-headers": "x-ditto-pre-authenticated", p + "response-del-headers": "server"},
			want: way.Effects{Identity: untouched, Authentication: unasked, StripsIdentity: unstrip, HidesHeaders: passes}},
		{name: "deleted headers", in: stated("0.17.0-alpha.2"), notes: notes{p + "request-del-headers": "X-A, X-Ditto-Pre-Authenticated", "ingress.kubernetes.io/response-del-headers": "x-userid,server"},
			want: way.Effects{Identity: state(way.IdentityRemoved, "request-del-headers", deletes), Authentication: unasked, StripsIdentity: state(tri.On, "request-del-headers", deletes),
				HidesHeaders: state(tri.On, "response-del-headers", "response-del-headers removes Server")}},
		{name: "deleted headers without a version", in: served("haproxy-ingress", nil), notes: notes{p + "request-del-headers": "x-ditto-pre-authenticated"},
			want: way.Effects{Identity: state(way.IdentityRemoved, "request-del-headers", deletes), Authentication: unasked, StripsIdentity: state(tri.On, "request-del-headers", deletes), HidesHeaders: passes,
				Assumptions: []string{"haproxy-ingress is 0.17 or newer, which knows request-del-headers"}}},
		{name: "headers of older releases set it", in: stated("0.14"), notes: notes{p + "headers": "x-ditto-pre-authenticated: nobody"},
			want: way.Effects{Identity: state(way.IdentitySet, "headers", "in headers it is set to a constant"), Authentication: unasked, StripsIdentity: state(tri.On, "headers", "in headers it is set to a constant"), HidesHeaders: passes}},
		{name: "an added header is a second one", in: stated("0.17"), notes: notes{p + "request-add-headers": "x-ditto-pre-authenticated nobody"},
			want: way.Effects{Identity: state(way.IdentityUnknown, "request-add-headers", "request-add-headers adds a second header: it is set to a constant"), Authentication: unasked,
				StripsIdentity: state(tri.Unknown, "request-add-headers", "request-add-headers adds a second header: it is set to a constant"), HidesHeaders: passes}, hide: hide},
		{name: "a Secret that is there", in: withSecret("auth"), notes: notes{p + "auth-secret": "users"},
			want: way.Effects{Identity: untouched, Authentication: state(tri.On, "auth-secret", "auth-secret asks every client for credentials"), AuthSecrets: users, StripsIdentity: unstrip, HidesHeaders: passes}},
		{name: "a Secret without the key asks for nothing", in: withSecret("users"), notes: notes{p + "auth-secret": "users"},
			want: way.Effects{Identity: untouched, Authentication: state(tri.Off, "auth-secret", "Secret ns/users has no key auth, so haproxy-ingress asks for no credentials"), AuthSecrets: users, StripsIdentity: unstrip, HidesHeaders: passes}},
		{name: "a Secret that is not there is unknown", in: nobody, notes: notes{p + "auth-secret": "users"},
			want: way.Effects{Identity: untouched, Authentication: state(tri.Unknown, "auth-secret", "Secret ns/users was not found, and without it haproxy-ingress asks for no credentials"), AuthSecrets: users, StripsIdentity: unstrip, HidesHeaders: passes}},
		{name: "a Secret that cannot be seen is assumed", in: served("haproxy-ingress", nil), notes: notes{p + "auth-secret": "users"},
			want: way.Effects{Identity: untouched, Authentication: state(tri.On, "auth-secret", "auth-secret asks every client for credentials"), AuthSecrets: users, StripsIdentity: unstrip, HidesHeaders: passes,
				Assumptions: []string{"Secret ns/users is there and has the key auth"}}},
		{name: "an answer that is copied by name", in: stated("0.17"), notes: notes{p + "auth-url": "svc://auth:80/", p + "auth-headers-succeed": "x-user,x-ditto-pre-authenticated"},
			want: way.Effects{Identity: state(way.IdentitySet, "auth-headers-succeed", "auth-headers-succeed copies the header from the answer of auth-url"),
				Authentication: state(tri.On, "auth-url", "auth-url asks every client for credentials"),
				StripsIdentity: state(tri.On, "auth-headers-succeed", "auth-headers-succeed copies the header from the answer of auth-url"), HidesHeaders: passes,
				Assumptions: []string{answers}}, hide: hide},
		{name: "an answer that is copied by default is unknown", in: stated("0.17"), notes: notes{p + "auth-url": "svc://auth:80/"},
			want: way.Effects{Identity: state(way.IdentityUnknown, "auth-headers-succeed", "headers of the answer of auth-url are copied by a pattern, and whether this one is among them cannot be determined"),
				Authentication: state(tri.On, "auth-url", "auth-url asks every client for credentials"),
				StripsIdentity: state(tri.Unknown, "auth-headers-succeed", "headers of the answer of auth-url are copied by a pattern, and whether this one is among them cannot be determined"),
				HidesHeaders:   passes}, hide: hide},
		{name: "an older key in another spelling is not overridden", in: stated("0.17"), notes: notes{"ingress.kubernetes.io/request-del-headers": "x-a"},
			want: way.Effects{Identity: untouched, Authentication: unasked, StripsIdentity: unstrip, HidesHeaders: passes}, hide: hide},
		{name: "configuration of HAProxy's own is not read", in: stated("0.17"), notes: notes{p + "config-backend": "http-request del-header x-ditto-pre-authenticated"},
			want: way.Effects{Identity: state(way.IdentityUnknown, "config-backend", "config-backend may change the header, and is not read"), Authentication: unasked,
				StripsIdentity: state(tri.Unknown, "config-backend", "config-backend may change the header, and is not read"), HidesHeaders: passes}, hide: hide},
	} {
		c.run(t)
	}
}

func TestRead_Others(t *testing.T) {
	cannotTell := tri.State{State: tri.Unknown, Source: "default", Why: "what becomes of Server and version headers cannot be determined from the Ingress"}
	refers := func(state, key, what string) tri.State {
		return tri.State{State: state, Source: key, Why: key + " refers to something that can " + what + ", and is not read"}
	}
	const plugins = "konghq.com/plugins"
	plain := func(assumption string) way.Effects {
		e := way.Effects{Identity: untouched, Authentication: unasked, StripsIdentity: unstrip, HidesHeaders: cannotTell}
		if assumption != "" {
			e.Assumptions = []string{assumption}
		}
		return e
	}
	istioPlain := plain("no EnvoyFilter or RequestAuthentication of Istio changes the header")
	istioPlain.Authentication = tri.State{State: tri.Unknown, Source: "default", Why: "an AuthorizationPolicy of Istio can ask for credentials, and is not read"}
	albAuth := plain("")
	albAuth.Authentication = refers(tri.Unknown, "alb.ingress.kubernetes.io/auth-type", "ask for credentials")
	passed := func(key string) way.Effects {
		off := tri.State{State: tri.Off, Source: key, Why: key + " passes TLS connections through unread"}
		return way.Effects{Identity: tri.State{State: way.IdentityClient, Source: key, Why: off.Why}, Authentication: off, StripsIdentity: off, HidesHeaders: off, Passthrough: true}
	}
	routed := passed("route.openshift.io/termination")
	routed.Assumptions = []string{"the IngressController of OpenShift has no header actions"}
	const nobody = "no annotation here makes any known controller change the header"
	open := plain("")
	open.Identity.Why, open.StripsIdentity.Why = nobody, nobody
	asked := open
	asked.Authentication = tri.State{
		State: tri.Unknown, Source: way.PrefixIngressNginx + "auth-url",
		Why: `which controller serves the Ingress cannot be determined, and ingress-nginx would read it differently because of "nginx.ingress.kubernetes.io/auth-url"`,
	}
	set := open
	set.Identity = tri.State{
		State: way.IdentityUnknown, Source: "haproxy.org/request-set-header",
		Why: `which controller serves the Ingress cannot be determined, and HAProxy Technologies' ingress controller would read it differently because of "haproxy.org/request-set-header"`,
	}
	set.StripsIdentity = set.Identity

	for _, c := range []effectsCase{
		{name: "Kong with plugins", in: served("kong", nil), notes: notes{plugins: "p"},
			want: way.Effects{Identity: tri.State{State: way.IdentityUnknown, Source: plugins, Why: "KongPlugin ns/p was not found"}, Authentication: tri.State{State: tri.Unknown, Source: plugins, Why: "KongPlugin ns/p was not found"},
				StripsIdentity: tri.State{State: tri.Unknown, Source: plugins, Why: "KongPlugin ns/p was not found"}, HidesHeaders: cannotTell,
				Assumptions: []string{"Kong has no plugins but those in Kubernetes objects, and consumers have none of their own"}}},
		{name: "Contour", in: served("contour", nil), want: plain("Contour's configuration has no policy with applyToIngress")},
		{name: "Istio", in: served("istio", nil), want: istioPlain},
		{name: "an ALB with authentication", in: served("alb", nil), notes: notes{"alb.ingress.kubernetes.io/auth-type": "oidc"}, want: albAuth},
		{name: "GKE", in: served("gce", nil), want: plain("")},
		{name: "an Application Gateway", in: served("agic", nil), want: plain("")},
		{name: "OpenShift with passthrough", in: served("openshift", nil), notes: notes{"route.openshift.io/termination": "passthrough"}, want: routed},
		{name: "Cilium with passthrough", in: served("cilium", nil), notes: notes{"ingress.cilium.io/tls-passthrough": "enabled"}, want: passed("ingress.cilium.io/tls-passthrough")},
		{name: "Alibaba's ALB", in: served("alibaba-alb", nil), want: plain("")},
		{name: "an unknown controller without annotations passes headers on", in: served(tri.Unknown, nil), notes: notes{"cert-manager.io/cluster-issuer": "x"}, want: open},
		{name: "what no controller reads changes nothing", in: served(tri.Unknown, nil), want: open, notes: notes{
			"example.com/x": "y", "team": "a", "field.cattle.io/publicEndpoints": "[]", way.PrefixIngress + "ssl-redirect": "true", way.AllowHTTP: "false",
		}},
		{name: "nor does what two read and neither closes the way with", in: served(tri.Unknown, nil), want: open, notes: notes{
			way.PrefixIngressNginx + "proxy-body-size": "1m", "alb.ingress.kubernetes.io/scheme": "internal",
		}},
		{name: "one of several that could ask for credentials", in: served(tri.Unknown, nil), want: asked, notes: notes{
			way.PrefixIngressNginx + "auth-url": "http://auth.ns/verify", "alb.ingress.kubernetes.io/scheme": "internal",
		}},
		{name: "an annotation without prefix may be HAProxy's", in: served(tri.Unknown, nil), want: set, notes: notes{
			"request-set-header": way.Header + " x",
		}},
	} {
		c.run(t)
	}
	t.Run("a reference at the Service counts", func(t *testing.T) {
		in := served("kong", nil)
		in.ServiceAnnotations = notes{plugins: "p"}
		if got := handled(in).Identity; got.State != way.IdentityUnknown {
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
		in          way.Input
		strip, hide string
	}{
		{"what to write and what to say", f5,
			`set nginx.org/proxy-set-headers: "x-ditto-pre-authenticated:", with the colon, which removes the header (NGINX Ingress Controller 3.6 or newer); ` +
				`say in the configuration which version runs (edges.controllers.f5-nginx.version: "3.6"), and it is written for you`,
			`set nginx.org/server-tokens: "False" and nginx.org/proxy-hide-headers: "Server,X-Powered-By"`},
		{"what to add to a list that is there", taken, `add x-ditto-pre-authenticated: to the list in nginx.org/proxy-set-headers`,
			`set nginx.org/server-tokens: "False" and nginx.org/proxy-hide-headers: "Server,X-Powered-By"`},
		{"nothing where it is done", done, "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := handled(tt.in)
			if diff := cmp.Diff([]string{tt.strip, tt.hide}, []string{got.Fixes[way.StripIdentity].Advice, got.Fixes[way.HideHeaders].Advice}); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
	for _, c := range append(table, unknown) {
		e := handled(served(c.Name, nil))
		if e.Fixes[way.StripIdentity].Advice == "" || e.StripsIdentity.State == tri.On {
			t.Errorf("%s: no advice on stripping without annotations", c.Name)
		}
		if e.Fixes[way.HideHeaders].Advice == "" && e.HidesHeaders.State != tri.On {
			t.Errorf("%s: no advice on hiding without annotations", c.Name)
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
		in.Config.Controllers = map[string]way.ControllerConfig{name: {Version: version}}
		offered := handled(in)
		if len(offered.Fixes[way.StripIdentity].Annotations) == 0 || len(offered.Fixes[way.HideHeaders].Annotations) == 0 {
			t.Fatalf("%s: nothing is offered", name)
		}
		for _, add := range []map[string]string{offered.Fixes[way.StripIdentity].Annotations, offered.Fixes[way.HideHeaders].Annotations} {
			maps.Copy(in.Ingress.Annotations, add)
		}
		after := handled(in)
		if after.StripsIdentity.State != tri.On || after.HidesHeaders.State != tri.On || after.Fixes[way.StripIdentity].Annotations != nil || after.Fixes[way.HideHeaders].Annotations != nil {
			t.Errorf("%s: strips %+v, hides %+v, offers %v %v", name, after.StripsIdentity, after.HidesHeaders, after.Fixes[way.StripIdentity].Annotations, after.Fixes[way.HideHeaders].Annotations)
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
		for _, c := range append(table, unknown) {
			in := served(c.Name, notes{key: value, "nginx.ingress.kubernetes.io/auth-type": "basic", "nginx.ingress.kubernetes.io/auth-secret": value})
			in.Config.Controllers = map[string]way.ControllerConfig{c.Name: {Version: "9.9"}}
			e := handled(in)
			for _, fix := range e.Fixes {
				if _, taken := fix.Annotations[key]; taken {
					t.Errorf("%s offers to replace %s", c.Name, key)
				}
			}
			for _, s := range []tri.State{e.Identity, e.Authentication, e.StripsIdentity, e.HidesHeaders} {
				if s.State == "" || s.Why == "" {
					t.Errorf("%s says nothing: %+v", c.Name, e)
				}
			}
			forcesRegex(in)
			transport := readTransport(in, "ditto.example.com")
			for _, s := range []tri.State{e.Rate.Limited, transport.TLS, transport.Plain} {
				if s.State == "" || s.Why == "" {
					t.Errorf("%s says nothing: %+v %+v", c.Name, e.Rate, transport)
				}
			}
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
		handled(in)
	}
}

func TestIngressNginxIsToldForAllIngresses(t *testing.T) {
	config := func(data map[string]string, headers map[string]string) way.GlobalConfig {
		return way.GlobalConfig{Name: "ConfigMap ops/config", Data: data, HeadersName: "ConfigMap ops/headers", Headers: headers}
	}
	asking := map[string]string{
		way.PrefixIngressNginx + "auth-url":              "http://auth.example.com/",
		way.PrefixIngressNginx + "auth-response-headers": way.Header,
	}
	auth := map[string]string{"global-auth-url": "https://auth.example.com/", "global-auth-response-headers": way.Header}
	empty := map[string]string{"X-DITTO-Pre-Authenticated": ""}
	for _, test := range []struct {
		name                     string
		annotations              map[string]string
		controllers              []way.GlobalConfig
		identity, authentication string
	}{
		{"no controller at hand", nil, nil, way.IdentityClient, tri.Off},
		{"told nothing", asking, []way.GlobalConfig{{}}, way.IdentitySet, tri.On},
		{"global-auth-url", nil, []way.GlobalConfig{config(auth, nil)}, way.IdentitySet, tri.On},
		{"global-auth-url of one controller of two", nil, []way.GlobalConfig{config(auth, nil), {}}, way.IdentityClient, tri.Off},
		{"no URL", nil, []way.GlobalConfig{config(map[string]string{"global-auth-url": "auth"}, nil)}, way.IdentityClient, tri.Off},
		{"declined", map[string]string{way.PrefixIngressNginx + "enable-global-auth": "false"}, []way.GlobalConfig{config(auth, nil)}, way.IdentityClient, tri.Off},
		{"an empty header", nil, []way.GlobalConfig{config(nil, empty)}, way.IdentityRemoved, tri.Off},
		{"an empty header beside the answer's", asking, []way.GlobalConfig{config(nil, empty)}, way.IdentitySet, tri.On},
		{"an empty header of one controller of two", nil, []way.GlobalConfig{config(nil, empty), {}}, way.IdentityClient, tri.Off},
		{"the client's header", asking, []way.GlobalConfig{config(nil, map[string]string{way.Header: "$http_x_user"})}, way.IdentityClient, tri.On},
		{"a second header", asking, []way.GlobalConfig{config(nil, map[string]string{way.Header: "nobody"})}, way.IdentityUnknown, tri.On},
		{"headers that are was not found", nil, []way.GlobalConfig{{Name: "c", HeadersName: "h", HeadersUnseen: true}}, way.IdentityUnknown, tri.Off},
		{
			"a location-snippet that clears it", nil,
			[]way.GlobalConfig{config(map[string]string{"location-snippet": "more_clear_input_headers " + way.Header + ";"}, nil)}, way.IdentityRemoved, tri.Off,
		},
		{
			"a location-snippet that cannot be seen through", asking,
			[]way.GlobalConfig{config(map[string]string{"location-snippet": "include more.conf;"}, nil)}, way.IdentityUnknown, tri.Unknown,
		},
		{
			"an http-snippet that cannot be seen through", asking,
			[]way.GlobalConfig{config(map[string]string{"http-snippet": "include more.conf;"}, nil)}, way.IdentityUnknown, tri.Unknown,
		},
		{
			"an http-snippet about something else", asking,
			[]way.GlobalConfig{config(map[string]string{"http-snippet": "map $http_upgrade $connection { default upgrade; }"}, nil)}, way.IdentitySet, tri.On,
		},
		{
			"a server-snippet that asks for passwords", nil,
			[]way.GlobalConfig{config(map[string]string{"server-snippet": "auth_basic Ditto;"}, nil)}, way.IdentityClient, tri.Unknown,
		},
		{"some paths are not asked", asking, []way.GlobalConfig{config(map[string]string{"no-auth-locations": "/ws"}, nil)}, way.IdentityUnknown, tri.Unknown},
		{"no path is asked", asking, []way.GlobalConfig{config(map[string]string{"no-auth-locations": "/"}, nil)}, way.IdentityEmpty, tri.Off},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := func(p string) networkingv1.HTTPIngressPath { return networkingv1.HTTPIngressPath{Path: p} }
			ing := &networkingv1.Ingress{Spec: networkingv1.IngressSpec{Rules: []networkingv1.IngressRule{{
				IngressRuleValue: networkingv1.IngressRuleValue{HTTP: &networkingv1.HTTPIngressRuleValue{
					Paths: []networkingv1.HTTPIngressPath{path("/api"), path("/ws")},
				}},
			}}}}
			ing.Annotations = test.annotations
			e := handled(way.Input{Ingress: ing, Class: way.Class{Controller: way.NameIngressNginx}, Controllers: test.controllers})
			if e.Identity.State != test.identity || e.Authentication.State != test.authentication {
				t.Errorf("identity %s (%s), authentication %s (%s)", e.Identity.State, e.Identity.Why, e.Authentication.State, e.Authentication.Why)
			}
		})
	}
}
