package certs

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"sync"
	"time"

	cmtls "github.com/cert-manager/cert-manager/pkg/server/tls"
	"github.com/cert-manager/cert-manager/pkg/server/tls/authority"
	"golang.org/x/sync/errgroup"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"
)

// SelfOptions configure a Self.
type SelfOptions struct {
	// Namespace and ServiceName name the Service that API servers call. Required.
	Namespace, ServiceName string
	// CASecret is the name of the Secret in Namespace that holds the CA. Required. The chart creates it empty.
	CASecret string
	// ValidatingConfig and MutatingConfig name the webhook configurations whose caBundle is kept. Empty, or not
	// installed, is fine: there is no mutating one in a dry run.
	ValidatingConfig, MutatingConfig string
	// CADuration is a CA's lifetime; it is replaced after two thirds of it. Default: 365 days.
	CADuration time.Duration
	// LeafDuration is a serving certificate's lifetime, less than CADuration. Default: 7 days.
	LeafDuration time.Duration
	// Settle is how long a new certificate waits after the configurations have been read back. What one API server
	// answers, the others know a moment later; and their clocks may be behind the certificate's first second.
	// Default: 10 s.
	Settle time.Duration
	// Resync is how often everything is read again without a reason, in case a watch is silent. Default: 10 s.
	Resync time.Duration
	// Retry is the pause after a failure. Default: 1 s.
	Retry time.Duration
	// Now is what time it is for API servers, which decide whether a certificate is valid. Default: time.Now.
	Now func() time.Time
	// Look is the pause between looks at what cert-manager's library has made, which ask no API server. Default: 50 ms.
	Look time.Duration
}

func (o *SelfOptions) setDefaults() {
	for _, d := range []struct {
		field *time.Duration
		value time.Duration
	}{
		{&o.CADuration, 365 * 24 * time.Hour},
		{&o.LeafDuration, 7 * 24 * time.Hour},
		{&o.Settle, 10 * time.Second},
		{&o.Resync, 10 * time.Second},
		{&o.Retry, time.Second},
		{&o.Look, 50 * time.Millisecond},
	} {
		if *d.field == 0 {
			*d.field = d.value
		}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
}

func (o *SelfOptions) validate() error {
	var problems []error
	for _, required := range []struct{ name, value string }{
		{"namespace", o.Namespace}, {"service name", o.ServiceName}, {"name of the CA Secret", o.CASecret},
	} {
		if required.value == "" {
			problems = append(problems, fmt.Errorf("self-managed certificates: the %s is required", required.name))
		}
	}
	if o.LeafDuration >= o.CADuration {
		problems = append(problems,
			fmt.Errorf("self-managed certificates: a leaf (%s) must not live as long as its CA (%s)",
				o.LeafDuration, o.CADuration))
	}
	return errors.Join(problems...)
}

// Self signs its own serving certificates. The CA in the Secret and the leaf are cert-manager's library's work; this
// type brings the CA into the webhook configurations, and holds a new leaf back until API servers can trust it.
//
// A rotation, whatever caused it (age, a deleted or a damaged Secret):
//  1. one replica's authority writes a new CA into the Secret, and every replica's authority signs a new leaf;
//  2. whoever comes first writes the new CA beside the old one into every entry (see bundle.with);
//  3. each replica goes on serving its old leaf until it has read back from every configuration that its new leaf would
//     be trusted, and Settle has passed;
//  4. the old CA goes when no leaf of it can be valid any more.
type Self struct {
	options SelfOptions
	client  client.WithWatch
	// signer makes leaves; it replaces its own one as soon as it has another.
	signer cmtls.CertificateSource
	// anew has the signer make another leaf.
	anew *renewing
	now  func() time.Time
	// changed is filled when something that decides may have changed.
	changed chan struct{}

	mu     sync.Mutex
	served *tls.Certificate
	// cas are the CA that was in the Secret last, and those before it that leaves of other replicas may still have.
	cas bundle
	// candidate is a newer leaf that waits; trustedSince is when the configurations were first read to trust it.
	candidate    *tls.Certificate
	trustedSince time.Time
	// distrust lists the entries that do not trust the served leaf, as last read; read says that they were read once.
	distrust []error
	read     bool
	// failure is what went wrong in the last pass.
	failure error
}

var _ Source = (*Self)(nil)

// NewSelf prepares self-managed certificates; nothing is read or written before Start. The rest.Config's identity needs
// the rights of the chart's certificate Role, and get, watch and patch on the two webhook configurations.
func NewSelf(config *rest.Config, options SelfOptions) (*Self, error) {
	options.setDefaults()
	if err := options.validate(); err != nil {
		return nil, err
	}
	c, err := client.NewWithWatch(config, client.Options{})
	if err != nil {
		return nil, fmt.Errorf("self-managed certificates: %w", err)
	}
	return newSelf(c, &authority.DynamicAuthority{
		SecretNamespace: options.Namespace,
		SecretName:      options.CASecret,
		RESTConfig:      config,
		CommonName:      "dittoguard-ca",
		CADuration:      options.CADuration,
		LeafDuration:    options.LeafDuration,
	}, options), nil
}

func newSelf(c client.WithWatch, ca cmtls.Authority, options SelfOptions) *Self {
	options.setDefaults()
	renewing := &renewing{Authority: ca}
	return &Self{
		options: options,
		client:  c,
		signer: &cmtls.DynamicSource{
			DNSNames:      []string{dnsName(options.ServiceName, options.Namespace)},
			Authority:     renewing,
			RetryInterval: options.Look, // it waits for the CA, which another goroutine brings
		},
		anew:    renewing,
		now:     options.Now,
		changed: make(chan struct{}, 1),
	}
}

// NeedLeaderElection makes a controller-runtime manager start the source on every replica.
func (*Self) NeedLeaderElection() bool { return false }

// Start implements Source.
func (s *Self) Start(ctx context.Context) error {
	ctx = log.IntoContext(ctx, log.FromContext(ctx).WithName("certs"))
	group, ctx := errgroup.WithContext(ctx)
	// It says each time that it waits.
	group.Go(func() error { return s.signer.Start(log.IntoContext(ctx, log.FromContext(ctx).V(1))) })
	for _, w := range s.watches() {
		group.Go(func() error { s.watch(ctx, w); return nil })
	}
	group.Go(func() error { s.run(ctx); return nil })
	return group.Wait()
}

// run passes whenever something changed or was signed, after Retry where something is missing, and otherwise every
// Resync.
func (s *Self) run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	var last time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.changed:
		case <-timer.C:
			due := s.options.Resync
			if s.unsettled() {
				due = s.options.Retry
			}
			if !s.signed() && s.now().Sub(last) < due {
				timer.Reset(s.options.Look)
				continue
			}
		}
		last = s.now()
		err := s.pass(ctx)
		if err != nil && ctx.Err() == nil {
			log.FromContext(ctx).Error(err, "keeping the serving certificate trusted, trying again")
		}
		timer.Reset(s.options.Look)
	}
}

// signed says whether there is a leaf that no pass has seen.
func (s *Self) signed() bool {
	latest, _ := s.signer.GetCertificate(nil)
	s.mu.Lock()
	defer s.mu.Unlock()
	return latest != nil && latest != s.served && latest != s.candidate
}

// unsettled says whether the next pass should not wait for Resync: a leaf waits to be served, or the last pass failed.
func (s *Self) unsettled() bool {
	latest, _ := s.signer.GetCertificate(nil)
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.failure != nil || len(s.distrust) > 0 || latest != s.served ||
		usable(leafOf(s.served), s.name(), s.now()) != nil
}

func (s *Self) name() string { return dnsName(s.options.ServiceName, s.options.Namespace) }

// decide chooses the leaf to serve, given the configurations as they were just read from the API server.
func (s *Self) decide(configurations []*configuration) {
	latest, _ := s.signer.GetCertificate(nil)
	now := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if latest != s.candidate {
		s.candidate, s.trustedSince = latest, time.Time{}
	}
	// A leaf that this node's clock made when it was ahead stays invalid for as long as it was. Once the clock is set,
	// there is a better one.
	if leaf := leafOf(s.candidate); leaf != nil && now.Before(leaf.NotBefore) && time.Now().Before(leaf.NotBefore) {
		s.anew.renew()
	}
	if s.candidate != nil && s.candidate != s.served && s.takesOver(configurations, now) {
		s.served = s.candidate
	}
	s.read = true
	s.distrust = s.distrusting(configurations, leafOf(s.served), now)
}

// takesOver says whether the candidate is to be served now.
func (s *Self) takesOver(configurations []*configuration, now time.Time) bool {
	served := leafOf(s.served)
	if usable(served, s.name(), now) != nil {
		return true // There is nothing better.
	}
	if len(s.distrusting(configurations, leafOf(s.candidate), now)) > 0 {
		s.trustedSince = time.Time{}
		return false
	}
	if s.trustedSince.IsZero() {
		s.trustedSince = now
	}
	// Where the served leaf has lost its trust (someone emptied the bundles), waiting protects nothing.
	return now.Sub(s.trustedSince) >= s.options.Settle || len(s.distrusting(configurations, served, now)) > 0
}

// distrusting lists the entries that do not trust the leaf.
func (s *Self) distrusting(configurations []*configuration, leaf *x509.Certificate, now time.Time) []error {
	if leaf == nil {
		return nil
	}
	var list []error
	for _, c := range configurations {
		for _, e := range c.entries {
			if !e.cas.trusts(leaf, s.name(), now) {
				list = append(list, fmt.Errorf("%s: webhook %q does not trust the serving certificate yet", c, e.name))
			}
		}
	}
	return list
}

// GetCertificate implements Source.
func (s *Self) GetCertificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.served == nil {
		return nil, errNoCertificate
	}
	return s.served, nil
}

// Recognize implements Source: the certificate is for the name that API servers call, and of a CA that was in the
// Secret. That CA signs nothing else.
func (s *Self) Recognize(leaf *x509.Certificate) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.cas.trusts(leaf, s.name(), s.now()) {
		return errStranger
	}
	return nil
}

// Ready implements Source. An API server that cannot be reached does not end a readiness that was there.
func (s *Self) Ready() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var problems []error
	if err := usable(leafOf(s.served), s.name(), s.now()); err != nil {
		problems = append(problems, err)
	}
	if !s.read {
		problems = append(problems, errors.New("the webhook configurations have not been read yet"))
	}
	problems = append(problems, s.distrust...)
	if len(problems) > 0 && s.failure != nil {
		problems = append(problems, s.failure)
	}
	return errors.Join(problems...)
}

// NotAfter implements Source.
func (s *Self) NotAfter() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	if leaf := leafOf(s.served); leaf != nil {
		return leaf.NotAfter
	}
	return time.Time{}
}
