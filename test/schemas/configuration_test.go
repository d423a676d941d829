package schemas

import (
	"github.com/invopop/jsonschema"

	"github.com/dittoguard/dittoguard/internal/config"
	"github.com/dittoguard/dittoguard/rules"
)

// The Configuration as it is written. The parser knows more of each field than a schema can say, and reads nodes rather than
// types; TestTheConfigurationIsWhatTheParserReads keeps the two together.
type (
	configuration struct {
		APIVersion      string                 `json:"apiVersion"`
		Kind            string                 `json:"kind"`
		Modes           *modes                 `json:"modes,omitempty"`
		TrustModel      config.TrustModel      `json:"trustModel,omitempty" jsonschema:"description=The model of the guide's section 1 that the installation follows."`
		NamespaceLabels config.NamespaceLabels `json:"namespaceLabels,omitempty" jsonschema:"description=Whether labels of a namespace may change its modes."`
		Edges           *edges                 `json:"edges,omitempty" jsonschema:"description=What the API does not show about the entry points."`
		Rules           map[string]ruleSetting `json:"rules,omitempty" jsonschema:"description=What differs from a rule's own document; by the rule's name."`
		Exceptions      []exception            `json:"exceptions,omitempty" jsonschema:"description=Findings that pass for a while."`
	}
	modes struct {
		Enforce mode `json:"enforce,omitempty"`
		Warn    mode `json:"warn,omitempty"`
		Audit   mode `json:"audit,omitempty"`

		EnforceVersion string `json:"enforceVersion,omitempty" jsonschema:"pattern=^(latest|v[0-9]+\\.[0-9]+)$,description=Rules that are newer than this version do not deny; such as v0.2."`
	}
	mode  string
	edges struct {
		InternalIngressClasses []string                   `json:"internalIngressClasses,omitempty"`
		InternalGateways       []gateway                  `json:"internalGateways,omitempty"`
		IngressClasses         map[string]ingressClass    `json:"ingressClasses,omitempty"`
		DefaultController      controllerName             `json:"defaultController,omitempty"`
		Clients                []client                   `json:"clients,omitempty"`
		Clouds                 []cloud                    `json:"clouds,omitempty"`
		Controllers            map[controllerName]version `json:"controllers,omitempty"`
	}
	gateway struct {
		Namespace string `json:"namespace"`
		Name      string `json:"name"`
	}
	ingressClass struct {
		Controller controllerName `json:"controller"`
	}
	client struct {
		Namespace string `json:"namespace"`
		Name      string `json:"name,omitempty"`
		Selector  string `json:"selector,omitempty" jsonschema:"description=As kubectl's -l."`
	}
	version struct {
		Version any `json:"version,omitempty" jsonschema:"oneof_type=string;number,description=Such as 0.17 or v3.6.2."`
	}
	ruleSetting struct {
		Level     rules.Level    `json:"level,omitempty"`
		OnUnknown string         `json:"onUnknown,omitempty" jsonschema:"enum=warn,enum=deny"`
		Mutate    *bool          `json:"mutate,omitempty"`
		Params    map[string]any `json:"params,omitempty"`
	}
	exception struct {
		Rules   []string `json:"rules" jsonschema:"minItems=1"`
		Match   match    `json:"match"`
		Reason  string   `json:"reason"`
		Expires string   `json:"expires" jsonschema:"format=date,description=The last day on which it counts."`
	}
	match struct {
		Namespace string `json:"namespace,omitempty"`
		Kind      string `json:"kind,omitempty"`
		Name      string `json:"name,omitempty"`
	}
	controllerName string
	cloud          string
)

func texts[T ~string](values ...T) *jsonschema.Schema {
	s := &jsonschema.Schema{Type: "string"}
	for _, v := range values {
		s.Enum = append(s.Enum, string(v))
	}
	return s
}

func (mode) JSONSchema() *jsonschema.Schema { return texts("off", "baseline", "restricted") }

func (controllerName) JSONSchema() *jsonschema.Schema { return texts(config.Controllers...) }

func (cloud) JSONSchema() *jsonschema.Schema { return texts(config.Clouds...) }

func (configuration) JSONSchemaExtend(s *jsonschema.Schema) {
	set := func(name string, to *jsonschema.Schema) {
		old, _ := s.Properties.Get(name)
		to.Description = old.Description
		s.Properties.Set(name, to)
	}
	set("apiVersion", &jsonschema.Schema{Const: config.APIVersion})
	set("kind", &jsonschema.Schema{Const: config.Kind})
	set("trustModel", texts(config.TrustAuto, config.TrustProxy, config.TrustOIDC))
	set("namespaceLabels", texts(config.LabelsHonour, config.LabelsTighten, config.LabelsIgnore))
}

func (match) JSONSchemaExtend(s *jsonschema.Schema) {
	one := uint64(1)
	s.MinProperties = &one
}
