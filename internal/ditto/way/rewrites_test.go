package way

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestEnvoyRegexRewrite(t *testing.T) {
	for _, tt := range []struct {
		match, rewrite string
		want           Rewrite
	}{
		{"^/x", "/devops", Rewrite{Kind: RewritePrefix, From: []string{"/x"}, To: "/devops"}},
		{"^/x/(.*)", `/y/\1`, Rewrite{Kind: RewritePrefix, From: []string{"/x/"}, To: "/y/"}},
		{"/x", "/y", UnknownRewrite(`what replacing "/x" by "/y" leads to cannot be determined`)},
		{"^/x(a|b)", "/y", UnknownRewrite(`what replacing "^/x(a|b)" by "/y" leads to cannot be determined`)},
		{"^(", "/y", UnknownRewrite(`what replacing "^(" by "/y" leads to cannot be determined`)},
	} {
		if diff := cmp.Diff(tt.want, EnvoyRegexRewrite(tt.match, tt.rewrite)); diff != "" {
			t.Errorf("%s to %s: -want +got:\n%s", tt.match, tt.rewrite, diff)
		}
	}
}

func TestCaptureRewrite(t *testing.T) {
	for _, tt := range []struct {
		path, target string
		want         Rewrite
	}{
		{"/x", "/y", Rewrite{Kind: RewriteConstant, To: "/y"}},
		{"/x(/|$)(.*)", "/$2", Rewrite{Kind: RewritePrefix, From: []string{"/x", "/x/"}, To: "/"}},
		{"/x/?(.*)", "/y/$1", Rewrite{Kind: RewritePrefix, From: []string{"/x", "/x/"}, To: "/y/"}},
		{"/x(.*)", "$1", Rewrite{Kind: RewritePrefix, From: []string{"/x"}, To: ""}},
		{"/x/(.+)", "/y$1", Rewrite{Kind: RewritePrefix, From: []string{"/x/"}, To: "/y"}},
		{"/x/(.*)", "/y/$2", Rewrite{Kind: RewriteConstant, To: "/y/"}},
		{"/", "/$2", Rewrite{Kind: RewriteConstant, To: "/"}},
		{"/x(/(.*))?", "/y/$2", Rewrite{Kind: RewritePrefix, From: []string{"/x/"}, To: "/y/"}},
		{"/x(?:/(.*))?", "/$1", Rewrite{Kind: RewritePrefix, From: []string{"/x/"}, To: "/"}},
		{"/x(/.*)?", "$1", Rewrite{Kind: RewritePrefix, From: []string{"/x"}, To: ""}},
		{"/x(/(.*))?", "$1", Rewrite{Kind: RewritePrefix, From: []string{"/x"}, To: ""}},
		{"/(x/y.*)", "/$1", Rewrite{Kind: RewritePrefix, From: []string{"/"}, To: "/"}},
		{"/x/((a|b)/.*)", "/y/$1", Rewrite{Kind: RewritePrefix, From: []string{"/x/"}, To: "/y/"}},
		{"/x(/.*)", "/y$1", Rewrite{Kind: RewritePrefix, From: []string{"/x"}, To: "/y"}},
		{"/x(/.*/z)", "/y$1", UnknownRewrite(`what the rewrite of "/x(/.*/z)" to "/y$1" leads to cannot be determined`)},
		{"/x(/.*)?", "/y$1", UnknownRewrite(`what the rewrite of "/x(/.*)?" to "/y$1" leads to cannot be determined`)},
		{"/(.*)/x(y)?", "/$1", UnknownRewrite(`what the rewrite of "/(.*)/x(y)?" to "/$1" leads to cannot be determined`)},
		{"/x/(.*)", "/$12", UnknownRewrite(`what the rewrite of "/x/(.*)" to "/$12" leads to cannot be determined`)},
		{"/x/([a-z]*)", "/y/$1", UnknownRewrite(`what the rewrite of "/x/([a-z]*)" to "/y/$1" leads to cannot be determined`)},
		{"/x(", "/$1", UnknownRewrite(`what the rewrite of "/x(" to "/$1" leads to cannot be determined`)},
	} {
		if diff := cmp.Diff(tt.want, NginxRewrite(tt.path, tt.target)); diff != "" {
			t.Errorf("%s to %s: -want +got:\n%s", tt.path, tt.target, diff)
		}
	}
}
