package certs

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// caKey is where cert-manager's authority keeps the CA, beside tls.crt, which is the same certificate.
const caKey = "ca.crt"

// maxCAs bounds a bundle. A CA lives for months; only a Secret that is deleted again and again comes near it.
const maxCAs = 16

// A bundle is a set of CA certificates, the newest first, in an order that every replica agrees on.
type bundle []*x509.Certificate

// parseBundle reads PEM. What is no certificate is dropped: the API server would not use it either, and a bundle that
// someone spoilt must not keep the right CA out.
func parseBundle(data []byte) bundle {
	var b bundle
	for {
		var block *pem.Block
		if block, data = pem.Decode(data); block == nil {
			return b
		}
		if block.Type != "CERTIFICATE" {
			continue
		}
		if certificate, err := x509.ParseCertificate(block.Bytes); err == nil {
			b = append(b, certificate)
		}
	}
}

// encode writes the bundle as PEM.
func (b bundle) encode() []byte {
	var out bytes.Buffer
	for _, ca := range b {
		out.Write(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: ca.Raw}))
	}
	return out.Bytes()
}

// with is the bundle that has the current CA beside those that may still be needed. A CA goes when
//   - it has expired: a leaf never outlives its CA (cert-manager's authority cuts its lifetime), or
//   - the current CA is two leaf lifetimes old: every leaf of an older CA has expired by then, whichever replica signed
//     it. So a CA whose key leaked is not trusted for the rest of its year.
//
// A CA that is newer than the current one stays: another replica has seen a rotation that this one has not.
func (b bundle) with(current *x509.Certificate, leafDuration time.Duration, now time.Time) bundle {
	retired := current.NotBefore.Add(2 * leafDuration).Before(now)
	merged := bundle{current}
	for _, ca := range b {
		switch {
		case now.After(ca.NotAfter), retired && ca.NotBefore.Before(current.NotBefore):
		case slices.ContainsFunc(merged, ca.Equal):
		default:
			merged = append(merged, ca)
		}
	}
	slices.SortFunc(merged, func(x, y *x509.Certificate) int {
		if c := y.NotBefore.Compare(x.NotBefore); c != 0 {
			return c
		}
		return bytes.Compare(x.Raw, y.Raw)
	})
	if len(merged) <= maxCAs {
		return merged
	}
	kept := merged[:maxCAs:maxCAs]
	if !slices.ContainsFunc(kept, current.Equal) {
		kept = append(kept[:maxCAs-1:maxCAs-1], current)
	}
	return kept
}

// trusts asks what an API server with this bundle would: does the leaf verify, for the name it calls?
func (b bundle) trusts(leaf *x509.Certificate, name string, now time.Time) bool {
	roots := x509.NewCertPool()
	for _, ca := range b {
		roots.AddCert(ca)
	}
	_, err := leaf.Verify(x509.VerifyOptions{
		Roots: roots, DNSName: name, CurrentTime: now,
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	})
	return err == nil
}

// authorityIn reads the CA from its Secret. It accepts what cert-manager's authority accepts; anything else that
// authority is about to replace, and it must not get into a bundle meanwhile. The errors hold nothing of the Secret.
func authorityIn(secret *corev1.Secret, now time.Time) (*x509.Certificate, error) {
	ca, certificate, key := secret.Data[caKey], secret.Data[corev1.TLSCertKey], secret.Data[corev1.TLSPrivateKeyKey]
	if len(ca) == 0 || len(certificate) == 0 || len(key) == 0 {
		return nil, errors.New("it holds no CA yet")
	}
	if !bytes.Equal(ca, certificate) {
		return nil, fmt.Errorf("%s and %s differ", caKey, corev1.TLSCertKey)
	}
	pair, err := tls.X509KeyPair(certificate, key)
	if err != nil {
		return nil, errors.New("certificate and key do not belong together")
	}
	leaf := leafOf(&pair)
	switch {
	case leaf == nil || !leaf.IsCA:
		return nil, errors.New("the certificate is not a CA")
	case now.After(leaf.NotAfter):
		return nil, errors.New("the CA has expired")
	}
	return leaf, nil
}
