// Package podspec reads what the template of a pod says by itself: its containers and what is mounted into them, its
// labels, and what a host name means in it.
package podspec

import (
	"path"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// RunningContainers are the containers that run as long as the pod does: the init containers that are not sidecars
// are over by then. One that somebody adds to a running pod is there until it ends by itself: nobody can take it out.
// Those come last.
func RunningContainers(spec *corev1.PodSpec) []*corev1.Container {
	list := sidecars(spec)
	for i := range spec.Containers {
		list = append(list, &spec.Containers[i])
	}
	return append(list, ephemeral(spec)...)
}

// ephemeral are the containers that somebody added to a running pod (`kubectl debug`), as containers like others: they
// have all their fields.
func ephemeral(spec *corev1.PodSpec) []*corev1.Container {
	var list []*corev1.Container
	for i := range spec.EphemeralContainers {
		list = append(list, (*corev1.Container)(&spec.EphemeralContainers[i].EphemeralContainerCommon))
	}
	return list
}

// sidecars are the init containers that go on running.
func sidecars(spec *corev1.PodSpec) []*corev1.Container {
	var list []*corev1.Container
	for i := range spec.InitContainers {
		if isSidecar(&spec.InitContainers[i]) {
			list = append(list, &spec.InitContainers[i])
		}
	}
	return list
}

// isSidecar says whether an init container goes on running beside the others.
func isSidecar(c *corev1.Container) bool {
	return c.RestartPolicy != nil && *c.RestartPolicy == corev1.ContainerRestartPolicyAlways
}

// MountedFiles are the paths that ConfigMaps and Secrets are mounted at: folders as they are, and the files in them
// where `items` names them.
func MountedFiles(template *corev1.PodTemplateSpec, c *corev1.Container) map[string]bool {
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

// ImageName is the last path element of an image reference without tag and digest:
// `docker.io/eclipse/ditto-gateway:3.9` is `ditto-gateway`.
func ImageName(image string) string {
	image, _, _ = strings.Cut(image, "@")
	name := image[strings.LastIndexByte(image, '/')+1:]
	name, _, _ = strings.Cut(name, ":")
	return name
}

// ImagePath is an image reference without its registry, tag and digest: `eclipse/ditto-gateway`.
func ImagePath(image string) string {
	image, _, _ = strings.Cut(image, "@")
	if host, rest, found := strings.Cut(image, "/"); found && (host == "localhost" || strings.ContainsAny(host, ".:")) {
		image = rest
	}
	if at := strings.LastIndexByte(image, ':'); at > strings.LastIndexByte(image, '/') {
		image = image[:at]
	}
	return image
}

// Declared is the number of the container port with one of the names, or the default.
func Declared(c *corev1.Container, byDefault int32, names ...string) int32 {
	for _, name := range names {
		for i := range c.Ports {
			if c.Ports[i].Name == name {
				return c.Ports[i].ContainerPort
			}
		}
	}
	return byDefault
}

// HasPort says whether a container declares a port of the name or the number.
func HasPort(c *corev1.Container, name string, number int32) bool {
	for i := range c.Ports {
		if c.Ports[i].Name == name || c.Ports[i].ContainerPort == number {
			return true
		}
	}
	return false
}

// TargetNumber is the container port that a Service port leads to: a number as it stands, a name as the pod declares
// it. ok is false for a name that the pod does not declare.
func TargetNumber(target intstr.IntOrString, servicePort int32, spec *corev1.PodSpec) (number int32, ok bool) {
	if target.Type == intstr.Int {
		if target.IntVal == 0 {
			return servicePort, true
		}
		return target.IntVal, true
	}
	if target.StrVal == "" {
		return servicePort, true
	}
	// The order is that of k8s.io/endpointslice (FindPort): sidecars come last, and ports of other protocols do not
	// count.
	var sidecars []*corev1.Container
	for i := range spec.InitContainers {
		if isSidecar(&spec.InitContainers[i]) {
			sidecars = append(sidecars, &spec.InitContainers[i])
		}
	}
	find := func(c *corev1.Container) bool {
		for i := range c.Ports {
			if p := &c.Ports[i]; p.Name == target.StrVal && (p.Protocol == "" || p.Protocol == corev1.ProtocolTCP) {
				number = p.ContainerPort
				return true
			}
		}
		return false
	}
	for i := range spec.Containers {
		if find(&spec.Containers[i]) {
			return number, true
		}
	}
	return number, slices.ContainsFunc(sidecars, find)
}

// Within says whether a path is a folder or lies in it.
func Within(name, folder string) bool {
	rest, ok := strings.CutPrefix(name, folder)
	return ok && (rest == "" || rest[0] == '/')
}
