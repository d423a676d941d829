// Package promql has Prometheus' own parser read what the chart asks Prometheus for. It is a module of its own, so that dittoguard
// does not depend on that.
package promql

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/prometheus/promql/parser"
	"go.yaml.in/yaml/v3"
)

const checkout = "../.."

// queries are the expressions of the chart's alerts and of its dashboard, by what they are for.
func queries(t *testing.T) map[string]string {
	t.Helper()
	helm := filepath.Join(os.Getenv("KUBEBUILDER_ASSETS"), "helm")
	if _, err := os.Stat(helm); err != nil || !filepath.IsAbs(helm) {
		t.Fatal("KUBEBUILDER_ASSETS names no folder with helm; `make test` sets it")
	}
	command := exec.CommandContext(t.Context(), helm, "template", "x", filepath.Join(checkout, "charts/dittoguard"), "--namespace", "guard",
		"--set", "metrics.prometheusRule.enabled=true,metrics.dashboard.enabled=true")
	command.Stderr = os.Stderr
	out, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for in := yaml.NewDecoder(strings.NewReader(string(out))); ; {
		var object struct {
			Kind string
			Data map[string]string
			Spec struct {
				Groups []struct {
					Rules []struct{ Alert, Expr string }
				}
			}
		}
		if err := in.Decode(&object); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if object.Kind == "PrometheusRule" {
			for _, group := range object.Spec.Groups {
				for _, rule := range group.Rules {
					found["alert "+rule.Alert] = rule.Expr
				}
			}
		}
		for file, text := range object.Data {
			if !strings.HasSuffix(file, ".json") {
				continue
			}
			var dashboard struct {
				Panels []struct {
					Title   string
					Targets []struct{ RefID, Expr string }
				}
			}
			if err := json.Unmarshal([]byte(text), &dashboard); err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			for _, panel := range dashboard.Panels {
				for _, target := range panel.Targets {
					found["panel "+panel.Title+" "+target.RefID] = grafana.Replace(target.Expr)
				}
			}
		}
	}
	return found
}

// grafana puts values in place of the variables that Grafana fills in.
var grafana = strings.NewReplacer("$__rate_interval", "5m", "$__range", "1h", "$namespace", "ditto")

// documented are the metrics of docs/metrics.md with their labels. A test of serve compares their names with what it registers.
func documented(t *testing.T) map[string][]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(checkout, "docs/metrics.md"))
	if err != nil {
		t.Fatal(err)
	}
	metrics := map[string][]string{"process_resident_memory_bytes": nil, "process_cpu_seconds_total": nil}
	for _, row := range regexp.MustCompile("(?m)^\\| `(dittoguard_[a-z_]+)` \\|([^|]*)\\|([^|]*)\\|").FindAllStringSubmatch(string(text), -1) {
		var labels []string
		for _, label := range regexp.MustCompile("`([a-z]+)`").FindAllStringSubmatch(regexp.MustCompile(`\([^)]*\)`).ReplaceAllString(row[2], ""), -1) {
			labels = append(labels, label[1])
		}
		name := row[1]
		if strings.Contains(row[3], "Histogram") {
			name, labels = name+"_bucket", append(labels, "le")
		}
		metrics[name] = labels
	}
	return metrics
}

// TestWhatTheChartAsksPrometheusFor parses, and is there: every metric, and every label that is asked of it or grouped by.
func TestWhatTheChartAsksPrometheusFor(t *testing.T) {
	found, metrics := queries(t), documented(t)
	if len(found) < 30 {
		t.Errorf("only %d expressions were found", len(found))
	}
	for name, text := range found {
		parsed, err := parser.ParseExpr(text)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		asked := 0
		parser.Inspect(parsed, func(node parser.Node, path []parser.Node) error {
			vector, ok := node.(*parser.VectorSelector)
			if !ok {
				return nil
			}
			asked++
			labels, has := metrics[vector.Name]
			if !has {
				t.Errorf("%s: there is no metric %s", name, vector.Name)
			}
			labels = append([]string{"__name__", "job", "instance"}, labels...)
			for _, matcher := range vector.LabelMatchers {
				if !slices.Contains(labels, matcher.Name) {
					t.Errorf("%s: %s has no label %s", name, vector.Name, matcher.Name)
				}
			}
			for _, above := range path {
				if by, ok := above.(*parser.AggregateExpr); ok && !by.Without {
					for _, label := range by.Grouping {
						if !slices.Contains(labels, label) {
							t.Errorf("%s: %s has no label %s", name, vector.Name, label)
						}
					}
				}
			}
			return nil
		})
		if asked == 0 {
			t.Errorf("%s asks for no metric: %s", name, text)
		}
	}
}
