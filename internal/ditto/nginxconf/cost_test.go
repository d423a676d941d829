package nginxconf

import (
	"fmt"
	"strings"
	"testing"
)

// TestCostIsBounded holds that no configuration keeps its reader busy: what multiplies ends as unknown. Followed to the
// end, each of these would outlive the test binary.
func TestCostIsBounded(t *testing.T) {
	var chain, ifs, many, wide strings.Builder
	for i := range 30 {
		fmt.Fprintf(&chain, "map $http_%c $m%d { default $m%d$m%d; a $m%d; b $m%d; }\n", 'a'+i%26, i, i+1, i+1, i+1, i+1)
		fmt.Fprintf(&ifs, "if ($http_h%d) { set $v%d 1; }\n", i, i)
	}
	for i := range 4000 {
		fmt.Fprintf(&many, "location /l%d { set $x $m1; proxy_pass http://gw; proxy_set_header %s $m1; }\n", i, headerName)
	}
	for i := range 12 {
		fmt.Fprintf(&wide, "location /p%d/ { if ($http_a%d) { rewrite ^ /p%d/ last; } if ($http_b%d) { rewrite ^ /p%d/ last; } if ($arg_c) { rewrite ^ /p%d/x/ last; } index a b c d; error_page 404 403 /p%d/; proxy_pass http://gw; }\n",
			i, i, (i+1)%12, i, (i+5)%12, (i+7)%12, (i+3)%12)
	}
	for _, tt := range []struct{ name, text string }{
		{"maps of maps", chain.String() + "server { listen 80; location / { set $x $m0; proxy_pass http://$m0; proxy_set_header x-ditto-pre-authenticated $m0; auth_basic $m0; auth_basic_user_file u; } }"},
		{"conditions in a row", "server { listen 80; " + ifs.String() + "location / { " + ifs.String() + " proxy_pass http://gw; proxy_set_header x-ditto-pre-authenticated a; } }"},
		{"many locations", chain.String() + "server { listen 80; " + ifs.String() + many.String() + "}"},
		{"locations that lead to each other", "server { listen 1-1000; " + wide.String() + "}"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := Parse(t.Context(), mainFile, map[string]string{mainFile: "http {\n" + tt.text + "\n}"})
			if err != nil {
				t.Fatal(err)
			}
			r := c.Routes()[0]
			r.ClientPathFor(t.Context(), "/devops/config")
			c.Locate(80, "h", "/p1/")
			t.Logf("identity %s, unknown %q", r.Identity.State, r.Unknown)
			if r.Identity.State == Set {
				t.Errorf("what was not followed is not safe: %+v", r.Identity)
			}
		})
	}
}
