package gatewayapi

import (
	"cmp"
	"slices"

	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

// mirrors are the backends that get a copy of each request. What else is done to a request need not have been done to
// the copy.
func mirrors(c way.Context, at Place, base, plain way.Route) []way.Route {
	var list []way.Route
	filters := slices.Clone(at.Rule.Filters)
	for _, ref := range at.Rule.Backends {
		filters = append(filters, ref.Filters...)
	}
	for _, f := range filters {
		ref := mirrorOf(c, at, f)
		if ref == nil {
			continue
		}
		backends, doubt := at.Route.backends(c, *ref)
		if len(backends) == 0 {
			continue
		}
		mirror := base
		mirror.Doubt = cmp.Or(mirror.Doubt, doubt)
		mirror.Text += ", mirrored"
		mirror.Backends, mirror.Effects = backends, plain.Effects
		mirror.Rate, mirror.ErrorPages = plain.Rate, plain.ErrorPages
		for p := range plain.Fixes {
			mirror.Fixes[p] = plain.Fixes[p].Told()
		}
		source, why := "RequestMirror", reason.Of("gateway-mirror-filters")
		for _, s := range []*tri.State{&mirror.Effects.Identity, &mirror.Effects.StripsIdentity} {
			if s.State != way.IdentityClient && s.State != tri.Off {
				*s = tri.Is(tri.Unknown, source, s.Why+"; "+why)
			}
		}
		if plain.Path != nil && plain.Path.Rewrite.Kind != way.RewriteNone {
			path := *plain.Path
			path.Rewrite = way.UnknownRewrite(reason.Of("gateway-mirror-path"))
			mirror.Path = &path
		}
		list = append(list, mirror)
	}
	return list
}

// mirrorOf is who gets copies of requests by a filter, or by what it refers to; nil if nobody does.
func mirrorOf(c way.Context, at Place, f gatewayv1.HTTPRouteFilter) *gatewayv1.BackendObjectReference {
	switch {
	case f.RequestMirror != nil:
		return &f.RequestMirror.BackendRef
	case f.ExtensionRef != nil:
		id, extension := at.Route.extensionID(*f.ExtensionRef), at.class.impl.Extension
		if at.class.impl.Name == tri.Unknown {
			extension = copying // whoever serves the route
		}
		if extension != nil {
			e, _ := extension(c.Objects.Get(id.GroupKind, id.Namespace, id.Name), id.GroupKind)
			return e.Mirror
		}
	}
	return nil
}
