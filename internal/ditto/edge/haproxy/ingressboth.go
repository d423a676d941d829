package haproxy

import (
	"slices"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

// orWorse is what is certain of an Ingress that either of two controllers serves.
func orWorse(a, b way.Reading) way.Reading {
	h := a.Handling.OrWorse(b.Handling)
	h.Rate.Limited = tri.And(a.Rate.Limited, b.Rate.Limited)
	return way.Reading{
		Handling: h, Hosts: append(slices.Clone(a.Hosts), b.Hosts...),
		Transport: func(host string) way.Transport { return worseTransport(a.Transport(host), b.Transport(host)) },
		Path: func(kind networkingv1.PathType, path string) way.Path {
			p, other := a.Path(kind, path), b.Path(kind, path)
			if p.Rewrite.Kind != other.Rewrite.Kind || p.Rewrite.To != other.Rewrite.To ||
				!slices.Equal(p.Rewrite.From, other.Rewrite.From) {
				p.Rewrite = way.UnknownRewrite(reason.Of("haproxy-controllers-differ"))
			}
			return p
		},
	}
}

// worseTransport is what is certain of what clients speak with either of two controllers.
func worseTransport(a, b way.Transport) way.Transport {
	t := a
	rank := []string{way.PlainClosed, way.PlainRedirected, tri.Unknown, way.PlainServed}
	if slices.Index(rank, b.Plain.State) > slices.Index(rank, a.Plain.State) {
		t = b
	}
	t.TLS = tri.And(a.TLS, b.TLS)
	return t
}
