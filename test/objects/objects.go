// Package objects reads objects from YAML texts in tests.
package objects

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"

	"github.com/dittoguard/dittoguard/internal/inventory"
)

// Of are the objects of a YAML stream, in its order. Empty documents are none.
func Of(t testing.TB, stream string) []*inventory.Object {
	t.Helper()
	var list []*inventory.Object
	documents := utilyaml.NewYAMLReader(bufio.NewReader(strings.NewReader(stream)))
	for {
		document, err := documents.Read()
		if errors.Is(err, io.EOF) {
			return list
		}
		if err != nil {
			t.Fatal(err)
		}
		if len(bytes.TrimSpace(document)) == 0 {
			continue
		}
		raw, err := yaml.YAMLToJSON(document)
		if err != nil {
			t.Fatalf("%v in:\n%s", err, document)
		}
		o, err := inventory.Decode(raw, inventory.Source{})
		if err != nil {
			t.Fatalf("%v in:\n%s", err, document)
		}
		list = append(list, o)
	}
}
