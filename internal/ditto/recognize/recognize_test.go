package recognize_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dittoguard/dittoguard/internal/ditto/index"
	"github.com/dittoguard/dittoguard/internal/ditto/recognize"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/test/objects"
)

// pod is a Pod whose spec and labels are given as YAML, in one line.
func pod(labels, containers string) string {
	return "apiVersion: v1\nkind: Pod\nmetadata: {namespace: ns, name: p, labels: " + labels + "}\nspec: {containers: " + containers + "}"
}

// tell reads a stream whose first object is the workload, as `container=component` and, of a proxy, its software.
func tell(t *testing.T, stream string) (told []string, doubts int) {
	t.Helper()
	list := objects.Of(t, stream)
	inv := inventory.NewMemory(index.Of, nil)
	for _, o := range list {
		inv.Put(o)
	}
	for _, p := range recognize.Parts(inv, list[0]) {
		text := p.Container.Name + "=" + p.Component
		if p.Software != "" {
			text += " " + p.Software
		}
		told = append(told, text)
	}
	return told, len(recognize.Doubts(inv, list[0]))
}

// ui is a UI with a volume.
func ui(at, volume string) string {
	return "[{name: a, image: ditto-ui, volumeMounts: [{name: v, mountPath: " + at + "}]}], volumes: [{name: v, " + volume + "}]"
}

// conf is a ConfigMap with a configuration.
func conf(text string) string {
	return "apiVersion: v1\nkind: ConfigMap\nmetadata: {namespace: ns, name: c}\ndata: {a.conf: '" + text + "'}\n"
}

func TestParts(t *testing.T) {
	const passwords = "env: [{name: DEVOPS_PASSWORD, value: a}, {name: STATUS_PASSWORD, value: b}]"
	const two = "env: [{name: ENABLE_PRE_AUTHENTICATION, value: 'true'}, {name: DEVOPS_SECURED, value: 'false'}]"
	const shared = "apiVersion: v1\nkind: ConfigMap\nmetadata: {namespace: ns, name: c}\n" +
		"data: {ENABLE_PRE_AUTHENTICATION: 'true', DEVOPS_SECURED: 'false', DEVOPS_PASSWORD: x}\n"
	for name, test := range map[string]struct {
		labels, containers, beside string
		want                       string
		doubts                     int
	}{
		"Ditto's image": {containers: "[{name: a, image: eclipse/ditto-things-search:3}]", want: "a=search"},
		"an image by digest, in a registry with a port": {
			containers: "[{name: a, image: 'r.example:5000/x/ditto-policies@sha256:00'}]", want: "a=policies",
		},
		"the UI's image":            {containers: "[{name: a, image: eclipse/ditto-ui}]", want: "a=ui"},
		"MongoDB's image":           {containers: "[{name: a, image: mongo:7}]", want: "a=mongodb"},
		"MongoDB by name and port":  {containers: "[{name: mongodb, image: x, ports: [{containerPort: 27017}]}]", want: "mongodb=mongodb"},
		"MongoDB by name alone":     {containers: "[{name: mongodb, image: x, ports: [{containerPort: 27018}]}]"},
		"the container's name":      {containers: "[{name: ditto-connectivity, image: x}]", want: "ditto-connectivity=connectivity"},
		"another one's name":        {containers: "[{name: gateway, image: x}]"},
		"another image of the name": {containers: "[{name: a, image: acme/ditto-gateway-exporter}]"},
		"a qualified name":          {containers: "[{name: a, image: acme/ditto-gateway-hardened-2}]", want: "a=gateway"},
		"a name of two services":    {containers: "[{name: a, image: acme/ditto-gateway-policies}]"},
		"a name that may be a test": {containers: "[{name: a, image: acme/ditto-gateway-test}]", doubts: 1},
		"a folder of Ditto's":       {containers: "[{name: a, image: acme/ditto/gateway}]", want: "a=gateway"},
		"a folder of another's":     {containers: "[{name: a, image: acme/tools/gateway}]"},
		"a system property":         {containers: "[{name: a, image: x, command: [java, -Dditto.gateway.http.port=1, x]}]", want: "a=gateway"},
		"a class":                   {containers: "[{name: a, image: x, args: [java, org.eclipse.ditto.policies.service.X]}]", want: "a=policies"},
		"a mount of Ditto's folder": {
			containers: "[{name: a, image: x, volumeMounts: [{name: v, mountPath: /opt/ditto/search-extension.conf}]}]", want: "a=search",
		},
		"a mount beside Ditto's folder": {containers: "[{name: a, image: x, volumeMounts: [{name: v, mountPath: /opt/ditto2}]}]"},
		"one variable of the gateway":   {containers: "[{name: a, image: x, env: [{name: DEVOPS_SECURED, value: x}]}]", want: "a=gateway"},
		"two variables of the gateway": {
			containers: "[{name: a, image: x, env: [{name: DEVOPS_SECURED, value: x}, {name: ENABLE_DUMMY_AUTH, value: x}]}]", want: "a=gateway",
		},
		"a variable, beside a gateway": {
			containers: "[{name: a, image: eclipse/ditto-gateway}, {name: log, image: x, env: [{name: DEVOPS_SECURED, value: x}]}]",
			want:       "a=gateway", doubts: 1,
		},
		"a variable of an nginx beside a gateway": {
			containers: "[{name: a, image: eclipse/ditto-gateway}, {name: web, image: nginx, env: [{name: DEVOPS_SECURED, value: x}]}]",
			want:       "a=gateway web=proxy nginx", doubts: 1,
		},
		"both passwords alone":       {containers: "[{name: a, image: x, " + passwords + "}]"},
		"both passwords and a name":  {containers: "[{name: my-gateway, image: x, " + passwords + "}]", want: "my-gateway=gateway"},
		"one password and a name":    {containers: "[{name: my-gateway, image: x, env: [{name: DEVOPS_PASSWORD, value: a}]}]"},
		"the pod's label":            {labels: "{actorSystemName: ditto-cluster}", containers: "[{name: a, image: x}]", want: "a=service"},
		"the pod's label of another": {labels: "{actorSystemName: acme}", containers: "[{name: a, image: x}]"},
		"the pod's label, and a better sign": {
			labels:     "{actorSystemName: ditto-cluster}",
			containers: "[{name: a, image: x}, {name: ditto-things, image: z}]", want: "ditto-things=things",
		},
		"variables of a ConfigMap": {
			containers: "[{name: a, image: x, envFrom: [{configMapRef: {name: c}, prefix: DEVOPS_}, {secretRef: {name: s}}]}]",
			beside: "apiVersion: v1\nkind: ConfigMap\nmetadata: {namespace: ns, name: c}\ndata: {SECURED: 'true'}\n---\n" +
				"apiVersion: v1\nkind: Secret\nmetadata: {namespace: ns, name: s}\nstringData: {ENABLE_DUMMY_AUTH: 'true'}\n",
			want: "a=gateway",
		},
		"nginx's image":         {containers: "[{name: a, image: nginx:1}]", want: "a=proxy nginx"},
		"nginx by its file":     {containers: "[{name: a, image: x, volumeMounts: [{name: v, mountPath: /etc/nginx/conf.d}]}]", want: "a=proxy nginx"},
		"nginx in a script":     {containers: "[{name: a, image: x, command: [sh, -c, 'cp a b && exec nginx -g x']}]", want: "a=proxy nginx"},
		"nginx as an argument":  {containers: "[{name: a, image: x, command: [sh, -c, 'echo nginx']}]"},
		"nginx behind an init":  {containers: "[{name: a, image: x, command: [/sbin/tini, --, nginx]}]", want: "a=proxy nginx"},
		"a proxy by its folder": {containers: "[{name: a, image: x, volumeMounts: [{name: v, mountPath: /etc/envoy}]}]", want: "a=proxy Envoy"},
		"a gateway by its class, in an image of MongoDB's name": {
			containers: "[{name: a, image: corp/mongo:1, command: [java, org.eclipse.ditto.gateway.service.starter.GatewayService]}]",
			want:       "a=gateway",
		},
		"a gateway by a property, in an image of MongoDB's name": {
			containers: "[{name: a, image: mongo:8, command: [java, -Dditto.gateway.http.port=8080, -jar, x.jar]}]", want: "a=gateway",
		},
		"a gateway by its archive": {containers: "[{name: a, image: x, command: [java, -jar, /opt/ditto/gateway.jar]}]", want: "a=gateway"},
		"a gateway by its archive in a script, in an image of the UI's name": {
			containers: "[{name: a, image: ditto-ui, command: [sh, -c, 'exec java -jar ditto-gateway-service-3.9.jar']}]", want: "a=gateway",
		},
		"an archive of another's": {containers: "[{name: ditto-ui, image: x, command: [java, -jar, /app/gateway.jar]}]", want: "ditto-ui=ui"},
		"a gateway by its file, in an image of MongoDB's name": {
			containers: "[{name: a, image: mongo, volumeMounts: [{name: v, mountPath: /opt/ditto/gateway-extension.conf}]}]", want: "a=gateway",
		},
		"a gateway by its variables and its name, in an image of MongoDB's name": {
			containers: "[{name: gateway, image: corp/mongodb:1, " + two + "}]", want: "gateway=gateway",
		},
		"a gateway by its variables and ports, called the UI": {
			containers: "[{name: ditto-ui, image: corp/app, " + two + ", ports: [{containerPort: 2551}, {containerPort: 7626}]}]",
			want:       "ditto-ui=gateway",
		},
		"a gateway by variables of a ConfigMap and a label, called the UI": {
			labels:     "{app: my-gateway}",
			containers: "[{name: ditto-ui, image: corp/app, envFrom: [{configMapRef: {name: c}}]}]",
			beside:     shared, want: "ditto-ui=gateway",
		},
		"the UI beside a gateway, with the same variables": {
			labels: "{app: gateway}",
			containers: "[{name: ditto-gateway, image: ditto-gateway, envFrom: [{configMapRef: {name: c}}]}, " +
				"{name: ditto-ui, image: ditto-ui, envFrom: [{configMapRef: {name: c}}]}]",
			beside: shared, want: "ditto-gateway=gateway ditto-ui=ui",
		},
		"a MongoDB with variables of the gateway": {containers: "[{name: a, image: mongo, " + two + "}]", want: "a=mongodb", doubts: 1},
		"a MongoDB with one variable of the gateway": {
			containers: "[{name: a, image: mongo, env: [{name: DEVOPS_SECURED, value: x}]}]", want: "a=mongodb",
		},
		"a gateway by its variables and name, in the image of another service": {
			containers: "[{name: gateway, image: eclipse/ditto-policies:3, " + two + "}]", want: "gateway=gateway",
		},
		"a gateway by its class, called another service": {
			containers: "[{name: ditto-things, image: x, args: [org.eclipse.ditto.gateway.service.starter.GatewayService]}]",
			want:       "ditto-things=gateway",
		},
		"another service with the variables of all": {
			labels: "{app: gateway, actorSystemName: ditto-cluster}",
			containers: "[{name: policies, image: eclipse/ditto-policies:3, args: [-Dditto.gateway.http.port=1], envFrom: [{configMapRef: {name: c}}], " +
				"ports: [{containerPort: 2551}, {containerPort: 7626}]}]",
			beside: shared, want: "policies=policies",
		},
		"the UI with its own files": {
			containers: "[{name: a, image: ditto-ui, command: [nginx], volumeMounts: [{name: v, mountPath: /usr/share/nginx/html}]}]", want: "a=ui",
		},
		"the UI's image with the nginx.conf of Ditto's chart": {
			containers: ui("/etc/nginx/nginx.conf, subPath: a.conf", "configMap: {name: c}"), beside: conf("http { include /etc/nginx/conf.d/*.conf; }"), want: "a=ui",
		},
		"the UI's image with an nginx.conf that forwards": {
			containers: ui("/etc/nginx/nginx.conf, subPath: a.conf", "configMap: {name: c}"), beside: conf("http { server { location / { proxy_pass http://gateway:8080; } } }"), want: "a=proxy nginx",
		},
		"the UI's image with a configuration in conf.d that forwards": {
			containers: ui("/etc/nginx/conf.d", "configMap: {name: c}"), beside: conf("location / { grpc_pass gateway:8080; }"), want: "a=proxy nginx",
		},
		"the UI's image with a configuration that is not there": {
			containers: ui("/etc/nginx/conf.d", "configMap: {name: c}"), want: "a=proxy nginx",
		},
		"the UI's image with a configuration on a disk": {
			containers: ui("/etc/nginx/conf.d", "hostPath: {path: /x}"), want: "a=proxy nginx",
		},
		"the UI's image with a configuration that is nowhere filled": {
			containers: ui("/etc/nginx/conf.d", "emptyDir: {}"), want: "a=ui",
		},
		"the UI's image with files on a disk": {
			containers: ui("/usr/share/nginx/html", "hostPath: {path: /x}"), want: "a=ui",
		},
		"the UI's image with a configuration that includes what is on a disk": {
			containers: ui("/etc/nginx/nginx.conf, subPath: a.conf}, {name: w, mountPath: /mnt", "configMap: {name: c}}, {name: w, hostPath: {path: /x}"),
			beside:     conf("http { include /mnt/*.conf; }"), want: "a=proxy nginx",
		},
		"the UI's image with a file that the command names": {
			containers: "[{name: a, image: ditto-ui, command: [nginx, -c, /x/nginx.conf]}]", want: "a=proxy nginx",
		},
		"the UI's image with a script": {
			containers: "[{name: a, image: ditto-ui, command: [sh, -c, 'sed -i s/a/b/ /etc/nginx/nginx.conf; nginx']}]", want: "a=proxy nginx",
		},
		"the UI's image with another program": {containers: "[{name: a, image: ditto-ui, command: [haproxy]}]", want: "a=proxy HAProxy"},
		"a proxy that is called the UI":       {containers: "[{name: ditto-ui, image: nginx:1.29}]", want: "ditto-ui=proxy nginx"},
		"a proxy that is called the gateway":  {containers: "[{name: ditto-gateway, image: haproxy}]", want: "ditto-gateway=proxy HAProxy"},
		"a tunnel that is added": {
			containers: "[{name: a, image: ditto-gateway}], ephemeralContainers: [{name: t, image: cloudflared, args: [tunnel]}]",
			want:       "a=gateway t=proxy cloudflared",
		},
		"a shell that is added, in the image of a service": {
			containers: "[{name: a, image: ditto-gateway}], ephemeralContainers: [{name: t, image: ditto-gateway, command: [/bin/sh], stdin: true, tty: true}]",
			want:       "a=gateway",
		},
		"a tool that is added, in the image of a service": {
			containers: "[{name: a, image: ditto-gateway}], ephemeralContainers: [{name: t, image: ditto-gateway, command: [jstack, '1']}]",
			want:       "a=gateway",
		},
		"a shell that is added, in the image of a proxy": {
			containers: "[{name: a, image: ditto-gateway}], ephemeralContainers: [{name: t, image: haproxy, args: [bash]}]", want: "a=gateway",
		},
		"a gateway that is added": {
			containers: "[{name: a, image: x}], ephemeralContainers: [{name: t, image: ditto-gateway}]", want: "t=gateway",
		},
		"the pod's label, and what is added": {
			labels:     "{actorSystemName: ditto-cluster, app: gateway}",
			containers: "[{name: a, image: x}], ephemeralContainers: [{name: t, image: w}, {name: u, image: ditto-things}]",
			want:       "a=gateway u=things",
		},
		"a proxy with more in its name": {containers: "[{name: a, image: acme/my-haproxy}, {name: b, image: ditto-nginx}, {name: c, image: angie}, {name: d, image: edge_caddy.x}]",
			want: "a=proxy HAProxy b=proxy nginx c=proxy Angie d=proxy Caddy"},
		"a proxy's exporter, controller, operator and library": {
			containers: "[{name: a, image: haproxy-exporter}, {name: b, image: my-nginx-exporter}, {name: c, image: kong-ingress-controller}, " +
				"{name: d, image: tailscale-operator}, {name: e, image: envoy-ratelimit}, {name: f, image: apache-kafka}, {name: g, image: nginxlike}]",
		},
		"what a script starts": {
			containers: "[{name: a, image: x, command: [bash, -euc, 'if true; then A=b nohup /x/cloudflared tunnel & fi']}, " +
				"{name: b, image: x, args: [/bin/sh, -ec, haproxy]}, {name: c, image: x, command: [timeout, '5', socat]}]",
			want: "a=proxy cloudflared b=proxy HAProxy c=proxy socat",
		},
		"what a hook starts": {
			containers: "[{name: a, image: x, lifecycle: {postStart: {exec: {command: [sh, -c, 'frpc &']}}}}]", want: "a=proxy frp",
		},
		"ssh that opens a port there": {
			containers: "[{name: a, image: x, command: [ssh, -NTR, '80:gateway:8080', b]}, {name: b, image: x, command: [sh, -c, 'ssh -o RemoteForward=80 b']}]",
			want:       "a=proxy ssh -R b=proxy ssh -R",
		},
		"ssh otherwise": {containers: "[{name: a, image: x, command: [ssh, -i, /R, b, ls, -lR]}]"},
		"further tunnels": {
			containers: "[{name: a, image: fosrl/newt}, {name: b, image: node, command: [npx, localtunnel]}, {name: c, image: x, args: [lt, --port, '80']}, " +
				"{name: d, image: cf-tunnel}]",
			want: "a=proxy newt b=proxy localtunnel c=proxy localtunnel d=proxy tunnel",
		},
		"a tunnel": {containers: "[{name: a, image: cloudflare/cloudflared}]", want: "a=proxy cloudflared"},
		"a program of no concern": {
			containers: "[{name: a, image: postgres:16, ports: [{containerPort: 8080}]}]",
		},
	} {
		t.Run(name, func(t *testing.T) {
			stream := pod(orEmpty(test.labels), test.containers)
			if test.beside != "" {
				stream += "\n---\n" + test.beside
			}
			told, doubts := tell(t, stream)
			if got := strings.Join(told, " "); got != test.want || doubts != test.doubts {
				t.Errorf("told %q with %d doubts, want %q with %d", got, doubts, test.want, test.doubts)
			}
		})
	}
}

func orEmpty(labels string) string {
	if labels == "" {
		return "{}"
	}
	return labels
}

func TestPartsOfWhatRunsNothing(t *testing.T) {
	if told, doubts := tell(t, "apiVersion: v1\nkind: ConfigMap\nmetadata: {namespace: ns, name: ditto-gateway}"); told != nil || doubts != 0 {
		t.Errorf("told %v with %d doubts", told, doubts)
	}
}

func TestDoubtsSayWhatToDo(t *testing.T) {
	list := objects.Of(t, pod("{}", "[{name: a, image: acme/ditto-gateway-test}]"))
	doubts := recognize.Doubts(recognize.Nothing, list[0])
	if len(doubts) != 1 || doubts[0].Beside || !strings.HasSuffix(doubts[0].Message, "name the container ditto-gateway") {
		t.Errorf("doubts %+v", doubts)
	}
	list = objects.Of(t, pod("{}", "[{name: a, image: ditto-gateway}, {name: b, image: x, env: [{name: DEVOPS_SECURED, value: x}]}]"))
	doubts = recognize.Doubts(recognize.Nothing, list[0])
	if len(doubts) != 1 || !doubts[0].Beside || !strings.Contains(doubts[0].Message, "container b sets DEVOPS_SECURED") {
		t.Errorf("doubts %+v", doubts)
	}
}

func TestComponents(t *testing.T) {
	parts := []recognize.Part{{Component: recognize.Proxy}, {Component: recognize.MongoDB}, {Component: recognize.UI}}
	if recognize.AnyDitto(parts) {
		t.Error("a proxy, a UI or a database counts as a service of Ditto")
	}
	for _, c := range []string{
		recognize.Gateway, recognize.Policies, recognize.Things, recognize.Search, recognize.Connectivity, recognize.Service,
	} {
		all := append(parts, recognize.Part{Component: c})
		if !recognize.AnyDitto(all) {
			t.Errorf("%s is no service of Ditto", c)
		}
		if named := recognize.Named(all, c); len(named) != 1 || named[0].Component != c {
			t.Errorf("named %s: %+v", c, named)
		}
	}
}

func TestServedClasses(t *testing.T) {
	for name, test := range map[string]struct {
		containers string
		want       []string
	}{
		"none":                {"[{name: a, image: x}]", nil},
		"a flag":              {"[{name: a, args: [--ingress.class=haproxy]}]", []string{"haproxy"}},
		"a flag in two words": {"[{name: a, args: [-ingress-class, f5]}]", []string{"f5"}},
		"ingress-nginx without flags": {
			"[{name: a, args: [/nginx-ingress-controller]}]", []string{"k8s.io/ingress-nginx", "nginx"},
		},
		"ingress-nginx with a class": {
			"[{name: a, args: [/nginx-ingress-controller, --ingress-class=inner]}]", []string{"inner", "k8s.io/ingress-nginx"},
		},
		"ingress-nginx with a controller": {
			"[{name: a, args: [/nginx-ingress-controller, --controller-class=k8s.io/inner]}]", []string{"k8s.io/inner"},
		},
		"each once": {"[{name: a, args: [--ingress-class=x]}, {name: b, args: [--ingress-class=x]}]", []string{"x"}},
	} {
		t.Run(name, func(t *testing.T) {
			o := objects.Of(t, pod("{}", test.containers))[0]
			if diff := cmp.Diff(test.want, recognize.ServedClasses(&o.PodTemplate().Spec)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestFlagsOfControllers(t *testing.T) {
	o := objects.Of(t, pod("{}", "[{name: a}, {name: b, args: ['--configmap=$(POD_NAMESPACE)/settings', --annotations-prefix=x.example], "+
		"env: [{name: POD_NAMESPACE, valueFrom: {fieldRef: {fieldPath: metadata.namespace}}}]}]"))[0]
	if got := recognize.ControllerConfigMap("ns", &o.PodTemplate().Spec); got != "ns/settings" {
		t.Errorf("the ConfigMap is %q", got)
	}
	if got := recognize.AnnotationsPrefix(&o.PodTemplate().Spec); got != "x.example" {
		t.Errorf("the prefix is %q", got)
	}
}

func TestTunnels(t *testing.T) {
	for software, want := range map[string]bool{"cloudflared": true, "ngrok": true, "nginx": false, "Envoy": false, "": false} {
		if recognize.IsTunnel(software) != want {
			t.Errorf("%q is a tunnel: %t", software, !want)
		}
	}
}
