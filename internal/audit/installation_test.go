package audit

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/fake"
	kubetesting "k8s.io/client-go/testing"
	"k8s.io/utils/ptr"
)

// guarding is a configuration as the chart installs it for namespace ditto.
func guarding() *admissionregistrationv1.ValidatingWebhookConfiguration {
	var rules []admissionregistrationv1.RuleWithOperations
	for _, group := range slices.Sorted(maps.Keys(judged)) {
		rules = append(rules, admissionregistrationv1.RuleWithOperations{
			Operations: slices.Clone(operations),
			Rule:       admissionregistrationv1.Rule{APIGroups: []string{group}, APIVersions: []string{"v1"}, Resources: slices.Clone(judged[group]), Scope: ptr.To(admissionregistrationv1.NamespacedScope)},
		})
	}
	return &admissionregistrationv1.ValidatingWebhookConfiguration{
		ObjectMeta: metav1.ObjectMeta{Name: "dittoguard"},
		Webhooks: []admissionregistrationv1.ValidatingWebhook{{
			Name: "protected.validate.dittoguard.io", FailurePolicy: ptr.To(admissionregistrationv1.Fail), Rules: rules,
			NamespaceSelector: &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "kubernetes.io/metadata.name", Operator: "In", Values: []string{"ditto", "iot"}}}},
			ObjectSelector:    &metav1.LabelSelector{},
			ClientConfig: admissionregistrationv1.WebhookClientConfig{
				Service: &admissionregistrationv1.ServiceReference{Namespace: "guard", Name: "dittoguard"},
			},
			MatchConditions: []admissionregistrationv1.MatchCondition{{Name: "not-cleaning-up", Expression: "true"}},
		}},
	}
}

func TestWhatIsWeakened(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(w *admissionregistrationv1.ValidatingWebhook)
		want   string
	}{
		{"nothing", func(*admissionregistrationv1.ValidatingWebhook) {}, ""},
		{"no policy is the default, which fails closed", func(w *admissionregistrationv1.ValidatingWebhook) { w.FailurePolicy = nil }, ""},
		{"rules for anything", func(w *admissionregistrationv1.ValidatingWebhook) {
			w.Rules = []admissionregistrationv1.RuleWithOperations{{
				Operations: []admissionregistrationv1.OperationType{"*"}, Rule: admissionregistrationv1.Rule{APIGroups: []string{"*"}, Resources: []string{"*"}},
			}}
		}, ""},
		{"fails open", func(w *admissionregistrationv1.ValidatingWebhook) {
			w.FailurePolicy = ptr.To(admissionregistrationv1.Ignore)
		}, "ditto, iot is open"},
		{"somebody else is asked", func(w *admissionregistrationv1.ValidatingWebhook) {
			w.ClientConfig.Service.Name = "agreeable"
		}, "of the protected namespaces, ditto, iot is open: no entry that fails closed selects it by its name alone and asks dittoguard"},
		{"a URL is asked", func(w *admissionregistrationv1.ValidatingWebhook) {
			w.ClientConfig = admissionregistrationv1.WebhookClientConfig{URL: new("https://agreeable.example.com")}
		}, "ditto, iot is open"},
		{"a namespace is left out", func(w *admissionregistrationv1.ValidatingWebhook) {
			w.NamespaceSelector.MatchExpressions[0].Values = []string{"iot"}
		}, "of the protected namespaces, ditto is open: no entry that fails closed selects it by its name alone and asks dittoguard"},
		{"a label beside the name", func(w *admissionregistrationv1.ValidatingWebhook) {
			w.NamespaceSelector.MatchExpressions = append(w.NamespaceSelector.MatchExpressions, metav1.LabelSelectorRequirement{Key: "control-plane", Operator: "Exists"})
		}, "ditto, iot is open"},
		{"a label of objects", func(w *admissionregistrationv1.ValidatingWebhook) {
			w.ObjectSelector.MatchLabels = map[string]string{"judge": "me"}
		}, "ditto, iot is open"},
		{"an operation", func(w *admissionregistrationv1.ValidatingWebhook) { w.Rules[0].Operations = w.Rules[0].Operations[:2] },
			"in ditto, iot, dittoguard is not asked about configmaps, pods, replicationcontrollers, secrets, services"},
		{"a kind", func(w *admissionregistrationv1.ValidatingWebhook) { w.Rules[4].Resources = []string{"networkpolicies"} }, "not asked about ingresses"},
		{"objects of the cluster alone", func(w *admissionregistrationv1.ValidatingWebhook) {
			w.Rules[4].Scope = ptr.To(admissionregistrationv1.ClusterScope)
		}, "not asked about ingresses, networkpolicies"},
		{"a condition", func(w *admissionregistrationv1.ValidatingWebhook) {
			w.MatchConditions = append(w.MatchConditions, admissionregistrationv1.MatchCondition{Name: "never", Expression: "false"})
		}, "a match condition was added: never of protected.validate.dittoguard.io"},
		{"no entry", func(w *admissionregistrationv1.ValidatingWebhook) {
			w.NamespaceSelector.MatchExpressions[0].Values = nil
		}, "is open"},
	} {
		t.Run(test.name, func(t *testing.T) {
			configuration := guarding()
			test.change(&configuration.Webhooks[0])
			i := Installation{Namespace: "guard", ServiceName: "dittoguard", Client: fake.NewClientset(configuration), Validating: "dittoguard", Protected: []string{"ditto", "iot"}, Enforces: true}
			list, err := i.Problems(t.Context())
			if err != nil || len(list) != 1 {
				t.Fatalf("%v, %v", list, err)
			}
			if got := list[0].Text; !strings.Contains(got, test.want) || test.want == "" && got != "" {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
	// Each of two protected namespaces has an entry of its own, and one of them may fail open.
	for _, test := range []struct {
		name             string
		failOpen         []string
		closedIn, openIn []string
		want             string
	}{
		{"as the chart installs it", []string{"iot"}, []string{"ditto"}, []string{"iot"}, ""},
		{"nobody said that it may", nil, []string{"ditto"}, []string{"iot"}, "of the protected namespaces, iot is open: no entry that fails closed selects it by its name alone and asks dittoguard"},
		{"the other one does, too", []string{"iot"}, nil, []string{"ditto", "iot"}, "of the protected namespaces, ditto is open: no entry that fails closed selects it by its name alone and asks dittoguard"},
		{"it fails closed", []string{"iot"}, []string{"ditto", "iot"}, nil, ""},
		{"it is not asked about", []string{"iot"}, []string{"ditto"}, nil, "of the protected namespaces, iot is open: no entry selects it by its name alone and asks dittoguard"},
		{"neither is", []string{"iot"}, nil, nil, "of the protected namespaces, ditto is open: no entry that fails closed selects it by its name alone and asks dittoguard; of the protected namespaces, iot is open: no entry selects it by its name alone and asks dittoguard"},
	} {
		configuration := guarding()
		configuration.Webhooks = append(configuration.Webhooks, *configuration.Webhooks[0].DeepCopy())
		configuration.Webhooks[0].NamespaceSelector.MatchExpressions[0].Values = test.closedIn
		configuration.Webhooks[1].NamespaceSelector.MatchExpressions[0].Values = test.openIn
		configuration.Webhooks[1].FailurePolicy = ptr.To(admissionregistrationv1.Ignore)
		i := Installation{
			Namespace: "guard", ServiceName: "dittoguard", Client: fake.NewClientset(configuration), Validating: "dittoguard",
			Protected: []string{"ditto", "iot"}, FailOpen: test.failOpen, Enforces: true,
		}
		if list, err := i.Problems(t.Context()); err != nil || list[0].Text != test.want {
			t.Errorf("%s: %v, %v, want %q", test.name, list, err, test.want)
		}
	}
	dry := guarding()
	dry.Webhooks[0].FailurePolicy = ptr.To(admissionregistrationv1.Ignore)
	i := Installation{Namespace: "guard", ServiceName: "dittoguard", Client: fake.NewClientset(dry), Validating: "dittoguard", Protected: []string{"ditto"}}
	if list, err := i.Problems(t.Context()); err != nil || list[0].Text != "" {
		t.Errorf("in a dry run, in which everything fails open: %v, %v", list, err)
	}
}

// TestTheInstallationIsWatched: what happens to the webhook configurations is an Event of them, a metric, and in /readyz, until it is mended.
func TestTheInstallationIsWatched(t *testing.T) {
	mutating := &admissionregistrationv1.MutatingWebhookConfiguration{ObjectMeta: metav1.ObjectMeta{Name: "dittoguard"}}
	audited(t, nil, "", func(w *world) {
		client := fake.NewClientset(guarding(), mutating)
		var unreadable atomic.Pointer[error]
		client.PrependReactor("get", "validatingwebhookconfigurations", func(kubetesting.Action) (bool, runtime.Object, error) {
			if err := unreadable.Load(); err != nil {
				return true, nil, *err
			}
			return false, nil, nil
		})
		w.options.Installation = &Installation{Namespace: "guard", ServiceName: "dittoguard", Client: client, Validating: "dittoguard", Mutating: "dittoguard", Protected: []string{"ditto"}, Enforces: true}
		w.restart(func() { w.auditor = New(w.options) })
		expect := func(what string, weakened int, note string, events ...string) {
			t.Helper()
			w.mu.Lock()
			w.events = nil
			w.mu.Unlock()
			time.Sleep(watchInstallation + glance)
			w.settle()
			if got := w.gauge("dittoguard_webhook_configurations_weakened"); got != float64(weakened) {
				t.Errorf("%s: the metric is %v, want %d", what, got, weakened)
			}
			if got := w.auditor.Note(); note != "" && !strings.Contains(got, note) || note == "" && strings.Contains(got, "Configuration") {
				t.Errorf("%s: /readyz says %q", what, got)
			}
			w.mu.Lock()
			defer w.mu.Unlock()
			text := strings.Join(w.events, "\n")
			if len(w.events) != len(events) {
				t.Errorf("%s: Events\n%s", what, text)
			}
			for _, event := range events {
				if !strings.Contains(text, event) {
					t.Errorf("%s: no Event %q in\n%s", what, event, text)
				}
			}
		}
		expect("as installed", 0, "")
		configurations := client.AdmissionregistrationV1().ValidatingWebhookConfigurations()
		open := guarding()
		open.Webhooks[0].FailurePolicy = ptr.To(admissionregistrationv1.Ignore)
		if _, err := configurations.Update(t.Context(), open, metav1.UpdateOptions{}); err != nil {
			t.Fatal(err)
		}
		expect("failing open", 1, "ditto is open", "EnforcementWeakened")
		expect("still failing open", 1, "ditto is open")
		unreadable.Store(new(errors.New("the API server is away")))
		expect("unreadable for a while", 1, "ditto is open")
		unreadable.Store(nil)
		if err := configurations.Delete(t.Context(), "dittoguard", metav1.DeleteOptions{}); err != nil {
			t.Fatal(err)
		}
		if err := client.AdmissionregistrationV1().MutatingWebhookConfigurations().Delete(t.Context(), "dittoguard", metav1.DeleteOptions{}); err != nil {
			t.Fatal(err)
		}
		expect("deleted", 2, "ValidatingWebhookConfiguration dittoguard: it is missing: nothing is judged", "EnforcementWeakened ValidatingWebhookConfiguration", "EnforcementWeakened MutatingWebhookConfiguration")
		for _, err := range []error{client.Tracker().Add(guarding()), client.Tracker().Add(mutating)} {
			if err != nil {
				t.Fatal(err)
			}
		}
		expect("installed again", 0, "", "EnforcementRestored", "EnforcementRestored")
		unreadable.Store(ptr.To[error](apierrors.NewForbidden(schema.GroupResource{}, "dittoguard", errors.New("no"))))
		expect("without the right to look", 1, "may not read it", "EnforcementWeakened ValidatingWebhookConfiguration")
	})
}

// gauge is the value of a metric without labels.
func (w *world) gauge(name string) float64 {
	w.t.Helper()
	families, err := w.metrics.Gather()
	if err != nil {
		w.t.Fatal(err)
	}
	for _, family := range families {
		if family.GetName() == name {
			return family.GetMetric()[0].GetGauge().GetValue()
		}
	}
	w.t.Fatal(fmt.Sprint("there is no metric ", name))
	return 0
}
