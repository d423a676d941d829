// Package command tells which programs the command line of a container may start: behind what only starts another
// program, and in the scripts of shells.
package command

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// Command is a program that may be started, with its arguments. What a shell works out stands in them as it is written.
type Command struct {
	Words []string
	// Into are the files that a shell writes its output to.
	Into []string
}

// Program is the name of the program, empty for what only writes to a file.
func (c Command) Program() string {
	if len(c.Words) == 0 || c.Words[0] == "" {
		return ""
	}
	return path.Base(c.Words[0])
}

// deepest bounds how often a command starts a shell that starts a command.
const deepest = 8

// Of lists the commands that a command line may start, in the order in which they are written. read is false if a part
// of it is not understood; of such a part there is what can be told by its words.
func Of(argv []string) (list []Command, read bool) { return of(Command{Words: argv}, deepest) }

// Script lists the commands of a script of a shell.
func Script(text string) (list []Command, read bool) { return script(text, deepest) }

func of(c Command, depth int) ([]Command, bool) {
	c.Words = unwrapped(c.Words)
	if depth == 0 {
		return []Command{c}, false
	}
	text, found := "", false
	switch name := c.Program(); {
	case name == "eval":
		text, found = strings.Join(c.Words[1:], " "), true
	case IsShell(name) || name == "su":
		text, found = ScriptOf(c.Words[1:])
	}
	if !found {
		return []Command{c}, true
	}
	list, read := script(text, depth-1)
	if len(c.Into) > 0 {
		list = append(list, Command{Into: c.Into})
	}
	return list, read
}

// IsShell says whether a command is a POSIX shell.
func IsShell(name string) bool {
	switch name {
	case "sh", "bash", "ash", "dash", "ksh", "zsh":
		return true
	}
	return false
}

// ScriptOf finds the script among the arguments of a shell: the first that is no option, if one of the options is -c.
func ScriptOf(args []string) (text string, found bool) {
	for i := 0; i < len(args); i++ {
		switch option := args[i]; {
		case option == "--":
			if found && i+1 < len(args) {
				return args[i+1], true
			}
			return "", false
		case option == "--rcfile", option == "--init-file":
			i++
		case strings.HasPrefix(option, "--"):
		case len(option) > 1 && (option[0] == '-' || option[0] == '+'):
			found = found || option[0] == '-' && strings.Contains(option, "c")
			if strings.HasSuffix(option, "o") || strings.HasSuffix(option, "O") { // -o pipefail
				i++
			}
		default:
			return option, found
		}
	}
	return "", false
}

// launcher is a program that only starts another one: how many operands stand before it, and which short options take a
// value of their own.
type launcher struct {
	operands int
	valued   string
}

// launchers are those of coreutils, util-linux, of shells, and what containers are started with. Sources: their
// manuals.
var launchers = map[string]launcher{
	"tini": {0, "pe"}, "tini-static": {0, "pe"}, "dumb-init": {0, "r"}, "catatonit": {}, "env": {0, "uC"},
	"exec": {0, "a"}, "command": {}, "builtin": {}, "time": {0, "fo"}, "nohup": {}, "setsid": {}, "nice": {0, "n"},
	"ionice": {0, "cnpPu"}, "stdbuf": {0, "ioe"}, "timeout": {1, "ks"}, "chroot": {1, ""}, "taskset": {1, ""},
	"unshare": {0, "SGRw"}, "su-exec": {1, ""}, "gosu": {1, ""}, "setuidgid": {1, ""}, "s6-setuidgid": {1, ""},
	"setpriv": {}, "chpst": {0, "uUbemdofcrtCn"}, "sudo": {0, "ugCDhpRTU"}, "doas": {0, "uC"}, "runuser": {0, "ugG"},
	"busybox": {}, "with-contenv": {}, "unbuffer": {}, "npx": {0, "pw"}, "pnpx": {}, "bunx": {}, "xargs": {0, "aEIiLlnPsd"},
}

// unwrapped takes off what only starts another program.
func unwrapped(words []string) []string {
	for len(words) > 0 {
		l, is := launchers[path.Base(words[0])]
		if !is {
			return words
		}
		rest := words[1:]
		for operands := l.operands; len(rest) > 0; rest = rest[1:] {
			word := rest[0]
			if len(word) > 1 && word[0] == '-' {
				if len(word) == 2 && strings.Contains(l.valued, word[1:]) && len(rest) > 1 {
					rest = rest[1:]
				}
				continue
			}
			if isAssignment(word) {
				continue
			}
			if operands == 0 {
				break
			}
			operands--
		}
		if len(rest) == 0 {
			return words
		}
		words = rest
	}
	return words
}

func isAssignment(word string) bool {
	name, _, assigned := strings.Cut(word, "=")
	return assigned && syntax.ValidName(name)
}

// LongestScript and mostOpeners bound a script that is read: its length in bytes, and how often something opens in it.
// The parser takes time by the square of the depth, and a stack without bounds.
const (
	LongestScript = 16 << 10
	mostOpeners   = 100
)

var openers = regexp.MustCompile("[({\\[`]|\\b(?:case|coproc|for|if|select|until|while)\\b")

// IsTooMuch says whether a script is too long, or too deep, to be parsed.
func IsTooMuch(script string) bool {
	return len(script) > LongestScript || len(openers.FindAllStringIndex(script, mostOpeners+1)) > mostOpeners
}

// script reads a script as bash does, in which all that is a script of another shell means nearly the same.
func script(text string, depth int) (list []Command, read bool) {
	if IsTooMuch(text) {
		return roughly(text), false
	}
	file, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(text), "")
	if err != nil {
		return roughly(text), false
	}
	read = true
	syntax.Walk(file, func(node syntax.Node) bool {
		statement, is := node.(*syntax.Stmt)
		if !is {
			return true
		}
		var c Command
		for _, r := range statement.Redirs {
			if writes(r) {
				c.Into = append(c.Into, textOf(text, r.Word))
			}
		}
		if call, is := statement.Cmd.(*syntax.CallExpr); is {
			for _, word := range call.Args {
				c.Words = append(c.Words, textOf(text, word))
			}
		}
		if len(c.Words) > 0 || len(c.Into) > 0 {
			inner, understood := of(c, depth)
			list, read = append(list, inner...), read && understood
		}
		return true
	})
	return list, read
}

// writes says whether a redirection opens a file for writing.
func writes(r *syntax.Redirect) bool {
	return r.Word != nil && slices.Contains([]syntax.RedirOperator{
		syntax.RdrOut, syntax.AppOut, syntax.RdrClob, syntax.AppClob, syntax.RdrAll, syntax.AppAll, syntax.RdrAllClob,
		syntax.AppAllClob, syntax.RdrInOut,
	}, r.Op)
}

// textOf is a word without its quotes.
func textOf(script string, word *syntax.Word) string {
	var text strings.Builder
	var add func(parts []syntax.WordPart)
	add = func(parts []syntax.WordPart) {
		for _, part := range parts {
			switch part := part.(type) {
			case *syntax.Lit:
				text.WriteString(strings.ReplaceAll(part.Value, "\\", ""))
			case *syntax.SglQuoted:
				text.WriteString(part.Value)
			case *syntax.DblQuoted:
				add(part.Parts)
			default:
				text.WriteString(script[part.Pos().Offset():part.End().Offset()])
			}
		}
	}
	add(word.Parts)
	return text.String()
}

// roughly finds the commands of what cannot be parsed: what ends a command is a word of its own.
func roughly(text string) []Command {
	words := strings.Fields(strings.NewReplacer("\n", " ; ", ";", " ; ", "&&", " ; ", "||", " ; ", "|", " ; ", "&",
		" ; ", "(", " ; ", ")", " ; ", "'", "", `"`, "").Replace(text))
	var list []Command
	for len(words) > 0 {
		end := slices.Index(words, ";")
		if end < 0 {
			end = len(words)
		}
		part := words[:end]
		for len(part) > 0 && slices.Contains(reserved, part[0]) {
			part = part[1:]
		}
		for len(part) > 0 && isAssignment(part[0]) {
			part = part[1:]
		}
		if part = unwrapped(part); len(part) > 0 {
			list = append(list, Command{Words: part})
		}
		words = words[min(end+1, len(words)):]
	}
	return list
}

// reserved are the words of a shell that a command may follow.
var reserved = []string{"if", "then", "else", "do", "while", "until", "!", "{"}
