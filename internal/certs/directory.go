package certs

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/certwatcher"
	"sigs.k8s.io/controller-runtime/pkg/log"
)

// DirectoryOptions configure a Directory.
type DirectoryOptions struct {
	// Path is the folder that holds tls.crt and tls.key, as a mounted Secret of type kubernetes.io/tls does. Required.
	Path string
	// Namespace and ServiceName name the Service that API servers call. Required.
	Namespace, ServiceName string
	// Interval is how often the files are read whether or not a change was noticed. Default: 10 s.
	Interval time.Duration
}

// Directory serves the certificate in a folder, and follows its changes. A broken pair of files leaves the last good
// one in use.
type Directory struct {
	options DirectoryOptions

	mu      sync.Mutex
	watcher *certwatcher.CertWatcher
	err     error
}

var _ Source = (*Directory)(nil)

// NewDirectory serves the certificate in a folder once it is started.
func NewDirectory(options DirectoryOptions) *Directory {
	if options.Interval == 0 {
		options.Interval = 10 * time.Second
	}
	return &Directory{options: options}
}

// NeedLeaderElection makes a controller-runtime manager start the source on every replica.
func (*Directory) NeedLeaderElection() bool { return false }

// Start implements Source. Files that are not there yet are waited for.
func (d *Directory) Start(ctx context.Context) error {
	logger := log.FromContext(ctx).WithName("certs")
	for ctx.Err() == nil {
		watcher, err := certwatcher.New(
			filepath.Join(d.options.Path, corev1.TLSCertKey), filepath.Join(d.options.Path, corev1.TLSPrivateKeyKey))
		if err == nil {
			d.set(watcher, nil)
			// It ends early only where the files cannot be watched, and then it is tried again from the start.
			err = watcher.WithWatchInterval(d.options.Interval).Start(ctx)
		}
		if ctx.Err() != nil {
			return nil //nolint:nilerr // the watcher ended because it was told to
		}
		d.set(nil, err)
		logger.Error(err, "reading the serving certificate", "path", d.options.Path)
		pause(ctx, min(time.Second, d.options.Interval))
	}
	return nil
}

// set notes a new watcher; a nil one leaves the last in use.
func (d *Directory) set(watcher *certwatcher.CertWatcher, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if watcher != nil {
		d.watcher = watcher
	}
	d.err = err
}

// GetCertificate implements Source.
func (d *Directory) GetCertificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.watcher == nil {
		return nil, errNoCertificate
	}
	return d.watcher.GetCertificate(hello)
}

// Ready implements Source. Whether API servers trust the certificate is up to whoever writes the folder.
func (d *Directory) Ready() error {
	certificate, err := d.GetCertificate(nil)
	if err != nil {
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.err != nil {
			return fmt.Errorf("%w: %w", err, d.err)
		}
		return err
	}
	return usable(leafOf(certificate), dnsName(d.options.ServiceName, d.options.Namespace), time.Now())
}

// Recognize implements Source. All replicas mount the same folder, so they have the same key; who signed it may sign
// much else. While a new one is on its way to the folders replicas do not know one another, for a minute or two.
func (d *Directory) Recognize(leaf *x509.Certificate) error {
	certificate, err := d.GetCertificate(nil)
	if err != nil {
		return err
	}
	own := leafOf(certificate)
	if err := usable(own, dnsName(d.options.ServiceName, d.options.Namespace), time.Now()); err != nil {
		return err
	}
	if !bytes.Equal(own.RawSubjectPublicKeyInfo, leaf.RawSubjectPublicKeyInfo) {
		return errStranger
	}
	return nil
}

// NotAfter implements Source.
func (d *Directory) NotAfter() time.Time {
	certificate, err := d.GetCertificate(nil)
	if err != nil {
		return time.Time{}
	}
	if leaf := leafOf(certificate); leaf != nil {
		return leaf.NotAfter
	}
	return time.Time{}
}
