package recognize

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/podspec"
)

// This file reads the names that people give to images and containers of Ditto.

// suffixes are what names of containers and labels end in, where another signal says that it is Ditto.
var suffixes = []struct{ suffix, component string }{
	{"gateway", Gateway}, {"policies", Policies}, {"things-search", Search}, {"thingssearch", Search},
	{"search", Search},
	{"things", Things}, {"connectivity", Connectivity},
}

// calledLike is the service of Ditto whose name a container's or image's name ends in, or, if they count, one of the
// pod's labels. Others call theirs so too.
func calledLike(template *corev1.PodTemplateSpec, c *corev1.Container, withLabels bool) string {
	names := []string{c.Name, podspec.ImageName(c.Image)}
	if withLabels {
		names = append(names, template.Labels["app.kubernetes.io/name"], template.Labels["app"],
			template.Labels["app.kubernetes.io/component"])
	}
	for _, name := range names {
		for _, s := range suffixes {
			if name == s.suffix || strings.HasSuffix(name, "-"+s.suffix) {
				return s.component
			}
		}
	}
	return ""
}

// dittoName is what the names of a container's image and of the container itself say of Ditto.
type dittoName struct {
	// ditto: one of them is Ditto's, of whatever service.
	ditto bool
	// component is the service that it names; sure, that it says nothing else.
	component string
	sure      bool
	// other: a word in it may as well make it something else, so that it is a sign of nothing.
	other bool
	// text is the name.
	text string
}

// words that may stand beside Ditto's name without making it something else.
var qualifiers = []string{
	"eclipse", "org", "io", "iot", "service", "services", "server", "hardened", "secure", "secured", "patched",
	"custom", "fips",
	"distroless", "alpine", "ubi", "ubi8", "ubi9", "debian", "slim", "java", "jre", "jdk", "image", "docker",
	"container", "prod",
	"production", "release", "mirror", "fork", "snapshot", "nightly", "latest", "arm64", "amd64",
}

// words of what goes by Ditto's name and is not Ditto: what stands before it, talks to it, fills or watches it.
var others = []string{
	"adapter", "agent", "apisix", "backup", "bridge", "chart", "check", "cli", "client", "config", "dashboard",
	"docs", "dump", "envoy", "exporter", "fixer", "haproxy", "helm", "init", "ingress", "injector", "job", "kong",
	"loader", "logger", "logs", "metrics", "migrate", "migration", "migrator", "mock", "mongo", "mongodb", "monitor",
	"nginx",
	"oauth2", "operator", "probe", "provisioner", "proxy", "sdk", "seed", "seeder", "setup", "shipper", "sidecar",
	"simulator",
	"swagger", "sync", "tester", "tool", "tools", "traefik", "ui", "wait", "waiter", "web",
}

// words of either: what stands before a service, or tries it out, is called so, and so is a service that is built for
// that.
var eithers = []string{"api", "auth", "demo", "example", "examples", "test", "testing", "tests"}

// namedAfterDitto reads the name of the image first: its last element, or the last two, of which the first is Ditto's
// (`ditto/gateway`).
func namedAfterDitto(c *corev1.Container) dittoName {
	image := readName(podspec.ImageName(c.Image))
	if !image.ditto && image.component != "" {
		if folder, _, nested := podspec.CutLast(podspec.ImagePath(c.Image), "/"); nested {
			_, folder, _ = podspec.CutLast("/"+folder, "/")
			if above := readName(folder); above.ditto && above.component == "" && above.sure {
				image.ditto, image.text = true, folder+"/"+image.text
			}
		}
	}
	container := readName(c.Name)
	tells := func(n dittoName) bool { return n.ditto && n.component != "" }
	switch {
	case tells(image) && !image.other, tells(image) && !tells(container):
		return image
	case tells(container), container.ditto && !image.ditto:
		return container
	case image.ditto:
		return image
	}
	return dittoName{}
}

// readName reads one name. A name with a word of others is nobody's.
func readName(name string) dittoName {
	found := dittoName{sure: true, text: name}
	var services []string
	for word := range strings.FieldsFuncSeq(strings.ToLower(name), func(r rune) bool {
		return r == '-' || r == '_' || r == '.'
	}) {
		if rest, joined := strings.CutPrefix(word, "ditto"); joined {
			found.ditto = true
			if word = rest; word == "" {
				continue
			}
		}
		at := slices.IndexFunc(suffixes, func(s struct{ suffix, component string }) bool { return s.suffix == word })
		switch {
		case slices.Contains(others, word):
			return dittoName{}
		case slices.Contains(eithers, word):
			found.other, found.sure = true, false
		case at >= 0:
			services = append(services, suffixes[at].component)
		case !slices.Contains(qualifiers, word) && !podspec.IsDigits(word):
			found.sure = false
		}
	}
	switch slices.Sort(services); {
	case len(services) == 1:
		found.component = services[0]
	case len(services) == 2 && slices.Contains(services, Search) && slices.Contains(services, Things):
		found.component = Search
	case len(services) > 1:
		return dittoName{}
	}
	return found
}
