package nginxconf

import (
	"testing"

	"github.com/dittoguard/dittoguard/internal/ditto/requests"
)

// TestInternal: a location that only other locations lead to says so, and which paths of clients get there is not read from its name.
func TestInternal(t *testing.T) {
	for _, tt := range []struct {
		name, server string
		internal     bool
	}{
		{"asked for", `location /api { proxy_pass http://gw; }`, false},
		{"internal", `location /api { internal; proxy_pass http://gw; } location /gw { rewrite ^/gw(.*)$ /api$1 last; }`, true},
		{"named", `location / { try_files /none @api; } location @api { proxy_pass http://gw; }`, true},
	} {
		r := parse(t, inServer(tt.server)).Routes()[0]
		if r.Internal != tt.internal {
			t.Errorf("%s: internal %t", tt.name, r.Internal)
		}
		arrive := r.Arrive([]requests.Paths{requests.Beginning("/api")})
		if unread := len(arrive) == 1 && arrive[0].Kind == requests.Opaque; unread != tt.internal {
			t.Errorf("%s: paths %+v", tt.name, arrive)
		}
	}
}

// TestInternal_ByRedirect: what nginx itself goes on with may end in an internal location, and what a client asks for may not.
func TestInternal_ByRedirect(t *testing.T) {
	c := parse(t, inServer(`location / { try_files /none /api/x; } location /e { error_page 403 /api/y; deny all; } location /api { internal; proxy_pass http://gw; }`))
	for path, want := range map[string]string{"/e": "/api/y", "/api/x": ""} {
		if _, got, known := c.Locate(80, "h", path); got != want || !known {
			t.Errorf("%s: %q, known %t, want %q", path, got, known, want)
		}
	}
}

// TestAccess_WideRanges: a range that no operator owns lets everyone in.
func TestAccess_WideRanges(t *testing.T) {
	for allow, want := range map[string]string{"10.0.0.0/8": accessAddresses, "8.0.0.0/7": accessOpen, "0.0.0.0/1": accessOpen, "2000::/3": accessOpen, "fd00::/8": accessAddresses, "2001:db8::/32": accessAddresses} {
		r := parse(t, inServer("location / { allow "+allow+"; deny all; proxy_pass http://gw; }")).Routes()[0]
		if r.Access != want {
			t.Errorf("allow %s: %s, want %s", allow, r.Access, want)
		}
	}
}
