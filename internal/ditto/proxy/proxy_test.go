package proxy_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dittoguard/dittoguard/internal/ditto/index"
	"github.com/dittoguard/dittoguard/internal/ditto/proxy"
	"github.com/dittoguard/dittoguard/internal/ditto/recognize"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/ditto/world"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/test/objects"
)

func cluster(t *testing.T, stream string, clients ...world.Client) *world.View {
	t.Helper()
	inv := inventory.NewMemory(index.Of, nil)
	for _, o := range objects.Of(t, stream) {
		inv.Put(o)
	}
	return world.New(t.Context(), inv, world.Options{Cache: world.NewCache(), Clients: clients})
}

// parts are the proxies of the Pod of a name.
func parts(t *testing.T, v *world.View, name string) []recognize.Part {
	t.Helper()
	o := v.Get(inventory.Pod, "ns", name)
	if o == nil {
		t.Fatalf("no pod %s", name)
	}
	return recognize.Named(v.Parts(o), recognize.Proxy)
}

func pod(name, spec string) string {
	return "---\napiVersion: v1\nkind: Pod\nmetadata: {namespace: ns, name: " + name + ", labels: {app: " + name + "}}\nspec: " + spec + "\n"
}

// nginx is a Pod with a configuration of a server.
func nginx(server string) string {
	return pod("web", "{containers: [{name: nginx, image: nginx, ports: [{containerPort: 80}], "+
		"volumeMounts: [{name: c, mountPath: /etc/nginx/nginx.conf, subPath: nginx.conf}, {name: c, mountPath: /etc/nginx/users, subPath: users}]}], "+
		"volumes: [{name: c, configMap: {name: c}}]}") +
		"---\napiVersion: v1\nkind: ConfigMap\nmetadata: {namespace: ns, name: c}\ndata:\n  users: 'a:b'\n  nginx.conf: |\n" +
		"    events {}\n    http { server { listen 80; " + server + " } }\n"
}

const (
	gateway = "---\napiVersion: v1\nkind: Pod\nmetadata: {namespace: ns, name: gw, labels: {app: gw}}\n" +
		"spec: {containers: [{name: gateway, image: eclipse/ditto-gateway, ENV}]}\n" +
		"---\napiVersion: v1\nkind: Service\nmetadata: {namespace: ns, name: gateway}\n" +
		"spec: {clusterIP: 10.0.0.1, selector: {app: gw}, ports: [{port: 80, targetPort: 8080}, {port: 26, targetPort: 7626}]}\n"
)

func gatewayWith(env string) string { return strings.Replace(gateway, "ENV", "env: ["+env+"]", 1) }

func TestAims(t *testing.T) {
	for name, test := range map[string]struct {
		server string
		want   []string
	}{
		"a location":         {"location / { proxy_pass http://Gateway:8080; }", []string{"gateway:8080"}},
		"the scheme's port":  {"location / { proxy_pass https://gateway; }", []string{"gateway:443"}},
		"two to one host":    {"location /a { proxy_pass http://gateway; } location /b { proxy_pass http://gateway; }", []string{"gateway:80"}},
		"two ports":          {"location /a { proxy_pass http://gateway; } location /b { proxy_pass http://gateway:81; }", []string{"gateway:80", "gateway:81"}},
		"its own pod":        {"location / { proxy_pass http://localhost:81; }", []string{"localhost:81 own"}},
		"a socket":           {"location / { proxy_pass http://unix:/run/x:/; }", []string{"/run/x:0 unix"}},
		"nothing is handed":  {"location / { return 200; }", nil},
		"what users ask for": {"location / { auth_basic x; auth_basic_user_file users; proxy_pass http://gateway; }", []string{"gateway:80"}},
	} {
		t.Run(name, func(t *testing.T) {
			v := cluster(t, nginx(test.server))
			part := parts(t, v, "web")[0]
			p := proxy.Read(v, part)
			var got []string
			for _, a := range p.Aims {
				text := fmt.Sprintf("%s:%d", a.Host, a.Port)
				if a.Own {
					text += " own"
				}
				if a.Unix {
					text += " unix"
				}
				got = append(got, text)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if len(p.Hidden) > 0 || proxy.Read(v, part) != p {
				t.Errorf("hidden: %v, or read twice", p.Hidden)
			}
			if got := len(proxy.UserFiles(v, part)); got != strings.Count(test.server, "user_file") {
				t.Errorf("%d password files", got)
			}
		})
	}
}

func TestTargetAt(t *testing.T) {
	for _, test := range []struct {
		target proxy.Target
		want   bool
	}{{proxy.Target{Port: 80}, true}, {proxy.Target{Port: 81}, false}, {proxy.Target{}, true}, {proxy.Target{Unix: true}, false}} {
		if got := test.target.At(80); got != test.want {
			t.Errorf("%+v is at port 80: %t", test.target, got)
		}
	}
}

func TestLeading(t *testing.T) {
	v := cluster(t, nginx("location /a { proxy_pass http://one; } location /b { proxy_pass http://two; } location /c { proxy_pass http://one:81; }"))
	p := proxy.Read(v, parts(t, v, "web")[0])
	list := p.Leading(func(a proxy.Aim) bool { return a.Host == "one" })
	if diff := cmp.Diff([][2]int{{0, 0}, {2, 0}}, list); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestRoutesAreToldApart(t *testing.T) {
	v := cluster(t, pod("web", "{containers: [{name: a, image: haproxy, args: ['gateway.ns.svc:80']}, {name: b, image: caddy, args: ['gateway.ns.svc:80']}]}"))
	var got []string
	for _, part := range parts(t, v, "web") {
		for _, r := range proxy.Routes(v, part) {
			got = append(got, r.Detail)
			if !r.Doubted || r.Effects.Identity.State != tri.Unknown || r.Rate.Limited.State != tri.Unknown || r.Blind || r.Tunnel {
				t.Errorf("a proxy that is not read: %+v", r)
			}
		}
	}
	if len(got) != 2 || got[0] == got[1] || !strings.HasPrefix(got[0], "a: ") || !strings.HasPrefix(got[1], "b: ") {
		t.Errorf("details: %q", got)
	}
}

func TestHidden(t *testing.T) {
	const mounted = "{containers: [{name: nginx, image: nginx, volumeMounts: [{name: c, mountPath: /etc/nginx/conf.d}]}], volumes: [{name: c, VOLUME}]}"
	ditto := gatewayWith("")
	other := func(image, more string) string {
		return pod("web", "{containers: [{name: a, image: '"+image+"', "+more+"}]}") + ditto
	}
	start := func(command string) string { return other("nginx", "command: ["+command+"]") }
	entry := func(script, name string) string {
		return pod("web", "{containers: [{name: nginx, image: nginx, volumeMounts: [{name: c, mountPath: /docker-entrypoint.d/40.sh, subPath: a.sh}]}], "+
			"volumes: [{name: c, configMap: {name: "+name+"}}]}") + ditto +
			"---\napiVersion: v1\nkind: ConfigMap\nmetadata: {namespace: ns, name: c}\ndata: {a.sh: '" + script + "'}\n"
	}
	haproxy := func(volume string) string {
		return pod("web", "{containers: [{name: a, image: haproxy, volumeMounts: [{name: c, mountPath: /usr/local/etc/haproxy}]}], volumes: [{name: c, "+volume+"}]}") +
			ditto + "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {namespace: ns, name: h}\ndata: {haproxy.cfg: 'server s blog:80'}\n"
	}
	for name, test := range map[string]struct {
		stream        string
		hidden, blind bool
	}{
		"a volume nobody reads, beside Ditto":   {pod("web", strings.Replace(mounted, "VOLUME", "hostPath: {path: /x}", 1)) + ditto, true, true},
		"a volume nobody reads":                 {pod("web", strings.Replace(mounted, "VOLUME", "hostPath: {path: /x}", 1)), true, false},
		"a ConfigMap that is missing":           {pod("web", strings.Replace(mounted, "VOLUME", "configMap: {name: c}", 1)) + ditto, true, true},
		"an image of nginx's makers":            {pod("web", "{containers: [{name: nginx, image: nginx}]}") + ditto, false, false},
		"an image of someone's own":             {pod("web", "{containers: [{name: nginx, image: acme/nginx}]}") + ditto, true, true},
		"a start that writes the configuration": {start("sh, -c, 'printf x > /etc/nginx/conf.d/a.conf && exec nginx'"), true, true},
		"a start that fetches one":              {start("sh, -c, 'curl -so /etc/nginx/conf.d/a.conf http://x; nginx'"), true, true},
		"a start that is not known":             {start("/start.sh"), true, true},
		"a start that writes content":           {start("sh, -ec, 'until curl -s http://x > /dev/null; do sleep 1; done; cp -r /a /usr/share/nginx/html && exec nginx'"), false, false},
		"a start that is nginx's":               {start("/docker-entrypoint.sh, nginx, -g, 'daemon off;'"), false, false},
		"a start of nothing":                    {start("sh, -c, ''"), false, false},
		"a start of copies":                     {start("-x/cp"), false, false},
		"a hook that fetches one": {
			pod("web", "{containers: [{name: nginx, image: nginx, lifecycle: {postStart: {exec: {command: [sh, -c, 'wget -qO /etc/nginx/conf.d/a.conf http://x']}}}}]}") + ditto,
			true, true,
		},
		"a script of the entry point":                     {entry("wget -O /etc/nginx/conf.d/a.conf http://x", "c"), true, true},
		"a script of the entry point that writes content": {entry("echo $A > /usr/share/nginx/html/env.js", "c"), false, false},
		"a script of the entry point that is missing":     {entry("echo", "other"), true, true},
		"HAProxy from a volume":                           {haproxy("hostPath: {path: /x}"), true, true},
		"HAProxy from a Secret that is missing":           {haproxy("secret: {secretName: s}"), true, true},
		"HAProxy to elsewhere":                            {haproxy("configMap: {name: h}"), false, false},
		"HAProxy without anything":                        {other("haproxy", ""), true, true},
		"HAProxy without anything, and where logs go":     {other("haproxy", "env: [{name: LOG, value: 'logs.infra:514'}]"), true, true},
		"HAProxy without its certificates": {
			strings.Replace(strings.Replace(haproxy("configMap: {name: h}"), "volumeMounts: [", "volumeMounts: [{name: s, mountPath: /usr/local/etc/haproxy/certs}, ", 1),
				"volumes: [", "volumes: [{name: s, secret: {secretName: s}}, ", 1), false, false,
		},
		"HAProxy with a configuration that is fetched": {
			strings.Replace(haproxy("configMap: {name: h}"), "image: haproxy", "image: haproxy, command: [sh, -c, 'wget -O /x http://x; haproxy -f /x']", 1), true, true,
		},
		"Envoy's image":                    {other("envoyproxy/envoy:v1", ""), true, true},
		"Envoy with a control plane":       {other("envoyproxy/envoy:v1", "args: [--config-yaml, 'dynamic_resources: {ads_config: {api_type: GRPC}}']"), true, true},
		"Envoy on the command line":        {other("envoyproxy/envoy:v1", "args: [--config-yaml, 'static_resources: {}']"), false, false},
		"Envoy of a Gateway":               {strings.Replace(other("envoyproxy/envoy:v1", ""), "app: web", "app: web, gateway.networking.k8s.io/gateway-name: g", 1), false, false},
		"Apache's image":                   {other("httpd:2", ""), false, false},
		"Apache's image, to fetch more":    {other("httpd:2", "command: [sh, -c, 'curl -o /usr/local/apache2/conf/httpd.conf $U && httpd-foreground']"), true, true},
		"Apache of someone's own":          {other("acme/httpd:2", ""), true, true},
		"Caddy's image":                    {other("caddy:2", ""), false, false},
		"Caddy to a variable":              {other("caddy:2", "args: [caddy, reverse-proxy, --to, $(B)], env: [{name: B, valueFrom: {secretKeyRef: {name: x, key: b}}}]"), true, true},
		"Caddy with a password":            {other("caddy:2", "args: [caddy, reverse-proxy, --to, 'blog:80'], env: [{name: P, valueFrom: {secretKeyRef: {name: x, key: p}}}]"), false, false},
		"socat to a variable":              {other("alpine/socat", "args: ['TCP-LISTEN:80', 'TCP:$(B)'], env: [{name: B, valueFrom: {configMapKeyRef: {name: x, key: b}}}]"), true, true},
		"socat to elsewhere":               {other("alpine/socat", "args: ['TCP-LISTEN:80', 'TCP:blog:80']"), false, false},
		"Traefik told by objects":          {other("traefik:v3", "args: [--providers.kubernetescrd]"), false, false},
		"Traefik of one's own, by objects": {other("acme/traefik:v3", "args: [--providers.kubernetescrd]"), false, false},
		"Traefik from a missing folder": {
			strings.Replace(haproxy("secret: {secretName: s}"), "image: haproxy, volumeMounts: [{name: c, mountPath: /usr/local/etc/haproxy}]",
				"image: traefik, args: [--providers.file.directory=/dyn], volumeMounts: [{name: c, mountPath: /dyn}]", 1), true, true,
		},
		"Traefik told by Redis": {other("traefik:v3", "args: [--providers.redis.endpoints=redis:6379]"), true, true},
		"Traefik that keeps its certificates": {
			strings.Replace(haproxy("persistentVolumeClaim: {claimName: s}"), "image: haproxy, volumeMounts: [{name: c, mountPath: /usr/local/etc/haproxy}]",
				"image: traefik, args: [--certificatesresolvers.le.acme.storage=/data/acme.json], volumeMounts: [{name: c, mountPath: /data}]", 1), false, false,
		},
		"settings that are missing":  {other("traefik:v3", "envFrom: [{secretRef: {name: s}}]"), true, true},
		"a tunnel that says nothing": {pod("web", "{containers: [{name: t, image: cloudflared}]}") + ditto, true, true},
		"a tunnel to what is there":  {pod("web", "{containers: [{name: t, image: cloudflared, args: ['http://gateway:80']}]}") + ditto, false, false},
		"a tunnel to what is not":    {pod("web", "{containers: [{name: t, image: cloudflared, args: ['http://elsewhere.ns:80']}]}") + ditto, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			v := cluster(t, test.stream)
			p := proxy.Read(v, parts(t, v, "web")[0])
			blind := slices.ContainsFunc(p.Routes, func(r *proxy.Route) bool { return r.Blind && r.Doubted })
			if len(p.Hidden) > 0 != test.hidden || blind != test.blind {
				t.Errorf("hidden %q, blind %t", p.Hidden, blind)
			}
			client := cluster(t, test.stream, world.Client{Namespace: "ns", Name: "web"})
			if p := proxy.Read(client, parts(t, client, "web")[0]); len(p.Hidden) > 0 || slices.ContainsFunc(p.Routes, func(r *proxy.Route) bool { return r.Doubted }) {
				t.Errorf("of a client: hidden %q, routes %v", p.Hidden, p.Routes)
			}
		})
	}
}

func TestFoundSaysBySayingWhatItIsPointedAt(t *testing.T) {
	v := cluster(t, pod("web", "{containers: [{name: a, image: haproxy, env: [{name: TO, value: 'gateway.ns.svc:80'}]}]}")+gatewayWith(""))
	part := parts(t, v, "web")[0]
	r := proxy.Routes(v, part)[0]
	at := inventory.ID{GroupKind: inventory.Service, Namespace: "ns", Name: "gateway"}
	found := r.Found(at, part.Workload, r.Targets[0])
	want := "HAProxy (container a) in Pod ns/web is pointed at Service ns/gateway by env TO, and dittoguard does not read what it does with requests"
	if diff := cmp.Diff([]string{want}, found.Unknown); diff != "" || r.Unknown != nil {
		t.Errorf("-want +got:\n%s", diff)
	}
	if known := (&proxy.Route{}); known.Found(at, part.Workload, proxy.Target{}) != known {
		t.Error("a route that is known becomes another one")
	}
}

func TestAsked(t *testing.T) {
	const secured = "{name: DEVOPS_SECURED, value: 'true'}, {name: DEVOPS_STATUS_SECURED, value: 'true'}"
	const open = "{name: DEVOPS_SECURED, value: 'false'}, {name: DEVOPS_STATUS_SECURED, value: 'false'}, {name: ENABLE_PRE_AUTHENTICATION, value: 'true'}"
	const hidden = "{name: DEVOPS_SECURED, valueFrom: {fieldRef: {fieldPath: status.podIP}}}"
	more := func(kind, name, spec string) string {
		return "---\napiVersion: v1\nkind: " + kind + "\nmetadata: {namespace: ns, name: " + name + "}\nspec: " + spec + "\n"
	}
	for name, test := range map[string]struct {
		env, more string
		asked     way.AskedService
		want      string
	}{
		"health":                    {secured, "", way.AskedService{Host: "gateway", Port: 80, Path: "/health"}, tri.Off},
		"below health":              {secured, "", way.AskedService{Host: "gateway", Port: 80, Path: "/health/x"}, tri.Off},
		"like health":               {secured, "", way.AskedService{Host: "gateway", Port: 80, Path: "/healthy"}, ""},
		"DevOps, secured":           {secured, "", way.AskedService{Host: "gateway", Port: 80, Path: "/devops"}, ""},
		"DevOps, open":              {open, "", way.AskedService{Host: "gateway", Port: 80, Path: "/devops"}, tri.Off},
		"DevOps, nobody knows":      {hidden, "", way.AskedService{Host: "gateway", Port: 80, Path: "/devops"}, tri.Unknown},
		"details, secured":          {secured, "", way.AskedService{Host: "gateway", Port: 80, Path: "/stats/things/details"}, ""},
		"status, open":              {open, "", way.AskedService{Host: "gateway", Port: 80, Path: "/overall"}, tri.Off},
		"status, secured":           {secured, "", way.AskedService{Host: "gateway", Port: 80, Path: "/overall"}, ""},
		"the API":                   {secured, "", way.AskedService{Host: "gateway", Port: 80, Path: "/api/2/things"}, ""},
		"the API, believing":        {open, "", way.AskedService{Host: "gateway", Port: 80, Path: "/api/2/things"}, tri.Off},
		"the connections":           {secured, "", way.AskedService{Host: "gateway", Port: 80, Path: "/api/2/connections"}, ""},
		"with the request's path":   {open, "", way.AskedService{Host: "gateway", Port: 80, Path: "/", WithRequest: true}, tri.Off},
		"below a path of no use":    {open, "", way.AskedService{Host: "gateway", Port: 80, Path: "/x", WithRequest: true}, ""},
		"by address":                {secured, "", way.AskedService{Host: "10.0.0.1", Port: 80, Path: "/health"}, tri.Off},
		"another port of it":        {secured, "", way.AskedService{Host: "gateway", Port: 26, Path: "/x"}, tri.Off},
		"a port that leads nowhere": {secured, "", way.AskedService{Host: "gateway", Port: 27, Path: "/health"}, ""},
		"another host":              {secured, "", way.AskedService{Host: "login.example.com", Port: 80, Path: "/health"}, ""},
		"by an alias": {
			secured, more("Service", "alias", "{type: ExternalName, externalName: gateway.ns.svc}"),
			way.AskedService{Host: "alias", Port: 80, Path: "/health"}, tri.Off,
		},
		"by aliases in a circle": {
			secured, more("Service", "a", "{type: ExternalName, externalName: b}") + more("Service", "b", "{type: ExternalName, externalName: a}"),
			way.AskedService{Host: "a", Port: 80, Path: "/health"}, "",
		},
		"by too many aliases": {
			secured, more("Service", "a", "{type: ExternalName, externalName: b}") + more("Service", "b", "{type: ExternalName, externalName: c}") +
				more("Service", "c", "{type: ExternalName, externalName: d}") + more("Service", "d", "{type: ExternalName, externalName: e}") +
				more("Service", "e", "{type: ExternalName, externalName: gateway}"),
			way.AskedService{Host: "a", Port: 80, Path: "/health"}, tri.Unknown,
		},
		"by a proxy": {
			secured, nginx("location = /check { proxy_pass http://gateway/health; }") + more("Service", "web", "{selector: {app: web}, ports: [{port: 80}]}"),
			way.AskedService{Host: "web", Port: 80, Path: "/check"}, tri.Off,
		},
		"by a proxy that asks for passwords": {
			secured, nginx("location = /check { auth_basic x; auth_basic_user_file users; proxy_pass http://gateway/health; }") +
				more("Service", "web", "{selector: {app: web}, ports: [{port: 80}]}"),
			way.AskedService{Host: "web", Port: 80, Path: "/check"}, "",
		},
		"by a proxy, elsewhere": {
			secured, nginx("location = /check { proxy_pass http://gateway/health; }") + more("Service", "web", "{selector: {app: web}, ports: [{port: 80}]}"),
			way.AskedService{Host: "web", Port: 80, Path: "/other"}, "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			v := cluster(t, gatewayWith(test.env)+test.more)
			test.asked.Namespace = "ns"
			for range 2 { // the depth of one question is not that of the next
				got := proxy.Asked(v, test.asked)
				if got.State != test.want || (got.Why == "") != (test.want == "") {
					t.Errorf("%+v, want %q", got, test.want)
				}
			}
		})
	}
}

func TestNaming(t *testing.T) {
	v := cluster(t, nginx("location / { proxy_pass http://gateway; }")+
		strings.NewReplacer("namespace: ns", "namespace: far", "http://gateway", "http://gateway.ns.svc").Replace(nginx("location / { proxy_pass http://gateway; }"))+
		strings.NewReplacer("namespace: ns", "namespace: own").Replace(nginx("location / { proxy_pass http://gateway; }"))+
		pod("told", "{containers: [{name: a, image: x, env: [{name: UPSTREAM, value: gateway}]}]}")+
		pod("other", "{containers: [{name: a, image: x, env: [{name: UPSTREAM, value: elsewhere}]}]}"))
	var got []string
	for _, o := range proxy.Naming(v, "ns", []string{"Gateway"}) {
		got = append(got, o.Ref.Namespace+"/"+o.Ref.Name)
	}
	if diff := cmp.Diff([]string{"far/web", "ns/told", "ns/web"}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
