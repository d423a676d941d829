package nginxconf

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dittoguard/dittoguard/internal/ditto/tri"
)

const edgeHTTP = `
map $scheme $insecure { default 0; http 1; }
map $http_authorization $no_token { default ""; "" $binary_remote_addr; }
geo $outside { default 1; 10.0.0.0/8 0; }
map $outside $outsider { 0 ""; 1 $binary_remote_addr; }
map $outside $nobody { default ""; 2 $binary_remote_addr; }
map $http_accept $told { default "at $http_host"; }
`

// edgeZones are the keys of the zones that cases name; each case gets zones of its own.
var edgeZones = map[string]string{
	"addresses": "$binary_remote_addr", "clients": "$http_x_client", "tokenless": "$no_token", "outsiders": "$outsider",
	"nobody": "$nobody", "all": "$server_name", "paths": "$binary_remote_addr$uri",
}

// edgeCases are what a server does at the edge: each is asked for a few things that a client is free to send.
var edgeCases = []struct {
	name, server    string
	plain, rate     string
	echoes, unknown bool
}{
	{name: "nothing", plain: PlainServed, rate: tri.Off, server: `location / { proxy_pass http://UP; }`},

	{name: "everything is redirected", plain: PlainRedirected, rate: tri.Off,
		server: `if ($scheme = http) { return 301 https://$host$request_uri; } location / { proxy_pass http://UP; }`},
	{name: "redirected by the location", plain: PlainRedirected, rate: tri.Off,
		server: `location / { if ($https = "") { return 308 https://$host$request_uri; } proxy_pass http://UP; }`},
	{name: "redirected by a map", plain: PlainRedirected, rate: tri.Off,
		server: `if ($insecure) { return 301 https://$host$request_uri; } location / { proxy_pass http://UP; }`},
	{name: "redirected by a rewrite", plain: PlainRedirected, rate: tri.Off,
		server: `if ($scheme != https) { rewrite ^ https://$host$request_uri permanent; } location / { proxy_pass http://UP; }`},
	{name: "refused", plain: PlainClosed, rate: tri.Off,
		server: `if ($scheme = http) { return 403; } location / { proxy_pass http://UP; }`},
	{name: "redirected for those who ask for it", plain: PlainServed, rate: tri.Off,
		server: `if ($http_upgrade_insecure_requests) { return 301 https://$host$request_uri; } location / { proxy_pass http://UP; }`},
	{name: "HTTPS is redirected, by mistake", plain: PlainServed, rate: tri.Off,
		server: `if ($scheme = https) { return 301 https://$host$request_uri; } location / { proxy_pass http://UP; }`},

	{name: "limited by address", plain: PlainServed, rate: tri.On, server: `limit_req zone=addresses; location / { proxy_pass http://UP; }`},
	{name: "limited elsewhere", plain: PlainServed, rate: tri.Off, server: `location /x { limit_req zone=addresses; return 404; } location / { proxy_pass http://UP; }`},
	{name: "limited in a dry run", plain: PlainServed, rate: tri.Off, server: `limit_req zone=addresses; limit_req_dry_run on; location / { proxy_pass http://UP; }`},
	{name: "a dry run that is none", plain: PlainServed, rate: tri.On, server: `limit_req_dry_run on; location / { limit_req zone=addresses; limit_req_dry_run off; proxy_pass http://UP; }`},
	{name: "limited by a header", plain: PlainServed, rate: tri.Off, server: `limit_req zone=clients; location / { proxy_pass http://UP; }`},
	{name: "limited without a token", plain: PlainServed, rate: tri.Off, server: `limit_req zone=tokenless; location / { proxy_pass http://UP; }`},
	{name: "limited but for some addresses", plain: PlainServed, rate: tri.On, server: `limit_req zone=outsiders; location / { proxy_pass http://UP; }`},
	{name: "limited for no address at all", plain: PlainServed, rate: tri.Off, server: `limit_req zone=nobody; location / { proxy_pass http://UP; }`},
	{name: "limited all together", plain: PlainServed, rate: tri.On, server: `limit_req zone=all; location / { proxy_pass http://UP; }`},
	{name: "limited path by path", plain: PlainServed, rate: tri.Off, server: `limit_req zone=paths; location / { proxy_pass http://UP; }`},
	{name: "two limits, one of which counts", plain: PlainServed, rate: tri.On, server: `limit_req zone=clients; limit_req zone=addresses; location / { proxy_pass http://UP; }`},
	{name: "a limit of a level within", plain: PlainServed, rate: tri.Off, server: `limit_req zone=addresses; location / { limit_req zone=clients; proxy_pass http://UP; }`},
	{name: "limited before a named location", plain: PlainServed, rate: tri.On, server: `location / { limit_req zone=addresses; try_files /none @gw; } location @gw { proxy_pass http://UP; }`},
	{name: "limited in a named location", plain: PlainServed, rate: tri.On, server: `location / { try_files /none @gw; } location @gw { limit_req zone=addresses; proxy_pass http://UP; }`},
	{name: "bytes are limited", plain: PlainServed, rate: tri.Off, server: `limit_rate 1m; location / { proxy_pass http://UP; }`},

	{name: "a text that is always the same", plain: PlainServed, rate: tri.Off, server: `error_page 404 @no; location /api { proxy_pass http://UP; } location @no { return 404 "no"; } location / { return 404; }`},
	{name: "the path in the answer", plain: PlainServed, rate: tri.Off, echoes: true, server: `location /api { proxy_pass http://UP; } location / { return 404 "no $request_uri"; }`},
	{name: "the path in a page", plain: PlainServed, rate: tri.Off, echoes: true, server: `error_page 404 /e; location /api { proxy_pass http://UP; } location = /e { internal; return 404 "no $request_uri"; } location / { return 404; }`},
	{name: "the path of a page is not the client's", plain: PlainServed, rate: tri.Off, server: `error_page 404 /e; location /api { proxy_pass http://UP; } location = /e { internal; return 404 "no $uri $args $arg_q"; } location / { return 404; }`},
	{name: "but it is where a client can ask for the page", plain: PlainServed, rate: tri.Off, echoes: true, server: `error_page 404 /e; location /api { proxy_pass http://UP; } location = /e { return 404 "no $args"; } location / { return 404; }`},
	{name: "the query is carried to the page", plain: PlainServed, rate: tri.Off, echoes: true, server: `error_page 404 /e?was=$request_uri; location /api { proxy_pass http://UP; } location = /e { internal; return 404 "no $arg_was"; } location / { return 404; }`},
	{name: "a named location keeps the path", plain: PlainServed, rate: tri.Off, echoes: true, server: `error_page 404 @e; location /api { proxy_pass http://UP; } location @e { return 404 "no $uri"; } location / { return 404; }`},
	{name: "a filter of a page", plain: PlainServed, rate: tri.Off, server: `error_page 404 @e; location /api { proxy_pass http://UP; } location @e { sub_filter zzz $status; return 404 "zzz"; } location / { return 404; }`},
	{name: "a header by a map and a variable", plain: PlainServed, rate: tri.Off, echoes: true, server: `location /api { proxy_pass http://UP; } location / { set $t $told; return 404 "no $t"; }`},
	{name: "a capture", plain: PlainServed, rate: tri.Off, echoes: true, server: `location ^~ /api { proxy_pass http://UP; } location ~ ^/(?<it>.*)$ { return 404 "no $it"; }`},
	{name: "what is nginx's own", plain: PlainServed, rate: tri.Off, server: `location /api { proxy_pass http://UP; } location / { return 404 "$request_id $server_name $status"; }`},
	{name: "a redirect", plain: PlainServed, rate: tri.Off, server: `location /api { proxy_pass http://UP; } location / { return 302 https://$host$request_uri; }`},
	{name: "an included page", plain: PlainServed, rate: tri.Off, unknown: true, server: `error_page 404 /e.html; location /api { proxy_pass http://UP; } location = /e.html { internal; ssi on; } location / { return 404; }`},
}

// mark stands in everything that a client sends, and in no configuration.
const mark = "zqmark"

// TestEdgeAgainstNginx compares what is said of plain HTTP, limits and error pages with what nginx does. A limit that is
// said to be there has to stop someone who sends ten requests, each as different from the others as a client can make it;
// one that is said not to be there must not.
func TestEdgeAgainstNginx(t *testing.T) {
	t.Parallel()
	up := recorder(t)
	ports := numbers(len(edgeCases))
	var b strings.Builder
	b.WriteString(edgeHTTP)
	for i, c := range edgeCases {
		server := strings.ReplaceAll(c.server, "UP", up)
		for zone, key := range edgeZones {
			if strings.Contains(server, "zone="+zone+";") {
				server = strings.ReplaceAll(server, "zone="+zone+";", fmt.Sprintf("zone=%s%d;", zone, i))
				fmt.Fprintf(&b, "limit_req_zone %s zone=%s%d:1m rate=2r/m;\n", key, zone, i)
			}
		}
		fmt.Fprintf(&b, "server {\nlisten %d;\nserver_name s%d;\n%s\n}\n", ports[i], i, server)
	}
	config := analyse(t, b.String())
	nginx := answersOf(t, "edge", b.String(), ports)
	for i, c := range edgeCases {
		t.Run(c.name, func(t *testing.T) {
			srv := config.Servers[i]
			var route *Route
			for _, r := range config.Routes() {
				if r.Server == srv {
					route = r
				}
			}
			transport, ok := route.Transport(ports[i])
			if !ok || transport.Plain.State != c.plain || route.RateLimited.State != c.rate || (len(srv.ErrorPages.Echoes) > 0) != c.echoes ||
				(len(srv.ErrorPages.Unknown) > 0) != c.unknown {
				t.Errorf("plain %v, rate %v, error pages %+v; want %s, %s, %v, %v", transport.Plain, route.RateLimited, srv.ErrorPages, c.plain, c.rate, c.echoes, c.unknown)
			}
			want := c.plain
			if c.plain == PlainServed && c.rate == tri.On {
				want += ", limited"
			}
			if c.echoes {
				want += ", repeats"
			}
			answer, ok := nginx.of("", c.name, func(dir string) string { return atEdge(t, dir, ports[i]) })
			if ok && answer != want {
				t.Errorf("nginx: %s, said: %s", answer, want)
			}
		})
	}
}

// atEdge asks one server for what a client is free to send: is plain HTTP served, are many requests refused, is what is sent repeated?
func atEdge(t *testing.T, dir string, port int) string {
	t.Helper()
	arrived, status := ask(t, dir, port, "h", "/api/first")
	answer := PlainClosed
	switch {
	case arrived != nil:
		answer = PlainServed
	case strings.Contains(status, " 30"):
		answer = PlainRedirected
	}
	if arrived != nil {
		refused := false
		for n := range 10 {
			arrived, _ := ask(t, dir, port, fmt.Sprintf("h%d", n), fmt.Sprintf("/api/%d?a=%d", n, n),
				fmt.Sprintf("X-Client: %d", n), fmt.Sprintf("Authorization: Bearer %d", n))
			refused = refused || arrived == nil
		}
		if refused {
			answer += ", limited"
		}
	}
	for _, path := range []string{"/" + mark + "?" + mark, "/e?" + mark} {
		text := exchange(t, dir, port, "GET "+path+" HTTP/1.1\r\nHost: "+mark+"\r\nX-Client: "+mark+"\r\nConnection: close\r\n\r\n")
		head, body, _ := strings.Cut(text, "\r\n\r\n")
		if strings.Contains(body, mark) && !strings.Contains(head, "X-Arrived") {
			return answer + ", repeats"
		}
	}
	return answer
}

// exchange sends bytes and returns the answer.
func exchange(t testing.TB, dir string, port int, request string) string {
	t.Helper()
	conn, err := net.Dial("unix", socket(dir, port))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	io.WriteString(conn, request)
	all, err := io.ReadAll(conn)
	if err != nil && len(all) == 0 {
		t.Fatal(err)
	}
	return string(all)
}

// TestTLSAgainstNginx: ssl is a matter of the socket, whichever server says so, and plain HTTP is refused there.
func TestTLSAgainstNginx(t *testing.T) {
	t.Parallel()
	up := recorder(t)
	cert, key := certificate(t)
	ports := numbers(3)
	text := strings.NewReplacer("UP", up, "P0", fmt.Sprint(ports[0]), "P1", fmt.Sprint(ports[1]), "P2", fmt.Sprint(ports[2])).Replace(`
		ssl_certificate ` + cert + `; ssl_certificate_key ` + key + `;
		server { listen P0 ssl; location / { proxy_pass http://UP; } }
		server { listen P1 ssl; server_name first; location / { return 404; } }
		server { listen P1; server_name second; location / { proxy_pass http://UP; } }
		server { listen P2; location / { proxy_pass http://UP; } }`)
	config := analyse(t, text)
	nginx := answersOf(t, "tls", text, ports)
	for i, route := range config.Routes() {
		got, _ := route.Transport(ports[i])
		speaks := ports[i] != ports[2]
		if (got.TLS.State == tri.On) != speaks || (got.Plain.State == PlainClosed) != speaks {
			t.Errorf("port %d: %+v", ports[i], got)
		}
		answer, ok := nginx.of("", fmt.Sprint("port ", i), func(dir string) string {
			plain := exchange(t, dir, ports[i], "GET / HTTP/1.1\r\nHost: second\r\nConnection: close\r\n\r\n")
			raw, err := net.Dial("unix", socket(dir, ports[i]))
			if err != nil {
				t.Fatal(err)
			}
			defer raw.Close()
			err = tls.Client(raw, &tls.Config{InsecureSkipVerify: true, ServerName: "second"}).Handshake() // whoever it is, it speaks TLS
			return fmt.Sprintf("TLS %t plain %t", err == nil, strings.Contains(plain, "X-Arrived"))
		})
		if want := fmt.Sprintf("TLS %t plain %t", speaks, !speaks); ok && answer != want {
			t.Errorf("port %d: nginx: %s, want %s", i, answer, want)
		}
	}
}

// certificate makes a certificate and its key.
func certificate(t *testing.T) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"first", "second"}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write := func(name, kind string, bytes []byte) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: bytes}), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	return write("tls.crt", "CERTIFICATE", der), write("tls.key", "PRIVATE KEY", pkcs8)
}
