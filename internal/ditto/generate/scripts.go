package generate

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"

	"github.com/dittoguard/dittoguard/internal/inventory"
)

// clusterPath is what Pekko Management answers with the members of the cluster.
const clusterPath = "/cluster/members"

// scripts are other pods of the namespace that ask Pekko Management: Ditto's chart has a job that learns there which
// pod is the oldest member, so that Kubernetes deletes that one last.
func (g *generator) scripts(o *inventory.Object) []networkingv1.NetworkPolicyPeer {
	var peers []networkingv1.NetworkPolicyPeer
	var seen []string
	for _, other := range g.workloads {
		if other.Ref.Namespace != o.Ref.Namespace || len(g.parts(other)) > 0 || !g.asksManagement(other) {
			continue
		}
		selector, _ := g.selector(other)
		if selector == nil || other.PodTemplate().Spec.HostNetwork {
			g.note(o, "%s asks for the members of the cluster, and no selector selects its pods: its requests are cut off", other.Ref)
			continue
		}
		// The chart's jobs are several with the same labels.
		if text := selector.String(); !slices.Contains(seen, text) {
			seen = append(seen, text)
			peers = append(peers, networkingv1.NetworkPolicyPeer{PodSelector: selector})
		}
	}
	return peers
}

// asksManagement says whether a command, or a file of a ConfigMap that is mounted, names the path.
func (g *generator) asksManagement(o *inventory.Object) bool {
	spec := &o.PodTemplate().Spec
	for _, containers := range [][]corev1.Container{spec.InitContainers, spec.Containers} {
		for i := range containers {
			if strings.Contains(strings.Join(slices.Concat(containers[i].Command, containers[i].Args), " "),
				clusterPath) {
				return true
			}
		}
	}
	for _, volume := range spec.Volumes {
		if volume.ConfigMap == nil {
			continue
		}
		if c := g.view.Get(inventory.ConfigMap, o.Ref.Namespace, volume.ConfigMap.Name); c != nil {
			for _, text := range inventory.Must[corev1.ConfigMap](c).Data {
				if strings.Contains(text, clusterPath) {
					return true
				}
			}
		}
	}
	return false
}
