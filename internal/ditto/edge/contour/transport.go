package contour

import (
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

// contourTransport: an Ingress with TLS is served over plain HTTP too, unless one of two annotations says otherwise
// (internal/annotation: TLSRequired, HTTPAllowed).
func contourTransport(in way.Input, host string) way.Transport {
	const force, allow = way.PrefixIngress + "force-ssl-redirect", way.AllowHTTP
	t := way.Transport{TLS: in.Certificate(host),
		Plain: way.PassedOn("default", "Contour serves an Ingress over plain HTTP as well")}
	switch {
	case in.Ingress.Annotations[allow] == "false":
		t.Plain = way.Closed(allow, "allow-http is false")
	case in.Ingress.Annotations[force] == "true":
		t.Plain = way.Redirected(force, "force-ssl-redirect is true")
	case t.TLS.State != tri.Off:
		t.Fix.Advice = `set ingress.kubernetes.io/force-ssl-redirect: "true"`
	}
	return t
}
