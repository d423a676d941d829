package gke

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

func gceConfigKeys() []string {
	return []string{"cloud.google.com/backend-config", "beta.cloud.google.com/backend-config"}
}

// configNames are the BackendConfigs that a Service names: `{"default": "name", "ports": {"port": "name"}}`. ok is
// false for text that is none.
func configNames(annotations map[string]string) (names []string, ok bool) {
	for _, key := range gceConfigKeys() {
		text := annotations[key]
		if strings.TrimSpace(text) == "" {
			continue
		}
		var value struct {
			Default string            `json:"default"`
			Ports   map[string]string `json:"ports"`
		}
		if json.Unmarshal([]byte(text), &value) != nil {
			return nil, false
		}
		if value.Default != "" {
			names = append(names, value.Default)
		}
		for _, port := range way.KeysOf(value.Ports) {
			names = append(names, value.Ports[port])
		}
		break
	}
	slices.Sort(names)
	return slices.Compact(names), true
}

func gceUses(o *inventory.Object) []inventory.ID {
	names, _ := configNames(o.Meta.Annotations)
	var list []inventory.ID
	for _, name := range names {
		list = append(list, inventory.ID{GroupKind: crd.GKEBackendConfig, Namespace: o.Ref.Namespace, Name: name})
	}
	if id, named := gceFrontend(o.Meta.Annotations, o.Ref.Namespace); named {
		list = append(list, id)
	}
	return list
}

// gceConfigs applies the BackendConfigs of the Service. Where ports differ, the worst counts.
func gceConfigs(in way.Input, e *way.Effects) {
	names, ok := configNames(in.ServiceAnnotations)
	if !ok {
		source := gceConfigKeys()[0]
		why := reason.Of("not-readable", source)
		e.Identity = tri.Is(way.IdentityUnknown, source, why)
		e.Authentication = tri.Is(tri.Unknown, source, why)
		return
	}
	var identity, authentication *tri.State
	for _, name := range names {
		i, a := gceConfig(in, name)
		identity = way.Worse(identity, &i)
		if authentication == nil || authentication.State == tri.On || a.State == tri.Off {
			authentication = &a
		}
	}
	if identity != nil {
		e.Identity, e.Authentication = *identity, *authentication
	}
}

// gceConfig reads one BackendConfig. What becomes of a header that is set to nothing is not documented; `{variable}` is
// looked up for each request.
func gceConfig(in way.Input, name string) (identity, authentication tri.State) {
	who := "BackendConfig " + in.Ingress.Namespace + "/" + name
	const source = "customRequestHeaders"
	o := way.ObjectAt(in.Objects, inventory.ID{GroupKind: crd.GKEBackendConfig, Namespace: in.Ingress.Namespace,
		Name: name})
	if o == nil {
		return tri.Is(way.IdentityUnknown, source, reason.Of("header-changer-not-found", who)),
			tri.Is(tri.Unknown, "iap", reason.Of("f5-policy-not-found", who))
	}
	config := inventory.Must[crd.BackendConfig](o)
	identity = tri.Is(way.IdentityClient, "default", who+" leaves the header alone")
	if headers := config.Spec.CustomRequestHeaders; headers != nil {
		for _, h := range headers.Headers {
			key, value, _ := strings.Cut(h, ":")
			if !strings.EqualFold(strings.TrimSpace(key), way.Header) {
				continue
			}
			switch value = strings.TrimSpace(value); {
			case value == "":
				identity = tri.Is(way.IdentityUnknown, source, reason.Of("backendconfig-header-empty", who))
			case strings.Contains(value, "{"):
				identity = tri.Is(way.IdentityUnknown, source, reason.Of("backendconfig-header-variable", who))
			default:
				identity = tri.Is(way.IdentitySet, source, who+" sets the header to a constant")
			}
		}
	}
	authentication = tri.Is(tri.Off, "default", who+" asks for no credentials")
	if iap := config.Spec.IAP; iap != nil && iap.Enabled {
		authentication = tri.Is(tri.On, "iap", who+" asks every client for a Google account (Identity-Aware Proxy)")
	}
	return identity, authentication
}
