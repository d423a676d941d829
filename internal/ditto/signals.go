package ditto

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/dittoguard/dittoguard/internal/inventory"
)

// signals are the names in a container's environment that tell what runs in it.
type signals struct {
	// gatewayOnly: a variable that nothing but Ditto's gateway reads (gateway.conf).
	gatewayOnly bool
	// passwords, ofGateway and ofConnectivity: variables that other software may have as well, by their whole names or by
	// what they begin with.
	passwords, ofGateway, ofConnectivity bool
	// contacts, podSelector and discovery: what a Pekko cluster on Kubernetes is usually given.
	contacts, podSelector, discovery bool
}

func (s *signals) note(name string) {
	switch name {
	case "ENABLE_PRE_AUTHENTICATION", "ENABLE_DUMMY_AUTH", "DEVOPS_SECURED", "DEVOPS_STATUS_SECURED",
		"DEVOPS_AUTHENTICATION_METHOD", "STATUS_AUTHENTICATION_METHOD", "GATEWAY_WEBSOCKET_THROTTLING_ENABLED",
		"GATEWAY_SSE_THROTTLING_ENABLED", "GATEWAY_WOT_DIRECTORY_AUTHENTICATION_REQUIRED":
		s.gatewayOnly = true
	case "DEVOPS_PASSWORD", "STATUS_PASSWORD":
		s.passwords = true
	case "CLUSTER_BS_REQUIRED_CONTACTS":
		s.contacts = true
	case "POD_LABEL_SELECTOR":
		s.podSelector = true
	case "DISCOVERY_METHOD":
		s.discovery = true
	}
	s.ofGateway = s.ofGateway || strings.HasPrefix(name, "GATEWAY_")
	s.ofConnectivity = s.ofConnectivity || strings.HasPrefix(name, "CONNECTIVITY_")
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
				for key := range o.Typed.(*corev1.ConfigMap).Data {
					s.note(from.Prefix + key)
				}
			}
		}
		if ref := from.SecretRef; ref != nil {
			if o := r.Get(inventory.Secret, namespace, ref.Name); o != nil {
				secret := o.Typed.(*corev1.Secret)
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

// commandHolds says whether a piece of text, without white space, stands in what can carry JVM options in a container.
func commandHolds(c *corev1.Container, piece string) bool {
	holds := func(s string) bool { return strings.Contains(s, piece) }
	if slices.ContainsFunc(c.Command, holds) || slices.ContainsFunc(c.Args, holds) {
		return true
	}
	for i := range c.Env {
		switch c.Env[i].Name {
		case "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "JVM_CMD_ARGS_ENV", "_JAVA_OPTIONS", "MAIN_CLASS_ENV":
			if holds(c.Env[i].Value) {
				return true
			}
		}
	}
	return false
}
