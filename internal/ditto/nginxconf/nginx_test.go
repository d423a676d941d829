package nginxconf

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dittoguard/dittoguard/internal/ditto/nginxconf/wire"
	"github.com/dittoguard/dittoguard/internal/ditto/surface"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/test/leash"
)

// arrival is what the upstream saw.
type arrival struct {
	Target string
	// Identity are the values of all headers that Ditto would read.
	Identity []string
}

func (a *arrival) path() string {
	p, _, _ := strings.Cut(a.Target, "?")
	return p
}

// recorder answers every request with what arrived, byte for byte as it stood on the wire. /authz is an authentication
// service that knows alice.
func recorder(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	t.Cleanup(func() { l.Close(); wg.Wait() })
	wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer conn.Close()
				conn.SetDeadline(time.Now().Add(10 * time.Second))
				r := bufio.NewReader(conn)
				line, err := r.ReadString('\n')
				if err != nil {
					return
				}
				var a arrival
				fields := strings.SplitN(strings.TrimRight(line, "\r\n"), " ", 2)
				a.Target = fields[1][:strings.LastIndexByte(fields[1], ' ')]
				credentials := ""
				for {
					h, err := r.ReadString('\n')
					if err != nil || strings.TrimRight(h, "\r\n") == "" {
						break
					}
					name, value, _ := strings.Cut(strings.TrimRight(h, "\r\n"), ":")
					if strings.EqualFold(name, headerName) {
						a.Identity = append(a.Identity, strings.TrimSpace(value))
					}
					if strings.EqualFold(name, "Authorization") {
						credentials = strings.TrimSpace(value)
					}
				}
				if a.path() == "/authz" {
					// It also takes tokens, and digests, as such a service may.
					if strings.HasPrefix(credentials, basicAuth("alice", "secret")) || credentials == "Bearer good" || credentials == "Digest good" {
						io.WriteString(conn, "HTTP/1.1 200 OK\r\nX-User: alice\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
					} else {
						io.WriteString(conn, "HTTP/1.1 401 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
					}
					return
				}
				body, _ := json.Marshal(a)
				fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nX-Arrived: yes\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s", len(body), body)
			})
		}
	})
	return l.Addr().String()
}

func basicAuth(user, password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
}

// numbers are n port numbers. The real nginx listens on a socket file named by the number instead, so that no test can
// meet another one's port.
func numbers(n int) []int {
	var ports []int
	for i := range n {
		ports = append(ports, 10001+i)
	}
	return ports
}

var listenNumber = regexp.MustCompile(`listen (\d+)`)

func socket(dir string, port int) string { return filepath.Join(dir, fmt.Sprint(port)) }

// start runs nginx on a configuration and returns the directory of its sockets when it listens on all of them. http is the
// inside of the http block.
func start(t testing.TB, bin, http string, ports []int) string {
	t.Helper()
	// The path of a socket has to be short.
	dir, err := os.MkdirTemp("", "nginx") //nolint:usetesting // t.TempDir is too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	http = listenNumber.ReplaceAllString(http, "listen unix:"+dir+"/$1")
	user := ""
	if os.Getuid() == 0 {
		user = "user root;\n"
	}
	conf := fmt.Sprintf(`%sworker_processes 1; daemon off; master_process off; pid %[2]s/pid; error_log stderr crit;
# Every listening port takes one too.
events { worker_connections 8192; }
http {
access_log off; client_body_temp_path %[2]s/b; proxy_temp_path %[2]s/p; fastcgi_temp_path %[2]s/f; uwsgi_temp_path %[2]s/u; scgi_temp_path %[2]s/s;
root %[2]s/html; server_names_hash_bucket_size 128; map_hash_bucket_size 128;
%s
}
`, user, dir, http)
	file := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(file, []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "users"), []byte(users), 0o600); err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	cmd := leash.Command(bin, "-p", dir, "-c", file, "-e", "stderr")
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { cmd.Wait(); close(done) }()
	t.Cleanup(func() { cmd.Process.Kill(); <-done })
	deadline := time.Now().Add(10 * time.Second)
	for _, port := range ports {
		for {
			conn, err := net.Dial("unix", socket(dir, port))
			if err == nil {
				conn.Close()
				break
			}
			select {
			case <-done:
				t.Fatalf("nginx ended:\n%s", stderr.String())
			default:
			}
			if time.Now().After(deadline) {
				t.Fatalf("nginx does not listen on %d:\n%s", port, stderr.String())
			}
			time.Sleep(5 * time.Millisecond)
		}
	}
	return dir
}

// The one user, with the password "secret".
const users = "alice:{PLAIN}secret\n"

// ask sends one request, its target byte for byte, and returns what arrived upstream, or nil.
func ask(t testing.TB, dir string, port int, host, target string, headers ...string) (*arrival, string) {
	t.Helper()
	conn, err := net.Dial("unix", socket(dir, port))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	if host == "" {
		fmt.Fprintf(conn, "GET %s HTTP/1.0\r\n", target)
	} else {
		fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n", target, host)
	}
	for _, h := range headers {
		fmt.Fprintf(conn, "%s\r\n", h)
	}
	io.WriteString(conn, "\r\n")
	all, err := io.ReadAll(conn)
	if err != nil && len(all) == 0 {
		t.Fatal(err)
	}
	head, body, _ := strings.Cut(string(all), "\r\n\r\n")
	status, _, _ := strings.Cut(head, "\r\n")
	if !strings.Contains(head, "X-Arrived: yes") {
		return nil, status
	}
	var a arrival
	if err := json.Unmarshal([]byte(body), &a); err != nil {
		t.Fatalf("%v in %q", err, body)
	}
	return &a, status
}

// analyse parses the inside of an http block.
func analyse(t *testing.T, http string) *Config {
	t.Helper()
	c, err := Parse(t.Context(), "/etc/nginx/nginx.conf", map[string]string{
		"/etc/nginx/nginx.conf": "events {}\nhttp {\n" + http + "\n}\n",
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// probes are client paths: plain ones, and those on which a proxy and what stands behind it may disagree.
var probes = []string{"/", "/api", "/api/", "/api/2/things", "/API/2/things", "/apix", "/api/2/things/../connections",
	"/api/2/connections/../things/x", "/api/2/connections", "/api/2/connections/c1", "/api/%2e%2e/devops", "/api/../devops/config",
	"/%64evops/config", "/devops", "/devops/", "/devops/config", "/devops%2Fconfig", "//devops", "/x//y", "/./api/2", "/api/2/a%20b",
	"/api/2/a%3Fb", "/api/2/a%23b", "/api/2/%25x", "/api/2/a+b", "/api/2/a%2Bb", "/api/..;/x", "/a/../../x", "/%zz", `/api/2/"q"`,
	"/status", "/status/health", "/ui", "/ui/x", "/%2564evops", "/.../x", "/api/2/x%00", "/gw/api/2/things", "/gw/devops", "/gw/",
	"/a/b/c", "/b/x", "/api/2/things/", "/api/.", "/api/2/..", "/api/2/x#frag", "/apidevops", "/things..%2fx", "/api//2///things",
	"/static/logo.png", "/ws/2", "/health", "/api/2/search/things", "/named", "/api/2/\xc3\xa4", "/api/2/%C3%A4|x", "/private/x",
	"/devops/..%2Fapi%2Fx/../logging", "/devops/logging/..%2F..%2Fapi%2Fx/..", "/devops/..%2Fx/../logging", "/devops/logging/..%2F..%2Fx/..",
	"/devops/..%2fhealth%2fx/../logging", "/devops/logging/..%2F..%2Fhealth", "/api/x%2Fx"}

// disguised is a path of two segments that no case sends on from a location that is meant for it, save from those for everything.
const disguised = "/devops/logging"

// TestLocateAgainstNginx compares the choice of location and the path that goes upstream.
func TestLocateAgainstNginx(t *testing.T) {
	t.Parallel()
	up := recorder(t)
	ports := numbers(len(locationCases))
	var b strings.Builder
	b.WriteString(strings.ReplaceAll(locationHTTP, "UP", up))
	for i, c := range locationCases {
		fmt.Fprintf(&b, "server {\nlisten %d;\n%s\n}\n", ports[i], strings.ReplaceAll(c.server, "UP", up))
	}
	nginx := answersOf(t, "locations", b.String(), ports)
	config := analyse(t, b.String())
	asked, unknown, disguises := 0, 0, 0
	for i, c := range locationCases {
		arrived := func(path string) (got string, forwards, ok bool) {
			answer, ok := nginx.of(c.name, strconv.Quote(path), func(dir string) string { return where(t, dir, ports[i], "localhost", path) })
			got, forwards = forwarded(answer, path)
			return got, forwards, ok
		}
		for _, path := range probes {
			got, forwards, compared := arrived(path)
			if !compared {
				continue
			}
			route, upstream, known := config.Locate(ports[i], "localhost", path)
			asked++
			if !known {
				unknown++
				if !c.unsure {
					t.Errorf("%s: %s: not known, nginx: %s", c.name, path, got)
				}
				continue
			}
			switch {
			case !forwards && route != nil:
				t.Errorf("%s: %s: located in %q as %s, nginx answers itself: %s", c.name, path, route.Location, upstream, got)
			case forwards && route == nil:
				t.Errorf("%s: %s: not forwarded, nginx forwards %s", c.name, path, got)
			case forwards && got != upstream:
				t.Errorf("%s: %s: forwarded as %s, nginx forwards %s", c.name, path, upstream, got)
			}
		}
		// The other way round: what ClientPathFor promises must arrive, and nothing that it rules out.
		for _, want := range []string{"/devops/config", "/api/2/things", "/api/2/connections", "/overall/status"} {
			arrives := map[bool]string{}
			for _, path := range probes {
				if got, forwards, _ := arrived(path); forwards {
					if read, ok := surface.Read(got); ok && read == want {
						arrives[true] = path
					}
				}
			}
			promised, ruledOut := false, true
			for _, r := range config.Routes() {
				if r.Server.Listen[0].Port != ports[i] {
					continue
				}
				path, ok, known := r.ClientPathFor(t.Context(), want)
				if ok && known {
					promised = true
					got, forwards, compared := arrived(path)
					read := ""
					if forwards {
						read, _ = surface.Read(got)
					}
					if compared && read != want {
						t.Errorf("%s: %s for %s by %s: nginx: %s", c.name, path, want, r.Location, got)
					}
				}
				ruledOut = ruledOut && known && !ok
			}
			if ruledOut && arrives[true] != "" && !promised {
				t.Errorf("%s: no path is said to lead to %s, but %s does", c.name, want, arrives[true])
			}
		}
		// And what gets through in disguise, of all locations or of none.
		for _, r := range config.Routes() {
			if r.Server.Listen[0].Port != ports[i] {
				continue
			}
			path, ok, known := r.Disguise(t.Context(), disguised)
			if ok && known {
				disguises++
				got, forwards, compared := arrived(path)
				if read, _ := surface.Read(got); compared && (!forwards || read != disguised && !strings.HasPrefix(read, disguised+"/")) {
					t.Errorf("%s: %s is to be %s by %s, nginx: %s", c.name, path, disguised, r.Location, got)
				}
			}
			for _, path := range probes {
				chosen, _, _, _, _ := wire.Normalise(path, true)
				if located, upstream, sure := config.Locate(ports[i], "localhost", path); sure && located == r && known && !ok {
					if read, valid := surface.Read(upstream); valid && read == disguised && chosen != disguised && r.Raw {
						t.Errorf("%s: nothing is said to be %s in disguise by %s, but %s is", c.name, disguised, r.Location, path)
					}
				}
			}
		}
	}
	t.Logf("%d requests over %d servers, %d of them not known; %d routes forward paths in disguise", asked, len(locationCases), unknown, disguises)
}

// clients are who may ask: the value of Authorization.
var clients = []struct{ name, authorization string }{
	{"nobody", ""},
	{"alice", basicAuth("alice", "secret")},
	{"mallory", basicAuth("mallory", "x")},
	{"a bearer", "Bearer evil"},
	// Base64 text may hold any word.
	{"mallory with Bearer inside", basicAuth("mallory", "a") + "Bearerxx"},
	// nginx stops decoding at the padding: alice is still alice.
	{"alice with Bearer behind", basicAuth("alice", "secret") + "=Bearer"},
	{"a good bearer", "Bearer good"},
	{"a good digest", "Digest good"},
}

// TestIdentityAgainstNginx compares who is asked for credentials, and what becomes of the identity, for every combination
// of ways to ask and ways to set.
func TestIdentityAgainstNginx(t *testing.T) {
	t.Parallel()
	up := recorder(t)
	type combined struct{ name, location string }
	var cases []combined
	for _, a := range authCases {
		for _, h := range headerCases {
			cases = append(cases, combined{a.name + ", " + h.name, a.text + "\n" + h.text})
		}
	}
	ports := numbers(len(cases) + len(levelCases))
	var b strings.Builder
	b.WriteString(identityHTTP)
	names := make([]string, len(ports))
	for i, port := range ports {
		var server string
		if i < len(cases) {
			names[i] = cases[i].name
			server = "location / {\n" + cases[i].location + "\nproxy_pass http://UP;\n}\nlocation = /_auth { internal; proxy_pass http://UP/authz; }\nlocation = /_yes { return 200; }\n"
		} else {
			names[i], server = levelCases[i-len(cases)].name, levelCases[i-len(cases)].server
		}
		fmt.Fprintf(&b, "server {\nlisten %d;\n%s}\n", port, server)
	}
	http := strings.ReplaceAll(b.String(), "UP", up)
	nginx := answersOf(t, "identity", http, ports)
	config := analyse(t, http)
	for i, port := range ports {
		route, _, known := config.Locate(port, "localhost", "/x")
		if route == nil || known == strings.HasPrefix(names[i], "an if that lets only") {
			t.Errorf("%s: located: %v, known: %v", names[i], route != nil, known)
			continue
		}
		compareIdentity(t, nginx, names[i], route, port)
	}
	t.Logf("%d servers", len(ports))
}

// compareIdentity compares a route with what becomes of all clients.
func compareIdentity(t *testing.T, nginx *recording, name string, route *Route, port int) {
	t.Helper()
	answer, ok := nginx.of("", name, func(dir string) string { return identityOf(t, dir, port) })
	if !ok {
		return
	}
	var auth, identity, query string
	if _, err := fmt.Sscanf(answer, "authentication %s identity %s query %s", &auth, &identity, &query); err != nil {
		t.Fatalf("%s: %q: %v", name, answer, err)
	}
	if strings.HasPrefix(name, "an if that lets only") {
		auth = tri.Off // the `if` refuses, but checks nothing
	}
	if route.Authentication.State != auth {
		t.Errorf("%s: authentication %+v, nginx: %s", name, route.Authentication, answer)
	}
	if route.Identity.State == tri.Unknown && strings.Contains(route.Authentication.Kind, "request") {
		// What the other service checked of $remote_user is not in the configuration.
		identity = tri.Unknown
	}
	if route.Identity.State != identity {
		t.Errorf("%s: identity %+v, nginx: %s", name, route.Identity, answer)
	}
	if route.Identity.QueryDropped != (query == "dropped") {
		t.Errorf("%s: query dropped %v, nginx: %s", name, route.Identity.QueryDropped, answer)
	}
}

// identityOf asks in every client's name, with an identity of its own making in header and query.
func identityOf(t *testing.T, dir string, port int) string {
	t.Helper()
	let, refused := 0, 0
	empty, client, own, query := 0, 0, 0, 0
	for _, who := range clients {
		headers := []string{"X-Ditto-Pre-Authenticated: evil:header", "X-Evil: evil:other", "Cookie: user=evil:cookie"}
		if who.authorization != "" {
			headers = append(headers, "Authorization: "+who.authorization)
		}
		// The second path holds a line feed, at which a dot in a pattern stops.
		for _, path := range []string{"/x", "/x%0Ay"} {
			got, _ := ask(t, dir, port, "localhost", path+"?x-ditto-pre-authenticated=evil:query&user=evil:arg", headers...)
			if got == nil {
				refused++
				continue
			}
			if !strings.HasPrefix(who.name, "alice") && !strings.HasPrefix(who.name, "a good") {
				let++
			}
			value := strings.Join(got.Identity, ",")
			switch {
			case strings.Trim(value, ",") == "":
				empty++
			case strings.Contains(value, "evil") || strings.Contains(value, "mallory"):
				client++
			default:
				own++
			}
			if strings.Contains(got.Target, "x-ditto-pre-authenticated") {
				query++
			}
		}
	}
	auth := Conditional
	switch {
	case let == 0:
		auth = tri.On
	case refused == 0:
		auth = tri.Off
	}
	identity := PossiblyEmpty
	switch {
	case client > 0:
		identity = Client
	case own > 0 && empty == 0:
		identity = Set
	case empty > 0 && own == 0:
		identity = Removed
	}
	kept := "kept"
	if query == 0 {
		kept = "dropped"
	}
	return fmt.Sprintf("authentication %s identity %s query %s", auth, identity, kept)
}

// TestServersAgainstNginx compares the choice among servers on one port.
func TestServersAgainstNginx(t *testing.T) {
	t.Parallel()
	up := recorder(t)
	port := numbers(1)[0]
	http := strings.NewReplacer("UP", up, "PORT", fmt.Sprint(port)).Replace(serversHTTP)
	nginx := answersOf(t, "servers", http, []int{port})
	config := analyse(t, http)
	for _, host := range []string{"a.example.com", "A.Example.com", "b.example.com", "example.com", "x.y.example.com", "mail.org",
		"www.mail.org", "web7.internal", "webx.internal", "other", "a.example.com.", "a.example.com:8080", "dot.net", "x.dot.net", "pair.example.net", "_", ""} {
		answer, ok := nginx.of("", strconv.Quote(host), func(dir string) string { return where(t, dir, port, host, "/x") })
		if !ok {
			continue
		}
		got, forwards := forwarded(answer, "/x")
		route, upstream, known := config.Locate(port, host, "/x")
		if !forwards || route == nil || !known || got != upstream {
			t.Errorf("%s: located as %s (known %v), nginx: %s", host, upstream, known, answer)
		}
	}
}
