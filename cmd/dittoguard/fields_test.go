package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dittoguard/dittoguard/internal/ditto/facts"
)

const fieldsMark = "<!-- The rest is generated from internal/ditto by `go test ./cmd/... -update`. -->\n"

// TestWritingRules_ListsEveryField compares the end of the document with the fields that rules see, and what their comments
// say of them.
func TestWritingRules_ListsEveryField(t *testing.T) {
	text := readWritingRules(t)
	written, rest, found := strings.Cut(text, fieldsMark)
	if !found {
		t.Fatalf("there is no %q", fieldsMark)
	}
	want := describeFacts(t)
	for _, field := range celFields(reflect.TypeFor[facts.Facts](), nil) {
		if !strings.Contains(want, "`"+field+"`") {
			t.Errorf("field %s is not described", field)
		}
	}
	if diff := cmp.Diff(want, rest); diff != "" {
		if !*update {
			t.Fatalf("rewrite it with -update (-want +got):\n%s", diff)
		}
		if err := os.WriteFile(writingRules, []byte(written+fieldsMark+want), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// celFields are the names of all fields that can be reached from a type.
func celFields(t reflect.Type, seen []reflect.Type) []string {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || slices.Contains(seen, t) {
		return nil
	}
	var names []string
	for f := range t.Fields() {
		if name := f.Tag.Get("cel"); name != "" {
			names = append(append(names, name), celFields(f.Type, append(seen, t))...)
		}
	}
	return names
}

// describeFacts is a section for each type that rules see: first the fields of `ditto`, then what they are made of.
func describeFacts(t *testing.T) string {
	comments := factComments(t)
	var b strings.Builder
	todo := []reflect.Type{reflect.TypeFor[facts.Facts]()}
	for i := 0; i < len(todo); i++ {
		name := todo[i].Name()
		title := "### " + name
		if i == 0 {
			title = "## Fields of `ditto`"
		}
		fmt.Fprintf(&b, "\n%s\n\n%s\n\n| field | type | meaning |\n|---|---|---|\n", title, sentence(comments[name], name))
		for _, row := range rows(todo[i], comments) {
			fmt.Fprintf(&b, "| %s | %s | %s |\n", strings.Join(row.names, ", "), strings.Join(row.types, ", "), inCEL(row.comment, todo[i]))
		}
		for f := range todo[i].Fields() {
			if _, of := celType(f.Type); of != nil && f.Tag.Get("cel") != "" && !slices.Contains(todo, of) {
				todo = append(todo, of)
			}
		}
	}
	return b.String()
}

// celType is what rules see of a Go type; of is the struct in it, if there is one.
func celType(t reflect.Type) (shown string, of reflect.Type) {
	switch t.Kind() {
	case reflect.Pointer:
		return celType(t.Elem())
	case reflect.Slice:
		element, of := celType(t.Elem())
		return "list of " + element, of
	case reflect.Struct:
		return "[" + t.Name() + "](#" + strings.ToLower(t.Name()) + ")", t
	case reflect.String:
		return "string", nil
	case reflect.Bool:
		return "bool", nil
	}
	if t.Kind() == reflect.Interface {
		return "any", nil
	}
	return "int", nil
}

// row is a line of a table: a field, or several that one comment is about.
type row struct {
	names, types []string
	comment      string
}

func rows(of reflect.Type, comments map[string]string) []row {
	var list []row
	for f := range of.Fields() {
		cel := f.Tag.Get("cel")
		if cel == "" {
			continue
		}
		comment := comments[of.Name()+"."+f.Name]
		if len(list) == 0 || comment == "" || list[len(list)-1].comment != comment {
			list = append(list, row{comment: comment})
		}
		r := &list[len(list)-1]
		r.names = append(r.names, "`"+cel+"`")
		if shown, _ := celType(f.Type); !slices.Contains(r.types, shown) {
			r.types = append(r.types, shown)
		}
	}
	return list
}

// sentence begins with another word than the type's name, which Go's comments begin with.
func sentence(comment, name string) string {
	if rest, ok := strings.CutPrefix(comment, name+" are "); ok {
		return "These are " + rest
	}
	if rest, ok := strings.CutPrefix(comment, name+" "); ok {
		return "This " + rest
	}
	return comment
}

// inCEL writes the names of a type's fields as rules do: where a sentence begins with them, and wherever they cannot be a word.
func inCEL(comment string, of reflect.Type) string {
	for f := range of.Fields() {
		cel := f.Tag.Get("cel")
		if cel == "" {
			continue
		}
		name := regexp.QuoteMeta(f.Name)
		if regexp.MustCompile(`[a-z][A-Z]`).MatchString(f.Name) {
			comment = regexp.MustCompile(`\b`+name+`\b`).ReplaceAllString(comment, "`"+cel+"`")
			continue
		}
		// At the beginning, as one of those that the comment is about, or before a verb.
		comment = regexp.MustCompile(`^((?:\S+(?:, | and ))*)`+name+`\b`).ReplaceAllString(comment, "${1}`"+cel+"`")
		comment = regexp.MustCompile(`([.;,] |and )`+name+` (is|are|says|say|lists|names|and) `).ReplaceAllString(comment, "$1`"+cel+"` $2 ")
	}
	return strings.ReplaceAll(comment, "|", "\\|")
}

// factComments are the comments of the types and fields that rules see, by their Go names: `State`, `State.Source`. A
// comment that names the fields right below it, too, is theirs as well.
func factComments(t *testing.T) map[string]string {
	t.Helper()
	var files []string
	for _, dir := range []string{"facts", "tri"} {
		found, err := filepath.Glob("../../internal/ditto/" + dir + "/*.go")
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	comments := map[string]string{}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range parsed.Decls {
			gen, ok := decl.(*ast.GenDecl)
			if !ok || gen.Tok != token.TYPE {
				continue
			}
			for _, spec := range gen.Specs {
				named := spec.(*ast.TypeSpec)
				fields, ok := named.Type.(*ast.StructType)
				if !ok {
					continue
				}
				comments[named.Name.Name] = oneLine(gen.Doc.Text())
				last := ""
				for _, field := range fields.Fields.List {
					if field.Doc != nil {
						last = oneLine(field.Doc.Text())
					}
					for _, name := range field.Names {
						if field.Doc != nil || regexp.MustCompile(`\b`+name.Name+`\b`).MatchString(last) {
							comments[named.Name.Name+"."+name.Name] = last
						}
					}
				}
			}
		}
	}
	return comments
}

func oneLine(comment string) string { return strings.Join(strings.Fields(comment), " ") }
