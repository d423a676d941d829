package render

import (
	"errors"
	"fmt"

	"github.com/fluxcd/pkg/envsubst"
	"sigs.k8s.io/yaml"

	"github.com/dittoguard/dittoguard/internal/ditto/rendered"
)

// finished are objects with the labels, the annotations and the variables that Flux adds at the end.
func finished(text []byte, b rendered.Build) ([]byte, error) {
	if len(b.Labels)+len(b.Annotations) == 0 && b.Substitute == nil {
		return text, nil
	}
	var object map[string]any
	if err := yaml.Unmarshal(text, &object); err != nil || object == nil {
		return text, nil //nolint:nilerr // who reads it says what is wrong
	}
	meta, _ := object["metadata"].(map[string]any)
	if meta == nil {
		meta = map[string]any{}
		object["metadata"] = meta
	}
	disabled := false
	for name, added := range map[string]map[string]string{"labels": b.Labels, "annotations": b.Annotations} {
		all, _ := meta[name].(map[string]any)
		disabled = disabled || all["kustomize.toolkit.fluxcd.io/substitute"] == "disabled"
		for key, value := range added {
			if all == nil {
				all = map[string]any{}
				meta[name] = all
			}
			all[key] = value
		}
	}
	text, err := yaml.Marshal(object)
	if err != nil || b.Substitute == nil || disabled {
		return text, err
	}
	replaced, err := envsubst.Eval(string(text), func(name string) (string, bool) { return b.Substitute[name], true })
	switch {
	case err != nil && b.Secret:
		return nil, errors.New("its variables cannot be replaced")
	case err != nil:
		return nil, fmt.Errorf("its variables cannot be replaced: %w", err)
	}
	return []byte(replaced), nil
}
