package e2e

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/dittoguard/dittoguard/test/cluster"
	"github.com/dittoguard/dittoguard/test/leash"
)

// bundles are the caBundles of every webhook of dittoguard, by name.
func bundles(ctx context.Context, t *testing.T, c *cluster.Cluster) map[string]*x509.CertPool {
	t.Helper()
	var validating admissionregistrationv1.ValidatingWebhookConfiguration
	var mutating admissionregistrationv1.MutatingWebhookConfiguration
	for _, o := range []client.Object{&validating, &mutating} {
		if err := c.Client.Get(ctx, types.NamespacedName{Name: cluster.Release}, o); err != nil {
			t.Fatal(err)
		}
	}
	found := map[string]*x509.CertPool{}
	add := func(name string, config admissionregistrationv1.WebhookClientConfig) {
		found[name] = x509.NewCertPool()
		found[name].AppendCertsFromPEM(config.CABundle)
	}
	for _, w := range validating.Webhooks {
		add(w.Name, w.ClientConfig)
	}
	for _, w := range mutating.Webhooks {
		add(w.Name, w.ClientConfig)
	}
	return found
}

// served is the certificate that the webhook shows.
func served(ctx context.Context, t *testing.T, c *cluster.Cluster) (*x509.Certificate, error) {
	t.Helper()
	var service corev1.Service
	if err := c.Client.Get(ctx, types.NamespacedName{Namespace: cluster.Namespace, Name: cluster.Release}, &service); err != nil {
		t.Fatal(err)
	}
	dialer := &tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true}} // what it shows is looked at
	connection, err := dialer.DialContext(ctx, "tcp", fmt.Sprintf("%s:%d", service.Spec.ClusterIP, service.Spec.Ports[0].Port))
	if err != nil {
		return nil, err
	}
	defer connection.Close()
	return connection.(*tls.Conn).ConnectionState().PeerCertificates[0], nil
}

// trusted says whether every webhook's bundle verifies the certificate for the name that API servers call.
func trusted(found map[string]*x509.CertPool, certificate *x509.Certificate) error {
	for name, pool := range found {
		if _, err := certificate.Verify(x509.VerifyOptions{Roots: pool, DNSName: cluster.Release + "." + cluster.Namespace + ".svc"}); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// TestSelfManagedCertificates: the CA is in every webhook, and when it is replaced no request fails.
func TestSelfManagedCertificates(t *testing.T) {
	t.Parallel()
	c := own(t, "ditto")
	install(t, c, "baseline", nil, "ditto")
	serve(t, c)
	enforcing(t, c, "ditto")
	first, err := served(t.Context(), t, c)
	if err != nil {
		t.Fatal(err)
	}
	if err := trusted(bundles(t.Context(), t, c), first); err != nil {
		t.Fatal(err)
	}

	// Requests all the while: each has to be refused by dittoguard, neither admitted nor failed.
	asking, stop := context.WithCancel(t.Context())
	var stream sync.WaitGroup
	requests := 0
	stream.Go(func() {
		for asking.Err() == nil {
			// A new client each time would be a new connection for ourselves; the API server's connections to the webhook are
			// its own, and end with each certificate.
			err := c.Client.Create(asking, passwords("ditto"), client.DryRunAll)
			if asking.Err() != nil {
				return
			}
			if requests++; err == nil || !strings.Contains(err.Error(), refused) {
				t.Errorf("request %d: %v", requests, err)
				return
			}
			time.Sleep(5 * time.Millisecond)
		}
	})
	defer stream.Wait()
	defer stop()
	ca := &corev1.Secret{}
	ca.Namespace, ca.Name = cluster.Namespace, cluster.Release+"-ca"
	if err := c.Client.Get(t.Context(), client.ObjectKeyFromObject(ca), ca); err != nil {
		t.Fatal(err)
	}
	old := ca.Data["tls.crt"]
	if err := c.Client.Delete(t.Context(), ca); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a certificate of a new CA", func(ctx context.Context) (bool, any) {
		now, err := served(ctx, t, c)
		if err != nil {
			return false, err
		}
		return now.SerialNumber.Cmp(first.SerialNumber) != 0, now.Issuer
	})
	if err := c.Client.Get(t.Context(), client.ObjectKeyFromObject(ca), ca); err != nil {
		t.Fatal(err)
	}
	if len(ca.Data["tls.crt"]) == 0 || bytes.Equal(ca.Data["tls.crt"], old) {
		t.Error("the Secret holds no new CA")
	}
	now, err := served(t.Context(), t, c)
	if err != nil {
		t.Fatal(err)
	}
	if err := trusted(bundles(t.Context(), t, c), now); err != nil {
		t.Error(err)
	}
	block, _ := pem.Decode(ca.Data["tls.crt"])
	authority, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	if err := now.CheckSignatureFrom(authority); err != nil {
		t.Errorf("the certificate is not of the new CA: %v", err)
	}
	// helm does not render the bundles, and leaves them alone.
	install(t, c, "baseline", map[string]any{"logLevel": "debug"}, "ditto")
	if err := trusted(bundles(t.Context(), t, c), now); err != nil {
		t.Errorf("after helm upgrade: %v", err)
	}
	stop()
	stream.Wait()
	if requests < 100 {
		t.Errorf("only %d requests meanwhile", requests)
	}
}

// TestCertificatesFromCertManager: with cert-manager's own controllers, the chart's Certificate is issued, its CA injected,
// and the webhook answers.
func TestCertificatesFromCertManager(t *testing.T) {
	t.Parallel()
	need(t)
	binary, err := cluster.Build(t.Context(), "test/certmanager", ".", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	c := own(t, "ditto")
	certManagerCRDs(t, c)
	log := filepath.Join(t.TempDir(), "log")
	run(t, log, binary, c.Kubeconfig)
	install(t, c, "baseline", map[string]any{"certificates": map[string]any{"mode": "cert-manager"}}, "ditto")
	serve(t, c)
	enforcing(t, c, "ditto")
	certificate, err := served(t.Context(), t, c)
	if err != nil {
		t.Fatal(err)
	}
	if err := trusted(bundles(t.Context(), t, c), certificate); err != nil {
		t.Error(err)
	}
	in{c, "ditto"}.admitted(t, internal, "apply", "--filename", "-")
	in{c, "ditto"}.refused(t, "preauth-exposed", in{c, "ditto"}.ingress(), "apply", "--filename", "-")
}

// run runs a program until the test ends.
func run(t *testing.T, log, binary string, args ...string) {
	t.Helper()
	file, err := os.Create(log)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	// No context: it is ended with the test, after what uses it.
	cmd := leash.Command(binary, args...)
	cmd.Stdout, cmd.Stderr = file, file
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if text, err := os.ReadFile(log); err == nil && t.Failed() {
			t.Logf("the end of %s's log:\n%s", filepath.Base(binary), text[max(0, len(text)-3000):])
		}
	})
}
