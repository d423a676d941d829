package haproxy

import (
	"testing"

	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

func TestHAProxyValue(t *testing.T) {
	for _, tt := range []struct {
		value string
		users way.Trust
		want  string
	}{
		{"nobody", way.Unverified, way.IdentitySet},
		{`"50%% nobody"`, way.Unverified, way.IdentitySet},
		{`""`, way.Unverified, way.IdentityUnknown},
		{"", way.Unverified, way.IdentityUnknown},
		{"%[http_auth_user]", way.Verified, way.IdentitySet},
		{"%[http_auth_user,lower]", way.Doubtful, way.IdentityUnknown},
		{"%[http_auth_user]", way.Unverified, way.IdentityClient},
		{"%[http_auth_user]%[req.cook(u)]", way.Verified, way.IdentityClient},
		{"%[ssl_c_s_dn(cn)]", way.Verified, way.IdentityUnknown},
		{"%[http_auth_user", way.Verified, way.IdentityUnknown},
		{"%ci", way.Unverified, way.IdentityUnknown},
		{"%", way.Unverified, way.IdentityUnknown},
	} {
		if got := headerValue(tt.value, tt.users); got.State != tt.want || got.Why == "" {
			t.Errorf("%s with users %d: %+v, want %s", tt.value, tt.users, got, tt.want)
		}
	}
}

func TestConfigValue(t *testing.T) {
	const (
		empty     = "it is set to the empty string, which HAProxy refuses"
		condition = "a rule changes the header under a condition"
	)
	for _, tt := range []struct{ value, word, why string }{
		{"proxy", "proxy", ""},
		{"proxy # of ours", "proxy", ""},
		{`"a proxy"`, `"a proxy"`, ""},
		{`'a # proxy'`, `'a # proxy'`, ""},
		{`a\ proxy`, `a\ proxy`, ""},
		{`"a \" proxy"`, `"a \" proxy"`, ""},
		{"proxy if { ssl_fc }", "", condition},
		{"proxy  unless TRUE", "", condition},
		{"a proxy", "", "what it is set to is followed by \"proxy\", which HAProxy refuses"},
		{"# proxy", "", empty},
		{`""`, "", empty},
		{"", "", empty},
	} {
		word, refused := configValue(tt.value)
		why := ""
		if refused != nil {
			why = refused.Why
		}
		if word != tt.word || why != tt.why {
			t.Errorf("%s: %q, %q; want %q, %q", tt.value, word, why, tt.word, tt.why)
		}
	}
}
