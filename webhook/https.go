package webhook

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/go-logr/logr"
)

const (
	// idleTimeout is longer than the 90 s after which an API server closes a connection that it does not use
	// (SetTransportDefaults of k8s.io/apimachinery/pkg/util/net): whoever sends requests is to be the one who closes,
	// or a request is lost that is on its way.
	idleTimeout = 2 * time.Minute
	// shutdownTimeout bounds how long requests under way are waited for. API servers wait 30 s at most.
	shutdownTimeout = time.Minute
)

// httpsServer serves the webhooks.
type httpsServer struct {
	address   string
	tls       *tls.Config
	handler   http.Handler
	log       logr.Logger
	listening atomic.Bool
}

func newHTTPSServer(o *ServerOptions, handler http.Handler) *httpsServer {
	port := o.Port
	if port == 0 {
		port = defaultPort
	}
	config := &tls.Config{
		GetCertificate: o.GetCertificate, MinVersion: tls.VersionTLS13,
		NextProtos: []string{"h2", "http/1.1"}, // of each client's own config, too
	}
	if o.Clients != nil {
		o.Clients.demand(config)
	}
	return &httpsServer{address: net.JoinHostPort(o.Host, strconv.Itoa(port)), tls: config, handler: handler,
		log: o.Log}
}

// ready returns nil once connections are accepted.
func (s *httpsServer) ready() error {
	if !s.listening.Load() {
		return errors.New("not listening yet")
	}
	return nil
}

// server answers on connections. One that a client has opened and not used yet is idle, too, though no request ended on
// it: clients open one for each request that waits, and use whichever is free first. Its time counts as that for
// headers.
func (s *httpsServer) server() *http.Server {
	return &http.Server{
		Handler: s.handler, TLSConfig: s.tls, IdleTimeout: idleTimeout, ReadHeaderTimeout: idleTimeout,
		ErrorLog: slog.NewLogLogger(logr.ToSlogHandler(s.log), slog.LevelInfo),
	}
}

// serve serves until the context ends, and then finishes what is under way.
func (s *httpsServer) serve(ctx context.Context) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", s.address)
	if err != nil {
		return fmt.Errorf("serving the webhooks: %w", err)
	}
	server := s.server()
	ended := make(chan error, 1)
	go func() { ended <- server.ServeTLS(listener, "", "") }()
	s.listening.Store(true)
	select {
	case err := <-ended:
		return fmt.Errorf("serving the webhooks: %w", err)
	case <-ctx.Done():
	}
	bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
	defer cancel()
	if err := server.Shutdown(bounded); err != nil {
		return fmt.Errorf("stopping the webhooks: %w", err)
	}
	return nil
}
