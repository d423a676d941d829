package jvm

import (
	"path"
	"reflect"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/syntax"

	"github.com/dittoguard/dittoguard/internal/ditto/command"
	"github.com/dittoguard/dittoguard/internal/ditto/reason"
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
	switch program := path.Base(argv[0]); {
	case program == "java":
		return Arguments(argv[1:])
	case command.IsShell(program):
		if script, ok := command.ScriptOf(argv[1:]); ok {
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

// harmless are the commands that cannot change the environment or the files that Ditto reads.
var harmless = []string{":", "cd", "date", "echo", "id", "pwd", "sleep", "true", "ulimit", "umask", "set"}

// Script reads a script of a shell that runs java. It understands plain commands one after another, quotes, and
// `$NAME` and `${NAME}`; everything else in the script is Unknown, as is what it cannot expand.
//
// Scripts are parsed as bash does: an sh may be bash or busybox's ash, which read `$'…'` where dash takes the dollar
// for itself, and what only bash reads is not understood anyway.
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
		all.Unknown = append(all.Unknown, reason.Of("start-script-not-read"))
	}
	return all
}

// shellCommands cuts a script into commands and words. understood is false if there is anything in it but plain
// commands, one after another or joined by &&; the commands found so far are still returned.
func shellCommands(script string, env Lookup) (commands [][]string, understood bool) {
	if command.IsTooMuch(script) {
		return nil, false
	}
	s := shell{env: env, understood: true}
	for statement, err := range syntax.NewParser(syntax.Variant(syntax.LangBash)).StmtsSeq(strings.NewReader(script)) {
		// StmtsSeq may go on after an error, break or not, so it is heard out.
		if s.understood = s.understood && err == nil; statement != nil {
			s.statement(statement)
		}
	}
	return s.commands, s.understood
}

// shell collects commands.
type shell struct {
	env        Lookup
	commands   [][]string
	understood bool
}

func (s *shell) statement(st *syntax.Stmt) {
	if st.Negated || st.Background || st.Coprocess || st.Disown || len(st.Redirs) > 0 {
		s.understood = false
	}
	switch cmd := st.Cmd.(type) {
	case *syntax.CallExpr:
		s.call(cmd)
	case *syntax.BinaryCmd:
		if cmd.Op != syntax.AndStmt {
			s.understood = false
		}
		s.statement(cmd.X)
		s.statement(cmd.Y)
	default: // a function, a loop, a condition
		s.understood = false
	}
}

func (s *shell) call(cmd *syntax.CallExpr) {
	if len(cmd.Assigns) > 0 {
		s.understood = false
		return
	}
	plain := cmd.Args
	for i, word := range cmd.Args {
		if !isPlain(word) {
			s.understood = false
			plain = cmd.Args[:i]
			break
		}
	}
	words, err := expand.Fields(&expand.Config{Env: (*variables)(s)}, plain...)
	if err != nil {
		s.understood = false
	}
	if len(words) > 0 {
		s.commands = append(s.commands, words)
	}
}

// isPlain says whether a word is one of texts, quotes, `$NAME` and `${NAME}`. Files, home directories, commands and
// braces (`{1..9999999}`) are not for expanding here.
func isPlain(word *syntax.Word) bool {
	return !slices.ContainsFunc(word.Parts, func(part syntax.WordPart) bool {
		switch part := part.(type) {
		case *syntax.Lit:
			return strings.ContainsAny(part.Value, "{}") || part == word.Parts[0] &&
				strings.IndexAny(part.Value, "~*?[") == 0
		case *syntax.DblQuoted:
			return part.Dollar || slices.ContainsFunc(part.Parts, func(inner syntax.WordPart) bool {
				_, text := inner.(*syntax.Lit)
				return !text && !isVariable(inner)
			})
		case *syntax.SglQuoted:
			return part.Dollar
		default:
			return !isVariable(part)
		}
	})
}

// isVariable says whether a part of a word is `$NAME` or `${NAME}`, as against `$1` and `${NAME:-default}`.
func isVariable(part syntax.WordPart) bool {
	p, ok := part.(*syntax.ParamExp)
	if !ok || !syntax.ValidName(p.Param.Value) {
		return false
	}
	return reflect.DeepEqual(*p, syntax.ParamExp{Dollar: p.Dollar, Short: p.Short, Param: p.Param, Rbrace: p.Rbrace})
}

// setByShell are the variables that some shell sets itself, or may change, whatever its environment says: POSIX's, and
// those of bash, which may be what is called sh. Its arrays and those whose names begin with BASH are left to
// SetByShell. Source: bash(1), "Shell Variables"; POSIX.1-2017, 2.5.3.
var setByShell = []string{
	"_", "COMP_CWORD", "DIRSTACK", "EPOCHREALTIME", "EPOCHSECONDS", "EUID", "FUNCNAME", "GROUPS", "HISTCMD", "LINENO",
	"OLDPWD", "OPTARG",
	"OPTIND", "PIPESTATUS", "PPID", "PWD", "RANDOM", "REPLY", "SECONDS", "SHELLOPTS", "SHLVL", "SRANDOM", "UID",
}

// SetByShell says whether a shell may know a variable by another value than that of its environment.
func SetByShell(name string) bool {
	return slices.Contains(setByShell, name) || strings.HasPrefix(name, "BASH")
}

// variables are those of the container, as the shell sees them.
type variables shell

// Get implements expand.Environ.
func (v *variables) Get(name string) expand.Variable {
	if name == "IFS" { // a shell does not take it from the environment
		return expand.Variable{}
	}
	value, found, known := v.env(name)
	if !known {
		v.understood = false
	}
	if !found {
		return expand.Variable{}
	}
	return expand.Variable{Set: true, Exported: true, Kind: expand.String, Str: value}
}

// Each implements expand.Environ; nothing here lists variables.
func (v *variables) Each(func(string, expand.Variable) bool) {}
