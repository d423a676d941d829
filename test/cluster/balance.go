package cluster

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"sync"
	"time"
)

// lookAtReplicas is how often it is looked which replicas are ready. A kubelet and a kube-proxy take a second or two.
const lookAtReplicas = 500 * time.Millisecond

// Balanced are replicas behind a Service as a cluster has one: each connection goes to the next replica that is among
// its endpoints, and one that has died stays among them for a moment.
type Balanced struct {
	*Replicas

	how       How
	addresses map[string]string

	mu sync.Mutex
	// endpoints are the names of those that get new connections.
	endpoints []string
	turn      int
	// leaving are those that were told to stop.
	leaving map[string]bool
}

// How replicas run.
type How struct {
	Binary string
	// Lag is how far their watches are behind.
	Lag time.Duration
	// Flags are more than the chart's.
	Flags []string
	// Clock is theirs, if the binary was built with one.
	Clock Clock
}

// StartBalanced runs a replica for each name.
func (c *Cluster) StartBalanced(ctx context.Context, binary string, names ...string) (*Balanced, error) {
	r, addresses, at, err := c.startReplicas(ctx, binary, 0, names, nil)
	if err != nil {
		return nil, err
	}
	b := &Balanced{Replicas: r, how: How{Binary: binary}, addresses: addresses, endpoints: slices.Clone(names), leaving: map[string]bool{}}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", at)
	if err != nil {
		r.Kill()
		return nil, fmt.Errorf("listening in the Service's place: %w", err)
	}
	beside, stop := context.WithCancel(context.WithoutCancel(ctx))
	r.stopDealing = func() error {
		stop()
		return listener.Close()
	}
	go b.look(beside, names)
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go b.connect(connection)
		}
	}()
	return b, nil
}

// look keeps the endpoints.
func (b *Balanced) look(ctx context.Context, names []string) {
	for pause(ctx, lookAtReplicas) {
		var ready []string
		for _, name := range names {
			b.mu.Lock()
			s, leaving := b.Serves[name], b.leaving[name]
			b.mu.Unlock()
			if ok, _ := s.Ready(ctx); ok && !leaving && !s.gone() {
				ready = append(ready, name)
			}
		}
		b.mu.Lock()
		b.endpoints = ready
		b.mu.Unlock()
	}
}

// Endpoints are the names of the replicas that get new connections.
func (b *Balanced) Endpoints() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.endpoints)
}

// connect hands a connection on to the next endpoint. Without any it is closed, as with a Service that has none.
func (b *Balanced) connect(from net.Conn) {
	defer func() { _ = from.Close() }()
	b.mu.Lock()
	if len(b.endpoints) == 0 {
		b.mu.Unlock()
		return
	}
	b.turn++
	name := b.endpoints[b.turn%len(b.endpoints)]
	b.mu.Unlock()
	to, err := net.DialTimeout("tcp", net.JoinHostPort(b.addresses[name], replicaPort), time.Second)
	if err != nil {
		return
	}
	defer func() { _ = to.Close() }()
	done := make(chan struct{}, 2)
	for _, pair := range [][2]net.Conn{{from, to}, {to, from}} {
		go func() {
			_, _ = io.Copy(pair[0], pair[1])
			done <- struct{}{}
		}()
	}
	<-done
}

// Terminate has a replica end as a kubelet does: it gets no new connections, and is asked to end. It returns when it
// has.
func (b *Balanced) Terminate(name string) error {
	b.mu.Lock()
	b.leaving[name] = true
	b.endpoints = slices.DeleteFunc(b.endpoints, func(n string) bool { return n == name })
	b.mu.Unlock()
	return b.Serves[name].Stop()
}

// Will has replicas run in another way from when they start the next time. It returns how they do until then.
func (b *Balanced) Will(how How) (was How) {
	was, b.how = b.how, how
	return was
}

// Restart starts a replica that has ended again, in the same Pod.
func (b *Balanced) Restart(ctx context.Context, name string) error {
	s, err := b.cluster.startServe(ctx, b.how, name, b.addresses[name])
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.Serves[name], b.leaving[name] = s, false
	return nil
}

// ShowCertificatesOf returns nil if each replica shows a certificate that this authority signed.
func (b *Balanced) ShowCertificatesOf(ctx context.Context, authority []byte) error {
	for name := range b.addresses {
		if _, err := b.SerialOf(ctx, name, authority); err != nil {
			return err
		}
	}
	return nil
}

// SerialOf is the serial number of the certificate that a replica shows, if this authority signed it.
func (b *Balanced) SerialOf(ctx context.Context, name string, authority []byte) (string, error) {
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(authority) {
		return "", errors.New("the authority is no certificate in PEM")
	}
	dialer := &tls.Dialer{Config: &tls.Config{RootCAs: roots, ServerName: Release + "." + Namespace + ".svc", MinVersion: tls.VersionTLS12}}
	connection, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(b.addresses[name], replicaPort))
	if err != nil {
		return "", fmt.Errorf("%s: %w", name, err)
	}
	defer func() { _ = connection.Close() }()
	return connection.(*tls.Conn).ConnectionState().PeerCertificates[0].SerialNumber.String(), nil
}
