// Package jvm reads the system properties that a Java virtual machine is started with, from the environment variables
// it honours and from a container's command line.
//
// The order in which HotSpot applies them, weakest first, so that a later definition of a property wins:
// JAVA_TOOL_OPTIONS, JDK_JAVA_OPTIONS (which the launcher puts before its own arguments), the command line, and
// _JAVA_OPTIONS. Sources: JVM Tool Interface, section "JAVA_TOOL_OPTIONS"; the java tool reference, section "Using the
// JDK_JAVA_OPTIONS Launcher Environment Variable"; HotSpot's Arguments::parse.
package jvm

import (
	"errors"
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/reason"
)

// Property is one `-Dname=value`.
type Property struct{ Name, Value string }

// Options is what a list of JVM options says.
type Options struct {
	// Properties are in the order they stand in, so that of two with one name the later counts.
	Properties []Property
	// Unknown names what may define more properties but cannot be read: `argument file @extra`. It holds no values.
	Unknown []string
	// ClassPath is where classes and configuration come from, in the launcher's own spelling; empty where CLASSPATH
	// decides.
	ClassPath string
	// BootPath is where they come from before that (-Xbootclasspath/a); empty where nothing is added.
	BootPath string
}

// Get returns the property's value as the JVM will have it.
func (o Options) Get(name string) (value string, found bool) {
	for _, v := range slices.Backward(o.Properties) {
		if v.Name == name {
			return v.Value, true
		}
	}
	return "", false
}

// Parse reads the text of JAVA_TOOL_OPTIONS or _JAVA_OPTIONS. It fails where the JVM refuses to start.
func Parse(text string) (Options, error) {
	var o Options
	for {
		word, rest, found, err := cut(text)
		if err != nil {
			return Options{}, err
		}
		if !found {
			return o, nil
		}
		if o.Properties == nil && strings.HasPrefix(word, "-D") {
			o.Properties = make([]Property, 0, 1+strings.Count(rest, "-D"))
		}
		o.add(word)
		text = rest
	}
}

// ParseLauncher reads the text of JDK_JAVA_OPTIONS, in which, other than in JAVA_TOOL_OPTIONS, `@file` stands for the
// options in that file. It fails where the launcher refuses to start.
func ParseLauncher(text string) (Options, error) {
	words, err := Split(text)
	if err != nil {
		return Options{}, err
	}
	return Arguments(words), nil
}

// RunTime stands, in a text, for a piece that is only known when the JVM runs. It holds no white space and no quotes
// then, so that the text around it can still be read. No environment variable holds a NUL.
const RunTime = "\x00"

// Arguments reads the arguments of the java launcher, without the launcher's own name. It stops where the JVM's options
// do: at the main class, -jar, or --module. An argument that begins with what is only known at run time may be any of
// them, or none.
func Arguments(args []string) Options {
	var o Options
	files := true
	for i := 0; i < len(args); i++ {
		arg := args[i]
		switch {
		case arg == "--disable-@files":
			files = false
		case files && strings.HasPrefix(arg, "@") && !strings.HasPrefix(arg, "@@"):
			o.Unknown = append(o.Unknown, reason.Of("argument-file"))
		case strings.HasPrefix(arg, RunTime), strings.HasPrefix(arg, "-"+RunTime):
			o.Unknown = append(o.Unknown, reason.Of("argument-at-run-time"))
		case !strings.HasPrefix(arg, "-"):
			return o
		case arg == "-jar" && i+1 < len(args):
			o.ClassPath = args[i+1]
			return o
		case arg == "-jar", arg == "-m", arg == "--module", strings.HasPrefix(arg, "--module="):
			return o
		case takesValue(arg):
			if i++; i < len(args) && slices.Contains(classPathOptions, arg) {
				o.ClassPath = args[i]
			}
		case strings.HasPrefix(arg, "--class-path="):
			o.ClassPath = strings.TrimPrefix(arg, "--class-path=")
		default:
			o.add(arg)
		}
	}
	return o
}

func (o *Options) add(word string) {
	if definition, ok := strings.CutPrefix(word, "-D"); ok {
		name, value, _ := strings.Cut(definition, "=")
		o.Properties = append(o.Properties, Property{Name: name, Value: value})
		return
	}
	if added, ok := strings.CutPrefix(word, "-Xbootclasspath/a:"); ok {
		o.BootPath = joined(o.BootPath, added)
	}
	if strings.HasPrefix(word, "-XX:VMOptionsFile=") {
		o.Unknown = append(o.Unknown, reason.Of("vm-options-file"))
	}
}

// joined is a path of two parts, either of which may be empty.
func joined(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + ":" + b
}

var classPathOptions = []string{"-cp", "-classpath", "--class-path"}

// takesValue says whether the launcher option is followed by its value as a word of its own.
func takesValue(option string) bool {
	switch option {
	case "-cp", "-classpath", "--class-path", "-p", "--module-path", "--upgrade-module-path", "--add-modules",
		"--limit-modules", "--add-exports", "--add-opens", "--add-reads", "--patch-module",
		"--enable-native-access", "--illegal-native-access", "-d", "--describe-module", "--source":
		return true
	}
	return false
}

// ErrQuote says that a quote is opened and never closed, which stops the JVM.
var ErrQuote = errors.New("a quote is not closed")

// wordLength is about how long options are.
const wordLength = 32

// Split cuts options into words as HotSpot and the launcher do: at white space (space, tab, newline, vertical tab, form
// feed, carriage return) outside of quotes. Both kinds of quotes count, inside a word as well; they are taken away, and
// nothing escapes them.
func Split(text string) ([]string, error) {
	var words []string
	for {
		word, rest, found, err := cut(text)
		if found && words == nil {
			words = make([]string, 0, 1+len(text)/wordLength)
		}
		if err != nil {
			return nil, err
		}
		if !found {
			return words, nil
		}
		words = append(words, word)
		text = rest
	}
}

// cut takes the first word off; found is false where there is none.
func cut(text string) (word, rest string, found bool, err error) {
	start := 0
	for start < len(text) && isSpace(text[start]) {
		start++
	}
	end, plain := start, true
	for end < len(text) && !isSpace(text[end]) {
		if c := text[end]; c == '"' || c == '\'' {
			plain = false
			closing := strings.IndexByte(text[end+1:], c)
			if closing < 0 {
				return "", "", false, ErrQuote
			}
			end += closing + 1
		}
		end++
	}
	word = text[start:end]
	if !plain {
		word = unquote(word)
	}
	return word, text[end:], end > start, nil
}

// unquote takes the quotes off a word whose quotes are known to be closed.
func unquote(word string) string {
	var b strings.Builder
	for i := 0; i < len(word); i++ {
		c := word[i]
		if c != '"' && c != '\'' {
			b.WriteByte(c)
			continue
		}
		end := i + 1 + strings.IndexByte(word[i+1:], c)
		b.WriteString(word[i+1 : end])
		i = end
	}
	return b.String()
}

func isSpace(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }
