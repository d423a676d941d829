package settings

import (
	"path"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// dittoHome is the working directory of Ditto's image, where its jars and configuration files lie.
const dittoHome = "/opt/ditto"

// mounted is a file of the container, as far as it comes from a volume. It is absent if no volume holds it: what the
// image has there is the caller's to know.
type mounted struct {
	state state
	text  string
	from  string // `ConfigMap ditto/gw key gateway-extension.conf`
	why   string
	// secret marks a text that came from a Secret.
	secret bool
	// covered says that a volume is mounted at the file's place or above it, so that the image's own file is hidden.
	covered bool
}

// file finds the file that the container sees at an absolute path.
func (s *Settings) file(name string) mounted {
	name = canonical(name)
	var mount *corev1.VolumeMount
	rest, depth := "", -1
	for i := range s.container.VolumeMounts {
		m := &s.container.VolumeMounts[i]
		at := canonical(m.MountPath)
		if beneath, ok := under(name, at); ok && len(at) > depth { // the deepest mount hides the others
			mount, rest, depth = m, beneath, len(at)
		}
	}
	if mount == nil {
		return mounted{}
	}
	if strings.Contains(mount.SubPathExpr, "$") {
		return mounted{state: unclear, from: "volume " + mount.Name,
			why: "the mount of " + name + " is known only at run time", covered: true}
	}
	inside := path.Join(mount.SubPath, mount.SubPathExpr, rest)
	f := s.inVolume(mount.Name, inside)
	f.covered = true
	if f.state == unclear && f.why == "" {
		f.why = "volume " + mount.Name + " holds " + name
	}
	return f
}

// inVolume finds a file in a volume of the pod. An empty name is the volume's root, which is no file.
func (s *Settings) inVolume(volume, name string) mounted {
	for i := range s.pod.Spec.Volumes {
		v := &s.pod.Spec.Volumes[i]
		if v.Name != volume {
			continue
		}
		switch {
		case v.ConfigMap != nil:
			return keyFile(s.configMap(v.ConfigMap.Name), v.ConfigMap.Items, v.ConfigMap.Optional, name)
		case v.Secret != nil:
			return keyFile(s.secret(v.Secret.SecretName), v.Secret.Items, v.Secret.Optional, name)
		case v.Projected != nil:
			return s.projected(v.Projected.Sources, name)
		}
		break
	}
	return mounted{state: unclear, from: "volume " + volume}
}

// keyFile finds the file that a ConfigMap or Secret volume makes of a key.
func keyFile(o keyed, items []corev1.KeyToPath, optional *bool, name string) mounted {
	key := name
	if len(items) > 0 {
		key = ""
		for _, item := range items {
			if path.Clean(item.Path) == name {
				key = item.Key
			}
		}
		if key == "" {
			return mounted{}
		}
	}
	if name == "" {
		return mounted{}
	}
	text, ok := o.file(key)
	switch {
	case ok:
		return mounted{state: present, text: text, from: o.name + " key " + key, secret: o.isSecret}
	case !o.atHand:
		return mounted{state: unclear, from: o.name, why: o.missing()}
	case len(items) > 0 && (optional == nil || !*optional):
		return mounted{state: unclear, from: o.name,
			why: o.name + " has no key " + key + "; the container does not start"}
	}
	return mounted{}
}

// projected finds a file in a projected volume, in which later sources are laid over earlier ones.
func (s *Settings) projected(sources []corev1.VolumeProjection, name string) mounted {
	for i := len(sources) - 1; i >= 0; i-- {
		f := mounted{}
		switch source := &sources[i]; {
		case source.ConfigMap != nil:
			f = keyFile(s.configMap(source.ConfigMap.Name), source.ConfigMap.Items, source.ConfigMap.Optional, name)
		case source.Secret != nil:
			f = keyFile(s.secret(source.Secret.Name), source.Secret.Items, source.Secret.Optional, name)
		case source.ServiceAccountToken != nil:
			if path.Clean(source.ServiceAccountToken.Path) == name {
				f = mounted{state: unclear, from: "a service account token", why: "a service account token"}
			}
		case source.DownwardAPI != nil:
			for _, item := range source.DownwardAPI.Items {
				if path.Clean(item.Path) == name {
					f = mounted{state: unclear, from: "the downward API", why: "the downward API file " + name}
				}
			}
		default:
			f = mounted{state: unclear, from: "a projected volume", why: "a projected volume of an unknown kind"}
		}
		if f.state != absent {
			return f
		}
	}
	return mounted{}
}

// canonical cleans an absolute path. /var/run is a link to /run in Ditto's image.
func canonical(name string) string {
	name = path.Clean("/" + name)
	if rest, ok := under(name, "/var/run"); ok {
		return path.Join("/run", rest)
	}
	return name
}

// under says whether a path is dir or lies beneath it, and what of it does.
func under(name, dir string) (rest string, ok bool) {
	if name == dir {
		return "", true
	}
	if dir == "/" {
		return name[1:], true
	}
	if len(name) > len(dir) && name[len(dir)] == '/' && strings.HasPrefix(name, dir) {
		return name[len(dir)+1:], true
	}
	return "", false
}
