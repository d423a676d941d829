package settings

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dittoguard/dittoguard/internal/ditto/tri"
)

const issuersPath = "ditto.gateway.authentication.oauth.openid-connect-issuers"

// google is the issuer that is there unless something says otherwise.
func google() Issuer {
	return Issuer{
		Name: "google", URLs: []string{"accounts.google.com"}, Source: "default", Default: true, Audience: off("default"),
	}
}

func keycloak(source string, audience tri.State) Issuer {
	return Issuer{Name: "keycloak", URLs: []string{"id.example.com"}, Source: source, Audience: audience}
}

func TestIssuers(t *testing.T) {
	for name, test := range map[string]struct {
		container fixture
		of        OIDC
		want      Issuers
	}{
		"nothing said": {fixture{}, APIOIDC, Issuers{State: Known, List: []Issuer{google()}}},
		"operators have none of their own": {
			fixture{}, DevopsOIDC, Issuers{State: Known},
		},
		"the chart's empty object takes nothing away": {
			fixture{}.withExtension("ditto { gateway { authentication { oauth { openid-connect-issuers {\n} } } } }"),
			APIOIDC, Issuers{State: Known, List: []Issuer{google()}},
		},
		"a folder of the class path may add some": {
			fixture{env: env("CLASSPATH=/srv/conf:/opt/ditto/*")}, APIOIDC, Issuers{
				State: Unknown, Why: "the class path names /srv/conf, which may hold configuration that takes the place of Ditto's own",
				List: []Issuer{google()},
			},
		},
		"a file of the class path adds one": {
			fixture{env: env("CLASSPATH=/srv/conf:/opt/ditto/*")}.withFile("/srv/conf/reference.conf", issuersPath+".other.issuer = x"),
			APIOIDC, Issuers{
				State: Unknown, Why: "ConfigMap iot/reference-conf key reference.conf is on the class path, and which issuers it adds depends on its order",
				List: []Issuer{google()},
			},
		},
		"one more, without an audience": {
			fixture{}.withExtension(issuersPath + " { keycloak = { issuer = \"id.example.com\" } }"),
			APIOIDC, Issuers{State: Known, List: []Issuer{google(), keycloak(extensionSource, off("default"))}},
		},
		"one more, with an audience": {
			fixture{}.withExtension(issuersPath + ` { keycloak = {
				issuer = "id.example.com"
				prerequisite-conditions = [ "{{ jwt:aud | fn:filter('eq','ditto') }}" ]
			} }`),
			APIOIDC, Issuers{State: Known, List: []Issuer{google(), keycloak(extensionSource, on(extensionSource))}},
		},
		"operators' issuers stand elsewhere": {
			fixture{}.withExtension(`ditto.gateway.authentication.devops.oauth.openid-connect-issuers.keycloak.issuer = "id.example.com"`),
			DevopsOIDC, Issuers{State: Known, List: []Issuer{keycloak(extensionSource, off("default"))}},
		},
		"clients' issuers are not the operators'": {
			fixture{}.withExtension(`ditto.gateway.authentication.devops.oauth.openid-connect-issuers.keycloak.issuer = "id.example.com"`),
			APIOIDC, Issuers{State: Known, List: []Issuer{google()}},
		},
		"the migration list counts as well": {
			fixture{}.withExtension(issuersPath + `-extension.keycloak.issuer = "id.example.com"`),
			APIOIDC, Issuers{State: Known, List: []Issuer{google(), keycloak(extensionSource, off("default"))}},
		},
		"the migration list has a google of its own": {
			fixture{}.withExtension(issuersPath + `-extension.google.prerequisite-conditions = []`),
			APIOIDC, Issuers{State: Known, List: []Issuer{google(), {Name: "google", Source: "default", Audience: off(extensionSource)}}},
		},
		"a list of addresses takes the place of one": {
			fixture{}.withExtension(issuersPath + ` { keycloak { issuer = "old.example.com", issuers = ["a.example.com", "b.example.com"] } }`),
			APIOIDC, Issuers{State: Known, List: []Issuer{google(), {
				Name: "keycloak", URLs: []string{"a.example.com", "b.example.com"}, Source: extensionSource, Audience: off("default"),
			}}},
		},
		"google with another address is not the default": {
			fixture{}.withExtension(issuersPath + `.google.issuer = "id.example.com"`),
			APIOIDC, Issuers{State: Known, List: []Issuer{{
				Name: "google", URLs: []string{"id.example.com"}, Source: extensionSource, Audience: off("default"),
			}}},
		},
		"google said again is still the default": {
			fixture{}.withExtension(issuersPath + ` { google { issuer = "accounts.google.com" } }`),
			APIOIDC, Issuers{State: Known, List: []Issuer{{
				Name: "google", URLs: []string{"accounts.google.com"}, Source: extensionSource, Default: true, Audience: off("default"),
			}}},
		},
		"google with an audience is still the default": {
			fixture{}.withExtension(issuersPath + `.google.prerequisite-conditions = ["{{ jwt:aud | fn:filter('eq','none') }}"]`),
			APIOIDC, Issuers{State: Known, List: []Issuer{{
				Name: "google", URLs: []string{"accounts.google.com"}, Source: "default", Default: true, Audience: on(extensionSource),
			}}},
		},
		"by system properties": {
			fixture{env: env("JAVA_TOOL_OPTIONS=-D" + issuersPath + ".keycloak.issuer=id.example.com " +
				"\"-D" + issuersPath + ".keycloak.prerequisite-conditions.0={{jwt:aud|fn:filter('eq','ditto')}}\"")},
			APIOIDC, Issuers{State: Known, List: []Issuer{google(), keycloak(
				"-D"+issuersPath+".keycloak.issuer in JAVA_TOOL_OPTIONS",
				on("-D"+issuersPath+".keycloak.prerequisite-conditions.0 in JAVA_TOOL_OPTIONS"),
			)}},
		},
		"the development profile adds its own": {
			fixture{env: env("HOSTING_ENVIRONMENT=test")},
			APIOIDC, Issuers{State: Known, List: []Issuer{
				{
					Name: "fake", URLs: []string{"localhost:9900/fake"}, Source: `development profile (HOSTING_ENVIRONMENT "test")`,
					Audience: off("default"),
				},
				google(),
			}},
		},
		"a file that was not found may hold more": {
			fixture{volumes: fixture{}.withExtension("").volumes, mounts: fixture{}.withExtension("").mounts},
			APIOIDC, Issuers{State: Unknown, Why: "ConfigMap iot/gateway-extension-conf was not found", List: []Issuer{{
				Name: "google", Source: "ConfigMap iot/gateway-extension-conf", Default: true,
				Audience: unsettled("ConfigMap iot/gateway-extension-conf", "ConfigMap iot/gateway-extension-conf was not found"),
			}}},
		},
		"a part that stands elsewhere may hold more": {
			fixture{}.withExtension(issuersPath + " = ${?MORE}"),
			APIOIDC, Issuers{State: Unknown, Why: extensionSource + ": a part of it is set elsewhere", List: []Issuer{google()}},
		},
		"forced variables may hold more": {
			fixture{env: env("JAVA_TOOL_OPTIONS=-Dconfig.override_with_env_vars=true")},
			APIOIDC, Issuers{
				State: Unknown, List: []Issuer{google()},
				Why: "which issuers the CONFIG_FORCE_ variables add, which -Dconfig.override_with_env_vars lets in",
			},
		},
		"an address from a Secret is not shown": {
			fixture{
				env:     append(env(), fromSecret("ISSUER", "gw", "issuer", false)),
				secrets: map[string]map[string]string{"gw": {"issuer": "hidden.example.com"}},
			}.withExtension(issuersPath + " { keycloak { issuer = ${ISSUER} } }"),
			APIOIDC, Issuers{State: Known, List: []Issuer{google(), {
				Name: "keycloak", Source: "env ISSUER (Secret iot/gw key issuer)", Audience: off("default"),
			}}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, test.container.read(t).Issuers(test.of)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDemandsAudience(t *testing.T) {
	for condition, want := range map[string]bool{
		`{{ jwt:aud | fn:filter('eq','ditto') }}`:                          true,
		`{{jwt:aud|fn:filter("eq","ditto")}}`:                              true,
		`{{ jwt:sub | fn:filter(jwt:aud,'eq','ditto') }}`:                  true,
		`{{ jwt:aud | fn:lower() | fn:filter('like','ditto-*') }}`:         true,
		`{{ jwt:azp | fn:filter('eq','ditto-ui') }}`:                       true,
		`for {{ jwt:aud | fn:filter('eq','ditto') }} only`:                 true,
		`{{ jwt:sub }}{{ jwt:aud | fn:filter('eq','ditto') }}`:             true,
		`{{ jwt:aud | fn:filter('eq','a|b') }}`:                            true,
		`{{ jwt:aud }}`:                                                    false,
		`{{ jwt:aud | fn:filter('ne','other') }}`:                          false,
		`{{ jwt:sub | fn:filter(jwt:aud,'exists') }}`:                      false,
		`{{ jwt:aud | fn:filter('like','*') }}`:                            false,
		`{{ jwt:aud | fn:filter('like','ditto|*') }}`:                      false,
		`{{ jwt:aud | fn:default('ditto') | fn:filter('eq','ditto') }}`:    false,
		`{{ jwt:aud | fn:filter('eq','ditto') | fn:default('whatever') }}`: false,
		`{{ jwt:aud | fn:filter('eq','ditto') | fn:delete() }}`:            false,
		`{{ jwt:sub | fn:filter('eq','aud') }}`:                            false,
		`{{ jwt:sub | fn:filter(jwt:iss,'eq','jwt:aud') }}`:                false,
		`{{ jwt:sub | fn:filter(jwt:aud,'eq',jwt:aud) }}`:                  false,
		`{{ jwt:aud | filter('eq','ditto') }}`:                             false,
		`{{ jwt:aud | fn:filter('eq','ditto') `:                            false,
		`jwt:aud | fn:filter('eq','ditto')`:                                false,
		``:                                                                 false,
	} {
		if got := demandsAudience(condition); got != want {
			t.Errorf("%s: %t, want %t", condition, got, want)
		}
	}
}

// FuzzDemandsAudience: what follows a filter by the audience in a text of its own does not make it pass, nor does any text
// make a placeholder of what is none.
func FuzzDemandsAudience(f *testing.F) {
	for _, seed := range []string{"{{ jwt:aud | fn:filter('eq','ditto') }}", "{{jwt:aud|fn:filter(", "}}'\"|{{", "{{ fn:default('x') }}"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		before := demandsAudience(text)
		if after := demandsAudience("{{ jwt:aud | fn:filter('eq','ditto') }}" + text); !after {
			t.Errorf("%q: a demand before it does not count", text)
		}
		if after := demandsAudience("{{ jwt:sub }}" + text); before != after {
			t.Errorf("%q: a placeholder before it changes %t to %t", text, before, after)
		}
	})
}

func TestIfMissing(t *testing.T) {
	for name, test := range map[string]struct {
		container fixture
		want      string // the state of the password, empty if there is no optional reference
	}{
		"an optional reference to a key that is there": {
			fixture{
				env:     append(env(), fromSecret("DEVOPS_PASSWORD", "gw", "password", true)),
				secrets: map[string]map[string]string{"gw": {"password": "own"}},
			}, PasswordPublished,
		},
		"an optional reference to a Secret that was not found": {
			fixture{env: append(env(), fromSecret("DEVOPS_PASSWORD", "gw", "password", true))}, PasswordPublished,
		},
		"a mandatory one": {
			fixture{
				env:     append(env(), fromSecret("DEVOPS_PASSWORD", "gw", "password", false)),
				secrets: map[string]map[string]string{"gw": {"password": "own"}},
			}, "",
		},
		"an optional reference of another setting": {
			fixture{env: append(env("DEVOPS_PASSWORD=own"), fromSecret("STATUS_PASSWORD", "gw", "password", true))}, "",
		},
		"another channel stands behind it": {
			fixture{
				env: append(env("JAVA_TOOL_OPTIONS=-Dditto.gateway.authentication.devops.password=own"),
					fromSecret("DEVOPS_PASSWORD", "gw", "password", true)),
			}, PasswordOwn,
		},
		"an earlier entry of the same name stands behind it": {
			fixture{env: append(env("DEVOPS_PASSWORD=own"), fromSecret("DEVOPS_PASSWORD", "gw", "password", true))}, PasswordOwn,
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := ""
			if v, ok := test.container.read(t).IfMissing(DevopsPassword); ok {
				got = PasswordState(v, []string{"foobar"})
			}
			if got != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}
