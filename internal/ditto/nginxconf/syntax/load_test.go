package syntax

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const mainFile = "/etc/nginx/nginx.conf"

func TestErrorsNameFileAndLine(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"an open block", "http {\nserver {\n", `reading /etc/nginx/nginx.conf:2: unexpected end of file, expecting "}"`},
		{"no semicolon", "http {\n  charset utf-8\n}\n", `reading /etc/nginx/nginx.conf:3: directive "charset" is not terminated by ";"`},
		{"a block too many", "http { } }", `reading /etc/nginx/nginx.conf:1: unexpected "}"`},
		{"itself", "include nginx.conf;", "reading /etc/nginx/nginx.conf: included by itself: /etc/nginx/nginx.conf > /etc/nginx/nginx.conf"},
		{"too large", strings.Repeat("#", maxFileSize+1), "reading /etc/nginx/nginx.conf: 1048577 bytes, at most 1048576 are read"},
		{"too deep", strings.Repeat("a {", 100), "reading /etc/nginx/nginx.conf:1: blocks nested more than 64 deep"},
		{"not text", "\xff", "reading /etc/nginx/nginx.conf: not UTF-8 text"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Load(mainFile, map[string]string{mainFile: tt.text})
			if err == nil || err.Error() != tt.want {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
	if _, err := Load("/x", nil); err == nil || err.Error() != "reading /x: not among the files" {
		t.Errorf("got %v", err)
	}
	bomb := map[string]string{mainFile: strings.Repeat("include a;", 100), "/etc/nginx/a": strings.Repeat("include b;", 100), "/etc/nginx/b": strings.Repeat("x y;", 100)}
	if _, err := Load(mainFile, bomb); err == nil || !strings.Contains(err.Error(), "more than 20000 directives") {
		t.Errorf("got %v", err)
	}
}

// TestLoad: tokens as nginx takes them apart, and includes in their place.
func TestLoad(t *testing.T) {
	tree, err := Load(mainFile, map[string]string{
		mainFile:          "a \"b;\\\"c\" 'd {' e\\.f; # g\nh { include x; include none; include *.d; include mime.types; } content_by_lua_block { \"}\" }",
		"/etc/nginx/x":    "x y;",
		"/etc/nginx/1.d":  "one;",
		"/etc/nginx/2.d":  "two;",
		"/etc/nginx/.3.d": "three;",
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []*Directive{
		{Name: "a", Args: []string{`b;"c`, "d {", `e\.f`}, File: mainFile, Line: 1},
		{Name: "h", File: mainFile, Line: 2, Block: []*Directive{
			{Name: "x", Args: []string{"y"}, File: "/etc/nginx/x", Line: 1},
			{Name: "include", Args: []string{"none"}, File: mainFile, Line: 2, Missing: true},
			{Name: "one", File: "/etc/nginx/1.d", Line: 1}, {Name: "two", File: "/etc/nginx/2.d", Line: 1},
		}},
		{Name: "content_by_lua_block", Args: []string{` "}" `}, File: mainFile, Line: 2},
	}
	if diff := cmp.Diff(want, tree.Directives); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if diff := cmp.Diff([]Missing{{"/etc/nginx/none", "include none at /etc/nginx/nginx.conf:2: not among the mounted files"}}, tree.Missing); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// FuzzLoad: what is read has a place, and nothing is read for ever.
func FuzzLoad(f *testing.F) {
	f.Add("a b; c { d \"e\"; } include x;")
	f.Add("content_by_lua_block { \"}\" }")
	f.Add("if (){0")
	f.Fuzz(func(t *testing.T, text string) {
		tree, err := Load(mainFile, map[string]string{mainFile: text, "/etc/nginx/x": text})
		if err != nil {
			return
		}
		for _, d := range tree.Directives {
			if d.Line < 1 || d.File == "" {
				t.Errorf("%s stands nowhere", d.Name)
			}
		}
	})
}
