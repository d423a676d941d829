package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/test/cluster"
)

// audited is a control plane whose API server keeps reports, with dittoguard in it.
type audited struct {
	*cluster.Cluster

	serve *cluster.Serve
}

// TestTheContinuousAudit: what was there before dittoguard came, what an exception that lapsed leaves, and what nobody was asked about
// is found, as a report, an Event and a metric, and is gone when it is mended. What is found is what `audit` finds, and `check`.
func TestTheContinuousAudit(t *testing.T) {
	t.Parallel()
	c := own(t, "ditto", "other")
	n, other := in{c, "ditto"}, in{c, "other"}
	n.admitted(t, "", "apply", "--filename", "testdata/reports.yaml")
	n.admitted(t, "", "apply", "--filename", "testdata/exposed.yaml")
	today := time.Now().UTC()
	configuration := func(until time.Time) map[string]any {
		return map[string]any{
			"apiVersion": "dittoguard.io/v1alpha1", "kind": "Configuration",
			"exceptions": []any{map[string]any{
				"rules": []any{"devops-unsecured"}, "match": map[string]any{"namespace": "ditto"}, "reason": "until it moves", "expires": until.Format(time.DateOnly),
			}},
		}
	}
	text, err := values([]string{"ditto", "other"}, configuration(today.AddDate(0, 0, 2)), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := installChart(t.Context(), c, text); err != nil {
		t.Fatal(err)
	}
	a := audited{c, serve(t, c)}

	ready := time.Now()
	a.finds(t, "ditto", "gateway", "preauth-exposed", "fail")
	t.Logf("what was there before is told %s after dittoguard was ready", time.Since(ready).Round(100*time.Millisecond))
	a.sameKeys(t, "ditto")
	// Nothing is said of dittoguard's own webhook configurations, which are as they should be.
	if detail := a.ready(t); !strings.Contains(detail, "[+]audit ok, audits; everything judged at ") || strings.Contains(detail, "WebhookConfiguration") {
		t.Error(detail)
	}

	// Mended.
	n.admitted(t, "", "apply", "--filename", "testdata/fixed.yaml")
	began := time.Now()
	a.findsNothing(t, "ditto", "gateway", "preauth-exposed")
	t.Logf("what was mended is told %s later", time.Since(began).Round(100*time.Millisecond))

	// Lapsed.
	n.admitted(t, "", "set", "env", "deployment/gateway", "DEVOPS_STATUS_SECURED=false")
	a.reports(t, "ditto", "gateway", "devops-unsecured", "skip")
	lapsed, err := json.Marshal(configuration(today.AddDate(0, 0, -1)))
	if err != nil {
		t.Fatal(err)
	}
	patch, err := json.Marshal(map[string]any{"data": map[string]any{"configuration.yaml": string(lapsed)}})
	if err != nil {
		t.Fatal(err)
	}
	in{c, cluster.Namespace}.admitted(t, "", "patch", "configmap", cluster.Release, "--patch", string(patch))
	a.finds(t, "ditto", "gateway", "devops-unsecured", "fail")
	n.admitted(t, "", "set", "env", "deployment/gateway", "DEVOPS_STATUS_SECURED-")
	a.findsNothing(t, "ditto", "gateway", "devops-unsecured")

	// Unasked.
	other.admitted(t, "", "apply", "--filename", "testdata/fixed.yaml")
	a.unasked(t, func(ctx context.Context) error {
		gateway := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Namespace: other.namespace, Name: "gateway"}}
		return a.Client.Patch(ctx, gateway, client.RawPatch(types.StrategicMergePatchType, []byte(
			`{"spec": {"template": {"spec": {"containers": [{"name": "gateway", "env": [{"name": "ENABLE_PRE_AUTHENTICATION", "value": "true"}]}]}}}}`)))
	})
	began = time.Now()
	a.finds(t, "other", "gateway", "preauth-exposed", "fail")
	t.Logf("what nobody was asked about is told %s later", time.Since(began).Round(100*time.Millisecond))
	other.admitted(t, "", "delete", "ingress/api")
	a.findsNothing(t, "other", "gateway", "preauth-exposed")
}

// unasked does something that no webhook is asked about, and has them asked again.
func (a audited) unasked(t *testing.T, do func(ctx context.Context) error) {
	t.Helper()
	asked := &admissionregistrationv1.ValidatingWebhookConfiguration{}
	if err := a.Client.Get(t.Context(), client.ObjectKey{Name: cluster.Release}, asked); err != nil {
		t.Fatal(err)
	}
	if err := a.Client.Delete(t.Context(), asked.DeepCopy()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a request that nobody is asked about", func(ctx context.Context) (bool, any) {
		err := do(ctx)
		return err == nil, err
	})
	asked.UID, asked.ResourceVersion = "", ""
	if err := a.Client.Create(t.Context(), asked); err != nil {
		t.Fatal(err)
	}
}

// finds waits until something is told in all three ways.
func (a audited) finds(t *testing.T, namespace, name, rule, result string) {
	t.Helper()
	a.reports(t, namespace, name, rule, result)
	a.event(t, namespace, name, rule, "PolicyViolation")
	a.metric(t, namespace, rule, true)
}

// findsNothing waits until it is told that something is mended.
func (a audited) findsNothing(t *testing.T, namespace, name, rule string) {
	t.Helper()
	a.reports(t, namespace, name, rule, "")
	a.event(t, namespace, name, rule, "PolicyResolved")
	a.metric(t, namespace, rule, false)
}

// reports waits until the report of a Deployment has such a result of a rule; none if it is empty.
func (a audited) reports(t *testing.T, namespace, name, rule, result string) {
	t.Helper()
	eventually(t, fmt.Sprintf("%s of %s in the report of %s", result, rule, name), func(ctx context.Context) (bool, any) {
		var found []string
		for _, r := range a.results(ctx, t, namespace, name) {
			if r.Policy == rule {
				found = append(found, r.Result)
			}
		}
		return len(found) == 0 && result == "" || slices.Equal(found, []string{result}), found
	})
}

func (a audited) event(t *testing.T, namespace, name, rule, reason string) {
	t.Helper()
	eventually(t, fmt.Sprintf("an Event %s of %s on %s", reason, rule, name), func(ctx context.Context) (bool, any) {
		var list eventsv1.EventList
		if err := a.Client.List(ctx, &list, client.InNamespace(namespace)); err != nil {
			t.Fatal(err)
		}
		var notes []string
		for _, e := range list.Items {
			notes = append(notes, e.Reason+" "+e.Note)
			if e.Reason == reason && strings.HasPrefix(e.Note, rule+":") && e.Regarding.Kind == "Deployment" && e.Regarding.Name == name && e.ReportingController == "dittoguard.io/audit" {
				return true, nil
			}
		}
		return false, notes
	})
}

func (a audited) metric(t *testing.T, namespace, rule string, there bool) {
	t.Helper()
	line := fmt.Sprintf("dittoguard_findings{action=\"deny\",namespace=%q,rule=%q} 1\n", namespace, rule)
	eventually(t, line, func(ctx context.Context) (bool, any) {
		text, err := a.serve.Metrics(ctx)
		return err == nil && strings.Contains(text, line) == there, err
	})
}

func (a audited) ready(t *testing.T) string {
	t.Helper()
	_, detail := a.serve.Ready(t.Context())
	return detail
}

// reported is what tests read of a result.
type reported struct {
	Policy, Result, Message string
	Properties              map[string]string
}

// results are those of the reports of a namespace, of one object or, without a name, of all.
func (a audited) results(ctx context.Context, t *testing.T, namespace, name string) []reported {
	t.Helper()
	list := &unstructured.UnstructuredList{}
	list.SetAPIVersion("openreports.io/v1alpha1")
	list.SetKind("ReportList")
	if err := a.Client.List(ctx, list, client.InNamespace(namespace)); err != nil {
		t.Fatal(err)
	}
	var all []reported
	for i := range list.Items {
		var report struct {
			metav1.ObjectMeta `json:"metadata"`

			Scope   corev1.ObjectReference
			Results []reported
		}
		text, err := list.Items[i].MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, &report); err != nil {
			t.Fatal(err)
		}
		if len(report.OwnerReferences) != 1 || report.OwnerReferences[0].UID != report.Scope.UID || report.Scope.UID == "" {
			t.Errorf("report %s is of %v and owned by %v", report.Name, report.Scope, report.OwnerReferences)
		}
		if name == "" || report.Scope.Name == name && report.Scope.Kind == "Deployment" {
			all = append(all, report.Results...)
		}
	}
	return all
}

// sameKeys compares what is reported of a namespace with what `dittoguard audit` and `dittoguard check` find there, by keys.
func (a audited) sameKeys(t *testing.T, namespace string) {
	t.Helper()
	config := filepath.Join(t.TempDir(), "configuration.yaml")
	// What dittoguard itself is judging by.
	text := in{a.Cluster, cluster.Namespace}.admitted(t, "", "get", "configmap", cluster.Release, "--output", `jsonpath={.data.configuration\.yaml}`)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, r := range a.results(t.Context(), t, namespace, "") {
		if r.Properties["keys"] != "" {
			keys = append(keys, strings.Split(r.Properties["keys"], "\n")...)
		}
	}
	slices.Sort(keys)
	if len(keys) < 3 {
		t.Errorf("reported: %q", keys)
	}
	for _, args := range [][]string{
		{"audit", "--kubeconfig", a.Kubeconfig}, {"check", "--namespace", namespace, "testdata/exposed.yaml"},
	} {
		var found []string
		for _, f := range a.judged(t, append(args, "--config", config)...).Findings {
			if f.Action != check.ActionNone && f.Subject.Namespace == namespace {
				found = append(found, f.Keys...)
			}
		}
		slices.Sort(found)
		if diff := cmp.Diff(found, keys); diff != "" {
			t.Errorf("%s (-found +reported):\n%s", args[0], diff)
		}
	}
}

// judged is what a command of dittoguard finds.
func (a audited) judged(t *testing.T, args ...string) check.Result {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), shared.binary, append(args, "--output", "json")...)
	out, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || exit.ExitCode() != 3) {
		t.Fatalf("%v: %v", args, err)
	}
	var result check.Result
	if err := json.Unmarshal(out, &result); err != nil {
		t.Fatal(err)
	}
	return result
}
