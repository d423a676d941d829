// Package certs keeps the webhook server's certificate: where it comes from, when it may be used, and that the API
// server trusts it.
//
// [Directory] serves what cert-manager (or anyone) writes into a mounted folder. [Self] needs no cert-manager in the
// cluster: it signs its own certificates with a CA kept in a Secret, and writes that CA into the webhook
// configurations. Every replica runs its own Source; none needs to be the leader.
package certs

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"time"
)

// Source provides the serving certificate. It is safe for concurrent use.
type Source interface {
	// GetCertificate is for tls.Config.GetCertificate. It fails as long as there is no certificate.
	GetCertificate(*tls.ClientHelloInfo) (*tls.Certificate, error)
	// Start keeps the certificate fresh until the context ends, which is no error.
	Start(ctx context.Context) error
	// Ready is nil if a valid certificate is served that API servers trust, as far as the source can see; otherwise it
	// says what is missing.
	Ready() error
	// Recognize returns nil if a certificate is one that another replica of this dittoguard serves. Nobody else has
	// such a one, or it could be taken for the webhook.
	Recognize(leaf *x509.Certificate) error
	// NotAfter is when the served certificate expires, the zero time if there is none.
	NotAfter() time.Time
}

// errNoCertificate is what a TLS handshake gets before there is a certificate.
var errNoCertificate = errors.New("no serving certificate yet")

// errStranger is what somebody gets who is no replica.
var errStranger = errors.New("the certificate is not that of a replica of dittoguard")

// dnsName is the name under which API servers call a webhook's Service.
func dnsName(service, namespace string) string { return service + "." + namespace + ".svc" }

// leafOf returns the parsed certificate, nil if there is none.
func leafOf(certificate *tls.Certificate) *x509.Certificate {
	if certificate == nil {
		return nil
	}
	if certificate.Leaf != nil {
		return certificate.Leaf
	}
	if len(certificate.Certificate) == 0 {
		return nil
	}
	leaf, err := x509.ParseCertificate(certificate.Certificate[0])
	if err != nil {
		return nil
	}
	return leaf
}

// usable says whether a certificate can serve the name at the time.
func usable(leaf *x509.Certificate, name string, now time.Time) error {
	switch {
	case leaf == nil:
		return errNoCertificate
	case now.Before(leaf.NotBefore):
		return fmt.Errorf("the serving certificate is not valid before %s, which for API servers is in %s",
			leaf.NotBefore.UTC().Format(time.RFC3339), leaf.NotBefore.Sub(now).Round(time.Second))
	case now.After(leaf.NotAfter):
		return fmt.Errorf("the serving certificate expired at %s", leaf.NotAfter.UTC().Format(time.RFC3339))
	}
	if err := leaf.VerifyHostname(name); err != nil {
		return fmt.Errorf("the serving certificate is not for %s, which API servers call", name)
	}
	return nil
}
