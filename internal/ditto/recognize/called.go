package recognize

import (
	"path"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/command"
	"github.com/dittoguard/dittoguard/internal/ditto/podspec"
	"github.com/dittoguard/dittoguard/internal/ditto/settings"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// called is what people call the parts that a container may be called by mistake.
var called = map[string]string{UI: "Ditto's UI", MongoDB: "a MongoDB"}

// byName reads a container that its image, or its own name, calls what it is. A name is what somebody writes: what the
// container itself shows to be a gateway, or to forward, comes before it. ok is false where the names say nothing.
func byName(r inventory.Reader, namespace string, template *corev1.PodTemplateSpec, c *corev1.Container,
	alone bool) (is reading, ok bool) {
	image := podspec.ImageName(c.Image)
	component, byImage := images[image]
	if !byImage {
		component, ok = images[c.Name]
		if !ok || !strings.HasPrefix(c.Name, "ditto-") {
			return reading{}, false
		}
	}
	if component == Gateway && byImage || isGateway(r, namespace, template, c, component, alone) {
		return reading{component: Gateway}, true
	}
	mounts := podspec.MountedFiles(template, c)
	switch {
	case component == UI:
		if software := proxyOfUI(r, namespace, template, c, mounts); software != "" {
			return reading{component: Proxy, software: software}, true
		}
	case !byImage && softwareOf(image, c, mounts) != "":
		return reading{}, false
	}
	is = reading{component: component}
	if !IsDitto(component) {
		if env := environment(Nothing, namespace, c); len(env.gatewayOnly) > 1 {
			is.doubt = "container " + c.Name + " is called like " + called[component] + ", and sets " +
				strings.Join(env.gatewayOnly, " and ") + ", which only Ditto's gateway reads: it is taken for what it " +
				"is called; if it is a gateway, name the container ditto-gateway"
		}
	}
	return is, true
}

// isGateway says whether a container that is called something else certainly runs the gateway: its command starts it,
// or it has a variable that only the gateway reads, and enough beside that. The other services of Ditto are often given
// the gateway's variables too, from one ConfigMap for all of them, and have the same ports.
//
// The variables, which may have to be looked up elsewhere, are read only where the container shows something itself.
func isGateway(r inventory.Reader, namespace string, template *corev1.PodTemplateSpec, c *corev1.Container,
	component string, alone bool) bool {
	other := IsDitto(component)
	if startsGateway(c) || !other && setUpAsGateway(template, c) {
		return true
	}
	signs := count(
		calledLike(template, c, alone && !other) == Gateway,
		!other && podspec.HasPort(c, "remoting", RemotingPort) && podspec.HasPort(c, "management", ManagementPort),
	)
	if signs == 0 {
		return false
	}
	variables := environment(r, namespace, c).gatewayOnly
	if !other && holds(settings.Read(r, namespace, template, c, "").Launch(), "ditto.gateway.") {
		signs++
	}
	return len(variables) > 0 && signs+len(variables) > 2
}

// startsGateway says whether the command of a container starts the gateway: by its class, or by a file that holds
// nothing else.
func startsGateway(c *corev1.Container) bool {
	return slices.ContainsFunc(slices.Concat(c.Command, c.Args), func(argument string) bool {
		return strings.Contains(argument, "org.eclipse.ditto.gateway.") ||
			slices.ContainsFunc(strings.FieldsFunc(argument,
				func(r rune) bool { return strings.ContainsRune(" \t\n;&|()'\"", r) }), isGatewayFile)
	})
}

// setUpAsGateway says whether the command of a container, or what is mounted into it, sets a gateway up. Other services
// of Ditto may be given the same.
func setUpAsGateway(template *corev1.PodTemplateSpec, c *corev1.Container) bool {
	return holds(c.Command, "-Dditto.gateway.") || holds(c.Args, "-Dditto.gateway.") ||
		podspec.MountedFiles(template, c)["/opt/ditto/gateway-extension.conf"]
}

// isGatewayFile says whether a path is that of the gateway's archive: it has Ditto's name, or lies in Ditto's folder.
func isGatewayFile(file string) bool {
	base, isArchive := strings.CutSuffix(path.Base(file), ".jar")
	if !isArchive {
		return false
	}
	name := readName(base)
	return name.component == Gateway && (name.ditto || podspec.Within(path.Clean(file), "/opt/ditto"))
}

// asAdded is what a container is taken for that somebody added to a running pod. The label of the pod is not about it,
// and whoever looks into a service likes to take its image, with another command: a shell, which is no proxy either.
func (is reading) asAdded(c *corev1.Container) reading {
	started := programs(c)
	isJava := func(c command.Command) bool { return c.Program() == "java" }
	switch {
	case is.why == byPodLabel, len(started) == 1 && command.IsShell(started[0].Program()),
		IsDitto(is.component) && len(started) > 0 && !slices.ContainsFunc(started, isJava):
		return reading{}
	}
	return is
}
