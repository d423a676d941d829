package facts

import "github.com/dittoguard/dittoguard/internal/ditto/settings"

// Logging is what is known of the levels that a service's loggers start with. They can be changed at run time through
// /devops/logging, which no object shows.
type Logging struct {
	// Levels are those of the root logger and of every logger with a level of its own.
	Levels []LogLevel `cel:"levels"`
	// Unknown says what else may set levels, or which could not be read.
	Unknown []string `cel:"unknown"`
}

// LogLevel is the level of one logger.
type LogLevel struct {
	// Logger is the logger's name, `root` of the root logger. Level is ALL, TRACE, DEBUG, INFO, WARN, ERROR or OFF.
	Logger string `cel:"logger"`
	Level  string `cel:"level"`
	// Source says where the level comes from, for people.
	Source string `cel:"source"`
	// Verbose says that events below INFO are logged.
	Verbose bool `cel:"verbose"`
}

func logging(from settings.Logging) Logging {
	to := Logging{Unknown: from.Unknown}
	for _, level := range from.Levels {
		to.Levels = append(to.Levels, LogLevel(level))
	}
	return to
}
