package world

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"

	"github.com/dittoguard/dittoguard/internal/ditto/podspec"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// SameAsOwner says whether a Pod, ReplicaSet or Job is what the workload that made it describes, so that judging both
// would say everything twice, or runs nothing. A pod that was relabelled, that runs something else, or that is the
// endpoint of a Service that does not select it, is no longer the same.
func (v *View) SameAsOwner(o *inventory.Object) bool {
	owner := OwnerOf(v, o)
	if owner == nil {
		return false
	}
	if runsNothing(o, owner) {
		return true
	}
	if !v.runsAs(o, owner) || v.isForeignEndpoint(o) {
		return false
	}
	template, made := owner.PodTemplate(), o.PodTemplate()
	if !selects(template.Labels, made.Labels) {
		return false
	}
	extra := 0
	for label := range made.Labels {
		if _, described := template.Labels[label]; !described && !podspec.AddedByController(label) {
			extra++
		}
	}
	return extra == 0
}

// Apart are objects that differ from what their owners describe. The views of a cluster before and after a change share
// them, so that what a change sets apart from its owner is looked at before it, too.
type Apart map[inventory.ID]bool

// runsAs says whether an object's parts of Ditto are configured as its owner describes them. Owner references are
// anyone's to write, even with the right UID, and an owner may describe what it only runs later. What a rollout changes
// beside that, such as the tag of an image, is of no concern.
func (v *View) runsAs(o, owner *inventory.Object) bool {
	if v.Apart[o.Ref.ID()] {
		return false
	}
	as := runsNothing(o, owner) || v.sameRun(o, owner)
	if !as && v.Apart != nil {
		v.Apart[o.Ref.ID()] = true
	}
	return as
}

func (v *View) sameRun(o, owner *inventory.Object) bool {
	made, described := &o.PodTemplate().Spec, &owner.PodTemplate().Spec
	for _, part := range v.Parts(o) {
		at := slices.IndexFunc(described.Containers,
			func(c corev1.Container) bool { return c.Name == part.Container.Name })
		list := described.Containers
		if at < 0 {
			list = described.InitContainers
			at = slices.IndexFunc(list, func(c corev1.Container) bool { return c.Name == part.Container.Name })
		}
		if at < 0 || !sameConfiguration(part.Container, &list[at]) {
			return false
		}
		// On the host network every port is the node's.
		if !made.HostNetwork && !equality.Semantic.DeepEqual(part.Container.Ports, list[at].Ports) {
			return false
		}
	}
	if made.HostNetwork != described.HostNetwork {
		return false
	}
	for i := range described.Volumes {
		if !slices.ContainsFunc(made.Volumes, func(volume corev1.Volume) bool {
			return equality.Semantic.DeepEqual(volume, described.Volumes[i])
		}) {
			return false
		}
	}
	return true
}

// sameConfiguration compares what Ditto and nginx read their configuration from. The API server adds the mount of the
// service account to a pod's containers.
func sameConfiguration(made, described *corev1.Container) bool {
	own := func(mounts []corev1.VolumeMount) []corev1.VolumeMount {
		return slices.DeleteFunc(slices.Clone(mounts),
			func(m corev1.VolumeMount) bool { return m.MountPath == serviceAccount })
	}
	return equality.Semantic.DeepEqual(made.Env, described.Env) &&
		equality.Semantic.DeepEqual(made.EnvFrom, described.EnvFrom) &&
		slices.Equal(made.Command, described.Command) && slices.Equal(made.Args, described.Args) &&
		podspec.ImagePath(made.Image) == podspec.ImagePath(described.Image) &&
		equality.Semantic.DeepEqual(own(made.VolumeMounts), own(described.VolumeMounts))
}

const serviceAccount = "/var/run/secrets/kubernetes.io/serviceaccount"
