package ingressnginx

import (
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// certificates adds auth-tls-secret to the annotations that ask for credentials, if it does.
func (n *nginxAuth) certificates(in way.Input, a way.Annotations, on []string) []string {
	const name = "auth-tls-secret"
	if !a.Has(name) {
		return on
	}
	switch verify := strings.TrimSpace(a["auth-tls-verify-client"]); {
	case verify == "off" || verify == "optional" || verify == "optional_no_ca":
	case withoutCA(in, a[name]):
		if len(on) == 0 && n.state.State == "" {
			n.state = tri.Is(tri.Off, way.PrefixIngressNginx+name,
				"the Secret of "+name+" has no ca.crt, without which ingress-nginx asks nobody for certificates")
		}
	case len(in.Ingress.Spec.TLS) == 0 || isFalse(a, "ssl-redirect"):
		if len(on) == 0 {
			n.state = tri.Is(tri.Unknown, way.PrefixIngressNginx+name, reason.Of("certificates-without-redirect"))
		}
	default:
		if !atHand(in, a[name]) {
			n.assumptions = append(n.assumptions, "the Secret of "+name+" has a ca.crt, without which ingress-nginx asks "+
				"nobody for certificates")
		}
		n.assumptions = append(n.assumptions,
			"ingress-nginx redirects plain HTTP, where no client certificate is asked for, to HTTPS (ssl-redirect)")
		return append(on, name)
	}
	return on
}

// authTLSSecret is the Secret with which certificates of clients are verified.
func authTLSSecret(value, namespace string) (inventory.ID, bool) {
	namespace, name, ok := way.SecretName(value, namespace)
	return inventory.ID{GroupKind: inventory.Secret, Namespace: namespace, Name: name}, ok
}

// uses are the objects that annotations of an Ingress name, whatever the prefix of its controller's.
func uses(o *inventory.Object) []inventory.ID {
	var list []inventory.ID
	for _, key := range way.KeysOf(o.Meta.Annotations) {
		if strings.HasSuffix(key, "/auth-tls-secret") {
			if id, ok := authTLSSecret(o.Meta.Annotations[key], o.Ref.Namespace); ok {
				list = append(list, id)
			}
		}
	}
	return list
}

// withoutCA says whether a Secret is at hand that has nothing to verify certificates with: then none is asked for, and
// nothing is said about it (controller.go: getBackendServers).
func withoutCA(in way.Input, value string) bool {
	secret, ok := certificateSecret(in, value)
	return ok && len(secret.Data["ca.crt"]) == 0 && secret.StringData["ca.crt"] == ""
}

// atHand says whether it can be seen what a Secret has.
func atHand(in way.Input, value string) bool {
	_, ok := certificateSecret(in, value)
	return ok
}

func certificateSecret(in way.Input, value string) (*corev1.Secret, bool) {
	id, ok := authTLSSecret(value, in.Ingress.Namespace)
	if !ok || in.Objects == nil {
		return nil, false
	}
	return inventory.As[corev1.Secret](in.Objects.Get(id.GroupKind, id.Namespace, id.Name))
}
