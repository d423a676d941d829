package jvm

import (
	"path"
	"slices"
	"strings"
)

// Lookup returns the value of an environment variable. found is false if it is not set; known is false if its value
// cannot be told.
type Lookup func(name string) (value string, found, known bool)

// Command reads the command line of a container: java itself, or a shell that runs it, behind tini or env or not. What
// it does not understand it names in Unknown: any other program may start the JVM with any property.
func Command(argv []string, env Lookup) Options {
	argv = unwrap(argv)
	if len(argv) == 0 {
		return Options{Unknown: []string{"the container's command"}}
	}
	switch path.Base(argv[0]) {
	case "java":
		return Arguments(argv[1:])
	case "sh", "bash", "dash", "ash":
		if script, ok := scriptOf(argv[1:]); ok {
			return Script(script, env)
		}
	}
	return Options{Unknown: []string{"the container's command"}}
}

// unwrap takes off what runs another program with the same environment.
func unwrap(argv []string) []string {
	for len(argv) > 0 {
		switch path.Base(argv[0]) {
		case "tini", "tini-static", "dumb-init":
			argv = argv[1:]
			for len(argv) > 0 && strings.HasPrefix(argv[0], "-") {
				if argv[0] == "-p" && len(argv) > 1 { // the signal to send when the parent ends
					argv = argv[1:]
				}
				argv = argv[1:]
			}
		case "exec":
			argv = argv[1:]
		default:
			return argv
		}
	}
	return argv
}

// scriptOf finds the script of `sh -c SCRIPT`, with other short options before or beside the c.
func scriptOf(args []string) (script string, found bool) {
	for len(args) > 0 && strings.HasPrefix(args[0], "-") && !strings.HasPrefix(args[0], "--") {
		command := strings.Contains(args[0], "c")
		args = args[1:]
		if command {
			if len(args) == 0 {
				return "", false
			}
			return args[0], true
		}
	}
	return "", false
}

// harmless are the commands that cannot change the environment or the files that Ditto reads.
var harmless = []string{":", "cd", "date", "echo", "id", "pwd", "sleep", "true", "ulimit", "umask", "set"}

// Script reads a shell script that runs java. It understands plain commands one after another, quotes, and `$NAME` and
// `${NAME}`; everything else in the script is Unknown, as is what it cannot expand.
func Script(script string, env Lookup) Options {
	var all Options
	commands, understood := shellCommands(script, env)
	started := false
	for _, words := range commands {
		words = unwrap(words)
		switch {
		case len(words) == 0:
		case path.Base(words[0]) == "java":
			started = true
			o := Arguments(words[1:])
			all.Properties = append(all.Properties, o.Properties...)
			all.Unknown = append(all.Unknown, o.Unknown...)
			all.ClassPath, all.BootPath = o.ClassPath, joined(all.BootPath, o.BootPath)
		case !slices.Contains(harmless, words[0]):
			understood = false
		}
	}
	if !understood || !started {
		all.Unknown = append(all.Unknown, "the container's start script")
	}
	return all
}

// shellCommands cuts a script into commands and words. understood is false if there is anything in it that this small
// part of a shell does not cover; the words found so far are still returned.
func shellCommands(script string, env Lookup) (commands [][]string, understood bool) {
	s := shell{env: env, understood: true}
	for i := 0; i < len(script); i++ {
		switch c := script[i]; c {
		case ' ', '\t':
			s.endWord()
		case '\n', ';':
			s.endCommand()
		case '&':
			s.endCommand()
			if !strings.HasPrefix(script[i:], "&&") {
				s.understood = false
			} else {
				i++
			}
		case '#':
			if s.inWord {
				s.add("#")
			} else if end := strings.IndexByte(script[i:], '\n'); end >= 0 {
				i += end - 1
			} else {
				i = len(script)
			}
		case '\'':
			end := strings.IndexByte(script[i+1:], '\'')
			if end < 0 {
				s.understood = false
				return s.done()
			}
			s.add(script[i+1 : i+1+end])
			i += end + 1
		case '"':
			next, closed := s.doubleQuoted(script, i+1)
			if !closed {
				s.understood = false
				return s.done()
			}
			i = next
		case '\\':
			if i++; i < len(script) && script[i] != '\n' {
				s.add(script[i : i+1])
			}
		case '$':
			value, next := s.variable(script, i)
			s.split(value)
			i = next
		case '|', '<', '>', '(', ')', '`', '{', '}', '!', '*', '?', '[', '~':
			s.understood = s.understood && (c == '*' || c == '?' || c == '[' || c == '~' || c == '!') && s.inWord
			s.add(script[i : i+1])
		default:
			s.add(script[i : i+1])
		}
	}
	return s.done()
}

// shell holds the command that is being read.
type shell struct {
	env        Lookup
	commands   [][]string
	words      []string
	word       strings.Builder
	inWord     bool
	understood bool
}

func (s *shell) add(text string) {
	s.word.WriteString(text)
	s.inWord = true
}

func (s *shell) endWord() {
	if s.inWord {
		s.words = append(s.words, s.word.String())
		s.word.Reset()
		s.inWord = false
	}
}

func (s *shell) endCommand() {
	s.endWord()
	if len(s.words) > 0 {
		s.commands = append(s.commands, s.words)
		s.words = nil
	}
}

func (s *shell) done() ([][]string, bool) {
	s.endCommand()
	return s.commands, s.understood
}

// split adds an unquoted expansion: white space in it ends words, quotes in it mean nothing.
func (s *shell) split(value string) {
	for i := 0; i < len(value); i++ {
		if c := value[i]; c == ' ' || c == '\t' || c == '\n' {
			s.endWord()
		} else {
			s.add(value[i : i+1])
		}
	}
}

// doubleQuoted reads up to the closing quote and returns its position.
func (s *shell) doubleQuoted(script string, i int) (end int, closed bool) {
	s.inWord = true
	for ; i < len(script); i++ {
		switch script[i] {
		case '"':
			return i, true
		case '`':
			s.understood = false
		case '\\':
			if i+1 < len(script) && strings.IndexByte("$`\"\\\n", script[i+1]) >= 0 {
				if i++; script[i] == '\n' {
					continue
				}
			}
			s.add(script[i : i+1])
		case '$':
			value, next := s.variable(script, i)
			s.add(value)
			i = next
		default:
			s.add(script[i : i+1])
		}
	}
	return i, false
}

// variable expands `$NAME` or `${NAME}` at i, and returns the position of its last byte.
func (s *shell) variable(script string, i int) (value string, last int) {
	start := i + 1
	braced := start < len(script) && script[start] == '{'
	if braced {
		start++
	}
	end := start
	for end < len(script) && isName(script[end], end > start) {
		end++
	}
	last = end - 1
	if braced {
		last = end
	}
	switch {
	case end == start && !braced && (end == len(script) || strings.IndexByte(" \t\n\"", script[end]) >= 0):
		return "$", i // a dollar that stands alone means itself
	case end == start, braced && (end == len(script) || script[end] != '}'):
		s.understood = false // `$(command)`, `${NAME:-default}`, `$1`
		return "", i
	}
	value, found, known := s.env(script[start:end])
	if !known {
		s.understood = false
	}
	if !found {
		value = ""
	}
	return value, last
}

func isName(c byte, later bool) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || later && c >= '0' && c <= '9'
}
