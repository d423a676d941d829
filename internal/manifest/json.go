package manifest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	sigsjson "sigs.k8s.io/json"

	"github.com/dittoguard/dittoguard/internal/manifest/position"
)

// decodeJSON decodes a document that consists of JSON objects, one after the other, as kubectl does. ok is false if it
// is something else: then it is read as YAML, unless the file's name says that it ought to be JSON.
func decodeJSON(d document) (values []value, ok bool, err error) {
	offset, line := firstContent(d.text)
	text := d.text[offset:]
	if isMarker(text, "---") {
		text = text[len("---"):]
	}
	if start := bytes.TrimLeft(text, " \t\r\n"); !bytes.HasPrefix(start, []byte("{")) ||
		bytes.HasPrefix(start, []byte("{{")) {
		return nil, false, nil
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	number := d.line + line
	for at := 0; ; {
		var raw json.RawMessage
		if err := decoder.Decode(&raw); err == io.EOF {
			return values, true, nil
		} else if err != nil {
			if strings.EqualFold(filepath.Ext(d.file.name), ".json") {
				return nil, true, jsonError(d, text[at:], number)
			}
			return nil, false, nil
		}
		end := int(decoder.InputOffset())
		begin := end - len(raw)
		number += bytes.Count(text[at:begin], []byte("\n"))
		v := value{text: text[begin:end:end], line: number, position: position.New(text[begin:end:end], number)}
		root := map[string]any{}
		duplicates, err := sigsjson.UnmarshalStrict(raw, &root)
		if err != nil {
			return nil, true, fmt.Errorf("%s:%d: invalid JSON: %w", d.file.name, v.line, err)
		}
		if len(duplicates) > 0 {
			for _, dup := range v.position.Duplicates() {
				v.warnings = append(v.warnings, duplicateWarning(d.file.name, dup))
			}
		}
		v.root = root
		values = append(values, v)
		number += bytes.Count(v.text, []byte("\n"))
		at = end
	}
}

func duplicateWarning(name string, dup position.Duplicate) string {
	return fmt.Sprintf("%s:%d: key %q occurs twice in one mapping; this one counts, the one on line %d does not",
		name, dup.Line, dup.Key, dup.Before)
}

// jsonError says where a text that begins on the given line stops being JSON. It is parsed anew: the offsets of a
// decoder's errors are not those of the text.
func jsonError(d document, text []byte, line int) error {
	var raw json.RawMessage
	err := json.Unmarshal(text, &raw)
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		at := min(max(int(syntax.Offset)-1, 0), len(text))
		return fmt.Errorf("%s:%d: invalid JSON: %w", d.file.name, line+bytes.Count(text[:at], []byte("\n")), err)
	}
	return fmt.Errorf("%s:%d: invalid JSON", d.file.name, line)
}
