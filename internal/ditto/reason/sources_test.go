package reason

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
)

// saying are the functions that take a reason, by the number of the argument; -1 is the last one.
var saying = map[string]int{
	"Undecided": 0, "UnknownRewrite": 0, "UnfollowedRoute": 1, "close": 0, "doubt": 1, "opaque": 0, "enterUnread": 3, "unknown": -1,
	"missing": 0, "note": 0, "unread": -1, "anything": 0, "mayBe": 0, "because": 0, "replaced": 1,
}

// lists are the names of lists of reasons.
var lists = []string{"Unknown", "unknown", "Hidden", "Unreadable", "unclear"}

// TestReasonsAreInTheCatalogue: whoever calls something unknown says why with a reason of the catalogue, as many things as it is about.
func TestReasonsAreInTheCatalogue(t *testing.T) {
	used := map[Code]bool{}
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			var said []ast.Expr
			switch n := n.(type) {
			case *ast.CompositeLit:
				said = whyUnknown(n)
			case *ast.CallExpr:
				if code, about, ok := reasonOf(n); ok {
					used[code] = true
					r := byCode[code]
					if r == nil || len(verb.FindAllString(r.Sentence, -1)) != about {
						t.Errorf("%s: there is no reason %q about %d", files.Position(n.Pos()), code, about)
					}
				}
				said = given(n)
			}
			for _, e := range said {
				if text := writtenIn(e); text != "" {
					t.Errorf("%s: %q is not in the catalogue: say it with reason.Of", files.Position(e.Pos()), text)
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range All() {
		if !used[r.Code] {
			t.Errorf("nobody gives the reason %s", r.Code)
		}
	}
}

// given are the reasons that a call is given.
func given(call *ast.CallExpr) []ast.Expr {
	name := nameOf(call.Fun)
	if at, says := saying[name]; says {
		if at < 0 {
			at += len(call.Args)
		}
		if 0 <= at && at < len(call.Args) {
			return call.Args[at : at+1]
		}
		return nil
	}
	if name == "append" && slices.Contains(lists, nameOf(call.Args[0])) {
		return call.Args[1:]
	}
	if method, ok := call.Fun.(*ast.SelectorExpr); ok && name == "Add" && slices.Contains(lists, nameOf(method.X)) {
		return call.Args
	}
	return nil
}

// whyUnknown is the reason in a literal of something unknown, `State{State: Unknown, Why: …}` or `State{Unknown, source, …}`.
func whyUnknown(lit *ast.CompositeLit) (why []ast.Expr) {
	unknown := false
	if len(lit.Elts) == 3 && strings.HasSuffix(nameOf(lit.Elts[0]), "Unknown") {
		return lit.Elts[2:]
	}
	for _, element := range lit.Elts {
		pair, ok := element.(*ast.KeyValueExpr)
		if !ok {
			continue
		}
		switch strings.ToLower(nameOf(pair.Key)) {
		case "state", "kind":
			unknown = unknown || strings.HasSuffix(nameOf(pair.Value), "Unknown")
		case "why":
			why = []ast.Expr{pair.Value}
		}
	}
	if !unknown {
		return nil
	}
	return why
}

// reasonOf reads reason.Of("code", about...).
func reasonOf(call *ast.CallExpr) (code Code, about int, ok bool) {
	selector, isSelector := call.Fun.(*ast.SelectorExpr)
	if !isSelector || nameOf(selector.X) != "reason" || selector.Sel.Name != "Of" || len(call.Args) == 0 {
		return "", 0, false
	}
	lit, isLit := call.Args[0].(*ast.BasicLit)
	if !isLit {
		return "", 0, true
	}
	text, err := strconv.Unquote(lit.Value)
	return Code(text), len(call.Args) - 1, err == nil
}

// nameOf is the last name of an expression, `Unknown` of way.Unknown.
func nameOf(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	}
	return ""
}

// writtenIn is the first text with a letter that an expression is made of, beside those in calls of functions other than fmt's.
func writtenIn(e ast.Expr) (text string) {
	ast.Inspect(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			return strings.HasPrefix(nameOf(n.Fun), "Sprint")
		case *ast.BasicLit:
			if s, err := strconv.Unquote(n.Value); err == nil && n.Kind == token.STRING && strings.ContainsFunc(verbless(s), unicode.IsLetter) {
				text = s
			}
		}
		return text == ""
	})
	return text
}

func verbless(s string) string { return verb.ReplaceAllString(s, "") }
