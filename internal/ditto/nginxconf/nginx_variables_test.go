package nginxconf

import (
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dittoguard/dittoguard/internal/ditto/nginxconf/expr"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
)

// variableNames are nginx's variables, an example for each kind of name, in the cases that people write.
var variableNames = []string{"http_x_evil", "HTTP_X_Evil", "arg_evil", "cookie_evil", "args", "query_string", "is_args", "content_type", "content_length",
	"request_body", "request_method", "request_uri", "request", "uri", "document_uri", "request_filename", "host", "http_host", "server_protocol",
	"ssl_server_name", "proxy_add_x_forwarded_for", "request_id", "request_length", "remote_addr", "binary_remote_addr", "server_addr", "server_port",
	"server_name", "Server_Name", "scheme", "https", "hostname", "connection", "connection_requests", "time_iso8601", "time_local", "msec", "pid", "nginx_version"}

// TestVariablesAgainstNginx: who decides what a variable holds, the table that configurations and snippets are read with. A client
// that writes "evil" into all that it can is asked for, over TLS and plainly, and beside it one that writes nothing.
func TestVariablesAgainstNginx(t *testing.T) {
	t.Parallel()
	up := recorder(t)
	cert, key := certificate(t)
	ports := numbers(3)
	var b strings.Builder
	fmt.Fprintf(&b, "ssl_certificate %s; ssl_certificate_key %s;\nserver { listen %d; listen %d ssl; server_name first second;\nclient_body_in_single_buffer on;\n", cert, key, ports[0], ports[1])
	for i, name := range variableNames {
		fmt.Fprintf(&b, "location /%d/ { proxy_set_header x-ditto-pre-authenticated $%s; proxy_pass http://%s; }\n", i, name, up)
	}
	// A name that is a pattern is as fixed as any other.
	fmt.Fprintf(&b, "}\nserver { listen %d; server_name ~^(?<evil>.*)$; location / { proxy_set_header x-ditto-pre-authenticated $server_name; proxy_pass http://%s; } }\n", ports[2], up)
	config := analyse(t, b.String())
	nginx := answersOf(t, "variables", b.String(), ports)
	over := func(dir string, port int, request string) string {
		if port != ports[1] {
			return exchange(t, dir, port, request)
		}
		raw, err := net.Dial("unix", socket(dir, port))
		if err != nil {
			t.Fatal(err)
		}
		conn := tls.Client(raw, &tls.Config{InsecureSkipVerify: true, ServerName: "evil.example"}) // whoever it is, it speaks TLS
		defer conn.Close()
		conn.SetDeadline(time.Now().Add(10 * time.Second))
		io.WriteString(conn, request)
		all, _ := io.ReadAll(conn)
		return string(all)
	}
	for i, route := range config.Routes() {
		name, want := "server_name of a pattern", expr.ByNginx
		if i < len(variableNames) {
			name = variableNames[i]
			want = expr.WriterOf(strings.ToLower(name))
		}
		if name == "server_port" {
			continue // empty at a socket, which is what this nginx listens on
		}
		answer, ok := nginx.of("", "$"+name, func(dir string) string {
			values := map[string]bool{}
			for _, port := range ports {
				if (port == ports[2]) != (i == len(variableNames)) {
					continue
				}
				// The first writes what it can, the second what it must.
				for _, request := range []string{
					fmt.Sprintf("EVIL /%d/evil?evil=evil HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\nX-Evil: evil\r\nCookie: evil=evil\r\nContent-Type: evil\r\nX-Forwarded-For: evil\r\nContent-Length: 4\r\n\r\nevil", i),
					fmt.Sprintf("GET /%d/ HTTP/1.0\r\n\r\n", i),
				} {
					_, body, _ := strings.Cut(over(dir, port, request), "\r\n\r\n")
					values[strings.ToLower(identityIn(t, body))] = true
				}
			}
			for value := range values {
				// A length is a number that the client chooses.
				if strings.Contains(value, "evil") && value != "~^(?<evil>.*)$" || name == "content_length" && value == "4" {
					return "the client's"
				}
			}
			switch {
			case values[""] && len(values) == 1:
				return "empty"
			case values[""]:
				return "nginx's, or empty"
			}
			return "nginx's"
		})
		wants := map[expr.Writer][]string{expr.ByClient: {"the client's"}, expr.ByChoice: {"nginx's", "nginx's, or empty"}, expr.ByNginx: {"nginx's"}, expr.ByNginxOrNobody: {"nginx's, or empty"}}[want]
		if ok && !slices.Contains(wants, answer) {
			t.Errorf("$%s: writer %d, nginx: %s", name, want, answer)
		}
		state := map[expr.Writer]string{expr.ByClient: Client, expr.ByChoice: Client, expr.ByNginx: Set, expr.ByNginxOrNobody: PossiblyEmpty}[want]
		if route.Identity.State != state {
			t.Errorf("$%s in a configuration: %+v, want %s", name, route.Identity, state)
		}
		if v := ValueOf("$"+strings.Fields(name)[0], tri.Off); v.State != state {
			t.Errorf("$%s in a snippet: %+v, want %s", name, v, state)
		}
	}
}

// identityIn is the header that arrived, from the recorder's answer.
func identityIn(t *testing.T, body string) string {
	t.Helper()
	var a arrival
	if err := json.Unmarshal([]byte(body), &a); err != nil {
		t.Fatalf("%v in %q", err, body)
	}
	return strings.Join(a.Identity, ",")
}
