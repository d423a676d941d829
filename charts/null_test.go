package charts_test

import (
	"os"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// TestValuesThatAreNull: helm takes a value away that is null. A map that is needed is then named as missing; without any other the
// chart renders.
func TestValuesThatAreNull(t *testing.T) {
	text, err := os.ReadFile("dittoguard/values.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var values map[string]any
	if err := yaml.Unmarshal(text, &values); err != nil {
		t.Fatal(err)
	}
	var visit func(at string, values map[string]any)
	visit = func(at string, values map[string]any) {
		for name, value := range values {
			nested, isMap := value.(map[string]any)
			if !isMap {
				continue
			}
			field := strings.TrimPrefix(at+"."+name, ".")
			t.Run(field, func(t *testing.T) {
				t.Parallel()
				_, err := run(t, helms(t)[0], "", "template", "dittoguard", "dittoguard", "--namespace", namespace,
					"--set", "protectedNamespaces={ditto}", "--set", field+"=null")
				if err != nil && !strings.Contains(err.Error(), "missing property '"+name+"'") {
					t.Error(err)
				}
			})
			visit(field, nested)
		}
	}
	visit("", values)
}
