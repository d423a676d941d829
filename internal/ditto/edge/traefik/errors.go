package traefik

import (
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

// Errors are where a Middleware takes requests to that failed: Services, and TraefikServices by the names of what they
// may be. Both are empty for any other object.
func Errors(o *inventory.Object) (services []way.Backend, others []inventory.ID) {
	m, ok := inventory.As[crd.TraefikMiddleware](o)
	if !ok || m.Spec.Errors == nil || m.Spec.Errors.Service.Name == "" {
		return nil, nil
	}
	to := m.Spec.Errors.Service
	if to.Kind == "TraefikService" {
		others = serviceRef(o, to).candidates()
	}
	return backendsOf(o, to), others
}
