package rules

import (
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"sync"
)

//go:embed builtin/*/rule.yaml
var builtin embed.FS

// Builtin returns the rules that are part of dittoguard, sorted by name. The list is the caller's, but what the rules
// point to is everybody's. An error is a defect of the build.
func Builtin() ([]HardeningRule, error) {
	list, err := loadBuiltin()
	return slices.Clone(list), err
}

// loadBuiltin decodes the rules, once.
var loadBuiltin = sync.OnceValues(func() ([]HardeningRule, error) {
	sub, err := fs.Sub(builtin, "builtin")
	if err != nil {
		return nil, fmt.Errorf("reading the built-in rules: %w", err)
	}
	found, err := LoadFrom(sub, "rules/builtin")
	if err != nil {
		return nil, fmt.Errorf("reading the built-in rules: %w", err)
	}
	return found, nil
})

// isBuiltin says whether a built-in rule has the name, without reading it.
func isBuiltin(name string) bool {
	_, err := fs.Stat(builtin, "builtin/"+name+"/rule.yaml")
	return err == nil
}

// Names are the rules' names, in their order.
func Names(list []HardeningRule) []string {
	names := make([]string, 0, len(list))
	for _, rule := range list {
		names = append(names, rule.Metadata.Name)
	}
	return names
}
