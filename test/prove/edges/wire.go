package edges

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

// probeHeader is by what a backend knows a probe again.
const probeHeader = "X-Probe"

// recorder is the backend of all Services: it records what arrives, byte for byte as far as that matters.
type recorder struct {
	// services are the names of Services by the addresses that they have.
	services map[string]string
	// owners are the numbers of the scenarios that they belong to.
	owners map[string]int
	// clear has who speaks HTTP/2 without TLS; nil where nobody is to.
	clear *handed

	mu       sync.Mutex
	arrivals map[string][]Arrival
}

// serve answers on a port of every address until the context ends.
func (r *recorder) serve(ctx context.Context, port int) error {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", fmt.Sprintf(":%d", port))
	if err != nil {
		return err
	}
	context.AfterFunc(ctx, func() { _ = listener.Close() })
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			context.AfterFunc(ctx, func() { _ = c.Close() })
			go r.connection(c)
		}
	}()
	return nil
}

func (r *recorder) connection(c net.Conn) {
	reader := bufio.NewReaderSize(c, 64<<10)
	if r.clear != nil {
		if preface, _ := reader.Peek(len(http2Preface)); string(preface) == http2Preface {
			r.clear.conns <- &peeked{c, reader}
			return
		}
	}
	defer c.Close() // nothing is lost
	for {
		head, err := readHead(reader)
		if err != nil {
			return
		}
		words := strings.Fields(head[0])
		if len(words) != 3 {
			return
		}
		length, authorized := 0, false
		var headers [][2]string
		for _, line := range head[1:] {
			name, value, _ := strings.Cut(line, ":")
			name, value = strings.ToLower(strings.TrimSpace(name)), strings.TrimSpace(value)
			headers = append(headers, [2]string{name, value})
			switch name {
			case "content-length":
				length, _ = strconv.Atoi(value)
			case "authorization":
				authorized = value == "Bearer token"
			}
		}
		_, _ = io.CopyN(io.Discard, reader, int64(length))
		at := r.note(c.LocalAddr(), words[1], headers)
		if _, err := io.WriteString(c, respond(at.At, at.Path, authorized)); err != nil {
			return
		}
	}
}

// note records a request that arrived at an address, with headers in lower case, and says where that was.
func (r *recorder) note(address net.Addr, target string, headers [][2]string) Arrival {
	host, _, _ := net.SplitHostPort(address.String())
	path, query, _ := strings.Cut(target, "?")
	asked := Arrival{At: r.services[host], Path: path, Query: strings.Contains(query, asQuery)}
	id := ""
	for _, h := range headers {
		switch h[0] {
		case way.Header:
			// Ditto takes a list apart at its commas.
			for part := range strings.SplitSeq(h[1], ",") {
				asked.Identity = append(asked.Identity, strings.TrimSpace(part))
			}
		case strings.ToLower(probeHeader):
			id = h[1]
		}
	}
	at := asked
	if !strings.HasPrefix(id, fmt.Sprintf("%d-", r.owners[host])) {
		at.At = "elsewhere" // another scenario's Service, where an edge serves several
	}
	if asked.At != "auth" {
		r.mu.Lock()
		r.arrivals[id] = append(r.arrivals[id], at)
		r.mu.Unlock()
	}
	return asked
}

// respond is what a backend answers. That which is asked for credentials does as its path says.
func respond(service, path string, authorized bool) string {
	status, headers, body := "200 OK", "", "ok"
	if service == "auth" {
		switch {
		case path == "/jwks":
			body = keySet
		case strings.HasPrefix(path, "/token") && !authorized, strings.HasPrefix(path, "/deny"):
			status = "401 Unauthorized"
		case strings.HasPrefix(path, "/user"), strings.HasPrefix(path, "/token-user"):
			headers = way.Header + ": checked\r\n"
		}
	}
	return fmt.Sprintf("HTTP/1.1 %s\r\n%sContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%s", status, headers, len(body), body)
}

// readHead are the lines of a request up to the empty one.
func readHead(reader *bufio.Reader) ([]string, error) {
	var list []string
	for {
		line, err := reader.ReadString('\n')
		if err != nil {
			return nil, err
		}
		if line = strings.TrimRight(line, "\r\n"); line == "" {
			if len(list) > 0 {
				return list, nil
			}
			continue
		}
		list = append(list, line)
	}
}

// of are the arrivals of a probe, in order.
func (r *recorder) of(id string) []Arrival {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.arrivals[id]
}

// doors are where an edge listens, for plain HTTP and for TLS; empty where it does not. Shut says that there need not be one for plain
// HTTP.
type doors struct {
	plain, secure string
	shut          bool
	// more are further ones, where an edge has several load balancers; a probe is sent to each.
	more []doors
}

// ask sends a probe and waits for what the client is told.
func ask(ctx context.Context, at doors, p Probe, id string) (status int, err error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	dialer := net.Dialer{}
	address := at.plain
	if p.Secure {
		address = at.secure
	}
	if address == "" {
		return 0, nil
	}
	c, err := dialer.DialContext(ctx, "tcp", address)
	if (p.Secure || at.shut) && errors.Is(err, syscall.ECONNREFUSED) {
		return 0, nil // the edge does without TLS, or with nothing else
	}
	if err != nil {
		return 0, err
	}
	defer c.Close() // nothing is lost
	if deadline, ok := ctx.Deadline(); ok {
		_ = c.SetDeadline(deadline)
	}
	if p.Secure {
		c = tls.Client(c, &tls.Config{InsecureSkipVerify: true, ServerName: hostOf(p), NextProtos: []string{"http/1.1"}}) // the edge's own certificate
	}
	if _, err := c.Write(p.bytes(id)); err != nil {
		return 0, nil // the edge hung up, which is an answer
	}
	line, err := bufio.NewReader(c).ReadString('\n')
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		return 0, err
	}
	words := strings.Fields(line)
	if len(words) < 2 {
		return 0, nil // likewise
	}
	return strconv.Atoi(words[1])
}
