package ingressnginx

import (
	"net/url"
	"strconv"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

// Mirror is where ingress-nginx sends copies of requests: whoever gets a copy acts on it.
type Mirror struct {
	Host string
	Port int32
	// Rewrite is what becomes of the path.
	Rewrite way.Rewrite
}

// MirrorOf reads the annotation mirror-target: a URL, with or without `$request_uri` behind it, without which the path is
// the URL's. ok is false if there is none. Source: ingress-nginx internal/ingress/controller/template, buildMirrorLocations.
func MirrorOf(ing *networkingv1.Ingress) (m Mirror, ok bool) {
	text := strings.TrimSpace(ing.Annotations[way.PrefixIngressNginx+"mirror-target"])
	before, variable, varies := strings.Cut(text, "$")
	u, err := url.Parse(before)
	if err != nil || u.Hostname() == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return Mirror{}, false
	}
	m = Mirror{Host: u.Hostname(), Port: 80}
	if u.Scheme == "https" {
		m.Port = 443
	}
	if text := u.Port(); text != "" {
		number, err := strconv.ParseUint(text, 10, 16)
		if err != nil {
			return Mirror{}, false
		}
		m.Port = int32(number) //nolint:gosec // 16 bits
	}
	switch {
	case !varies && u.Path == "":
		// The path is then that of the location for copies.
		m.Rewrite = way.Rewrite{Kind: way.RewriteConstant, To: "/_mirror"}
	case !varies:
		m.Rewrite = way.Rewrite{Kind: way.RewriteConstant, To: u.Path}
	case variable != "request_uri" && variable != "{request_uri}":
		m.Rewrite = way.UnknownRewrite("mirror-target makes the path from $" + variable)
	case u.Path != "":
		m.Rewrite = way.Rewrite{Kind: way.RewritePrefix, From: []string{""}, To: u.Path}
	}
	return m, true
}
