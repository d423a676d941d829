package e2e

import (
	"context"
	"fmt"
	"maps"
	"time"

	"sigs.k8s.io/yaml"

	"github.com/dittoguard/dittoguard/internal/config"
	"github.com/dittoguard/dittoguard/rules"
	"github.com/dittoguard/dittoguard/test/cluster"
)

// configuration is the one that everything in the shared cluster is judged by: the defaults, but a fixture of one rule is
// not refused for what other rules have against it.
func configuration(cases []*testCase) (map[string]any, error) {
	list, err := rules.Builtin()
	if err != nil {
		return nil, err
	}
	exceptions := []any{}
	for _, c := range cases {
		var others []string
		for _, r := range list {
			if c.rule != "" && r.Metadata.Name != c.rule && r.Spec.Level == rules.Baseline {
				others = append(others, r.Metadata.Name)
			}
		}
		if len(others) == 0 {
			continue
		}
		for _, o := range c.orders {
			for _, namespace := range o.namespaces {
				exceptions = append(exceptions, map[string]any{
					"rules": others, "match": map[string]any{"namespace": namespace}, "reason": "fixture of " + c.rule,
					"expires": time.Now().AddDate(0, 0, 2).Format(time.DateOnly),
				})
			}
		}
	}
	return map[string]any{
		"apiVersion": config.APIVersion, "kind": config.Kind,
		"modes":      map[string]any{"enforce": "baseline", "warn": "restricted", "audit": "restricted"},
		"exceptions": exceptions,
	}, nil
}

// parse reads a configuration as a command does.
func parse(configuration map[string]any) (*config.Config, error) {
	text, err := yaml.Marshal(configuration)
	if err != nil {
		return nil, err
	}
	list, err := rules.Builtin()
	if err != nil {
		return nil, err
	}
	return config.Parse("configuration", text, list)
}

// patience is how many seconds the API server waits for dittoguard, the longest that it takes, which is more than the chart
// wants. Only the verdict counts here, and the machine may be busy.
const patience = 30

// installChart installs the chart with values that have patience.
func installChart(ctx context.Context, c *cluster.Cluster, values string) error {
	out, err := c.InstallChart(ctx, values, "--skip-schema-validation")
	if err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	return nil
}

// values are the chart's values; extra are some besides what is always set.
func values(protected []string, configuration, extra map[string]any) (string, error) {
	all := map[string]any{
		"protectedNamespaces": protected, "configuration": configuration, "webhook": map[string]any{"timeoutSeconds": patience},
	}
	maps.Copy(all, extra)
	text, err := yaml.Marshal(all)
	if err != nil {
		return "", fmt.Errorf("writing the chart's values: %w", err)
	}
	return string(text), nil
}
