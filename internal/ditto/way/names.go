package way

// Names of controllers (Controller.Name) that more than their own packages know: what they have in common with others
// is said by name.
const (
	NameIngressNginx   = "ingress-nginx"
	NameF5Nginx        = "f5-nginx"
	NameTraefik        = "traefik"
	NameHAProxy        = "haproxy"
	NameHAProxyIngress = "haproxy-ingress"
	NameContour        = "contour"
)

// PrefixIngressNginx is the prefix of ingress-nginx's annotations.
const PrefixIngressNginx = "nginx.ingress.kubernetes.io/"
