package faults

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/dittoguard/dittoguard/test/cluster"
)

// readCA is the Secret with the certificate authority.
func (b *bed) readCA(ctx context.Context) (*corev1.Secret, error) {
	ca := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: cluster.Namespace, Name: cluster.Release + "-ca"}}
	return ca, b.Client.Get(ctx, client.ObjectKeyFromObject(ca), ca)
}

// showsCA waits until all replicas show certificates of the authority that is in the Secret.
func (b *bed) showsCA(ctx context.Context) error {
	return until(ctx, func() error {
		ca, err := b.readCA(ctx)
		if err != nil {
			return err
		}
		return b.replicas.ShowCertificatesOf(ctx, ca.Data["ca.crt"])
	})
}

func (b *bed) deleteCA(ctx context.Context) error {
	ca, err := b.readCA(ctx)
	if err != nil {
		return err
	}
	if err := b.Client.Delete(ctx, ca); err != nil {
		return err
	}
	return b.showsCA(ctx)
}

// replaceCA writes another authority into the Secret.
func (b *bed) replaceCA(ctx context.Context) error {
	ca, err := b.readCA(ctx)
	if err != nil {
		return err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()), Subject: pkix.Name{CommonName: "put there by hand"}, NotBefore: now.Add(-time.Minute), NotAfter: now.AddDate(1, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment | x509.KeyUsageCertSign,
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate})
	ca.Data = map[string][]byte{
		"ca.crt": text, corev1.TLSCertKey: text, corev1.TLSPrivateKeyKey: pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}),
	}
	if err := b.Client.Update(ctx, ca); err != nil {
		return err
	}
	return until(ctx, func() error { return b.replicas.ShowCertificatesOf(ctx, text) })
}

// The lifetimes of certificates that are renewed while somebody looks: both after two thirds.
const leafLives, caLives = time.Minute, 2 * time.Minute

// liveShort has certificates and CA live for a minute or two.
func liveShort(t *testing.T, b *bed) (func(context.Context) error, error) {
	t.Helper()
	mend, err := b.run(t, cluster.How{Binary: b.binary, Flags: []string{"--leaf-duration=" + leafLives.String(), "--ca-duration=" + caLives.String()}})
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) error {
		if err := mend(ctx); err != nil {
			return err
		}
		return b.deleteCA(ctx)
	}, b.deleteCA(t.Context())
}

// grownOld waits until every replica has renewed its certificate by the same authority, and the authority has been renewed as well.
func grownOld(ctx context.Context, b *bed) error {
	first, err := b.readCA(ctx)
	if err != nil {
		return err
	}
	seen := map[string]map[string]bool{one: {}, two: {}}
	err = until(ctx, func() error {
		for name := range b.replicas.Serves {
			if serial, err := b.replicas.SerialOf(ctx, name, first.Data["ca.crt"]); err == nil {
				seen[name][serial] = true
			}
		}
		ca, err := b.readCA(ctx)
		if err == nil && string(ca.Data["ca.crt"]) == string(first.Data["ca.crt"]) {
			return fmt.Errorf("the authority is the same")
		}
		return err
	})
	if err != nil {
		return err
	}
	for name, serials := range seen {
		if len(serials) < 2 {
			return fmt.Errorf("%s showed %d certificates of the first authority, want two", name, len(serials))
		}
	}
	return b.showsCA(ctx)
}
