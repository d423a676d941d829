package nginx

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

func TestReadSnippet(t *testing.T) {
	says := func(state, why string) *tri.State { return &tri.State{State: state, Why: why} }
	for _, tt := range []struct {
		name     string
		text     string
		users    way.Trust
		identity *tri.State
		opens    bool
		rewrites bool
	}{
		{name: "nothing of the kind", text: "proxy_set_header X-Forwarded-User $remote_user; add_header a b always;"},
		{name: "a comment is no directive", text: "# proxy_set_header x-ditto-pre-authenticated a;\n"},
		{name: "a string is no directive", text: `add_header a "proxy_set_header x-ditto-pre-authenticated b;";`},
		{name: "a constant", text: "proxy_set_header X-DITTO-pre-authenticated nobody;", identity: says(way.IdentitySet, "it is set to a constant")},
		{name: "the empty string removes", text: `proxy_set_header 'x-ditto-pre-authenticated' "";`, identity: says(way.IdentityRemoved, "it is set to the empty string, which nginx does not send")},
		{name: "a user that cannot be determined", text: "proxy_set_header x-ditto-pre-authenticated nginx:$remote_user;", users: way.Doubtful,
			identity: says(way.IdentityUnknown, "it is set to $remote_user, and whether that is verified cannot be determined")},
		{name: "the client's own header in braces", text: "proxy_set_header x-ditto-pre-authenticated a${http_x_ditto_pre_authenticated}b;", users: way.Verified,
			identity: says(way.IdentityClient, "it is set to $http_x_ditto_pre_authenticated, which the client controls")},
		{name: "the client's own parameter beside the verified user", text: "proxy_set_header x-ditto-pre-authenticated $arg_user:$remote_user;", users: way.Verified,
			identity: says(way.IdentityClient, "it is set to $arg_user, which the client controls")},
		{name: "a variable that is set somewhere", text: "proxy_set_header x-ditto-pre-authenticated $identity;",
			identity: says(way.IdentityUnknown, "it is set to $identity, and what that holds cannot be seen")},
		{name: "a claim alone can be empty", text: "proxy_set_header x-ditto-pre-authenticated $jwt_claim_sub;",
			identity: says(way.IdentityEmpty, "it is set to $jwt_claim_sub, which is empty without a token")},
		{name: "a fixed variable", text: "proxy_set_header x-ditto-pre-authenticated $server_name;", identity: says(way.IdentitySet, "it is set to $server_name")},
		{name: "whatever the client calls the server", text: "proxy_set_header x-ditto-pre-authenticated $ssl_server_name;", identity: says(way.IdentityClient, "it is set to $ssl_server_name, which the client controls")},
		{name: "what the client says of hops before", text: "proxy_set_header x-ditto-pre-authenticated $proxy_add_x_forwarded_for;", identity: says(way.IdentityClient, "it is set to $proxy_add_x_forwarded_for, which the client controls")},
		{name: "a method", text: "proxy_set_header x-ditto-pre-authenticated $request_method;", identity: says(way.IdentityClient, "it is set to $request_method, which the client controls")},
		{name: "a type", text: "proxy_set_header x-ditto-pre-authenticated $content_type;", identity: says(way.IdentityClient, "it is set to $content_type, which the client controls")},
		{name: "a body", text: "proxy_set_header x-ditto-pre-authenticated $request_body;", identity: says(way.IdentityClient, "it is set to $request_body, which the client controls")},
		{name: "a header, in any case", text: "proxy_set_header x-ditto-pre-authenticated $HTTP_X_User;", identity: says(way.IdentityClient, "it is set to $http_x_user, which the client controls")},
		{name: "a variable of its own", text: "set $who a:b; proxy_set_header x-ditto-pre-authenticated $who;", identity: says(way.IdentitySet, "it is set to a constant")},
		{name: "a variable of its own that the client writes", text: "set $who a:$arg_b; proxy_set_header x-ditto-pre-authenticated $who;", identity: says(way.IdentityClient, "it is set to $arg_b, which the client controls")},
		{name: "a variable that it sets for some", text: "if ($http_a) { set $who a:b; } proxy_set_header x-ditto-pre-authenticated $who;", identity: says(way.IdentityUnknown, "it is set to $who, and what that holds cannot be seen")},
		{name: "what another service answers", text: "auth_request_set $who $upstream_http_x; proxy_set_header x-ditto-pre-authenticated $who;", identity: says(way.IdentityUnknown, "it is set to $who, and what that holds cannot be seen")},
		{name: "what a certificate says, if one is asked for", text: "proxy_set_header x-ditto-pre-authenticated $ssl_client_s_dn;", identity: says(way.IdentityUnknown, "it is set to $ssl_client_s_dn, and what that holds cannot be seen")},
		{name: "the worse of two", text: "proxy_set_header x-ditto-pre-authenticated a; proxy_set_header x-ditto-pre-authenticated $http_x;",
			identity: says(way.IdentityClient, "it is set to $http_x, which the client controls")},
		{name: "headers are not passed at all", text: "proxy_pass_request_headers off;", identity: says(way.IdentityRemoved, "proxy_pass_request_headers is off")},
		{name: "a header is cleared", text: "more_clear_input_headers 'X-A x-ditto-pre-authenticated';", identity: says(way.IdentityRemoved, "more_clear_input_headers clears it")},
		{name: "headers are cleared by a star", text: "more_clear_input_headers X-Ditto-*;", identity: says(way.IdentityRemoved, "more_clear_input_headers clears it")},
		{name: "a header is cleared for some types", text: "more_clear_input_headers -t text/plain x-ditto-pre-authenticated;",
			identity: says(way.IdentityUnknown, "more_clear_input_headers applies under a condition")},
		{name: "a header is set before it is passed", text: "more_set_input_headers 'x-ditto-pre-authenticated: $remote_user';",
			identity: says(way.IdentityClient, "it is set to $remote_user, which nothing has verified there")},
		{name: "a header is cleared under a condition", text: "if ($request_method = GET) { more_clear_input_headers x-ditto-pre-authenticated; }",
			identity: says(way.IdentityUnknown, "the header is changed under a condition")},
		{name: "Lua is opaque", text: `access_by_lua_block { ngx.req.clear_header("}") }`, identity: says(way.IdentityUnknown, "what access_by_lua_block does cannot be seen"), opens: true, rewrites: true},
		{name: "an include is opaque", text: "include /etc/nginx/x.conf;", identity: says(way.IdentityUnknown, "what include does cannot be seen"), opens: true, rewrites: true},
		{name: "listed addresses are let in", text: "satisfy any; allow 10.0.0.0/8; deny all;", opens: true},
		{name: "any of the checks, and no addresses", text: "satisfy any; deny all;"},
		{name: "listed addresses alone let nobody in", text: "allow 10.0.0.0/8; deny all;"},
		{name: "a rewrite", text: "rewrite ^/x /devops break;", rewrites: true},
		{name: "a rewrite under a condition", text: "if ($x) { rewrite ^/x /devops break; }", rewrites: true},
		{name: "a brace that ends the location", text: "} location /x { proxy_pass http://y;", identity: says(way.IdentityUnknown, "the snippet cannot be parsed"), opens: true, rewrites: true},
		{name: "braces that are too deep", text: strings.Repeat("a {", 100) + strings.Repeat("}", 100),
			identity: says(way.IdentityUnknown, "the snippet cannot be parsed"), opens: true, rewrites: true},
		{name: "more than anybody writes", text: strings.Repeat(" ", 1<<20), identity: says(way.IdentityUnknown, "the snippet cannot be parsed"), opens: true, rewrites: true},
		{name: "a block without an end", text: "if ($x) { set $a b;", identity: says(way.IdentityUnknown, "the snippet cannot be parsed"), opens: true, rewrites: true},
		{name: "a directive without an end", text: "proxy_set_header a b", identity: says(way.IdentityUnknown, "the snippet cannot be parsed"), opens: true, rewrites: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := ReadSnippet(tt.text, "proxy_set_header", tt.users)
			if diff := cmp.Diff(tt.identity, got.Identity); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if got.Opens != tt.opens || got.Rewrites != tt.rewrites {
				t.Errorf("opens %t, rewrites %t", got.Opens, got.Rewrites)
			}
		})
	}
}

// A lexer that nobody listens to would wait for ever, and hostile annotations would pile goroutines up.
func TestReadSnippet_LeavesNothingRunning(t *testing.T) {
	defer goleak.VerifyNone(t)
	for _, text := range []string{"} " + strings.Repeat("a b; ", 3000), "a {" + strings.Repeat("a b; ", 3000), "content_by_lua_block { " + strings.Repeat("} {", 3000)} {
		ReadSnippet(text, "proxy_set_header", way.Unverified)
	}
}

func FuzzReadSnippet(f *testing.F) {
	f.Add(`proxy_set_header x-ditto-pre-authenticated "nginx:$remote_user";`)
	f.Add("if ($x) { more_set_input_headers 'a: ${b'; }")
	f.Add("content_by_lua_block {")
	f.Add("if (){0")
	f.Fuzz(func(t *testing.T, text string) {
		r := ReadSnippet(text, "proxy_set_header", way.Doubtful)
		if r.Identity != nil && (r.Identity.State == "" || r.Identity.Why == "") {
			t.Errorf("a reading that says nothing: %+v", r.Identity)
		}
	})
}

func TestAnswersPaths(t *testing.T) {
	for text, want := range map[string]bool{
		`if ($uri ~ ^/devops) { return 403; }`:            true,
		`if ("${request_uri}" ~* devops) { return 403; }`: true,
		`if ($Document_URI = /x) { return 403; }`:         true,
		`if ($request ~ devops) { return 403; }`:          true,
		`if ($request_method = OPTIONS) { return 204; }`:  false,
		`if ($http_uri = x) { return 204; }`:              false,
		`set $x $uri;`:                                    false,
	} {
		if got := AnswersPaths(text); got != want {
			t.Errorf("%s: %t, expected %t", text, got, want)
		}
	}
}
