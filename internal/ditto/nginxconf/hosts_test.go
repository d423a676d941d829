package nginxconf

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestTakes: for which hosts a server takes requests, by who listens beside it.
func TestTakes(t *testing.T) {
	t.Parallel()
	const route = " location / { proxy_pass http://gateway:8080; } }"
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
			c, err := Parse(t.Context(), "/etc/nginx/nginx.conf", map[string]string{"/etc/nginx/nginx.conf": "events {} http { " + tt.servers + " }"})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, taken := range c.Routes()[0].Takes(tt.at) {
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
		b.WriteString("events {} http { server { listen 80; server_name z; location / { proxy_pass http://gateway:8080; } }")
		for i := range n {
			fmt.Fprintf(&b, "server { listen 80; server_name a%d; }", i)
		}
		fmt.Fprintf(&b, "server { listen 80; server_name %s; } }", last)
		c, err := Parse(t.Context(), "/n.conf", map[string]string{"/n.conf": b.String()})
		if err != nil {
			t.Fatal(err)
		}
		return c.Routes()[0].Takes(Door{Port: 80})
	}
	if few := takes(mostNames-1, "x")[0].Hosts[0]; few.Opaque || len(few.Except) != mostNames {
		t.Errorf("%d names: %+v", mostNames, few)
	}
	many, other := takes(mostNames, "x")[0].Hosts[0], takes(mostNames, "y")[0].Hosts[0]
	if !many.Opaque || len(many.Except) > 0 || many.Equal(other) || !many.Equal(takes(mostNames, "x")[0].Hosts[0]) {
		t.Errorf("%d names: %+v; another one: %+v", mostNames+1, many, other)
	}
}
