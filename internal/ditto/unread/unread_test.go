package unread_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/dittoguard/dittoguard/internal/ditto/unread"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/test/objects"
)

func object(t *testing.T, text string) *inventory.Object {
	t.Helper()
	list := objects.Of(t, text)
	if len(list) != 1 {
		t.Fatalf("%d objects in:\n%s", len(list), text)
	}
	return list[0]
}

const named = "\nmetadata: {namespace: ns, name: x}\n"

func TestKind(t *testing.T) {
	for name, test := range map[string]struct {
		text      string
		why       string
		is, opens bool
	}{
		"a Service":                  {"apiVersion: v1\nkind: Service" + named, "", false, true},
		"a kind of no concern":       {"apiVersion: example.com/v1\nkind: Gizmo" + named, "", false, false},
		"a kind that opens ways":     {"apiVersion: getambassador.io/v2\nkind: Mapping" + named, unread.KindNotRead, true, true},
		"its group with other kinds": {"apiVersion: getambassador.io/v2\nkind: Module" + named, "", false, false},
		"its kind of another group":  {"apiVersion: example.com/v2\nkind: Mapping" + named, "", false, false},
		"a version that is not read": {
			"apiVersion: networking.k8s.io/v1beta1\nkind: Ingress" + named,
			"version v1beta1 of this kind is not read (only v1)", true, true,
		},
		"a former group": {
			"apiVersion: extensions/v1beta1\nkind: Ingress" + named,
			"extensions/v1beta1 of this kind is not read (only networking.k8s.io/v1)", true, true,
		},
		"a former group of a workload": {
			"apiVersion: extensions/v1beta1\nkind: Deployment" + named,
			"extensions/v1beta1 of this kind is not read (only apps/v1)", true, false,
		},
		"a kind in which Ditto runs": {
			"apiVersion: example.com/v1\nkind: Gizmo" + named +
				"spec: {any: [{template: {spec: {containers: [{name: a, image: eclipse/ditto-gateway}]}}}]}",
			"", true, false,
		},
		"a kind in which something else runs": {
			"apiVersion: example.com/v1\nkind: Gizmo" + named + "spec: {template: {spec: {containers: [{name: a, image: x}]}}}",
			"", false, false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			o := object(t, test.text)
			why, anywhere := unread.Kind(o)
			if why != test.why || anywhere {
				t.Errorf("not read: %q, anywhere: %t; want %q", why, anywhere, test.why)
			}
			if is, opens := unread.Is(o), unread.OpensWays(o); is != test.is || opens != test.opens {
				t.Errorf("may have to do with Ditto: %t, opens ways: %t; want %t, %t", is, opens, test.is, test.opens)
			}
		})
	}
}

func TestWhatCannotBeReadIsSaid(t *testing.T) {
	o := object(t, "apiVersion: example.com/v1\nkind: Gizmo"+named)
	o.Unreadable = "a field is of the wrong type"
	if why, _ := unread.Kind(o); why != "it cannot be read: a field is of the wrong type" {
		t.Errorf("not read: %q", why)
	}
}

func TestVersionsRead(t *testing.T) {
	ingress := schema.GroupKind{Group: "networking.k8s.io", Kind: "Ingress"}
	if diff := cmp.Diff([]string{"v1"}, unread.VersionsRead(ingress)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if list := unread.VersionsRead(schema.GroupKind{Group: "extensions", Kind: "Ingress"}); list != nil {
		t.Errorf("versions of a former group: %v", list)
	}
	if current := unread.CurrentKind(schema.GroupKind{Kind: "Route"}); current.Group != "route.openshift.io" {
		t.Errorf("a Route without a group is one of %q", current.Group)
	}
}

func TestNames(t *testing.T) {
	for name, test := range map[string]struct {
		text string
		want []string
	}{
		"an object that is read": {"apiVersion: v1\nkind: Service" + named + "spec: {externalName: gateway.ditto.svc}", nil},
		"a kind of no concern":   {"apiVersion: example.com/v1\nkind: Gizmo" + named + "spec: {to: gateway.ditto.svc}", nil},
		"hosts with and without ports": {
			"apiVersion: getambassador.io/v2\nkind: Mapping" + named + "spec: {service: 'http://gateway.ditto:8080', also: a.b.svc}",
			[]string{"a.b.svc:0", "gateway.ditto:8080"},
		},
		"fields that belong together": {
			"apiVersion: apisix.apache.org/v2\nkind: ApisixRoute" + named +
				"spec: {backends: [{serviceName: gateway, serviceNamespace: ditto, servicePort: 8080}]}",
			[]string{"gateway.ditto.svc:8080"},
		},
		"a name and a port": {
			"apiVersion: apisix.apache.org/v2\nkind: ApisixRoute" + named + "spec: {backends: [{name: gateway, port: '81'}]}",
			[]string{"gateway:81"},
		},
		"a namespace and a name": {
			"apiVersion: getambassador.io/v2\nkind: Mapping" + named + "spec: {to: 'ditto/gateway:82'}",
			[]string{"gateway.ditto.svc:82"},
		},
		"names inside Traefik": {
			"apiVersion: traefik.io/v9\nkind: IngressRoute" + named + "spec: {a: my-ns-web-80@kubernetes, b: " +
				"'a-" + strings.Repeat("b", 250) + ".c-80@kubernetescrd', c: 'a-" + strings.Repeat("b-", 200) + "c@kubernetes', " +
				"d: 'a-b c@kubernetes'}",
			[]string{
				"ns-web-80.my.svc:0", "ns-web.my.svc:0", "web-80.my-ns.svc:0", "web.my-ns.svc:0", "80.my-ns-web.svc:0",
				strings.Repeat("b", 250) + ".c.a.svc:0",
			},
		},
		"nothing from the metadata and the status": {
			"apiVersion: getambassador.io/v2\nkind: Mapping\nmetadata: {namespace: ns, name: x, annotations: {to: gateway.ditto.svc}}\n" +
				"status: {to: gateway.ditto.svc}",
			nil,
		},
		"ports that are handed on": {
			"apiVersion: v1\nkind: ConfigMap" + named + "data: {'81': 'ditto/gateway:http', '80': 'ditto/gateway:8080:PROXY', " +
				"'82': 'ditto/gateway', '83': 'gateway:8080', x: 'ditto/gateway:8080'}",
			[]string{"gateway.ditto.svc:8080", "gateway.ditto.svc:0"},
		},
		"what no Ingress is for": {
			"apiVersion: v1\nkind: Pod" + named +
				"spec: {containers: [{name: a, args: [--default-backend-service=ditto/gateway]}, {name: b, args: [--default-backend-service=x]}]}",
			[]string{"gateway.ditto.svc:0"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, n := range unread.Names(object(t, test.text)) {
				got = append(got, fmt.Sprintf("%s:%d", n.Host, n.Port))
				if strings.Count(n.Says, "%s") != 1 {
					t.Errorf("no format for one name: %q", n.Says)
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestNameMeansPorts(t *testing.T) {
	ports := []int32{80}
	for _, test := range []struct {
		named int32
		api   bool
		want  bool
	}{{80, false, true}, {80, true, true}, {81, true, false}, {0, true, true}, {0, false, false}} {
		if got := (unread.Name{Port: test.named}).Means(ports, test.api); got != test.want {
			t.Errorf("a name with port %d means port 80 (API: %t): %t", test.named, test.api, got)
		}
	}
}

func TestPods(t *testing.T) {
	o := object(t, "apiVersion: example.com/v1\nkind: Gizmo"+named+
		"spec:\n  b: {template: {metadata: {labels: {l: '2'}}, spec: {containers: [{name: second}]}}}\n"+
		"  a: [{metadata: {labels: {l: '1'}}, spec: {containers: [{name: first, ports: none}], template: {spec: {containers: [{name: nested}]}}}}]\n")
	list, broken := unread.Pods(o)
	if broken == nil {
		t.Error("a template with ports of the wrong type is not broken")
	}
	var got []string
	for _, pod := range list {
		got = append(got, pod.Ref.String()+" "+pod.Meta.Labels["l"]+" "+pod.PodTemplate().Spec.Containers[0].Name)
	}
	if diff := cmp.Diff([]string{"Pod ns/x 1 first", "Pod ns/x 2 second"}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if list, _ := unread.Pods(object(t, "apiVersion: v1\nkind: Pod"+named+"spec: {containers: [{name: a}]}")); list != nil {
		t.Errorf("pods of an object that is read: %v", list)
	}
}
