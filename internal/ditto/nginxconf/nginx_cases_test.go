package nginxconf

type locationCase struct {
	name   string
	server string
	// unsure: some answers depend on what the configuration does not hold.
	unsure bool
}

const locationHTTP = `
upstream pool { server UP; }
map $uri $verdict { default pass; ~^/devops block; /private/x block; }
map $http_x_canary $backend { default UP; "yes" 127.0.0.1:9; }
map $request_method $write { default 0; POST 1; }
`

var locationCases = []locationCase{
	{name: "one prefix for everything, raw", server: `location / { proxy_pass http://UP; }`},
	{name: "slashes are kept", server: `merge_slashes off; location / { proxy_pass http://UP; } location /devops { deny all; }`},
	{name: "slashes are kept, with a path", server: `merge_slashes off; location /api { proxy_pass http://UP/api; } location /devops { return 403; }`},
	{name: "a prefix replaced by a slash", server: `location /api { proxy_pass http://UP/; }`},
	{name: "a prefix with slash replaced by a slash", server: `location /api/ { proxy_pass http://UP/; }`},
	{name: "a prefix with slash, raw", server: `location /api/ { proxy_pass http://UP; }`},
	{name: "a prefix with slash beside one without", server: `location /api/ { proxy_pass http://UP/with/; } location /api { proxy_pass http://UP/without; }`},
	{name: "a prefix with slash beside a pattern", server: `location /api/ { proxy_pass http://UP/with/; } location ~ ^/api { proxy_pass http://UP; }`},
	{name: "the parts of a proxy like the sample's", server: `
		location / { index index.html; }
		location /api { proxy_pass http://pool; if ($request_method = OPTIONS) { return 204; } }
		location /api/2/connections { proxy_pass http://pool; }
		location /status { proxy_pass http://pool/overall/status; }
		location /health { proxy_pass http://pool/health; }
		location /devops { proxy_pass http://pool/devops; }
		location /ui/ { proxy_pass http://UP/; }`},
	{name: "exact, prefix and patterns", server: `
		location = /api { proxy_pass http://UP/exact; }
		location /api { proxy_pass http://UP/prefix; }
		location ^~ /api/2 { proxy_pass http://UP/strong; }
		location ~ ^/api { proxy_pass http://UP; }
		location ~* \.PNG$ { proxy_pass http://pool; }`},
	{name: "the first pattern wins", server: `location ~ /devops { return 403; } location ~ ^/(.*)$ { proxy_pass http://UP/one/$1; } location ~ ^/api { return 404; }`},
	{name: "patterns of either case", server: `location ~* ^/api/ { proxy_pass http://UP; } location /API { return 404; }`},
	{name: "a pattern that leaves connections out", server: `location ~ ^/api/2/(?!connections) { proxy_pass http://UP; }`},
	{name: "nested prefixes", server: `location /api { proxy_pass http://UP/outer; location /api/2 { proxy_pass http://UP/inner; location = /api/2/connections { deny all; } } }`},
	{name: "nested patterns", server: `location /api { location ~ things { proxy_pass http://UP; rewrite ^ /nested break; } proxy_pass http://UP/plain; } location ~ /2/ { proxy_pass http://pool; }`, unsure: true},
	{name: "a nested pattern before an outer one", server: `location /api { proxy_pass http://UP/plain; location ~ things { proxy_pass http://UP; } } location ~ /2/ { return 404; }`},
	{name: "a strong prefix with nested patterns", server: `location ^~ /api { proxy_pass http://UP/plain; location ~ things { proxy_pass http://UP; } } location ~ /2/ { return 404; }`},
	{name: "try_files to a named location", server: `location / { try_files $uri $uri/ @gw; } location @gw { proxy_pass http://UP; }`},
	{name: "try_files to a path", server: `location / { try_files $uri /api/fallback?x=1; } location /api { proxy_pass http://UP; }`},
	{name: "try_files to a code with a page", server: `error_page 404 = @gw; location / { try_files $uri =404; } location @gw { proxy_pass http://UP; }`},
	{name: "a page for missing files", server: `location / { error_page 404 = @gw; } location @gw { proxy_pass http://UP; }`, unsure: true},
	{name: "a page with a path", server: `location /devops { error_page 403 /api/denied; deny all; } location /api { proxy_pass http://UP; }`},
	{name: "a code of its own", server: `error_page 418 = @gw; location /api { return 418; } location @gw { proxy_pass http://UP; }`},
	{name: "a code with a text is no page", server: `error_page 418 = @gw; location /api { return 418 "tea"; } location @gw { proxy_pass http://UP; }`},
	{name: "an internal location", server: `location /api { internal; proxy_pass http://UP; } location /gw { rewrite ^/gw(.*)$ /api$1 last; }`},
	{name: "rewrite break, raw", server: `location /gw/ { rewrite ^/gw/(.*)$ /$1 break; proxy_pass http://UP; }`},
	{name: "rewrite break, with a path", server: `location /gw/ { rewrite ^/gw/api/(.*)$ /v/$1 break; proxy_pass http://UP/base/; }`},
	{name: "rewrite and a break of its own", server: `location /gw/ { rewrite ^/gw/api/(.*)$ /gw/v/$1; break; proxy_pass http://UP/base/; }`},
	{name: "rewrite to a path that has to be escaped", server: `location / { rewrite ^/api "/a b" break; proxy_pass http://UP; }`},
	{name: "rewrite last", server: `location /gw/ { rewrite ^/gw/(.*)$ /$1 last; } location /api { proxy_pass http://UP; } location /devops { deny all; }`},
	{name: "rewrite without a flag", server: `location /gw/ { rewrite ^/gw/(.*)$ /a/$1; rewrite ^/a/(.*)$ /b/$1; } location /b/ { proxy_pass http://UP/; }`},
	{name: "rewrite for ever", server: `location /api { rewrite ^/api(.*)$ /api$1 last; proxy_pass http://UP; }`},
	{name: "rewrite of the server", server: `rewrite ^/gw(/.*)$ $1 last; location / { proxy_pass http://UP; } location /devops { return 404; }`},
	{name: "rewrite to another host", server: `location / { rewrite ^/api(.*)$ https://example.com$1 permanent; rewrite ^/ui /login redirect; proxy_pass http://UP; }`},
	{name: "rewrite that hides what is asked for", server: `location /api { rewrite ^/api/2/things(.*)$ /devops/config break; proxy_pass http://UP; }`},
	{name: "rewrite with a query", server: `location /gw/ { rewrite ^/gw/(.*)$ /q?path=$1 break; proxy_pass http://UP; }`},
	{name: "a pattern with captures", server: `location ~ ^/gw/(.*)$ { proxy_pass http://UP/$1$is_args$args; }`},
	{name: "a pattern with named captures", server: `location ~ ^/(?<head>gw|api)/(?<tail>.*)$ { proxy_pass http://UP/$head-$tail; }`},
	{name: "a variable host", server: `set $up UP; location /api { proxy_pass http://$up; }`},
	{name: "a variable host with a path", server: `set $up UP; location /api { proxy_pass http://$up/fixed; }`},
	{name: "a variable host and the decoded path", server: `set $up UP; location / { proxy_pass http://$up$uri; } location /devops { deny all; }`},
	{name: "a variable host and the client's path", server: `set $up UP; location / { proxy_pass http://$up$request_uri; } location /devops { deny all; }`},
	{name: "a canary", server: `location /api { proxy_pass http://$backend; }`},
	{name: "nothing under a denied prefix", server: `location / { proxy_pass http://UP; } location /devops { deny all; } location /api/2/connections { return 404; }`},
	{name: "denied, except nobody", server: `deny all; location / { proxy_pass http://UP; } location /api { allow all; proxy_pass http://UP; }`},
	{name: "the client's own bytes are filtered", server: `location / { if ($request_uri ~ ^/devops) { return 403; } proxy_pass http://UP; }`},
	{name: "the normalised path is filtered", server: `if ($uri ~ "^/(devops|status)") { return 403; } location / { proxy_pass http://UP; }`},
	{name: "a map decides", server: `location / { if ($verdict = block) { return 403; } proxy_pass http://UP; }`},
	{name: "a method decides", server: `location /api { if ($write) { return 405; } proxy_pass http://UP; }`},
	{name: "an if with a proxy of its own", server: `location /api { if ($uri ~ things) { proxy_pass http://pool; } proxy_pass http://UP/plain; }`},
	{name: "an if that is only true for its side effect", server: `location /api { set $x 0; if ($uri ~ things) { set $x 1; } if ($x = 1) { rewrite ^ /seen break; } proxy_pass http://UP/plain; }`},
	{name: "an if keeps the proxy but not try_files", server: `location /api { try_files /none @gw; if ($uri ~ things) { set $y 1; } proxy_pass http://UP/plain; } location @gw { proxy_pass http://UP; rewrite ^ /named break; }`, unsure: true},
	{name: "only some methods", server: `location /api { limit_except GET { deny all; } proxy_pass http://UP; }`},
	{name: "a secret header", server: `location /api { if ($http_x_key != "let-me-in") { return 403; } proxy_pass http://UP; }`, unsure: true},
	{name: "a file on the server", server: `location /api { if (-f $document_root/maintenance) { return 503; } proxy_pass http://UP; }`, unsure: true},
	{name: "an address", server: `location /api { allow 10.0.0.0/8; deny all; proxy_pass http://UP; }`, unsure: true},
	{name: "an index", server: `location / { index none.html /api/start; } location /api { proxy_pass http://UP; }`, unsure: true},
	{name: "a query set by hand", server: `location /api { set $args "a=b"; proxy_pass http://UP; }`},
	{name: "a proxy_pass with a query", server: `location /api { proxy_pass http://UP/x?y=; }`},
	{name: "an escaped location", server: `location "/api/2/a b" { proxy_pass http://UP/sp/; } location "/api/2/%" { proxy_pass http://UP; }`},
	{name: "a set of a capture", server: `location ~ ^/api/(.*)$ { set $tail $1; proxy_pass http://UP/t/$tail; }`},
	{name: "capture groups of an if", server: `location / { set $tail none; if ($uri ~ ^/api/(\w+)/(.*)$) { set $tail $2-$1; } proxy_pass http://UP/$tail; }`},
	{name: "nothing at all", server: `location /static/ { root /nonexistent; }`},
}

const identityHTTP = `
map $http_authorization $authn { default "Who?"; "~Bearer" off; }
map $http_authorization $authn_anchored { default "Who?"; "~^Bearer " off; }
map $http_authorization $authn_any { default off; "" "Who?"; }
map $http_authorization $user { default "nginx:${remote_user}"; "~Bearer" ""; }
map $http_authorization $user_anchored { default "nginx:${remote_user}"; "~^Bearer " "bearer"; }
map $http_authorization $user_other { default "nginx:${remote_user}"; "~^Digest" ""; }
map $remote_user $checked { default "nginx:$remote_user"; "" "nobody"; }
map $http_authorization $captured { default ""; "~^(?<kind>\w+) " "kind:$kind"; }
`

type named struct{ name, text string }

var authCases = []named{
	{"nobody asks", ``},
	{"basic", `auth_basic "x"; auth_basic_user_file users;`},
	{"basic without a file", `auth_basic "x";`},
	{"basic off", `auth_basic off; auth_basic_user_file users;`},
	{"basic unless a bearer is anywhere", `auth_basic $authn; auth_basic_user_file users;`},
	{"basic unless it is a bearer", `auth_basic $authn_anchored; auth_basic_user_file users;`},
	{"basic only for who says nothing", `auth_basic $authn_any; auth_basic_user_file users;`},
	{"basic or no address", `satisfy any; deny all; auth_basic "x"; auth_basic_user_file users;`},
	{"basic or any address", `satisfy any; allow all; auth_basic "x"; auth_basic_user_file users;`},
	{"a subrequest", `auth_request /_auth; auth_request_set $who $upstream_http_x_user;`},
	{"a subrequest that always agrees", `auth_request /_yes; auth_request_set $who $upstream_http_x_user;`},
	{"basic and a subrequest", `auth_basic "x"; auth_basic_user_file users; auth_request /_auth; auth_request_set $who $upstream_http_x_user;`},
	{"an if that lets only bearers in", `if ($http_authorization !~ ^Bearer) { return 401; }`},
}

var headerCases = []named{
	{"header left alone", ``},
	{"other header set", `proxy_set_header X-Other 1;`},
	{"prefixed user", `proxy_set_header x-ditto-pre-authenticated "nginx:${remote_user}";`},
	{"header emptied", `proxy_set_header X-Ditto-Pre-Authenticated "";`},
	{"a constant", `proxy_set_header X-DITTO-PRE-AUTHENTICATED service:x;`},
	{"map with a hole", `proxy_set_header x-ditto-pre-authenticated $user;`},
	{"map without a hole", `proxy_set_header x-ditto-pre-authenticated $user_anchored;`},
	{"map for something else", `proxy_set_header x-ditto-pre-authenticated $user_other;`},
	{"map of the user", `proxy_set_header x-ditto-pre-authenticated $checked;`},
	{"the client's header", `proxy_set_header x-ditto-pre-authenticated $http_x_ditto_pre_authenticated;`},
	{"the client's argument", `proxy_set_header x-ditto-pre-authenticated "nginx:$arg_user";`},
	{"the client's cookie", `proxy_set_header x-ditto-pre-authenticated $cookie_user;`},
	{"twice, once empty", `proxy_set_header x-ditto-pre-authenticated ""; proxy_set_header x-ditto-pre-authenticated service:x;`},
	{"by a variable", `set $u "nginx:$remote_user"; proxy_set_header x-ditto-pre-authenticated $u;`},
	{"by a variable for bearers only", `set $u ""; if ($http_authorization ~ ^Bearer) { set $u "bearer"; } proxy_set_header x-ditto-pre-authenticated $u;`},
	{"no headers of the client", `proxy_pass_request_headers off;`},
	{"no query", `set $args ""; proxy_set_header x-ditto-pre-authenticated "";`},
	{"query rewritten away for paths of one line", `rewrite ^(.*)$ $1? break; proxy_set_header x-ditto-pre-authenticated "";`},
	{"query rewritten away for every path", `rewrite ^ $uri? break; proxy_set_header x-ditto-pre-authenticated "";`},
	{"query kept by a rewrite", `rewrite ^(.*)$ $1 break; proxy_set_header x-ditto-pre-authenticated "";`},
}

// levelCases are about what one level inherits from another.
var levelCases = []locationCase{
	{name: "header of the server, inherited", server: `proxy_set_header x-ditto-pre-authenticated service:x; location / { proxy_pass http://UP; }`},
	{name: "header of the server, lost to another header", server: `proxy_set_header x-ditto-pre-authenticated service:x; location / { proxy_set_header X-Other 1; proxy_pass http://UP; }`},
	{name: "header of the outer location, inherited", server: `location / { proxy_set_header x-ditto-pre-authenticated service:x; proxy_pass http://UP; location /x { proxy_pass http://UP; } }`},
	{name: "header of the outer location, lost", server: `location / { proxy_set_header x-ditto-pre-authenticated service:x; proxy_pass http://UP; location /x { proxy_set_header Host x; proxy_pass http://UP; } }`},
	{name: "variable of the outer location, not run", server: `location / { set $u service:x; proxy_pass http://UP; location /x { proxy_set_header x-ditto-pre-authenticated $u; proxy_pass http://UP; } }`},
	{name: "variable of the server", server: `set $u service:x; location / { proxy_set_header x-ditto-pre-authenticated $u; proxy_pass http://UP; }`},
	{name: "basic of the server, inherited", server: `auth_basic x; auth_basic_user_file users; location / { proxy_set_header x-ditto-pre-authenticated $remote_user; proxy_pass http://UP; }`},
	{name: "basic of the server, off here", server: `auth_basic x; auth_basic_user_file users; location / { auth_basic off; proxy_set_header x-ditto-pre-authenticated $remote_user; proxy_pass http://UP; }`},
	{name: "file of the server, realm here", server: `auth_basic_user_file users; location / { auth_basic x; proxy_set_header x-ditto-pre-authenticated $remote_user; proxy_pass http://UP; }`},
	{name: "header kept inside an if", server: `location / { proxy_set_header x-ditto-pre-authenticated service:x; if ($args) { proxy_pass http://UP; } proxy_pass http://UP; }`, unsure: true},
	{name: "named location behind a location that asks", server: `location / { auth_basic x; auth_basic_user_file users; try_files $uri @gw; } location @gw { proxy_set_header x-ditto-pre-authenticated $remote_user; proxy_pass http://UP; }`},
	{name: "named location behind one that does not", server: `location / { try_files $uri @gw; } location @gw { proxy_set_header x-ditto-pre-authenticated $remote_user; proxy_pass http://UP; }`},
	{name: "variable path without the query", server: `set $up UP; location / { proxy_set_header x-ditto-pre-authenticated ""; proxy_pass http://$up/fixed; }`},
	{name: "variable path with the query", server: `set $up UP; location / { proxy_set_header x-ditto-pre-authenticated ""; proxy_pass http://$up/fixed$is_args$args; }`},
}

const serversHTTP = `
server { listen PORT; server_name a.example.com; location / { proxy_pass http://UP/exact/; } }
server { listen PORT; server_name *.example.com; location / { proxy_pass http://UP/wildcard/; } }
server { listen PORT; server_name www.mail.* mail.*; location / { proxy_pass http://UP/behind/; } }
server { listen PORT default_server; server_name default.example.org; location / { proxy_pass http://UP/default/; } }
server { listen PORT; server_name _; location / { proxy_pass http://UP/underscore/; } }
server { listen PORT; server_name ""; location / { proxy_pass http://UP/nameless/; } }
server { listen PORT; server_name ~^web\d\.internal$; location / { proxy_pass http://UP/pattern/; } }
server { listen PORT; server_name .dot.net pair.example.net; location / { proxy_pass http://UP/dot/; } }
server { listen PORT; server_name *.y.example.com; location / { proxy_pass http://UP/longer/; } }
`
