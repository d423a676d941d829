package webhook

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// authority signs the certificates of clients.
type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "clients"}, NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	var a authority
	a.certificate, a.key = a.sign(t, template, nil)
	return &a
}

// sign makes a certificate; without a parent it signs itself.
func (a *authority) sign(t *testing.T, template *x509.Certificate, parent *x509.Certificate) (*x509.Certificate, *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	by := a.key
	if parent == nil {
		parent, by = template, key
	}
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

func (a *authority) pem() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.certificate.Raw})
}

// client makes a certificate for a client, with that common name and these DNS names.
func (a *authority) client(t *testing.T, usage x509.ExtKeyUsage, name string, dns ...string) []tls.Certificate {
	t.Helper()
	certificate, key := a.sign(t, &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name}, DNSNames: dns, NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{usage},
	}, a.certificate)
	return []tls.Certificate{{Certificate: [][]byte{certificate.Raw}, PrivateKey: key}}
}

// TestClients: who shows no certificate of the right CA and name learns nothing, and probes and metrics ask for none.
func TestClients(t *testing.T) {
	ours, theirs := newAuthority(t), newAuthority(t)
	file := filepath.Join(t.TempDir(), "ca.crt")
	if err := os.WriteFile(file, ours.pem(), 0o600); err != nil {
		t.Fatal(err)
	}
	port, health, metrics := freePort(t), freePort(t), freePort(t)
	cert := certificate(t)
	allowed := judge{change: func(context.Context, inventory.Reader, check.Change) (check.Verdict, error) {
		return check.Verdict{}, nil
	}}
	options := Options{Judge: using(allowed), Inventory: inventory.NewMemory(nil, nil)}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- Run(ctx, ServerOptions{
			Host: "127.0.0.1", Port: port, HealthAddress: address(health), MetricsAddress: address(metrics),
			GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return cert, nil },
			Clients:        &Clients{CAFile: file, Names: []string{"apiserver", "apiserver.example.com"}},
			Validator:      NewValidator(options), Metrics: prometheus.NewRegistry(), Drain: -1,
		})
	}()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	await(t, health, "/readyz", 200, "[+]clients ok\n[+]server ok\n")

	right := ours.client(t, x509.ExtKeyUsageClientAuth, "apiserver")
	const refused = "remote error: tls: "
	for _, test := range []struct {
		name   string
		client []tls.Certificate
		want   string
	}{
		{"no certificate", nil, refused + "certificate required"},
		{"another CA, of the same name", theirs.client(t, x509.ExtKeyUsageClientAuth, "apiserver"), refused},
		{"a certificate that signed itself", []tls.Certificate{*cert}, refused},
		{"another name", ours.client(t, x509.ExtKeyUsageClientAuth, "kubelet", "kubelet.example.com"), refused + "bad certificate"},
		{"a name that only begins like it", ours.client(t, x509.ExtKeyUsageClientAuth, "apiserver2", "apiserver.example.com.evil"), refused},
		{"a certificate for servers", ours.client(t, x509.ExtKeyUsageServerAuth, "apiserver"), refused},
		{"the right common name", right, "200 allowed"},
		{"the right DNS name", ours.client(t, x509.ExtKeyUsageClientAuth, "", "apiserver.example.com"), "200 allowed"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if strings.HasPrefix(test.want, refused) {
				if got := alert(t, port, test.client...); !strings.Contains(got, test.want) {
					t.Errorf("shaking hands: got %q, want %q", got, test.want)
				}
				if got := review(t, port, "api", test.client...); strings.HasPrefix(got, "200") {
					t.Errorf("it is told %q", got)
				}
				return
			}
			if got := review(t, port, "api", test.client...); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
	await(t, health, "/healthz", 200, "ok\n")
	if status, _ := get(t, metrics, "/metrics"); status != http.StatusOK {
		t.Errorf("/metrics: %d", status)
	}

	// A CA that is replaced counts at once; one that cannot be read lets nobody in, and /readyz says so.
	if err := os.WriteFile(file, theirs.pem(), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := alert(t, port, right...); !strings.Contains(got, refused) {
		t.Errorf("the CA of before: %s", got)
	}
	if got := review(t, port, "api", theirs.client(t, x509.ExtKeyUsageClientAuth, "apiserver")...); got != "200 allowed" {
		t.Errorf("the CA of now: %s", got)
	}
	if err := os.WriteFile(file, bytes.Repeat([]byte("x"), 9), 0o600); err != nil {
		t.Fatal(err)
	}
	await(t, health, "/readyz", 503, "[-]clients failed: reading the CA of clients: "+file+" holds no certificate\n[+]server ok\n")
	if got := alert(t, port, right...); !strings.Contains(got, refused) {
		t.Errorf("without a CA: %s", got)
	}
}

// alert is what a client that sends nothing but its certificate hears. A client of TLS 1.3 has finished before the server
// looks at its certificate, so it hears of it when it reads; one that is writing then may hear of a closed connection only.
func alert(t *testing.T, port int, client ...tls.Certificate) string {
	t.Helper()
	conn, err := tls.Dial("tcp", address(port), &tls.Config{InsecureSkipVerify: true, Certificates: client})
	if err != nil {
		return err.Error()
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	_, err = conn.Read(make([]byte, 1))
	return fmt.Sprint(err)
}

func TestClientsCheck(t *testing.T) {
	missing := &Clients{CAFile: filepath.Join(t.TempDir(), "none")}
	if err := missing.Check(); err == nil || !strings.HasPrefix(err.Error(), "reading the CA of clients: ") {
		t.Errorf("a file that is not there: %v", err)
	}
}
