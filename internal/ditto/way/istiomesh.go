package way

import (
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"github.com/dittoguard/dittoguard/internal/inventory"
)

// IstioRoot is Istio's root namespace unless the mesh says otherwise: policies in it are for the whole mesh.
const IstioRoot = "istio-system"

// IstioNormalize is how to have Istio forward the path that it chose by.
const IstioNormalize = "set meshConfig.pathNormalization.normalization: BASE, which is the default, in the ConfigMap istio"

// IstioMesh is the ConfigMap with the settings of Istio's mesh, of an installation without revisions.
func IstioMesh() inventory.ID {
	return inventory.ID{GroupKind: inventory.ConfigMap, Namespace: IstioRoot, Name: "istio"}
}

// IstioSpelling is how gateways of Istio write paths: pathNormalization of the mesh is BASE unless it is configured
// otherwise, which resolves dot segments (pilot/pkg/networking/core/listener_builder.go).
func IstioSpelling(c Context) Spelling { return istioSettingsOf(c).spelling }

// IstioTrustsProxies says whether gateways of Istio believe those before them that clients came over TLS, where the
// pods say nothing else: numTrustedProxies of the mesh (Envoy: xff_num_trusted_hops). Without that X-Forwarded-Proto is
// what they have seen themselves.
func IstioTrustsProxies(c Context) bool { return istioSettingsOf(c).trusts }

// istioSettings are those of the mesh that decide.
type istioSettings struct {
	spelling Spelling
	trusts   bool
}

type istioSettingsKey struct{}

func istioSettingsOf(c Context) istioSettings {
	if c.Objects == nil {
		return istioSettings{spelling: SpellingResolved}
	}
	return Keep(c, istioSettingsKey{}, func() istioSettings { return readIstioSettings(c.Objects) })
}

func readIstioSettings(objects inventory.Reader) istioSettings {
	o := objects.Get(inventory.ConfigMap, IstioMesh().Namespace, IstioMesh().Name)
	if o == nil {
		return istioSettings{spelling: SpellingResolved}
	}
	unread := istioSettings{spelling: SpellingUnread, trusts: true}
	config, ok := inventory.As[corev1.ConfigMap](o)
	if !ok {
		return unread
	}
	var mesh struct {
		PathNormalization struct {
			Normalization string `json:"normalization"`
		} `json:"pathNormalization"`
		DefaultConfig struct {
			GatewayTopology struct {
				NumTrustedProxies int64 `json:"numTrustedProxies"`
			} `json:"gatewayTopology"`
		} `json:"defaultConfig"`
	}
	if err := yaml.Unmarshal([]byte(config.Data["mesh"]), &mesh); err != nil {
		return unread
	}
	trusted := mesh.DefaultConfig.GatewayTopology.NumTrustedProxies
	settings := istioSettings{spelling: SpellingUnread, trusts: trusted > 0}
	switch mesh.PathNormalization.Normalization {
	case "NONE":
		settings.spelling = SpellingVerbatim
	case "DECODE_AND_MERGE_SLASHES":
		settings.spelling = SpellingDecoded
	case "", "DEFAULT", "BASE", "MERGE_SLASHES":
		settings.spelling = SpellingResolved
	}
	return settings
}
