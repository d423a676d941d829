package certs

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// writePair writes a self-signed pair for a name into a folder, the certificate first, as no atomic writer would.
func writePair(t *testing.T, folder, name string, notAfter time.Time) {
	t.Helper()
	_, key := newCA(t, time.Now(), time.Hour)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: notAfter,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for file, block := range map[string]*pem.Block{
		"tls.crt": {Type: "CERTIFICATE", Bytes: der},
		"tls.key": {Type: "PRIVATE KEY", Bytes: private},
	} {
		if err := os.WriteFile(filepath.Join(folder, file), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestDirectory(t *testing.T) {
	folder := t.TempDir()
	d := NewDirectory(DirectoryOptions{
		Path: folder, Namespace: "guard", ServiceName: "dittoguard", Interval: 20 * time.Millisecond,
	})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- d.Start(ctx) }()
	ready := func(want string) func() bool {
		return func() bool {
			err := d.Ready()
			if want == "" {
				return err == nil
			}
			return err != nil && strings.Contains(err.Error(), want)
		}
	}

	eventually(t, "waits for the files", ready("no serving certificate yet: open "))
	if !d.NotAfter().IsZero() {
		t.Errorf("NotAfter %s without a certificate", d.NotAfter())
	}

	expiry := time.Now().Add(time.Hour).UTC().Truncate(time.Second)
	writePair(t, folder, "dittoguard.guard.svc", expiry)
	eventually(t, "ready once they are there", ready(""))
	if !d.NotAfter().Equal(expiry) {
		t.Errorf("NotAfter %s, want %s", d.NotAfter(), expiry)
	}

	if err := os.WriteFile(filepath.Join(folder, "tls.crt"), []byte("spoilt"), 0o600); err != nil {
		t.Fatal(err)
	}
	time.Sleep(100 * time.Millisecond)
	if err := d.Ready(); err != nil || !d.NotAfter().Equal(expiry) {
		t.Errorf("a spoilt file took the last good pair away: %v", err)
	}

	writePair(t, folder, "elsewhere.guard.svc", expiry)
	eventually(t, "a wrong name", ready("the serving certificate is not for dittoguard.guard.svc, which API servers call"))
	past := time.Now().Add(-time.Minute).UTC().Truncate(time.Second)
	writePair(t, folder, "dittoguard.guard.svc", past)
	eventually(t, "an expired certificate", ready("the serving certificate expired at "+past.Format(time.RFC3339)))

	cancel()
	if err := <-done; err != nil {
		t.Errorf("Start: %v", err)
	}
}
