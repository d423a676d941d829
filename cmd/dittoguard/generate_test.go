package main

import (
	"bytes"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/ditto/facts"
	"github.com/dittoguard/dittoguard/internal/ditto/generate"
	"github.com/dittoguard/dittoguard/internal/ditto/htpasswd"
	"github.com/dittoguard/dittoguard/internal/ditto/netpol"
	"github.com/dittoguard/dittoguard/internal/ditto/recognize"
	"github.com/dittoguard/dittoguard/internal/ditto/topology"
	"github.com/dittoguard/dittoguard/internal/ditto/world"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/manifest"
	"github.com/dittoguard/dittoguard/rules"
	"github.com/dittoguard/dittoguard/test/sample"
)

// TestGeneratedPoliciesIsolate writes policies for every fixture of every rule: with them nothing is left for
// network-isolation to find but what a note told of, Ditto's pods still reach each other, and writing again changes nothing.
func TestGeneratedPoliciesIsolate(t *testing.T) {
	list, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	only := slices.DeleteFunc(list, func(r rules.HardeningRule) bool { return r.Metadata.Name != "network-isolation" })
	passwords := htpasswd.NewVerifier(htpasswd.Options{NoBackground: true})
	t.Cleanup(passwords.Close)
	checker, err := check.New(check.Options{Rules: only, Passwords: passwords})
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("../../rules/builtin/*/*/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	isolated := 0
	for _, file := range files {
		if strings.HasSuffix(file, ".configuration.yaml") || strings.Contains(file, "/fixed/") || !sample.Has(file, 20) {
			continue
		}
		t.Run(strings.TrimPrefix(file, "../../rules/builtin/"), func(t *testing.T) {
			opts := generate.Options{IngressNamespaces: []string{"edge"}, MonitoringNamespaces: []string{"monitoring"}}
			inv, policies := generated(t, []string{file}, nil, opts)
			var out bytes.Buffer
			if err := writePolicies(&out, policies.List); err != nil {
				t.Fatal(err)
			}
			if len(policies.List) == 0 {
				return
			}
			isolated += len(policies.List)
			with, again := generated(t, []string{file, "-"}, &out, opts)
			if diff := cmp.Diff(policies, again); diff != "" {
				t.Errorf("writing again what was written (-first +again):\n%s", diff)
			}
			result, err := checker.All(t.Context(), with, with.All())
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range result.Findings {
				if !slices.ContainsFunc(policies.Notes, func(n generate.Note) bool { return n.Open && n.Workload == f.Subject }) {
					t.Errorf("%s: %s\nnotes: %v", f.Subject, f.Message, policies.Notes)
				}
			}
			reachEachOther(t, inv, policies.List)
		})
	}
	if isolated < sample.Count(100, 50) {
		t.Errorf("only %d policies were written for all fixtures", isolated)
	}
}

func generated(t *testing.T, paths []string, stdin *bytes.Buffer, opts generate.Options) (*inventory.Memory, generate.Policies) {
	t.Helper()
	loaded, err := manifest.Load(paths, stdin, manifest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	inv := inventoryOf(loaded.Objects)
	view := topology.NewView(t.Context(), inv, world.Options{Cache: world.NewCache()})
	return inv, generate.NetworkPolicies(view, inv.All(), opts)
}

// reachEachOther: the pods that policies were written for are let through to each other's remoting and management, and no
// stranger is.
func reachEachOther(t *testing.T, inv *inventory.Memory, list []generate.Policy) {
	t.Helper()
	var policies []*netpol.Policy
	for _, p := range list {
		read, err := netpol.Read(p.NetworkPolicy)
		if err != nil {
			t.Fatal(err)
		}
		policies = append(policies, read)
	}
	labels := func(p generate.Policy) map[string]string {
		return inv.Get(p.Workload.GroupKind(), p.Workload.Namespace, p.Workload.Name).PodTemplate().Labels
	}
	for _, to := range list {
		view := topology.NewView(t.Context(), inv, world.Options{Cache: world.NewCache()})
		for _, part := range view.Parts(inv.Get(to.Workload.GroupKind(), to.Workload.Namespace, to.Workload.Name)) {
			if !recognize.IsDitto(part.Component) {
				continue
			}
			for _, port := range facts.OfComponent(view, part).Ports {
				if port.Port != recognize.PortRemoting && port.Port != recognize.PortManagement {
					continue
				}
				access := netpol.Ingress(policies, netpol.Pod{Namespace: to.Namespace, Labels: labels(to)}, int32(port.Number), corev1.ProtocolTCP)
				for _, from := range list {
					same := from.Namespace == to.Namespace && labels(from)["actorSystemName"] == labels(to)["actorSystemName"]
					if same && !access.Allows(netpol.Source{Namespace: from.Namespace, PodLabels: labels(from)}) {
						t.Errorf("%s cannot connect to %s of %s", from.Workload, port.Port, to.Workload)
					}
				}
				if access.Allows(netpol.Source{Namespace: "shop", PodLabels: labels(to)}) || access.Allows(netpol.Source{Namespace: to.Namespace, PodLabels: map[string]string{"app": "stranger"}}) {
					t.Errorf("a stranger can connect to %s of %s", port.Port, to.Workload)
				}
			}
		}
	}
}

// TestGeneratedPoliciesAreForIngressOnly: a policy that said nothing of its types would leave that to defaults, and one with
// rules for egress would cut Ditto off from its database.
func TestGeneratedPoliciesAreForIngressOnly(t *testing.T) {
	_, policies := generated(t, []string{"../../rules/builtin/network-isolation/fail/no-policy.yaml"}, nil, generate.Options{})
	for _, p := range policies.List {
		if !slices.Equal(p.Spec.PolicyTypes, []networkingv1.PolicyType{networkingv1.PolicyTypeIngress}) || p.Spec.Egress != nil {
			t.Errorf("%s: types %v, egress %v", p.Name, p.Spec.PolicyTypes, p.Spec.Egress)
		}
	}
}
