package webhook

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	utilnet "k8s.io/apimachinery/pkg/util/net"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/test/sample"
)

// running is a webhook server, until stop is called; ended then says how it ended.
func running(t *testing.T, cert *tls.Certificate, judge check.Judge, drain time.Duration) (port int, stop func(), ended <-chan error) {
	t.Helper()
	port = freePort(t)
	health := freePort(t)
	memory := inventory.NewMemory(nil, nil)
	memory.Put(object(t, service("other", "gateway")))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- Run(ctx, ServerOptions{
			Host: "127.0.0.1", Port: port, HealthAddress: address(health), Drain: drain,
			GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return cert, nil },
			Validator:      NewValidator(Options{Judge: using(judge), Inventory: memory}),
		})
	}()
	await(t, health, "/readyz", 200, "[+]server ok\n")
	return port, cancel, done
}

// apiServer sends requests as an API server does: over HTTP/1.1, on connections that it keeps, to whichever replica a new connection gets to, and
// again after a 429 as long as it has time (k8s.io/client-go/rest).
type apiServer struct {
	client *http.Client
	// replica is the port of the replica that connections get to.
	replica    *atomic.Int64
	turnedAway atomic.Int64
}

func newAPIServer() *apiServer {
	a := &apiServer{replica: &atomic.Int64{}}
	// A handshake is bounded in seconds on both sides: on a busy machine hundreds of them at once would take longer.
	handshakes := make(chan struct{}, 8)
	dialer := &tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"http/1.1"}}}
	a.client = &http.Client{Transport: utilnet.SetTransportDefaults(&http.Transport{
		MaxIdleConnsPerHost: 256,
		DialTLSContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			handshakes <- struct{}{}
			defer func() { <-handshakes }()
			return dialer.DialContext(ctx, network, address(int(a.replica.Load())))
		},
	})}
	return a
}

func (a *apiServer) ask(t *testing.T, name, app string, timeout time.Duration) (allowed bool, err error) {
	ctx, cancel := context.WithTimeout(t.Context(), timeout)
	defer cancel()
	body, err := json.Marshal(admissionv1.AdmissionReview{
		TypeMeta: metav1.TypeMeta{APIVersion: "admission.k8s.io/v1", Kind: "AdmissionReview"}, Request: create(service(name, app)),
	})
	if err != nil {
		return false, err
	}
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://dittoguard.svc"+ValidatePath+"?timeout="+timeout.String(), bytes.NewReader(body))
		if err != nil {
			return false, err
		}
		// So that the transport does not send it again by itself: whoever is not as lucky has lost it.
		request.GetBody = nil
		request.Header.Set("Content-Type", "application/json")
		response, err := a.client.Do(request)
		if err != nil {
			return false, err
		}
		text, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		switch {
		case err != nil:
			return false, err
		case response.StatusCode == http.StatusTooManyRequests && response.Header.Get("Retry-After") == "1":
			a.turnedAway.Add(1)
			select {
			case <-ctx.Done():
				return false, ctx.Err()
			case <-time.After(time.Second):
			}
			continue
		case response.StatusCode != http.StatusOK:
			return false, fmt.Errorf("%s: %s", response.Status, text)
		}
		var review admissionv1.AdmissionReview
		if err := json.Unmarshal(text, &review); err != nil || review.Response == nil {
			return false, errors.Join(err, errors.New("no response"))
		}
		return review.Response.Allowed, nil
	}
}

// TestARollingRestartLosesNoRequest: clients that keep their connections, and open new ones where they are told to close them, get an answer to
// everything while one replica after another is replaced.
func TestARollingRestartLosesNoRequest(t *testing.T) {
	cert := certificate(t)
	api := newAPIServer()
	port, stop, ended := running(t, cert, rules(), 3*time.Second)
	api.replica.Store(int64(port))
	asking, end := context.WithCancel(t.Context())
	var clients sync.WaitGroup
	var answered atomic.Int64
	for client := range 16 {
		clients.Go(func() {
			for asking.Err() == nil {
				if allowed, err := api.ask(t, "api", "elsewhere", 10*time.Second); err != nil || !allowed {
					t.Errorf("client %d: allowed %t, %v", client, allowed, err)
					return
				}
				answered.Add(1)
				time.Sleep(2 * time.Millisecond)
			}
		})
	}
	for range 3 {
		next, stopNext, endedNext := running(t, cert, rules(), 3*time.Second)
		stop()
		// Its endpoint is gone a moment later.
		time.Sleep(100 * time.Millisecond)
		api.replica.Store(int64(next))
		if err := <-ended; err != nil {
			t.Error(err)
		}
		stop, ended = stopNext, endedNext
	}
	end()
	clients.Wait()
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if answered.Load() == 0 {
		t.Error("nothing was asked")
	}
}

// TestIdleConnectionsAreClosedByClients: an API server drops a connection that it does not use before dittoguard does, which might do so with a
// request on its way.
func TestIdleConnectionsAreClosedByClients(t *testing.T) {
	if theirs := utilnet.SetTransportDefaults(&http.Transport{}).IdleConnTimeout; idleTimeout <= theirs {
		t.Errorf("idle connections are closed after %s here, and after %s there", idleTimeout, theirs)
	}
}

// TestFullLoad: of 200 clients at once, with room for 64, each gets its verdict. What waits too long is told to come back, and does.
func TestFullLoad(t *testing.T) {
	toy := rules()
	var judging, most atomic.Int64
	busy := judge{change: func(ctx context.Context, inv inventory.Reader, change check.Change) (check.Verdict, error) {
		now := judging.Add(1)
		defer judging.Add(-1)
		for before := most.Load(); now > before && !most.CompareAndSwap(before, now); before = most.Load() {
		}
		time.Sleep(400 * time.Millisecond)
		return toy.change(ctx, inv, change)
	}}
	port, stop, ended := running(t, certificate(t), busy, -1)
	api := newAPIServer()
	api.replica.Store(int64(port))
	ask := func(client int, timeout time.Duration) {
		app := []string{"gateway", "elsewhere"}[client%2]
		if allowed, err := api.ask(t, "api", app, timeout); err != nil || allowed != (app == "elsewhere") {
			t.Errorf("client %d, %s: allowed %t, %v", client, app, allowed, err)
		}
	}
	var clients sync.WaitGroup
	for client := range sample.Count(200, 2) {
		clients.Go(func() {
			for range 2 {
				ask(client, time.Minute)
			}
		})
	}
	clients.Wait()
	if most.Load() > maxInFlight {
		t.Errorf("%d were judged at once", most.Load())
	}
	t.Logf("%d were told to come back", api.turnedAway.Load())
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// TestWhoeverIsTurnedAwayComesBack: an API server repeats what it is told to, so that being turned away costs a request time, and not its answer.
func TestWhoeverIsTurnedAwayComesBack(t *testing.T) {
	release := make(chan struct{})
	toy := rules()
	var judging sync.WaitGroup
	judging.Add(maxInFlight)
	full := judge{change: func(ctx context.Context, inv inventory.Reader, change check.Change) (check.Verdict, error) {
		if strings.HasPrefix(change.Object.Ref.Name, "slow") {
			judging.Done()
			<-release
		}
		return toy.change(ctx, inv, change)
	}}
	port, stop, ended := running(t, certificate(t), full, -1)
	api := newAPIServer()
	api.replica.Store(int64(port))
	var slow sync.WaitGroup
	for i := range maxInFlight {
		slow.Go(func() {
			if _, err := api.ask(t, fmt.Sprint("slow-", i), "elsewhere", time.Minute); err != nil {
				t.Error(err)
			}
		})
	}
	judging.Wait()
	answers := make(chan bool, 1)
	go func() {
		// It waits for half of nine tenths of this before it is turned away.
		allowed, err := api.ask(t, "api", "gateway", 10*time.Second)
		answers <- err == nil && !allowed
	}()
	for deadline := time.Now().Add(30 * time.Second); api.turnedAway.Load() == 0 && time.Now().Before(deadline); {
		time.Sleep(10 * time.Millisecond)
	}
	close(release)
	if !<-answers || api.turnedAway.Load() == 0 {
		t.Errorf("it was not refused after it was turned away %d times", api.turnedAway.Load())
	}
	slow.Wait()
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
