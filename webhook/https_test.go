package webhook

import (
	"bufio"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-logr/logr"
)

// TestAConnectionKeptForLater: an API server closes a connection that it does not use after 90 s, whether it has used it
// before or not. Would the server close it earlier, a request could be on its way, and be lost.
func TestAConnectionKeptForLater(t *testing.T) {
	cert := certificate(t)
	for name, used := range map[string]bool{"that was used": true, "that was opened for a request which another one took": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				options := &ServerOptions{Log: logr.Discard(), GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return cert, nil }}
				server := newHTTPSServer(options, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})).server()
				ours, theirs := net.Pipe()
				go func() { _ = server.ServeTLS(&single{connection: theirs, closed: make(chan struct{})}, "", "") }()
				defer func() { _ = server.Close() }()
				connection := tls.Client(ours, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"http/1.1"}})
				defer func() { _ = ours.Close() }()
				if err := connection.HandshakeContext(t.Context()); err != nil {
					t.Fatal(err)
				}
				ask := func() {
					t.Helper()
					if _, err := io.WriteString(connection, "POST /validate HTTP/1.1\r\nHost: dittoguard\r\nContent-Length: 2\r\n\r\n{}"); err != nil {
						t.Fatal(err)
					}
					response, err := http.ReadResponse(bufio.NewReader(connection), nil)
					if err != nil {
						t.Fatal(err)
					}
					_ = response.Body.Close()
				}
				if used {
					ask()
				}
				time.Sleep(90 * time.Second)
				ask()
			})
		})
	}
}

// single is a listener that accepts one connection.
type single struct {
	connection net.Conn
	closed     chan struct{}
}

func (l *single) Accept() (net.Conn, error) {
	if c := l.connection; c != nil {
		l.connection = nil
		return c, nil
	}
	<-l.closed
	return nil, net.ErrClosed
}

func (l *single) Close() error {
	close(l.closed)
	return nil
}

func (l *single) Addr() net.Addr { return &net.TCPAddr{} }
