package settings

import (
	"path"
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/hocon"
	"github.com/dittoguard/dittoguard/internal/ditto/logback"
)

// LogLevel is the level of a logger.
type LogLevel struct {
	// Logger is the logger's name, `root` of the root logger; Level as logback spells it, such as DEBUG.
	Logger, Level string
	// Source says where the level comes from, for people.
	Source string
	// Verbose says that events below INFO are logged.
	Verbose bool
}

// Logging is what is known of a service's log levels.
type Logging struct {
	Levels []LogLevel
	// Unknown says what else may set levels, or which levels could not be read.
	Unknown []string
}

// ownLogback stands for the logback.xml in the jar of each of Ditto's services, as far as levels go.
const ownLogback = `<configuration>
<logger name="org.eclipse.ditto" level="${LOG_LEVEL_APPLICATION:-INFO}"/>
<root level="${LOG_LEVEL:-INFO}"/>
</configuration>`

// shutdownLoggers are at DEBUG in the logback.xml of Ditto's services. It tells the phases of a shutdown, and no
// payloads.
var shutdownLoggers = []string{"org.apache.pekko.actor.CoordinatedShutdown", "akka.actor.CoordinatedShutdown"}

// Logging reads the log levels that the service starts with, from the logback configuration that it takes. What
// pekko.loglevel says does not matter, since logback decides.
func (s *Settings) Logging() Logging {
	f := s.logbackFile()
	if f.state == unclear {
		return Logging{Unknown: []string{f.why}}
	}
	config, err := s.cache.logback(f.text)
	if err != nil {
		return Logging{Unknown: []string{f.from + ", " + err.Error() + "; logback does not configure itself"}}
	}
	var l Logging
	levels, unknown := config.Levels(s.logbackVariable)
	if c := s.classes(); c.why != "" && f.from == defaultSource { // another may be found first
		l.Unknown = append(l.Unknown, c.why)
	}
	for _, why := range unknown {
		l.Unknown = append(l.Unknown, f.from+": "+why)
	}
	if f.secret && len(l.Unknown) > 0 { // names of properties and loggers may stand in it
		l.Unknown = []string{"what " + f.from + " makes of log levels"}
	}
	for _, level := range levels {
		name := level.Logger
		switch {
		case name == logback.Root:
			name = "root"
		case f.secret:
			name = "(a name in " + f.from + ")"
		}
		if level.Why != "" {
			if slices.Contains(unknown, level.Why) {
				continue
			}
			why := "the level of logger " + name + ": " + level.Why
			if f.secret {
				why = "the level of a logger in " + f.from
			}
			l.Unknown = append(l.Unknown, why)
			continue
		}
		l.Levels = append(l.Levels, LogLevel{
			Logger: name, Level: level.Name, Source: levelSource(level, f.from),
			Verbose: level.Verbose() && (!slices.Contains(shutdownLoggers, name) || level.Name != "DEBUG"),
		})
	}
	return l
}

// levelSource says where a level comes from.
func levelSource(level logback.Level, file string) string {
	source := level.From
	if source == "" {
		source = file
	}
	switch {
	case level.Initial && file == defaultSource:
		return "a variable sets it to nothing, so logback starts with DEBUG"
	case level.Initial:
		return file + " leaves logback's initial level"
	case level.Misspelt:
		return source + ", which logback does not know and reads as DEBUG"
	}
	return source
}

// logbackVariable is what a variable of a logback configuration stands for: a system property, or else an environment
// variable.
func (s *Settings) logbackVariable(name string) logback.Value {
	switch a := s.property(name); a.Kind {
	case hocon.Scalar:
		return logback.Value{Set: true, Text: a.Text, From: a.From, Secret: a.Secret}
	case hocon.Unknown:
		return logback.Value{Why: a.Why}
	default:
	}
	v := s.env(name)
	switch {
	case v.state == absent:
		return logback.Value{}
	case v.state == unclear:
		return logback.Value{Why: v.why}
	case strings.Contains(v.text, runtime):
		return logback.Value{Why: name + " is known only at run time"}
	}
	return logback.Value{Set: true, Text: v.text, From: v.from, Secret: v.secret}
}

// logbackFile is the configuration that logback takes: the one that the system property logback.configurationFile
// names, if it is there, or else the one in the service's jar. A file in /opt/ditto that nothing names is not found,
// since only the jars there are on the class path. Source: logback's DefaultJoranConfigurator; the CLASSPATH of Ditto's
// image.
func (s *Settings) logbackFile() mounted {
	const property = "logback.configurationFile"
	const named = "the file that -D" + property + " names"
	own := mounted{state: present, text: ownLogback, from: defaultSource}
	var name string
	switch a := s.property(property); a.Kind {
	case hocon.Absent:
		return own
	case hocon.Scalar:
		name = a.Text
	case hocon.Unknown:
		return mounted{state: unclear, why: a.Why}
	default:
		return mounted{state: unclear, why: named}
	}
	rest, isURL := strings.CutPrefix(name, "file:")
	switch {
	case isURL:
		name = "/" + strings.TrimLeft(rest, "/")
	case strings.Contains(name, ":"): // of the class path, or from elsewhere
		return mounted{state: unclear, why: named}
	case name == "logback.xml": // found on the class path first
		return own
	case !strings.HasPrefix(name, "/"):
		name = path.Join(dittoHome, name)
	}
	if !strings.HasSuffix(name, "xml") {
		return mounted{state: unclear, why: named + ", which is not .xml and which logback refuses"}
	}
	f := s.file(name)
	_, inHome := under(canonical(name), dittoHome)
	switch {
	case f.state != absent:
		return f
	case isURL:
		return mounted{state: unclear, why: named + ", which does not exist, so logback does not configure itself"}
	case f.covered, inHome:
		return own
	}
	return mounted{state: unclear, why: "only the image can hold " + canonical(name)}
}
