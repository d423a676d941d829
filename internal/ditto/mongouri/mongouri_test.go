package mongouri

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParse(t *testing.T) {
	tests := []struct {
		name, text string
		want       URI
	}{
		{"one host", "mongodb://db", URI{Hosts: []string{"db"}}},
		{"hosts, ports and a database", "mongodb://a:1,b,c:3/things", URI{Hosts: []string{"a:1", "b", "c:3"}, Database: "things"}},
		{"a collection after the database", "mongodb://a/things.journal", URI{Hosts: []string{"a"}, Database: "things"}},
		{"user and password", "mongodb://u:p@a/d", URI{Hosts: []string{"a"}, Database: "d", User: true, Password: true}},
		{"a user only", "mongodb://u@a/d", URI{Hosts: []string{"a"}, Database: "d", User: true}},
		{"an empty password", "mongodb://u:@a/d", URI{Hosts: []string{"a"}, Database: "d", User: true}},
		{"an encoded at sign", "mongodb://u:p%40b@a", URI{Hosts: []string{"a"}, User: true, Password: true}},
		{"an at sign that is not encoded", "mongodb://u:p@b@a", URI{Hosts: []string{"a"}, User: true, Password: true}},
		{"srv", "mongodb+srv://u:p@cluster.example.com/d", URI{SRV: true, Hosts: []string{"cluster.example.com"}, Database: "d", User: true, Password: true}},
		{"IPv6 addresses", "mongodb://[::1]:27018,[fe80::2]", URI{Hosts: []string{"[::1]:27018", "[fe80::2]"}}},
		{"a socket", "mongodb://%2Ftmp%2Fmongodb.sock/d", URI{Hosts: []string{"%2Ftmp%2Fmongodb.sock"}, Database: "d"}},
		{"options without a slash", "mongodb://a?ssl=true", URI{Hosts: []string{"a"}, Options: []Option{{"ssl", "true"}}}},
		{"options", "mongodb://a/d?ssl=true&w=majority&x&=y", URI{Hosts: []string{"a"}, Database: "d", Options: []Option{{"ssl", "true"}, {"w", "majority"}, {"", "y"}}}},
		{"an encoded name and ampersand", "mongodb://a/?%74ls=1%26tlsInsecure=true", URI{Hosts: []string{"a"}, Options: []Option{{"tls", "1"}, {"tlsInsecure", "true"}}}},
		{"a semicolon does not divide", "mongodb://a/?w=1;tlsInsecure=true", URI{Hosts: []string{"a"}, Options: []Option{{"w", "1;tlsInsecure=true"}}}},
		{"a slash in the query", "mongodb://a?authSource=x/y", URI{Hosts: []string{"a"}, Options: []Option{{"authSource", "x/y"}}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := Parse(test.text)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, *got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestParse_Problems(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"nothing", "", "expected mongodb:// or mongodb+srv:// at the beginning"},
		{"another scheme", "postgres://hush", "expected mongodb:// or mongodb+srv:// at the beginning"},
		{"no host", "mongodb://u:hush@/d", "expected a host"},
		{"an empty host", "mongodb://a,,b", "expected a host"},
		{"no user", "mongodb://:hush@a", "expected a user before the at sign"},
		{"no port", "mongodb://a:/d", "expected a port between 1 and 65535; a colon in a user or password has to be percent-encoded"},
		{"a port too high", "mongodb://a:65536", "expected a port between 1 and 65535; a colon in a user or password has to be percent-encoded"},
		{"a port after srv", "mongodb+srv://a:1", "expected no port after mongodb+srv://"},
		{"two hosts after srv", "mongodb+srv://a,b", "expected one host after mongodb+srv://"},
		{"an open bracket", "mongodb://[::1", "expected a closing bracket after an IPv6 address"},
		{"a hash in a password", "mongodb://u:hu#sh@a", "expected no # that is not percent-encoded"},
		{"a brace in a password", "mongodb://u:hu{sh@a", "expected no spaces and no \" < > \\ ^ ` { | } that are not percent-encoded"},
		{"a line end", "mongodb://a/d\n", "expected no spaces and no \" < > \\ ^ ` { | } that are not percent-encoded"},
		{"half an escape", "mongodb://u:hush%4@a", "expected two hexadecimal digits after a percent sign"},
		{"an escape at the end", "mongodb://a/%4", "expected two hexadecimal digits after a percent sign"},
		{"too long", "mongodb://" + strings.Repeat("a", maxSize+1), "expected at most 131072 bytes"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := Parse(test.text)
			if err == nil || err.Error() != test.want {
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
}

func TestURI_Option(t *testing.T) {
	u, err := Parse("mongodb://a/?tlsInsecure=true&TLSINSECURE=no&x=")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name, value string
		ok          bool
	}{{"tlsinsecure", "no", true}, {"x", "", true}, {"y", "", false}} {
		if value, ok := u.Option(test.name); value != test.value || ok != test.ok {
			t.Errorf("Option(%q) = %q, %v", test.name, value, ok)
		}
	}
}

func TestBoolean(t *testing.T) {
	for text, want := range map[string][2]bool{
		"true": {true, true}, " Yes ": {true, true}, "1": {true, true}, "FALSE": {false, true}, "no": {false, true},
		"0": {false, true}, "on": {false, false}, "": {false, false}, "t": {false, false},
	} {
		if on, known := Boolean(text); on != want[0] || known != want[1] {
			t.Errorf("Boolean(%q) = %v, %v", text, on, known)
		}
	}
}

// FuzzParse looks for panics, and for users and passwords in what comes out.
func FuzzParse(f *testing.F) {
	f.Add("mongodb://u:p@a:1,b/d?ssl=true&tls=%74rue")
	f.Add("mongodb+srv://cluster.example.com")
	f.Add("mongodb://[::1]:1")
	f.Fuzz(func(t *testing.T, text string) {
		const hush = "s3cr3t"
		if strings.Contains(text, hush) {
			return
		}
		for _, s := range []string{text, strings.Replace(text, "://", "://"+hush+":"+hush+"@", 1)} {
			u, err := Parse(s)
			if strings.Contains(fmt.Sprint(u, err), hush) {
				t.Errorf("what Parse makes of %q holds the password: %v %v", s, u, err)
			}
			if err == nil && len(u.Hosts) == 0 {
				t.Errorf("no hosts in %q", s)
			}
		}
	})
}
