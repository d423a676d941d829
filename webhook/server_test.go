package webhook

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

func certificate(t *testing.T) *tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// freePort is a port that was free a moment ago.
func freePort(t *testing.T) int {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port
}

func TestRun(t *testing.T) {
	port, health := freePort(t), freePort(t)
	metrics := freePort(t)
	cert := certificate(t)
	var missing atomic.Pointer[error]
	notYet := errors.New("Secret in ditto: not read yet\nPod: not read yet")
	missing.Store(&notYet)
	entered, release := make(chan struct{}), make(chan struct{})
	slow := judge{change: func(ctx context.Context, _ inventory.Reader, change check.Change) (check.Verdict, error) {
		if change.Object.Ref.Name == "slow" {
			close(entered)
			<-release
		}
		return check.Verdict{}, ctx.Err()
	}}
	registry := prometheus.NewRegistry()
	options := Options{Judge: using(slow), Inventory: inventory.NewMemory(nil, nil), Recorder: NewMetrics(registry)}
	componentsStopped := make(chan struct{})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- Run(ctx, ServerOptions{
			Host: "127.0.0.1", Port: port, HealthAddress: address(health), MetricsAddress: address(metrics),
			GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return cert, nil },
			Validator:      NewValidator(options), Mutator: NewMutator(options), Metrics: registry,
			Drain: 300 * time.Millisecond,
			Components: []Component{
				{
					Name: "caches",
					Start: func(ctx context.Context) error {
						<-ctx.Done()
						close(componentsStopped)
						return ctx.Err()
					},
					Ready: func() error { return *missing.Load() },
				},
				{Name: "configuration", Note: func() string { return "broken reload: config.yaml:3: unknown field" }},
			},
		})
	}()

	await(t, health, "/healthz", 200, "ok\n")
	await(t, health, "/readyz", 503, "[-]caches failed: Secret in ditto: not read yet; Pod: not read yet\n"+
		"[+]configuration ok, broken reload: config.yaml:3: unknown field\n[+]server ok\n")
	var nothing error
	missing.Store(&nothing)
	await(t, health, "/readyz", 200, "[+]caches ok\n[+]configuration ok, broken reload: config.yaml:3: unknown field\n[+]server ok\n")

	if got := review(t, port, "api"); got != "200 allowed" {
		t.Errorf("review: %s", got)
	}
	_, body := get(t, metrics, "/metrics")
	if !strings.Contains(body, `dittoguard_admission_duration_seconds_count{fresh="false",operation="CREATE",webhook="validate"} 1`) {
		t.Errorf("metrics:\n%s", body)
	}

	answered := make(chan string, 1)
	go func() { answered <- review(t, port, "slow") }()
	<-entered
	stop()
	await(t, health, "/readyz", 503, "[-]shutdown failed: stopping\n[+]caches ok\n[+]configuration ok, broken reload: config.yaml:3: unknown field\n[+]server ok\n")
	if got := review(t, port, "late"); got != "200 allowed" {
		t.Errorf("while draining: %s", got)
	}
	time.Sleep(500 * time.Millisecond) // until the listener is closed and the server waits for the slow request
	select {
	case <-componentsStopped:
		t.Error("the components stopped before the last request was answered")
	default:
	}
	close(release)
	if got := <-answered; got != "200 allowed" {
		t.Errorf("request under way when the server stopped: %s", got)
	}
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("Run does not end")
	}
	<-componentsStopped
}

// TestStoppingLosesNoRequest: a client that keeps its connections is told to close them while the server still answers.
func TestStoppingLosesNoRequest(t *testing.T) {
	port, health := freePort(t), freePort(t)
	cert := certificate(t)
	quick := judge{change: func(context.Context, inventory.Reader, check.Change) (check.Verdict, error) {
		return check.Verdict{}, nil
	}}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- Run(ctx, ServerOptions{
			Host: "127.0.0.1", Port: port, HealthAddress: address(health),
			GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return cert, nil },
			Validator:      NewValidator(Options{Judge: using(quick), Inventory: inventory.NewMemory(nil, nil)}), Drain: 2 * time.Second,
		})
	}()
	await(t, health, "/readyz", 200, "[+]server ok\n")
	// API servers speak HTTP/1.1 to webhooks, so that their connections are spread over the replicas (kubernetes/kubernetes#75791).
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"http/1.1"}}}
	defer transport.CloseIdleConnections()
	ask := func() (closes bool, err error) {
		response, err := (&http.Client{Transport: transport}).Do(reviewOf(t, port, "api"))
		if err != nil {
			return false, err
		}
		defer func() { _ = response.Body.Close() }()
		_, err = io.Copy(io.Discard, response.Body)
		return response.Close, err
	}
	if closes, err := ask(); closes || err != nil {
		t.Fatalf("before: the connection closes: %v, %v", closes, err)
	}
	stop()
	await(t, health, "/readyz", 503, "[-]shutdown failed: stopping\n[+]server ok\n")
	for range 5 {
		if closes, err := ask(); err != nil || !closes {
			t.Errorf("while stopping: the connection closes: %v, %v", closes, err)
		}
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// TestAClientThatIsGoneCostsNothing: nobody hears the answer.
func TestAClientThatIsGoneCostsNothing(t *testing.T) {
	begun, cut := make(chan struct{}), make(chan struct{})
	waiting := judge{change: func(ctx context.Context, _ inventory.Reader, _ check.Change) (check.Verdict, error) {
		close(begun)
		<-ctx.Done()
		close(cut)
		return check.Verdict{}, ctx.Err()
	}}
	server := httptest.NewServer(Handler(NewValidator(Options{Judge: using(waiting), Inventory: inventory.NewMemory(nil, nil)})))
	defer server.Close()
	ctx, leave := context.WithCancel(t.Context())
	request := reviewOf(t, server.Listener.Addr().(*net.TCPAddr).Port, "api").WithContext(ctx)
	request.URL.Scheme, request.URL.RawQuery = "http", "timeout=1h"
	go func() {
		if response, err := http.DefaultClient.Do(request); err == nil {
			_ = response.Body.Close()
		}
	}()
	<-begun
	leave()
	<-cut
}

func TestRunEndsWithABrokenComponent(t *testing.T) {
	cert := certificate(t)
	err := Run(t.Context(), ServerOptions{
		Host: "127.0.0.1", Port: freePort(t),
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return cert, nil },
		Validator:      NewValidator(Options{Judge: using(nil)}),
		Components:     []Component{{Name: "certificates", Start: func(context.Context) error { return errors.New("no such Secret") }}},
	})
	if err == nil || err.Error() != "running certificates: no such Secret" {
		t.Errorf("got %v", err)
	}
}

func address(port int) string {
	return (&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port}).String()
}

func get(t *testing.T, port int, path string) (int, string) {
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address(port)+path, nil)
	if err != nil {
		return 0, err.Error()
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err.Error()
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, err.Error()
	}
	return response.StatusCode, string(body)
}

func await(t *testing.T, port int, path string, status int, body string) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for {
		gotStatus, got := get(t, port, path)
		if gotStatus == status && got == body {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s: %d\n%s", path, gotStatus, got)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// review asks for a judgement of a Service, with the certificates of a client, if it has any.
func review(t *testing.T, port int, name string, client ...tls.Certificate) string {
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true, Certificates: client}}
	defer transport.CloseIdleConnections()
	response, err := (&http.Client{Transport: transport}).Do(reviewOf(t, port, name))
	if err != nil {
		return err.Error()
	}
	defer func() { _ = response.Body.Close() }()
	var got admissionv1.AdmissionReview
	if err := json.NewDecoder(response.Body).Decode(&got); err != nil {
		return err.Error()
	}
	if got.Response.Allowed {
		return response.Status[:3] + " allowed"
	}
	return response.Status[:3] + " " + got.Response.Result.Message
}

// reviewOf is a request to judge a Service.
func reviewOf(t *testing.T, port int, name string) *http.Request {
	body, err := json.Marshal(admissionv1.AdmissionReview{
		TypeMeta: metav1.TypeMeta{APIVersion: "admission.k8s.io/v1", Kind: "AdmissionReview"}, Request: create(service(name, "x")),
	})
	if err != nil {
		panic(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://"+address(port)+ValidatePath+"?timeout=10s", bytes.NewReader(body))
	if err != nil {
		panic(err)
	}
	request.Header.Set("Content-Type", "application/json")
	return request
}
