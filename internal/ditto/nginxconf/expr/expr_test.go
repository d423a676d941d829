package expr

import (
	"testing"

	"github.com/dittoguard/dittoguard/internal/ditto/nginxconf/syntax"
)

// request is one of which all is open but for what was set.
type request map[string]Text

func (r request) Spend() bool                           { return true }
func (r request) Settled(name string) (Text, bool)      { t, ok := r[name]; return t, ok }
func (r request) Own(string) (Text, bool)               { return nil, false }
func (r request) Matched(*Pattern, Text) (same Request) { return r }

// TestExpand: what a text can come to, and for which requests.
func TestExpand(t *testing.T) {
	tree, err := syntax.Load("/n", map[string]string{"/n": `map $http_a $m { default "d$http_b"; "" none; ~^x pattern; y $set; } geo $g { default 1; 10.0.0.0/8 0; }
		set $never x; js_set $script f; map $set $n { Settled found; default no; }`})
	if err != nil {
		t.Fatal(err)
	}
	v := NewVariables()
	for _, d := range tree.Directives {
		if !v.Define(d) {
			t.Fatalf("%s is not understood", d.Name)
		}
	}
	for _, tt := range []struct {
		text string
		want []string
	}{
		{"a", []string{"a"}}, {"a$set", []string{"asettled"}}, {"$never", []string{""}}, {"$script", []string{"${?}"}}, {"$nowhere", []string{"${?}"}},
		{"${http_c}x", []string{"${http_c}x"}}, {"$n", []string{"found"}},
		{"$m", []string{`none when`, `settled when $http_a matches "~*^y$"`, `pattern when $http_a matches "~^x"`, "d${http_b} when"}},
		{"$g", []string{`0 when $geo $g is "10.0.0.0/8"`, `1 when $geo $g is "default"`}},
	} {
		parsed, err := Parse(tt.text)
		if err != nil {
			t.Fatal(err)
		}
		got := v.Expand(parsed, request{"set": Literal("settled")}, 0)
		if len(got) != len(tt.want) {
			t.Errorf("%s: %v", tt.text, got)
			continue
		}
		for i, a := range got {
			text := a.Text.String()
			if when := a.Assume.When(); when != "" {
				text += when
			} else if len(a.Assume) > 0 {
				text += " when"
			}
			if text != tt.want[i] {
				t.Errorf("%s: %q, want %q", tt.text, text, tt.want[i])
			}
		}
	}
}

// TestVariables: who decides what nginx's variables hold; the real nginx is asked in nginxconf's tests.
func TestVariables(t *testing.T) {
	for name, want := range map[string]Writer{
		"http_x": ByClient, "arg_x": ByClient, "uri": ByClient, "request_body": ByClient, "request_uri": ByClient, "host": ByClient, "1": ByClient,
		"proxy_add_x_forwarded_for": ByClient, "ssl_server_name": ByClient, "is_args": ByChoice, "server_protocol": ByChoice,
		"server_name": ByNginx, "remote_addr": ByNginx, "request_id": ByNginx, "connection_requests": ByNginx, "https": ByNginxOrNobody,
		"remote_user": BySomething, "ssl_client_s_dn": BySomething, "upstream_http_x": BySomething, "proxy_host": BySomething,
		"mine": ByNobody, "http": ByNobody, "": ByNobody,
	} {
		if got := WriterOf(name); got != want {
			t.Errorf("$%s: %d, want %d", name, got, want)
		}
	}
}

// TestContradicts: which assumptions no request can meet together.
func TestContradicts(t *testing.T) {
	equals := func(value string, holds bool) Assumption {
		return Assumption{Source: Variable("http_a"), Equals: &value, Holds: holds}
	}
	matches := func(source string, holds bool) Assumption {
		return Assumption{Source: Variable("http_a"), Re: Compile(source, false), Holds: holds}
	}
	other := matches("^a", false)
	other.Source = Variable("http_b")
	for _, tt := range []struct {
		name string
		a, b Assumption
		want bool
	}{
		{"two values", equals("a", true), equals("b", true), true}, {"a value and not another", equals("a", true), equals("b", false), false},
		{"a value that fits", equals("ab", true), matches("^a", true), false}, {"a value that does not", equals("b", true), matches("^a", true), true},
		{"two beginnings", matches("^a", true), matches("^b", true), true}, {"a longer beginning", matches("^ab", true), matches("^a", true), false},
		{"a longer one without the shorter", matches("^ab", true), matches("^a", false), true}, {"a shorter one without the longer", matches("^a", true), matches("^ab", false), false},
		{"the same, both ways", matches("x.y", true), matches("x.y", false), true}, {"no anchor", matches("a", true), matches("b", true), false},
		{"another subject", matches("^a", true), other, false},
	} {
		for _, pair := range [][2]Assumption{{tt.a, tt.b}, {tt.b, tt.a}} {
			if _, ok := (Assumptions{pair[0]}).With(pair[1]); ok == tt.want {
				t.Errorf("%s: %v with %v: %t", tt.name, pair[0], pair[1], ok)
			}
		}
	}
}
