package audit

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/fake"

	"github.com/dittoguard/dittoguard/internal/inventory"
)

// stored is an object as a watch shows it, created now.
func stored(t *testing.T, manifest string) *inventory.Object {
	t.Helper()
	o, err := inventory.Decode([]byte(manifest), inventory.Source{})
	if err != nil {
		t.Fatal(err)
	}
	o.Meta.CreationTimestamp = metav1.Now()
	return o
}

// TestWhichChangesCount: those that an API server has to ask about.
func TestWhichChangesCount(t *testing.T) {
	workload := func(kind, spec, status string) string {
		return fmt.Sprintf(`{"apiVersion":"apps/v1","kind":%q,"metadata":{"name":"x","namespace":"ditto"},"spec":%s,"status":%s}`, kind, spec, status)
	}
	template := `{"replicas":1,"template":{"spec":{"containers":[{"name":"a","image":"b"}]}}}`
	network := func(kind, labels, spec string) string {
		return fmt.Sprintf(`{"apiVersion":"networking.k8s.io/v1","kind":%q,"metadata":{"name":"x","namespace":"ditto","labels":%s},"spec":%s}`, kind, labels, spec)
	}
	data := func(kind, value string) string {
		return fmt.Sprintf(`{"apiVersion":"v1","kind":%q,"metadata":{"name":"x","namespace":"ditto"},"data":{"a":%q}}`, kind, value)
	}
	core := func(kind string) string {
		return fmt.Sprintf(`{"apiVersion":"v1","kind":%q,"metadata":{"name":"x","namespace":"ditto"}}`, kind)
	}
	for _, test := range []struct {
		name, before, after string
		want                bool
	}{
		{"a ConfigMap", "", core("ConfigMap"), true},
		{"a Pod", "", core("Pod"), true},
		{"an Ingress", "", network("Ingress", "{}", "{}"), true},
		{"a NetworkPolicy", "", network("NetworkPolicy", "{}", "{}"), true},
		{"a CronJob", "", `{"apiVersion":"batch/v1","kind":"CronJob","metadata":{"name":"x","namespace":"ditto"}}`, true},
		{"an EndpointSlice, of which controllers' are left out", "", `{"apiVersion":"discovery.k8s.io/v1","kind":"EndpointSlice","metadata":{"name":"x","namespace":"ditto"}}`, false},
		{"a custom resource, which may not be asked about", "", `{"apiVersion":"traefik.io/v1alpha1","kind":"IngressRoute","metadata":{"name":"x","namespace":"ditto"}}`, false},
		{"another group's Ingress", "", `{"apiVersion":"config.openshift.io/v1","kind":"Ingress","metadata":{"name":"x","namespace":"ditto"}}`, false},
		{"data", data("ConfigMap", "1"), data("ConfigMap", "2"), true},
		{"the same data", data("ConfigMap", "1"), data("ConfigMap", "1"), false},
		{"a password", data("Secret", "MQ=="), data("Secret", "Mg=="), true},
		{"an Ingress's spec", network("Ingress", "{}", "{}"), network("Ingress", "{}", `{"ingressClassName":"a"}`), true},
		{"an Ingress's label, which a status may change", network("Ingress", "{}", "{}"), network("Ingress", `{"a":"b"}`, "{}"), false},
		{"a NetworkPolicy's spec", network("NetworkPolicy", "{}", "{}"), network("NetworkPolicy", "{}", `{"policyTypes":["Ingress"]}`), true},
		{"a Deployment's template", workload("Deployment", template, "{}"), workload("Deployment", strings.Replace(template, `"b"`, `"c"`, 1), "{}"), true},
		{"a StatefulSet's template", workload("StatefulSet", template, "{}"), workload("StatefulSet", strings.Replace(template, `"b"`, `"c"`, 1), "{}"), true},
		{"a DaemonSet's template", workload("DaemonSet", template, "{}"), workload("DaemonSet", strings.Replace(template, `"b"`, `"c"`, 1), "{}"), true},
		{"a scale", workload("Deployment", template, "{}"), workload("Deployment", strings.Replace(template, "1", "2", 1), "{}"), false},
		{"a status", workload("Deployment", template, "{}"), workload("Deployment", template, `{"replicas":1}`), false},
		{"a Pod that is bound to a node", core("Pod"), `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"x","namespace":"ditto"},"spec":{"nodeName":"n"}}`, false},
	} {
		var before *inventory.Object
		if test.before != "" {
			before = stored(t, test.before)
		}
		if got := certain(before, stored(t, test.after)); got != test.want {
			t.Errorf("%s: counts %t, want %t", test.name, got, test.want)
		}
	}
}

// TestNobodyAsks: changes are told that no request can explain, from a number of them on and however long they take, until one comes.
func TestNobodyAsks(t *testing.T) {
	config := `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x","namespace":"ditto"},"data":{"a":"%d"}}`
	const problem = "objects change in ditto, and no replica is asked about any"
	synctest.Test(t, func(t *testing.T) {
		trusted := true
		a := NewAsked([]string{"ditto", "iot"}, func() bool { return trusted })
		n := 0
		change := func(times int) {
			for range times {
				n++
				a.Change(stored(t, fmt.Sprintf(config, n)), stored(t, fmt.Sprintf(config, n+1)))
			}
		}
		expect := func(what, want string) {
			t.Helper()
			if got := a.Problem(); got != want {
				t.Errorf("%s: %q, want %q", what, got, want)
			}
		}
		change(100)
		expect("nothing is known of what was before the start", "")
		time.Sleep(askedBefore + shownAfter + 1)
		change(mostUnasked - 1)
		expect("a few", "")
		time.Sleep(24 * time.Hour)
		expect("and nothing else for a day", "")
		change(1)
		expect("one more", problem)
		a.Request("iot")
		expect("one asks about another namespace", problem)
		a.Request("ditto")
		expect("one asks about it", "")
		change(100)
		expect("which may have been about all of these", "")
		time.Sleep(askedBefore + shownAfter + 1)
		change(mostUnasked)
		a.Request("")
		expect("one asks about something whose namespace is not known", "")

		// What was created is told by when it was, however late it is seen.
		created := stored(t, fmt.Sprintf(config, 1))
		time.Sleep(time.Hour)
		for range mostUnasked {
			a.Change(nil, created)
		}
		expect("created when somebody asked", "")
		for range mostUnasked {
			a.Change(nil, stored(t, fmt.Sprintf(config, 1)))
		}
		expect("created when nobody did", problem)

		a.Request("ditto")
		time.Sleep(time.Hour)
		elsewhere := strings.Replace(config, `"ditto"`, `"other"`, 1)
		for i := range mostUnasked {
			a.Change(nil, stored(t, fmt.Sprintf(elsewhere, i)))
			a.Change(stored(t, fmt.Sprintf(config, i)), nil)
		}
		expect("in a namespace that is not protected, and deletions", "")

		trusted = false
		change(2 * mostUnasked)
		expect("it is not known what others are asked", "")
		if got := a.Note(); got != "" {
			t.Errorf("that has just begun: %q", got)
		}
		time.Sleep(5 * time.Minute)
		if got := a.Note(); got != "whether the webhook is asked about every change is not known, since replicas do not hear of one another's requests" {
			t.Errorf("it goes on: %q", got)
		}
		trusted = true
		change(mostUnasked)
		expect("it is known again", problem)
		if got := a.Note(); got != "" {
			t.Errorf("it is known again: %q", got)
		}
	})
	if (*Asked)(nil).Problem()+(*Asked)(nil).Note() != "" {
		t.Error("where nothing is counted, something is wrong")
	}
}

// TestNobodyAsksIsAnEvent: although the webhook configuration is as it should be.
func TestNobodyAsksIsAnEvent(t *testing.T) {
	audited(t, nil, "", func(w *world) {
		asked := NewAsked([]string{"ditto"}, func() bool { return true })
		w.metrics.MustRegister(asked)
		w.OnChange = func(before, after *inventory.Object, keys []inventory.Key) {
			w.options.Queue.Note(before, after, keys)
			asked.Change(before, after)
		}
		w.options.Installation = &Installation{
			Namespace: "guard", ServiceName: "dittoguard", Client: fake.NewClientset(guarding()), Validating: "dittoguard", Protected: []string{"ditto"}, Enforces: true, Asked: asked,
		}
		w.restart(func() { w.auditor = New(w.options) })
		time.Sleep(askedBefore + shownAfter + 1)
		w.said()
		for i := range mostUnasked {
			w.apply(fmt.Sprintf("{apiVersion: v1, kind: ConfigMap, metadata: {name: x%d, namespace: ditto, creationTimestamp: %q}}", i, time.Now().UTC().Format(time.RFC3339)))
		}
		expect := func(what string, changes, weakened float64, events, note string) {
			t.Helper()
			time.Sleep(watchInstallation + glance)
			w.settle()
			if got := strings.Join(w.said(), "; "); got != events {
				t.Errorf("%s: Events %q, want %q", what, got, events)
			}
			if got, total := w.gauge("dittoguard_changes_unasked"), w.gauge("dittoguard_webhook_configurations_weakened"); got != changes || total != weakened {
				t.Errorf("%s: %v changes, %v configurations, want %v and %v", what, got, total, changes, weakened)
			}
			if got := w.auditor.Note(); strings.Contains(got, "no replica is asked") != (note != "") || !strings.Contains(got, note) {
				t.Errorf("%s: /readyz says %q", what, got)
			}
		}
		const problem = "ValidatingWebhookConfiguration dittoguard: objects change in ditto, and no replica is asked about any"
		expect("nobody asks", mostUnasked, 1, "Warning EnforcementWeakened ValidatingWebhookConfiguration /dittoguard: installation", problem)
		expect("still nobody", mostUnasked, 1, "", problem)
		asked.Request("ditto")
		expect("somebody does", 0, 0, "Normal EnforcementRestored ValidatingWebhookConfiguration /dittoguard: installation", "")
	})
}
