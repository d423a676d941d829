package traefik

import (
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

// The controllers that are built on Envoy, Kong, Traefik and OpenShift's router: TLS is in the Ingress, limits stand in
// objects of their own.

// readTransport: spec.tls only loads certificates. A router is for TLS alone if router.tls says so; otherwise it is
// attached to entry points, and whether those speak TLS or redirect is Traefik's own configuration
// (pkg/provider/kubernetes/ingress/kubernetes.go).
func readTransport(in way.Input, chain *chainReading, host string) way.Transport {
	a := way.WithPrefix(in.Ingress.Annotations, Prefix)
	t := way.Transport{TLS: in.Certificate(host)}
	t.Fix.Advice = `list the host in spec.tls and set traefik.ingress.kubernetes.io/router.tls: "true", and make the entry point for plain HTTP redirect`
	const entrypoints = Prefix + "router.entrypoints"
	only, _ := a.Bool("router.tls")
	switch {
	case only:
		t.Plain = way.Closed(Prefix+"router.tls", "the router accepts only TLS")
		if t.TLS.State == tri.Off {
			t.TLS = tri.Is(tri.Unknown, Prefix+"router.tls", reason.Of("traefik-default-certificate"))
		}
		if a.Has("router.tls.certresolver") {
			t.TLS = tri.Is(tri.On, Prefix+"router.tls.certresolver", "Traefik gets the certificate itself")
		}
	case strings.TrimSpace(a["router.entrypoints"]) == "websecure":
		t.Plain = way.Closed(entrypoints,
			"the router is attached only to websecure, which is Traefik's name for an entry point with TLS")
		if t.TLS.State == tri.Off {
			t.TLS = tri.Is(tri.Unknown, entrypoints, reason.Of("traefik-websecure-certificate"))
		}
	case strings.TrimSpace(a["router.entrypoints"]) == "web":
		t.TLS = tri.Is(tri.Off, entrypoints, "the router is attached only to the entry point web")
		t.Plain = tri.Is(tri.Unknown, entrypoints, reason.Of("traefik-web-redirect"))
	default:
		t.Plain = tri.Is(tri.Unknown, "default", reason.Of("traefik-entry-points-redirect"))
		if t.TLS.State == tri.Off {
			t.TLS = tri.Is(tri.Unknown, "default", reason.Of("traefik-entry-points-certificates"))
		}
	}
	chain.settle(&t)
	return t
}
