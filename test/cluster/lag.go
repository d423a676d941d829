package cluster

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"time"
)

// lagging serves the API server on another address, where every watch is behind by lag, until the context ends. It
// returns the address and the certificate authority. On a machine of its own a watch is behind by a millisecond or two;
// under load, or across zones, by seconds.
func (c *Cluster) lagging(ctx context.Context, lag time.Duration) (string, []byte, error) {
	target, err := url.Parse(c.server())
	if err != nil {
		return "", nil, fmt.Errorf("reading the API server's address: %w", err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(c.Config.CAData)
	proxy := &httputil.ReverseProxy{
		Rewrite:       func(r *httputil.ProxyRequest) { r.SetURL(target) },
		Transport:     &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}},
		FlushInterval: -1,
		ModifyResponse: func(r *http.Response) error {
			if r.Request.URL.Query().Get("watch") != "" {
				r.Body = late(r.Body, lag)
			}
			return nil
		},
	}
	// Over TLS: client-go sends no token in the clear.
	server := httptest.NewTLSServer(proxy)
	context.AfterFunc(ctx, func() {
		server.CloseClientConnections()
		server.Close()
	})
	return server.URL, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), nil
}

// server is the API server's address.
func (c *Cluster) server() string {
	if strings.Contains(c.Config.Host, "://") {
		return c.Config.Host
	}
	return "https://" + c.Config.Host
}

// late passes on what is read, each piece some time after it arrived.
func late(body io.ReadCloser, lag time.Duration) io.ReadCloser {
	type piece struct {
		at   time.Time
		data []byte
		err  error
	}
	pieces := make(chan piece, 4096)
	go func() {
		for {
			buffer := make([]byte, 32<<10)
			n, err := body.Read(buffer)
			pieces <- piece{time.Now(), buffer[:n], err}
			if err != nil {
				return
			}
		}
	}()
	reader, writer := io.Pipe()
	go func() {
		for p := range pieces {
			time.Sleep(time.Until(p.at.Add(lag)))
			if _, err := writer.Write(p.data); err != nil {
				return
			}
			if p.err != nil {
				_ = writer.CloseWithError(p.err)
				return
			}
		}
	}()
	return lateBody{reader, body}
}

// lateBody ends the request behind it, too.
type lateBody struct {
	*io.PipeReader

	body io.Closer
}

// Close implements io.Closer.
func (b lateBody) Close() error {
	_ = b.PipeReader.Close()
	return b.body.Close()
}
