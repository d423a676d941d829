package nginxconf

import (
	"fmt"
	"strings"
	"testing"

	"github.com/dittoguard/dittoguard/test/sample"
)

// gatewayPaths stand for those that a gateway answers.
var gatewayPaths = []string{"/devops", "/devops/config", "/status", "/api/2/things", "/api/2/things/a:b", "/ws/2", "/health"}

// manyLocations are configurations of n pieces, each with a way to the gateway.
var manyLocations = []struct {
	name        string
	once, piece string
}{
	{"prefixes", "", "location /l%[1]d/ { proxy_pass http://gw; }\n"},
	{"prefixes replaced", "", "location /l%[1]d/ { proxy_pass http://gw/; }\n"},
	{"exact", "", "location = /l%[1]d { proxy_pass http://gw; }\n"},
	{"patterns", "", "location ~ ^/l%[1]d/ { proxy_pass http://gw; }\n"},
	{"beside a rewrite", "location /m { rewrite ^/m/(.*)$ /l1/$1 last; }\n", "location /l%[1]d/ { proxy_pass http://gw; }\n"},
	{"behind a rewrite of all", "rewrite ^/x/(.*)$ /$1 last;\n", "location /l%[1]d/ { proxy_pass http://gw; }\n"},
	{"with rewrites", "", "location /l%[1]d/ { rewrite ^/l%[1]d/(.*)$ /$1 break; proxy_pass http://gw; }\n"},
	{"with conditions", "", "location /l%[1]d/ { if ($http_a%[1]d) { return 403; } set $u nginx:$remote_user; proxy_set_header x-ditto-pre-authenticated $u; proxy_pass http://gw; }\n"},
	{"with error pages", "", "location /l%[1]d/ { error_page 404 /l%[1]d/e; proxy_pass http://gw; }\n"},
	{"named", "", "location /l%[1]d/ { try_files $uri @n%[1]d; } location @n%[1]d { proxy_pass http://gw; }\n"},
	{"servers", "", "} server { listen 80; server_name s%[1]d.example.com; location / { proxy_pass http://gw; }\n"},
	{"ports", "", "} server { listen %[2]d; location / { proxy_pass http://gw; }\n"},
	{"names", "", "} server { listen 80; server_name ~^s%[1]d-; location / { proxy_pass http://gw; }\n"},
	{"headers", "", "proxy_set_header X-A%[1]d a; location /l%[1]d/ { proxy_pass http://gw; }\n"},
	{"answers", "", "location /l%[1]d/ { proxy_pass http://gw; } location /r%[1]d { return 404 $host; }\n"},
}

// TestGrowthIsLinear holds that reading a configuration twice as long takes about twice as much, and no more than the budget.
func TestGrowthIsLinear(t *testing.T) {
	for _, tt := range manyLocations {
		if !sample.Has(tt.name, 4) {
			continue
		}
		t.Run(tt.name, func(t *testing.T) {
			read := func(n int) float64 {
				text := locations(tt.once, tt.piece, n)
				return testing.AllocsPerRun(1, func() {
					c, err := Parse(t.Context(), mainFile, map[string]string{mainFile: text})
					if err != nil {
						t.Fatal(err)
					}
					c.Origins(t.Context(), gatewayPaths)
				})
			}
			const n = 200
			once, twice := read(n), read(2*n)
			t.Logf("%d pieces: %.0f allocations, %d: %.0f (%.2f times as many)", n, once, 2*n, twice, twice/once)
			if twice > 2.6*once {
				t.Errorf("%d pieces take %.0f allocations, %d take %.0f", n, once, 2*n, twice)
			}
		})
	}
}

// TestManyLocations holds that 1,200 locations are read and not given up.
func TestManyLocations(t *testing.T) {
	c, err := Parse(t.Context(), mainFile, map[string]string{mainFile: locations("", "location /l%[1]d/ { proxy_pass http://gw; }\n", 1200)})
	if err != nil {
		t.Fatal(err)
	}
	if o := c.Origins(t.Context(), gatewayPaths); o.Spent || len(o.found) > 0 {
		t.Errorf("given up: %t; not ruled out: %v", o.Spent, o.found)
	}
}

func locations(once, piece string, n int) string {
	var b strings.Builder
	b.WriteString("http {\nserver {\nlisten 80;\n" + once)
	for i := range n {
		// Not every piece has a use for both numbers.
		text := fmt.Sprintf(piece, i, 1000+i)
		text, _, _ = strings.Cut(text, "%!(EXTRA")
		b.WriteString(text)
	}
	return b.String() + "}\n}\n"
}
