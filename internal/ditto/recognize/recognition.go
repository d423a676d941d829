package recognize

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/podspec"
	"github.com/dittoguard/dittoguard/internal/ditto/settings"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// images are the base names of Ditto's images, and of what commonly runs beside it.
var images = map[string]string{
	"ditto-gateway": Gateway, "ditto-policies": Policies, "ditto-things": Things,
	"ditto-things-search": Search, "ditto-thingssearch": Search, "ditto-connectivity": Connectivity,
	"ditto-ui": UI, "ditto-dittoui": UI,
	"mongo": MongoDB, "mongodb": MongoDB, "mongodb-community-server": MongoDB, "mongodb-enterprise-server": MongoDB,
	"percona-server-mongodb": MongoDB, "mongodb-sharded": MongoDB,
}

// extensionFiles are the configuration files that each service includes last.
var extensionFiles = []struct{ name, component string }{
	{"gateway-extension.conf", Gateway}, {"policies-extension.conf", Policies}, {"things-extension.conf", Things},
	{"search-extension.conf", Search}, {"connectivity-extension.conf", Connectivity},
}

// properties are what system properties and classes of one service begin with, the more telling ones first.
var properties = []struct{ prefix, component string }{
	{"org.eclipse.ditto.gateway.", Gateway}, {"org.eclipse.ditto.policies.", Policies},
	{"org.eclipse.ditto.things.", Things},
	{"org.eclipse.ditto.thingsearch.", Search}, {"org.eclipse.ditto.connectivity.", Connectivity},
	{"-Dditto.policies.", Policies}, {"-Dditto.things.", Things}, {"-Dditto.search.", Search},
	{"-Dditto.connectivity.", Connectivity},
}

// evidence is why a container is taken for what it is.
type evidence uint8

const (
	// byEvidence: a signal that is Ditto's own, or several that it shares with others.
	byEvidence evidence = iota
	// byVariable: one variable that Ditto's gateway reads, and nothing else.
	byVariable
	// byPodLabel: a label of the pod, and nothing else.
	byPodLabel
)

// reading is what a container is taken for.
type reading struct {
	component string
	// software is the program that a proxy is.
	software string
	why      evidence
	// otherwise is what it is without the one variable.
	otherwise string
	// likely is what it is called like (named), where that is not enough to take it for it.
	likely, named string
	// doubt is why it may be something else than what it is taken for.
	doubt string
}

// classify says what a container runs; alone, that it is the only one of its pod.
func classify(r inventory.Reader, namespace string, template *corev1.PodTemplateSpec, c *corev1.Container,
	alone bool) reading {
	if is, ok := byName(r, namespace, template, c, alone); ok {
		return is
	}
	image := podspec.ImageName(c.Image)
	w := witness{
		template: template, container: c, alone: alone, name: namedAfterDitto(c), env: environment(r, namespace, c),
		mounts: podspec.MountedFiles(template, c), launch: settings.Read(r, namespace, template, c, "").Launch(),
	}
	if component := w.owns(); component != "" {
		return reading{component: component}
	}
	beside, software := besides(image, c, w.mounts)
	own, all := w.signals()
	switch variables := w.env.gatewayOnly; {
	case len(variables) > 1, len(variables) == 1 && all > count(w.template.Labels["actorSystemName"] != ""):
		return reading{component: Gateway}
	case w.name.sure && w.name.component != "" && beside != Proxy:
		return reading{component: w.name.component}
	case own > 0 && all >= 3, w.telling() > 0 && all >= 2 && beside != Proxy:
		return reading{component: w.service()}
	case len(variables) == 1:
		return reading{component: Gateway, why: byVariable, otherwise: beside, software: software, named: variables[0]}
	case beside != "":
		return reading{component: beside, software: software}
	case template.Labels["actorSystemName"] == "ditto-cluster":
		return reading{component: w.service(), why: byPodLabel}
	}
	return reading{likely: w.name.component, named: w.name.text}
}

// besides is what stands beside Ditto, of a proxy with its program.
func besides(image string, c *corev1.Container, mounts map[string]bool) (component, software string) {
	if software = softwareOf(image, c, mounts); software != "" {
		return Proxy, software
	}
	if c.Name == MongoDB {
		for i := range c.Ports {
			if c.Ports[i].ContainerPort == MongoPort {
				return MongoDB, ""
			}
		}
	}
	return "", ""
}

// witness is what a container says of itself.
type witness struct {
	template  *corev1.PodTemplateSpec
	container *corev1.Container
	alone     bool
	name      dittoName
	env       signals
	launch    []string
	mounts    map[string]bool
}

// owns is the service of Ditto that a signal of Ditto's own tells, empty if there is none.
func (w *witness) owns() string {
	if holds(w.launch, "ditto.gateway.") || startsGateway(w.container) {
		return Gateway
	}
	ditto := holds(w.launch, "-Dditto.") || holds(w.launch, "org.eclipse.ditto")
	for mount := range w.mounts {
		ditto = ditto || mount == "/opt/ditto" || strings.HasPrefix(mount, "/opt/ditto/")
	}
	if !ditto {
		return ""
	}
	if len(w.env.gatewayOnly) == 0 {
		for _, file := range extensionFiles {
			if w.mounts["/opt/ditto/"+file.name] {
				return file.component
			}
		}
	}
	return w.service()
}

// named says whether the name is Ditto's.
func (w *witness) named() bool { return w.name.ditto && !w.name.other }

// telling counts the signals that hardly anything but Ditto gives.
func (w *witness) telling() int {
	return count(w.named(), w.env.devopsPassword && w.env.statusPassword)
}

// signals counts what Ditto gives: in its own way (own), and with what others share with it (all). The latter is what
// Pekko's own manual has people write (Pekko Management, "Kubernetes API": the label, both ports, system properties),
// and names.
func (w *witness) signals() (own, all int) {
	own = w.telling() + count(w.env.contacts, w.env.podSelector && w.env.discovery)
	passwords := w.env.devopsPassword && w.env.statusPassword
	return own, own + count(
		w.template.Labels["actorSystemName"] != "",
		holds(w.launch, "-Dpekko.") || holds(w.launch, "-Dakka."),
		podspec.HasPort(w.container, "remoting", RemotingPort) &&
			podspec.HasPort(w.container, "management", ManagementPort),
		calledLike(w.template, w.container, w.alone) != "",
		// Beside Ditto's name a part of what it reads is enough.
		w.named() && !passwords && w.env.ofDitto(),
	)
}

// count says how many of the signals are there.
func count(signals ...bool) int {
	n := 0
	for _, there := range signals {
		if there {
			n++
		}
	}
	return n
}

// service tells which service a Ditto JVM is.
func (w *witness) service() string {
	if w.env.devopsPassword || w.env.statusPassword || len(w.env.gatewayOnly) > 0 {
		return Gateway
	}
	if component := calledLike(w.template, w.container, true); component != "" {
		return component
	}
	if w.name.component != "" {
		return w.name.component
	}
	for _, p := range properties {
		if holds(w.launch, p.prefix) {
			return p.component
		}
	}
	switch {
	case w.env.ofGateway:
		return Gateway
	case w.env.ofConnectivity:
		return Connectivity
	}
	return Service
}

// holds says whether a piece of text stands in one of the texts.
func holds(texts []string, piece string) bool {
	return slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(text, piece) })
}
