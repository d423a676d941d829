package settings

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// withSecretFile gives the container a file from a Secret.
func (f fixture) withSecretFile(path, content string) fixture {
	f = f.withFile(path, content)
	last := len(f.volumes) - 1
	name := f.volumes[last].Name
	f.volumes[last] = secretVolume(name, name)
	f.secrets = map[string]map[string]string{name: f.configMaps[name]}
	f.configMaps = nil
	return f
}

func TestLogging(t *testing.T) {
	const (
		file  = "/opt/ditto/logback.xml"
		named = "JAVA_TOOL_OPTIONS=-Dlogback.configurationFile="
	)
	config := func(inside string) string { return "<configuration>" + inside + "</configuration>" }
	debug := config(`<root level="DEBUG"/>`)
	tests := []struct {
		name      string
		container fixture
		want      []string
	}{
		{"Ditto's own file without variables", fixture{}, []string{"root INFO (default)", "org.eclipse.ditto INFO (default)"}},
		{"another file may be found before Ditto's own", fixture{
			env: env("LOG_LEVEL=DEBUG", "CLASSPATH=/srv/conf:/opt/ditto/*"),
		}, []string{
			"root DEBUG (env LOG_LEVEL) verbose", "org.eclipse.ditto INFO (default)",
			"? the class path names /srv/conf, which may hold configuration that takes the place of Ditto's own",
		}},
		{"variables for Ditto's own file", fixture{env: env("LOG_LEVEL=warn", "LOG_LEVEL_APPLICATION=Trace")}, []string{
			"root WARN (env LOG_LEVEL)", "org.eclipse.ditto TRACE (env LOG_LEVEL_APPLICATION) verbose",
		}},
		{"a system property beats the environment", fixture{env: env("LOG_LEVEL=INFO", "JVM_CMD_ARGS_ENV=-DLOG_LEVEL=DEBUG")}, []string{
			"root DEBUG (-DLOG_LEVEL in JVM_CMD_ARGS_ENV) verbose", "org.eclipse.ditto INFO (default)",
		}},
		{"a misspelt level", fixture{env: env("LOG_LEVEL=WARNING")}, []string{
			"root DEBUG (env LOG_LEVEL, which logback does not know and reads as DEBUG) verbose", "org.eclipse.ditto INFO (default)",
		}},
		{"an empty level", fixture{env: env("LOG_LEVEL=", "LOG_LEVEL_APPLICATION=")}, []string{
			"root DEBUG (a variable sets it to nothing, so logback starts with DEBUG) verbose",
		}},
		{"a level from a Secret that was not found", fixture{env: append(env("LOG_LEVEL=INFO"), fromSecret("LOG_LEVEL_APPLICATION", "gw", "l", true))}, []string{
			"root INFO (env LOG_LEVEL)", "? the level of logger org.eclipse.ditto: Secret iot/gw was not found",
		}},
		{"pekko's level does not matter", fixture{env: env("JAVA_TOOL_OPTIONS=-Dpekko.loglevel=DEBUG -Dpekko.stdout-loglevel=DEBUG")}, []string{
			"root INFO (default)", "org.eclipse.ditto INFO (default)",
		}},
		{"a file that nothing names is not read", fixture{}.withFile(file, debug), []string{"root INFO (default)", "org.eclipse.ditto INFO (default)"}},
		{"a file that a property names", fixture{env: env(named + file)}.withFile(file, debug), []string{
			"root DEBUG (ConfigMap iot/logback-xml key logback.xml) verbose",
		}},
		{"a file in a file URL", fixture{env: env(named + "file:///opt/ditto/logback.xml")}.withFile(file, debug), []string{
			"root DEBUG (ConfigMap iot/logback-xml key logback.xml) verbose",
		}},
		{"a relative name is a file in Ditto's folder", fixture{env: env(named + "debug.xml")}.withFile("/opt/ditto/debug.xml", debug), []string{
			"root DEBUG (ConfigMap iot/debug-xml key debug.xml) verbose",
		}},
		{"but logback.xml is found in the jar first", fixture{env: env(named + "logback.xml")}.withFile(file, debug), []string{
			"root INFO (default)", "org.eclipse.ditto INFO (default)",
		}},
		{"a file that is not there", fixture{env: env(named + file)}, []string{"root INFO (default)", "org.eclipse.ditto INFO (default)"}},
		{"a file of the image elsewhere", fixture{env: env(named + "/etc/logback.xml")}, []string{"? only the image can hold /etc/logback.xml"}},
		{"a URL that leads nowhere", fixture{env: env(named + "file:/opt/ditto/logback.xml")}, []string{
			"? the file that -Dlogback.configurationFile names, which does not exist, so logback does not configure itself",
		}},
		{"a URL of a server", fixture{env: env(named + "http://config/logback.xml")}, []string{"? the file that -Dlogback.configurationFile names"}},
		{"a file that is not .xml", fixture{env: env(named + "/opt/ditto/logback.groovy")}, []string{
			"? the file that -Dlogback.configurationFile names, which is not .xml and which logback refuses",
		}},
		{"a file that is no XML", fixture{env: env(named + file)}.withFile(file, "<configuration>"), []string{
			"? ConfigMap iot/logback-xml key logback.xml, line 1: expected well-formed XML in UTF-8; logback does not configure itself",
		}},
		{"a file without a level for root", fixture{env: env(named + file)}.withFile(file, config("")), []string{
			"root DEBUG (ConfigMap iot/logback-xml key logback.xml leaves logback's initial level) verbose",
		}},
		{"a file with an include", fixture{env: env(named + file)}.withFile(file, config(`<include file="a.xml"/><root level="INFO"/>`)), []string{
			"root INFO (ConfigMap iot/logback-xml key logback.xml)", "? ConfigMap iot/logback-xml key logback.xml: it includes another file",
		}},
		{"the logger that Ditto's own file has at DEBUG", fixture{env: env(named + file)}.withFile(file,
			config(`<root level="INFO"/><logger name="org.apache.pekko.actor.CoordinatedShutdown" level="DEBUG"/><logger name="org.apache.pekko" level="DEBUG"/>`)), []string{
			"root INFO (ConfigMap iot/logback-xml key logback.xml)",
			"org.apache.pekko DEBUG (ConfigMap iot/logback-xml key logback.xml) verbose",
			"org.apache.pekko.actor.CoordinatedShutdown DEBUG (ConfigMap iot/logback-xml key logback.xml)",
		}},
		{"a name in a file from a Secret is not shown", fixture{env: env(named + file)}.withSecretFile(file,
			config(`<logger name="hush" level="DEBUG"/><root level="${hush2:-INFO}"/><define name="hush2" class="x"/>`)), []string{
			"(a name in Secret iot/logback-xml key logback.xml) DEBUG (Secret iot/logback-xml key logback.xml) verbose",
			"? the level of a logger in Secret iot/logback-xml key logback.xml",
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			logging := test.container.read(t).Logging()
			var got []string
			for _, l := range logging.Levels {
				line := fmt.Sprintf("%s %s (%s)", l.Logger, l.Level, l.Source)
				if l.Verbose {
					line += " verbose"
				}
				got = append(got, line)
			}
			for _, why := range logging.Unknown {
				got = append(got, "? "+why)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestLogging_UnreadableOptions shows that JVM options that cannot be read may name any file.
func TestLogging_UnreadableOptions(t *testing.T) {
	container := fixture{env: env("JDK_JAVA_OPTIONS=@extra")}
	if got := container.read(t).Logging(); len(got.Levels) != 0 || !slices.Equal(got.Unknown, []string{"an argument file of the java launcher in JDK_JAVA_OPTIONS"}) {
		t.Errorf("got %+v", got)
	}
}
