package webhook

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"slices"
)

// Clients says who may ask, by the certificate that a client shows. Without it anybody who reaches the port may, and
// learns from the answers what the objects hold that decide.
type Clients struct {
	// CAFile has the CAs that sign the certificates, as PEM. It is read for each connection, so that a change counts at
	// once.
	CAFile string
	// Names are the common names and DNS names of which the certificate has to have one; none means that any will do.
	Names []string
}

// Check says what keeps clients from being told apart, nil if nothing does.
func (c *Clients) Check() error {
	_, err := c.authorities()
	return err
}

func (c *Clients) authorities() (*x509.CertPool, error) {
	text, err := os.ReadFile(c.CAFile)
	if err != nil {
		return nil, fmt.Errorf("reading the CA of clients: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("reading the CA of clients: %s holds no certificate", c.CAFile)
	}
	return pool, nil
}

// demand makes a server ask every client for a certificate. Where the CA cannot be read nobody gets in.
func (c *Clients) demand(server *tls.Config) {
	server.ClientAuth = tls.RequireAndVerifyClientCert
	server.ClientCAs = x509.NewCertPool()
	server.VerifyConnection = c.verify
	server.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) {
		pool, err := c.authorities()
		if err != nil {
			return nil, err
		}
		own := server.Clone()
		own.GetConfigForClient = nil
		own.ClientCAs = pool
		return own, nil
	}
}

// verify compares the name of a client whose certificate is good.
func (c *Clients) verify(state tls.ConnectionState) error {
	if len(state.PeerCertificates) == 0 {
		return errors.New("no client certificate")
	}
	client := state.PeerCertificates[0]
	if len(c.Names) == 0 || slices.Contains(c.Names, client.Subject.CommonName) ||
		slices.ContainsFunc(client.DNSNames, func(name string) bool { return slices.Contains(c.Names, name) }) {
		return nil
	}
	return fmt.Errorf("the client certificate of %q has none of the accepted names", client.Subject.CommonName)
}
