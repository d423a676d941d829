package hocon

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// resolveFrom answers substitutions from a table; a name that begins with "unknown" is unknown.
func resolveFrom(values map[string]string) func(string) Answer {
	return func(path string) Answer {
		if strings.HasPrefix(path, "unknown") {
			return Answer{Kind: Unknown, Why: path + " was not found"}
		}
		if text, ok := values[path]; ok {
			return Answer{Kind: Scalar, Text: text, From: path}
		}
		return Answer{}
	}
}

func text(s string) Answer { return Answer{Kind: Scalar, Text: s} }

func TestLookup(t *testing.T) {
	for name, test := range map[string]struct {
		doc  string
		want Answer // of a.b.c
	}{
		"nested objects":                        {"a { b { c = on } }", text("on")},
		"dotted paths":                          {"a.b.c: on", text("on")},
		"dots and objects mixed":                {"a { b.c = on }", text("on")},
		"root in braces":                        {"{ a: { b: { c: true } } }", text("true")},
		"JSON":                                  {`{"a": {"b": {"c": "x", "d": [1, 2]}}}`, text("x")},
		"quoted keys":                           {`"a"."b" { "c" = x }`, text("x")},
		"a dot in a quoted key is no separator": {`"a.b".c = x`, Answer{}},
		"empty document":                        {"", Answer{}},
		"only comments":                         {"# a.b.c = 1\n// a.b.c = 2\n", Answer{}},
		"comment after a value":                 {"a.b.c = on # off\n", text("on")},
		"slashes begin a comment":               {"a.b.c = on//off\n", text("on")},
		"hash in quotes":                        {`a.b.c = "on # off"`, text("on # off")},
		"line end before the brace":             {"a\n{\nb\n{ c = 1 } }", text("1")},
		"line end after the separator":          {"a.b.c =\n  # here\n 5", text("5")},
		"commas between fields":                 {"a { b { c = 1, d = 2 }, e = 3 }", text("1")},
		"carriage returns":                      {"a.b.c = on\r\nx = 1\r\n", text("on")},
		"byte order mark":                       {"\ufeffa.b.c = on", text("on")},
		"later duplicates win":                  {"a.b.c = 1\na.b.c = 2", text("2")},
		"objects merge":                         {"a.b { c = 1 }\na.b { d = 2 }", text("1")},
		"objects merge, later wins":             {"a.b { c = 1 }\na.b { c = 2, d = 2 }", text("2")},
		"a scalar hides an earlier object":      {"a.b { c = 1 }\na.b = 2", Answer{Kind: Blocked}},
		"an object after a scalar":              {"a.b.c = 1\na.b = 2\na.b { d = 3 }", unknown("a value on the way to it is replaced by an object")},
		"null takes the path away":              {"a.b.c = 1\na.b.c = null", Answer{Kind: Null}},
		"null above takes it away too":          {"a.b.c = 1\na.b = null", Answer{Kind: Blocked}},
		"quoted null is text":                   {`a.b.c = "null"`, text("null")},
		"null in a concatenation is text":       {"a.b.c = null x", text("null x")},
		"words are concatenated":                {"a.b.c = one  two \n", text("one  two")},
		"quotes and words are concatenated":     {`a.b.c = "one "two`, text("one two")},
		"escapes":                               {`a.b.c = "\u006fn\t\"\\"`, text("on\t\"\\")},
		"three quotes":                          {`a.b.c = """on "x" \n""""`, text(`on "x" \n"`)},
		"three quotes over lines":               {"a.b.c = \"\"\"on\noff\"\"\"\nx = 1", text("on\noff")},
		"number text is kept":                   {"a.b.c = 1.50e+3", text("1.50e+3")},
		"duration":                              {"a.b.c = 10 s", text("10 s")},
		"white space in a key":                  {"a.b.c d = 1", Answer{}},
		"key in capitals is another":            {"a.b.C = 1", Answer{}},
		"the object itself":                     {"a.b.c { d = 1 }", Answer{Kind: Object}},
		"empty object":                          {"a.b.c {}", Answer{Kind: Object}},
		"list":                                  {"a.b.c = [x, \"y z\"\n 3]", Answer{Kind: List, Items: []Answer{text("x"), text("y z"), text("3")}}},
		"empty list with a comma":               {"a.b.c = [1,]", Answer{Kind: List, Items: []Answer{text("1")}}},
		"append":                                {"a.b.c = [1]\na.b.c += 2", Answer{Kind: List, Items: []Answer{text("1"), text("2")}}},
		"append to nothing":                     {"a.b { c += 1 }", Answer{Kind: List, Items: []Answer{text("1")}}},
		"list concatenation":                    {"a.b.c = [1] [2]", Answer{Kind: List, Items: []Answer{text("1"), text("2")}}},
		"list of objects":                       {"a.b.c = [{a.b.c = 1}]", Answer{Kind: List, Items: []Answer{{Kind: Object}}}},
		"path into a list":                      {"a.b = [{c = 1}]", Answer{Kind: Blocked}},

		"substitution":                            {"a.b.c = ${ON}", Answer{Kind: Scalar, Text: "true", From: "ON"}},
		"optional substitution":                   {"a.b.c = 1\na.b.c = ${?ON}", Answer{Kind: Scalar, Text: "true", From: "ON"}},
		"undefined optional keeps the earlier":    {"a.b.c = 1\na.b.c = ${?NOT}", text("1")},
		"undefined optional alone sets nothing":   {"a.b.c = ${?NOT}", Answer{}},
		"empty variable is a value":               {"a.b.c = 1\na.b.c = ${?EMPTY}", Answer{Kind: Scalar, From: "EMPTY"}},
		"undefined required stops Ditto":          {"a.b.c = ${NOT}", unknown("a substitution in it has no value; Ditto does not start")},
		"unknown substitution":                    {"a.b.c = 1\na.b.c = ${?unknown1}", unknown("unknown1 was not found")},
		"later value makes unknown known":         {"a.b.c = ${?unknown1}\na.b.c = 1", text("1")},
		"substitution in a string":                {`a.b.c = "<"${ON}">"`, Answer{Kind: Scalar, Text: "<true>", From: "ON"}},
		"undefined in a string is empty":          {`a.b.c = x${?NOT}y`, text("xy")},
		"only undefined parts set nothing":        {"a.b.c = 1\na.b.c = ${?NOT}${?NOT}", text("1")},
		"white space between undefined parts":     {"a.b.c = ${?NOT} ${?NOT}", text(" ")},
		"looks back at its earlier value":         {"a.b.c = 1\na.b.c = ${a.b.c}2", text("12")},
		"looks back in the object":                {"a.b { c = 1 }\na.b { c = ${?a.b.c}${?a.b.c} }", text("11")},
		"quoted dollar is text":                   {`a.b.c = "${ON}"`, text("${ON}")},
		"list of the environment":                 {"a.b.c = ${?LIST[]}", Answer{Kind: Scalar, Text: "x", From: "LIST[]"}},
		"substitution in a list":                  {"a.b.c = [${ON}, ${?NOT}]", Answer{Kind: List, Items: []Answer{{Kind: Scalar, Text: "true", From: "ON"}}}},
		"path of the object by substitution":      {"a.b = ${?NOT}", Answer{}},
		"unknown object above":                    {"a.b.c = 1\na.b = ${?unknown1}", unknown("unknown1 was not found")},
		"text above by substitution":              {"a.b.c = 1\na.b = ${?ON}", Answer{Kind: Blocked}},
		"object concatenation":                    {"a.b = { c = 1 } { c = 2, d = 3 }", text("2")},
		"object concatenation keeps what is left": {"a.b = { c = 1 } { d = 3 }", text("1")},
		"object concatenation over an earlier":    {"a.b.c = 1\na.b = { e = 1 } { d = 3 }", text("1")},
		"undefined base object":                   {"a.b = ${?NOT} { c = 2 }", text("2")},
		"object with itself":                      {"a.b = { c = 1 }\na.b = ${a.b} { d = 2 }", text("1")},
		"null with nothing beside it":             {"a.b.c = null${?NOT}", Answer{Kind: Null}},
		"its own parent":                          {"a.b.c = ${?a.b}", unknown("a substitution in it refers to itself")},
		"text after an object":                    {"a.b = { d = 1 } x", unknown("its parts do not fit together")},
		"parts that do not fit":                   {"a.b.c = [1] x", unknown("its parts do not fit together")},
		"quotes before a list do not fit":         {`a.b.c = "" [x]`, unknown("its parts do not fit together")},

		"include at the root":             {"a.b.c = 1\ninclude \"other.conf\"", unknown("it includes another file")},
		"include in required and file":    {"a.b.c = 1\ninclude required(file(\"/x.conf\"))", unknown("it includes another file")},
		"include before the value":        {"include \"other.conf\"\na.b.c = 1", text("1")},
		"include in the object":           {"a.b.c = 1\na { include classpath(\"x\") }", unknown("it includes another file")},
		"include elsewhere":               {"a.b.c = 1\nx { include \"y\" }", text("1")},
		"include as part of a longer key": {"include.x = 1\na.b.c = 1\nincludes = 2", text("1")},
		"include in quotes is a key":      {"\"include\" = x\na.b.c = 1", text("1")},
	} {
		t.Run(name, func(t *testing.T) {
			d, err := Parse(test.doc)
			if err != nil {
				t.Fatal(err)
			}
			got := d.Lookup("a.b.c", Outside{Resolve: resolveFrom(map[string]string{"ON": "true", "EMPTY": "", "LIST[]": "x"})})
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("a.b.c (-want +got):\n%s", diff)
			}
		})
	}
}

func TestLookupOverWhatIsBelow(t *testing.T) {
	below := func(path string) Answer {
		if path == "a.b" {
			return Answer{Kind: Scalar, Text: "base", From: "default"}
		}
		return Answer{}
	}
	for name, test := range map[string]struct {
		doc  string
		want Answer // of a.b
	}{
		"nothing said":                {"x = 1", Answer{Kind: Scalar, Text: "base", From: "default"}},
		"undefined substitution":      {"a.b = ${?NOT}", Answer{Kind: Scalar, Text: "base", From: "default"}},
		"other fields of the object":  {"a { c = 1 }", Answer{Kind: Scalar, Text: "base", From: "default"}},
		"looks back below":            {"a.b = ${a.b}/x", Answer{Kind: Scalar, Text: "base/x", From: "default"}},
		"object replaced by a scalar": {"a = 1", Answer{Kind: Blocked}},
		"object replaced by null":     {"a = null", Answer{Kind: Blocked}},
	} {
		t.Run(name, func(t *testing.T) {
			d, err := Parse(test.doc)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, d.Lookup("a.b", Outside{Below: below})); diff != "" {
				t.Errorf("a.b (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseRefusesWhatTypesafeConfigRefuses(t *testing.T) {
	for name, test := range map[string]struct{ doc, want string }{
		"value missing":               {"a = ,", "line 1: expected a value"},
		"key without a value":         {"a", "line 1: expected one of { : = += after a key"},
		"open object":                 {"a {\nb = 1", "line 2: expected a closing brace"},
		"brace too many":              {"a = 1 }", "line 1: expected a comma or a line end after a value"},
		"after the root object":       {"{a = 1} b", "line 1: expected nothing after the object"},
		"root list":                   {"[1]", "line 1: expected an object, not a list"},
		"two fields on a line":        {"a { b = 1 } c = 2", "line 1: expected a value, or quotes around this character"},
		"two commas":                  {"a = 1,,b = 2", "line 1: expected a key"},
		"colon in an unquoted value":  {"a = localhost:80", "line 1: expected a value, or quotes around this character"},
		"open quote":                  {"a = \"secret\nb = 1", "line 1: expected a closing quote on the same line"},
		"open quote at the end":       {"a = \"secret", "line 1: expected a closing quote"},
		"open three quotes":           {`a = """secret""`, "line 1: expected three closing quotes"},
		"unknown escape":              {`a = "\x"`, "line 1: expected one of \" \\ / b f n r t u after a backslash"},
		"escape cut off":              {`a = "\`, "line 1: expected one of \" \\ / b f n r t u after a backslash"},
		"empty path element":          {"a..b = 1", "line 1: expected no empty element in a key"},
		"dot at the end":              {"a. = 1", "line 1: expected a key"},
		"empty key":                   {`"" = 1`, "line 1: expected no empty element in a key"},
		"open substitution":           {"a = ${x", "line 1: expected a closing brace after a substitution"},
		"empty substitution":          {"a = ${}", "line 1: expected a path in a substitution"},
		"dollar alone":                {"a = $x", "line 1: expected ${ at a dollar"},
		"open list":                   {"a = [1", "line 1: expected a comma, a line end or a closing bracket in a list"},
		"include of nothing":          {"include x", "line 1: expected a quoted name after include"},
		"include set like a key":      {"include = 1", "line 1: expected a quoted name after include"},
		"append in a list":            {"a = [{b += 1}]", "line 1: expected no += inside a list"},
		"NUL":                         {"a = 1\nb\x00 = 2", "line 2: a NUL byte"},
		"plus in a value":             {"a = x+y", "line 1: expected a value, or quotes around this character"},
		"too many levels of objects":  {strings.Repeat("a{", 200), "line 1: expected at most 100 levels"},
		"too many levels of lists":    {"a=" + strings.Repeat("[", 200), "line 1: expected at most 100 levels"},
		"longer than a Secret can be": {strings.Repeat("#", maxSize+1), "HOCON document of 1048577 bytes is longer than 1048576"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse(test.doc)
			if err == nil || err.Error() != test.want {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
}

func TestSubstitutionsThatMultiplyThemselvesEnd(t *testing.T) {
	for name, doc := range map[string]string{
		"strings": "a = x\n" + strings.Repeat("a = ${a}${a}\n", 60),
		"empty":   "a = \"\"\n" + strings.Repeat("a = ${a}${a}\n", 60),
		"lists":   "a = [x]\n" + strings.Repeat("a = ${a} ${a}\n", 60),
		"objects": "a { x = 1 }\n" + strings.Repeat("a = ${a} ${a}\n", 60),
		"appends": "a = []\n" + strings.Repeat("a += x\n", 5000),
	} {
		d, err := Parse(doc)
		if err != nil {
			t.Fatal(name, err)
		}
		for _, path := range []string{"a", "a.y"} {
			if a := d.Lookup(path, Outside{}); a.Kind == Scalar || a.Kind == Unknown && a.Why == "" {
				t.Errorf("%s, %s: %v %q", name, path, a.Kind, a.Why)
			}
		}
	}
}

func TestKeys(t *testing.T) {
	for name, test := range map[string]struct {
		doc      string
		want     []string
		complete bool
	}{
		"fields":            {`a { b { x {}, "y.z" = 1 } }` + "\na.b.w = 2", []string{"x", "y.z", "w"}, true},
		"taken away":        {"a.b { x = 1 }\na.b = null\na.b { y = 1 }", []string{"y"}, true},
		"include":           {"a.b { x = 1, include \"z\" }", []string{"x"}, false},
		"by substitution":   {"a.b = ${?z}\na.b.x = 1", []string{"x"}, false},
		"replaced above":    {"a.b.x = 1\na = 1", nil, true},
		"not in it":         {"a.c = 1", nil, true},
		"name begins alike": {"a.bc.x = 1", nil, true},
	} {
		t.Run(name, func(t *testing.T) {
			d, err := Parse(test.doc)
			if err != nil {
				t.Fatal(err)
			}
			keys, complete := d.Keys("a.b")
			if diff := cmp.Diff(test.want, keys); diff != "" || complete != test.complete {
				t.Errorf("complete %v, want %v; keys (-want +got):\n%s", complete, test.complete, diff)
			}
		})
	}
}

func TestPathKeepsDotsOfElements(t *testing.T) {
	d, err := Parse(`a."b.c".d = 1`)
	if err != nil {
		t.Fatal(err)
	}
	if got := d.Lookup(Path("a", "b.c", "d"), Outside{}); got.Text != "1" {
		t.Errorf("got %+v", got)
	}
}

func FuzzLookup(f *testing.F) {
	f.Add("a { b.c = ${?X} [1] \"x\" } # y\ninclude \"z\"", "a.b.c")
	f.Add("a = ${a}${a}\na.b += \"\"\"x\"\"\"", "a.b")
	f.Add("a.b = {c=1} ${x.y} { d : \"\\u00e9\" }", "a.b.d")
	f.Fuzz(func(t *testing.T, doc, path string) {
		d, err := Parse(doc)
		if err != nil {
			return
		}
		outside := Outside{Budget: new(Budget)}
		depth := 0
		outside.Resolve = func(path string) Answer {
			if depth > 8 {
				return unknown("deep")
			}
			depth++
			defer func() { depth-- }()
			return d.Lookup(path, outside)
		}
		if a := d.Lookup(path, outside); a.Kind == Unknown && a.Why == "" {
			t.Errorf("unknown without a reason: %q", doc)
		}
		d.Keys(path)
	})
}
