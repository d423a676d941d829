package netpol

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"
)

// policies reads the specs of policies of namespace ditto, named a, b and so on.
func policies(t testing.TB, specs ...string) []*Policy {
	t.Helper()
	var list []*Policy
	for i, spec := range specs {
		list = append(list, policy(t, string(rune('a'+i)), spec))
	}
	return list
}

func policy(t testing.TB, name, spec string) *Policy {
	t.Helper()
	api := &networkingv1.NetworkPolicy{}
	api.Namespace, api.Name = "ditto", name
	if err := yaml.UnmarshalStrict([]byte(spec), &api.Spec); err != nil {
		t.Fatal(err)
	}
	p, err := Read(api)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// The pods that the tables speak of, by name; where several are meant the names are separated by commas.
var sources = map[string]Source{
	"nginx":    {Namespace: "ditto", PodLabels: map[string]string{"app": "nginx"}, IP: netip.MustParseAddr("10.1.2.3")},
	"things":   {Namespace: "ditto", PodLabels: map[string]string{"app": "things"}},
	"scraper":  {Namespace: "monitoring", NamespaceLabels: map[string]string{"role": "ops"}, PodLabels: map[string]string{"app": "prometheus"}},
	"shop":     {Namespace: "shop", PodLabels: map[string]string{"app": "nginx"}},
	"internet": {IP: netip.MustParseAddr("203.0.113.9")},
	"six":      {IP: netip.MustParseAddr("2001:db8::1")},
}

var everySource = []string{"internet", "nginx", "scraper", "shop", "six", "things"}

func TestIngress(t *testing.T) {
	const all = "internet nginx scraper shop six things"
	for _, test := range []struct {
		name  string
		specs []string
		// allowed are the sources that get through, isolated the policies that isolate the pod.
		allowed, isolated string
		port              int32
		protocol          corev1.Protocol
	}{
		{name: "without a policy everyone gets through", allowed: all},
		{name: "a policy without rules lets nobody through", specs: []string{"podSelector: {}"}, isolated: "a"},
		{name: "an empty list of rules lets nobody through", specs: []string{"{podSelector: {}, ingress: []}"}, isolated: "a"},
		{name: "a rule without anything lets everyone through", specs: []string{"{podSelector: {}, ingress: [{}]}"}, isolated: "a", allowed: all},
		{name: "an empty from is everyone", specs: []string{"{podSelector: {}, ingress: [{from: []}]}"}, isolated: "a", allowed: all},
		{name: "a policy that selects other pods isolates nothing", specs: []string{"podSelector: {matchLabels: {app: things}}"}, allowed: all},
		{name: "a policy for egress isolates nothing", specs: []string{"{podSelector: {}, policyTypes: [Egress]}"}, allowed: all},
		{name: "a policy for egress has its ingress rules for nothing", specs: []string{"{podSelector: {}, policyTypes: [Egress], ingress: [{from: [{podSelector: {}}]}]}"}, allowed: all},
		{name: "without types egress rules do not remove ingress", specs: []string{"{podSelector: {}, egress: [{}]}"}, isolated: "a"},
		{name: "policies add up", specs: []string{"podSelector: {}", "{podSelector: {matchLabels: {app: gateway}}, ingress: [{from: [{podSelector: {matchLabels: {app: things}}}]}]}"},
			isolated: "a b", allowed: "things"},
		{name: "a pod selector is for pods of the policy's namespace", specs: []string{"{podSelector: {}, ingress: [{from: [{podSelector: {matchLabels: {app: nginx}}}]}]}"},
			isolated: "a", allowed: "nginx"},
		{name: "an empty pod selector is every pod of the policy's namespace", specs: []string{"{podSelector: {}, ingress: [{from: [{podSelector: {}}]}]}"},
			isolated: "a", allowed: "nginx things"},
		{name: "an empty namespace selector is every namespace, and no address", specs: []string{"{podSelector: {}, ingress: [{from: [{namespaceSelector: {}}]}]}"},
			isolated: "a", allowed: "nginx scraper shop things"},
		{name: "both selectors in one peer have to match", specs: []string{"{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {role: ops}}, podSelector: {matchLabels: {app: nginx}}}]}]}"},
			isolated: "a"},
		{name: "in two peers either is enough", specs: []string{"{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {role: ops}}}, {podSelector: {matchLabels: {app: nginx}}}]}]}"},
			isolated: "a", allowed: "nginx scraper"},
		{name: "a namespace is selected by its name", specs: []string{"{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: monitoring}}}]}]}"},
			isolated: "a", allowed: "scraper"},
		{name: "NotIn selects namespaces without the label", specs: []string{"{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchExpressions: [{key: role, operator: NotIn, values: [ops]}]}}]}]}"},
			isolated: "a", allowed: "nginx shop things"},
		{name: "a block is for addresses", specs: []string{"{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 0.0.0.0/0}}]}]}"},
			isolated: "a", allowed: "internet nginx"},
		{name: "what a block excepts does not get through", specs: []string{"{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 0.0.0.0/0, except: [203.0.113.0/24]}}]}]}"},
			isolated: "a", allowed: "nginx"},
		{name: "what one block excepts another lets through", specs: []string{"{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 0.0.0.0/0, except: [203.0.113.0/24]}}, {ipBlock: {cidr: 203.0.113.9/32}}]}]}"},
			isolated: "a", allowed: "internet nginx"},
		{name: "IPv4 is not IPv6", specs: []string{"{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: '::/0'}}]}]}"}, isolated: "a", allowed: "six"},

		{name: "an empty list of ports is every port", specs: []string{"{podSelector: {}, ingress: [{ports: []}]}"}, isolated: "a", allowed: all},
		{name: "another port lets nobody through", specs: []string{"{podSelector: {}, ingress: [{ports: [{port: 8081}]}]}"}, isolated: "a"},
		{name: "a port goes with every peer of its rule", specs: []string{"{podSelector: {}, ingress: [{ports: [{port: 8081}], from: [{podSelector: {}}]}, {ports: [{port: 8080}], from: [{namespaceSelector: {matchLabels: {role: ops}}}]}]}"},
			isolated: "a", allowed: "scraper"},
		{name: "a port by the name that the pod gives it", specs: []string{"{podSelector: {}, ingress: [{ports: [{port: http}]}]}"}, isolated: "a", allowed: all},
		{name: "a name of another port", specs: []string{"{podSelector: {}, ingress: [{ports: [{port: remoting}]}]}"}, isolated: "a"},
		{name: "a name that the pod does not know", specs: []string{"{podSelector: {}, ingress: [{ports: [{port: web}]}]}"}, isolated: "a"},
		{name: "a name of another protocol", specs: []string{"{podSelector: {}, ingress: [{ports: [{port: http, protocol: UDP}]}]}"}, isolated: "a"},
		{name: "a range", specs: []string{"{podSelector: {}, ingress: [{ports: [{port: 8000, endPort: 8080}]}]}"}, isolated: "a", allowed: all},
		{name: "below a range", specs: []string{"{podSelector: {}, ingress: [{ports: [{port: 8081, endPort: 9000}]}]}"}, isolated: "a"},
		{name: "above a range", specs: []string{"{podSelector: {}, ingress: [{ports: [{port: 8000, endPort: 8079}]}]}"}, isolated: "a"},
		{name: "without a protocol it is TCP", specs: []string{"{podSelector: {}, ingress: [{ports: [{port: 8080}]}]}"}, protocol: corev1.ProtocolUDP, isolated: "a"},
		{name: "another protocol", specs: []string{"{podSelector: {}, ingress: [{ports: [{protocol: UDP}]}]}"}, isolated: "a"},
		{name: "a protocol without a port is every port of it", specs: []string{"{podSelector: {}, ingress: [{ports: [{protocol: TCP}]}]}"}, isolated: "a", allowed: all},
	} {
		t.Run(test.name, func(t *testing.T) {
			pod := Pod{Namespace: "ditto", Labels: map[string]string{"app": "gateway"}, Ports: []Port{
				PortOf(corev1.ContainerPort{Name: "http", ContainerPort: 8080}),
				PortOf(corev1.ContainerPort{Name: "remoting", ContainerPort: 2551}),
			}}
			protocol := corev1.ProtocolTCP
			if test.protocol != "" {
				protocol = test.protocol
			}
			access := Ingress(policies(t, test.specs...), pod, 8080, protocol)
			var allowed []string
			for _, name := range everySource {
				if access.Allows(sources[name]) {
					allowed = append(allowed, name)
				}
			}
			if diff := cmp.Diff(test.allowed, strings.Join(allowed, " ")); diff != "" {
				t.Errorf("allowed (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.isolated, strings.Join(access.By, " ")); diff != "" {
				t.Errorf("isolated by (-want +got):\n%s", diff)
			}
			if access.Isolated != (len(access.By) > 0) {
				t.Errorf("isolated: %v", access.Isolated)
			}
		})
	}
}

func TestPoliciesOfOtherNamespacesAreNone(t *testing.T) {
	access := Ingress(policies(t, "podSelector: {}"), Pod{Namespace: "shop"}, 80, corev1.ProtocolTCP)
	if access.Isolated || !access.Allows(sources["internet"]) {
		t.Errorf("isolated by a policy of another namespace: %+v", access)
	}
}

func TestReach(t *testing.T) {
	for _, test := range []struct {
		from, text string
		reach      Reach
		names      []string
	}{
		{"", "everyone", Everyone, nil},
		{"{podSelector: {}}", "every pod of namespace ditto", Own, nil},
		{"{podSelector: {matchLabels: {app: nginx}}}", "pods labelled app=nginx of namespace ditto", Own, nil},
		{"{podSelector: {matchExpressions: [{key: app, operator: In, values: [b, a]}]}}", "pods labelled app in (a,b) of namespace ditto", Own, nil},
		{"{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: ditto}}}", "every pod of namespace ditto", Own, nil},
		{"{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: ditto, team: iot}}}", "every pod of namespace ditto", Own, nil},
		{"{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: edge}}, podSelector: {matchLabels: {app: nginx}}}", "pods labelled app=nginx of namespace edge", Named, []string{"edge"}},
		{"{namespaceSelector: {matchExpressions: [{key: kubernetes.io/metadata.name, operator: In, values: [ditto, edge]}]}}", "every pod of namespaces ditto, edge", Named, []string{"ditto", "edge"}},
		{"{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: ditto}, matchExpressions: [{key: kubernetes.io/metadata.name, operator: In, values: [edge, ditto]}]}}", "every pod of namespace ditto", Own, nil},
		{"{namespaceSelector: {matchExpressions: [{key: kubernetes.io/metadata.name, operator: In, values: [edge, ditto]}, {key: kubernetes.io/metadata.name, operator: NotIn, values: [edge]}]}}", "every pod of namespace ditto", Own, nil},
		{"{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: a}, matchExpressions: [{key: kubernetes.io/metadata.name, operator: In, values: [b]}]}}", "every pod of namespaces labelled kubernetes.io/metadata.name=a,kubernetes.io/metadata.name in (b)", Nobody, nil},
		{"{namespaceSelector: {matchExpressions: [{key: kubernetes.io/metadata.name, operator: DoesNotExist}]}}", "every pod of namespaces labelled !kubernetes.io/metadata.name", Nobody, nil},
		{"{namespaceSelector: {matchLabels: {team: iot}}}", "every pod of namespaces labelled team=iot", Labelled, nil},
		{"{namespaceSelector: {matchExpressions: [{key: team, operator: Exists}]}}", "every pod of namespaces labelled team", Labelled, nil},
		{"{namespaceSelector: {matchExpressions: [{key: team, operator: In, values: [a]}]}}", "every pod of namespaces labelled team in (a)", Labelled, nil},
		{"{namespaceSelector: {}}", "every pod of every namespace", Every, nil},
		{"{namespaceSelector: {}, podSelector: {matchLabels: {app: nginx}}}", "pods labelled app=nginx of every namespace", Every, nil},
		{"{namespaceSelector: {matchExpressions: [{key: team, operator: NotIn, values: [a]}]}}", "every pod of namespaces labelled team notin (a)", Every, nil},
		{"{namespaceSelector: {matchExpressions: [{key: team, operator: DoesNotExist}]}}", "every pod of namespaces labelled !team", Every, nil},
		{"{namespaceSelector: {matchExpressions: [{key: kubernetes.io/metadata.name, operator: Exists}]}}", "every pod of namespaces labelled kubernetes.io/metadata.name", Every, nil},
		{"{namespaceSelector: {matchExpressions: [{key: kubernetes.io/metadata.name, operator: NotIn, values: [shop]}]}}", "every pod of namespaces labelled kubernetes.io/metadata.name notin (shop)", Every, nil},
		{"{ipBlock: {cidr: 0.0.0.0/0}}", "addresses in 0.0.0.0/0", Everyone, nil},
		{"{ipBlock: {cidr: 128.0.0.0/1}}", "addresses in 128.0.0.0/1", Everyone, nil},
		{"{ipBlock: {cidr: '::/0', except: ['fd00::/8']}}", "addresses in ::/0 except fd00::/8", Everyone, nil},
		{"{ipBlock: {cidr: 10.0.0.0/8}}", "addresses in 10.0.0.0/8", Everyone, nil},
		{"{ipBlock: {cidr: 192.168.0.0/16, except: [192.168.1.0/24, 192.168.2.0/24]}}", "addresses in 192.168.0.0/16 except 192.168.1.0/24, 192.168.2.0/24", Addresses, nil},
		{"{ipBlock: {cidr: 'fd12::/16'}}", "addresses in fd12::/16", Addresses, nil},
	} {
		spec := "{podSelector: {}, ingress: [{from: [" + test.from + "]}]}"
		grants := Ingress(policies(t, spec), Pod{Namespace: "ditto"}, 80, corev1.ProtocolTCP).Grants
		if len(grants) != 1 {
			t.Fatalf("%s: %d grants", test.from, len(grants))
		}
		reach, names := grants[0].Reach()
		if reach != test.reach || !cmp.Equal(names, test.names) {
			t.Errorf("%s: reaches %d %v, want %d %v", test.from, reach, names, test.reach, test.names)
		}
		if got := grants[0].String(); got != test.text {
			t.Errorf("%s: %q, want %q", test.from, got, test.text)
		}
	}
}

func TestReadReportsWhatAnAPIServerRefuses(t *testing.T) {
	api := &networkingv1.NetworkPolicy{}
	if err := yaml.UnmarshalStrict([]byte(`
podSelector: {matchLabels: {"not a key": x}}
policyTypes: [Ingress, Neither]
ingress:
- from:
  - {}
  - {podSelector: {}, ipBlock: {cidr: 10.0.0.0/16}}
  - {ipBlock: {cidr: 10.0.0.0}}
  - {ipBlock: {cidr: 10.0.0.0/16, except: [10.0.0.0/16, 10.1.0.0/24, nothing, 10.0.1.0/24]}}
  - {namespaceSelector: {matchExpressions: [{key: a, operator: In}]}}
  - {podSelector: {matchExpressions: [{key: a, operator: Is, values: [b]}]}}
  ports:
  - {protocol: tcp, port: 80}
  - {port: 0}
  - {port: UPPER}
  - {port: http, endPort: 90}
  - {endPort: 90}
  - {port: 90, endPort: 80}
  - {port: 90, endPort: 99999}
`), &api.Spec); err != nil {
		t.Fatal(err)
	}
	_, err := Read(api)
	if err == nil {
		t.Fatal("read without an error")
	}
	want := []string{
		`spec.podSelector: key: Invalid value: "not a key": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')`,
		`spec.policyTypes[1]: expected Ingress or Egress, found "Neither"`,
		`spec.ingress[0].ports[0].protocol: expected TCP, UDP or SCTP, found "tcp"`,
		`spec.ingress[0].ports[1].port: must be between 1 and 65535, inclusive`,
		`spec.ingress[0].ports[2].port: must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)`,
		`spec.ingress[0].ports[2].port: must contain at least one letter (a-z)`,
		`spec.ingress[0].ports[3].endPort: goes with a port that is a number`,
		`spec.ingress[0].ports[4].endPort: goes with a port that is a number`,
		`spec.ingress[0].ports[5].endPort: is below the port`,
		`spec.ingress[0].ports[6].endPort: must be between 1 and 65535, inclusive`,
		`spec.ingress[0].from[0]: names no peer: expected podSelector, namespaceSelector or ipBlock`,
		`spec.ingress[0].from[1]: has an ipBlock and a selector, which do not go together`,
		`spec.ingress[0].from[2].ipBlock.cidr: "10.0.0.0" is not a CIDR`,
		`spec.ingress[0].from[3].ipBlock.except[0]: is not within the cidr`,
		`spec.ingress[0].from[3].ipBlock.except[1]: is not within the cidr`,
		`spec.ingress[0].from[3].ipBlock.except[2]: "nothing" is not a CIDR`,
		`spec.ingress[0].from[4].namespaceSelector: values: Invalid value: null: for 'in', 'notin' operators, values set can't be empty`,
		`spec.ingress[0].from[5].podSelector: "Is" is not a valid label selector operator`,
	}
	if diff := cmp.Diff(want, strings.Split(err.Error(), "\n")); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}

func TestUnjudged(t *testing.T) {
	for kind, want := range map[string]bool{
		"AdminNetworkPolicy.policy.networking.k8s.io":         true,
		"BaselineAdminNetworkPolicy.policy.networking.k8s.io": true,
		"ClusterNetworkPolicy.policy.networking.k8s.io":       true,
		"CiliumNetworkPolicy.cilium.io":                       true,
		"GlobalNetworkPolicy.crd.projectcalico.org":           true,
		"NetworkPolicy.projectcalico.org":                     true,
		"ClusterNetworkPolicy.crd.antrea.io":                  true,
		"CiliumEndpoint.cilium.io":                            false,
		"IPPool.crd.projectcalico.org":                        false,
		"NetworkPolicy.networking.k8s.io":                     false,
		"Ingress.networking.k8s.io":                           false,
	} {
		if got := Unjudged(schema.ParseGroupKind(kind)); got != want {
			t.Errorf("%s: %v", kind, got)
		}
	}
}

// FuzzRead: whatever stands in a policy, it is refused or it means something, the same each time.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		`{"podSelector":{},"ingress":[{"from":[{"namespaceSelector":{}}],"ports":[{"port":"http"}]}]}`,
		`{"podSelector":{"matchExpressions":[{"key":"a","operator":"In","values":[]}]}}`,
		`{"podSelector":{},"ingress":[{"from":[{"ipBlock":{"cidr":"::ffff:1.2.3.4/100","except":["::/0"]}}],"ports":[{"port":-1,"endPort":2147483647}]}]}`,
		`{"podSelector":{},"ingress":[{"from":[{"namespaceSelector":{"matchExpressions":[{"key":"kubernetes.io/metadata.name","operator":"NotIn","values":["a"]}]}}]}]}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, spec string) {
		api := &networkingv1.NetworkPolicy{}
		if yaml.Unmarshal([]byte(spec), &api.Spec) != nil {
			return
		}
		api.Namespace, api.Name = "ditto", "a"
		p, err := Read(api)
		if (p == nil) == (err == nil) {
			t.Fatalf("policy %v, error %v", p, err)
		}
		if err != nil {
			return
		}
		access := Ingress([]*Policy{p}, Pod{Namespace: "ditto", Labels: map[string]string{"app": "gateway"}}, 8080, corev1.ProtocolTCP)
		for _, g := range access.Grants {
			if g.String() == "" {
				t.Error("a grant without words")
			}
			for name, s := range sources {
				if g.Allows(s) && !access.Allows(s) {
					t.Errorf("%s: %s lets it through, and does not", name, g)
				}
				if reach, _ := g.Reach(); reach == Nobody && g.Allows(s) {
					t.Errorf("%s: %s lets it through, but is for nobody", name, g)
				}
			}
		}
	})
}
