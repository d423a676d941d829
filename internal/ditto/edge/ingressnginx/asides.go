package ingressnginx

import (
	"net/url"
	"strconv"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/dittoguard/dittoguard/internal/ditto/dns"
	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/requests"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

// isCanary: ingress-nginx sends a share of another Ingress's requests to this one's Services, and ignores every other
// annotation of it (createServers, mergeAlternativeBackends).
func isCanary(ing *networkingv1.Ingress) bool {
	return ing.Annotations[way.PrefixIngressNginx+"canary"] == "true"
}

// mayForceRegex: the annotations of a controller can have a prefix of their own.
func mayForceRegex(ing *networkingv1.Ingress) bool {
	for key := range ing.Annotations {
		if strings.HasSuffix(key, "/use-regex") || strings.HasSuffix(key, "/rewrite-target") {
			return true
		}
	}
	return false
}

// aliases are the further names of the servers of an Ingress's hosts; a canary's are not looked at (createServers).
func aliases(ing *networkingv1.Ingress) []requests.Hosts {
	if isCanary(ing) {
		return nil
	}
	var list []requests.Hosts
	for name := range strings.SplitSeq(ing.Annotations[way.PrefixIngressNginx+"server-alias"], ",") {
		if name = strings.TrimSpace(name); strings.HasPrefix(name, "~") {
			list = append(list, requests.Hosts{Name: name, Opaque: true})
		} else if name != "" {
			list = append(list, requests.HostsOf(name))
		}
	}
	return list
}

// asides are the Service that gets copies of requests, in any namespace, and the one for those whose own has no
// endpoints. Copies are made after credentials are asked for. What is sent to the second goes to its first port, as it
// is.
func asides(ing *networkingv1.Ingress) []way.Aside {
	var list []way.Aside
	if m, ok := mirrorOf(ing); ok {
		for _, n := range dns.Services(m.host, "") {
			if n.Namespace != "" {
				list = append(list, way.Aside{
					Annotation: "mirror-target", Copies: true, Rewrite: m.rewrite, Headless: n.Pod,
					Backend: way.Backend{Namespace: n.Namespace, Name: n.Name, Port: intstr.FromInt32(m.port),
						ByTarget: true},
				})
			}
		}
	}
	if name := strings.TrimSpace(ing.Annotations[way.PrefixIngressNginx+"default-backend"]); name != "" {
		list = append(list, way.Aside{
			Annotation: "default-backend", Backend: way.Backend{Namespace: ing.Namespace, Name: name, ByTarget: true},
		})
	}
	return list
}

// mirror is where ingress-nginx sends copies of requests: whoever gets a copy acts on it.
type mirror struct {
	host string
	port int32
	// rewrite is what becomes of the path.
	rewrite way.Rewrite
}

// mirrorOf reads the annotation mirror-target: a URL, with or without `$request_uri` behind it, without which the path
// is the URL's. ok is false if there is none. Source: ingress-nginx internal/ingress/controller/template,
// buildMirrorLocations.
func mirrorOf(ing *networkingv1.Ingress) (m mirror, ok bool) {
	text := strings.TrimSpace(ing.Annotations[way.PrefixIngressNginx+"mirror-target"])
	before, variable, varies := strings.Cut(text, "$")
	u, err := url.Parse(before)
	if err != nil || u.Hostname() == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return mirror{}, false
	}
	m = mirror{host: u.Hostname(), port: 80}
	if u.Scheme == "https" {
		m.port = 443
	}
	if text := u.Port(); text != "" {
		number, err := strconv.ParseUint(text, 10, 16)
		if err != nil {
			return mirror{}, false
		}
		m.port = int32(number) // 16 bits
	}
	switch {
	case !varies && u.Path == "":
		// The path is then that of the location for copies.
		m.rewrite = way.Rewrite{Kind: way.RewriteConstant, To: "/_mirror"}
	case !varies:
		m.rewrite = way.Rewrite{Kind: way.RewriteConstant, To: u.Path}
	case variable != "request_uri" && variable != "{request_uri}":
		m.rewrite = way.UnknownRewrite(reason.Of("ingress-nginx-mirror-path", variable))
	case u.Path != "":
		m.rewrite = way.Rewrite{Kind: way.RewritePrefix, From: []string{""}, To: u.Path}
	}
	return m, true
}
