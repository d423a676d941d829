package rendered

import (
	"cmp"
	"maps"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"

	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// valuesFrom are the values that a HelmRelease takes from ConfigMaps and Secrets of its namespace, merged as
// helm-controller does: in their order, each over those before it. What is not found lacks even if it is optional: that
// it is not in the cluster cannot be seen.
func valuesFrom(r inventory.Reader, o *inventory.Object) (values map[string]any, secret bool, lack string, waits bool) {
	values = map[string]any{}
	for _, item := range list(o.Content(), "spec.valuesFrom") {
		data, isSecret, lack := dataOf(r, o.Ref.Namespace, item)
		if lack != "" {
			return nil, false, lack, true
		}
		secret = secret || isSecret
		key := cmp.Or(text(item, "valuesKey"), "values.yaml")
		name := text(item, "kind") + " " + o.Ref.Namespace + "/" + text(item, "name")
		written, found := data[key]
		if !found {
			return nil, false, reason.Of("rendered-values-key-not-found", key, name), true
		}
		if path := text(item, "targetPath"); path != "" {
			if !put(values, path, written) {
				return nil, false, reason.Of("rendered-field-not-evaluated", "spec.valuesFrom.targetPath: "+path), false
			}
			continue
		}
		var more map[string]any
		if yaml.Unmarshal([]byte(written), &more) != nil {
			return nil, false, reason.Of("rendered-values-not-read", key, name), false
		}
		values = merged(values, more)
	}
	return values, secret, "", false
}

// dataOf is what is in the ConfigMap or the Secret that an item names by kind and name.
func dataOf(r inventory.Reader, namespace string, item any) (data map[string]string, secret bool, lack string) {
	kind, name := text(item, "kind"), text(item, "name")
	object := r.Get(schema.GroupKind{Kind: kind}, namespace, name)
	data = map[string]string{}
	if object != nil {
		switch typed := object.Typed.(type) {
		case *corev1.ConfigMap:
			maps.Copy(data, typed.Data)
			return data, false, ""
		case *corev1.Secret:
			for key, value := range typed.Data {
				data[key] = string(value)
			}
			maps.Copy(data, typed.StringData)
			return data, true, ""
		}
	}
	return nil, false, reason.Of("rendered-values-not-found", kind+" "+namespace+"/"+name)
}

// merged are values with others over them, which are not changed. A null takes a value away, as in helm.
func merged(under, over map[string]any) map[string]any {
	values := maps.Clone(under)
	if values == nil {
		values = map[string]any{}
	}
	for name, value := range over {
		below, isObject := value.(map[string]any)
		if before, was := values[name].(map[string]any); isObject && was {
			values[name] = merged(before, below)
			continue
		}
		values[name] = runtime.DeepCopyJSONValue(value)
	}
	return values
}

// put puts one value under a dotted name, with the type that helm's --set gives it; in quotes it is a text. It says no
// to what needs more of that notation.
func put(values map[string]any, path, written string) bool {
	if strings.ContainsAny(path, `[]{}\,=`) {
		return false
	}
	names := strings.Split(path, ".")
	for i, name := range names {
		if name == "" {
			return false
		}
		if i == len(names)-1 {
			value, ok := typed(written)
			values[name] = value
			return ok
		}
		below, isObject := values[name].(map[string]any)
		if below = maps.Clone(below); !isObject {
			below = map[string]any{}
		}
		values[name] = below
		values = below
	}
	return false
}

func typed(written string) (any, bool) {
	for _, quote := range []string{`'`, `"`} {
		if len(written) > 1 && strings.HasPrefix(written, quote) && strings.HasSuffix(written, quote) {
			return written[1 : len(written)-1], true
		}
	}
	if strings.ContainsAny(written, `,\`) || strings.HasPrefix(written, "{") {
		return nil, false
	}
	switch written {
	case "true", "false":
		return written == "true", true
	case "null":
		return nil, true
	case "0":
		return int64(0), true
	}
	if number, err := strconv.ParseInt(written, 10, 64); err == nil && !strings.HasPrefix(written, "0") {
		return number, true
	}
	return written, true
}
