package e2e

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/dittoguard/dittoguard/test/cluster"
)

// What docs/who-may-ask.md tells people to run, and where its files are.
const (
	whoMayAsk     = "../../docs/who-may-ask.md"
	webhookFiles  = "/etc/kubernetes/webhooks"
	createCA      = "create configmap apiserver-client-ca --from-file=ca.crt"
	demandCA      = "webhook.clientCA.configMap=apiserver-client-ca"
	demandName    = "webhook.clientCA.names={kube-apiserver}"
	refusedInTLS  = "TLS handshake error"
	failedCalling = `failed calling webhook "protected.mutate.dittoguard.io"`
)

// TestAPIServersShowACertificate: what docs/who-may-ask.md says works as it is written there. An API server that shows a
// certificate is served, before one is demanded and after; one that shows another's, or none, is not, and what it is asked
// for fails as the namespace says.
func TestAPIServersShowACertificate(t *testing.T) {
	t.Parallel()
	need(t)
	dir := t.TempDir()
	writeDocumented(t, dir)
	issue(t, dir, "kube-apiserver")

	demanding := func(t *testing.T, c *cluster.Cluster, name string) {
		t.Helper()
		out, err := c.InstallChart(t.Context(), "", "--reuse-values", "--skip-schema-validation", "--set", demandCA, "--set", name)
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	createCA := func(t *testing.T, c *cluster.Cluster) {
		t.Helper()
		file := "ca.crt=" + filepath.Join(dir, "ca.crt")
		in{c, cluster.Namespace}.admitted(t, "", strings.Fields(strings.Replace(createCA, "ca.crt", file, 1))...)
	}
	fails := func(t *testing.T, c *cluster.Cluster, s *cluster.Serve, why string) {
		t.Helper()
		out, err := c.Kubectl(t.Context(), strings.NewReader(in{c, "ditto"}.ingress()), "apply", "--namespace", "ditto", "--filename", "-")
		if err == nil {
			t.Fatalf("got in:\n%s", out)
		}
		has(t, out, failedCalling)
		in{c, unprotected}.admitted(t, "", "apply", "--filename", "testdata/exposed.yaml")
		log, err := os.ReadFile(s.Log)
		if err != nil {
			t.Fatal(err)
		}
		has(t, string(log), refusedInTLS, why)
	}

	t.Run("shown", func(t *testing.T) {
		t.Parallel()
		c := cluster.ForTest(t, "admission-control-config-file="+filepath.Join(dir, "admission.yaml"))
		create(t, c, "ditto", unprotected)
		install(t, c, "baseline", nil, "ditto")
		first := serve(t, c)
		enforcing(t, c, "ditto") // a certificate that nobody asks for
		if err := first.Stop(); err != nil {
			t.Error(err)
		}

		createCA(t, c)
		demanding(t, c, demandName)
		second := serve(t, c)
		enforcing(t, c, "ditto")
		enforcing(t, c, unprotected)
		if err := ask(t, c); err == nil || !strings.Contains(err.Error(), "certificate required") {
			t.Errorf("somebody without a certificate: %v", err)
		}
		helmTest(t, c, "The webhook turns away who shows no client certificate.")
		if err := second.Stop(); err != nil {
			t.Error(err)
		}

		demanding(t, c, strings.Replace(demandName, "kube-apiserver", "somebody-else", 1))
		fails(t, c, serve(t, c), `the client certificate of \"kube-apiserver\" has none of the accepted names`)
	})
	if testing.Short() {
		return // the other takes one more control plane
	}
	t.Run("not shown", func(t *testing.T) {
		t.Parallel()
		c := own(t, "ditto", unprotected)
		install(t, c, "baseline", nil, "ditto")
		createCA(t, c)
		demanding(t, c, demandName)
		fails(t, c, serve(t, c), "client didn't provide a certificate")
	})
}

// writeDocumented writes the files that the page shows into a folder, which takes the place of theirs.
func writeDocumented(t *testing.T, dir string) {
	t.Helper()
	text, err := os.ReadFile(whoMayAsk)
	if err != nil {
		t.Fatal(err)
	}
	page := string(text)
	has(t, strings.Join(strings.Fields(page), " "), createCA, "--set "+demandCA, "--set '"+demandName+"'", refusedInTLS) // wherever lines end
	for _, file := range []string{"admission.yaml", "kubeconfig"} {
		_, block, found := strings.Cut(page, "```yaml\n# "+webhookFiles+"/"+file)
		block, _, closed := strings.Cut(block, "```\n")
		if !found || !closed {
			t.Fatalf("%s does not show %s", whoMayAsk, file)
		}
		_, block, _ = strings.Cut(block, "\n") // the rest of the comment
		block = strings.ReplaceAll(block, webhookFiles, dir)
		if user := "dittoguard.dittoguard.svc"; file == "kubeconfig" {
			// Where this user may not listen on 443 the Service has another port, and the name has to say it.
			_, entry, found := strings.Cut(block, "- name: "+user)
			if !found {
				t.Fatalf("no user %s in:\n%s", user, block)
			}
			block += "- name: " + user + ":8443" + entry
		}
		if err := os.WriteFile(filepath.Join(dir, file), []byte(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// issue writes a certificate authority and a certificate for a client of this name: ca.crt, client.crt and client.key.
func issue(t *testing.T, dir, name string) {
	t.Helper()
	sign := func(template, parent *x509.Certificate, by *ecdsa.PrivateKey) (*x509.Certificate, *ecdsa.PrivateKey) {
		t.Helper()
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		if by == nil {
			by = key
		}
		template.NotAfter = time.Now().Add(time.Hour)
		der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), by)
		if err != nil {
			t.Fatal(err)
		}
		certificate, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		return certificate, key
	}
	root := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "API servers"}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign,
	}
	ca, caKey := sign(root, root, nil)
	client, key := sign(&x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}, ca, caKey)
	private, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for file, block := range map[string]*pem.Block{
		"ca.crt":     {Type: "CERTIFICATE", Bytes: ca.Raw},
		"client.crt": {Type: "CERTIFICATE", Bytes: client.Raw},
		"client.key": {Type: "EC PRIVATE KEY", Bytes: private},
	} {
		if err := os.WriteFile(filepath.Join(dir, file), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// ask connects to the webhook without a certificate.
func ask(t *testing.T, c *cluster.Cluster) error {
	t.Helper()
	var service corev1.Service
	if err := c.Client.Get(t.Context(), types.NamespacedName{Namespace: cluster.Namespace, Name: cluster.Release}, &service); err != nil {
		t.Fatal(err)
	}
	dialer := &tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true}} // who is asked does not matter
	connection, err := dialer.DialContext(t.Context(), "tcp", fmt.Sprintf("%s:%d", service.Spec.ClusterIP, service.Spec.Ports[0].Port))
	if err != nil {
		return err
	}
	defer connection.Close()
	_, err = connection.Read(make([]byte, 1)) // in TLS 1.3 a refusal comes after the handshake
	return err
}
