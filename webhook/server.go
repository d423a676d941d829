package webhook

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"golang.org/x/sync/errgroup"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"
)

const (
	// ValidatePath is where the validating webhook is served.
	ValidatePath = "/validate"
	// MutatePath is where the mutating webhook is served.
	MutatePath = "/mutate"

	defaultPort = 9443

	// defaultDrain is how long requests still arrive after a Pod is told to stop, until every API server has learnt
	// that its endpoint is gone.
	defaultDrain = 5 * time.Second
)

// Component is a part that the server cannot do without: certificates, caches, rules, the configuration.
type Component struct {
	// Name is how /readyz calls it.
	Name string
	// Start runs it until the context ends. An error ends the server. It may be nil, and may return nil early.
	Start func(ctx context.Context) error
	// Ready returns nil, or what is missing. It may be nil.
	Ready func() error
	// Note returns what else /readyz should say though the component is ready. It may be nil.
	Note func() string
}

// ServerOptions say what Run serves.
type ServerOptions struct {
	// Host and Port are where the webhooks listen: all addresses and 9443 if they are empty.
	Host string
	Port int
	// HealthAddress serves /healthz and /readyz, MetricsAddress /metrics, over plain HTTP. Empty or "0" is off.
	HealthAddress  string
	MetricsAddress string
	// GetCertificate returns the serving certificate of each connection.
	GetCertificate func(*tls.ClientHelloInfo) (*tls.Certificate, error)
	// Clients says who may connect to the webhooks; nil means anybody.
	Clients *Clients
	// Validator and Mutator answer; a nil Mutator is not served.
	Validator, Mutator admission.Handler
	// Components run beside the webhooks, and decide readiness in this order.
	Components []Component
	// Unheard is told of requests that are turned away, as in Options.
	Unheard func()
	// Recorder counts what is in flight; nil counts nothing.
	Recorder Recorder
	// Metrics is what /metrics shows.
	Metrics prometheus.Gatherer
	// Drain is how long to go on serving once the context has ended; 5 s if zero. A negative one does not wait. The
	// Pod's termination grace period has to be longer.
	Drain time.Duration
	Log   logr.Logger
}

// Run serves until the context ends. Then it says that it is not ready, goes on for the time of Drain, finishes what is
// under way, stops the components, and returns nil. The error is why it could not start or had to stop.
func Run(ctx context.Context, o ServerOptions) error {
	if o.Drain == 0 {
		o.Drain = defaultDrain
	}
	if o.Log.GetSink() == nil {
		o.Log = logr.Discard()
	}
	if o.Recorder == nil {
		o.Recorder = noRecorder{}
	}
	ready := &readiness{}
	room := newFlight(maxInFlight, o.Recorder, o.Unheard)
	webhooksMux := http.NewServeMux()
	serveAt := func(path string, h admission.Handler) {
		webhooksMux.Handle(path, o.Recorder.Responses(path, ready.closing(handle(h, room))))
	}
	serveAt(ValidatePath, o.Validator)
	if o.Mutator != nil {
		serveAt(MutatePath, o.Mutator)
	}
	server := newHTTPSServer(&o, webhooksMux)
	ready.components = slices.Clip(o.Components)
	if o.Clients != nil {
		ready.components = append(ready.components, Component{Name: "clients", Ready: o.Clients.Check})
	}
	ready.components = append(ready.components, Component{Name: "server", Ready: server.ready})

	// The components outlive the webhooks, and what the probes see outlives both: a request under way needs the caches.
	group, failed := errgroup.WithContext(context.WithoutCancel(ctx))
	webhooks, stopWebhooks := context.WithCancel(failed)
	rest, stopRest := context.WithCancel(failed)
	defer stopWebhooks()
	defer stopRest()

	health := http.NewServeMux()
	health.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok\n") })
	health.Handle("/readyz", ready)
	group.Go(func() error { return serve(rest, "health", o.HealthAddress, health) })
	if o.Metrics != nil {
		metrics := http.NewServeMux()
		metrics.Handle("/metrics", promhttp.HandlerFor(o.Metrics, promhttp.HandlerOpts{}))
		group.Go(func() error { return serve(rest, "metrics", o.MetricsAddress, metrics) })
	}
	for _, c := range o.Components {
		if c.Start == nil {
			continue
		}
		group.Go(func() error {
			if err := c.Start(rest); err != nil && rest.Err() == nil {
				return fmt.Errorf("running %s: %w", c.Name, err)
			}
			return nil
		})
	}
	group.Go(func() error {
		defer stopRest()
		return server.serve(webhooks)
	})
	group.Go(func() error {
		select {
		case <-ctx.Done():
			ready.draining.Store(true)
			o.Log.Info("stopping", "drain", max(o.Drain, 0).String())
			select {
			case <-time.After(max(o.Drain, 0)):
			case <-failed.Done():
			}
		case <-failed.Done():
		}
		stopWebhooks()
		return nil
	})
	return group.Wait()
}

// serve serves plain HTTP until the context ends.
func serve(ctx context.Context, name, address string, handler http.Handler) error {
	if address == "" || address == "0" {
		return nil
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("listening for %s: %w", name, err)
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second,
		WriteTimeout: 30 * time.Second}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if err := server.Serve(listener); err != nil && !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serving %s: %w", name, err)
	}
	return nil
}

// readiness answers /readyz, in the form of Kubernetes' own components, always with the detail:
//
//	[+]certificates ok
//	[-]caches failed: Secret in ditto: not read yet
//	[+]configuration ok, broken reload: config.yaml:3: unknown field "modess" (in force is the version loaded at …)
type readiness struct {
	components []Component
	draining   atomic.Bool
}

// closing has clients close their connections once the server is stopping: a kept one would be closed by the server
// later, maybe with a request on its way.
func (r *readiness) closing(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		if r.draining.Load() {
			w.Header().Set("Connection", "close")
		}
		next.ServeHTTP(w, request)
	})
}

// ServeHTTP implements http.Handler.
func (r *readiness) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	var b strings.Builder
	status := http.StatusOK
	say := func(name string, err error, note string) {
		switch {
		case err != nil:
			status = http.StatusServiceUnavailable
			fmt.Fprintf(&b, "[-]%s failed: %s\n", name, strings.ReplaceAll(err.Error(), "\n", "; "))
		case note != "":
			fmt.Fprintf(&b, "[+]%s ok, %s\n", name, strings.ReplaceAll(note, "\n", "; "))
		default:
			fmt.Fprintf(&b, "[+]%s ok\n", name)
		}
	}
	if r.draining.Load() {
		say("shutdown", errors.New("stopping"), "")
	}
	for _, c := range r.components {
		var err error
		var note string
		if c.Ready != nil {
			err = c.Ready()
		}
		if c.Note != nil {
			note = c.Note()
		}
		say(c.Name, err, note)
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(b.String()))
}
