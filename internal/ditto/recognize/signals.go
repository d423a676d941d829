package recognize

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/dittoguard/dittoguard/internal/inventory"
)

// signals are the names in a container's environment that tell what runs in it.
type signals struct {
	// gatewayOnly are variables that nothing but Ditto's gateway reads (gateway.conf).
	gatewayOnly []string
	// The rest is what other software may have as well, by whole names or by what they begin with.
	devopsPassword, statusPassword, ofGateway, ofConnectivity, ofMongoDB bool
	// contacts, podSelector and discovery: what a Pekko cluster on Kubernetes is usually given.
	contacts, podSelector, discovery bool
}

// ofDitto: some variable that Ditto reads, whatever else does.
func (s *signals) ofDitto() bool {
	return s.devopsPassword || s.statusPassword || s.ofGateway || s.ofConnectivity || s.ofMongoDB || s.podSelector ||
		s.discovery
}

func (s *signals) note(name string) {
	switch name {
	case "ENABLE_PRE_AUTHENTICATION", "ENABLE_DUMMY_AUTH", "DEVOPS_SECURED", "DEVOPS_STATUS_SECURED",
		"DEVOPS_AUTHENTICATION_METHOD", "STATUS_AUTHENTICATION_METHOD", "GATEWAY_WEBSOCKET_THROTTLING_ENABLED",
		"GATEWAY_SSE_THROTTLING_ENABLED", "GATEWAY_WOT_DIRECTORY_AUTHENTICATION_REQUIRED":
		if !slices.Contains(s.gatewayOnly, name) {
			s.gatewayOnly = append(s.gatewayOnly, name)
		}
	case "DEVOPS_PASSWORD":
		s.devopsPassword = true
	case "STATUS_PASSWORD":
		s.statusPassword = true
	case "CLUSTER_BS_REQUIRED_CONTACTS":
		s.contacts = true
	case "POD_LABEL_SELECTOR":
		s.podSelector = true
	case "DISCOVERY_METHOD":
		s.discovery = true
	}
	s.ofGateway = s.ofGateway || strings.HasPrefix(name, "GATEWAY_")
	s.ofConnectivity = s.ofConnectivity || strings.HasPrefix(name, "CONNECTIVITY_")
	s.ofMongoDB = s.ofMongoDB || strings.HasPrefix(name, "MONGO_DB_")
}

// environment looks through the variables that a container sets, those of its ConfigMaps and Secrets included.
func environment(r inventory.Reader, namespace string, c *corev1.Container) signals {
	var s signals
	for i := range c.Env {
		s.note(c.Env[i].Name)
	}
	for _, from := range c.EnvFrom {
		if ref := from.ConfigMapRef; ref != nil {
			if o := r.Get(inventory.ConfigMap, namespace, ref.Name); o != nil {
				for key := range inventory.Must[corev1.ConfigMap](o).Data {
					s.note(from.Prefix + key)
				}
			}
		}
		if ref := from.SecretRef; ref != nil {
			if o := r.Get(inventory.Secret, namespace, ref.Name); o != nil {
				secret := inventory.Must[corev1.Secret](o)
				for key := range secret.Data {
					s.note(from.Prefix + key)
				}
				for key := range secret.StringData {
					s.note(from.Prefix + key)
				}
			}
		}
	}
	return s
}
