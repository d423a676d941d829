package check_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/ditto/index"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/test/sample"
)

// TestWaysThatAreTooMany: Services that are one another's endpoints make more ways than are followed. What is not followed is
// unknown to every rule about ways in, in one line each, in whatever order the objects arrived; onUnknown: deny refuses it.
func TestWaysThatAreTooMany(t *testing.T) {
	const gaveUp = "not every way in was followed: some have more than 12 steps, or there are too many (at Service ditto/relay-"
	about := []string{"preauth-exposed", "devops-exposed", "internal-port-exposed"}
	strict := denyingUnknown(t, about...)

	fixture, _ := load(t, "../../rules/builtin/preauth-exposed/fail/way-too-long.yaml")
	// The gateway's Service is one of theirs too.
	fixture.Get(inventory.Service, "ditto", "gateway").Typed.(*corev1.Service).Spec.ClusterIP = "10.96.0.11"
	objects := fixture.All()
	for i := range 10 {
		objects = append(objects, relay(i, 10)...)
	}
	var first check.Result
	for _, reversed := range []bool{false, true} {
		if reversed {
			slices.Reverse(objects)
		}
		inv := inventory.NewMemory(index.Of, nil)
		for _, o := range objects {
			inv.Put(o)
		}
		result, denied := judged(t, everything(), inv), judged(t, strict, inv)
		for _, rule := range about {
			if n := count(result.Unknown, func(u check.Unknown) bool { return u.Rule == rule && strings.Contains(u.Message, gaveUp) }); n == 0 {
				t.Errorf("%s is not unknown: %+v", rule, result.Unknown)
			}
			if n := count(result.Findings, func(f check.Finding) bool { return f.Rule == rule }); n != 0 {
				t.Errorf("%s has %d findings", rule, n)
			}
			if n := count(denied.Findings, func(f check.Finding) bool { return f.Rule == rule && strings.Contains(f.Message, gaveUp) }); n == 0 {
				t.Errorf("%s with onUnknown: deny: %+v", rule, denied.Findings)
			}
		}
		if !reversed {
			first = result
		} else if fmt.Sprint(first.Unknown) != fmt.Sprint(result.Unknown) {
			t.Errorf("another order:\n%v\nand\n%v", first.Unknown, result.Unknown)
		}
	}
}

// TestWaysThatMultiply: locations of an nginx behind hosts of an Ingress make a way each with each, and more locations than
// anybody writes. What is followed is judged, the rest is unknown, with a name.
func TestWaysThatMultiply(t *testing.T) {
	for _, test := range []struct {
		name             string
		locations, hosts int
		findings         int
		unknown          string
	}{
		{"few", 20, 5, 100, ""},
		{"more than are followed of one proxy", 501, 1, 500, "more than 500 routes of Deployment ditto/nginx lead to it, and no more are followed; reduce their number"},
		{"each with each", 100, 100, 4852, "(at Ingress ditto/api)"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.findings > 100 {
				sample.Large(t)
			}
			inv := inventoryOf(t, fmt.Sprintf(stressGateway, "")+
				fmt.Sprintf(stressProxy, "    a:b\n", each(test.locations, "    location /p#/ { auth_basic off; proxy_pass http://gateway:8080/; }\n"))+
				route("v1", "Service", "nginx", "  selector: {app: nginx}\n  ports: [{port: 8080}]\n")+
				route("networking.k8s.io/v1", "Ingress", "api", "  ingressClassName: nginx\n  rules:\n"+
					each(test.hosts, "  - {host: h#.example.com, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: nginx, port: {number: 8080}}}}]}}\n")))
			result := judged(t, everything(), inv)
			n := 0
			for _, f := range result.Findings {
				if f.Rule == "preauth-exposed" {
					n += len(f.Routes)
				}
			}
			if n != test.findings {
				t.Errorf("%d ways in were found, want %d", n, test.findings)
			}
			said := count(result.Unknown, func(u check.Unknown) bool {
				return u.Rule == "preauth-exposed" && test.unknown != "" && strings.Contains(u.Message, test.unknown)
			})
			if want := min(1, len(test.unknown)); said != want {
				t.Errorf("said %d times, want %d: %+v", said, want, result.Unknown)
			}
		})
	}
}

func count[T any](list []T, is func(T) bool) int {
	n := 0
	for _, x := range list {
		if is(x) {
			n++
		}
	}
	return n
}

// relay is a Service without pods whose endpoints are the gateway's Service and all other relays.
func relay(i, n int) []*inventory.Object {
	svc := &corev1.Service{ObjectMeta: metav1.ObjectMeta{Namespace: "ditto", Name: fmt.Sprintf("relay-%d", i)}}
	svc.Spec.ClusterIP = fmt.Sprintf("10.96.0.%d", i+1)
	svc.Spec.ClusterIPs = []string{svc.Spec.ClusterIP}
	slice := &discoveryv1.EndpointSlice{ObjectMeta: metav1.ObjectMeta{
		Namespace: "ditto", Name: svc.Name, Labels: map[string]string{discoveryv1.LabelServiceName: svc.Name},
	}}
	for _, port := range []int32{8080, 2551} {
		name := fmt.Sprint("p", port)
		svc.Spec.Ports = append(svc.Spec.Ports, corev1.ServicePort{Name: name, Port: port})
		slice.Ports = append(slice.Ports, discoveryv1.EndpointPort{Name: new(name), Port: new(port)})
	}
	for other := range n + 1 {
		if other != i {
			slice.Endpoints = append(slice.Endpoints, discoveryv1.Endpoint{Addresses: []string{fmt.Sprintf("10.96.0.%d", other+1)}})
		}
	}
	return []*inventory.Object{
		inventory.FromTyped(svc, corev1.SchemeGroupVersion.WithKind("Service")),
		inventory.FromTyped(slice, discoveryv1.SchemeGroupVersion.WithKind("EndpointSlice")),
	}
}
