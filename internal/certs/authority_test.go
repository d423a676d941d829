package certs

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cert-manager/cert-manager/pkg/server/tls/authority"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// newCA makes a CA as cert-manager's authority does.
func newCA(t testing.TB, from time.Time, duration time.Duration) (*x509.Certificate, *ecdsa.PrivateKey) {
	t.Helper()
	certificate, key, err := makeCA(from, duration)
	if err != nil {
		t.Fatal(err)
	}
	return certificate, key
}

func makeCA(from time.Time, duration time.Duration) (*x509.Certificate, *ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 64))
	if err != nil {
		return nil, nil, err
	}
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "test-ca"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: from, NotAfter: from.Add(duration), KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, nil, err
	}
	certificate, err := x509.ParseCertificate(der)
	return certificate, key, err
}

// secretData is a CA as it lies in its Secret.
func secretData(t testing.TB, ca *x509.Certificate, key *ecdsa.PrivateKey) map[string][]byte {
	t.Helper()
	data, err := makeData(ca, key)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func makeData(ca *x509.Certificate, key *ecdsa.PrivateKey) (map[string][]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	certificate := bundle{ca}.encode()
	return map[string][]byte{
		caKey: certificate, corev1.TLSCertKey: certificate,
		corev1.TLSPrivateKeyKey: pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}),
	}, nil
}

// secretAuthority does for a fake client what cert-manager's DynamicAuthority does for a real one: it keeps a CA in the
// Secret, replaces one that is missing, damaged or near its end, and signs with what it saw last.
type secretAuthority struct {
	client                   client.Client
	key                      types.NamespacedName
	caDuration, leafDuration time.Duration
	// ahead is how far the clock is ahead by which leaves are made.
	ahead atomic.Int64

	mu      sync.Mutex
	data    map[string][]byte
	watches []chan<- struct{}
}

func (a *secretAuthority) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		_ = a.look(ctx) // Conflicts among replicas are settled at the next look.
		pause(ctx, 5*time.Millisecond)
	}
	return nil
}

func (a *secretAuthority) look(ctx context.Context) error {
	secret := &corev1.Secret{}
	err := a.client.Get(ctx, a.key, secret)
	missing := apierrors.IsNotFound(err)
	if err != nil && !missing {
		return err
	}
	ca, err := authorityIn(secret, time.Now())
	if err == nil && time.Until(ca.NotAfter) > a.caDuration/3 {
		a.take(secret.Data)
		return nil
	}
	ca, key, err := makeCA(time.Now(), a.caDuration)
	if err != nil {
		return err
	}
	if secret.Data, err = makeData(ca, key); err != nil {
		return err
	}
	if missing {
		secret.ObjectMeta = metav1.ObjectMeta{Namespace: a.key.Namespace, Name: a.key.Name}
		return a.client.Create(ctx, secret)
	}
	return a.client.Update(ctx, secret)
}

func (a *secretAuthority) take(data map[string][]byte) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if bytes.Equal(a.data[caKey], data[caKey]) {
		return
	}
	a.data = data
	for _, watch := range a.watches {
		select {
		case watch <- struct{}{}:
		default:
		}
	}
}

func (a *secretAuthority) WatchRotation(ch chan<- struct{}) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.watches = append(a.watches, ch)
}

func (a *secretAuthority) StopWatchingRotation(ch chan<- struct{}) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.watches = slices.DeleteFunc(a.watches, func(w chan<- struct{}) bool { return w == ch })
}

func (a *secretAuthority) Sign(template *x509.Certificate) (*x509.Certificate, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.data == nil {
		return nil, authority.ErrCertificateNotAvailable
	}
	ca := parseBundle(a.data[caKey])[0]
	block, _ := pem.Decode(a.data[corev1.TLSPrivateKeyKey])
	if block == nil {
		return nil, errors.New("no key")
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	template.SerialNumber, template.BasicConstraintsValid = big.NewInt(time.Now().UnixNano()), true
	template.NotBefore = time.Now().Add(time.Duration(a.ahead.Load()))
	template.NotAfter = template.NotBefore.Add(a.leafDuration)
	if ca.NotAfter.Before(template.NotAfter) {
		template.NotAfter = ca.NotAfter
	}
	der, err := x509.CreateCertificate(rand.Reader, template, ca, template.PublicKey, key)
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(der)
}
