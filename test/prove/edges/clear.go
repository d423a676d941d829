package edges

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
)

// http2Preface is what a client begins with that speaks HTTP/2 without asking whether it may.
const http2Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

// handed is a listener of connections that somebody else has accepted.
type handed struct {
	conns chan net.Conn
	done  context.Context //nolint:containedctx // a listener is told to end by Close alone
}

// serveClear answers those who speak HTTP/2 without TLS, as edges do with the backends of a GRPCRoute.
func (r *recorder) serveClear(ctx context.Context) {
	r.clear = &handed{make(chan net.Conn), ctx}
	server := &http.Server{Protocols: new(http.Protocols), Handler: http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		var headers [][2]string
		for name, values := range request.Header {
			for _, value := range values {
				headers = append(headers, [2]string{strings.ToLower(name), value})
			}
		}
		address, _ := request.Context().Value(http.LocalAddrContextKey).(net.Addr)
		r.note(address, request.RequestURI, headers)
		_, _ = io.WriteString(w, "ok")
	})}
	server.Protocols.SetUnencryptedHTTP2(true)
	context.AfterFunc(ctx, func() { _ = server.Close() })
	go func() { _ = server.Serve(r.clear) }() // until it is closed
}

func (h *handed) Accept() (net.Conn, error) {
	select {
	case c := <-h.conns:
		return c, nil
	case <-h.done.Done():
		return nil, net.ErrClosed
	}
}

func (*handed) Close() error   { return nil }
func (*handed) Addr() net.Addr { return &net.TCPAddr{} }

// peeked is a connection of which the beginning was looked at.
type peeked struct {
	net.Conn

	reader *bufio.Reader
}

func (p *peeked) Read(b []byte) (int, error) { return p.reader.Read(b) }
