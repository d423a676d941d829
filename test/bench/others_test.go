package bench

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"time"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	certutil "k8s.io/client-go/util/cert"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/dittoguard/dittoguard/test/leash"
)

// noopDir is the environment variable that makes this test binary the no-op webhook, in a process of its own. It names the
// folder where its certificate is, and where it writes its port.
const noopDir = "DITTOGUARD_BENCH_NOOP"

// refuseLabel marks the requests that are to be refused, by which it is seen who is asked.
const refuseLabel = "bench.dittoguard.io/refuse"

// serveNoop is a webhook as dittoguard's is served, which decodes what it is sent and has nothing to say.
func serveNoop(dir string) error {
	certificate, err := tls.LoadX509KeyPair(filepath.Join(dir, "tls.crt"), filepath.Join(dir, "tls.key"))
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	port := strconv.Itoa(listener.Addr().(*net.TCPAddr).Port)
	if err := os.WriteFile(filepath.Join(dir, "port.new"), []byte(port), 0o600); err != nil {
		return err
	}
	if err := os.Rename(filepath.Join(dir, "port.new"), filepath.Join(dir, "port")); err != nil {
		return err
	}
	handler := admission.HandlerFunc(func(_ context.Context, request admission.Request) admission.Response {
		var o metav1.PartialObjectMetadata
		if err := json.Unmarshal(request.Object.Raw, &o); err != nil {
			return admission.Errored(http.StatusBadRequest, err)
		}
		if o.Labels[refuseLabel] != "" {
			return admission.Denied("as asked")
		}
		return admission.Allowed("")
	})
	server := &http.Server{
		Handler: &admission.Webhook{Handler: handler}, ReadHeaderTimeout: time.Minute,
		TLSConfig: &tls.Config{Certificates: []tls.Certificate{certificate}, NextProtos: []string{"h2", "http/1.1"}, MinVersion: tls.VersionTLS12},
	}
	return server.ServeTLS(listener, "", "")
}

// startNoop runs the no-op webhook, and has it asked wherever dittoguard's chart has dittoguard asked.
func (f *fixture) startNoop(ctx context.Context) error {
	certificate, key, err := certutil.GenerateSelfSignedCertKey("127.0.0.1", []net.IP{net.IPv4(127, 0, 0, 1)}, nil)
	if err != nil {
		return err
	}
	for name, content := range map[string][]byte{"tls.crt": certificate, "tls.key": key} {
		if err := os.WriteFile(filepath.Join(f.dir, name), content, 0o600); err != nil {
			return err
		}
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	process := leash.Command(self)
	process.Env = append(os.Environ(), noopDir+"="+f.dir)
	process.Stderr = os.Stderr
	if err := process.Start(); err != nil {
		return fmt.Errorf("starting the no-op webhook: %w", err)
	}
	f.noop = process.Process
	var port []byte
	for port, err = os.ReadFile(filepath.Join(f.dir, "port")); err != nil; port, err = os.ReadFile(filepath.Join(f.dir, "port")) {
		if ctx.Err() != nil {
			return errors.Join(err, ctx.Err())
		}
		time.Sleep(10 * time.Millisecond)
	}
	clientConfig := admissionregistrationv1.WebhookClientConfig{URL: new("https://127.0.0.1:" + string(port)), CABundle: certificate}
	selector := &metav1.LabelSelector{MatchLabels: map[string]string{"kubernetes.io/metadata.name": noop}}
	everything := []admissionregistrationv1.RuleWithOperations{{
		Operations: []admissionregistrationv1.OperationType{admissionregistrationv1.OperationAll},
		Rule:       admissionregistrationv1.Rule{APIGroups: []string{"*"}, APIVersions: []string{"*"}, Resources: []string{"*"}},
	}}
	workloads := []admissionregistrationv1.RuleWithOperations{{
		Operations: []admissionregistrationv1.OperationType{admissionregistrationv1.OperationAll},
		Rule:       admissionregistrationv1.Rule{APIGroups: []string{"apps"}, APIVersions: []string{"*"}, Resources: []string{"*"}},
	}}
	fail, none := admissionregistrationv1.Fail, admissionregistrationv1.SideEffectClassNone
	return errors.Join(
		f.Client.Create(ctx, &admissionregistrationv1.ValidatingWebhookConfiguration{
			ObjectMeta: metav1.ObjectMeta{Name: "noop"},
			Webhooks: []admissionregistrationv1.ValidatingWebhook{{
				Name: "validate.noop.example.com", ClientConfig: clientConfig, Rules: everything, NamespaceSelector: selector,
				FailurePolicy: &fail, SideEffects: &none, AdmissionReviewVersions: []string{"v1"},
			}},
		}),
		f.Client.Create(ctx, &admissionregistrationv1.MutatingWebhookConfiguration{
			ObjectMeta: metav1.ObjectMeta{Name: "noop"},
			Webhooks: []admissionregistrationv1.MutatingWebhook{{
				Name: "mutate.noop.example.com", ClientConfig: clientConfig, Rules: workloads, NamespaceSelector: selector,
				FailurePolicy: &fail, SideEffects: &none, AdmissionReviewVersions: []string{"v1"},
			}},
		}),
	)
}

// createPolicies makes a native policy of five validations, as a careful author writes them.
func (f *fixture) createPolicies(ctx context.Context) error {
	containers := "object.spec.template.spec.containers"
	policy := &admissionregistrationv1.ValidatingAdmissionPolicy{ObjectMeta: metav1.ObjectMeta{Name: "bench"}}
	policy.Spec.MatchConstraints = &admissionregistrationv1.MatchResources{
		ResourceRules: []admissionregistrationv1.NamedRuleWithOperations{{RuleWithOperations: admissionregistrationv1.RuleWithOperations{
			Operations: []admissionregistrationv1.OperationType{admissionregistrationv1.Create, admissionregistrationv1.Update},
			Rule:       admissionregistrationv1.Rule{APIGroups: []string{"apps"}, APIVersions: []string{"v1"}, Resources: []string{"deployments"}},
		}}},
	}
	for _, expression := range []string{
		"!has(object.metadata.labels) || !('" + refuseLabel + "' in object.metadata.labels)",
		containers + ".all(c, !has(c.env) || !c.env.exists(e, e.name == 'ENABLE_DUMMY_AUTH' && has(e.value) && e.value == 'true'))",
		containers + ".all(c, !has(c.env) || !c.env.exists(e, e.name == 'DEVOPS_SECURED' && has(e.value) && e.value == 'false'))",
		containers + ".all(c, !has(c.env) || !c.env.exists(e, e.name.endsWith('_PASSWORD') && has(e.value) && e.value == 'foobar'))",
		"!has(object.spec.template.spec.hostNetwork) || !object.spec.template.spec.hostNetwork",
	} {
		policy.Spec.Validations = append(policy.Spec.Validations, admissionregistrationv1.Validation{Expression: expression})
	}
	binding := &admissionregistrationv1.ValidatingAdmissionPolicyBinding{ObjectMeta: metav1.ObjectMeta{Name: "bench"}}
	binding.Spec.PolicyName = "bench"
	binding.Spec.ValidationActions = []admissionregistrationv1.ValidationAction{admissionregistrationv1.Deny}
	binding.Spec.MatchResources = &admissionregistrationv1.MatchResources{
		NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"kubernetes.io/metadata.name": policies}},
	}
	return errors.Join(f.Client.Create(ctx, policy), f.Client.Create(ctx, binding))
}
