package settings

import (
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/hocon"
	"github.com/dittoguard/dittoguard/internal/ditto/jvm"
	"github.com/dittoguard/dittoguard/internal/ditto/reason"
)

// arguments are the JVM options of the container, weakest first.
type arguments struct{ lists []options }

// options is one list of JVM options and where it stands.
type options struct {
	jvm.Options
	from string // `JAVA_TOOL_OPTIONS`
	// why is not empty if the list cannot be read: then it may define any property.
	why    string
	secret bool
}

const commandSource = "the container's command"

// jvmArguments reads the options once.
func (s *Settings) jvmArguments() *arguments {
	if s.arguments == nil {
		s.arguments = &arguments{}
		s.arguments.fromEnv(s, "JAVA_TOOL_OPTIONS", s.cache.toolOptions)
		s.arguments.fromEnv(s, "JDK_JAVA_OPTIONS", jvm.ParseLauncher)
		s.arguments.commandLine(s)
		s.arguments.fromEnv(s, "_JAVA_OPTIONS", s.cache.toolOptions)
	}
	return s.arguments
}

// fromEnv adds the options that a variable holds, which the image does not set.
func (a *arguments) fromEnv(s *Settings, name string, parse func(string) (jvm.Options, error)) {
	v := s.env(name)
	if v.state == absent {
		return
	}
	list := options{from: name, why: v.why, secret: v.secret}
	if v.state == present {
		var err error
		if list.Options, err = parse(v.text); err != nil {
			list.why = "in " + name + ", " + err.Error() + "; the JVM does not start"
		}
	}
	a.add(list)
}

func (a *arguments) add(list options) {
	if len(list.Unknown) > 0 {
		if list.why = list.Unknown[0]; list.from != commandSource {
			list.why += " in " + list.from
		}
	}
	for _, p := range list.Properties {
		if strings.Contains(p.Name, runtime) {
			list.why = "the name of a property in " + list.from + " is known only at run time"
		}
	}
	if list.why != "" || len(list.Properties) > 0 || list.ClassPath+list.BootPath != "" {
		a.lists = append(a.lists, list)
	}
}

// commandLine adds the options of the java command: those of the image's own command, which runs
// `java ${JVM_CMD_ARGS_ENV} ${MAIN_CLASS_ENV}` (dockerfile-release), or of what the container runs in its place. The
// image's own values of these variables define no properties.
func (a *arguments) commandLine(s *Settings) {
	if len(s.container.Command) == 0 && len(s.container.Args) == 0 {
		fields := func(text string) (jvm.Options, error) { return jvm.Arguments(strings.Fields(text)), nil }
		a.fromEnv(s, "JVM_CMD_ARGS_ENV", fields)
		a.fromEnv(s, "MAIN_CLASS_ENV", fields)
		return
	}
	list := options{from: commandSource}
	argv := make([]string, 0, len(s.container.Command)+len(s.container.Args))
	budget := maxExpansions
	for _, words := range [][]string{s.container.Command, s.container.Args} {
		for _, word := range words {
			v := s.expand(word, len(s.container.Env), &budget)
			if v.state == unclear {
				list.why = v.why
				a.add(list)
				return
			}
			list.secret = list.secret || v.secret
			argv = append(argv, v.text)
		}
	}
	list.Options = jvm.Command(argv, func(name string) (string, bool, bool) {
		v := s.env(name)
		list.secret = list.secret || v.secret
		switch {
		case jvm.SetByShell(name):
			return runtime, true, true
		case v.state == unclear:
			return "", false, false
		case v.state == present:
			return v.text, true, true
		case name == "JVM_CMD_ARGS_ENV":
			return "", true, true
		case name == "MAIN_CLASS_ENV":
			return "main", true, true
		}
		return runtime, true, true // the image may set it
	})
	a.add(list)
}

// property returns what the system property of that name holds: a text, a list (`name.0`), an object (`name.key`).
func (s *Settings) property(name string) hocon.Answer {
	lists := s.jvmArguments().lists
	var text *string
	var list *options
	deeper, higher := false, false
	for i := len(lists) - 1; i >= 0; i-- {
		if lists[i].why != "" {
			if text == nil {
				return unknown(lists[i].from, lists[i].why)
			}
			break
		}
		for j := len(lists[i].Properties) - 1; j >= 0; j-- {
			p := &lists[i].Properties[j]
			switch {
			case len(p.Name) > len(name):
				deeper = deeper || p.Name[len(name)] == '.' && p.Name[:len(name)] == name
			case len(p.Name) < len(name):
				higher = higher || name[len(p.Name)] == '.' && name[:len(p.Name)] == p.Name
			case text == nil && p.Name == name:
				text, list = &p.Value, &lists[i]
			}
		}
	}
	switch {
	case deeper: // an object beats a text
		return s.deeperProperty(name)
	case text != nil && strings.Contains(*text, runtime):
		return unknown(list.from, reason.Of("property-at-run-time", name))
	case text != nil:
		return hocon.Answer{Kind: hocon.Scalar, Text: *text, From: "-D" + name + " in " + list.from,
			Secret: list.secret}
	case higher:
		return s.higherProperty(name)
	}
	return hocon.Answer{}
}

// deeperProperty reads the properties beneath a name: with numbers they make a list, as Typesafe Config has it.
func (s *Settings) deeperProperty(name string) hocon.Answer {
	var elements []element
	from, secret := "", false
	for _, list := range s.arguments.lists {
		for _, p := range list.Properties {
			if rest, ok := beneath(p.Name, name); ok {
				elements = append(elements, element{key: rest, text: p.Value})
				from, secret = "-D"+p.Name+" in "+list.from, secret || list.secret
			}
		}
	}
	return listOf(elements, from, secret)
}

// higherProperty finds a property that takes the place of an object on the way to the name.
func (s *Settings) higherProperty(name string) hocon.Answer {
	for _, list := range s.arguments.lists {
		for _, p := range list.Properties {
			if _, ok := beneath(name, p.Name); !ok {
				continue
			}
			if !s.hasDeeper(p.Name) { // else that object beats it
				return hocon.Answer{Kind: hocon.Blocked, From: "-D" + p.Name + " in " + list.from}
			}
		}
	}
	return hocon.Answer{}
}

func (s *Settings) hasDeeper(name string) bool {
	for _, list := range s.arguments.lists {
		for _, p := range list.Properties {
			if _, ok := beneath(p.Name, name); ok {
				return true
			}
		}
	}
	return false
}

// beneath says whether a dotted name lies beneath another, and what of it does.
func beneath(name, above string) (rest string, ok bool) {
	if len(name) > len(above)+1 && name[len(above)] == '.' && name[:len(above)] == above {
		return name[len(above)+1:], true
	}
	return "", false
}
