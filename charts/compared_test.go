package charts_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// TestEveryValueIsCompared: docs/chart-values.md names every value of the chart, by itself or with all that it is part of, and no other.
func TestEveryValueIsCompared(t *testing.T) {
	page, err := os.ReadFile("../docs/chart-values.md")
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]bool{}
	for line := range strings.Lines(string(page)) {
		cells := strings.Split(line, "|")
		if len(cells) < 7 {
			continue
		}
		// In "`a.b`, `.c`" the second one is a.c; "`mode: self`" names the value with what it is set to.
		last := ""
		for _, code := range regexp.MustCompile("`([A-Za-z.]+)(?:: [^`]*)?`").FindAllStringSubmatch(cells[2], -1) {
			name := code[1]
			if strings.HasPrefix(name, ".") {
				name = last[:strings.LastIndex(last, ".")] + name
			}
			last = name
			named[name] = true
		}
	}
	var all []string
	var walk func(at string, covered bool, value *yaml.Node)
	walk = func(at string, covered bool, value *yaml.Node) {
		all = append(all, at)
		covered = covered || named[at]
		if value.Kind != yaml.MappingNode || len(value.Content) == 0 {
			if !covered {
				t.Errorf("docs/chart-values.md does not name the value %s", at)
			}
			return
		}
		for i := 0; i < len(value.Content); i += 2 {
			walk(at+"."+value.Content[i].Value, covered, value.Content[i+1])
		}
	}
	root := chartValues(t)
	for i := 0; i < len(root.Content); i += 2 {
		walk(root.Content[i].Value, false, root.Content[i+1])
	}
	for name := range named {
		if !slices.Contains(all, name) {
			t.Errorf("docs/chart-values.md names %s, and the chart has no such value", name)
		}
	}
}
