package traefik

import (
	"regexp"
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

// users: basicAuth and digestAuth let nobody through without a password, and put the user's name into a header if they
// are told to (pkg/middlewares/auth). Without its Secret such a Middleware is not made, and nothing that names it is
// served.
func (t *chainReading) users(o *inventory.Object, a *crd.TraefikUserAuth, kind string) {
	name := o.Ref.String()
	if a.Secret == "" {
		t.close(reason.Of("traefik-secret-missing", name))
		return
	}
	t.effects.AuthSecrets = append(t.effects.AuthSecrets, secretsOf(o)...)
	t.effects.Authentication = tri.Is(tri.On, name, name+" ("+kind+") asks every client for credentials")
	if !strings.EqualFold(a.HeaderField, way.Header) {
		return
	}
	if t.writes(a.HeaderField) || t.effects.Identity.State == way.IdentityRemoved {
		t.effects.Identity = tri.Is(way.IdentitySet, name,
			name+" sets the header to the user whose password it has checked")
		return
	}
	if t.effects.Identity.State == way.IdentityClient {
		t.effects.Identity = tri.Is(way.IdentityClient, name, name+" writes headerField as it is spelt, beside the client's header, unless Traefik is v3.7 or "+
			"later; write "+canonicalHeader+
			", or say the version in the configuration (edges.controllers.traefik.version)")
	}
}

// writes says whether a headerField certainly takes the place of the client's header. Up to v2.11.41, v3.6.11 and
// v3.7.0-ea.2 Traefik writes it as it is spelt, so that only the canonical spelling does (CVE-2026-33433,
// GHSA-qr99-7898-vr7c). Versions are stated by major and minor number, so the first that counts is 3.7.
func (t *chainReading) writes(field string) bool {
	v, stated := way.ParseVersion(t.config.Controllers[way.NameTraefik].Version)
	return field == canonicalHeader || stated && v.AtLeast(3, 7)
}

// forward: the headers of the answer that are named replace the client's, which are removed in any case
// (pkg/middlewares/auth/forward.go). The expression is compared with header names in their canonical form.
func (t *chainReading) forward(namespace, name string, f *crd.TraefikForwardAuth) {
	if f.Address == "" {
		t.close(reason.Of("traefik-address-missing", name))
		return
	}
	answered := slices.ContainsFunc(f.AuthResponseHeaders,
		func(h string) bool { return strings.EqualFold(h, way.Header) })
	if f.AuthResponseHeadersRegex != "" {
		re, err := regexp.Compile(f.AuthResponseHeadersRegex)
		if err != nil {
			t.close(reason.Of("traefik-expression-broken", name))
			return
		}
		answered = answered || re.MatchString(canonicalHeader)
	}
	t.effects.Authentication = tri.Is(tri.On, name, name+" (forwardAuth) asks another service about every request")
	if asked := t.config.Asking.Ask(namespace, f.Address, nil); asked.State != "" {
		t.effects.Authentication = way.Agreed(asked, name+" (forwardAuth)")
		if answered {
			t.effects.Identity = tri.Is(way.IdentityRemoved, name,
				name+" (forwardAuth) takes the header from an answer that has none")
		}
		return
	}
	if answered {
		t.effects.Identity = tri.Is(way.IdentitySet, name,
			name+" (forwardAuth) sets the header from the answer of another service")
		t.assume("the service that " + name + " asks answers every request that it lets in with a non-empty " +
			way.Header)
	}
}

// addresses: whose address Traefik sees depends on what stands before it.
func (t *chainReading) addresses(name string, list *crd.TraefikIPAllowList) {
	if way.EveryAddress(list.SourceRange) {
		return
	}
	t.close(reason.Of("traefik-middleware-by-address", name))
}
