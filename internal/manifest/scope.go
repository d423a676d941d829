package manifest

import (
	"bytes"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/dittoguard/dittoguard/internal/inventory"
)

// clusterScoped are the kinds without a namespace: those of Kubernetes (kubectl api-resources --namespaced=false), and
// of common extensions whose definitions are seldom beside the manifests that use them.
var clusterScoped = map[schema.GroupKind]bool{
	{Kind: "ComponentStatus"}:  true,
	{Kind: "Namespace"}:        true,
	{Kind: "Node"}:             true,
	{Kind: "PersistentVolume"}: true,
	{Group: "admissionregistration.k8s.io", Kind: "MutatingAdmissionPolicy"}:          true,
	{Group: "admissionregistration.k8s.io", Kind: "MutatingAdmissionPolicyBinding"}:   true,
	{Group: "admissionregistration.k8s.io", Kind: "MutatingWebhookConfiguration"}:     true,
	{Group: "admissionregistration.k8s.io", Kind: "ValidatingAdmissionPolicy"}:        true,
	{Group: "admissionregistration.k8s.io", Kind: "ValidatingAdmissionPolicyBinding"}: true,
	{Group: "admissionregistration.k8s.io", Kind: "ValidatingWebhookConfiguration"}:   true,
	{Group: "apiextensions.k8s.io", Kind: "CustomResourceDefinition"}:                 true,
	{Group: "apiregistration.k8s.io", Kind: "APIService"}:                             true,
	{Group: "authentication.k8s.io", Kind: "SelfSubjectReview"}:                       true,
	{Group: "authentication.k8s.io", Kind: "TokenReview"}:                             true,
	{Group: "authorization.k8s.io", Kind: "SelfSubjectAccessReview"}:                  true,
	{Group: "authorization.k8s.io", Kind: "SelfSubjectRulesReview"}:                   true,
	{Group: "authorization.k8s.io", Kind: "SubjectAccessReview"}:                      true,
	{Group: "certificates.k8s.io", Kind: "CertificateSigningRequest"}:                 true,
	{Group: "certificates.k8s.io", Kind: "ClusterTrustBundle"}:                        true,
	{Group: "flowcontrol.apiserver.k8s.io", Kind: "FlowSchema"}:                       true,
	{Group: "flowcontrol.apiserver.k8s.io", Kind: "PriorityLevelConfiguration"}:       true,
	{Group: "internal.apiserver.k8s.io", Kind: "StorageVersion"}:                      true,
	{Group: "networking.k8s.io", Kind: "IPAddress"}:                                   true,
	{Group: "networking.k8s.io", Kind: "IngressClass"}:                                true,
	{Group: "networking.k8s.io", Kind: "ServiceCIDR"}:                                 true,
	{Group: "node.k8s.io", Kind: "RuntimeClass"}:                                      true,
	{Group: "policy", Kind: "PodSecurityPolicy"}:                                      true,
	{Group: "rbac.authorization.k8s.io", Kind: "ClusterRole"}:                         true,
	{Group: "rbac.authorization.k8s.io", Kind: "ClusterRoleBinding"}:                  true,
	{Group: "resource.k8s.io", Kind: "DeviceClass"}:                                   true,
	{Group: "resource.k8s.io", Kind: "DeviceTaintRule"}:                               true,
	{Group: "resource.k8s.io", Kind: "ResourceSlice"}:                                 true,
	{Group: "scheduling.k8s.io", Kind: "PriorityClass"}:                               true,
	{Group: "storage.k8s.io", Kind: "CSIDriver"}:                                      true,
	{Group: "storage.k8s.io", Kind: "CSINode"}:                                        true,
	{Group: "storage.k8s.io", Kind: "StorageClass"}:                                   true,
	{Group: "storage.k8s.io", Kind: "VolumeAttachment"}:                               true,
	{Group: "storage.k8s.io", Kind: "VolumeAttributesClass"}:                          true,
	{Group: "storagemigration.k8s.io", Kind: "StorageVersionMigration"}:               true,

	{Group: "gateway.networking.k8s.io", Kind: "GatewayClass"}:              true,
	{Group: "policy.networking.k8s.io", Kind: "AdminNetworkPolicy"}:         true,
	{Group: "policy.networking.k8s.io", Kind: "BaselineAdminNetworkPolicy"}: true,
	{Group: "policy.networking.k8s.io", Kind: "ClusterNetworkPolicy"}:       true,
	{Group: "snapshot.storage.k8s.io", Kind: "VolumeSnapshotClass"}:         true,
	{Group: "snapshot.storage.k8s.io", Kind: "VolumeSnapshotContent"}:       true,
	{Group: "cert-manager.io", Kind: "ClusterIssuer"}:                       true,
	{Group: "cilium.io", Kind: "CiliumClusterwideNetworkPolicy"}:            true,
	{Group: "cilium.io", Kind: "CiliumClusterwideEnvoyConfig"}:              true,
	{Group: "configuration.konghq.com", Kind: "KongClusterPlugin"}:          true,
	{Group: "crd.projectcalico.org", Kind: "GlobalNetworkPolicy"}:           true,
	{Group: "elbv2.k8s.aws", Kind: "IngressClassParams"}:                    true,
	{Group: "external-secrets.io", Kind: "ClusterExternalSecret"}:           true,
	{Group: "external-secrets.io", Kind: "ClusterSecretStore"}:              true,
	{Group: "kyverno.io", Kind: "ClusterPolicy"}:                            true,
	{Group: "project.openshift.io", Kind: "Project"}:                        true,
	{Group: "projectcalico.org", Kind: "GlobalNetworkPolicy"}:               true,
	{Group: "security.openshift.io", Kind: "SecurityContextConstraints"}:    true,
	{Group: "trust.cert-manager.io", Kind: "Bundle"}:                        true,
}

// scopeKnown says whether a kind that is not in clusterScoped certainly lives in a namespace. Of the kinds of other
// groups a CustomResourceDefinition among the manifests can say more.
func scopeKnown(gk schema.GroupKind) bool {
	return clusterScoped[gk] || !strings.Contains(gk.Group, ".") || strings.HasSuffix(gk.Group, ".k8s.io")
}

// definedScopes is what the CustomResourceDefinitions among the objects say: true for a kind without a namespace.
func definedScopes(objects []*inventory.Object) map[schema.GroupKind]bool {
	scopes := map[schema.GroupKind]bool{}
	for _, o := range objects {
		if o.Ref.GroupKind() != (schema.GroupKind{Group: "apiextensions.k8s.io", Kind: "CustomResourceDefinition"}) {
			continue
		}
		spec, _ := o.Content()["spec"].(map[string]any)
		names, _ := spec["names"].(map[string]any)
		group, _ := spec["group"].(string)
		kind, _ := names["kind"].(string)
		scopes[schema.GroupKind{Group: group, Kind: kind}] = spec["scope"] == "Cluster"
	}
	return scopes
}

// chartOf is the chart that an object comes from, by what helm writes before it (`# Source: ditto/templates/a.yaml`,
// where a chart in another one is a part of that) or else by its label; empty if nothing says so.
func chartOf(o *inventory.Object, document []byte) string {
	for line := range bytes.Lines(document) {
		if isMarker(line, "---") {
			continue
		}
		if !isBlank(line) {
			break
		}
		if source, is := strings.CutPrefix(string(line), "# Source: "); is {
			chart, _, _ := strings.Cut(source, "/")
			return strings.TrimSpace(chart)
		}
	}
	return o.Meta.Labels["helm.sh/chart"]
}

// scattered warns of charts that name a namespace on some of their objects only, another one than the others were put
// into: what belongs together would be judged apart then, and a way in from one to the other is not seen.
func scattered(objects, placed []*inventory.Object, charts map[*inventory.Object]string, namespace string) []string {
	named := map[string]string{}
	isPlaced := map[*inventory.Object]bool{}
	for _, o := range placed {
		isPlaced[o] = true
	}
	for _, o := range objects {
		if chart := charts[o]; chart != "" && !isPlaced[o] && o.Ref.Namespace != "" && o.Ref.Namespace != namespace &&
			named[chart] == "" {
			named[chart] = o.Ref.Namespace
		}
	}
	var warnings []string
	for _, o := range placed {
		chart := charts[o]
		if other := named[chart]; chart != "" && other != "" {
			warnings = append(warnings,
				fmt.Sprintf("chart %s names namespace %s on some of its objects and none on others, such as %s, which are judged apart from them; "+
					"render and judge it with --namespace %s", chart, other, o.Ref, other))
			delete(named, chart)
		}
	}
	return warnings
}
