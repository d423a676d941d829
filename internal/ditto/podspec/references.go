package podspec

import corev1 "k8s.io/api/core/v1"

// reference names a ConfigMap or Secret that something reads.
type reference struct{ Kind, Name string }

// References are the ConfigMaps and Secrets that a pod's containers and volumes read; they lie in the pod's namespace.
func References(spec *corev1.PodSpec) []reference {
	var refs []reference
	add := func(kind, name string) {
		if name != "" {
			refs = append(refs, reference{Kind: kind, Name: name})
		}
	}
	read := func(c *corev1.Container) {
		for _, from := range c.EnvFrom {
			if from.ConfigMapRef != nil {
				add("ConfigMap", from.ConfigMapRef.Name)
			}
			if from.SecretRef != nil {
				add("Secret", from.SecretRef.Name)
			}
		}
		for _, env := range c.Env {
			if env.ValueFrom == nil {
				continue
			}
			if ref := env.ValueFrom.ConfigMapKeyRef; ref != nil {
				add("ConfigMap", ref.Name)
			}
			if ref := env.ValueFrom.SecretKeyRef; ref != nil {
				add("Secret", ref.Name)
			}
		}
	}
	for i := range spec.InitContainers {
		read(&spec.InitContainers[i])
	}
	for i := range spec.Containers {
		read(&spec.Containers[i])
	}
	for _, c := range ephemeral(spec) {
		read(c)
	}
	for _, volume := range spec.Volumes {
		if volume.ConfigMap != nil {
			add("ConfigMap", volume.ConfigMap.Name)
		}
		if volume.Secret != nil {
			add("Secret", volume.Secret.SecretName)
		}
		if volume.Projected == nil {
			continue
		}
		for _, source := range volume.Projected.Sources {
			if source.ConfigMap != nil {
				add("ConfigMap", source.ConfigMap.Name)
			}
			if source.Secret != nil {
				add("Secret", source.Secret.Name)
			}
		}
	}
	return refs
}
