package webhook

import (
	"context"
	"crypto/tls"
	"encoding/pem"
	"errors"
	"strings"
	"testing"
	"time"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/test/cluster"
)

// A refusal refuses under every failurePolicy; a failure is left to the failurePolicy. Both are the API server's doing,
// and need one to be seen.
func TestAgainstAnAPIServer(t *testing.T) {
	api := cluster.ForTest(t).Client
	byName := judge{change: func(_ context.Context, _ inventory.Reader, change check.Change) (check.Verdict, error) {
		switch o := change.Object; {
		case strings.HasPrefix(o.Ref.Name, "bad"):
			return check.Verdict{Denied: []check.Finding{{Rule: "r", Subject: o.Ref, Message: "it is bad", Advice: "make it good"}}}, nil
		case strings.HasPrefix(o.Ref.Name, "unclear"):
			return check.Verdict{}, errors.New("rule r: no such field")
		}
		return check.Verdict{}, nil
	}}
	cert := certificate(t)
	port := freePort(t)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- Run(ctx, ServerOptions{
			Host: "127.0.0.1", Port: port, Drain: -1,
			GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return cert, nil },
			Validator:      NewValidator(Options{Judge: using(byName), Inventory: inventory.NewMemory(nil, nil)}),
		})
	}()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	hook := func(name string, policy admissionregistrationv1.FailurePolicyType) admissionregistrationv1.ValidatingWebhook {
		url, none := "https://"+address(port)+ValidatePath, admissionregistrationv1.SideEffectClassNone
		return admissionregistrationv1.ValidatingWebhook{
			Name: name + ".dittoguard.io", FailurePolicy: &policy, SideEffects: &none, AdmissionReviewVersions: []string{"v1"},
			ClientConfig:      admissionregistrationv1.WebhookClientConfig{URL: &url, CABundle: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Certificate[0]})},
			NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{corev1.LabelMetadataName: name}},
			Rules: []admissionregistrationv1.RuleWithOperations{{
				Operations: []admissionregistrationv1.OperationType{admissionregistrationv1.Create},
				Rule:       admissionregistrationv1.Rule{APIGroups: []string{""}, APIVersions: []string{"v1"}, Resources: []string{"configmaps"}},
			}},
		}
	}
	for _, o := range []client.Object{
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "closed"}}, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "open"}},
		&admissionregistrationv1.ValidatingWebhookConfiguration{
			ObjectMeta: metav1.ObjectMeta{Name: "dittoguard"},
			Webhooks:   []admissionregistrationv1.ValidatingWebhook{hook("closed", admissionregistrationv1.Fail), hook("open", admissionregistrationv1.Ignore)},
		},
	} {
		if err := api.Create(ctx, o); err != nil {
			t.Fatal(err)
		}
	}
	create := func(namespace, name string) error {
		return api.Create(ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}}, client.DryRunAll)
	}
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if apierrors.IsForbidden(create("open", "bad")) && apierrors.IsForbidden(create("closed", "bad")) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the webhooks do not take effect")
		}
	}
	for _, test := range []struct{ namespace, name, want string }{
		{"open", "good", ""},
		{"closed", "good", ""},
		{"open", "bad", `admission webhook "open.dittoguard.io" denied the request: ConfigMap open/bad is refused by dittoguard: r: it is bad` + "\n  fix: make it good"},
		{"closed", "bad", `admission webhook "closed.dittoguard.io" denied the request: ConfigMap closed/bad is refused by dittoguard: r: it is bad` + "\n  fix: make it good"},
		{"open", "unclear", ""},
		{"closed", "unclear", `Internal error occurred: failed calling webhook "closed.dittoguard.io": failed to call webhook: an error on the server ` +
			`("dittoguard: judging ConfigMap closed/unclear: rule r: no such field") has prevented the request from succeeding`},
	} {
		got := ""
		if err := create(test.namespace, test.name); err != nil {
			got = err.Error()
		}
		if got != test.want {
			t.Errorf("%s in %s:\n got %s\nwant %s", test.name, test.namespace, got, test.want)
		}
	}
}
