package settings

import (
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/google/go-cmp/cmp"

	"github.com/dittoguard/dittoguard/internal/ditto/tri"
)

func TestPorts(t *testing.T) {
	d := func(number int32) Port { return Port{Number: number, Source: "default"} }
	dev := func(number int32) Port {
		return Port{Number: number, Source: `development profile (HOSTING_ENVIRONMENT "")`}
	}
	for name, test := range map[string]struct {
		container fixture
		want      Ports
	}{
		"defaults of the gateway": {fixture{}, Ports{d(8080), d(2551), d(7626), d(9095)}},
		"variables": {
			fixture{env: env("HTTP_PORT=80", "PORT=81", "REMOTE_PORT=82", "BIND_REMOTE_PORT=83", "PROMETHEUS_PORT=84", "JAVA_TOOL_OPTIONS=-Dpekko.management.http.port=85")},
			Ports{
				Port{81, "env PORT", ""}, Port{83, "env BIND_REMOTE_PORT", ""},
				Port{85, "-Dpekko.management.http.port in JAVA_TOOL_OPTIONS", ""}, Port{84, "env PROMETHEUS_PORT", ""},
			},
		},
		"empty bind port means the other": {
			fixture{env: env("REMOTE_PORT=82", "BIND_REMOTE_PORT="), service: Things},
			Ports{d(8080), Port{82, "env REMOTE_PORT", ""}, d(7626), d(9095)},
		},
		"the gateway's port is not that of other services": {
			fixture{service: Policies}.withFile("/opt/ditto/policies-extension.conf", "ditto.http.port = 1, ditto.gateway.http.port = 2"),
			Ports{Port{1, "ConfigMap iot/policies-extension-conf key policies-extension.conf", ""}, d(2551), d(7626), d(9095)},
		},
		"no metrics":          {fixture{env: env("PROMETHEUS_ENABLED=off")}, Ports{d(8080), d(2551), d(7626), Port{Source: "env PROMETHEUS_ENABLED"}}},
		"development profile": {fixture{env: env("HOSTING_ENVIRONMENT="), service: Search}, Ports{dev(8130), dev(2557), dev(25570), dev(9013)}},
		"numbers as Typesafe Config reads them": {
			fixture{env: env("HTTP_PORT= 81", "REMOTE_PORT=8.2e1", "PROMETHEUS_PORT=83.9")},
			Ports{Port{81, "env HTTP_PORT", ""}, Port{82, "env REMOTE_PORT", ""}, d(7626), Port{83, "env PROMETHEUS_PORT", ""}},
		},
		"no port and unknown": {
			fixture{env: append(env("PORT=tcp://10.0.0.1:80"), fromSecret("REMOTE_PORT", "s", "p", true))},
			Ports{
				Port{0, "env PORT", `"tcp://10.0.0.1:80" is not a port`}, Port{0, "env REMOTE_PORT", "Secret iot/s was not found"}, d(7626), d(9095),
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, test.container.read(t).Ports()); diff != "" {
				t.Errorf("ports (-want +got):\n%s", diff)
			}
		})
	}
}

func TestMongoDB(t *testing.T) {
	tls := off("default")
	secret := map[string]map[string]string{"m": {"uri": "mongodb://u:own@db-0.db,db-1.db:27018/things?tlsInsecure=true&ssl=true"}}
	uri := []corev1.EnvVar{fromSecret("MONGO_DB_URI", "m", "uri", false)}
	for name, test := range map[string]struct {
		container fixture
		want      MongoDB
	}{
		"nothing said": {fixture{}, MongoDB{State: Default, Source: "default", Hosts: []string{"localhost:27017"}, TLS: tls}},
		"parts": {
			fixture{env: env("MONGO_DB_HOSTNAME=db", "MONGO_DB_PORT=1", "MONGO_DB_AUTHENTICATION=u:own@", "MONGO_DB_SSL_ENABLED=yes")},
			MongoDB{State: Known, Source: "env MONGO_DB_HOSTNAME", Hosts: []string{"db:1"}, Credentials: true, TLS: on("env MONGO_DB_SSL_ENABLED")},
		},
		"properties of the parts do nothing": {
			fixture{env: env("MONGO_DB_HOSTNAME=db", "JAVA_TOOL_OPTIONS=-Dditto.mongodb.hostname=other")},
			MongoDB{State: Known, Source: "env MONGO_DB_HOSTNAME", Hosts: []string{"db:27017"}, TLS: tls},
		},
		"connection string from a Secret": {
			fixture{env: uri, secrets: secret},
			MongoDB{State: Known, Source: "env MONGO_DB_URI (Secret iot/m key uri)", Hosts: []string{"db-0.db:27017", "db-1.db:27018"}, Credentials: true, Lax: []LaxOption{{"tlsInsecure", "env MONGO_DB_URI (Secret iot/m key uri)"}}, TLS: tls, AsksTLS: true},
		},
		"connection string was not found": {
			fixture{env: uri}, MongoDB{State: Unknown, Source: "env MONGO_DB_URI", Why: "Secret iot/m was not found", TLS: tls},
		},
		"literal with a password": {
			fixture{env: env("MONGO_DB_URI=mongodb+srv://u:p%40w@cluster.example.com/?retryWrites=true")},
			MongoDB{State: Known, Source: "env MONGO_DB_URI", Hosts: []string{"cluster.example.com"}, SRV: true, Credentials: true, TLS: tls, AsksTLS: true},
		},
		"literal without a password": {
			fixture{env: env("MONGO_DB_URI=mongodb://u@[::1]:27018,[::2]/x")},
			MongoDB{State: Known, Source: "env MONGO_DB_URI", Hosts: []string{"[::1]:27018", "[::2]:27017"}, Credentials: true, TLS: tls},
		},
		"no connection string": {
			fixture{env: env("MONGO_DB_URI=db:27017")},
			MongoDB{State: Unknown, Source: "env MONGO_DB_URI", Why: "env MONGO_DB_URI is not a MongoDB connection string: expected mongodb:// or mongodb+srv:// at the beginning", TLS: tls},
		},
		"a connection string that contradicts the setting": {
			fixture{env: env("MONGO_DB_SSL_ENABLED=true", "MONGO_DB_URI=mongodb://db/?tls=false")},
			MongoDB{State: Known, Source: "env MONGO_DB_URI", Hosts: []string{"db:27017"}, TLS: tri.State{
				State: tri.Unknown, Source: "env MONGO_DB_SSL_ENABLED", Why: "env MONGO_DB_URI says tls=false, contrary to env MONGO_DB_SSL_ENABLED; Ditto does not start",
			}},
		},
		"ssl in the connection string is replaced": {
			fixture{env: env("MONGO_DB_SSL_ENABLED=true", "MONGO_DB_URI=mongodb://db/?ssl=false")},
			MongoDB{State: Known, Source: "env MONGO_DB_URI", Hosts: []string{"db:27017"}, TLS: on("env MONGO_DB_SSL_ENABLED")},
		},
		"ssl among the extra options is what the persistence gets": {
			fixture{service: Things, env: env("MONGO_DB_SSL_ENABLED=true", "JAVA_TOOL_OPTIONS=-Dditto.mongodb.options.extra-uri-options.ssl=false")},
			MongoDB{State: Default, Source: "default", Hosts: []string{"localhost:27017"}, TLS: off("-Dditto.mongodb.options.extra-uri-options.ssl in JAVA_TOOL_OPTIONS")},
		},
		"but the search has none of it": {
			fixture{service: Search, env: env("MONGO_DB_SSL_ENABLED=true", "JAVA_TOOL_OPTIONS=-Dditto.mongodb.options.extra-uri-options.ssl=false")},
			MongoDB{State: Default, Source: "default", Hosts: []string{"localhost:27017"}, TLS: on("env MONGO_DB_SSL_ENABLED")},
		},
		"ssl among the extra options does not switch it on": {
			fixture{service: Things, env: env("JAVA_TOOL_OPTIONS=-Dditto.mongodb.options.extra-uri-options.ssl=true")},
			MongoDB{State: Default, Source: "default", Hosts: []string{"localhost:27017"}, TLS: tls},
		},
		"an extra option takes the place of the string's": {
			fixture{env: env("MONGO_DB_URI=mongodb://db/?tlsInsecure=true", "JAVA_TOOL_OPTIONS=-Dditto.mongodb.options.extra-uri-options.tlsInsecure=false")},
			MongoDB{State: Known, Source: "env MONGO_DB_URI", Hosts: []string{"db:27017"}, TLS: tls},
		},
		"a boolean that Ditto does not take": {
			fixture{env: env("MONGO_DB_SSL_ENABLED=True")},
			MongoDB{State: Default, Source: "default", Hosts: []string{"localhost:27017"}, TLS: tri.State{
				State: tri.Unknown, Source: "env MONGO_DB_SSL_ENABLED", Why: `"True" is not a boolean to Ditto; it does not start`,
			}},
		},
		"option in the extension file": {
			fixture{service: Things}.withFile("/opt/ditto/things-extension.conf", "ditto.mongodb.options { ssl = on, extra-uri-options { sslInvalidHostNameAllowed = true } }"),
			MongoDB{State: Default, Source: "default", Hosts: []string{"localhost:27017"}, Lax: []LaxOption{{"sslInvalidHostNameAllowed", "ConfigMap iot/things-extension-conf key things-extension.conf"}}, TLS: on("ConfigMap iot/things-extension-conf key things-extension.conf")},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, test.container.read(t).MongoDB()); diff != "" {
				t.Errorf("MongoDB (-want +got):\n%s", diff)
			}
		})
	}
}

// BenchmarkGateway reads a gateway as Ditto's chart deploys it, and all settings that decide about it.
func BenchmarkGateway(b *testing.B) {
	vars := make([]string, 0, 60)
	for i := range 56 {
		vars = append(vars, "SOME_OTHER_VARIABLE_"+string(rune('A'+i%26))+string(rune('A'+i/26))+"=value")
	}
	options := "-Xss512k"
	for len(options) < 4000 {
		options += " -XX:+UseG1GC -Dpekko.cluster.failure-detector.acceptable-heartbeat-pause=7s"
	}
	vars = append(vars, "JAVA_TOOL_OPTIONS="+options, "ENABLE_PRE_AUTHENTICATION=true", "DEVOPS_SECURED=true", "DEVOPS_PASSWORD=own")
	plain := fixture{env: env(vars...)}
	extended := plain.withExtension("# comment\nditto {\n" +
		"  gateway { authentication { oauth { openid-connect-issuers {\n" +
		"    keycloak = { issuer = \"id.example.com\", auth-subjects = [ \"{{ jwt:sub }}\" ] }\n" +
		"  } }\n  devops { devops-oauth2-subjects = [ \"a:b\" ] } }\n" +
		"  wot-directory { base-prefix = \"http://localhost:8080\", authentication-required = false } } }\n")
	for name, f := range map[string]fixture{"variables": plain, "extension file": extended} {
		b.Run(name, func(b *testing.B) {
			read := f.read(b)
			b.ReportAllocs()
			for b.Loop() {
				s := Read(read.reader, read.namespace, read.pod, read.container, Gateway)
				for _, setting := range []*Binding{
					PreAuthentication, DevopsSecured, DevopsMethod, StatusMethod, DevopsPassword, StatusPassword,
					DevopsSubjects, StatusSubjects, OIDCProtocol, DevopsOIDCProtocol,
					WebsocketThrottling, WebsocketThrottlingInterval, WebsocketThrottlingLimit, SSEThrottling,
				} {
					s.Lookup(setting)
				}
				s.GatewayStatusSecured()
				s.Ports()
			}
		})
	}
}
