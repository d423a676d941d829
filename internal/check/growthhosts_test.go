package check_test

import "testing"

// TestFixesPass_Hosts: which hosts a server of an nginx takes depends on the names of all that listen at the same address.
func TestFixesPass_Hosts(t *testing.T) {
	t.Parallel()
	there := gatewayDeployment(preAuth) + "---" + gatewayService + "---" + nginxDeployment + "---" +
		serviceOf("public", `type: LoadBalancer, selector: {app: nginx}, ports: [{port: 80}]`) + "---"
	conf := func(text string) string { return nginxConfigMap("data", text) }
	const all, api = "location / { proxy_pass http://gateway:8080; }", "location /api { proxy_pass http://gateway:8080; }"
	const none, named = "return 404;", "server_name first.example.com; return 404;"
	pre := []string{preAuthOnGateway}
	both := []string{preAuthOnGateway, "devops-exposed Service ditto/public"}
	server := func(listen, names, locations string) string {
		return "\n} server { listen " + listen + "; server_name " + names + "; " + locations
	}
	for _, s := range []sequence{
		{name: "a regular expression took requests away", there: there + conf(all+server("80", "~^ditto", none)), steps: []step{
			{apply: conf(all), denied: both},
			{apply: conf(all + server("80", "~^di", none)), denied: both},
			{apply: conf(api + server("80", "~^ditto", none))},
			{apply: conf(api + server("80", "~^ditto", none) + server("80", "a.example.com", none))},
			{apply: conf(api + server("80", "~^ditto", none)), denied: pre},
		}},
		{name: "so did a name with its end left open", there: there + conf(all+server("80", "ditto.*", none)), steps: []step{
			{apply: conf(all), denied: both},
			{apply: conf(api + server("80", "ditto.*", none))},
		}},
		{name: "and one that is only known when nginx runs", there: there + conf(all+server("80", "$hostname", none)), steps: []step{
			{apply: conf(all), denied: both},
			{apply: conf(api + server("80", "$hostname", none))},
		}},
		{name: "names at another address remove nothing", there: there + conf(all+server("80", "a.example.com", none)), steps: []step{
			{apply: conf(all + server("192.0.2.1:80", "a.example.com", none)), denied: pre},
			{apply: conf(api + server("80", "a.example.com", none) + server("80", "b.example.com", none))},
		}},
		{name: "another address", there: there + conf(none+server("192.0.2.1:80", "a.example.com", api)), steps: []step{
			{apply: conf(none + server("192.0.2.1:80", "a.example.com", "location /api/2 { proxy_pass http://gateway:8080; }"))},
			{apply: conf(none + server("80", "a.example.com", api)), denied: pre},
		}},
		{name: "a server without a name", there: there + conf(named+server("80", "a.example.com", api)), steps: []step{
			{apply: conf(named + server("80", "_", all)), denied: both},
			{apply: conf(named + server("80", `""`, all)), denied: both},
			{apply: conf(named + server("80", "a.example.com", "location /api/2 { proxy_pass http://gateway:8080; }"))},
		}},
		{name: "a server that is called _", there: there + conf(none+server("80", "_", api)), steps: []step{
			{apply: conf(none + server("80", "_", "location /api/2 { proxy_pass http://gateway:8080; }"))},
			{apply: conf(none + server("80", "_ a.example.com", "location /api/2 { proxy_pass http://gateway:8080; }")), denied: pre},
		}},
		{name: "a name that another server had first", there: there + conf(none+server("80", "a.example.com", none)+server("80", "a.example.com b.example.com", api)), steps: []step{
			{apply: conf(none + server("80", "a.example.com b.example.com", api)), denied: pre},
			{apply: conf(none + server("80", "b.example.com", api))},
		}},
		{name: "a name below a wildcard", there: there + conf(none+server("80", "a.example.com", none)+server("80", "*.example.com", api)), steps: []step{
			{apply: conf(none + server("80", "*.example.com", api)), denied: pre},
			{apply: conf(none + server("80", "a.example.com", none) + server("80", "b.example.com", none) + server("80", "*.example.com", api))},
		}},
		{name: "a name that a regular expression fits", there: there + conf(none+server("80", "ab.example.com", none)+server("80", "~^a", api)), steps: []step{
			{apply: conf(none + server("80", "~^a", api)), denied: pre},
			{apply: conf(none + server("80", "ab.example.com ac.example.com", none) + server("80", "~^a", api))},
		}},
		{name: "the default of the loopback is not that of others", there: there + conf(none+server("127.0.0.1:80", "x", "")+server("80", "a.example.com", "listen 127.0.0.1:80 default_server; "+api)), steps: []step{
			{apply: conf(none + server("127.0.0.1:80", "x", "") + server("80 default_server", "a.example.com", "listen 127.0.0.1:80 default_server; "+api)), denied: pre},
		}},
	} {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			s.run(t, builtin(t, nil))
		})
	}
}

// TestFixesPass_PortsOfAProxy: a server may be the default at one port and not at another.
func TestFixesPass_PortsOfAProxy(t *testing.T) {
	t.Parallel()
	conf := func(listen string) string {
		return nginxConfigMap("data", "listen 8081; return 404; } server { listen 8082; server_name a.example.com; "+listen+" location /ws { proxy_pass http://gateway:8080; }")
	}
	s := sequence{
		there: gatewayDeployment(preAuth) + "---" + gatewayService + "---" + nginxDeployment + "---" + conf("listen 8081;"),
		steps: []step{
			{apply: conf("listen 8081 default_server;"), denied: []string{"proxy-identity Deployment ditto/nginx"}},
			{apply: conf("")},
		},
	}
	s.run(t, checkerOf(t, "proxy-identity"))
}
