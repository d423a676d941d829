package certs

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"math/big"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
)

// signed is a certificate for a name, of a CA.
func signed(t *testing.T, ca *x509.Certificate, caKey *ecdsa.PrivateKey, name string, usage x509.ExtKeyUsage, notAfter time.Time) *x509.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{name}, ExtKeyUsage: []x509.ExtKeyUsage{usage},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: notAfter,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, ca, key.Public(), caKey)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return leaf
}

// TestReplicasRecognizeOneAnother: by the certificates that they sign for themselves, and by nothing else; also while the CA is replaced.
func TestReplicasRecognizeOneAnother(t *testing.T) {
	c := fake.NewClientBuilder().WithObjects(emptySecret(), validatingConfiguration()).Build()
	one := start(t, c, time.Hour)
	ca, key := newCA(t, time.Now().Add(-time.Hour), 3*time.Hour)
	const name = "dittoguard.guard.svc"
	if one.Recognize(signed(t, ca, key, name, x509.ExtKeyUsageServerAuth, time.Now().Add(time.Hour))) == nil {
		t.Error("one that knows no CA recognizes anybody")
	}
	two := start(t, c, time.Hour)
	for _, s := range []*Self{one, two} {
		eventually(t, "ready", func() bool { return s.Ready() == nil })
	}
	if err := one.Recognize(servedLeaf(t, two)); err != nil {
		t.Errorf("another replica: %v", err)
	}
	old := servedLeaf(t, two)
	var secret corev1.Secret
	if err := c.Get(t.Context(), secretKey, &secret); err != nil {
		t.Fatal(err)
	}
	secret.Data = secretData(t, ca, key)
	if err := c.Update(t.Context(), &secret); err != nil {
		t.Fatal(err)
	}
	later := time.Now().Add(time.Hour)
	good := signed(t, ca, key, name, x509.ExtKeyUsageServerAuth, later)
	eventually(t, "the new CA counts", func() bool { return one.Recognize(good) == nil })
	if err := one.Recognize(old); err != nil {
		t.Errorf("a replica that has yet to sign anew: %v", err)
	}
	other, otherKey := newCA(t, time.Now().Add(-time.Hour), 3*time.Hour)
	for what, leaf := range map[string]*x509.Certificate{
		"another CA":                signed(t, other, otherKey, name, x509.ExtKeyUsageServerAuth, later),
		"another name":              signed(t, ca, key, "other.guard.svc", x509.ExtKeyUsageServerAuth, later),
		"any name":                  signed(t, ca, key, "*.guard.svc.cluster.local", x509.ExtKeyUsageServerAuth, later),
		"a certificate of a client": signed(t, ca, key, name, x509.ExtKeyUsageClientAuth, later),
		"one that has expired":      signed(t, ca, key, name, x509.ExtKeyUsageServerAuth, time.Now().Add(-time.Minute)),
		"the CA itself":             ca,
	} {
		if one.Recognize(leaf) == nil {
			t.Errorf("%s is recognized", what)
		}
	}
}

// TestReplicasRecognizeTheirKey: with a folder they have one key, and it does not matter who signed it.
func TestReplicasRecognizeTheirKey(t *testing.T) {
	ca, key := newCA(t, time.Now(), time.Hour)
	stranger := signed(t, ca, key, "dittoguard.guard.svc", x509.ExtKeyUsageServerAuth, time.Now().Add(time.Hour))
	folder := t.TempDir()
	d := NewDirectory(DirectoryOptions{Path: folder, Namespace: "guard", ServiceName: "dittoguard", Interval: 20 * time.Millisecond})
	if d.Recognize(stranger) == nil {
		t.Error("one that has no key recognizes anybody")
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- d.Start(ctx) }()
	writePair(t, folder, "dittoguard.guard.svc", time.Now().Add(time.Hour))
	eventually(t, "ready", func() bool { return d.Ready() == nil })
	own, err := d.GetCertificate(nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Recognize(leafOf(own)); err != nil {
		t.Errorf("a replica with the same folder: %v", err)
	}
	if d.Recognize(stranger) == nil {
		t.Error("a certificate for the same name is recognized")
	}
	writePair(t, folder, "dittoguard.guard.svc", time.Now().Add(-time.Minute))
	eventually(t, "expired", func() bool { return d.Ready() != nil })
	if expired, err := d.GetCertificate(nil); err != nil || d.Recognize(leafOf(expired)) == nil {
		t.Errorf("a key whose certificate has expired is recognized: %v", err)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
