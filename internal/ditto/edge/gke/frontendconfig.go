package gke

import (
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

// FrontendConfig is the annotation of an Ingress that names a FrontendConfig of its namespace.
const FrontendConfig = "networking.gke.io/v1beta1.FrontendConfig"

// gceFrontend is the FrontendConfig that annotations name; ok is false if they name none.
func gceFrontend(annotations map[string]string, namespace string) (id inventory.ID, ok bool) {
	name := strings.TrimSpace(annotations[FrontendConfig])
	return inventory.ID{GroupKind: crd.GKEFrontendConfig, Namespace: namespace, Name: name}, name != ""
}

// gcePlain is what plain HTTP meets at a load balancer that listens for it: a FrontendConfig can redirect.
func gcePlain(in way.Input) tri.State {
	id, named := gceFrontend(in.Ingress.Annotations, in.Ingress.Namespace)
	if !named {
		return way.PassedOn("default", "the load balancer listens for HTTP as well")
	}
	who := "FrontendConfig " + id.Namespace + "/" + id.Name
	o := way.ObjectAt(in.Objects, id)
	if o == nil {
		return tri.Is(tri.Unknown, FrontendConfig, reason.Of("frontendconfig-not-found", who))
	}
	if r := inventory.Must[crd.FrontendConfig](o).Spec.RedirectToHTTPS; r != nil && r.Enabled {
		return way.Redirected(FrontendConfig, who+" redirects (redirectToHttps)")
	}
	return way.PassedOn(FrontendConfig, who+" does not redirect")
}
