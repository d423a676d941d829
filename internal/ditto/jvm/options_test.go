package jvm

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dittoguard/dittoguard/internal/ditto/command"
)

const longestScript = command.LongestScript

func TestParse(t *testing.T) {
	for name, test := range map[string]struct {
		text string
		want Options
	}{
		"nothing":                            {" \n\t", Options{}},
		"properties among other options":     {"-Xss512k -Da.b=1 -XX:+UseG1GC\n-Dc", Options{Properties: []Property{{"a.b", "1"}, {"c", ""}}}},
		"both quotes, inside a word as well": {`-Da='x y' "-Db=z w" -Dc=1" 2"3`, Options{Properties: []Property{{"a", "x y"}, {"b", "z w"}, {"c", "1 23"}}}},
		"a quote protects the other":         {`-Da="it's"`, Options{Properties: []Property{{"a", "it's"}}}},
		"nothing escapes a quote":            {`-Da=\"x"`, Options{Properties: []Property{{"a", `\x`}}}},
		"equals signs in the value":          {"-Da=b=c", Options{Properties: []Property{{"a", "b=c"}}}},
		"a quoted option name":               {`"-D"a=1`, Options{Properties: []Property{{"a", "1"}}}},
		"no property without the dash":       {"Da=1 --Db=1 -d", Options{}},
		"options from a file":                {"-Da=1 -XX:VMOptionsFile=/x", Options{Properties: []Property{{"a", "1"}}, Unknown: []string{"the file named by -XX:VMOptionsFile"}}},
		"an at sign is no file here":         {"@x -Da=1", Options{Properties: []Property{{"a", "1"}}}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Parse(test.text)
			if diff := cmp.Diff(test.want, got); diff != "" || err != nil {
				t.Errorf("error %v; options (-want +got):\n%s", err, diff)
			}
		})
	}
	for _, text := range []string{`-Da="x`, `-Da=x'`, `"`} {
		if _, err := Parse(text); !errors.Is(err, ErrQuote) {
			t.Errorf("%s: error %v, want %v", text, err, ErrQuote)
		}
	}
}

func TestOfTwoPropertiesTheLaterCounts(t *testing.T) {
	o, err := Parse("-Da=1 -Da=2 -Db=3")
	if err != nil {
		t.Fatal(err)
	}
	if value, found := o.Get("a"); value != "2" || !found {
		t.Errorf("a = %q, %v", value, found)
	}
	if _, found := o.Get("c"); found {
		t.Error("c is found")
	}
}

func TestParseLauncher(t *testing.T) {
	for name, test := range map[string]struct {
		text string
		want Options
	}{
		"argument file":             {"@/x -Da=1", Options{Properties: []Property{{"a", "1"}}, Unknown: []string{"an argument file of the java launcher"}}},
		"escaped at sign":           {"-Da=1 @@x -Db=1", Options{Properties: []Property{{"a", "1"}}}},
		"files switched off":        {"--disable-@files -Da=1 @x", Options{Properties: []Property{{"a", "1"}}}},
		"an option's value":         {"-cp x -Da=1 --add-opens java.base/java.nio=ALL-UNNAMED -Db=1", Options{Properties: []Property{{"a", "1"}, {"b", "1"}}, ClassPath: "x"}},
		"class path in one word":    {"--class-path=/x:/y/* -cp", Options{ClassPath: "/x:/y/*"}},
		"of class paths the last":   {"-classpath x --class-path y", Options{ClassPath: "y"}},
		"what comes before":         {"-Xbootclasspath/a:/x -Xbootclasspath/a:/y.jar", Options{BootPath: "/x:/y.jar"}},
		"a jar is the class path":   {"-cp x -jar y.jar", Options{ClassPath: "y.jar"}},
		"nothing after the class":   {"-Da=1 org.Main -Db=1", Options{Properties: []Property{{"a", "1"}}}},
		"nothing after -jar":        {"-Da=1 -jar x.jar -Db=1", Options{Properties: []Property{{"a", "1"}}, ClassPath: "x.jar"}},
		"value missing at the end":  {"-Da=1 -cp", Options{Properties: []Property{{"a", "1"}}}},
		"module path with an equal": {"--module-path=x -Da=1", Options{Properties: []Property{{"a", "1"}}}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := ParseLauncher(test.text)
			if diff := cmp.Diff(test.want, got); diff != "" || err != nil {
				t.Errorf("error %v; options (-want +got):\n%s", err, diff)
			}
		})
	}
}

func TestCommand(t *testing.T) {
	env := func(name string) (string, bool, bool) {
		switch name {
		case "OPTS":
			return "-Da=1 -Db='x y'", true, true
		case "HIDDEN":
			return "", false, false
		case "IFS":
			return "-", true, true
		case "MAIN":
			return "org.Main", true, true
		}
		return "", false, true
	}
	one := []Property{{"a", "1"}}
	script := []string{"the container's start script"}
	command := []string{"the container's command"}
	for name, test := range map[string]struct {
		argv []string
		want Options
	}{
		"java":                            {[]string{"java", "-Da=1", "org.Main", "-Db=1"}, Options{Properties: one}},
		"class path in a script":          {[]string{"sh", "-c", "exec java -cp '/a:/opt/ditto/*' ${MAIN}"}, Options{ClassPath: "/a:/opt/ditto/*"}},
		"java by path, behind tini":       {[]string{"/usr/bin/tini", "-g", "--", "/opt/java/bin/java", "-Da=1", "x"}, Options{Properties: one}},
		"words are not split again":       {[]string{"java", "-Da=1 -Db=2", "x"}, Options{Properties: []Property{{"a", "1 -Db=2"}}}},
		"another program":                 {[]string{"/start.sh", "-Da=1"}, Options{Unknown: command}},
		"nothing":                         {nil, Options{Unknown: command}},
		"a shell without a script":        {[]string{"sh", "/start.sh"}, Options{Unknown: command}},
		"shell":                           {[]string{"sh", "-c", "exec java -Da=1 ${MAIN}"}, Options{Properties: one}},
		"shell with options beside the c": {[]string{"bash", "-e", "-xc", "java -Da=1 $MAIN", "ignored"}, Options{Properties: one}},
		"unquoted variable is split":      {[]string{"sh", "-c", "java $OPTS $MAIN"}, Options{Properties: []Property{{"a", "1"}, {"b", "'x"}}}},
		"quoted variable is not":          {[]string{"sh", "-c", `java "-Dc=$OPTS" $MAIN`}, Options{Properties: []Property{{"c", "-Da=1 -Db='x y'"}}}},
		"single quotes protect":           {[]string{"sh", "-c", `java '-Dc=$OPTS' x`}, Options{Properties: []Property{{"c", "$OPTS"}}}},
		"escapes":                         {[]string{"sh", "-c", `java -Dc=a\ b "-Dd=\"\$x" x`}, Options{Properties: []Property{{"c", "a b"}, {"d", `"$x`}}}},
		"continued line":                  {[]string{"sh", "-c", "java \\\n -Da=1 \\\n x"}, Options{Properties: one}},
		"unset variable is empty":         {[]string{"sh", "-c", "java $NOTHING -Da=1 x"}, Options{Properties: one}},
		"harmless commands before":        {[]string{"sh", "-c", "set -e; echo start && sleep 5\nexec java -Da=1 x"}, Options{Properties: one}},
		"comment":                         {[]string{"sh", "-c", "# java -Db=1\njava -Da=1 x # -Dc=1"}, Options{Properties: one}},
		"unknown variable":                {[]string{"sh", "-c", "java -Da=1 $HIDDEN x"}, Options{Properties: one, Unknown: script}},
		"variable set before":             {[]string{"sh", "-c", "export X=1; java -Da=1 x"}, Options{Properties: one, Unknown: script}},
		"variable set for java":           {[]string{"sh", "-c", "X=1 java -Da=1 x"}, Options{Unknown: script}},
		"a file copied before":            {[]string{"sh", "-c", "cp a b; java -Da=1 x"}, Options{Properties: one, Unknown: script}},
		"command substitution":            {[]string{"sh", "-c", "java -Da=$(cat /x) y"}, Options{Unknown: script}},
		"backquotes":                      {[]string{"sh", "-c", "java \"-Da=`cat`\" y"}, Options{Unknown: script}},
		"default of a variable":           {[]string{"sh", "-c", "java ${X:--Da=1} y"}, Options{Unknown: script}},
		"a pipe":                          {[]string{"sh", "-c", "java -Da=1 y | tee /log"}, Options{Properties: one, Unknown: script}},
		"no java in it":                   {[]string{"sh", "-c", "true"}, Options{Unknown: script}},
		"open quote":                      {[]string{"sh", "-c", "java '-Da=1"}, Options{Unknown: script}},
		"a glob alone":                    {[]string{"sh", "-c", "java -Da=1 *.x"}, Options{Properties: one, Unknown: script}},
		"somebody's home":                 {[]string{"sh", "-c", "java -Da=1 -cp ~root/x y"}, Options{Properties: one, Unknown: script}},
		"braces":                          {[]string{"bash", "-c", "java -Da=1 -D{b,c}=1 {1..999999999} x"}, Options{Properties: one, Unknown: script}},
		"a parameter of the script":       {[]string{"sh", "-c", `java -Da=1 "$@" x`}, Options{Properties: one, Unknown: script}},
		"the name of the script":          {[]string{"sh", "-c", "java -Da=1 $0 x"}, Options{Properties: one, Unknown: script}},
		"the status of the last command":  {[]string{"sh", "-c", "java -Da=1 -Db=$? x"}, Options{Properties: one, Unknown: script}},
		"the number of parameters":        {[]string{"sh", "-c", `java -Da=1 "-Db=$#" x`}, Options{Properties: one, Unknown: script}},
		"the process":                     {[]string{"sh", "-c", "java -Da=1 -Db=$$ x"}, Options{Properties: one, Unknown: script}},
		"a variable's length":             {[]string{"sh", "-c", "java -Da=1 -Db=${#OPTS} x"}, Options{Properties: one, Unknown: script}},
		"a default in quotes":             {[]string{"sh", "-c", `java -Da=1 "-Db=${OPTS:-x}" x`}, Options{Properties: one, Unknown: script}},
		"text that bash decodes":          {[]string{"bash", "-c", `java -Da=1 $'-Db=\x31' x`}, Options{Properties: one, Unknown: script}},
		"a function":                      {[]string{"sh", "-c", "java() { :; }; java -Da=1 x"}, Options{Properties: one, Unknown: script}},
		"in the background":               {[]string{"sh", "-c", "java -Da=1 x & sleep 5"}, Options{Properties: one, Unknown: script}},
		"perhaps":                         {[]string{"sh", "-c", "true || java -Da=1 x"}, Options{Properties: one, Unknown: script}},
		"output to a file":                {[]string{"sh", "-c", "java -Da=1 x > /log"}, Options{Properties: one, Unknown: script}},
		"quotes behind a dollar":          {[]string{"sh", "-c", `java $'-Da\x3d1' x`}, Options{Unknown: script}},
		"double quotes behind a dollar":   {[]string{"ash", "-c", `java $"-Da=1" x`}, Options{Unknown: script}},
		"a separator from outside":        {[]string{"sh", "-c", "java $OPTS$IFS x"}, Options{Properties: []Property{{"a", "1"}, {"b", "'x"}}}},
		"as long as is read":              {[]string{"sh", "-c", pad("java -Da=1 x", longestScript)}, Options{Properties: one}},
		"longer than is read":             {[]string{"sh", "-c", pad("java -Da=1 x", longestScript+1)}, Options{Unknown: script}},
		"a glob in a value is kept":       {[]string{"sh", "-c", "java -Da=* x"}, Options{Properties: []Property{{"a", "*"}}}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, Command(test.argv, env)); diff != "" {
				t.Errorf("options (-want +got):\n%s", diff)
			}
		})
	}
}

func pad(script string, size int) string { return script + strings.Repeat("\n", size-len(script)) }

// The parser takes time by the square of the depth of what it parses, so it is not asked to.
func TestDeepScriptsAreNotParsed(t *testing.T) {
	for _, opener := range []string{
		"(", "((", "$(", "$((", "$[", "{ ", "`", "${a:-", "\"$(", "if ", "while ", "until ", "for a in b; do ", "case a in a) ",
		"coproc ", "a() ", "<(", "select a in b; do ",
	} {
		for _, shell := range []string{"sh", "bash"} {
			// Without the race detector, under which pools forget what they hold, it is fewer than 200.
			argv := []string{shell, "-c", strings.Repeat(opener, longestScript/len(opener))}
			if work := testing.AllocsPerRun(1, func() { Command(argv, nil) }); work > 2000 {
				t.Errorf("%s of %q: %v allocations", shell, opener, work)
			}
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(`-Da=1 "-Db=x y" -Dc='`)
	f.Add("@x -XX:VMOptionsFile=y -cp z\v\f")
	f.Fuzz(func(t *testing.T, text string) {
		words, err := Split(text)
		if err != nil {
			return
		}
		size := 0
		for _, word := range words {
			size += len(word)
		}
		if size > len(text) {
			t.Errorf("%d bytes of words out of %d", size, len(text))
		}
		if _, err := ParseLauncher(text); err != nil {
			t.Errorf("splits but does not parse: %v", err)
		}
	})
}

func FuzzScript(f *testing.F) {
	f.Add("exec java ${A} \"$B\" '-Dx' \\\n # y")
	f.Add("a && b; c | d `e` $(f) ${g:-h}")
	f.Fuzz(func(t *testing.T, script string) {
		o := Script(script, func(name string) (string, bool, bool) { return name, true, true })
		if len(o.Properties) == 0 && len(o.Unknown) == 0 && len(script) < 4 {
			t.Errorf("%q is understood and has no java in it", script)
		}
	})
}
