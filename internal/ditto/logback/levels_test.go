package logback

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// outside is an environment in which `?` is a variable that cannot be read.
func outside(pairs ...string) func(string) Value {
	return func(name string) Value {
		for _, pair := range pairs {
			if key, text, _ := strings.Cut(pair, "="); key == name {
				if text == "?" {
					return Value{Why: name + " cannot be read"}
				}
				return Value{Set: true, Text: text, From: "env " + name, Secret: strings.HasPrefix(name, "SECRET")}
			}
		}
		return Value{}
	}
}

// described are the levels, one a line: `ROOT DEBUG initial`.
func described(list []Level, unknown []string) string {
	var b strings.Builder
	for _, l := range list {
		fmt.Fprintf(&b, "%s %s", l.Logger, l.Name)
		for _, word := range []struct {
			on   bool
			text string
		}{
			{l.Misspelt, "misspelt"}, {l.Initial, "initial"}, {l.From != "", "from " + l.From}, {l.Why != "", "? " + l.Why},
		} {
			if word.on {
				b.WriteString(" " + word.text)
			}
		}
		b.WriteByte('\n')
	}
	for _, why := range unknown {
		b.WriteString("? " + why + "\n")
	}
	return b.String()
}

func lines(list ...string) string { return strings.Join(list, "\n") + "\n" }

func TestLevels(t *testing.T) {
	tests := []struct {
		name string
		// inside is what the configuration element holds.
		inside string
		env    []string
		want   string
	}{
		{"nothing sets the root logger, which is DEBUG from the start", ``, nil, lines("ROOT DEBUG initial")},
		{"a root element without a level leaves it so", `<root><appender-ref ref="A"/></root>`, nil, lines("ROOT DEBUG initial")},
		{"a literal level", `<root level="WARN"/>`, nil, lines("ROOT WARN")},
		{"a level in lower case with spaces", `<root level=" warn "/>`, nil, lines("ROOT WARN")},
		{"what is no level is DEBUG", `<root level="WARNING"/>`, nil, lines("ROOT DEBUG misspelt")},
		{"OFF and ALL", `<root level="off"/><logger name="a" level="All"/>`, nil, lines("ROOT OFF", "a ALL")},
		{"names of elements in any case", `<ROOT level="INFO"/>`, nil, lines("ROOT INFO")},
		{"names of attributes as they are", `<root Level="INFO"/>`, nil, lines("ROOT DEBUG initial")},
		{"the default of a variable", `<root level="${LOG_LEVEL:-INFO}"/>`, nil, lines("ROOT INFO")},
		{"a variable from outside", `<root level="${LOG_LEVEL:-INFO}"/>`, []string{"LOG_LEVEL=trace"}, lines("ROOT TRACE from env LOG_LEVEL")},
		{"a misspelt variable", `<root level="${LOG_LEVEL:-INFO}"/>`, []string{"LOG_LEVEL=verbose"}, lines("ROOT DEBUG misspelt from env LOG_LEVEL")},
		{"an empty variable is set, so that the level is not", `<root level="${LOG_LEVEL:-INFO}"/>`, []string{"LOG_LEVEL="}, lines("ROOT DEBUG initial")},
		{"an empty variable leaves a logger without a level", `<root level="INFO"/><logger name="a" level="${A:-INFO}"/>`, []string{"A="}, lines("ROOT INFO")},
		{"a variable that is not set and has no default", `<root level="${LOG_LEVEL}"/>`, nil, lines("ROOT DEBUG misspelt")},
		{"a variable that cannot be read", `<root level="${LOG_LEVEL:-INFO}"/><logger name="a" level="WARN"/>`, []string{"LOG_LEVEL=?"}, lines("ROOT  ? LOG_LEVEL cannot be read", "a WARN")},
		{"a variable in a default", `<root level="${A:-${B:-WARN}}"/>`, []string{"B=ERROR"}, lines("ROOT ERROR from env B")},
		{"a variable in a name", `<root level="${A_${B}:-WARN}"/>`, []string{"B=x", "A_x=ERROR"}, lines("ROOT ERROR from env A_x")},
		{"a variable in a variable", `<root level="${A}"/>`, []string{"A=${B}", "B=INFO"}, lines("ROOT INFO from env B")},
		{"a property hides the environment", `<property name="LOG_LEVEL" value="DEBUG"/><root level="${LOG_LEVEL:-INFO}"/>`, []string{"LOG_LEVEL=WARN"}, lines("ROOT DEBUG")},
		{"a property counts wherever it stands", `<root level="${L:-INFO}"/><property name="L" value="DEBUG"/>`, nil, lines("ROOT DEBUG")},
		{"a variable element, and an older name", `<variable name="A" value="WARN"/><substitutionProperty name="B" value="${A}"/><root level="${B}"/>`, nil, lines("ROOT WARN")},
		{"a property that holds a variable", `<property name="L" value="${LOG_LEVEL:-INFO}"/><root level="${L}"/>`, []string{"LOG_LEVEL=DEBUG"}, lines("ROOT DEBUG from env LOG_LEVEL")},
		{"a local property hides one of the context", `<property scope="context" name="L" value="DEBUG"/><property name="L" value="INFO"/><property scope="system" name="L" value="TRACE"/><root level="${L}"/>`, nil, lines("ROOT INFO")},
		{"a property without a value is none", `<property name="L"/><root level="${L:-INFO}"/>`, nil, lines("ROOT INFO")},
		{"a file of properties may set anything", `<property file="/x"/><property name="K" value="WARN"/><root level="${L:-INFO}"/><logger name="a" level="${K}"/>`, nil, lines("ROOT  ? the value of L: it reads properties from elsewhere", "a WARN")},
		{"what a class defines", `<define name="L" class="x.Y"/><root level="${L}"/>`, nil, lines("ROOT  ? what a class defines L as")},
		{"a property in an appender", `<appender name="A"><property name="L" value="DEBUG"/></appender><root level="${L:-INFO}"/>`, nil, lines("ROOT  ? the value of L: it depends on a condition")},
		{"the last of two counts", `<root level="DEBUG"/><root level="INFO"/>`, nil, lines("ROOT INFO")},
		{"root by name", `<logger name="root" level="TRACE"/>`, nil, lines("ROOT TRACE")},
		{"an inherited level is none", `<root level="INFO"/><logger name="a" level="DEBUG"/><logger name="a" level="Inherited"/>`, nil, lines("ROOT INFO")},
		{"root inherits from nobody", `<root level="INHERITED"/>`, nil, lines("ROOT DEBUG misspelt")},
		{"level elements", `<root level="INFO"><level value="DEBUG"/></root><logger name="a"><level value="NULL"/></logger>`, nil, lines("ROOT DEBUG")},
		{"loggers by name", `<root level="INFO"/><logger name="b" level="WARN"/><logger name="a" level="${L:-DEBUG}"/>`, nil, lines("ROOT INFO", "a DEBUG", "b WARN")},
		{"a logger whose name is a variable", `<root level="INFO"/><logger name="${P:-org}.x" level="DEBUG"/>`, nil, lines("ROOT INFO", "org.x DEBUG")},
		{"a logger with a name that cannot be read", `<root level="INFO"/><logger name="${P}" level="DEBUG"/>`, []string{"P=?"}, lines("ROOT  ? the name of a logger: P cannot be read", "? the name of a logger: P cannot be read")},
		{"a level from a Secret is shown as the level it is", `<root level="${SECRET:-INFO}"/>`, []string{"SECRET=debug"}, lines("ROOT DEBUG from env SECRET")},
		{"a logger's name from a Secret is not shown", `<logger name="a.${SECRET}" level="DEBUG"/>`, []string{"SECRET=hush"}, lines("ROOT  ? the name of a logger comes from a Secret", "? the name of a logger comes from a Secret")},
		{"a variable's name from a Secret is not shown", `<root level="${A_${SECRET}:-INFO}"/>`, []string{"SECRET=hush", "A_hush=?"}, lines("ROOT  ? the name of a variable comes from a Secret")},
		{"an appender's filter is not looked at", `<appender name="A" class="x"><filter class="y"><level>DEBUG</level></filter></appender><root level="INFO"/>`, nil, lines("ROOT INFO")},
		{"a logger in an appender is none", `<appender name="A"><logger name="a" level="DEBUG"/></appender><root level="INFO"/>`, nil, lines("ROOT INFO")},
		{"an included file may set any level", `<root level="INFO"/><include resource="x.xml"/>`, nil, lines("ROOT  ? it includes another file", "? it includes another file")},
		{"a level after an include is known, others are not", `<include file="x.xml" optional="true"/><root level="INFO"/>`, nil, lines("ROOT INFO", "? it includes another file")},
		{"an include may define a variable", `<include file="x.xml"/><root level="${L:-INFO}"/>`, nil, lines("ROOT  ? the value of L: it includes another file", "? it includes another file")},
		{"a condition around appenders", `<if condition='isDefined("X")'><then><appender name="A"/></then><else><appender name="A"/></else></if><root level="INFO"/>`, nil, lines("ROOT INFO")},
		{"a condition that makes it verbose", `<root level="INFO"/><if condition="x"><then><root level="DEBUG"/></then></if>`, nil, lines("ROOT  ? it depends on a condition")},
		{"a condition with one level on both sides", `<if condition="x"><then><root level="DEBUG"/></then><else><root level="DEBUG"/></else></if>`, nil, lines("ROOT DEBUG")},
		{"a condition with two harmless levels", `<if condition="x"><then><root level="ERROR"/></then><else><root level="INFO"/></else></if>`, nil, lines("ROOT INFO")},
		{"a condition around a logger", `<root level="INFO"/><if condition="x"><then><logger name="a" level="WARN"/><logger name="b" level="TRACE"/></then></if>`, nil, lines("ROOT INFO", "a WARN", "b  ? it depends on a condition")},
		{"a condition around a property", `<if condition="x"><then><property name="L" value="DEBUG"/></then></if><root level="${L:-INFO}"/>`, nil, lines("ROOT  ? the value of L: it depends on a condition")},
		{"a variable that stands for itself", `<root level="${A}"/>`, []string{"A=${A}"}, lines("ROOT DEBUG misspelt")},
		{"a brace that is missing", `<root level="${A:-INFO"/>`, nil, lines("ROOT DEBUG misspelt")},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c, err := Parse("<configuration>" + test.inside + "</configuration>")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, described(c.Levels(outside(test.env...)))); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestLevels_OtherRoot shows that a file whose root element is another configures nothing.
func TestLevels_OtherRoot(t *testing.T) {
	c, err := Parse(`<included><root level="ERROR"/></included>`)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(lines("ROOT DEBUG initial"), described(c.Levels(outside()))); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestSubstitute(t *testing.T) {
	env := outside("A=a", "E=", "N=A", "B=x${A}y", "C=${D}", "D=${C}")
	for _, test := range []struct{ text, want string }{
		{"plain", "plain"},
		{"${A}", "a"},
		{"x${A}y${A}", "xaya"},
		{"${B}", "xay"},
		{"${${N}}", "a"},
		{"${E}", ""},
		{"${E:-x}", ""},
		{"${X}", "X_IS_UNDEFINED"},
		{"${X:-}", ""},
		{"${X:-a:b}", "a:b"},
		{"${X:-{a}}", "{a}"},
		{"${}", "_IS_UNDEFINED"},
		{"{${A}}", "{a}"},
		{"{}", "{}"},
		{"{x:-${A}}", "{x:-a}"},
		{"$A", "$A"},
		{"$${A}", "$${A}"},
		{"a$", "a$"},
		{"a:", "a:"},
		{"a:${A}", "a:a"},
		{"a:{b}", "a:{b}"},
		{"a::-b", "a::-b"},
		{"a}b", "a"},
		{"a:-b", "a"},
		{"${A", "${A"},
		{"{:-a}", "{:-a}"},
		{"${X:}", "${X:}"},
		{"${C}", "${C}"},
		{"é${A}é", "éaé"},
	} {
		if got := substitute(test.text, env); got.Text != test.want || !got.Set {
			t.Errorf("substitute(%q) = %+v, want %q", test.text, got, test.want)
		}
	}
}

// TestSubstitute_Bounds shows that variables that multiply themselves end.
func TestSubstitute_Bounds(t *testing.T) {
	var env []string
	for c := 'a'; c < 'z'; c++ {
		env = append(env, fmt.Sprintf("%c=${%c}${%c}${%c}", c, c+1, c+1, c+1))
	}
	if got := substitute("${a}", outside(append(env, "z=z")...)); got.Why != "it has too many variables" {
		t.Errorf("got %+v", got)
	}
	if got := substitute(strings.Repeat("${", 1000), outside()); !got.Set || got.Why != "" {
		t.Errorf("got %+v", got)
	}
}

func TestParse_Problems(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"nothing", "", "line 1: expected an XML element"},
		{"no XML", "<root>\n<a></b>", "line 2: expected well-formed XML in UTF-8"},
		{"not closed", "<root>\n", "line 2: expected well-formed XML in UTF-8"},
		{"an entity that is not XML's own", "<root level='&secret;'/>", "line 1: expected well-formed XML in UTF-8"},
		{"two roots", "<a/>\n<b/>", "line 2: expected one root element"},
		{"too deep", strings.Repeat("<a>", 101), "line 1: expected at most 100 levels"},
		{"too long", strings.Repeat(" ", maxSize+1), "logback configuration of 1048577 bytes is longer than 1048576"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := Parse(test.text)
			if err == nil || err.Error() != test.want {
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
}

// FuzzLevels looks for panics, and for levels without a name or a reason.
func FuzzLevels(f *testing.F) {
	f.Add(`<configuration><property name="A" value="${B:-x}"/><root level="${A}"/></configuration>`, "DEBUG")
	f.Add(`<configuration><if condition="x"><then><include file="x"/></then><else><logger name="a" level="${"/></else></if></configuration>`, "${A}")
	f.Fuzz(func(t *testing.T, text, value string) {
		c, err := Parse(text)
		if err != nil {
			return
		}
		list, _ := c.Levels(func(string) Value { return Value{Set: true, Text: value, From: "env"} })
		if len(list) == 0 || list[0].Logger != Root {
			t.Fatalf("no root logger: %+v", list)
		}
		for _, l := range list {
			if (l.Name == "") == (l.Why == "") {
				t.Errorf("neither known nor unknown: %+v", l)
			}
		}
	})
}
