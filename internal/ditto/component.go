package ditto

import (
	"path"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/dittoguard/dittoguard/internal/inventory"
)

// Part is one container of a workload that runs a part of Ditto, or stands beside it.
type Part struct {
	// Component is one of the component names of this package.
	Component string
	Workload  *inventory.Object
	Container *corev1.Container
	// Software is the program that a Proxy is, as people call it.
	Software string
}

// Parts tells which containers of a workload run which part of Ditto. No single name, label or image survives what
// people do to manifests, so signals are collected from all of them; words that other software uses too (`gateway`,
// `-Dpekko.`) count only beside a signal that is Ditto's own.
//
// A Proxy is any container that runs a program which hands requests on to others, by its image, its command or the place of
// its configuration; whether it stands before Ditto only that configuration can tell.
func Parts(r inventory.Reader, o *inventory.Object) []Part {
	template := o.PodTemplate()
	if template == nil {
		return nil
	}
	var parts []Part
	// The label of a pod says that Ditto runs in it, not in which of its containers.
	var byLabel []*corev1.Container
	found := false
	for _, c := range runningContainers(&template.Spec) {
		component, software, labelled := classify(r, o.Ref.Namespace, template, c)
		if component == "" {
			continue
		}
		if labelled {
			byLabel = append(byLabel, c)
		}
		found = found || (IsDitto(component) && !labelled)
		parts = append(parts, Part{Component: component, Workload: o, Container: c, Software: software})
	}
	if !found {
		return parts
	}
	return slices.DeleteFunc(parts, func(p Part) bool { return slices.Contains(byLabel, p.Container) })
}

// Named returns the parts of a component.
func Named(parts []Part, component string) []Part {
	return slices.DeleteFunc(slices.Clone(parts), func(p Part) bool { return p.Component != component })
}

// IsDitto says whether a component is one of Ditto's own JVMs.
func IsDitto(component string) bool {
	switch component {
	case Gateway, Policies, Things, Search, Connectivity, Service:
		return true
	}
	return false
}

// runningContainers are the containers that run as long as the pod does: the init containers that are not sidecars
// are over by then.
func runningContainers(spec *corev1.PodSpec) []*corev1.Container {
	var list []*corev1.Container
	for i := range spec.InitContainers {
		if isSidecar(&spec.InitContainers[i]) {
			list = append(list, &spec.InitContainers[i])
		}
	}
	for i := range spec.Containers {
		list = append(list, &spec.Containers[i])
	}
	return list
}

// isSidecar says whether an init container goes on running beside the others.
func isSidecar(c *corev1.Container) bool {
	return c.RestartPolicy != nil && *c.RestartPolicy == corev1.ContainerRestartPolicyAlways
}

// images are the base names of Ditto's images, and of what commonly runs beside it.
var images = map[string]string{
	"ditto-gateway": Gateway, "ditto-policies": Policies, "ditto-things": Things,
	"ditto-things-search": Search, "ditto-thingssearch": Search, "ditto-connectivity": Connectivity,
	"ditto-ui": UI, "ditto-dittoui": UI,
	"mongo": MongoDB, "mongodb": MongoDB, "mongodb-community-server": MongoDB, "mongodb-enterprise-server": MongoDB,
	"percona-server-mongodb": MongoDB, "mongodb-sharded": MongoDB,
}

// extensionFiles are the configuration files that each service includes last.
var extensionFiles = map[string]string{
	"gateway-extension.conf": Gateway, "policies-extension.conf": Policies, "things-extension.conf": Things,
	"search-extension.conf": Search, "connectivity-extension.conf": Connectivity,
}

// suffixes are what names of containers and labels end in, where another signal says that it is Ditto.
var suffixes = []struct{ suffix, component string }{
	{"gateway", Gateway}, {"policies", Policies}, {"things-search", Search}, {"thingssearch", Search}, {"search", Search},
	{"things", Things}, {"connectivity", Connectivity},
}

// classify says what a container runs, of a proxy which program; byLabel, that nothing but a label of the pod says that it is
// Ditto.
func classify(r inventory.Reader, namespace string, template *corev1.PodTemplateSpec, c *corev1.Container) (component, software string, byLabel bool) {
	image := imageName(c.Image)
	if component, ok := images[image]; ok {
		return component, "", false
	}
	if component, ok := images[c.Name]; ok && strings.HasPrefix(c.Name, "ditto-") {
		return component, "", false
	}
	env := environment(r, namespace, c)
	if env.gatewayOnly {
		return Gateway, "", false
	}
	mounts := mountedFiles(template, c)
	for file, component := range extensionFiles {
		if mounts["/opt/ditto/"+file] {
			return component, "", false
		}
	}
	if commandHolds(c, "ditto.gateway.") {
		return Gateway, "", false
	}
	if isDittoJVM(template, c, env, mounts) {
		return dittoPart(template, c, env), "", false
	}
	if software = softwareOf(image, c, mounts); software != "" {
		return Proxy, software, false
	}
	if c.Name == MongoDB && slices.ContainsFunc(c.Ports, func(p corev1.ContainerPort) bool { return p.ContainerPort == mongoPort }) {
		return MongoDB, "", false
	}
	if template.Labels["actorSystemName"] == "ditto-cluster" {
		return dittoPart(template, c, env), "", true
	}
	return "", "", false
}

// isDittoJVM: one signal that is Ditto's own, or three that Pekko applications share with it.
func isDittoJVM(template *corev1.PodTemplateSpec, c *corev1.Container, env signals, mounts map[string]bool) bool {
	if commandHolds(c, "-Dditto.") || commandHolds(c, "org.eclipse.ditto") {
		return true
	}
	for mount := range mounts {
		if mount == "/opt/ditto" || strings.HasPrefix(mount, "/opt/ditto/") {
			return true
		}
	}
	// Of what Pekko applications share, something has to be as Ditto sets it: the rest is what Pekko's own manual has people
	// write (Pekko Management, "Kubernetes API": the label, both ports, system properties).
	if !env.contacts && !(env.podSelector && env.discovery) {
		return false
	}
	shared := 0
	for _, signal := range []bool{
		template.Labels["actorSystemName"] != "",
		commandHolds(c, "-Dpekko.") || commandHolds(c, "-Dakka."),
		hasPort(c, "remoting", remotingPort) && hasPort(c, "management", managementPort),
		env.contacts,
		env.podSelector && env.discovery,
	} {
		if signal {
			shared++
		}
	}
	return shared >= 3
}

// dittoPart tells which service a Ditto JVM is.
func dittoPart(template *corev1.PodTemplateSpec, c *corev1.Container, env signals) string {
	if env.passwords {
		return Gateway
	}
	names := []string{c.Name, imageName(c.Image), template.Labels["app.kubernetes.io/name"], template.Labels["app"], template.Labels["app.kubernetes.io/component"]}
	for _, name := range names {
		for _, s := range suffixes {
			if name == s.suffix || strings.HasSuffix(name, "-"+s.suffix) {
				return s.component
			}
		}
	}
	switch {
	case env.ofGateway:
		return Gateway
	case env.ofConnectivity:
		return Connectivity
	}
	return Service
}

// mountedFiles are the paths that ConfigMaps and Secrets are mounted at: folders as they are, and the files in them
// where `items` names them.
func mountedFiles(template *corev1.PodTemplateSpec, c *corev1.Container) map[string]bool {
	if len(c.VolumeMounts) == 0 {
		return nil
	}
	mounts := make(map[string]bool, len(c.VolumeMounts))
	for i := range c.VolumeMounts {
		mount := &c.VolumeMounts[i]
		at := path.Clean(mount.MountPath)
		mounts[at] = true
		if mount.SubPath != "" {
			continue
		}
		for j := range template.Spec.Volumes {
			volume := &template.Spec.Volumes[j]
			if volume.Name != mount.Name {
				continue
			}
			var items []corev1.KeyToPath
			if volume.ConfigMap != nil {
				items = volume.ConfigMap.Items
			} else if volume.Secret != nil {
				items = volume.Secret.Items
			}
			for _, item := range items {
				mounts[path.Join(at, item.Path)] = true
			}
		}
	}
	return mounts
}

// imageName is the last path element of an image reference without tag and digest: `docker.io/eclipse/ditto-gateway:3.9`
// is `ditto-gateway`.
func imageName(image string) string {
	image, _, _ = strings.Cut(image, "@")
	name := image[strings.LastIndexByte(image, '/')+1:]
	name, _, _ = strings.Cut(name, ":")
	return name
}
