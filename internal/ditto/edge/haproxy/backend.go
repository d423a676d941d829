package haproxy

import (
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

// haproxyBackendIDs are the Backends that the annotation cr-backend of an object can mean: `name` or `namespace/name`,
// of either group.
func haproxyBackendIDs(annotations map[string]string, namespace string) []inventory.ID {
	a, _ := haproxyAnnotations(annotations)
	ns, name, ok := way.SecretName(a["cr-backend"], namespace)
	if !ok {
		return nil
	}
	return []inventory.ID{
		{GroupKind: crd.HAProxyBackendV3, Namespace: ns, Name: name},
		{GroupKind: crd.HAProxyBackendV1, Namespace: ns, Name: name},
	}
}

// haproxyBackend is what a Backend resource does to requests, on top of what the Ingress's annotations do.
type haproxyBackend struct {
	named bool
	who   string
	// rules is nil for a Backend that was not found.
	rules []crd.HAProxyRule
	known bool
}

// haproxyBackendOf finds the Backend for an Ingress and a Service; the Service's annotation wins.
func haproxyBackendOf(in way.Input) haproxyBackend {
	for _, annotations := range []map[string]string{in.ServiceAnnotations, in.Ingress.Annotations} {
		ids := haproxyBackendIDs(annotations, in.Ingress.Namespace)
		if len(ids) == 0 {
			continue
		}
		b := haproxyBackend{named: true, who: "Backend " + ids[0].Namespace + "/" + ids[0].Name}
		for _, id := range ids {
			if o := way.ObjectAt(in.Objects, id); o != nil {
				spec := inventory.Must[crd.HAProxyBackend](o).Spec
				b.rules, b.known = slices.Concat(spec.HTTPRequests, spec.HTTPRequestRules), true
				break
			}
		}
		return b
	}
	return haproxyBackend{}
}

// apply carries out the rules of a Backend on what arrives there.
func (b haproxyBackend) apply(identity, authentication tri.State, users way.Trust) (tri.State, tri.State) {
	const source = "haproxy.org/cr-backend"
	if !b.named {
		return identity, authentication
	}
	opaque := func(why string) (tri.State, tri.State) {
		if authentication.State == tri.On {
			authentication = tri.Is(tri.Unknown, source, why)
		}
		return tri.Is(way.IdentityUnknown, source, why), authentication
	}
	if !b.known {
		return opaque(reason.Of("header-changer-not-found", b.who))
	}
	for _, rule := range b.rules {
		touches := strings.EqualFold(rule.HeaderName, way.Header)
		switch rule.Type {
		case "del-header", "set-header", "add-header", "replace-header", "replace-value":
			switch {
			case !touches && (rule.HeaderMethod == "" || rule.HeaderMethod == "str"):
			case rule.Condition != "" || rule.HeaderMethod != "" && rule.HeaderMethod != "str" ||
				strings.HasPrefix(rule.Type, "replace-"):
				identity = tri.Is(way.IdentityUnknown, source, reason.Of("haproxy-header-under-condition", b.who))
			case rule.Type == "del-header":
				identity = tri.Is(way.IdentityRemoved, source,
					b.who+" deletes the header, but not the query parameter of the same name")
			case rule.Type == "set-header" || identity.State == way.IdentityRemoved:
				identity = headerValue(rule.HeaderFormat, users)
				identity.Source, identity.Why = source, "in "+b.who+" "+identity.Why
			}
		case "lua", "use-service", "send-spoe-group":
			return opaque(reason.Of("haproxy-rule-not-read", b.who, rule.Type))
		case "allow":
			if authentication.State == tri.On {
				authentication = tri.Is(tri.Unknown, source, reason.Of("haproxy-allows-some", b.who))
			}
		case "auth":
			if authentication.State == tri.Off {
				authentication = tri.Is(tri.Unknown, source, reason.Of("haproxy-asks-some", b.who))
			}
		}
	}
	return identity, authentication
}

// rewrite is what the rules make of the path: told is only whether they leave it alone.
func (b haproxyBackend) rewrite() (way.Rewrite, bool) {
	if b.named && !b.known {
		return way.UnknownRewrite(reason.Of("haproxy-backend-path-not-found", b.who)), true
	}
	for _, rule := range b.rules {
		switch rule.Type {
		case "set-path", "set-pathq", "set-uri", "replace-path", "replace-pathq", "replace-uri", "normalize-uri", "lua",
			"use-service", "send-spoe-group":
			return way.UnknownRewrite(reason.Of("haproxy-backend-changes-path", b.who)), true
		}
	}
	return way.Rewrite{}, false
}

// Kinds are the rows of the kinds that annotations name, or a class.
func Kinds() []way.Resource {
	return []way.Resource{{Kind: crd.HAProxyBackendV1}, {Kind: crd.HAProxyBackendV3}}
}
