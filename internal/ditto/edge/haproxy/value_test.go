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
