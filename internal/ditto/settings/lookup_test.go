package settings

import (
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/google/go-cmp/cmp"

	"github.com/dittoguard/dittoguard/internal/ditto/tri"
)

const preAuth = "ditto.gateway.authentication.pre-authentication.enabled"

const extensionSource = "ConfigMap iot/gateway-extension-conf key gateway-extension.conf"

func on(source string) tri.State  { return tri.State{State: tri.On, Source: source} }
func off(source string) tri.State { return tri.State{State: tri.Off, Source: source} }
func unsettled(source, why string) tri.State {
	return tri.State{State: tri.Unknown, Source: source, Why: why}
}

func TestPreAuthentication(t *testing.T) {
	for name, test := range map[string]struct {
		container fixture
		want      tri.State
	}{
		"nothing said":                  {fixture{}, off("default")},
		"variable":                      {fixture{env: env("ENABLE_PRE_AUTHENTICATION=true")}, on("env ENABLE_PRE_AUTHENTICATION")},
		"yes is on":                     {fixture{env: env("ENABLE_PRE_AUTHENTICATION=yes")}, on("env ENABLE_PRE_AUTHENTICATION")},
		"dummy auth beats the variable": {fixture{env: env("ENABLE_PRE_AUTHENTICATION=false", "ENABLE_DUMMY_AUTH=on")}, on("env ENABLE_DUMMY_AUTH")},
		"of two entries the last": {
			fixture{env: env("ENABLE_PRE_AUTHENTICATION=false", "ENABLE_PRE_AUTHENTICATION=true")}, on("env ENABLE_PRE_AUTHENTICATION"),
		},
		"a capital letter is no boolean": {
			fixture{env: env("ENABLE_PRE_AUTHENTICATION=True")},
			unsettled("env ENABLE_PRE_AUTHENTICATION", `"True" is not a boolean to Ditto; it does not start`),
		},
		"an empty variable is a value": {
			fixture{env: env("ENABLE_PRE_AUTHENTICATION=")},
			unsettled("env ENABLE_PRE_AUTHENTICATION", `"" is not a boolean to Ditto; it does not start`),
		},
		"a variable with a dot makes it an object": {
			fixture{env: env("ENABLE_PRE_AUTHENTICATION=false", "ENABLE_PRE_AUTHENTICATION.x=1")},
			unsettled("env ENABLE_PRE_AUTHENTICATION.0", "env ENABLE_PRE_AUTHENTICATION.0 does not hold a text; Ditto does not start"),
		},

		"property beats variable": {
			fixture{env: env("ENABLE_PRE_AUTHENTICATION=false", "JAVA_TOOL_OPTIONS=-Xss1m -D"+preAuth+"=true")},
			on("-D" + preAuth + " in JAVA_TOOL_OPTIONS"),
		},
		"property beats the extension file": {
			fixture{env: env("JDK_JAVA_OPTIONS=-D" + preAuth + "=false")}.withExtension(preAuth + " = true"),
			off("-D" + preAuth + " in JDK_JAVA_OPTIONS"),
		},
		"the launcher's options beat the tools'": {
			fixture{env: env("JDK_JAVA_OPTIONS=-D"+preAuth+"=false", "JAVA_TOOL_OPTIONS=-D"+preAuth+"=true")},
			off("-D" + preAuth + " in JDK_JAVA_OPTIONS"),
		},
		"the command line beats both": {
			fixture{env: env("JVM_CMD_ARGS_ENV=-D"+preAuth+"=true", "JDK_JAVA_OPTIONS=-D"+preAuth+"=false")},
			on("-D" + preAuth + " in JVM_CMD_ARGS_ENV"),
		},
		"the underscored variable beats all": {
			fixture{env: env("JVM_CMD_ARGS_ENV=-D"+preAuth+"=false", "_JAVA_OPTIONS=-D"+preAuth+"=true")},
			on("-D" + preAuth + " in _JAVA_OPTIONS"),
		},
		"arguments in the variable for the main class": {
			fixture{env: env("MAIN_CLASS_ENV=-D" + preAuth + "=true org.Main")}, on("-D" + preAuth + " in MAIN_CLASS_ENV"),
		},
		"a property named like the variable": {
			fixture{env: env("ENABLE_PRE_AUTHENTICATION=false", "JAVA_TOOL_OPTIONS=-DENABLE_DUMMY_AUTH=true")},
			on("-DENABLE_DUMMY_AUTH in JAVA_TOOL_OPTIONS"),
		},
		"a property in the place of the object": {
			fixture{env: env("JAVA_TOOL_OPTIONS=-Dditto.gateway.authentication=x")},
			unsettled("-Dditto.gateway.authentication in JAVA_TOOL_OPTIONS", "-Dditto.gateway.authentication in JAVA_TOOL_OPTIONS does not hold a text; Ditto does not start"),
		},
		"a property beneath another is no text": {
			fixture{env: env("JAVA_TOOL_OPTIONS=-D" + preAuth + ".x=1 -D" + preAuth + "=false")},
			unsettled("-D"+preAuth+".x in JAVA_TOOL_OPTIONS", "-D"+preAuth+".x in JAVA_TOOL_OPTIONS does not hold a text; Ditto does not start"),
		},
		"the guide's misspelt path does nothing": {fixture{env: env("JAVA_TOOL_OPTIONS=-Dditto.gateway.pre-authentication.enabled=true")}, off("default")},
		"command of the container": {
			fixture{command: []string{"java", "-D" + preAuth + "=$(ON)", "x"}, env: env("ON=true")},
			on("-D" + preAuth + " in the container's command"),
		},
		"arguments in place of the image's command": {
			fixture{args: []string{"sh", "-c", "exec java ${JVM_CMD_ARGS_ENV} -D" + preAuth + "=$ON ${MAIN_CLASS_ENV}"}, env: env("ON=true", "JVM_CMD_ARGS_ENV=-D"+preAuth+"=false")},
			on("-D" + preAuth + " in the container's command"),
		},
		"a command that is not understood": {
			fixture{command: []string{"/start.sh"}, env: env("ENABLE_PRE_AUTHENTICATION=false")},
			unsettled("the container's command", "the container's command"),
		},
		"an open quote": {
			fixture{env: env("JAVA_TOOL_OPTIONS=-Da='x")},
			unsettled("JAVA_TOOL_OPTIONS", "in JAVA_TOOL_OPTIONS, a quote is not closed; the JVM does not start"),
		},
		"an argument file": {
			fixture{env: env("JDK_JAVA_OPTIONS=@/x")},
			unsettled("JDK_JAVA_OPTIONS", "an argument file of the java launcher in JDK_JAVA_OPTIONS"),
		},
		"a start script that is not understood": {
			fixture{command: []string{"sh", "-c", "java $(cat /opts) x"}}, unsettled("the container's command", "the container's start script"),
		},
		"a variable that a shell sets itself": {
			fixture{command: []string{"sh", "-c", "java -D" + preAuth + "=$UID x"}}, unsettled("the container's command", "-D"+preAuth+" is known only at run time"),
		},
		"a variable that a shell sets whatever the container says": {
			fixture{command: []string{"sh", "-c", "java -D" + preAuth + "=${SHLVL} x"}, env: env("SHLVL=false")},
			unsettled("the container's command", "-D"+preAuth+" is known only at run time"),
		},
		"options that the image may set": {
			fixture{command: []string{"sh", "-c", "java $JAVA_OPTS -D" + preAuth + "=true x"}},
			unsettled("the container's command", "an argument that is known only at run time"),
		},
		"a variable that no shell sets": {
			fixture{command: []string{"sh", "-c", "java -D" + preAuth + "=$HOSTNAME x"}, env: env("HOSTNAME=true")}, on("-D" + preAuth + " in the container's command"),
		},
		"a forced variable that may be switched on": {
			fixture{env: env("JDK_JAVA_OPTIONS=@/x", "_JAVA_OPTIONS=-D"+preAuth+"=false", "CONFIG_FORCE_ditto_gateway_authentication_pre__authentication_enabled=true")},
			unsettled("JDK_JAVA_OPTIONS", "an argument file of the java launcher in JDK_JAVA_OPTIONS"),
		},
		"a stronger property than what is unknown": {
			fixture{env: env("JDK_JAVA_OPTIONS=@/x", "_JAVA_OPTIONS=-D"+preAuth+"=false")}, off("-D" + preAuth + " in _JAVA_OPTIONS"),
		},
		"options from a Secret that was not found": {
			fixture{env: []corev1.EnvVar{fromSecret("JAVA_TOOL_OPTIONS", "opts", "jvm", true)}},
			unsettled("JAVA_TOOL_OPTIONS", "Secret iot/opts was not found"),
		},
		"options with the pod's name in them": {
			fixture{env: append([]corev1.EnvVar{fromField("POD", "metadata.name")}, env("JAVA_TOOL_OPTIONS=-Dx=$(POD) -D"+preAuth+"=true")...)},
			on("-D" + preAuth + " in JAVA_TOOL_OPTIONS"),
		},
		"a property that is the pod's name": {
			fixture{env: append([]corev1.EnvVar{fromField("POD", "metadata.name")}, env("JAVA_TOOL_OPTIONS=-D"+preAuth+"=$(POD)")...)},
			unsettled("JAVA_TOOL_OPTIONS", "-D"+preAuth+" is known only at run time"),
		},
		"options with an annotation in them": {
			fixture{env: append([]corev1.EnvVar{fromField("A", "metadata.annotations['a']")}, env("JAVA_TOOL_OPTIONS=-Dx=$(A)")...)},
			unsettled("JAVA_TOOL_OPTIONS", "A is known only at run time"),
		},
		"forced variables only where they are switched on": {
			fixture{env: env("CONFIG_FORCE_ditto_gateway_authentication_pre__authentication_enabled=true")}, off("default"),
		},
		"forced variable beats the property": {
			fixture{env: env(
				"CONFIG_FORCE_ditto_gateway_authentication_pre__authentication_enabled=true",
				"JAVA_TOOL_OPTIONS=-Dconfig.override_with_env_vars=true -D"+preAuth+"=false")},
			on("env CONFIG_FORCE_ditto_gateway_authentication_pre__authentication_enabled"),
		},

		"extension file beats variable": {
			fixture{env: env("ENABLE_PRE_AUTHENTICATION=false")}.withExtension("ditto.gateway { authentication.pre-authentication { enabled = yes } }"),
			on(extensionSource),
		},
		"extension file with other settings": {
			fixture{env: env("ENABLE_PRE_AUTHENTICATION=false")}.withExtension("ditto { headers { redacted-in-log = [] } gateway.wot-directory { base-prefix = \"http://x\" } }"),
			off("env ENABLE_PRE_AUTHENTICATION"),
		},
		"extension file that cannot be read": {
			fixture{env: env("ENABLE_PRE_AUTHENTICATION=false")}.withExtension("ditto.gateway.wot-directory.base-prefix = http://x"),
			unsettled(extensionSource, extensionSource+", line 1: expected a value, or quotes around this character; Ditto does not start"),
		},
		"extension file with a substitution": {
			fixture{env: env("MINE=true")}.withExtension(preAuth + " = ${?MINE}"), on("env MINE"),
		},
		"extension file with a substitution that is not set": {
			fixture{env: env("ENABLE_PRE_AUTHENTICATION=true")}.withExtension(preAuth + " = ${?MINE}"), on("env ENABLE_PRE_AUTHENTICATION"),
		},
		"extension file that names the variable": {
			fixture{env: env("ENABLE_PRE_AUTHENTICATION=false")}.withExtension("ENABLE_DUMMY_AUTH = true"), on(extensionSource),
		},
		"extension file that includes another": {
			fixture{}.withExtension(`include "more"`), unsettled(extensionSource, extensionSource+": it includes another file"),
		},
		"extension file that substitutes Ditto's own": {
			fixture{}.withExtension(preAuth + " = ${ditto.gateway.health-check.enabled}"),
			unsettled("Ditto's own configuration", "dittoguard does not know what Ditto's own configuration has at ditto.gateway.health-check.enabled"),
		},
		"extension file with null": {
			fixture{}.withExtension(preAuth + " = null"), unsettled(extensionSource, extensionSource+" does not hold a text; Ditto does not start"),
		},
		"extension file whose values lead to one another": {
			fixture{}.withExtension("a = ${?b}\nb = ${?a}\n" + preAuth + " = ${?a}"),
			unsettled(extensionSource, extensionSource+": its substitutions form a circle"),
		},
		"extension file that was not found": {
			fixture{
				volumes: []corev1.Volume{configMapVolume("x", "missing")},
				mounts:  []corev1.VolumeMount{{Name: "x", MountPath: "/opt/ditto/gateway-extension.conf", SubPath: "gateway-extension.conf"}},
			},
			unsettled("ConfigMap iot/missing", "ConfigMap iot/missing was not found"),
		},
		"extension file of another service": {
			fixture{}.withFile("/opt/ditto/things-extension.conf", preAuth+" = true"), off("default"),
		},

		"empty hosting environment is the development profile": {fixture{env: env("HOSTING_ENVIRONMENT=")}, on(`development profile (HOSTING_ENVIRONMENT "")`)},
		"unknown word too":                        {fixture{env: env("HOSTING_ENVIRONMENT=kubernetes")}, on(`development profile (HOSTING_ENVIRONMENT "kubernetes")`)},
		"the variable beats the development file": {fixture{env: env("HOSTING_ENVIRONMENT=", "ENABLE_PRE_AUTHENTICATION=false")}, off("env ENABLE_PRE_AUTHENTICATION")},
		"dummy auth is not in the development file": {
			fixture{env: env("HOSTING_ENVIRONMENT=x", "ENABLE_PRE_AUTHENTICATION=false", "ENABLE_DUMMY_AUTH=true")}, off("env ENABLE_PRE_AUTHENTICATION"),
		},
		"the development profile beats the extension file": {
			fixture{env: env("HOSTING_ENVIRONMENT=dev")}.withExtension(preAuth + " = false"), on(`development profile (HOSTING_ENVIRONMENT "dev")`),
		},
		"production in capitals": {fixture{env: env("HOSTING_ENVIRONMENT=PRODUCTION")}, off("default")},
		"hosting environment from a Secret that was not found": {
			fixture{env: []corev1.EnvVar{fromSecret("HOSTING_ENVIRONMENT", "x", "y", false)}},
			unsettled("env HOSTING_ENVIRONMENT", "Secret iot/x was not found"),
		},
		"hosting environment from a Secret is not shown": {
			fixture{env: []corev1.EnvVar{fromSecret("HOSTING_ENVIRONMENT", "x", "y", false)}, secrets: map[string]map[string]string{"x": {"y": "hidden"}}},
			on("development profile (HOSTING_ENVIRONMENT)"),
		},

		"file of the environment": {
			fixture{env: env("HOSTING_ENVIRONMENT=filebased", "HOSTING_ENVIRONMENT_FILE_LOCATION=/etc/ditto/mine.conf", "ENABLE_PRE_AUTHENTICATION=false")}.
				withFile("/etc/ditto/mine.conf", preAuth+" = true").withExtension(preAuth + " = false"),
			on("ConfigMap iot/mine-conf key mine.conf"),
		},
		"file of the environment without the setting": {
			fixture{env: env("HOSTING_ENVIRONMENT=FileBased", "HOSTING_ENVIRONMENT_FILE_LOCATION=/etc/ditto/mine.conf")}.
				withFile("/etc/ditto/mine.conf", "x = 1").withExtension(preAuth + " = true"),
			on(extensionSource),
		},
		"file of the environment in the image": {
			fixture{env: env("HOSTING_ENVIRONMENT=filebased", "HOSTING_ENVIRONMENT_FILE_LOCATION=/etc/ditto/mine.conf")},
			unsettled("HOSTING_ENVIRONMENT_FILE_LOCATION", "the file that HOSTING_ENVIRONMENT_FILE_LOCATION names"),
		},
		"file of the environment not named": {
			fixture{env: env("HOSTING_ENVIRONMENT=filebased")},
			unsettled("HOSTING_ENVIRONMENT", "HOSTING_ENVIRONMENT is filebased and HOSTING_ENVIRONMENT_FILE_LOCATION is not set; Ditto does not start"),
		},
		"file of the environment with a suffix that is not read": {
			fixture{env: env("HOSTING_ENVIRONMENT=filebased", "HOSTING_ENVIRONMENT_FILE_LOCATION=/etc/x.properties")}.withFile("/etc/x.properties", "a=b"),
			unsettled("HOSTING_ENVIRONMENT_FILE_LOCATION", "the file that HOSTING_ENVIRONMENT_FILE_LOCATION names"),
		},
		"the library's own file does not set what Ditto sets": {
			fixture{env: env("JAVA_TOOL_OPTIONS=-Dconfig.file=/x/mine.conf")}.withFile("/x/mine.conf", preAuth+" = true"), off("default"),
		},
		"but substitutions find it": {
			fixture{env: env("JAVA_TOOL_OPTIONS=-Dconfig.file=/x/mine.conf")}.withFile("/x/mine.conf", "ENABLE_DUMMY_AUTH = true"),
			on("ConfigMap iot/mine-conf key mine.conf"),
		},
		"aliases of another service's configuration": {
			fixture{env: env(`CONFIG_ALIASES={"ENABLE_DUMMY_AUTH":"vcap.x"}`)},
			unsettled("env CONFIG_ALIASES", "CONFIG_ALIASES may set ENABLE_DUMMY_AUTH"),
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := Boolean(test.container.read(t).Lookup(PreAuthentication))
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("pre-authentication (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSaidListsEveryChannel(t *testing.T) {
	f := fixture{env: env("ENABLE_PRE_AUTHENTICATION=false", "ENABLE_DUMMY_AUTH=false", "JAVA_TOOL_OPTIONS=-D"+preAuth+"=true", "HOSTING_ENVIRONMENT=")}
	var got []tri.State
	for _, v := range f.withExtension(preAuth + " = no").read(t).Said(PreAuthentication) {
		got = append(got, Boolean(v))
	}
	want := []tri.State{
		on("-D" + preAuth + " in JAVA_TOOL_OPTIONS"), off("env ENABLE_PRE_AUTHENTICATION"), off(extensionSource), off("env ENABLE_DUMMY_AUTH"),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("said (-want +got):\n%s", diff)
	}
}

func TestDevopsAndStatus(t *testing.T) {
	devops := authentication + "devops."
	for name, test := range map[string]struct {
		container      fixture
		devops, status tri.State
	}{
		"defaults":                        {fixture{}, on("default"), on("default")},
		"status alone":                    {fixture{env: env("DEVOPS_STATUS_SECURED=false")}, on("default"), off("env DEVOPS_STATUS_SECURED")},
		"devops off opens the status too": {fixture{env: env("DEVOPS_SECURED=no")}, off("env DEVOPS_SECURED"), off("env DEVOPS_SECURED")},
		"old property": {
			fixture{env: env("JAVA_TOOL_OPTIONS=-D" + devops + "securestatus=false")},
			off("-D" + devops + "securestatus in JAVA_TOOL_OPTIONS"), off("-D" + devops + "securestatus in JAVA_TOOL_OPTIONS"),
		},
		"the variable beats the old property": {
			fixture{env: env("JAVA_TOOL_OPTIONS=-D"+devops+"securestatus=false", "DEVOPS_SECURED=true")}, on("env DEVOPS_SECURED"), on("default"),
		},
		"development profile": {
			fixture{env: env("HOSTING_ENVIRONMENT=dev")},
			off(`development profile (HOSTING_ENVIRONMENT "dev")`), off(`development profile (HOSTING_ENVIRONMENT "dev")`),
		},
		"unknown devops makes the status unknown": {
			fixture{env: []corev1.EnvVar{fromConfigMap("DEVOPS_SECURED", "c", "k", true)}},
			unsettled("env DEVOPS_SECURED", "ConfigMap iot/c was not found"), unsettled("env DEVOPS_SECURED", "ConfigMap iot/c was not found"),
		},
		"status that is off stays off": {
			fixture{env: append(env("DEVOPS_STATUS_SECURED=off"), fromConfigMap("DEVOPS_SECURED", "c", "k", true))},
			unsettled("env DEVOPS_SECURED", "ConfigMap iot/c was not found"), off("env DEVOPS_STATUS_SECURED"),
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := test.container.read(t)
			if diff := cmp.Diff(test.devops, Boolean(s.Lookup(DevopsSecured))); diff != "" {
				t.Errorf("devops (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.status, s.GatewayStatusSecured()); diff != "" {
				t.Errorf("status (-want +got):\n%s", diff)
			}
		})
	}
}

func TestMethod(t *testing.T) {
	for name, test := range map[string]struct {
		container   fixture
		method, why string
	}{
		"default":       {fixture{}, "basic", ""},
		"any case":      {fixture{env: env("DEVOPS_AUTHENTICATION_METHOD=OAuth2")}, "oauth2", ""},
		"another word":  {fixture{env: env("DEVOPS_AUTHENTICATION_METHOD=jwt")}, "", `"jwt" is not an authentication method; the gateway does not start`},
		"not found":     {fixture{env: []corev1.EnvVar{fromSecret("DEVOPS_AUTHENTICATION_METHOD", "s", "m", false)}}, "", "Secret iot/s was not found"},
		"from a Secret": {fixture{env: []corev1.EnvVar{fromSecret("DEVOPS_AUTHENTICATION_METHOD", "s", "m", false)}, secrets: map[string]map[string]string{"s": {"m": "oauth2"}}}, "oauth2", ""},
		"another word from a Secret is not shown": {
			fixture{env: []corev1.EnvVar{fromSecret("DEVOPS_AUTHENTICATION_METHOD", "s", "m", false)}, secrets: map[string]map[string]string{"s": {"m": "jwt"}}},
			"", "the value of env DEVOPS_AUTHENTICATION_METHOD (Secret iot/s key m) is not an authentication method; the gateway does not start",
		},
	} {
		t.Run(name, func(t *testing.T) {
			method, why, ok := Method(test.container.read(t).Lookup(DevopsMethod))
			if method != test.method || why != test.why || ok != (why == "") {
				t.Errorf("got %q, %q, %v; want %q, %q", method, why, ok, test.method, test.why)
			}
		})
	}
}

func TestSubjects(t *testing.T) {
	path := authentication + "devops.devops-oauth2-subjects"
	type result struct {
		State  State
		Source string
		Items  []string
		Why    string
	}
	for name, test := range map[string]struct {
		container fixture
		want      result
	}{
		"none":       {fixture{}, result{Unset, "default", nil, ""}},
		"in a file":  {fixture{}.withExtension(path + " = [\"a:b\", c]"), result{Known, extensionSource, []string{"a:b", "c"}, ""}},
		"empty list": {fixture{}.withExtension(path + " = []"), result{Known, extensionSource, nil, ""}},
		"properties with numbers": {
			fixture{env: env("JAVA_TOOL_OPTIONS=-D" + path + ".1=b -D" + path + ".0=a")},
			result{Known, "-D" + path + ".0 in JAVA_TOOL_OPTIONS", []string{"a", "b"}, ""},
		},
		"variables with numbers": {
			fixture{env: env("DEVOPS_OAUTH2_SUBJECTS.0=a", "DEVOPS_OAUTH2_SUBJECTS.1=b")}, result{Known, "env DEVOPS_OAUTH2_SUBJECTS.0", []string{"a", "b"}, ""},
		},
		"variables with numbers by substitution": {
			fixture{env: env("S_0=a", "S_1=b", "S_3=c")}.withExtension(path + " = ${?S[]}"), result{Known, "env S_0", []string{"a", "b"}, ""},
		},
		"no variables with numbers": {fixture{}.withExtension(path + " = ${?S[]}"), result{Unset, "default", nil, ""}},
		"one text is no list": {
			fixture{env: env("DEVOPS_OAUTH2_SUBJECTS=a")},
			result{Unknown, "env DEVOPS_OAUTH2_SUBJECTS", nil, "env DEVOPS_OAUTH2_SUBJECTS does not hold a list; Ditto does not start"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			v := test.container.read(t).Lookup(DevopsSubjects)
			got := result{v.State, v.Source, v.Items(), v.Why}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("subjects (-want +got):\n%s", diff)
			}
		})
	}
}
