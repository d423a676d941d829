package charts_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
)

const (
	readmeFile = "dittoguard/README.md"
	readmeHead = `<!-- Generated from values.yaml: "make generate" writes it. -->
# The chart's values

dittoguard enforces Eclipse Ditto's hardening guide at Kubernetes admission. The project's documentation says how to
[install](../../docs/install.md) it, what [clusters of different providers](../../docs/platforms.md) need, and how its values
[compare](../../docs/chart-values.md) with those of other admission controllers.

A value that the chart does not know is an error, and so is one that contradicts another.
`
)

// chartValues is the chart's values.yaml, comments included.
func chartValues(t *testing.T) *yaml.Node {
	t.Helper()
	text, err := os.ReadFile("dittoguard/values.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var document yaml.Node
	if err := yaml.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	return document.Content[0]
}

// TestReadme: the chart's README says of every value what its comment in values.yaml says.
func TestReadme(t *testing.T) {
	var want strings.Builder
	want.WriteString(readmeHead)
	describeValues(t, &want, "", chartValues(t))
	if *update {
		if err := os.WriteFile(readmeFile, []byte(want.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(readmeFile)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want.String(), string(got)); diff != "" {
		t.Errorf("%s is not what values.yaml says; `make generate` rewrites it (-want +got):\n%s", readmeFile, diff)
	}
}

// describeValues writes a section for each value of a mapping. A mapping none of whose values has a comment is one value.
func describeValues(t *testing.T, out *strings.Builder, at string, mapping *yaml.Node) {
	t.Helper()
	for i := 0; i < len(mapping.Content); i += 2 {
		key, value := mapping.Content[i], mapping.Content[i+1]
		name := strings.TrimPrefix(at+"."+key.Value, ".")
		nested := commented(value)
		comment := prose(key.HeadComment)
		if comment == "" && !nested {
			t.Errorf("values.yaml says nothing about %s", name)
		}
		fmt.Fprintf(out, "\n%s `%s`\n\n", strings.Repeat("#", 2+strings.Count(name, ".")), name)
		if comment != "" {
			out.WriteString(comment + "\n")
		}
		if nested {
			describeValues(t, out, name, value)
			continue
		}
		if comment != "" {
			out.WriteString("\n")
		}
		value.Style |= yaml.FlowStyle
		for _, child := range value.Content {
			child.HeadComment, child.LineComment = "", ""
		}
		text, err := yaml.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(out, "Default: `%s`\n", strings.Join(strings.Fields(string(text)), " "))
	}
}

// commented says whether some value of a mapping has a comment.
func commented(value *yaml.Node) bool {
	if value.Kind != yaml.MappingNode {
		return false
	}
	for i := 0; i < len(value.Content); i += 2 {
		if value.Content[i].HeadComment != "" || commented(value.Content[i+1]) {
			return true
		}
	}
	return false
}

// prose is a comment without its marks. What is indented in it becomes a block of code.
func prose(comment string) string {
	var lines []string
	code := false
	for line := range strings.Lines(comment) {
		line = strings.TrimPrefix(strings.TrimPrefix(strings.TrimSpace(line), "#"), " ")
		if indented := strings.HasPrefix(line, "  "); indented != code {
			lines = append(lines, "")
			code = indented
		}
		if code {
			line = "  " + line
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}
