package charts_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
)

func TestClientCA(t *testing.T) {
	pod := only[*appsv1.Deployment](t, render(t, variants["everything"])).Spec.Template.Spec
	container := pod.Containers[0]
	for _, want := range []string{"--client-ca=/client-ca/ca.crt", "--client-names=apiserver,apiserver.example.com"} {
		if !slices.Contains(container.Args, want) {
			t.Errorf("no %s in %q", want, container.Args)
		}
	}
	mounted := slices.ContainsFunc(pod.Volumes, func(v corev1.Volume) bool {
		return v.ConfigMap != nil && v.ConfigMap.Name == "apiserver-ca" && slices.ContainsFunc(container.VolumeMounts, func(m corev1.VolumeMount) bool {
			return m.Name == v.Name && m.MountPath == "/client-ca" && m.SubPath == "" && m.ReadOnly
		})
	})
	if !mounted {
		t.Error("the CA does not reach the server, or not as a folder that is kept up to date")
	}

	pod = only[*appsv1.Deployment](t, render(t, `webhook: {clientCA: {configMap: ours}}`)).Spec.Template.Spec
	if slices.ContainsFunc(pod.Containers[0].Args, func(arg string) bool { return strings.HasPrefix(arg, "--client-names") }) {
		t.Errorf("without names: args %q", pod.Containers[0].Args)
	}
}

// TestReplicasReachOneAnother: on a port of their own, as the Pods that they are, which the policy lets nobody else reach.
func TestReplicasReachOneAnother(t *testing.T) {
	const policed = `networkPolicy: {enabled: true, apiServers: [{ipBlock: {cidr: 10.0.0.10/32}}]}`
	objects := render(t, policed)
	container := only[*appsv1.Deployment](t, objects).Spec.Template.Spec.Containers[0]
	for _, want := range []string{"--peer-port=9444", "--pod=$(POD_NAME)"} {
		if !slices.Contains(container.Args, want) {
			t.Errorf("no %s in %q", want, container.Args)
		}
	}
	named := func(e corev1.EnvVar) bool {
		return e.Name == "POD_NAME" && e.ValueFrom != nil && e.ValueFrom.FieldRef != nil && e.ValueFrom.FieldRef.FieldPath == "metadata.name"
	}
	if !slices.ContainsFunc(container.Env, named) {
		t.Error("a replica does not know its name")
	}
	policy := only[*networkingv1.NetworkPolicy](t, objects)
	found := false
	for _, rule := range policy.Spec.Ingress {
		if rule.Ports[0].Port.IntValue() != 9444 {
			continue
		}
		found = true
		if len(rule.From) != 1 || rule.From[0].NamespaceSelector != nil || cmp.Diff(&policy.Spec.PodSelector, rule.From[0].PodSelector) != "" {
			t.Errorf("others reach the port of replicas: %v", rule.From)
		}
	}
	if !found {
		t.Error("replicas do not reach one another")
	}
	for _, port := range only[*corev1.Service](t, objects).Spec.Ports {
		if port.TargetPort.StrVal == "replicas" {
			t.Error("the Service has the port of replicas")
		}
	}
	off := only[*appsv1.Deployment](t, render(t, "peerPort: 0")).Spec.Template.Spec.Containers[0]
	if slices.ContainsFunc(off.Args, func(arg string) bool { return strings.HasPrefix(arg, "--peer-port") }) {
		t.Errorf("it is not off: %q", off.Args)
	}
}

func TestNetworkPolicy(t *testing.T) {
	if policies := all[*networkingv1.NetworkPolicy](render(t, "")); len(policies) > 0 {
		t.Error("there is a NetworkPolicy that nobody asked for")
	}
	for _, test := range []struct {
		name, values string
		// want are the sources of each port, CIDRs or "any" or "peers".
		want map[int][]string
	}{
		{
			"the webhook, and what everybody may have",
			`networkPolicy: {enabled: true, apiServers: [{ipBlock: {cidr: 10.0.0.10/32}}, {ipBlock: {cidr: "fd00::10/128"}}]}`,
			map[int][]string{9443: {"10.0.0.10/32", "fd00::10/128"}, 9444: {"peers"}, 8081: {"any"}, 8080: {"any"}},
		},
		{
			"ports of one's own, metrics for some",
			`{networkPolicy: {enabled: true, apiServers: [{namespaceSelector: {}, podSelector: {matchLabels: {app: agent}}}],
  metricsFrom: [{namespaceSelector: {matchLabels: {a: b}}}]}, webhook: {port: 9000}, healthPort: 9001, peerPort: 9003, metrics: {port: 9002}}`,
			map[int][]string{9003: {"peers"}, 9000: {"peers"}, 9001: {"any"}, 9002: {"peers"}},
		},
		{
			"no metrics",
			`{networkPolicy: {enabled: true, apiServers: [{ipBlock: {cidr: 10.0.0.10/32}}]}, metrics: {enabled: false}, peerPort: 0}`,
			map[int][]string{9443: {"10.0.0.10/32"}, 8081: {"any"}},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			objects := render(t, test.values)
			policy := only[*networkingv1.NetworkPolicy](t, objects)
			pods := only[*appsv1.Deployment](t, objects)
			if diff := cmp.Diff(*pods.Spec.Selector, policy.Spec.PodSelector); diff != "" {
				t.Errorf("the policy is for other pods:\n%s", diff)
			}
			if policy.Namespace != pods.Namespace || !slices.Equal(policy.Spec.PolicyTypes, []networkingv1.PolicyType{networkingv1.PolicyTypeIngress}) {
				t.Errorf("in %s, for %v", policy.Namespace, policy.Spec.PolicyTypes)
			}
			got := map[int][]string{}
			for _, rule := range policy.Spec.Ingress {
				if len(rule.Ports) != 1 {
					t.Fatalf("a rule with %d ports", len(rule.Ports))
				}
				got[rule.Ports[0].Port.IntValue()] = sources(rule.From)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("who reaches which port (-want +got):\n%s", diff)
			}
			var listens []int
			for _, port := range pods.Spec.Template.Spec.Containers[0].Ports {
				listens = append(listens, int(port.ContainerPort))
			}
			slices.Sort(listens)
			if diff := cmp.Diff(listens, slices.Sorted(maps.Keys(got))); diff != "" {
				t.Errorf("ports (-the pod's +the policy's):\n%s", diff)
			}
		})
	}
}

func sources(peers []networkingv1.NetworkPolicyPeer) []string {
	if len(peers) == 0 {
		return []string{"any"}
	}
	var found []string
	for _, peer := range peers {
		if peer.IPBlock == nil {
			found = append(found, "peers")
			continue
		}
		found = append(found, peer.IPBlock.CIDR)
	}
	return found
}

// TestDependency: as part of another chart it shares a namespace with whatever that one installs, which is not judged there.
func TestDependency(t *testing.T) {
	umbrella := t.TempDir()
	if err := os.WriteFile(filepath.Join(umbrella, "Chart.yaml"), []byte("{apiVersion: v2, name: platform, version: 1.0.0}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(filepath.Join(umbrella, "charts", "dittoguard"), os.DirFS("dittoguard")); err != nil {
		t.Fatal(err)
	}
	for _, helm := range helms(t) {
		_, err := run(t, helm, "", "template", release, umbrella, "--namespace", namespace, "--kube-version", oldest)
		if err == nil || !strings.Contains(err.Error(), "dittoguard judges nothing in namespace guard, in which it runs") ||
			!strings.Contains(err.Error(), "set dedicatedNamespace to true") {
			t.Errorf("%s: %v", helm, err)
		}
		out, err := run(t, helm, "dittoguard: {dedicatedNamespace: true}", "template", release, umbrella, "--namespace", namespace,
			"--kube-version", oldest, "--values", "-")
		if err != nil {
			t.Errorf("%s: %v", helm, err)
			continue
		}
		only[*appsv1.Deployment](t, decode(t, out))
	}
}
