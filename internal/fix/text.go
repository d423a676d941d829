package fix

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/pmezard/go-difflib/difflib"
	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// marker is what stands between the documents of a YAML stream.
func marker(line string) bool {
	return line == "---" || strings.HasPrefix(line, "--- ") || strings.HasPrefix(line, "---\t") || line == "..."
}

// lines are the lines of a text, each with its end.
func lines(text string) []string {
	all := strings.SplitAfter(text, "\n")
	if all[len(all)-1] == "" {
		all = all[:len(all)-1]
	}
	return all
}

// document is one document of a file: its lines from first (counted from 0) up to end.
type document struct {
	first, end int
	root       *yaml.Node
	err        error
}

// documents are those of a file's lines. What stands between them belongs to none.
func documents(all []string) []document {
	var list []document
	first := 0
	finish := func(end int) {
		text := strings.Join(all[first:end], "")
		var root yaml.Node
		err := yaml.Unmarshal([]byte(text), &root)
		if err != nil || len(root.Content) > 0 {
			list = append(list, document{first, end, &root, err})
		}
		first = end + 1
	}
	for i, line := range all {
		if marker(strings.TrimRight(line, "\r\n")) {
			finish(i)
		}
	}
	finish(len(all))
	return list
}

// encode writes a document as kyaml does.
func encode(root *yaml.Node, like string) (string, error) {
	var b bytes.Buffer
	encoder := yaml.NewEncoderWithOptions(&b,
		&yaml.EncoderOptions{SeqIndent: yaml.SequenceIndentStyle(yaml.DeriveSeqIndentStyle(like))})
	if err := encoder.Encode(root); err != nil {
		return "", fmt.Errorf("writing YAML: %w", err)
	}
	if err := encoder.Close(); err != nil {
		return "", fmt.Errorf("writing YAML: %w", err)
	}
	return b.String(), nil
}

// rewrite changes a document's text by what change does to its nodes. Lines that it does not concern stay as they are:
// an encoder drops empty lines and sets its own white space, so only what differs between the encoder's text before and
// after is taken over.
func rewrite(text string, change func(root *yaml.Node) error) (string, error) {
	var root yaml.Node
	if err := yaml.Unmarshal([]byte(text), &root); err != nil {
		return "", fmt.Errorf("reading YAML: %w", err)
	}
	before, err := encode(&root, text)
	if err != nil {
		return "", err
	}
	if err := change(&root); err != nil {
		return "", err
	}
	after, err := encode(&root, text)
	if err != nil {
		return "", err
	}
	if before == after {
		return text, nil
	}
	if merged, ok := merge(lines(text), lines(before), lines(after)); ok && means(merged, after) {
		return merged, nil
	}
	return after, nil
}

// means says whether two texts hold the same.
func means(a, b string) bool {
	var x, y any
	return yaml.Unmarshal([]byte(a), &x) == nil && yaml.Unmarshal([]byte(b), &y) == nil &&
		fmt.Sprint(x) == fmt.Sprint(y)
}

// merge makes the changes between before and after in a text that differs from before in white space. It says false
// where a change cannot be placed.
func merge(text, before, after []string) (string, bool) {
	at := aligned(before, text)
	var out []string
	done := 0 // lines of the text
	upTo := 0 // lines of before
	for _, op := range difflib.NewMatcherWithJunk(before, after, false, nil).GetOpCodes() {
		if op.Tag == 'e' {
			continue
		}
		i1, i2, j1, j2 := op.I1, op.I2, op.J1, op.J2
		for i1 > upTo && (i1 == i2 && at[i1-1] < 0 || i1 < i2 && at[i1] < 0) {
			i1, j1 = i1-1, j1-1
		}
		for i2 > i1 && i2 < len(before) && at[i2-1] < 0 {
			i2, j2 = i2+1, j2+1
		}
		var start, end int
		switch {
		case i1 < i2:
			start, end = at[i1], at[i2-1]+1
		case i1 > 0:
			start = at[i1-1] + 1
			end = start
		}
		if start < done || end < start || i1 < upTo {
			return "", false
		}
		out = append(out, text[done:start]...)
		least := -1
		for _, line := range after[j1:j2] {
			if n := indent(line); line != "\n" && (least < 0 || n < least) {
				least = n
			}
		}
		for _, line := range after[j1:j2] {
			out = append(out, indented(line, least, max(0, i2-1), text, before, at))
		}
		done, upTo = end, i2
	}
	out = append(out, text[done:]...)
	return strings.Join(out, ""), true
}

// aligned are the lines of the text that those of before are, -1 for those that are none. Where as many lines in a row
// differ, by the quotes that the encoder sets, say, each is the one that stands in its place.
func aligned(before, text []string) []int {
	at := make([]int, len(before))
	for i := range at {
		at[i] = -1
	}
	a, b := 0, 0 // behind the last block
	for _, block := range difflib.NewMatcherWithJunk(squeezed(before), squeezed(text), false, nil).GetMatchingBlocks() {
		if block.A-a == block.B-b {
			for k := range block.A - a {
				at[a+k] = b + k
			}
		}
		for k := range block.Size {
			at[block.A+k] = block.B + k
		}
		a, b = block.A+block.Size, block.B+block.Size
	}
	return at
}

// indented is a line of the encoder's text that comes into another text near a line of before, indented as lines there
// are: like the nearest above that the encoder indents alike, or else as much further than the nearest one as the
// encoder does. Lines that the encoder indents less than any that come are the end of what is alike: lists beyond may
// be indented in another way.
func indented(line string, least, near int, text, before []string, at []int) string {
	body := strings.TrimLeft(line, " ")
	if body == "\n" || near >= len(before) && near == 0 {
		return line
	}
	width := len(line) - len(body)
	nearest := -1
	for k := min(near, len(before)-1); k >= 0; k-- {
		if at[k] < 0 || strings.HasPrefix(strings.TrimLeft(before[k], " "), "#") {
			continue // people indent comments as they like
		}
		if nearest < 0 {
			nearest = k
		}
		if indent(before[k]) == width {
			return strings.Repeat(" ", indent(text[at[k]])) + body
		}
		if indent(before[k]) < least {
			break
		}
	}
	if nearest >= 0 {
		width = max(0, indent(text[at[nearest]])+width-indent(before[nearest]))
	}
	return strings.Repeat(" ", width) + body
}

func indent(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }

// squeezed are lines without what an encoder may set differently.
func squeezed(all []string) []string {
	out := make([]string, len(all))
	for i, line := range all {
		out[i] = strings.Join(strings.Fields(strings.NewReplacer("{ ", "{", " }", "}", "[ ", "[", " ]",
			"]").Replace(line)), " ")
	}
	return out
}

// unified is the difference between two texts of a file, as diff -u has it.
func unified(name, before, after string) (string, error) {
	from, to := "a/"+name, "b/"+name
	if strings.HasPrefix(name, "/") {
		from, to = name, name
	}
	text, err := difflib.GetUnifiedDiffString(difflib.UnifiedDiff{
		A: slices.Clone(lines(before)), B: slices.Clone(lines(after)), FromFile: from, ToFile: to, Context: 3,
	})
	if err != nil {
		return "", fmt.Errorf("comparing %s: %w", name, err)
	}
	return text, nil
}
