package ingress

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	networkingv1 "k8s.io/api/networking/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

// kongObject is a plugin of Kong's, in the namespace of the test's Ingress.
func kongObject(name, plugin, fields string) string {
	return fmt.Sprintf("apiVersion: configuration.konghq.com/v1\nkind: KongPlugin\nmetadata: {name: %s, namespace: ns}\nplugin: %s\n%s\n", name, plugin, fields)
}

func transformer(config string) string {
	return kongObject("t", "request-transformer", "config: "+config)
}

func TestKongTransformer(t *testing.T) {
	const h = "x-ditto-pre-authenticated"
	consumer := `'` + h + `:nginx:$(headers["x-consumer-username"])'`
	for _, tt := range []struct {
		name, config, with string
		want               string
	}{
		{"another header", `{remove: {headers: [x-user]}, add: {headers: ["x-user:a"]}}`, "", "client"},
		{"removed", `{remove: {headers: [X-Ditto-Pre-Authenticated]}}`, "", "removed"},
		{"removed with the parameter", `{remove: {headers: [` + h + `], querystring: [` + h + `]}}`, "", "none"},
		{"the parameter alone", `{remove: {querystring: [` + h + `]}}`, "", "client"},
		{"the parameter in another case", `{remove: {headers: [` + h + `], querystring: [X-Ditto-Pre-Authenticated]}}`, "", "removed"},
		{"the parameter removed and made of another", `{remove: {headers: [` + h + `], querystring: [` + h + `]}, rename: {querystring: ["u:` + h + `"]}}`, "", "removed"},
		{"added without removing", `{add: {headers: ["` + h + `:nobody"]}}`, "", "client"},
		{"removed and added", `{remove: {headers: [` + h + `]}, add: {headers: ["` + h + `:nobody"]}}`, "", "set"},
		{"removed and appended", `{remove: {headers: [` + h + `]}, append: {headers: ["` + h + `:nobody"]}}`, "", "set"},
		{"appended", `{append: {headers: ["` + h + `:nobody"]}}`, "", "client"},
		{"replaced", `{replace: {headers: ["` + h + `:nobody"]}}`, "", "possibly-empty"},
		{"replaced, with the parameter removed", `{replace: {headers: ["` + h + `:nobody"]}, remove: {querystring: [` + h + `]}}`, "", "none"},
		{"replaced and added", `{replace: {headers: ["` + h + `:a"]}, add: {headers: ["` + h + `:a"]}}`, "", "set"},
		{"another header renamed to it", `{remove: {headers: [` + h + `]}, rename: {headers: ["x-user:X-Ditto-Pre-Authenticated"]}}`, "", "client"},
		{"renamed to another", `{rename: {headers: ["` + h + `:x-was"]}}`, "", "removed"},
		{"the client's value", `{remove: {headers: [` + h + `]}, add: {headers: ['` + h + `:$(query_params.u)']}}`, "", "client"},
		{"what cannot be seen", `{remove: {headers: [` + h + `]}, add: {headers: ['` + h + `:$(shared.u)']}}`, "", "unknown"},
		{"a consumer that nobody verified", `{remove: {headers: [` + h + `]}, add: {headers: [` + consumer + `]}}`, "", "client"},
		{"a verified consumer", `{remove: {headers: [` + h + `]}, add: {headers: [` + consumer + `]}}`, kongObject("a", "key-auth", ""), "set"},
		{"a verified consumer that may have no name", `{remove: {headers: [` + h + `]}, add: {headers: ['` + h + `:$(headers.x-consumer-username)']}}`, kongObject("a", "key-auth", ""), "possibly-empty"},
		{"a consumer who may be anonymous", `{remove: {headers: [` + h + `]}, add: {headers: [` + consumer + `]}}`, kongObject("a", "key-auth", "config: {anonymous: somebody}"), "client"},
		{"a consumer who may be anonymous by a Secret", `{remove: {headers: [` + h + `]}, add: {headers: [` + consumer + `]}}`,
			kongObject("a", "key-auth", "configFrom: {secretKeyRef: {name: s, key: k}}"), "unknown"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			objects, names := transformer(tt.config), "t"
			if tt.with != "" {
				objects, names = objects+"\n---\n"+tt.with, "t, a"
			}
			c, _ := linked(t, objects)
			in := served("kong", notes{"konghq.com/plugins": names})
			in.Objects = c.Objects
			if got := handled(in).Identity; got.State != tt.want {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func TestKongPlugins(t *testing.T) {
	const strip = "{remove: {headers: [x-ditto-pre-authenticated], querystring: [x-ditto-pre-authenticated]}}"
	global := func(name, plugin, config string) string {
		return fmt.Sprintf("apiVersion: configuration.konghq.com/v1\nkind: KongClusterPlugin\nmetadata: {name: %s, labels: {global: \"true\"}}\nplugin: %s\nconfig: %s\n", name, plugin, config)
	}
	const untouchedByPlugins = "client no plugin changes the header, off no plugin asks for credentials"
	both := func(identity, authentication, why string) string {
		return identity + " " + why + ", " + authentication + " " + why
	}
	for _, tt := range []struct {
		name             string
		objects          []string
		ingress, service notes
		want             string
	}{
		{"none", []string{transformer(strip)}, nil, nil, untouchedByPlugins},
		{"not found", []string{transformer(strip)}, notes{"konghq.com/plugins": "gone"}, nil, both("unknown", "unknown", "KongPlugin ns/gone was not found")},
		{"switched off", []string{transformer(strip) + "disabled: true"}, notes{"konghq.com/plugins": "t"}, nil, untouchedByPlugins},
		{"at the Service", []string{transformer(strip)}, nil, notes{"konghq.com/plugins": "t"},
			"none KongPlugin ns/t removes the header and the query parameter of the same name, off no plugin asks for credentials"},
		{"the Ingress's takes the place of the Service's", []string{transformer(strip), kongObject("other", "request-transformer", "config: {remove: {headers: [x-a]}}")},
			notes{"konghq.com/plugins": "other"}, notes{"konghq.com/plugins": "t"}, untouchedByPlugins},
		{"a rewrite takes the place of the Service's", []string{transformer(strip)}, notes{"konghq.com/rewrite": "/x"}, notes{"konghq.com/plugins": "t"}, untouchedByPlugins},
		{"a rewrite and a transformer at one Ingress", []string{transformer(strip)}, notes{"konghq.com/rewrite": "/x", "konghq.com/plugins": "t"}, nil,
			both("unknown", "unknown", "KongPlugin ns/t and the annotation konghq.com/rewrite are both a request-transformer")},
		{"two at one place", []string{transformer(strip), kongObject("u", "request-transformer", "")}, notes{"konghq.com/plugins": "t,u"}, nil,
			both("unknown", "unknown", "KongPlugin ns/t and KongPlugin ns/u are both a request-transformer")},
		{"global", []string{global("g", "request-transformer", strip)}, nil, nil,
			"none KongClusterPlugin g removes the header and the query parameter of the same name, off no plugin asks for credentials"},
		{"a cluster plugin by name", []string{strings.Replace(global("g", "basic-auth", "{}"), "global", "local", 1)}, notes{"konghq.com/plugins": "g"}, nil,
			"client no plugin changes the header, on KongClusterPlugin g (basic-auth) asks every client for credentials"},
		{"in another namespace", []string{kongObject("a", "jwt", "")}, notes{"konghq.com/plugins": "ns:a"}, nil,
			"client no plugin changes the header, on KongPlugin ns/a (jwt) asks every client for credentials"},
		{"for HTTPS alone", []string{kongObject("a", "jwt", "protocols: [https]")}, notes{"konghq.com/plugins": "a"}, nil,
			"client no plugin changes the header, unknown KongPlugin ns/a is for some protocols only"},
		{"one of two is enough to be asked", []string{kongObject("a", "jwt", "config: {anonymous: x}"), kongObject("b", "key-auth", "")}, notes{"konghq.com/plugins": "a,b"}, nil,
			"client no plugin changes the header, on KongPlugin ns/b (key-auth) asks every client for credentials"},
		{"some addresses", []string{kongObject("a", "ip-restriction", "config: {allow: [10.0.0.0/8]}")}, notes{"konghq.com/plugins": "a"}, nil,
			"client no plugin changes the header, unknown KongPlugin ns/a lets in some addresses only, and whether these include clients cannot be determined"},
		{"code", []string{kongObject("a", "pre-function", "")}, notes{"konghq.com/plugins": "a"}, nil,
			both("unknown", "unknown", "KongPlugin ns/a is a pre-function, and what that does cannot be seen")},
		{"a limit changes nothing", []string{kongObject("a", "rate-limiting", "config: {minute: 5}")}, notes{"konghq.com/plugins": "a"}, nil, untouchedByPlugins},
		{"a KongIngress", nil, notes{"konghq.com/override": "k"}, nil, both("unknown", "unknown", "konghq.com/override names a KongIngress, which is not read")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			in := served("kong", tt.ingress)
			in.ServiceAnnotations = tt.service
			if tt.objects != nil {
				c, _ := linked(t, strings.Join(tt.objects, "\n---\n"))
				in.Objects = c.Objects
			}
			e := handled(in)
			got := fmt.Sprintf("%s %s, %s %s", e.Identity.State, e.Identity.Why, e.Authentication.State, e.Authentication.Why)
			if got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestKongPath(t *testing.T) {
	for _, tt := range []struct {
		name             string
		objects          string
		ingress, service notes
		kind             networkingv1.PathType
		path             string
		want             way.Rewrite
	}{
		{"a path at the Ingress is not read", "", notes{"konghq.com/path": "/devops"}, nil, prefixType, "/x", way.Rewrite{}},
		{"a path at the Service stands before everything", "", nil, notes{"konghq.com/path": "/devops/"}, prefixType, "/x", way.Rewrite{Kind: way.RewritePrefix, From: []string{""}, To: "/devops"}},
		{"and before what is left of a path", "", notes{"konghq.com/strip-path": "true"}, notes{"konghq.com/path": "/devops"}, prefixType, "/x/",
			way.Rewrite{Kind: way.RewritePrefix, From: []string{"/x"}, To: "/devops"}},
		{"nothing is left of an exact path", "", notes{"konghq.com/strip-path": "true"}, nil, exactType, "/x", way.Rewrite{Kind: way.RewriteConstant, To: "/"}},
		{"a rewrite to a constant", "", notes{"konghq.com/rewrite": "/devops"}, notes{"konghq.com/path": "/x"}, prefixType, "/x", way.Rewrite{Kind: way.RewriteConstant, To: "/devops"}},
		{"a rewrite with a capture", "", notes{"konghq.com/rewrite": "/devops/$1"}, nil, ownType, "/~/x/(.*)", way.Rewrite{Kind: way.RewritePrefix, From: []string{"/x/"}, To: "/devops/"}},
		{"a rewrite with a capture of nothing", "", notes{"konghq.com/rewrite": "/devops/$1"}, nil, prefixType, "/x", way.UnknownRewrite(`what the rewrite of "" to "/devops/$1" leads to cannot be determined`)},
		{"a plugin puts another path in place", transformer("{replace: {uri: /devops}}"), notes{"konghq.com/plugins": "t"}, nil, prefixType, "/x", way.Rewrite{Kind: way.RewriteConstant, To: "/devops"}},
		{"a plugin builds the path from the request", transformer(`{replace: {uri: '/$(headers.x)'}}`), notes{"konghq.com/plugins": "t"}, nil, prefixType, "/x",
			way.UnknownRewrite("KongPlugin ns/t builds the path from the request")},
		{"a plugin that leaves paths alone", transformer(`{remove: {headers: [a]}}`), notes{"konghq.com/plugins": "t"}, nil, prefixType, "/x", way.Rewrite{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			in := served("kong", tt.ingress)
			in.ServiceAnnotations = tt.service
			if tt.objects != "" {
				c, _ := linked(t, tt.objects)
				in.Objects = c.Objects
			}
			if diff := cmp.Diff(tt.want, readPath(in, &tt.kind, tt.path).Rewrite); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}
