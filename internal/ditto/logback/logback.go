// Package logback reads which levels a logback configuration gives its loggers.
//
// A configuration is XML in which attributes hold variables, `level="${LOG_LEVEL:-INFO}"`. What they stand for outside
// of the file, system properties and the environment, is asked of the caller. Appenders and their filters are not read:
// a level says what is made into an event, and a filter in front of one of several appenders does not take that back.
//
// Properties are all set before any logger is, wherever they stand. What stands in an `if` counts as may be so, since
// its condition is Java code; an included file may set anything.
//
// Sources: logback 1.5's manual, chapter 3; LoggerModelHandler, RootLoggerModelHandler, LevelModelHandler,
// Level.toLevel, PropertyModelHandlerHelper, and the phases of DefaultProcessor.
package logback

import "strings"

// Root is the name of the root logger.
const Root = "ROOT"

// Value is what a variable stands for outside of the configuration.
type Value struct {
	// Set says that there is such a variable; an empty one counts.
	Set  bool
	Text string
	// From says where it is set, for people.
	From string
	// Why says, of a variable that may be set, what keeps it from being known.
	Why string
	// Secret says that the text may not be shown.
	Secret bool
}

// Level is the level that a logger has of its own.
type Level struct {
	// Logger is the logger's name, Root of the root logger.
	Logger string
	// Name is ALL, TRACE, DEBUG, INFO, WARN, ERROR or OFF; empty if it is not known.
	Name string
	// Misspelt says that what is written is no level, which logback takes for DEBUG. Initial says that nothing sets the
	// level of the root logger, which is DEBUG from the start.
	Misspelt, Initial bool
	// From is where the variable is set that the level comes from, empty if it is written in the configuration.
	From string
	// Why says what keeps the level from being known.
	Why string
}

// Verbose says whether a level lets events below INFO through.
func (l Level) Verbose() bool {
	switch l.Name {
	case "ALL", "TRACE", "DEBUG":
		return true
	}
	return false
}

// levels are the names of levels, from the most verbose.
var levels = [...]string{"ALL", "TRACE", "DEBUG", "INFO", "WARN", "ERROR", "OFF"}

// rank orders levels by verbosity.
func rank(name string) int {
	for i, known := range levels {
		if known == name {
			return i
		}
	}
	return len(levels)
}

// levelNamed reads a level as logback does, whatever its case: a word that is none is DEBUG.
func levelNamed(text string) Level {
	text = trim(text)
	for _, name := range levels {
		if strings.EqualFold(name, text) {
			return Level{Name: name}
		}
	}
	return Level{Name: "DEBUG", Misspelt: true}
}

// trim takes away what Java's String.trim does.
func trim(text string) string {
	return strings.TrimFunc(text, func(r rune) bool { return r <= ' ' })
}
