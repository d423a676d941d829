package check_test

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	admissionv1 "k8s.io/api/admission/v1"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/test/sample"
)

// stress is a Ditto beside something that there is n of. Judging twice as many must cost about twice as much, or one team's
// objects stop another's.
type stress struct {
	name string
	n    int
	// objects are those besides stressBase.
	objects func(n int) string
}

const stressGateway = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: gateway, namespace: ditto}
spec:
  selector: {matchLabels: {app: gateway}}
  template:
    metadata: {labels: {app: gateway, tier: web}}
    spec:
      containers:
      - name: gateway
        image: example.com/iot/ditto-gateway:3.9.6
        ports:
        - {name: http, containerPort: 8080}
        - {name: remoting, containerPort: 2551}
        env:
        - {name: ENABLE_PRE_AUTHENTICATION, value: "true"}
%s---
apiVersion: v1
kind: Service
metadata: {name: gateway, namespace: ditto}
spec:
  selector: {app: gateway}
  clusterIP: 10.96.0.1
  ports: [{name: http, port: 8080, targetPort: http}]
---
`

// stressProxy is an nginx with its configuration and password file in a ConfigMap.
const stressProxy = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: nginx, namespace: ditto}
spec:
  selector: {matchLabels: {app: nginx}}
  template:
    metadata: {labels: {app: nginx}}
    spec:
      containers:
      - name: nginx
        image: nginx:1.27
        ports: [{name: http, containerPort: 8080}]
        volumeMounts:
        - {name: conf, mountPath: /etc/nginx/nginx.conf, subPath: nginx.conf}
        - {name: conf, mountPath: /etc/nginx/nginx.htpasswd, subPath: nginx.htpasswd}
      volumes:
      - {name: conf, configMap: {name: conf}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: conf, namespace: ditto}
data:
  nginx.htpasswd: |
%s  nginx.conf: |
    events {}
    http { server { listen 8080;
      auth_basic "Ditto"; auth_basic_user_file nginx.htpasswd;
%s    location / { proxy_set_header x-ditto-pre-authenticated "nginx:$remote_user"; proxy_pass http://gateway:8080; }
    } }
---
`

// each writes n of something; format takes its number.
func each(n int, format string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.ReplaceAll(format, "#", fmt.Sprint(i)))
	}
	return b.String()
}

func route(apiVersion, kind, name, spec string) string {
	return "---\napiVersion: " + apiVersion + "\nkind: " + kind + "\nmetadata: {name: " + name + ", namespace: ditto}\nspec:\n" + spec
}

func plain(objects func(n int) string) func(int) string {
	return func(n int) string { return fmt.Sprintf(stressGateway, "") + objects(n) }
}

var stressTable = []stress{
	{name: "paths of an Ingress", n: 400, objects: plain(func(n int) string {
		return route("networking.k8s.io/v1", "Ingress", "api", "  ingressClassName: nginx\n  rules:\n  - host: a.example.com\n    http:\n      paths:\n"+
			each(n, "      - {path: /p#, pathType: Prefix, backend: {service: {name: gateway, port: {number: 8080}}}}\n"))
	})},
	{name: "Ingresses of one host", n: 800, objects: plain(func(n int) string {
		return each(n, route("networking.k8s.io/v1", "Ingress", "api-#", "  ingressClassName: nginx\n  rules:\n  - host: a.example.com\n    http:\n      paths:\n"+
			"      - {path: /p#, pathType: Prefix, backend: {service: {name: gateway, port: {number: 8080}}}}\n"))
	})},
	{name: "Ingresses of one host with certificates and regular expressions", n: 400, objects: plain(func(n int) string {
		return each(n, strings.Replace(route("networking.k8s.io/v1", "Ingress", "api-#", "  ingressClassName: nginx\n  tls: [{hosts: [a.example.com]}]\n  rules:\n  - host: a.example.com\n    http:\n      paths:\n"+
			"      - {path: /p#, pathType: ImplementationSpecific, backend: {service: {name: gateway, port: {number: 8080}}}}\n"),
			"namespace: ditto}", "namespace: ditto, annotations: {nginx.ingress.kubernetes.io/use-regex: 'true'}}", 1))
	})},
	{name: "HTTPRoutes", n: 100, objects: plain(func(n int) string {
		return each(n, route("gateway.networking.k8s.io/v1", "HTTPRoute", "api-#",
			"  parentRefs: [{name: edge}]\n  rules: [{matches: [{path: {type: PathPrefix, value: /p#}}], backendRefs: [{name: gateway, port: 8080}]}]\n"))
	})},
	{name: "rules of an HTTPRoute", n: 400, objects: plain(func(n int) string {
		return route("gateway.networking.k8s.io/v1", "HTTPRoute", "api",
			"  parentRefs: [{name: edge}]\n  rules:\n"+each(n, "  - {matches: [{path: {type: PathPrefix, value: /p#}}], backendRefs: [{name: gateway, port: 8080}]}\n"))
	})},
	{name: "environment variables", n: 4000, objects: func(n int) string {
		return fmt.Sprintf(stressGateway, each(n, "        - {name: SETTING_#, value: v#}\n"))
	}},
	{name: "containers", n: 400, objects: func(n int) string {
		return fmt.Sprintf(stressGateway, each(n, "      - {name: side-#, image: example.com/side:1, env: [{name: A, value: b}]}\n"))
	}},
	{name: "lines of a password file", n: 800, objects: plain(func(n int) string {
		return fmt.Sprintf(stressProxy, each(n, "    user#:{SHA}fEqNCco3Yq9h5ZUglD3CZJT4lBs=\n"), "")
	})},
	{name: "locations of an nginx", n: 200, objects: plain(func(n int) string {
		return fmt.Sprintf(stressProxy, "    a:b\n", each(n, "    location /p#/ { proxy_pass http://gateway:8080/; }\n"))
	})},
	{name: "servers of an nginx", n: 200, objects: plain(func(n int) string {
		return fmt.Sprintf(stressProxy, "    a:b\n", "    server_name first;\n"+
			each(n, "    } server { listen 8080; server_name a#.example.com; location / { proxy_pass http://gateway:8080; }\n")+
			"    } server { listen 8080; server_name last;\n")
	})},
	{name: "keys of a HOCON document", n: 4000, objects: func(n int) string {
		return fmt.Sprintf(stressGateway, "        volumeMounts: [{name: conf, mountPath: /opt/ditto/gateway-extension.conf, subPath: e.conf}]\n      volumes: [{name: conf, configMap: {name: e}}]\n") +
			"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: e, namespace: ditto}\ndata:\n  e.conf: |\n" + each(n, "    ditto.gateway.key# = v#\n")
	}},
	{name: "NetworkPolicies", n: 400, objects: plain(func(n int) string {
		return each(n, route("networking.k8s.io/v1", "NetworkPolicy", "np-#", "  podSelector: {matchLabels: {app: gateway}}\n  ingress: [{from: [{podSelector: {matchLabels: {app: c#}}}], ports: [{port: 8080}]}]\n"))
	})},
	{name: "Services that select", n: 100, objects: plain(func(n int) string {
		return each(n, route("v1", "Service", "s-#", "  selector: {app: gateway}\n  type: NodePort\n  ports: [{port: 80, targetPort: 8080}]\n"))
	})},
	{name: "addresses of an EndpointSlice", n: 1600, objects: plain(func(n int) string {
		return "---\napiVersion: v1\nkind: Service\nmetadata: {name: hand, namespace: ditto}\nspec: {type: NodePort, ports: [{name: p, port: 8080}]}\n" +
			"---\napiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: hand, namespace: ditto, labels: {kubernetes.io/service-name: hand}}\n" +
			"addressType: IPv4\nports: [{name: p, port: 8080}]\nendpoints:\n- {addresses: [10.96.0.1]}\n" + each(n, "- {addresses: [10.97.0.#]}\n")
	})},
	{name: "Ditto policies", n: 800, objects: plain(func(n int) string {
		return "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: policies, namespace: ditto}\ndata:\n" +
			each(n, "  p#.json: '{\"policyId\":\"a:p#\",\"entries\":{\"o\":{\"subjects\":{\"nginx:u\":{\"type\":\"t\"}},\"resources\":{\"policy:/\":{\"grant\":[\"READ\",\"WRITE\"],\"revoke\":[]}}}}}'\n")
	})},
	{name: "loggers of a logback.xml", n: 1600, objects: func(n int) string {
		return fmt.Sprintf(stressGateway, "        - {name: JAVA_TOOL_OPTIONS, value: -Dlogback.configurationFile=/opt/l/logback.xml}\n        volumeMounts: [{name: l, mountPath: /opt/l}]\n      volumes: [{name: l, configMap: {name: l}}]\n") +
			"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: l, namespace: ditto}\ndata:\n  logback.xml: |\n    <configuration>\n" +
			each(n, "    <logger name=\"a.b#\" level=\"DEBUG\"/>\n") + "    </configuration>\n"
	}},
	{name: "hosts that a workload names", n: 1600, objects: plain(func(n int) string {
		return "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: app, namespace: shop}\nspec:\n  selector: {matchLabels: {app: a}}\n  template:\n    metadata: {labels: {app: a}}\n" +
			"    spec:\n      containers:\n      - name: a\n        image: example.com/a:1\n        env:\n        - {name: GW_URL, value: 'http://gateway.ditto:8080'}\n" +
			each(n, "        - {name: URL_#, value: 'http://host#.ditto:8080'}\n")
	})},
	{name: "IngressRoutes", n: 100, objects: plain(func(n int) string {
		return each(n, route("traefik.io/v1alpha1", "IngressRoute", "r-#", "  routes: [{kind: Rule, match: \"Host(`a.example.com`) && PathPrefix(`/p#`)\", services: [{name: gateway, port: 8080}]}]\n"))
	})},
	{name: "HTTPProxies", n: 100, objects: plain(func(n int) string {
		return each(n, route("projectcontour.io/v1", "HTTPProxy", "r-#", "  virtualhost: {fqdn: a#.example.com}\n  routes: [{conditions: [{prefix: /p}], services: [{name: gateway, port: 8080}]}]\n"))
	})},
	{name: "VirtualServices", n: 100, objects: plain(func(n int) string {
		return each(n, route("networking.istio.io/v1", "VirtualService", "r-#", "  hosts: [a.example.com]\n  gateways: [edge]\n  http: [{match: [{uri: {prefix: /p#}}], route: [{destination: {host: gateway, port: {number: 8080}}}]}]\n"))
	})},
}

// hostsAndRules is a VirtualService of another namespace that leads to the gateway by each of its rules, for each of its hosts.
func hostsAndRules(n int) string {
	return fmt.Sprintf(stressGateway, "") + strings.ReplaceAll(route("networking.istio.io/v1", "Gateway", "edge",
		"  selector: {istio: ingressgateway}\n  servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: ["+each(n, "a#.example.com, ")+"]}]\n")+
		route("networking.istio.io/v1", "VirtualService", "r", "  hosts: ["+each(n, "a#.example.com, ")+"]\n  gateways: [edge]\n  http:\n"+
			each(n, "  - {match: [{uri: {prefix: /p#}}], route: [{destination: {host: gateway.ditto.svc.cluster.local, port: {number: 8080}}}]}\n")),
		"namespace: ditto}", "namespace: shop}")
}

// TestGrowth_ChangeBesideHostsAndRules holds that a change of the gateway takes twice as much beside twice as many hosts and rules, and
// not four times as much.
func TestGrowth_ChangeBesideHostsAndRules(t *testing.T) {
	change := func(n int) uint64 {
		inv := inventoryOf(t, hostsAndRules(n))
		old := inv.Get(inventory.Deployment, "ditto", "gateway")
		labelled, err := inventory.Decode([]byte(strings.Replace(string(old.Raw()), `"metadata":{`, `"metadata":{"labels":{"a":"b"},`, 1)), inventory.Source{})
		if err != nil {
			t.Fatal(err)
		}
		request := &admissionv1.AdmissionRequest{Namespace: "ditto", Name: "gateway", Operation: admissionv1.Update}
		return allocated(func() {
			verdict, err := everything().Change(t.Context(), inv, check.Change{Request: request, Object: labelled, OldObject: old})
			if err != nil {
				t.Fatal(err)
			}
			if len(verdict.Denied) > 0 || !slices.ContainsFunc(verdict.Warned, func(f check.Finding) bool { return f.Rule == "preauth-exposed" }) {
				t.Fatalf("denied %v, warned of %v, want a warning of what was there", verdict.Denied, verdict.Warned)
			}
		})
	}
	change(3) // what is made once
	once, twice := change(200), change(400)
	if growth := float64(twice) / float64(once); growth > 2.6 {
		t.Errorf("twice as many take %.2f times as much", growth)
	}
}

// stressedLookups cost time and hardly any memory: see cpu-growth of BenchmarkGrowth.
var stressedLookups = []stress{
	{name: "volumes", n: 1000, objects: func(n int) string {
		return fmt.Sprintf(stressGateway, "        volumeMounts:\n"+each(n, "        - {name: v#, mountPath: /m#}\n")+
			"      volumes:\n"+each(n, "      - {name: v#, configMap: {name: c#}}\n"))
	}},
	{name: "hosts of an Ingress with a certificate for each", n: 400, objects: plain(func(n int) string {
		return route("networking.k8s.io/v1", "Ingress", "api", "  ingressClassName: nginx\n  tls: [{secretName: s, hosts: ["+each(n, "h#.example.com, ")+"]}]\n  rules:\n"+
			each(n, "  - {host: h#.example.com, http: {paths: [{path: /p, pathType: Prefix, backend: {service: {name: gateway, port: {number: 8080}}}}]}}\n"))
	})},
	{name: "ports of a Service", n: 400, objects: plain(func(n int) string {
		return route("v1", "Service", "s", "  selector: {app: gateway}\n  type: NodePort\n  ports:\n"+each(n, "  - {name: p#, port: 1#, targetPort: 8080}\n"))
	})},
	{name: "hosts and rules of a VirtualService", n: 200, objects: hostsAndRules},
	{name: "rules of a NetworkPolicy", n: 1000, objects: plain(func(n int) string {
		return route("networking.k8s.io/v1", "NetworkPolicy", "np", "  podSelector: {matchLabels: {app: gateway}}\n  ingress:\n"+
			each(n, "  - {from: [{podSelector: {matchLabels: {app: c#}}}], ports: [{port: 8080}]}\n"))
	})},
}

// cost is what one judgement takes.
type cost struct {
	bytes, findings uint64
	cpu             time.Duration
}

// judgementOf judges a row with everything read anew.
func judgementOf(t testing.TB, row stress, n int) cost {
	t.Helper()
	inv := inventoryOf(t, row.objects(n))
	began := cpuTime()
	var result check.Result
	bytes := allocated(func() { result = judged(t, everything(), inv) })
	return cost{bytes: bytes, findings: uint64(len(result.Findings) + len(result.Unknown)), cpu: cpuTime() - began}
}

// allocated is how many bytes something allocates, whatever becomes of them.
func allocated(what func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	what()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

func cpuTime() time.Duration {
	var usage syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// TestGrowth holds that a judgement of twice as many of anything allocates about twice as much. Memory is counted and not
// time, so that it is the same on every machine.
func TestGrowth(t *testing.T) {
	const bound = 2.6
	for _, row := range slices.Concat(stressTable, stressedLookups) {
		if !sample.Has(row.name, 4) {
			continue
		}
		t.Run(row.name, func(t *testing.T) {
			n := row.n
			if testing.Short() {
				n /= 4
			}
			judgementOf(t, row, 3) // what is made once
			once, twice := judgementOf(t, row, n), judgementOf(t, row, 2*n)
			growth := float64(twice.bytes) / float64(once.bytes)
			t.Logf("n=%d: %v, %d KB; doubled: %v, %d KB, growth %.2f; %d findings", n, once.cpu, once.bytes>>10, twice.cpu, twice.bytes>>10, growth, twice.findings)
			if growth > bound {
				t.Errorf("twice as many take %.2f times as much", growth)
			}
		})
	}
}

// BenchmarkGrowth judges each row, with how much more memory, and time of a processor, twice as many take.
func BenchmarkGrowth(b *testing.B) {
	for _, row := range slices.Concat(stressTable, stressedLookups) {
		b.Run(strings.ReplaceAll(row.name, " ", "-"), func(b *testing.B) {
			var once, twice cost
			for b.Loop() {
				once, twice = judgementOf(b, row, row.n), judgementOf(b, row, 2*row.n)
			}
			b.ReportMetric(float64(twice.bytes)/float64(once.bytes), "growth")
			b.ReportMetric(float64(twice.cpu)/float64(once.cpu), "cpu-growth")
			b.ReportMetric(float64(once.bytes), "judgement-B")
			b.ReportMetric(float64(once.cpu.Microseconds()), "judgement-cpu-µs")
		})
	}
}
