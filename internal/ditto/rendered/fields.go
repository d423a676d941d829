package rendered

import (
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"

	"github.com/dittoguard/dittoguard/internal/inventory"
)

// argoFields are fields of the source, or the sources, of an Application.
func argoFields(spec string, names ...string) []string {
	var fields []string
	for _, source := range []string{".source.", ".sources."} {
		for _, name := range names {
			fields = append(fields, spec+source+name)
		}
	}
	return fields
}

// values are what stands at a path, in each item of a list on the way.
func values(content any, path string) []any {
	if list, ok := content.([]any); ok {
		var all []any
		for _, item := range list {
			all = append(all, values(item, path)...)
		}
		return all
	}
	if path == "" {
		if content == nil {
			return nil
		}
		return []any{content}
	}
	name, rest, _ := strings.Cut(path, ".")
	object, _ := content.(map[string]any)
	return values(object[name], rest)
}

func texts(content any, path string) []string {
	var list []string
	for _, v := range values(content, path) {
		if text, ok := v.(string); ok && text != "" {
			list = append(list, text)
		}
	}
	return list
}

// text is the first one, empty if there is none.
func text(content any, path string) string {
	if list := texts(content, path); len(list) > 0 {
		return list[0]
	}
	return ""
}

// hasDitto says whether Helm values, as an object or as text, have a part for a chart of that name.
func hasDitto(content any, path string) bool {
	for _, v := range values(content, path) {
		if s, ok := v.(string); ok {
			var parsed map[string]any
			if yaml.Unmarshal([]byte(s), &parsed) != nil {
				continue
			}
			v = parsed
		}
		object, _ := v.(map[string]any)
		if _, ok := object["ditto"].(map[string]any); ok {
			return true
		}
	}
	return false
}

// sourceOf is the object that a field names by kind and name, nil if it was not found. Flux leaves its group out, and
// its API version.
func sourceOf(r inventory.Reader, o *inventory.Object, field string) *inventory.Object {
	name := text(o.Content(), field+".name")
	if name == "" {
		return nil
	}
	namespace := text(o.Content(), field+".namespace")
	if namespace == "" {
		namespace = o.Ref.Namespace
	}
	gk := schema.GroupKind{Group: "source.toolkit.fluxcd.io", Kind: text(o.Content(), field+".kind")}
	return r.Get(gk, namespace, name)
}
