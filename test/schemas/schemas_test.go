// Package schemas makes the JSON Schemas in docs/schemas from the Go types, and tries them on what dittoguard reads and writes.
package schemas

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/invopop/jsonschema"
	"github.com/rogpeppe/go-internal/txtar"
	validator "github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"github.com/dittoguard/dittoguard/internal/config"
	"github.com/dittoguard/dittoguard/internal/report"
	"github.com/dittoguard/dittoguard/rules"
)

var update = flag.Bool("update", false, "rewrite docs/schemas")

const module = "github.com/dittoguard/dittoguard"

// schemas are the files below docs/schemas. A report may get further fields; a document of a user has none that is not known.
var schemas = map[string]struct {
	of    any
	title string
	open  bool
}{
	"report.json":        {report.Document{}, "What dittoguard check and audit write with --output json", true},
	"configuration.json": {configuration{}, "The configuration of dittoguard", false},
	"hardeningrule.json": {rules.HardeningRule{}, "A rule of dittoguard", false},
}

// made is a schema, from the types.
func made(t *testing.T, name string) []byte {
	t.Helper()
	from := schemas[name]
	r := &jsonschema.Reflector{Anonymous: true, AllowAdditionalProperties: from.open, ExpandedStruct: true}
	for _, folder := range []string{"./rules", "./internal/check", "./internal/report", "./internal/inventory", "./internal/config"} {
		if err := r.AddGoComments(module, folder); err != nil {
			t.Fatal(err)
		}
	}
	r.Mapper = func(of reflect.Type) *jsonschema.Schema {
		switch of {
		case reflect.TypeFor[rules.Severity]():
			return texts(rules.Critical, rules.High, rules.Medium, rules.Low)
		case reflect.TypeFor[rules.Level]():
			return texts(rules.Baseline, rules.Restricted)
		}
		return nil
	}
	s := r.Reflect(from.of)
	s.Title = from.title
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return append(data, '\n')
}

func TestSchemasAreUpToDate(t *testing.T) {
	t.Chdir("../..")
	for name := range schemas {
		want := made(t, name)
		file := filepath.Join("docs/schemas", name)
		if *update {
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, want, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("%s is not what the types say; `make generate` rewrites it (-want +got):\n%s", file, diff)
		}
	}
}

// compiled is a schema as it is in the docs.
func compiled(t *testing.T, name string) *validator.Schema {
	t.Helper()
	s, err := validator.NewCompiler().Compile(filepath.Join("../../docs/schemas", name))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// asJSON is a document of YAML or JSON as the validator takes it. In YAML 1.2, as in the parser, `off` is a text.
func asJSON(t *testing.T, data []byte) any {
	t.Helper()
	var document any
	if err := yaml.Unmarshal(data, &document); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(document)
	if err != nil {
		t.Fatal(err)
	}
	value, err := validator.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// scripts are the files in the scripts that test the command.
func scripts(t *testing.T, take func(name string, data []byte)) {
	t.Helper()
	list, err := filepath.Glob("../../cmd/dittoguard/testdata/script/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range list {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range archive.Files {
			take(filepath.Base(file)+": "+f.Name, f.Data)
		}
	}
}

// TestReportsAreValid tries every report that a test expects.
func TestReportsAreValid(t *testing.T) {
	schema := compiled(t, "report.json")
	n := 0
	try := func(name string, data []byte) {
		if !json.Valid(data) || !bytes.Contains(data, []byte(`"findings": [`)) || bytes.Contains(data, []byte(`"waysIn"`)) || bytes.Contains(data, []byte(`"opened"`)) {
			return
		}
		n++
		if err := schema.Validate(asJSON(t, data)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	scripts(t, try)
	golden, err := filepath.Glob("../../internal/report/testdata/*.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range golden {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		try(file, data)
	}
	if n < 3 {
		t.Errorf("only %d reports were found", n)
	}
}

// TestConfigurationsAreValid tries every configuration of a test that the parser takes.
func TestConfigurationsAreValid(t *testing.T) {
	schema := compiled(t, "configuration.json")
	list, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	try := func(name string, data []byte) {
		if !strings.Contains(string(data), "kind: "+config.Kind) {
			return
		}
		if _, err := config.Parse(name, data, list); err != nil {
			return
		}
		n++
		if err := schema.Validate(asJSON(t, data)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	scripts(t, try)
	files, err := filepath.Glob("../../rules/builtin/*/*/*.configuration.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		try(file, data)
	}
	if n < 50 {
		t.Errorf("only %d configurations were found", n)
	}
}

func TestRulesAreValid(t *testing.T) {
	schema := compiled(t, "hardeningrule.json")
	files, err := filepath.Glob("../../rules/builtin/*/rule.yaml")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d rules: %v", len(files), err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(asJSON(t, data)); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}

func TestSchemasRefuseWhatIsNotKnown(t *testing.T) {
	for _, test := range []struct{ schema, document string }{
		{"configuration.json", "{apiVersion: dittoguard.io/v1alpha1, kind: Configuration, mode: {}}"},
		{"configuration.json", "{apiVersion: dittoguard.io/v1alpha1, kind: Configuration, modes: {enforce: strict}}"},
		{"configuration.json", "{apiVersion: dittoguard.io/v1alpha1, kind: Configuration, edges: {clouds: [mine]}}"},
		{"configuration.json", "{apiVersion: dittoguard.io/v1alpha1, kind: Configuration, exceptions: [{rules: [a], match: {}, reason: r, expires: '2027-01-31'}]}"},
		{"hardeningrule.json", "{apiVersion: dittoguard.io/v1alpha1, kind: HardeningRule, metadata: {name: a}}"},
		{"report.json", "{findings: []}"},
	} {
		if compiled(t, test.schema).Validate(asJSON(t, []byte(test.document))) == nil {
			t.Errorf("%s takes %s", test.schema, test.document)
		}
	}
}

// TestTheConfigurationIsWhatTheParserReads: each mapping has the fields of which the parser says that it expects them.
func TestTheConfigurationIsWhatTheParserReads(t *testing.T) {
	var schema map[string]any
	data, err := os.ReadFile("../../docs/schemas/configuration.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &schema); err != nil {
		t.Fatal(err)
	}
	const head = "apiVersion: dittoguard.io/v1alpha1\nkind: Configuration\n"
	definitions := schema["$defs"].(map[string]any)
	for definition, document := range map[string]string{
		"": head + "zzz: 1\n", "modes": head + "modes: {zzz: 1}\n", "edges": head + "edges: {zzz: 1}\n", "gateway": head + "edges: {internalGateways: [{zzz: 1}]}\n",
		"ingressClass": head + "edges: {ingressClasses: {a: {zzz: 1}}}\n", "client": head + "edges: {clients: [{zzz: 1}]}\n",
		"version": head + "edges: {controllers: {kong: {zzz: 1}}}\n", "ruleSetting": head + "rules: {edge-tls: {zzz: 1}}\n",
		"exception": head + "exceptions: [{zzz: 1}]\n", "match": head + "exceptions: [{match: {zzz: 1}}]\n",
	} {
		object := schema
		if definition != "" {
			object = definitions[definition].(map[string]any)
		}
		var fields []string
		for name := range object["properties"].(map[string]any) {
			fields = append(fields, name)
		}
		slices.Sort(fields)
		list, err := rules.Builtin()
		if err != nil {
			t.Fatal(err)
		}
		_, problem := config.Parse("c.yaml", []byte(document), list)
		found := regexp.MustCompile(`zzz: unknown field; expected (.*)`).FindStringSubmatch(problem.Error())
		if found == nil {
			t.Errorf("%q: %v", document, problem)
			continue
		}
		if diff := cmp.Diff(strings.Split(strings.ReplaceAll(found[1], " or ", ", "), ", "), fields); diff != "" {
			t.Errorf("%q (-the parser's +the schema's):\n%s", definition, diff)
		}
	}
	for name := range definitions {
		if name == "mode" || name == "controllerName" || name == "cloud" {
			continue
		}
		if definitions[name].(map[string]any)["type"] != "object" {
			t.Errorf("%s is no object", name)
		}
	}
}
