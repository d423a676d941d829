package manifest

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v2"

	"github.com/dittoguard/dittoguard/internal/manifest/position"
)

// value is the root of one decoded document: a tree of what encoding/json can write, with integers as integers.
type value struct {
	root any
	text []byte
	// line is where text begins in the file.
	line     int
	position *position.Document
	warnings []string
}

// decodeYAML decodes a document with the library, and so with the reading of YAML 1.1, that kubectl has: a plain `yes`
// is a boolean, `0400` is octal, and of duplicate keys the last one counts. It differs where kubectl is silent: a
// second document inside is an error, and duplicate keys are a warning.
func decodeYAML(d document) (value, error) {
	v := value{text: d.text, line: d.line, position: position.New(d.text, d.line)}
	raw, err := unmarshal(d.text, true)
	if _, isDuplicate := errors.AsType[*yaml.TypeError](err); isDuplicate {
		// Strict decoding tells that there are duplicates (and takes an overridden merge for one), but keeps the first.
		for _, dup := range v.position.Duplicates() {
			v.warnings = append(v.warnings, duplicateWarning(d.file.name, dup))
		}
		raw, err = unmarshal(d.text, false)
	}
	if err != nil {
		return value{}, yamlError(d, err)
	}
	budget := maxExpansion + 10*len(d.text)
	if v.root, err = jsonable(raw, &budget); err != nil {
		return value{}, fmt.Errorf("%s:%d: %w", d.file.name, d.contentLine(), err)
	}
	return v, nil
}

// contentLine is the line of the document's first line of content.
func (d document) contentLine() int {
	_, line := firstContent(d.text)
	return d.line + line
}

// errSecondDocument: the YAML library knows line ends that an editor does not show (a lone CR, NEL, U+2028), and after
// one of them `---` starts a document that kubectl would ignore.
var errSecondDocument = errors.New("yaml: a second document starts inside this one; put `---` on a line of its own")

func unmarshal(text []byte, strict bool) (any, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.SetStrict(strict)
	var out, second any
	if err := decoder.Decode(&out); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, nil
		}
		return nil, err
	}
	switch err := decoder.Decode(&second); {
	case errors.Is(err, io.EOF):
		return out, nil
	case err == nil:
		return nil, errSecondDocument
	default:
		return nil, err
	}
}

// maxExpansion is how many bytes a document may grow by aliases, on top of ten times its text. The YAML library bounds
// the number of aliased nodes, not their size: ten thousand aliases of one long string pass it.
const maxExpansion = 1 << 20

var errExpansion = errors.New("aliases blow this document up to more than ten times its size")

// jsonable turns what the YAML library makes into what encoding/json takes, with the keys that kubectl gets.
func jsonable(v any, budget *int) (any, error) {
	if *budget -= 8; *budget < 0 {
		return nil, errExpansion
	}
	switch v := v.(type) {
	case map[any]any:
		out := make(map[string]any, len(v))
		for k, child := range v {
			name, err := keyName(k)
			if err != nil {
				return nil, err
			}
			*budget -= len(name)
			if out[name], err = jsonable(child, budget); err != nil {
				return nil, err
			}
		}
		return out, nil
	case []any:
		for i, child := range v {
			var err error
			if v[i], err = jsonable(child, budget); err != nil {
				return nil, err
			}
		}
		return v, nil
	case string:
		*budget -= len(v)
		return v, nil
	default:
		return v, nil
	}
}

func keyName(key any) (string, error) {
	switch k := key.(type) {
	case string:
		return k, nil
	case bool:
		return strconv.FormatBool(k), nil
	case int:
		return strconv.Itoa(k), nil
	case float64:
		// As sigs.k8s.io/yaml writes it.
		s := strconv.FormatFloat(k, 'g', -1, 32)
		switch s {
		case "+Inf":
			return ".inf", nil
		case "-Inf":
			return "-.inf", nil
		case "NaN":
			return ".nan", nil
		}
		return s, nil
	default:
		return "", fmt.Errorf("a key of type %T is neither string, number nor boolean", key)
	}
}

var (
	yamlLine   = regexp.MustCompile(`^line (\d+): `)
	yamlQuoted = regexp.MustCompile("(cannot decode !!\\w+) `(?s:.*)` as a (!!\\w+)$")
)

// yamlError is the library's error with the line in the file, and without what it quotes of the document, which may be
// a secret.
func yamlError(d document, err error) error {
	message := strings.TrimPrefix(err.Error(), "yaml: ")
	line := d.contentLine()
	if m := yamlLine.FindStringSubmatch(message); m != nil {
		if n, err := strconv.Atoi(m[1]); err == nil {
			line = d.line + n - 1
		}
		message = message[len(m[0]):]
	}
	message = yamlQuoted.ReplaceAllString(message, "$1 as a $2")
	if strings.HasPrefix(message, "invalid map key: ") {
		message = "a mapping or list cannot be a key"
	}
	if _, ok := errors.AsType[base64.CorruptInputError](err); ok {
		message = "!!binary value is not base64"
	}
	if strings.Contains(message, "found character that cannot start any token") {
		if number := tabLine(d.text, line-d.line); number >= 0 {
			line, message = d.line+number, "a tab cannot indent YAML; use spaces"
		}
	}
	return fmt.Errorf("%s:%d: invalid YAML: %s", d.file.name, line, message)
}

// tabLine is the line, counted from 0 and near the given one, that a tab indents; -1 if there is none. The library's
// line is that of the token before where the tab ends a block.
func tabLine(text []byte, near int) int {
	lines := bytes.Split(text, []byte("\n"))
	for n := max(near, 0); n < min(near+2, len(lines)); n++ {
		indent := lines[n][:len(lines[n])-len(bytes.TrimLeft(lines[n], " \t"))]
		if bytes.IndexByte(indent, '\t') >= 0 {
			return n
		}
	}
	return -1
}
