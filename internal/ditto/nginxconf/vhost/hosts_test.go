package vhost

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dittoguard/dittoguard/internal/ditto/nginxconf/expr"
	"github.com/dittoguard/dittoguard/internal/ditto/nginxconf/syntax"
)

// TestTakes: for which hosts a server takes requests, by who listens beside it.
func TestTakes(t *testing.T) {
	t.Parallel()
	const route = " location / {} }"
	for _, tt := range []struct {
		name, servers string
		at            Door
		want          []string
	}{
		{"alone", "server { listen 80;" + route, Door{Port: 80}, []string{"* (no host)"}},
		{"alone, with a name", "server { listen 80; server_name a.b;" + route, Door{Port: 80}, []string{"* a.b"}},
		{"the default beside others", "server { listen 80;" + route + "server { listen 80; server_name a.b .c.d _; }", Door{Port: 80}, []string{"*-_,a.b,c.d,*.c.d (no host)"}},
		{"the default beside a pattern", "server { listen 80;" + route + "server { listen 80; server_name a.b ~x; }", Door{Port: 80}, []string{"?-a.b (no host)"}},
		{"names at another port", "server { listen 80;" + route + "server { listen 81; server_name a.b; }", Door{Port: 80}, []string{"* (no host)"}},
		{"names at another address", "server { listen 80;" + route + "server { listen 192.0.2.1:80; server_name a.b; }", Door{Port: 80}, []string{"* (no host) to address * of * 192.0.2.1"}},
		{"not the default", "server { listen 80; server_name z; } server { listen 80; server_name a.b *.b;" + route, Door{Port: 80}, []string{"a.b *.b"}},
		{"what others have of a wildcard", "server { listen 80; server_name z x.b *.y.b; } server { listen 80; server_name a.b *.b;" + route, Door{Port: 80}, []string{"a.b *.b-x.b,*.y.b"}},
		{"no name, and not the default", "server { listen 80; server_name z; } server { listen 80;" + route, Door{Port: 80}, []string{"(no host)"}},
		{"another's name", "server { listen 80; server_name z a; } server { listen 80; server_name a b;" + route, Door{Port: 80}, []string{"b"}},
		{"patterns", "server { listen 80; server_name z; } server { listen 80; server_name ~x y.* $hostname;" + route, Door{Port: 80}, []string{"?-z ?-z ?-z"}},
		{"one address alone", "server { listen 192.0.2.1:80;" + route, Door{Port: 80}, []string{"* (no host) to address 192.0.2.1 of 192.0.2.1"}},
		{"IPv6 too", "server { listen 80; listen [::]:80;" + route, Door{Port: 80}, []string{"* (no host)"}},
		{"the loopback beside", "server { listen 127.0.0.1:80; server_name l; } server { listen 80; server_name a;" + route, Door{Port: 80}, []string{"* a"}},
		{"the loopback", "server { listen 127.0.0.1:80; server_name l; } server { listen 127.0.0.1:80; server_name a;" + route, Door{Address: "127.0.0.1", Port: 80}, []string{"a"}},
		{"any door", "server { listen 80; listen 81; server_name a;" + route, Door{}, []string{"* a * a"}},
		{"no such door", "server { listen 80;" + route, Door{Port: 82}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			listeners, route := read(t, tt.servers)
			var got []string
			for _, taken := range listeners.Takes(route, tt.at) {
				var texts []string
				for _, h := range taken.Hosts {
					text := h.Name
					if h.Opaque {
						text = "?"
					}
					if len(h.Except) > 0 {
						text += "-" + strings.Join(h.Except, ",")
					}
					texts = append(texts, text)
				}
				if taken.Condition != "" {
					texts = append(texts, taken.Condition)
				}
				got = append(got, strings.Join(texts, " "))
			}
			want := tt.want
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestTakes_Many: a few names are told by themselves, more by a digest that any change of them changes.
func TestTakes_Many(t *testing.T) {
	t.Parallel()
	takes := func(n int, last string) []Taken {
		var b strings.Builder
		b.WriteString("server { listen 80; server_name z; location / {} }")
		for i := range n {
			fmt.Fprintf(&b, "server { listen 80; server_name a%d; }", i)
		}
		fmt.Fprintf(&b, "server { listen 80; server_name %s; }", last)
		listeners, route := read(t, b.String())
		return listeners.Takes(route, Door{Port: 80})
	}
	if few := takes(mostNames-1, "x")[0].Hosts[0]; few.Opaque || len(few.Except) != mostNames {
		t.Errorf("%d names: %+v", mostNames, few)
	}
	many, other := takes(mostNames, "x")[0].Hosts[0], takes(mostNames, "y")[0].Hosts[0]
	if !many.Opaque || len(many.Except) > 0 || many.Equal(other) || !many.Equal(takes(mostNames, "x")[0].Hosts[0]) {
		t.Errorf("%d names: %+v; another one: %+v", mostNames+1, many, other)
	}
}

// read makes listeners of server blocks. The server with a location is the one that is asked about.
func read(t *testing.T, text string) (*Listeners, *Host) {
	t.Helper()
	tree, err := syntax.Load("/n.conf", map[string]string{"/n.conf": text})
	if err != nil {
		t.Fatal(err)
	}
	var hosts []*Host
	var asked *Host
	for _, server := range tree.Directives {
		h := &Host{}
		for _, d := range server.Block {
			switch d.Name {
			case "listen":
				list, err := ParseListen(d, tree.Unknown)
				if err != nil {
					t.Fatal(err)
				}
				h.Listen = append(h.Listen, list...)
			case "server_name":
				h.Names = append(h.Names, d.Args...)
			case "location":
				asked = h
			}
		}
		if len(h.Names) == 0 {
			h.Names = []string{""}
		}
		for _, name := range h.Names {
			if source, ok := strings.CutPrefix(name, "~"); ok {
				h.Captures = append(h.Captures, expr.Compile(source, true))
			}
		}
		hosts = append(hosts, h)
	}
	return NewListeners(hosts), asked
}

// TestFor: nginx's choice among the servers on a port.
func TestFor(t *testing.T) {
	t.Parallel()
	listeners, _ := read(t, `server { listen 80; server_name first; } server { listen 80 default_server; server_name d; }
		server { listen 80; server_name a.b; } server { listen 80; server_name *.b; } server { listen 80; server_name *.c.b; }
		server { listen 80; server_name www.*; } server { listen 80; server_name ~^w; } server { listen 80; server_name ~^web; }
		server { listen 80; server_name ""; } server { listen 127.0.0.1:80; server_name inside; } server { listen unix:/run/x; server_name socket; }`)
	for _, tt := range []struct {
		visit Visit
		want  string
	}{
		{Visit{Port: 80, Host: "a.b"}, "a.b"}, {Visit{Port: 80, Host: "A.B.:8080"}, "a.b"}, {Visit{Port: 80, Host: "x.b"}, "*.b"},
		{Visit{Port: 80, Host: "x.c.b"}, "*.c.b"}, {Visit{Port: 80, Host: "b"}, "d"}, {Visit{Port: 80, Host: "www.b"}, "*.b"},
		{Visit{Port: 80, Host: "www.org"}, "www.*"}, {Visit{Port: 80, Host: "web.org"}, "~^w"}, {Visit{Port: 80}, ""},
		{Visit{Port: 80, Host: "inside"}, "d"}, {Visit{Port: 80, Host: "x", Address: "127.0.0.1"}, "inside"},
		{Visit{Host: "x", Address: "/run/x"}, "socket"}, {Visit{Port: 81, Host: "a.b"}, "nobody"},
	} {
		got := "nobody"
		servers, sure := listeners.For(tt.visit, nil)
		for _, srv := range servers {
			got = srv.Names[0]
		}
		if got != tt.want || !sure || len(servers) > 1 {
			t.Errorf("%+v: %s (%d servers, sure %t), want %s", tt.visit, got, len(servers), sure, tt.want)
		}
	}
}

// TestDoors: every way to a server, those of the loopback where there is nothing else.
func TestDoors(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ server, want string }{
		{"server { listen 80; server_name a *.b .c d.* ~^e[0-9]+; location / {} }", "[{80  } {80 a } {80 x.b } {80 c } {80 d.x } {80 e0 }]"},
		{"server { listen 80; listen 127.0.0.1:81; server_name a; location / {} }", "[{80  } {80 a }]"},
		{"server { listen 127.0.0.1:81; listen unix:/run/x; server_name a; location / {} }", "[{81  127.0.0.1} {81 a 127.0.0.1} {0  /run/x} {0 a /run/x}]"},
		{"server { listen 80; location / {} } server { listen 80; server_name x; }", "[{80  }]"},
		{"server { listen 80; server_name a; location / {} } server { listen 80; server_name \"\"; }", "[{80  } {80 unnamed.invalid } {80 a }]"},
	} {
		listeners, asked := read(t, tt.server)
		doors, more := listeners.Doors(asked)
		if got := fmt.Sprint(doors); got != tt.want || more {
			t.Errorf("%s: %s, more %t, want %s", tt.server, got, more, tt.want)
		}
	}
	names := ""
	for i := range maxDoors {
		names += fmt.Sprintf(" n%d", i)
	}
	for _, server := range []string{
		"server { listen 80; server_name" + names + "; location / {} }",
		"server { listen 80; listen 81; server_name n0 n1 n2 n3 n4 n5 n6 n7 n8; location / {} }",
		"server { listen 127.0.0.1:80; listen 127.0.0.1:81; server_name n0 n1 n2 n3 n4 n5 n6 n7 n8; location / {} }",
	} {
		listeners, asked := read(t, server)
		if doors, more := listeners.Doors(asked); len(doors) != maxDoors || !more {
			t.Errorf("%s: %d doors, more %t, want %d and more", server, len(doors), more, maxDoors)
		}
	}
}
