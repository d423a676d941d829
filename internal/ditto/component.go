package ditto

import (
	"fmt"
	"path"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/settings"
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
	parts, _ := recognise(r, o)
	return parts
}

// recognise tells the parts of a workload, and of which other containers it is in doubt.
//
// The label of a pod says that Ditto runs in it, not in which of its containers: it counts for none if something better
// tells one. So it is with a single variable of the gateway: a log shipper beside a gateway may have it too.
func recognise(r inventory.Reader, o *inventory.Object) (parts []Part, doubts []Doubt) {
	template := o.PodTemplate()
	if template == nil {
		return nil, nil
	}
	containers := runningContainers(&template.Spec)
	readings := make([]reading, len(containers))
	ditto, gateway := false, false
	for i, c := range containers {
		readings[i] = classify(r, o.Ref.Namespace, template, c, len(containers) == 1)
		ditto = ditto || (IsDitto(readings[i].component) && readings[i].why != byPodLabel)
		gateway = gateway || (readings[i].component == Gateway && readings[i].why == byEvidence)
	}
	for i, c := range containers {
		component, software := readings[i].component, readings[i].software
		switch {
		case readings[i].why == byVariable && gateway:
			component = readings[i].otherwise
			doubts = append(doubts, Doubt{Beside: true, Message: fmt.Sprintf("container %s sets %s, which Ditto's gateway reads, but another "+
				"container of the pod is a gateway and nothing else suggests that this one is, so it is ignored", c.Name, readings[i].named)})
		case readings[i].why == byPodLabel && ditto:
			component = ""
		case readings[i].likely != "":
			doubts = append(doubts, Doubt{Message: fmt.Sprintf("container %s is named like Ditto's %s (%s), but nothing else suggests that it is one, so it "+
				"is ignored: if it is one, name the container ditto-%s", c.Name, readings[i].likely, readings[i].named, readings[i].likely)})
		}
		if component != Proxy {
			software = ""
		}
		if component != "" {
			parts = append(parts, Part{Component: component, Workload: o, Container: c, Software: software})
		}
	}
	return parts, doubts
}

// Doubt is a container that may be a part of Ditto and is not taken for one.
type Doubt struct {
	Message string
	// Beside says that another container of the pod certainly is what this one may be.
	Beside bool
}

// Doubts say, of containers of a workload that may be a part of Ditto, why they are not taken for one.
func (v *View) Doubts(o *inventory.Object) []Doubt {
	_, doubts := recognise(v, o)
	return doubts
}

// Release is the release of Ditto that a part says it is of (`4.6`), empty if it says none.
func (v *View) Release(part Part) string {
	release, _ := v.settings(part).Release()
	if release == (settings.Release{}) {
		return ""
	}
	return release.String()
}

// TooOld says of a part of Ditto in a workload that it may be of a release that is not read; empty if none is.
func (v *View) TooOld(o *inventory.Object) string {
	for _, part := range v.Parts(o) {
		if !IsDitto(part.Component) {
			continue
		}
		if why := v.settings(part).TooOld(); why != "" {
			return fmt.Sprintf("container %s runs %s; its settings, paths and headers may differ from those that dittoguard knows: upgrade it, or, "+
				"if it is newer, make the tag of its image and the label app.kubernetes.io/version of its pods say which release it is", part.Container.Name, why)
		}
	}
	return ""
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
