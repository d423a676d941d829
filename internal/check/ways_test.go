package check_test

import (
	"fmt"
	"strings"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/test/sample"
)

// elsewhere are objects in another namespace than the gateway's.
var elsewhere = strings.NewReplacer("namespace: ditto}", "namespace: shop}")

// waysTable is thousands of ways in to one gateway, which anybody may open who may write a route.
var waysTable = []stress{
	{name: "paths of an Ingress", n: 2000, objects: stressTable[0].objects},
	{name: "Ingresses", n: 2000, objects: stressTable[1].objects},
	{name: "rules of an HTTPRoute", n: 2000, objects: stressTable[4].objects},
	{name: "rules of a VirtualService elsewhere", n: 2000, objects: func(n int) string {
		return fmt.Sprintf(stressGateway, "") + elsewhere.Replace(route("networking.istio.io/v1", "Gateway", "edge",
			"  selector: {istio: ingressgateway}\n  servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: ['a.example.com']}]\n")+
			route("networking.istio.io/v1", "VirtualService", "r", "  hosts: [a.example.com]\n  gateways: [edge]\n  http:\n"+
				each(n, "  - {match: [{uri: {prefix: /p#}}], route: [{destination: {host: gateway.ditto.svc.cluster.local, port: {number: 8080}}}]}\n")))
	}},
	{name: "locations of an nginx", n: 2000, objects: plain(func(n int) string {
		return fmt.Sprintf(stressProxy, "    a:b\n", each(n, "    location /p#/ { proxy_pass http://gateway:8080/; }\n")) +
			route("networking.k8s.io/v1", "Ingress", "api", "  ingressClassName: nginx\n  rules:\n  - host: a.example.com\n    http:\n      paths:\n"+
				"      - {path: /, pathType: Prefix, backend: {service: {name: nginx, port: {number: 8080}}}}\n---\napiVersion: v1\nkind: Service\nmetadata: {name: nginx, namespace: ditto}\nspec: {selector: {app: nginx}, ports: [{port: 8080}]}\n")
	})},
}

// besideWays judges changes of the gateway beside n ways: a label, and another setting. It has judged one before, as a server has.
func besideWays(t testing.TB, row stress, n int) func(edit string) (cost, check.Verdict) {
	t.Helper()
	inv, checker := inventoryOf(t, row.objects(n)), builtin(t, nil)
	old := inv.Get(inventory.Deployment, "ditto", "gateway")
	request := &admissionv1.AdmissionRequest{Namespace: "ditto", Name: "gateway", Operation: admissionv1.Update}
	change := func(edit string) (c cost, verdict check.Verdict) {
		t.Helper()
		raw := strings.Replace(string(old.Raw()), `"metadata":{`, `"metadata":{"labels":{"a":"b"},`, 1)
		if edit == "a setting" {
			raw = strings.Replace(string(old.Raw()), `"env":[`, `"env":[{"name":"DEVOPS_SECURED","value":"false"},`, 1)
		}
		changed, err := inventory.Decode([]byte(raw), inventory.Source{})
		if err != nil {
			t.Fatal(err)
		}
		began := cpuTime()
		c.bytes = allocated(func() {
			if verdict, err = checker.Change(t.Context(), inv, check.Change{Request: request, Object: changed, OldObject: old}); err != nil {
				t.Fatal(err)
			}
		})
		c.cpu = cpuTime() - began
		return c, verdict
	}
	change("a label")
	return change
}

// TestGrowth_ChangeBesideWays holds that a change of a gateway that was judged before takes twice as much beside twice as many ways in,
// however many these are: none is judged again that rules see as they saw it, nor is what is remembered of them forgotten half-way.
func TestGrowth_ChangeBesideWays(t *testing.T) {
	sample.Large(t)
	rows := waysTable
	if testing.Short() {
		rows = rows[:1] // writing down the others costs most of it
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			once, _ := besideWays(t, row, row.n)("a label")
			twice, verdict := besideWays(t, row, 2*row.n)("a label")
			if len(verdict.Denied) > 0 || len(verdict.Warned) == 0 {
				t.Errorf("denied %d, warned of %d, want warnings of what was there", len(verdict.Denied), len(verdict.Warned))
			}
			if growth := float64(twice.bytes) / float64(once.bytes); growth > 2.6 {
				t.Errorf("twice as many take %.2f times as much", growth)
			}
		})
	}
}

// BenchmarkGrowthBesideWays is a change of a gateway beside as many ways as are followed, or nearly, with how much more twice as many
// take than half of them.
func BenchmarkGrowthBesideWays(b *testing.B) {
	for _, row := range waysTable {
		for _, edit := range []string{"a label", "a setting"} {
			b.Run(strings.ReplaceAll(row.name+"/"+edit, " ", "-"), func(b *testing.B) {
				half, all := besideWays(b, row, row.n), besideWays(b, row, 2*row.n)
				var once, twice cost
				for b.Loop() {
					c, _ := half(edit)
					once.bytes, once.cpu = once.bytes+c.bytes, once.cpu+c.cpu
					c, _ = all(edit)
					twice.bytes, twice.cpu = twice.bytes+c.bytes, twice.cpu+c.cpu
				}
				b.ReportMetric(float64(twice.bytes)/float64(once.bytes), "growth")
				b.ReportMetric(float64(twice.cpu)/float64(once.cpu), "cpu-growth")
				b.ReportMetric(float64(twice.bytes)/float64(b.N), "judgement-B")
				b.ReportMetric(float64(twice.cpu.Microseconds())/float64(b.N), "judgement-cpu-µs")
			})
		}
	}
}
