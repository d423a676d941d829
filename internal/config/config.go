// Package config is the Configuration file: which levels are enforced where, which entry points are internal, what
// rules are told, and which findings are excepted.
package config

import (
	"k8s.io/apimachinery/pkg/labels"

	"github.com/dittoguard/dittoguard/rules"
)

// APIVersion and Kind are what a Configuration file says it is.
const (
	APIVersion = "dittoguard.io/v1alpha1"
	Kind       = "Configuration"
)

// Config is one Configuration file, valid and with every default filled in. It must not be changed.
type Config struct {
	// Modes hold wherever the labels of a namespace say nothing else. Enforce set to off is the dry run, and absolute.
	Modes Modes
	// TrustModel is the model of the guide's section 1 that the installation follows.
	TrustModel TrustModel
	// NamespaceLabels says whether labels of a namespace may change its modes.
	NamespaceLabels NamespaceLabels
	Edges           Edges
	// Rules is what differs from a rule's own document, by the rule's name.
	Rules      map[string]Rule
	Exceptions []Exception
}

// TrustModel is how the gateway learns who a client is.
type TrustModel string

// The trust models. With TrustAuto each gateway's own settings decide.
const (
	TrustAuto  TrustModel = "auto"
	TrustProxy TrustModel = "proxy"
	TrustOIDC  TrustModel = "oidc"
)

// Edges says what the API does not show about the entry points.
type Edges struct {
	// InternalIngressClasses and InternalGateways are entry points that no public network reaches.
	InternalIngressClasses []string
	InternalGateways       []Gateway
	// IngressClasses says which controller serves an ingress class, by the class's name.
	IngressClasses map[string]string
	// DefaultController serves Ingresses without a class where no default IngressClass is there; empty if it is not
	// said.
	DefaultController string
	// Clouds are those whose markers of an internal load balancer are believed; empty means any, and that markers which
	// contradict each other mean public.
	Clouds []string
	// Clients are workloads that use Ditto and hand no request on to it.
	Clients []Client
	// Controllers says which version of an edge controller runs, by the controller's name.
	Controllers map[string]Controller
}

// Client is a workload, or those that a selector chooses.
type Client struct {
	Namespace string
	// Name is that of the workload, empty for any.
	Name string
	// Selector chooses by the labels of the pods, as kubectl's -l does; nil for any.
	Selector labels.Selector
}

// Gateway names a Gateway of the Gateway API.
type Gateway struct {
	Namespace string
	Name      string
}

// Controller is what is known about an edge controller.
type Controller struct {
	// Version is such as `0.17` or `v3.6.2`, empty if it is not known.
	Version string
}

// Rule is what the configuration changes about one rule.
type Rule struct {
	// Level is empty where the rule's own counts.
	Level rules.Level
	// DenyUnknown makes the rule deny where it cannot decide (`onUnknown: deny`).
	DenyUnknown bool
	// KeepAsIs switches the rule's mutations off (`mutate: false`).
	KeepAsIs bool
	// Params is what the rule's expressions see as `params`, of the types that decoded JSON has; integers are int64.
	Params map[string]any
}

// Default is the configuration without a file.
func Default() *Config {
	return &Config{
		Modes:           Modes{Enforce: ModeBaseline, Warn: ModeRestricted, Audit: ModeRestricted},
		TrustModel:      TrustAuto,
		NamespaceLabels: LabelsTighten,
		Rules:           map[string]Rule{},
	}
}

// Level is the level at which a rule counts; own is that of its document.
func (c *Config) Level(rule string, own rules.Level) rules.Level {
	if level := c.Rules[rule].Level; level != "" {
		return level
	}
	return own
}

// Mutates says whether the rule may change objects: never in a dry run.
func (c *Config) Mutates(rule string) bool {
	return c.Modes.Enforce != ModeOff && !c.Rules[rule].KeepAsIs
}
