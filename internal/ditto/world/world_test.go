package world_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/dittoguard/dittoguard/internal/ditto/index"
	"github.com/dittoguard/dittoguard/internal/ditto/recognize"
	"github.com/dittoguard/dittoguard/internal/ditto/world"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/test/objects"
)

// cluster is a view of the objects of a stream.
func cluster(t *testing.T, stream string, options ...func(*world.Options)) *world.View {
	t.Helper()
	opts := world.Options{Cache: world.NewCache()}
	for _, option := range options {
		option(&opts)
	}
	inv := inventory.NewMemory(index.Of, nil)
	for _, o := range objects.Of(t, stream) {
		inv.Put(o)
	}
	return world.New(t.Context(), inv, opts)
}

// one is the object of a name, `Kind/name` in the namespace ns or `Kind/namespace/name`.
func one(t *testing.T, v *world.View, name string) *inventory.Object {
	t.Helper()
	kind, rest, _ := strings.Cut(name, "/")
	namespace, name, found := strings.Cut(rest, "/")
	if !found {
		namespace, name = "ns", rest
	}
	for _, k := range inventory.Kinds() {
		if k.Kind != kind {
			continue
		}
		if o := v.Get(k.GroupKind(), namespace, name); o != nil {
			return o
		}
	}
	t.Fatalf("no %s %s/%s", kind, namespace, name)
	return nil
}

func refs(list []*inventory.Object) string {
	var names []string
	for _, o := range list {
		names = append(names, o.Ref.Kind+"/"+o.Ref.Name)
	}
	return strings.Join(names, " ")
}

const (
	gateway = "{containers: [{name: gateway, image: eclipse/ditto-gateway, ports: [{name: http, containerPort: 8080}]}]}"

	deployment = "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {namespace: ns, name: d, uid: u1, generation: 2, " +
		"annotations: {deployment.kubernetes.io/revision: '2'}}\n" +
		"spec: {replicas: 2, selector: {matchLabels: {app: g}}, template: {metadata: {labels: {app: g}}, spec: " + gateway + "}}\n" +
		"status: {observedGeneration: 2, updatedReplicas: 2, replicas: 2}\n"

	service = "---\napiVersion: v1\nkind: Service\nmetadata: {namespace: ns, name: s}\n" +
		"spec: {clusterIP: 10.0.0.1, selector: {app: g}, ports: [{name: http, port: 80, targetPort: http}]}\n"
)

// replicaSet is one of the Deployment; spec is of its pods.
func replicaSet(name, hash, owner, spec string, more ...string) string {
	return "---\napiVersion: apps/v1\nkind: ReplicaSet\nmetadata: {namespace: ns, name: " + name + ", uid: r1, " +
		"labels: {pod-template-hash: '" + hash + "'}, annotations: {deployment.kubernetes.io/revision: '1'}, " +
		"ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: d, uid: " + owner + ", controller: true}]}\n" +
		"spec: {replicas: 1, template: {metadata: {labels: {app: g, pod-template-hash: '" + hash + "'}}, spec: " + spec + "}}\n" +
		strings.Join(more, "")
}

func TestWorkloadsBehindAServiceAreEachThereOnce(t *testing.T) {
	other := strings.Replace(gateway, "{name: gateway", "{name: gateway, env: [{name: DEVOPS_SECURED, value: 'false'}]", 1)
	for name, test := range map[string]struct{ stream, want string }{
		"a Deployment and its ReplicaSet":       {replicaSet("d-1", "1", "u1", gateway), "Deployment/d"},
		"one that somebody else made":           {replicaSet("d-1", "1", "u2", gateway), "Deployment/d ReplicaSet/d-1"},
		"one that runs something else":          {replicaSet("d-1", "1", "u1", other), "Deployment/d ReplicaSet/d-1"},
		"one that has no UID of an owner":       {replicaSet("d-1", "1", "''", gateway), "Deployment/d ReplicaSet/d-1"},
		"one that the selector does not select": {strings.ReplaceAll(replicaSet("d-1", "1", "u2", gateway), "app: g", "app: x"), "Deployment/d"},
	} {
		t.Run(name, func(t *testing.T) {
			v := cluster(t, deployment+service+test.stream)
			svc := one(t, v, "Service/s")
			if got := refs(world.WorkloadsBehind(v, svc.Typed.(*corev1.Service))); got != test.want {
				t.Errorf("behind it: %s, want %s", got, test.want)
			}
		})
	}
}

func TestSameAsOwner(t *testing.T) {
	idle := strings.Replace(replicaSet("d-1", "1", "u1", gateway), "replicas: 1", "replicas: 0", 1)
	for name, test := range map[string]struct {
		made                 string
		same, idle, outgoing bool
	}{
		"as described": {made: replicaSet("d-1", "1", "u1", gateway), same: true},
		"another tag":  {made: replicaSet("d-1", "1", "u1", strings.Replace(gateway, "ditto-gateway", "ditto-gateway:2", 1)), same: true},
		"another image": {
			made: replicaSet("d-1", "1", "u1", strings.Replace(gateway, "eclipse/", "acme/", 1)),
		},
		"another port": {made: replicaSet("d-1", "1", "u1", strings.Replace(gateway, "8080", "8081", 1))},
		"the node's network": {
			made: replicaSet("d-1", "1", "u1", strings.Replace(gateway, "{containers", "{hostNetwork: true, containers", 1)),
		},
		"the account's token": {
			made: replicaSet("d-1", "1", "u1", strings.Replace(gateway, "ports:",
				"volumeMounts: [{name: t, mountPath: /var/run/secrets/kubernetes.io/serviceaccount}], ports:", 1)), same: true,
		},
		"a mount of something": {
			made: replicaSet("d-1", "1", "u1", strings.Replace(gateway, "ports:", "volumeMounts: [{name: t, mountPath: /x}], ports:", 1)),
		},
		"one more label":  {made: strings.Replace(replicaSet("d-1", "1", "u1", gateway), "{app: g, ", "{app: g, more: x, ", 1)},
		"another label":   {made: strings.Replace(replicaSet("d-1", "1", "u1", gateway), "{app: g, ", "{app: x, ", 1)},
		"another's":       {made: replicaSet("d-1", "1", "u2", gateway)},
		"kept at nothing": {made: idle, same: true, idle: true},
		"without a hash at its end, kept at nothing": {made: strings.Replace(idle, "name: d-1", "name: d-2", 1), same: true},
	} {
		t.Run(name, func(t *testing.T) {
			v := cluster(t, deployment+test.made)
			o := v.Find(inventory.KindKey(inventory.ReplicaSet, "ns"))
			if len(o) != 1 {
				t.Fatalf("%d ReplicaSets", len(o))
			}
			if same, idle := v.SameAsOwner(o[0]), v.Idle(o[0]); same != test.same || idle != test.idle {
				t.Errorf("the same: %t, idle: %t", same, idle)
			}
		})
	}
}

func TestOutgoing(t *testing.T) {
	old := strings.Replace(gateway, "{name: gateway", "{name: gateway, env: [{name: DEVOPS_SECURED, value: 'false'}]", 1)
	const rolling = "updatedReplicas: 1"
	for name, test := range map[string]struct {
		deployment []string
		made       string
		want       bool
	}{
		"while the rollout goes on":         {[]string{"updatedReplicas: 2", rolling}, replicaSet("d-1", "1", "u1", old), true},
		"not seen by the controller":        {[]string{"generation: 2", "generation: 3"}, replicaSet("d-1", "1", "u1", old), true},
		"more pods than wanted":             {[]string{"replicas: 2}", "replicas: 3}"}, replicaSet("d-1", "1", "u1", old), true},
		"after the rollout":                 {nil, replicaSet("d-1", "1", "u1", old), false},
		"what runs what is described":       {[]string{"updatedReplicas: 2", rolling}, replicaSet("d-1", "1", "u1", gateway), false},
		"of a paused Deployment":            {[]string{"updatedReplicas: 2", rolling, "spec: {replicas", "spec: {paused: true, replicas"}, replicaSet("d-1", "1", "u1", old), false},
		"of one that is stuck":              {[]string{"updatedReplicas: 2", rolling + ", conditions: [{type: Progressing, status: 'False'}]"}, replicaSet("d-1", "1", "u1", old), false},
		"of one without a deadline":         {[]string{"updatedReplicas: 2", rolling, "spec: {replicas", "spec: {progressDeadlineSeconds: 2147483647, replicas"}, replicaSet("d-1", "1", "u1", old), false},
		"one that somebody wrote":           {[]string{"updatedReplicas: 2", rolling}, replicaSet("mine", "1", "u1", old), false},
		"of a later revision than is known": {[]string{"updatedReplicas: 2", rolling, "revision: '2'", "revision: '0'"}, replicaSet("d-1", "1", "u1", old), false},
	} {
		t.Run(name, func(t *testing.T) {
			v := cluster(t, strings.NewReplacer(test.deployment...).Replace(deployment)+test.made)
			o := v.Find(inventory.KindKey(inventory.ReplicaSet, "ns"))[0]
			if got := v.Outgoing(o); got != test.want {
				t.Errorf("outgoing: %t", got)
			}
		})
	}
}

func TestOutgoingPods(t *testing.T) {
	stream := func(kind, spec, status string) string {
		return "apiVersion: apps/v1\nkind: " + kind + "\nmetadata: {namespace: ns, name: d, uid: u1, generation: 2}\n" +
			"spec: {" + spec + "template: {metadata: {labels: {app: g}}, spec: " + gateway + "}}\nstatus: {" + status + "}\n" +
			"---\napiVersion: v1\nkind: Pod\nmetadata: {namespace: ns, name: d-1, labels: {app: g, controller-revision-hash: old}, " +
			"ownerReferences: [{apiVersion: apps/v1, kind: " + kind + ", name: d, uid: u1, controller: true}]}\n" +
			"spec: " + strings.Replace(gateway, "8080", "8081", 1) + "\n"
	}
	for name, test := range map[string]struct {
		stream string
		want   bool
	}{
		"StatefulSet, rolling":       {stream("StatefulSet", "", "observedGeneration: 2, currentRevision: old, updateRevision: new"), true},
		"StatefulSet, rolled":        {stream("StatefulSet", "", "observedGeneration: 2, currentRevision: new, updateRevision: new"), false},
		"StatefulSet, of the new":    {stream("StatefulSet", "", "observedGeneration: 2, currentRevision: older, updateRevision: old"), false},
		"StatefulSet, not seen yet":  {stream("StatefulSet", "", "observedGeneration: 1, currentRevision: old, updateRevision: old"), true},
		"StatefulSet, never seen":    {stream("StatefulSet", "", ""), false},
		"StatefulSet, by hand":       {stream("StatefulSet", "updateStrategy: {type: OnDelete}, ", "observedGeneration: 2, currentRevision: old, updateRevision: new"), false},
		"StatefulSet, below the cut": {stream("StatefulSet", "updateStrategy: {rollingUpdate: {partition: 2}}, ", "observedGeneration: 2, currentRevision: old, updateRevision: new"), false},
		"StatefulSet, at the cut":    {stream("StatefulSet", "updateStrategy: {rollingUpdate: {partition: 1}}, ", "observedGeneration: 2, currentRevision: old, updateRevision: new"), true},
		"DaemonSet, rolling":         {stream("DaemonSet", "", "observedGeneration: 2, desiredNumberScheduled: 2, updatedNumberScheduled: 1"), true},
		"DaemonSet, rolled":          {stream("DaemonSet", "", "observedGeneration: 2, desiredNumberScheduled: 2, updatedNumberScheduled: 2"), false},
		"DaemonSet, not seen yet":    {stream("DaemonSet", "", "observedGeneration: 1, desiredNumberScheduled: 2, updatedNumberScheduled: 2"), true},
		"DaemonSet, never seen":      {stream("DaemonSet", "", ""), false},
		"DaemonSet, by hand":         {stream("DaemonSet", "updateStrategy: {type: OnDelete}, ", "observedGeneration: 1"), false},
	} {
		t.Run(name, func(t *testing.T) {
			v := cluster(t, test.stream)
			if got := v.Outgoing(one(t, v, "Pod/d-1")); got != test.want {
				t.Errorf("outgoing: %t", got)
			}
		})
	}
}

func TestPortsOf(t *testing.T) {
	for name, test := range map[string]struct{ stream, want string }{
		"a gateway": {"spec: " + gateway, "http 8080, remoting 2551, management 7626, metrics 9095"},
		"a port of its own": {
			"spec: {containers: [{name: a, image: ditto-gateway, env: [{name: HTTP_PORT, value: '81'}]}]}",
			"http 81, remoting 2551, management 7626, metrics 9095",
		},
		"a port that is declared and not bound": {
			"spec: {containers: [{name: a, image: ditto-gateway, ports: [{name: http, containerPort: 81}]}]}",
			"http 8080, remoting 2551, management 7626, metrics 9095",
		},
		"a port that cannot be read": {
			"spec: {containers: [{name: a, image: ditto-gateway, ports: [{name: http, containerPort: 81}], " +
				"env: [{name: HTTP_PORT, valueFrom: {fieldRef: {fieldPath: status.podIP}}}]}]}",
			"http 81, remoting 2551, management 7626, metrics 9095",
		},
		"a proxy":                  {"spec: {containers: [{name: a, image: nginx, ports: [{containerPort: 80}]}]}", ""},
		"a database with no Ditto": {"spec: {containers: [{name: a, image: mongo}]}", ""},
		"a database with a Ditto":  {"spec: {containers: [{name: a, image: mongo, ports: [{name: mongo, containerPort: 1}]}]}\n" + deployment, "mongodb 1"},
	} {
		t.Run(name, func(t *testing.T) {
			v := cluster(t, "apiVersion: v1\nkind: Pod\nmetadata: {namespace: ns, name: p}\n"+test.stream)
			var list []string
			for _, p := range v.PortsOf(v.Parts(one(t, v, "Pod/p"))[0]) {
				list = append(list, fmt.Sprintf("%s %d", p.Name, p.Number))
			}
			if got := strings.Join(list, ", "); got != test.want {
				t.Errorf("ports: %s", got)
			}
		})
	}
}

func TestOpenPortsAreNobodyElses(t *testing.T) {
	v := cluster(t, service+"---\napiVersion: v1\nkind: Pod\nmetadata: {namespace: ns, name: p, labels: {app: g}}\n"+
		"spec: {containers: [{name: web, image: nginx, ports: [{containerPort: 83}, {containerPort: 53, protocol: UDP}]}, "+
		"{name: b, image: ditto-things}, {name: c, image: x, ports: [{containerPort: 84, name: http}]}]}\n"+
		"---\napiVersion: v1\nkind: Service\nmetadata: {namespace: ns, name: more}\n"+
		"spec: {selector: {app: g}, ports: [{port: 81}, {port: 8080}, {port: 82, targetPort: 83}]}\n")
	parts := recognize.Named(v.Parts(one(t, v, "Pod/p")), recognize.Proxy)
	if diff := cmp.Diff([]int32{81, 83}, v.OpenPorts(parts[0])); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestServicesAndTheirNames(t *testing.T) {
	v := cluster(t, deployment+service+
		"---\napiVersion: v1\nkind: Service\nmetadata: {namespace: ns, name: alias}\nspec: {type: ExternalName, externalName: s.ns.svc.cluster.local}\n"+
		"---\napiVersion: v1\nkind: Service\nmetadata: {namespace: ns, name: address}\nspec: {type: ExternalName, externalName: 10.0.0.1}\n"+
		"---\napiVersion: v1\nkind: Service\nmetadata: {namespace: far, name: alias}\nspec: {type: ExternalName, externalName: s}\n"+
		"---\napiVersion: v1\nkind: Service\nmetadata: {namespace: ns, name: none}\nspec: {clusterIP: None, selector: {app: g}}\n"+
		"---\napiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {namespace: ns, name: e, labels: {kubernetes.io/service-name: none}}\n"+
		"addressType: IPv4\nendpoints: [{addresses: [10.1.0.1]}]\n")
	svc := one(t, v, "Service/s")
	if got := refs(world.AliasesOf(v, svc)); got != "Service/alias Service/address" {
		t.Errorf("aliases: %s", got)
	}
	if got := refs(v.ServicesSelecting(one(t, v, "Deployment/d"))); got != "Service/none Service/s" {
		t.Errorf("selecting: %s", got)
	}
	if got := refs(world.ServicesWithEndpoint(v, []string{"10.1.0.1", "10.1.0.2"})); got != "Service/none" {
		t.Errorf("with the endpoint: %s", got)
	}
	if got := refs(world.AtAddress(v, "10.0.0.1")); got != "Service/s" {
		t.Errorf("at the address: %s", got)
	}
	if got := len(world.SlicesOf(v, one(t, v, "Service/none"))); got != 1 {
		t.Errorf("%d EndpointSlices", got)
	}
	for host, want := range map[string]string{
		"s": "ns/s", "s.ns": "ns/s", "s.ns.svc.cluster.local": "ns/s", "pod-0.none": "ns/none", "pod-0.s.ns.svc": "", "other": "",
	} {
		got := ""
		if named := world.ServiceNamed(v, host, "ns"); named != nil {
			got = named.Ref.Namespace + "/" + named.Ref.Name
		}
		if got != want {
			t.Errorf("%s is %q, want %q", host, got, want)
		}
	}
}

func TestDeadPorts(t *testing.T) {
	for name, test := range map[string]struct {
		ports, more string
		dead        bool
	}{
		"a declared name":       {ports: "{port: 80, targetPort: http}"},
		"a number":              {ports: "{port: 80, targetPort: 1234}"},
		"a name of none":        {ports: "{port: 80, targetPort: web}", dead: true},
		"a name for datagrams":  {ports: "{port: 80, targetPort: web, protocol: UDP}"},
		"an endpoint all alike": {ports: "{name: x, port: 80, targetPort: web}", more: "ports: [{name: x, port: 1}]"},
		"another port's":        {ports: "{name: x, port: 80, targetPort: web}", more: "ports: [{name: z, port: 1}]", dead: true},
	} {
		t.Run(name, func(t *testing.T) {
			stream := deployment + "---\napiVersion: v1\nkind: Service\nmetadata: {namespace: ns, name: s}\nspec: {selector: {app: g}, ports: [" + test.ports + "]}\n"
			if test.more != "" {
				stream += "---\napiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\n" +
					"metadata: {namespace: ns, name: e, labels: {kubernetes.io/service-name: s}}\naddressType: IPv4\n" + test.more
			}
			v := cluster(t, stream)
			if got := v.DeadPorts(one(t, v, "Service/s")); (len(got) == 1) != test.dead || len(got) > 1 {
				t.Errorf("dead: %v", got)
			}
		})
	}
}

func TestClientsAndStrangers(t *testing.T) {
	const pods = "apiVersion: v1\nkind: Pod\nmetadata: {namespace: ns, name: p, labels: {app: c}}\nspec: {containers: [{name: a, image: x}, {name: b, image: nginx}]}\n"
	selector := func(text string) labels.Selector {
		s, err := labels.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	for name, test := range map[string]struct {
		client world.Client
		want   bool
	}{
		"by name":                  {world.Client{Namespace: "ns", Name: "p"}, true},
		"another name":             {world.Client{Namespace: "ns", Name: "q"}, false},
		"any":                      {world.Client{Namespace: "ns"}, true},
		"of another namespace":     {world.Client{Namespace: "far"}, false},
		"by label":                 {world.Client{Namespace: "ns", Selector: selector("app=c")}, true},
		"by another label":         {world.Client{Namespace: "ns", Selector: selector("app=d")}, false},
		"by label and name of two": {world.Client{Namespace: "ns", Name: "q", Selector: selector("app=c")}, false},
	} {
		t.Run(name, func(t *testing.T) {
			v := cluster(t, pods, func(o *world.Options) { o.Clients = []world.Client{test.client} })
			o := one(t, v, "Pod/p")
			strangers := v.Strangers(o)
			if v.IsClient(o) != test.want || (len(strangers) == 0) != test.want {
				t.Errorf("a client: %t, %d strangers", v.IsClient(o), len(strangers))
			}
			if !test.want && (len(strangers) != 1 || strangers[0].Name != "a") {
				t.Errorf("strangers: %v", strangers)
			}
		})
	}
	v := cluster(t, deployment+replicaSet("d-1", "1", "u1", gateway), func(o *world.Options) {
		o.Clients = []world.Client{{Namespace: "ns", Name: "d"}}
	})
	if !v.IsClient(v.Find(inventory.KindKey(inventory.ReplicaSet, "ns"))[0]) {
		t.Error("what a client's workload made is no client")
	}
	v = cluster(t, "apiVersion: v1\nkind: Pod\nmetadata: {namespace: ns, name: p}\nspec: {containers: [{name: a, image: ditto-ui}, {name: b, image: mongo}]}\n")
	if strangers := v.Strangers(one(t, v, "Pod/p")); len(strangers) != 1 || strangers[0].Name != "a" {
		t.Errorf("strangers: %v", strangers)
	}
}

func TestNamings(t *testing.T) {
	v := cluster(t, "apiVersion: v1\nkind: Pod\nmetadata: {namespace: ns, name: p}\n"+
		"spec: {containers: [{name: a, image: x, args: [--to=gateway.ditto.svc:8080], "+
		"env: [{name: MODE, value: gateway}, {name: UPSTREAM, value: gateway}, {name: TO, value: 'http://gateway.ditto.svc:8080'}]}]}")
	o := one(t, v, "Pod/p")
	got := map[string]bool{}
	for _, n := range v.Namings(o, &o.PodTemplate().Spec.Containers[0]) {
		got[fmt.Sprintf("%s:%d by %s", n.Name, n.Port, n.Where)] = n.Weak
	}
	want := map[string]bool{"gateway:0 by env UPSTREAM": false, "gateway.ditto.svc:8080 by env TO": false}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestRunsDitto(t *testing.T) {
	v := cluster(t, deployment+"---\napiVersion: v1\nkind: Pod\nmetadata: {namespace: far, name: p}\n"+
		"spec: {containers: [{name: a, image: x, envFrom: [{configMapRef: {name: c}}]}]}\n"+
		"---\napiVersion: v1\nkind: ConfigMap\nmetadata: {namespace: far, name: c}\ndata: {DEVOPS_SECURED: 'true', ENABLE_DUMMY_AUTH: 'true'}\n"+
		"---\napiVersion: v1\nkind: Pod\nmetadata: {namespace: empty, name: p}\nspec: {containers: [{name: a, image: x}]}\n")
	for namespace, want := range map[string]string{"ns": "Deployment/d", "far": "Pod/p", "empty": ""} {
		if got := refs(v.DittosIn(namespace)); got != want || v.RunsDitto(namespace) != (want != "") {
			t.Errorf("in %s: %q, runs Ditto: %t", namespace, got, v.RunsDitto(namespace))
		}
	}
	if !v.RunsDitto("") {
		t.Error("no Ditto anywhere")
	}
}

func TestAViewIsSilentWhenItsJudgementHasEnded(t *testing.T) {
	inv := inventory.NewMemory(index.Of, nil)
	for _, o := range objects.Of(t, deployment+service) {
		inv.Put(o)
	}
	ctx, end := context.WithCancelCause(t.Context())
	v := world.New(ctx, inv, world.Options{Cache: world.NewCache()})
	d := one(t, v, "Deployment/d")
	if err := world.CutShort(ctx, v); err != nil {
		t.Errorf("cut short before the end: %v", err)
	}
	v.Spend(d.Ref.ID(), 3)
	v.Quietly().Spend(inventory.ID{Namespace: "ns", Name: "other"}, 2)
	gone := errors.New("no time is left")
	end(gone)
	if v.Get(inventory.Service, "ns", "s") != nil || v.Find(inventory.KindKey(inventory.Service, "ns")) != nil {
		t.Error("the view still answers")
	}
	if v.Get(d.Ref.GroupKind(), "ns", "d") != d {
		t.Error("what it knows it has forgotten")
	}
	err := world.CutShort(ctx, v)
	if !errors.Is(err, gone) || !strings.Contains(err.Error(), "most of the work went into Deployment ns/d") {
		t.Errorf("cut short: %v", err)
	}
	v.Quietly().Spend(inventory.ID{Namespace: "ns", Name: "other"}, 1)
	if err := world.CutShort(ctx, v); !errors.Is(err, gone) || strings.Contains(err.Error(), "most of the work") {
		t.Errorf("cut short: %v", err)
	}
}

func TestCache(t *testing.T) {
	parsed := 0
	parse := func() any { parsed++; return parsed }
	c, ctx := world.NewCache(), t.Context()
	first := c.Parsed(ctx, "a", map[string]string{"x": "1"}, parse)
	if again := c.Parsed(ctx, "a", map[string]string{"x": "1"}, parse); again != first || parsed != 1 {
		t.Errorf("parsed %d times", parsed)
	}
	for _, other := range []struct {
		main  string
		files map[string]string
	}{{"b", map[string]string{"x": "1"}}, {"a", map[string]string{"x": "2"}}, {"a", map[string]string{"z": "1"}}, {"a", nil}} {
		if c.Parsed(ctx, other.main, other.files, parse) == first {
			t.Errorf("%v counts as the same", other)
		}
	}
	ended, end := context.WithCancel(ctx)
	end()
	if cut := c.Parsed(ended, "cut", nil, parse); c.Parsed(ctx, "cut", nil, parse) == cut {
		t.Error("what was cut short is kept")
	}
}

func TestMemo(t *testing.T) {
	memo, another := world.NewMemo(func() *int { return new(int) }), world.NewMemo(func() *int { return new(int) })
	v, w := cluster(t, ""), cluster(t, "")
	*memo.Of(v) = 3
	if *memo.Of(v) != 3 || *another.Of(v) != 0 || *memo.Of(w) != 0 {
		t.Error("a memo is shared, or forgotten")
	}
}
