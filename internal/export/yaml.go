package export

import (
	"bytes"
	"encoding/json"
	"fmt"

	"sigs.k8s.io/yaml"
)

// header is the first line of each exported file, before the rule's name. What begins with it was written by an export,
// and may be written over.
const header = "# Written by dittoguard export admission-policies; the next export overwrites it. Rule "

// YAML is the policy as a file: the policy first, then its binding.
func (p Policy) YAML() ([]byte, error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s%s.\n", header, p.Rule)
	for _, object := range p.objects() {
		text, err := document(object)
		if err != nil {
			return nil, fmt.Errorf("writing the policy of rule %s: %w", p.Rule, err)
		}
		b.WriteString("---\n")
		b.Write(text)
	}
	return b.Bytes(), nil
}

func (p Policy) objects() []any {
	var list []any
	if p.Validating != nil {
		list = append(list, p.Validating, p.ValidatingBinding)
	}
	if p.Mutating != nil {
		list = append(list, p.Mutating, p.MutatingBinding)
	}
	return list
}

// document is an object without the status, which is not ours to write.
func document(object any) ([]byte, error) {
	raw, err := json.Marshal(object)
	if err != nil {
		return nil, err
	}
	var content map[string]any
	if err := json.Unmarshal(raw, &content); err != nil {
		return nil, err
	}
	delete(content, "status")
	return yaml.Marshal(content)
}
