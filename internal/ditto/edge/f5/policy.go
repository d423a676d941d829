package f5

import (
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

// f5PolicyIDs are the Policies that a list of references means, in the namespace of who refers to them or another.
func f5PolicyIDs(references []crd.NginxPolicyReference, namespace string) []inventory.ID {
	var list []inventory.ID
	for _, r := range references {
		if r.Namespace == "" {
			r.Namespace = namespace
		}
		list = append(list, inventory.ID{GroupKind: crd.F5Policy, Namespace: r.Namespace, Name: r.Name})
	}
	return list
}

// f5Named are the Policies that the annotation of an Ingress names: `name` or `namespace/name`.
func f5Named(annotations map[string]string, namespace string) []inventory.ID {
	a := way.WithPrefix(annotations, Prefix, "nginx.com/")
	var list []inventory.ID
	for text := range strings.SplitSeq(a["policies"], ",") {
		if ns, name, ok := way.SecretName(text, namespace); ok {
			list = append(list, inventory.ID{GroupKind: crd.F5Policy, Namespace: ns, Name: name})
		}
	}
	return list
}

// f5Policies says whether Policies ask every client for credentials. Several of them all have to be satisfied. One that
// is missing or refused makes the controller answer 500, so that nobody gets in; one that was not found may be there.
func f5Policies(r inventory.Reader, ids []inventory.ID, redirected bool) (tri.State, []way.AuthSecret) {
	result := tri.Is(tri.Off, "default", "no Policy asks for credentials")
	var secrets []way.AuthSecret
	for _, id := range ids {
		who := "Policy " + id.Namespace + "/" + id.Name
		state := tri.Is(tri.Unknown, "policies", reason.Of("f5-policy-not-found", who))
		if o := way.ObjectAt(r, id); o != nil {
			state = f5Asks(inventory.Must[crd.NginxPolicy](o), who, redirected)
			secrets = append(secrets, f5PolicyLinks(o).Passwords...)
		}
		if rank := map[string]int{tri.On: 2, tri.Unknown: 1}; rank[state.State] > rank[result.State] {
			result = state
		}
	}
	return result, secrets
}

// f5Asks reads one Policy. redirected says that plain HTTP, where no certificate can be asked for, lets nobody in.
func f5Asks(p *crd.NginxPolicy, who string, redirected bool) tri.State {
	asks := func(how string) tri.State { return tri.Is(tri.On, "policies", who+" asks every client for "+how) }
	switch spec := &p.Spec; {
	case spec.BasicAuth != nil:
		return asks("a password")
	case spec.JWT != nil:
		return asks("a token")
	case spec.OIDC != nil:
		return asks("a session of an OpenID Connect provider")
	case spec.APIKey != nil:
		return asks("an API key")
	case spec.ExternalAuth != nil:
		return asks("what a service of its own wants")
	case spec.IngressMTLS != nil:
		verify := spec.IngressMTLS.VerifyClient
		switch {
		case verify != "" && verify != "on":
			return tri.Is(tri.Off, "policies", who+" does not insist on client certificates")
		case !redirected:
			return tri.Is(tri.Unknown, "policies", reason.Of("f5-certificates-without-redirect", who))
		}
		return asks("a certificate")
	}
	return tri.Is(tri.Off, "policies", who+" asks for no credentials")
}

// f5PolicyLinks: a Policy of type basicAuth takes the key htpasswd of a Secret of its namespace.
func f5PolicyLinks(o *inventory.Object) way.Links {
	b := inventory.Must[crd.NginxPolicy](o).Spec.BasicAuth
	if b == nil || b.Secret == "" {
		return way.Links{}
	}
	return way.Links{Passwords: []way.AuthSecret{{Namespace: o.Ref.Namespace, Name: b.Secret, Kind: way.AuthFile,
		Key: "htpasswd"}}}
}

// f5Tokens says whether one of the Policies asks for a token.
func f5Tokens(r inventory.Reader, ids []inventory.ID) bool {
	for _, id := range ids {
		if o := way.ObjectAt(r, id); o != nil && inventory.Must[crd.NginxPolicy](o).Spec.JWT != nil {
			return true
		}
	}
	return false
}
