package recognize

import (
	"regexp"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/podspec"
)

// Configured is how a proxy that is not read is told what to forward.
type Configured struct {
	// Folders are where its configuration lies unless it is told otherwise.
	Folders []string
	// ByFile: a file is all that tells it; a host on its command line or in a variable is something else's.
	ByFile bool
	// stock are its makers' images, which forward nothing until they are told to.
	stock []string
	// inline is what gives it its configuration on the command line, objects what has objects of Kubernetes tell it,
	// which are read for themselves, and remote what has it ask somebody else.
	inline, objects, remote *regexp.Regexp
}

// configured are the proxies of which there is more to say than their folders. Sources: their manuals.
var configured = map[string]Configured{
	"Angie":   {ByFile: true, stock: []string{"docker.angie.software/angie"}},
	"HAProxy": {ByFile: true},
	"Caddy": {
		stock:  []string{"caddy"},
		remote: regexp.MustCompile(`"load"\s*:\s*\{`),
	},
	"Envoy": {
		ByFile: true, inline: regexp.MustCompile(`--config-yaml\b`),
		remote: regexp.MustCompile(
			`(?s)dynamic_?[rR]esources\b.*\b(?:ads|ads_?[cC]onfig|api_?[cC]onfig_?[sS]ource)\b`),
	},
	"Traefik": {
		stock:   []string{"traefik"},
		objects: regexp.MustCompile(`(?is)\bproviders\b.*kubernetes`),
		remote: regexp.MustCompile(
			`(?is)providers[._](?:http|redis|etcd|consul|consulcatalog|zookeeper|nomad|ecs|docker|swarm)\b|` +
				`\bproviders\s*:\s.*\b(?:redis|etcd|consul|consulcatalog|zookeeper|nomad|ecs|docker|swarm)\s*:|` +
				`\bproviders\s*:\s.*\bhttp\s*:\s*\{?\s*endpoint`),
	},
	"Apache httpd": {
		ByFile: true,
		stock:  []string{"httpd", "bitnami/apache", "bitnamilegacy/apache", "ubuntu/apache2"},
	},
	"lighttpd": {ByFile: true},
	"KrakenD":  {ByFile: true},
	"Squid":    {ByFile: true},
	"stunnel":  {ByFile: true},
	"Tyk":      {remote: regexp.MustCompile(`(?i)use_?db_?app_?configs\W+true`)},
	"Kong": {
		objects: regexp.MustCompile(`(?i)KONG_DATABASE=off`),
		remote:  regexp.MustCompile(`(?i)\bdatabase\s*=\s*(?:postgres|cassandra)`),
	},
	"APISIX":   {remote: regexp.MustCompile(`(?i)\betcd\b`)},
	"Emissary": {objects: regexp.MustCompile(``)},
	"Skipper":  {objects: regexp.MustCompile(`(?m)^-+kubernetes\b`)},
}

// ConfiguredBy is how a proxy is told what to forward.
func ConfiguredBy(name string) Configured {
	c := configured[name]
	at := slices.IndexFunc(proxySoftware, func(s software) bool { return s.name == name })
	if at >= 0 {
		c.Folders = proxySoftware[at].files
	}
	return c
}

// CommandsOf are what starts a program.
func CommandsOf(name string) []string {
	at := slices.IndexFunc(proxySoftware, func(s software) bool { return s.name == name })
	if at < 0 {
		return nil
	}
	return proxySoftware[at].commands
}

// IsStock says whether an image is the makers' own, and forwards nothing until it is told to.
func (c Configured) IsStock(image string) bool {
	name := podspec.ImagePath(image)
	if registry, _, _ := strings.Cut(image, "/"); strings.Contains(registry, ".") && !strings.HasSuffix(registry,
		"docker.io") {
		name = registry + "/" + name
	}
	return slices.Contains(c.stock, strings.TrimPrefix(name, "library/"))
}

// ToldInline says whether a text of a proxy (its variables, its command line, its files) tells it what to forward.
func (c Configured) ToldInline(text string) bool {
	return c.inline != nil && c.inline.MatchString(text)
}

// ToldByObjects says whether by that text objects of Kubernetes tell it.
func (c Configured) ToldByObjects(text string) bool {
	return c.objects != nil && c.objects.MatchString(text)
}

// ToldByOthers says whether by that text it asks somebody else.
func (c Configured) ToldByOthers(text string) bool {
	return c.remote != nil && c.remote.MatchString(text)
}

// ServesGateway says whether pods are a part of a Gateway of the Gateway API, which is read for itself: those that are
// made for one (GEP-1762), and those of Contour.
func ServesGateway(template *corev1.PodTemplateSpec) bool {
	for label := range template.Labels {
		if label == "gateway.networking.k8s.io/gateway-name" || strings.HasPrefix(label, "gateway.envoyproxy.io/") {
			return true
		}
	}
	return slices.ContainsFunc(template.Spec.InitContainers, func(c corev1.Container) bool {
		return podspec.ImageName(c.Image) == "contour"
	})
}
