package manifest

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/manifest/position"
)

// outcome is what became of one document.
type outcome struct {
	objects []*inventory.Object
	// placed are those that named no namespace, and need one.
	placed   []*inventory.Object
	warnings []string
	skipped  []Skipped
	errs     []error
}

// decode reads the objects of one document.
func decode(d document, namespace string) outcome {
	var out outcome
	values, isJSON, err := decodeJSON(d)
	if !isJSON {
		var v value
		v, err = decodeYAML(d)
		values = []value{v}
	}
	if err != nil {
		out.errs = []error{err}
		return out
	}
	for _, v := range values {
		if v.root == nil {
			continue // a document that says null
		}
		out.warnings = append(out.warnings, v.warnings...)
		e := expander{file: d.file, value: v, namespace: namespace, out: &out}
		e.expand(v.root, "", "", "")
	}
	return out
}

// expander turns a value into objects: itself, or the items of a List.
type expander struct {
	file      *file
	value     value
	namespace string
	out       *outcome
}

// expand adds the object at a path of the value (empty for the value itself). version and kind are what an item of a
// typed list (DeploymentList) is where it does not say so itself, as in kubectl.
func (e *expander) expand(v any, path, version, kind string) {
	line := e.value.line
	if path != "" {
		line = e.value.position.Line(path)
	} else if _, first := firstContent(e.value.text); first > 0 {
		line += first
	}
	object, mapping := v.(map[string]any)
	if problem := e.notObject(v); problem != "" && (kind == "" || !mapping) {
		skippable := !e.file.named && path == "" && !hasHead(v)
		if skippable {
			e.out.skipped = append(e.out.skipped, Skipped{File: e.file.name, Line: line, Reason: problem})
		} else {
			e.fail(line, path, "%s", problem)
		}
		return
	}
	if kind != "" {
		if object["kind"] == nil {
			object["kind"] = kind
		}
		if object["apiVersion"] == nil {
			object["apiVersion"] = version
		}
	}
	version, _ = object["apiVersion"].(string)
	kind, _ = object["kind"].(string)
	if item, isList := strings.CutSuffix(kind, "List"); isList {
		if items, found := object["items"]; found {
			e.items(items, path, line, version, item)
			return
		}
	}
	if tool := notForCluster(version, kind); tool != "" {
		reason := fmt.Sprintf("%s is not an object of a cluster: %s", kind, tool)
		if e.file.named || path != "" {
			e.fail(line, path, "%s", reason)
		} else {
			e.out.skipped = append(e.out.skipped, Skipped{File: e.file.name, Line: line, Reason: reason})
		}
		return
	}
	e.object(object, path, line, schema.FromAPIVersionAndKind(version, kind).GroupKind())
}

// items adds the items of a list. Those of the untyped v1 List say what they are.
func (e *expander) items(items any, path string, line int, version, kind string) {
	list, ok := items.([]any)
	if !ok && items != nil {
		e.fail(line, position.Join(path, "items"), "expected a list")
		return
	}
	for i, item := range list {
		e.expand(item, position.Join(path, fmt.Sprintf("items[%d]", i)), version, kind)
	}
}

// object decodes one object that is no list.
func (e *expander) object(object map[string]any, path string, line int, gk schema.GroupKind) {
	if object["metadata"] == nil {
		object["metadata"] = map[string]any{}
	}
	metadata, ok := object["metadata"].(map[string]any)
	if !ok {
		e.fail(line, path, "%s: metadata: expected a mapping", gk.Kind)
		return
	}
	placed := false
	switch {
	case clusterScoped[gk]:
		// The API server clears it (rest.EnsureObjectNamespaceMatchesRequestNamespace).
		delete(metadata, "namespace")
	case scopeKnown(gk) && (metadata["namespace"] == nil || metadata["namespace"] == ""):
		metadata["namespace"] = e.namespace
		placed = true
	}
	if _, encrypted := object["sops"].(map[string]any); encrypted && gk == inventory.Secret {
		// What is written there is not what will be in it.
		object["apiVersion"], object["kind"] = inventory.EncryptedSecret.Group+"/v1", inventory.EncryptedSecret.Kind
	}
	raw, err := json.Marshal(object)
	if err != nil {
		e.fail(line, path, "%s: %s", gk.Kind, err)
		return
	}
	source := inventory.Source{File: e.file.name, Line: line, LineOf: e.value.position.Line}
	if e.file.rendered {
		// The lines are not those of the file.
		source.Line, source.LineOf = 0, func(string) int { return 0 }
		source.Folder, source.Chart, source.By = e.file.folder.Dir, e.file.folder.Chart, e.file.by
	}
	if path != "" && !e.file.rendered {
		doc := e.value.position
		source.LineOf = func(field string) int { return doc.Line(position.Join(path, field)) }
	}
	o, err := inventory.Decode(raw, source)
	var mirrors []map[string]any
	if err == nil && gk == endpoints {
		mirrors, err = mirrored(raw, o.Ref)
	}
	if err != nil {
		e.typeError(line, path, err)
		return
	}
	if o.Ref.Name == "" && o.Meta.GenerateName == "" {
		e.fail(line, path, "%s: metadata.name is missing", gk.Kind)
		return
	}
	e.out.objects = append(e.out.objects, o)
	if placed {
		e.out.placed = append(e.out.placed, o)
	}
	for _, slice := range mirrors {
		e.object(slice, path, line, inventory.EndpointSlice)
	}
}

// notObject says why a value is no Kubernetes object, empty if it is one.
func (e *expander) notObject(v any) string {
	object, mapping := v.(map[string]any)
	if !mapping {
		return "not a Kubernetes object: expected a mapping with apiVersion and kind"
	}
	var missing []string
	for _, field := range []string{"apiVersion", "kind"} {
		switch text, ok := object[field].(string); {
		case object[field] == nil || text == "" && ok:
			missing = append(missing, field)
		case !ok:
			return "not a Kubernetes object: " + field + ": expected a string"
		}
	}
	switch len(missing) {
	case 0:
		return ""
	case 1:
		return "not a Kubernetes object: " + missing[0] + " is missing"
	default:
		return "not a Kubernetes object: apiVersion and kind are missing"
	}
}

// hasHead says whether a value has a field that makes it look like a Kubernetes object. A Chart.yaml has an apiVersion,
// v1 or v2, and no kind.
func hasHead(v any) bool {
	m, _ := v.(map[string]any)
	return m["apiVersion"] != nil || m["kind"] != nil
}

// notForCluster says of kinds that look like objects but are the input of a tool what to do with them.
func notForCluster(apiVersion, kind string) string {
	group, _, _ := strings.Cut(apiVersion, "/")
	switch {
	case group == "kustomize.config.k8s.io":
		return "build it first: kustomize build DIR | dittoguard check -"
	case group == "dittoguard.io" && kind == "Configuration":
		return "pass it with --config"
	case group == "dittoguard.io" && kind == "HardeningRule":
		return "it is a rule of dittoguard"
	}
	return ""
}

// goType is the text of a type error of package json: the JSON type that was found, the field below the name of a Go
// struct, and the Go type that was expected; of a number with its text.
var goType = regexp.MustCompile(`json: cannot unmarshal (\w+)[^ ]*(?: ([^ ]+))? into Go (?:struct field \w+\.(\S+)|value) of type (\S+)`)

// typeError reports an object that does not decode, with the line of the value that is wrong.
func (e *expander) typeError(line int, path string, err error) {
	message := err.Error()
	m := goType.FindStringSubmatch(message)
	if m == nil || m[3] == "" {
		e.fail(line, path, "%s", message)
		return
	}
	found, number, field, want := m[1], m[2], embedded.ReplaceAllString(m[3], ""), inWords(m[4])
	problem := "cannot be " + inWords(found)
	switch {
	case want == "an integer" && wholeNumber.MatchString(number):
		problem = number + " is out of the range of the field"
	case want != "":
		problem = "expected " + want + ", found " + inWords(found)
	}
	before, _, _ := strings.Cut(message, m[0])
	e.fail(e.value.position.LineOfType(path, field, found), path, "%s%s: %s", before, field, problem)
}

// embedded are the names of Go structs in a path whose fields stand in the mapping around them, which YAML does not
// have: `configMapKeyRef.LocalObjectReference.name`. Fields of Kubernetes begin with a small letter.
var embedded = regexp.MustCompile(`\b[A-Z]\w*\.`)

var wholeNumber = regexp.MustCompile(`^-?[0-9]+$`)

// inWords is a JSON type, or the one that a Go type is read from, for people; empty for a Go type whose name does not
// tell.
func inWords(name string) string {
	switch {
	case name == "string" || name == "number":
		return "a " + name
	case name == "bool":
		return "a boolean"
	case name == "object" || strings.HasPrefix(name, "map["):
		return "a mapping"
	case name == "array" || strings.HasPrefix(name, "[]"):
		return "a list"
	case strings.HasPrefix(name, "int") && !strings.Contains(name, "."):
		return "an integer"
	}
	return ""
}

// fail keeps an error about a place in the file; path is that of an item of a list.
func (e *expander) fail(line int, path, format string, args ...any) {
	message := fmt.Sprintf(format, args...)
	if path != "" {
		message = path + ": " + message
	}
	e.out.errs = append(e.out.errs, errors.New(fmt.Sprintf("%s:%d: ", e.file.name, line)+message))
}
