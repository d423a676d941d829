package charts_test

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// documentedMetrics are the metrics of docs/metrics.md with their labels. A test of serve compares their names with what it registers.
func documentedMetrics(t *testing.T) map[string][]string {
	t.Helper()
	text, err := os.ReadFile("../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	metrics := map[string][]string{}
	for _, row := range regexp.MustCompile("(?m)^\\| `(dittoguard_[a-z_]+)` \\|([^|]*)\\|").FindAllStringSubmatch(string(text), -1) {
		var labels []string
		for _, label := range regexp.MustCompile("`([a-z]+)`").FindAllStringSubmatch(regexp.MustCompile(`\([^)]*\)`).ReplaceAllString(row[2], ""), -1) {
			labels = append(labels, label[1])
		}
		metrics[row[1]] = labels
	}
	return metrics
}

// TestAlertsAskForMetricsThatExist: every metric of an alert is there, and so is every label that the alert names of it.
func TestAlertsAskForMetricsThatExist(t *testing.T) {
	metrics := documentedMetrics(t)
	for variant, want := range map[string]int{"monitored": 15, "pods": 8} {
		found := 0
		for _, alert := range alerts(t, variants[variant]) {
			found++
			expression := fmt.Sprint(alert["expr"])
			names := regexp.MustCompile(`dittoguard_[a-z_]+`).FindAllString(expression, -1)
			if len(names) == 0 {
				t.Errorf("%v asks for no metric", alert["alert"])
			}
			for _, name := range names {
				labels, has := metrics[name]
				if !has {
					t.Errorf("%v: there is no metric %s", alert["alert"], name)
				}
				for _, match := range regexp.MustCompile(name+`\{([a-z]+)=`).FindAllStringSubmatch(expression, -1) {
					if !slices.Contains(labels, match[1]) {
						t.Errorf("%v: %s has no label %s", alert["alert"], name, match[1])
					}
				}
				for _, by := range regexp.MustCompile(`by \(([a-z, ]+)\) \(`+name).FindAllStringSubmatch(expression, -1) {
					for label := range strings.SplitSeq(by[1], ", ") {
						if !slices.Contains(labels, label) {
							t.Errorf("%v: %s has no label %s", alert["alert"], name, label)
						}
					}
				}
			}
		}
		if found != want {
			t.Errorf("%s: %d alerts, want %d", variant, found, want)
		}
	}
}

// TestAlertsAreDocumented: docs/metrics.md lists every alert of the chart and no other, each with the metrics that it asks for.
func TestAlertsAreDocumented(t *testing.T) {
	text, err := os.ReadFile("../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	conditions := map[string]string{}
	for _, row := range regexp.MustCompile("(?m)^\\| `(Dittoguard[A-Za-z]+)` \\|([^|]*)\\|").FindAllStringSubmatch(string(text), -1) {
		conditions[row[1]] = row[2]
	}
	for _, alert := range alerts(t, variants["monitored"]) {
		name := fmt.Sprint(alert["alert"])
		condition, has := conditions[name]
		if !has {
			t.Errorf("docs/metrics.md does not list %s", name)
			continue
		}
		delete(conditions, name)
		for _, metric := range regexp.MustCompile(`dittoguard_[a-z_]+`).FindAllString(fmt.Sprint(alert["expr"]), -1) {
			if !strings.Contains(condition, metric) {
				t.Errorf("docs/metrics.md: the condition of %s does not name %s", name, metric)
			}
		}
	}
	for name := range conditions {
		t.Errorf("docs/metrics.md lists %s, which the chart does not have", name)
	}
}

// TestAuditIsOldAfterThreeIntervals, however the interval is written.
func TestAuditIsOldAfterThreeIntervals(t *testing.T) {
	for interval, seconds := range map[string]string{"1h": "10800", "30m": "5400", "1h30m": "16200"} {
		for _, alert := range alerts(t, "{metrics: {prometheusRule: {enabled: true}}, audit: {interval: "+interval+"}}") {
			if alert["alert"] == "DittoguardAuditOld" && !strings.HasSuffix(fmt.Sprint(alert["expr"]), " > "+seconds) {
				t.Errorf("%s: %v, want %s", interval, alert["expr"], seconds)
			}
		}
	}
}

// alerts are those of the PrometheusRule that values render.
func alerts(t *testing.T, values string) []map[string]any {
	t.Helper()
	var list []map[string]any
	for _, object := range all[*unstructured.Unstructured](render(t, values)) {
		if object.GetKind() != "PrometheusRule" {
			continue
		}
		groups, _, err := unstructured.NestedSlice(object.Object, "spec", "groups")
		if err != nil {
			t.Fatal(err)
		}
		for _, group := range groups {
			rules, _ := group.(map[string]any)["rules"].([]any)
			for _, rule := range rules {
				list = append(list, rule.(map[string]any))
			}
		}
	}
	return list
}
