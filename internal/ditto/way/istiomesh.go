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
func IstioSpelling(c Context) Spelling {
	if c.Objects == nil {
		return SpellingResolved
	}
	return Keep(c, istioSpellingKey{}, func() Spelling { return istioSpelling(c.Objects) })
}

type istioSpellingKey struct{}

func istioSpelling(objects inventory.Reader) Spelling {
	o := objects.Get(inventory.ConfigMap, IstioMesh().Namespace, IstioMesh().Name)
	if o == nil {
		return SpellingResolved
	}
	config, ok := inventory.As[corev1.ConfigMap](o)
	if !ok {
		return SpellingUnread
	}
	var mesh struct {
		PathNormalization struct {
			Normalization string `json:"normalization"`
		} `json:"pathNormalization"`
	}
	if err := yaml.Unmarshal([]byte(config.Data["mesh"]), &mesh); err != nil {
		return SpellingUnread
	}
	switch mesh.PathNormalization.Normalization {
	case "NONE":
		return SpellingVerbatim
	case "DECODE_AND_MERGE_SLASHES":
		return SpellingDecoded
	case "", "DEFAULT", "BASE", "MERGE_SLASHES":
		return SpellingResolved
	}
	return SpellingUnread
}
