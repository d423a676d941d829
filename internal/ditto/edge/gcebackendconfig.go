package edge

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

func gceConfigKeys() []string {
	return []string{"cloud.google.com/backend-config", "beta.cloud.google.com/backend-config"}
}

// gceConfigNames are the BackendConfigs that a Service names: `{"default": "name", "ports": {"port": "name"}}`. ok is
// false for text that is none.
func gceConfigNames(annotations map[string]string) (names []string, ok bool) {
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
		for _, port := range keysOf(value.Ports) {
			names = append(names, value.Ports[port])
		}
		break
	}
	slices.Sort(names)
	return slices.Compact(names), true
}

func gceUses(o *inventory.Object) []inventory.ID {
	names, _ := gceConfigNames(o.Meta.Annotations)
	var list []inventory.ID
	for _, name := range names {
		list = append(list, inventory.ID{GroupKind: crd.GKEBackendConfig, Namespace: o.Ref.Namespace, Name: name})
	}
	if id, named := gceFrontend(o.Meta.Annotations, o.Ref.Namespace); named {
		list = append(list, id)
	}
	return list
}

// gceEffects reads an Ingress of GKE's with the BackendConfigs of the Service. Where ports differ, the worst counts.
func gceEffects(plain plainEdge) func(Input) Effects {
	return func(in Input) Effects {
		e := plain.effects(in)
		names, ok := gceConfigNames(in.ServiceAnnotations)
		if !ok {
			why := gceConfigKeys()[0] + " cannot be read"
			e.Identity, e.Authentication = State{IdentityUnknown, gceConfigKeys()[0], why}, State{Unknown, gceConfigKeys()[0], why}
			e.StripsIdentity = strips(e.Identity)
			return e
		}
		var identity, authentication *State
		for _, name := range names {
			i, a := gceConfig(in, name)
			identity = worse(identity, &i)
			if authentication == nil || authentication.State == On || a.State == Off {
				authentication = &a
			}
		}
		if identity == nil {
			return e
		}
		e.Identity, e.Authentication = *identity, *authentication
		e.StripsIdentity = strips(e.Identity)
		if e.StripsIdentity.State == On {
			e.StripAdvice = ""
		}
		return e
	}
}

// gceConfig reads one BackendConfig. What becomes of a header that is set to nothing is not documented; `{variable}` is
// looked up for each request.
func gceConfig(in Input, name string) (identity, authentication State) {
	who := "BackendConfig " + in.Ingress.Namespace + "/" + name
	const source = "customRequestHeaders"
	o := objectAt(in.Objects, inventory.ID{GroupKind: crd.GKEBackendConfig, Namespace: in.Ingress.Namespace, Name: name})
	if o == nil {
		return State{IdentityUnknown, source, who + " is not at hand, and may change the header"},
			State{Unknown, "iap", who + " is not at hand, and may ask for credentials"}
	}
	config := o.Typed.(*crd.BackendConfig)
	identity = State{IdentityClient, "default", who + " leaves the header alone"}
	if headers := config.Spec.CustomRequestHeaders; headers != nil {
		for _, h := range headers.Headers {
			key, value, _ := strings.Cut(h, ":")
			if !strings.EqualFold(strings.TrimSpace(key), Header) {
				continue
			}
			switch value = strings.TrimSpace(value); {
			case value == "":
				identity = State{IdentityUnknown, source, who + " sets the header to nothing, and what becomes of the client's is not documented"}
			case strings.Contains(value, "{"):
				identity = State{IdentityUnknown, source, who + " sets the header to a variable, and what that holds cannot be seen"}
			default:
				identity = State{IdentitySet, source, who + " sets the header to a constant"}
			}
		}
	}
	authentication = State{Off, "default", who + " asks for no credentials"}
	if iap := config.Spec.IAP; iap != nil && iap.Enabled {
		authentication = State{On, "iap", who + " asks every client for a Google account (Identity-Aware Proxy)"}
	}
	return identity, authentication
}
