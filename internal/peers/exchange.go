package peers

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/go-logr/logr"

	"github.com/dittoguard/dittoguard/internal/inventory/journal"
)

const (
	// path is where journals are asked for. Its version is that of question and journal.Page.
	path = "/v1/journal"
	// longestQuestion and longestAnswer bound what is read, in bytes.
	longestQuestion, longestAnswer = 4 << 10, 16 << 20
)

// question is what a replica asks another one: what happened in its journal from a place on.
type question struct {
	From    string `json:"from"`
	Build   string `json:"build"`
	Journal string `json:"journal,omitempty"`
	Place   uint64 `json:"place,omitempty"`
	Clock   uint64 `json:"clock"`
}

// known makes both sides of a connection show that they are replicas. It is checked for each connection, also one that
// is resumed. Whose names and purposes a certificate has to have is the identity's affair.
func known(identity Identity) func(tls.ConnectionState) error {
	return func(state tls.ConnectionState) error {
		if len(state.PeerCertificates) == 0 {
			return errors.New("no certificate")
		}
		return identity.Recognize(state.PeerCertificates[0])
	}
}

func newClient(identity Identity) *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			TLSClientConfig: &tls.Config{
				MinVersion:         tls.VersionTLS13,
				InsecureSkipVerify: true, //nolint:gosec // VerifyConnection checks more than this would
				VerifyConnection:   known(identity),
				GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
					return identity.GetCertificate(&tls.ClientHelloInfo{})
				},
			},
			MaxIdleConnsPerHost: 1, IdleConnTimeout: time.Minute,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// get asks the replica at an address.
func (p *Peers) get(ctx context.Context, address string, q question) (journal.Page, error) {
	var page journal.Page
	if address == "" {
		return page, errors.New("its Pod has no address yet")
	}
	body, err := json.Marshal(q)
	if err != nil {
		return page, err
	}
	url := "https://" + net.JoinHostPort(address, strconv.Itoa(p.opts.Port)) + path
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return page, err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := p.client.Do(request)
	if err != nil {
		return page, err
	}
	defer func() { _ = response.Body.Close() }()
	answer := io.LimitReader(response.Body, longestAnswer)
	if response.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(answer, 200))
		return page, fmt.Errorf("it answers %s: %s", response.Status, strings.TrimSpace(string(text)))
	}
	if err := json.NewDecoder(answer).Decode(&page); err != nil {
		return page, fmt.Errorf("reading its answer: %w", err)
	}
	if page.Journal == "" {
		return page, errors.New("its answer names no journal")
	}
	// What is left of the answer would keep the connection from being used again.
	_, _ = io.Copy(io.Discard, answer)
	return page, nil
}

// ServeHTTP answers another replica.
func (p *Peers) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var q question
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, longestQuestion)).Decode(&q); err != nil {
		http.Error(w, "that is no question", http.StatusBadRequest)
		return
	}
	p.heardOf(q.From)
	if q.Build != p.opts.Build {
		http.Error(w, "this is another version of dittoguard, or has other settings", http.StatusConflict)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	// Who asked gives up by itself if this cannot be written.
	_ = json.NewEncoder(w).Encode(p.opts.Journal.Since(q.Journal, q.Place, q.Clock))
}

// Start answers other replicas until the context ends.
func (p *Peers) Start(ctx context.Context) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", net.JoinHostPort(p.opts.Host, strconv.Itoa(p.opts.Port)))
	if err != nil {
		return fmt.Errorf("listening for other replicas: %w", err)
	}
	mux := http.NewServeMux()
	mux.Handle("POST "+path, p)
	server := &http.Server{
		// Longer than a client keeps a connection, also one that it has not used yet: whoever asks is to close it.
		Handler: mux, IdleTimeout: 2 * time.Minute, ReadHeaderTimeout: 2 * time.Minute,
		WriteTimeout: 10 * time.Second,
		TLSConfig: &tls.Config{
			MinVersion: tls.VersionTLS13, GetCertificate: p.opts.Identity.GetCertificate,
			ClientAuth: tls.RequireAnyClientCert, VerifyConnection: known(p.opts.Identity),
		},
		ErrorLog: slog.NewLogLogger(logr.ToSlogHandler(p.opts.Log), slog.LevelInfo),
	}
	defer context.AfterFunc(ctx, func() { _ = server.Close() })()
	if err := server.ServeTLS(listener, "", ""); err != nil && !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("answering other replicas: %w", err)
	}
	return nil
}
