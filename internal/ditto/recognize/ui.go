package recognize

import (
	"path"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/podspec"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// passing are pieces of an nginx configuration that may hand requests on: directives, and what brings directives.
var passing = []string{
	"proxy_pass", "grpc_pass", "fastcgi_pass", "uwsgi_pass", "scgi_pass", "_by_lua", "js_content", "perl_modules",
	"load_module",
}

// proxyOfUI is the proxy that a container of the UI is made to be, empty if it is none. The UI's own image is an nginx
// that serves files, and Ditto's chart mounts its nginx.conf, which includes what is in the image. So an nginx in it is
// one that serves files, unless it is told to forward, or is told what cannot be read.
func proxyOfUI(r inventory.Reader, namespace string, template *corev1.PodTemplateSpec, c *corev1.Container,
	mounts map[string]bool) string {
	image := podspec.ImageName(c.Image)
	software := softwareOf(image, c, mounts)
	if software != NginxSoftware || softwareOf(image, &corev1.Container{}, nil) == NginxSoftware || setsNginxUp(c) {
		return software
	}
	files, _ := podspec.Files(r, namespace, template, c)
	if slices.ContainsFunc(files, func(f podspec.File) bool {
		return slices.ContainsFunc(passing, func(piece string) bool { return strings.Contains(f.Text, piece) })
	}) {
		return software
	}
	for i := range c.VolumeMounts {
		at := path.Clean(c.VolumeMounts[i].MountPath)
		if !slices.ContainsFunc(files, func(f podspec.File) bool { return podspec.Within(f.Path, at) }) &&
			!isScratch(&template.Spec, c, c.VolumeMounts[i].Name) && readByNginx(at, files) {
			return software
		}
	}
	return ""
}

// setsNginxUp says whether the command of a container may give an nginx a configuration: in a script, or by a flag.
func setsNginxUp(c *corev1.Container) bool {
	words := slices.Concat(c.Command, c.Args)
	return len(programs(c)) > 1 || slices.ContainsFunc(words, func(word string) bool {
		return strings.HasPrefix(word, "-c") || strings.HasPrefix(word, "-p") || strings.Contains(word, "include") ||
			strings.Contains(word, "{")
	})
}

// readByNginx says whether nginx reads configuration at a mount: by itself, or because a file includes it.
func readByNginx(at string, files []podspec.File) bool {
	if path.Base(at) == "nginx.conf" ||
		slices.ContainsFunc(nginxFolders, func(folder string) bool { return podspec.Within(at, folder) }) {
		return true
	}
	return slices.ContainsFunc(files, func(f podspec.File) bool {
		words := strings.Fields(f.Text)
		for i := range words[:max(len(words)-1, 0)] {
			if words[i] == "include" && podspec.Within(strings.Trim(words[i+1], `"';`), at) {
				return true
			}
		}
		return false
	})
}

// isScratch says whether a volume is an empty folder that no other container fills.
func isScratch(spec *corev1.PodSpec, c *corev1.Container, name string) bool {
	others := slices.Concat(spec.InitContainers, spec.Containers)
	isEmpty := func(v corev1.Volume) bool { return v.Name == name && v.EmptyDir != nil }
	return slices.ContainsFunc(spec.Volumes, isEmpty) &&
		!slices.ContainsFunc(others, func(other corev1.Container) bool {
			return other.Name != c.Name && slices.ContainsFunc(other.VolumeMounts,
				func(m corev1.VolumeMount) bool { return m.Name == name && !m.ReadOnly })
		})
}
