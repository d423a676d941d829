package check_test

import (
	"strings"
	"testing"
)

// TestFixesPass: what is wrong and becomes less is let in, what becomes more is refused, whatever the object that opens the way.
func TestFixesPass(t *testing.T) {
	t.Parallel()
	bad := gatewayDeployment(preAuth) + "---" + gatewayService
	both := []string{preAuthOnGateway, "devops-exposed Ingress ditto/api"}
	open := ingressTo("api", "gateway", "number: 8080", "/")
	devops := []string{preAuthOnGateway, "devops-exposed Service ditto/public"}
	service := func(spec string) string {
		return serviceOf("public", spec+`, selector: {app: gateway}`)
	}
	for _, s := range []sequence{
		{
			name: "an Ingress's path becomes longer, exact, and shorter again", there: bad + "---" + open,
			steps: []step{
				{apply: strings.Replace(open, `path: "/"`, `path: "/devops"`, 1)},
				{apply: strings.Replace(open, `path: "/"`, `path: "/devops/logging"`, 1)},
				{apply: strings.Replace(open, `path: "/"`, `path: "/devops"`, 1), denied: both},
				{apply: strings.Replace(open, `path: "/"`, `path: "/status"`, 1), denied: both},
				{apply: exactly(strings.Replace(open, `path: "/"`, `path: "/devops/logging"`, 1))},
				{apply: strings.Replace(open, `path: "/"`, `path: "/devops/logging"`, 1), denied: both},
			},
		},
		{
			name: "from everything to things", there: bad + "---" + open,
			steps: []step{
				{apply: strings.Replace(open, `path: "/"`, `path: "/api/2/things"`, 1)},
				{apply: strings.Replace(open, `path: "/"`, `path: "/api/2"`, 1), denied: []string{preAuthOnGateway}},
				{apply: open, denied: both},
			},
		},
		{
			name: "hosts", there: bad + "---" + strings.Replace(open, "host: ditto.example.com", `host: "*.example.com"`, 1),
			steps: []step{
				{apply: strings.Replace(open, "host: ditto.example.com", `host: ""`, 1), denied: both},
				{apply: open},
				{apply: strings.Replace(open, "ditto.example.com", "other.example.com", 1), denied: both},
				{apply: strings.Replace(open, "host: ditto.example.com", `host: "*.example.com"`, 1), denied: both},
			},
		},
		{
			name: "an object more", there: bad + "---" + open,
			steps: []step{{apply: strings.Replace(open, "name: api", "name: more", 1), denied: []string{preAuthOnGateway, "devops-exposed Ingress ditto/more"}}},
		},
		{
			name: "administrative paths, one by one", there: bad + "---" + paths(open, "/devops", "/status", "/overall"),
			steps: []step{
				{apply: paths(open, "/devops", "/overall")},
				{apply: paths(open, "/devops", "/overall/status")},
				{apply: paths(open, "/devops", "/overall"), denied: both},
				{apply: paths(open, "/devops", "/status"), denied: both},
				{apply: paths(open, "/devops", "/overall/status", "/health"), denied: []string{preAuthOnGateway}},
			},
		},
		{
			name: "what is behind does not matter, as long as the same gets in", there: bad + "---" + open,
			steps: []step{
				{apply: strings.Replace(gatewayService, "name: gateway}", "name: second}", 1)},
				{apply: strings.Replace(open, "name: gateway", "name: second", 1)},
			},
		},
		{
			name: "a load balancer", there: bad + "---" + service(`type: LoadBalancer, ports: [{port: 80, targetPort: 8080, nodePort: 30080}]`),
			steps: []step{
				{apply: service(`type: LoadBalancer, ports: [{port: 443, targetPort: 8080, nodePort: 30080}]`), denied: devops},
				{apply: service(`type: NodePort, ports: [{port: 80, targetPort: 8080, nodePort: 30081}]`), denied: devops},
				{apply: service(`type: LoadBalancer, loadBalancerSourceRanges: [192.0.2.0/24], ports: [{port: 80, targetPort: 8080, nodePort: 30080}]`)},
				{apply: service(`type: LoadBalancer, ports: [{port: 80, targetPort: 8080, nodePort: 30080}]`), denied: devops},
				{apply: service(`type: LoadBalancer, loadBalancerSourceRanges: [192.0.2.0/25], ports: [{port: 80, targetPort: 8080, nodePort: 30080}]`)},
				{apply: service(`type: NodePort, ports: [{port: 80, targetPort: 8080, nodePort: 30080}]`)},
				{apply: service(`type: LoadBalancer, ports: [{port: 80, targetPort: 8080, nodePort: 30080}]`), denied: devops},
			},
		},
		{
			name:  "another port of a load balancer that was open already",
			there: bad + "---" + service(`type: LoadBalancer, ports: [{name: a, port: 80, targetPort: 8080}, {name: b, port: 443, targetPort: 8080}]`),
			steps: []step{{apply: service(`type: LoadBalancer, ports: [{name: a, port: 443, targetPort: 8080}]`)}},
		},
		{
			name:  "a load balancer that gives no node ports",
			there: bad + "---" + service(`type: LoadBalancer, allocateLoadBalancerNodePorts: false, ports: [{port: 80, targetPort: 8080}]`),
			steps: []step{{apply: service(`type: NodePort, ports: [{port: 80, targetPort: 8080, nodePort: 30080}]`), denied: devops}},
		},
		{
			name:  "addresses that an Ingress lets in",
			there: bad + "---" + nginxIngress("api", "/api", "gateway", `whitelist-source-range: "192.0.2.0/24"`),
			steps: []step{
				{apply: nginxIngress("api", "/api", "gateway", ``), denied: []string{preAuthOnGateway}},
				{apply: nginxIngress("api", "/api", "gateway", `whitelist-source-range: "192.0.2.0/28"`)},
			},
		},
		{
			name:  "a container is called something else",
			there: bad + "---" + open,
			steps: []step{
				{apply: strings.Replace(gatewayDeployment(preAuth), "- name: gateway", "- name: ditto", 1)},
				{
					apply:  secondContainer(strings.Replace(gatewayDeployment(preAuth+"\n"+`- {name: DEVOPS_SECURED, value: "false"}`), "- name: gateway", "- name: ditto", 1)),
					denied: []string{"devops-unsecured Deployment ditto/gateway"},
				},
			},
		},
		{
			name:  "a second container that is as bad as the first",
			there: gatewayDeployment(`- {name: DEVOPS_SECURED, value: "false"}`),
			steps: []step{
				{apply: strings.Replace(gatewayDeployment(`- {name: DEVOPS_SECURED, value: "false"}`), "- name: gateway", "- name: ditto", 1)},
				{apply: secondContainer(gatewayDeployment(`- {name: DEVOPS_SECURED, value: "false"}`)), denied: []string{"devops-unsecured Deployment ditto/gateway"}},
			},
		},
		{
			name:  "another container is bad instead of the first",
			there: secondContainer(gatewayDeployment(``)) + `        - {name: DEVOPS_SECURED, value: "false"}` + "\n",
			steps: []step{
				{apply: strings.Replace(secondContainer(gatewayDeployment(``))+`        - {name: DEVOPS_SECURED, value: "false"}`+"\n", "3.9.6", "3.9.7", 2)},
				{
					apply:  strings.Replace(secondContainer(gatewayDeployment(`- {name: DEVOPS_SECURED, value: "false"}`)), "        - {name: DEVOPS_SECURED, value: \"false\"}\n        - {name: HTTP_PORT", "        - {name: HTTP_PORT", 1),
					denied: []string{"devops-unsecured Deployment ditto/gateway"},
				},
			},
		},
		{
			name: "a rewrite", there: bad + "---" + nginxIngress("api", "/x", "gateway", "rewrite-target: /devops"),
			steps: []step{
				{apply: nginxIngress("api", "/x/y", "gateway", "rewrite-target: /devops")},
				{apply: nginxIngress("api", "/x/y", "gateway", "rewrite-target: /status"), denied: both},
			},
		},
		{
			name: "other names of the host", there: bad + "---" + nginxIngress("api", "/", "gateway", "server-alias: a.example.com"),
			steps: []step{
				{apply: nginxIngress("api", "/", "gateway", `server-alias: "a.example.com,b.example.com"`), denied: both},
				{apply: nginxIngress("api", "/", "gateway", `server-alias: "~^.+$"`), denied: both},
				{apply: nginxIngress("more", "/x", "other", "server-alias: c.example.com"), denied: both},
				{apply: nginxIngress("api", "/", "gateway", "use-port-in-redirects: \"true\"")},
				{apply: nginxIngress("api", "/", "gateway", "server-alias: a.example.com"), denied: both},
			},
		},
		{
			name: "a Route", there: bad + "---" + routeTo("/devops", ""),
			steps: []step{
				{apply: routeTo("/devops/logging", "")},
				{apply: routeTo("/devops", ""), denied: []string{preAuthOnGateway, "devops-exposed Route ditto/route"}},
			},
		},
	} {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			s.run(t, builtin(t, nil))
		})
	}
}

// TestFixesPass_Nginx is the same for locations and servers of an nginx.
func TestFixesPass_Nginx(t *testing.T) {
	t.Parallel()
	there := gatewayDeployment(preAuth) + "---" + gatewayService + "---" + nginxDeployment + "---" +
		serviceOf("public", `type: LoadBalancer, selector: {app: nginx}, ports: [{port: 80}]`) + "---"
	conf := func(text string) string { return nginxConfigMap("data", text) }
	const pass = "proxy_pass http://gateway:8080; }"
	pre := []string{preAuthOnGateway}
	both := []string{preAuthOnGateway, "devops-exposed Service ditto/public"}
	server := func(names, locations string) string {
		return "\n} server { listen 80; server_name " + names + "; " + locations
	}
	for _, s := range []sequence{
		{name: "locations", there: there + conf(`location / { `+pass), steps: []step{
			{apply: conf(`location /api { ` + pass)},
			{apply: conf(`location /api/2/things { ` + pass)},
			{apply: conf(`location = /api/2/things { ` + pass)},
			{apply: conf(`location /api/2/things { ` + pass), denied: pre},
			{apply: conf(`location = /api/2/things { ` + pass + ` location = /api/2/policies { ` + pass), denied: pre},
		}},
		{name: "a location beside others", there: there + conf(`location / { return 404; } location ~ ^/ui { return 404; } location ~ \.css$ { return 404; } location /api { `+pass), steps: []step{
			{apply: conf(`location / { return 404; } location ~ ^/ui { return 404; } location ~ \.css$ { return 404; } location /api/2 { ` + pass)},
			{apply: conf(`location / { return 404; } location /api/2 { ` + pass), denied: pre},
		}},
		{name: "a location that a longer one has kept requests from", there: there + conf(`location /api { `+pass+` location /api/2/things { return 404; }`), steps: []step{
			{apply: conf(`location /api { ` + pass), denied: pre},
			{apply: conf(`location /api { ` + pass + ` location /api/2 { return 404; }`)},
		}},
		{name: "more gets in, of which nothing is administrative", there: there + conf(`location / { `+pass+` location /api { return 404; }`), steps: []step{
			{apply: conf(`location / { ` + pass), denied: pre},
			{apply: conf(`location / { ` + pass + ` location /api { return 404; } location /devops { return 404; }`)},
			{apply: conf(`location / { ` + pass + ` location /api { return 404; }`), denied: both},
		}},
		{name: "locations put together", there: there + conf(`location /api { `+pass+` location /api/2/things { `+pass), steps: []step{
			{apply: conf(`location /api { ` + pass)},
		}},
		{name: "another path is passed on", there: there + conf(`location /a { proxy_pass http://gateway:8080/api; }`), steps: []step{
			{apply: conf(`location /a { proxy_pass http://gateway:8080/api/2; }`)},
			{apply: conf(`location /a { proxy_pass http://gateway:8080/; }`), denied: both},
		}},
		{name: "names of the only server", there: there + conf(`location /api { `+pass), steps: []step{
			{apply: conf(`server_name ditto.example.com; location /api { ` + pass)},
			{apply: conf(`server_name ditto.example.com www.example.com; location /api { ` + pass)},
		}},
		{name: "names of one of two servers", there: there + conf(`return 404;`+server("a.example.com b.example.com", `location /api { `+pass)), steps: []step{
			{apply: conf(`return 404;` + server("a.example.com", `location /api { `+pass))},
			{apply: conf(`return 404;` + server("c.example.com", `location /api { `+pass)), denied: pre},
			{apply: conf(`return 404;` + server("a.example.com b.example.com", `location /api { `+pass)), denied: pre},
		}},
		{name: "a rewrite that is not read", there: there + conf(`location /api { rewrite ^/api/(.*)$ /$1 break; `+pass+` location /ui { return 404; }`), steps: []step{
			{apply: conf(`location /api { rewrite ^/api/(.*)$ /$1 break; ` + pass + ` location /shop { return 404; }`)},
		}},
	} {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			s.run(t, builtin(t, nil))
		})
	}
}

func exactly(ingress string) string {
	return strings.Replace(ingress, "pathType: Prefix", "pathType: Exact", 1)
}

// paths gives an Ingress with one path others in its place.
func paths(ingress string, list ...string) string {
	before, rest, _ := strings.Cut(ingress, "paths: [")
	one, after, _ := strings.Cut(rest, "]\n")
	all := make([]string, 0, len(list))
	for _, path := range list {
		all = append(all, strings.Replace(one, `path: "/"`, `path: "`+path+`"`, 1))
	}
	return before + "paths: [" + strings.Join(all, ", ") + "]\n" + after
}

// secondContainer gives a gateway's Deployment another container that runs the same, on another port.
func secondContainer(deployment string) string {
	head, containers, _ := strings.Cut(deployment, "      containers:\n")
	again := strings.NewReplacer("- name: gateway\n", "- name: again\n", "- name: ditto\n", "- name: again\n", "containerPort: 8080", "containerPort: 8081").Replace(containers)
	return head + "      containers:\n" + strings.TrimRight(containers, "\n") + "\n" + strings.TrimRight(again, "\n") +
		"\n        - {name: HTTP_PORT, value: \"8081\"}\n"
}
