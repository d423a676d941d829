package proxy

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/command"
	"github.com/dittoguard/dittoguard/internal/ditto/nginxconf"
	"github.com/dittoguard/dittoguard/internal/ditto/podspec"
	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/recognize"
)

// mainConf is where nginx reads its configuration unless `-c` says otherwise.
const mainConf = "/etc/nginx/nginx.conf"

// nginxIncludes are the folders that the nginx.conf of some image includes inside http. own: the one that nginx's own
// image includes. Sources: the configuration files of nginx's image and of Alpine's, Debian's, Bitnami's and Red Hat's
// packages.
var nginxIncludes = []struct {
	folder, pattern string
	own             bool
}{
	{"/etc/nginx/conf.d", "*.conf", true},
	{"/etc/nginx/http.d", "*.conf", false},
	{"/etc/nginx/sites-enabled", "*", false},
	{"/opt/bitnami/nginx/conf/server_blocks", "*.conf", false},
	{"/opt/app-root/etc/nginx.d", "*.conf", false},
}

// nginxServerIncludes are those that it includes inside a server of its own, at a port.
var nginxServerIncludes = []struct {
	folder string
	port   int
}{
	{"/etc/nginx/default.d", 80},
	{"/etc/nginx/nginx.default.d", 8080},
	{"/opt/app-root/etc/nginx.default.d", 8080},
	{"/opt/bitnami/nginx/conf/bitnami", 8080},
}

// nginxMain finds the file that nginx starts from, empty if none is mounted. Where only files that the image's own
// nginx.conf includes are mounted, that one is stood in for: it is added to the texts.
func nginxMain(part recognize.Part, texts map[string]string) string {
	flags := nginxFlags(part.Container)
	main := flags.conf
	if main == "" {
		main = mountedMain(part, texts)
	}
	if text, there := texts[main]; there && strings.ContainsAny(flags.global, "{") ||
		strings.Contains(flags.global, "include") {
		// What -g says stands before the file.
		texts[main] = strings.TrimRight(flags.global, "; ") + ";\n" + text
	}
	return main
}

// mountedMain is the nginx.conf that is mounted, or the one that is stood in for.
func mountedMain(part recognize.Part, texts map[string]string) string {
	if _, there := texts[mainConf]; there {
		return mainConf
	}
	names := slices.Sorted(maps.Keys(texts))
	for _, name := range names {
		if path.Base(name) == "nginx.conf" {
			return name
		}
	}
	var includes strings.Builder
	for _, include := range nginxIncludes {
		if !include.own && isNginxImage(part.Container.Image) {
			continue
		}
		made := path.Join(path.Dir(include.folder), "templates")
		if slices.ContainsFunc(names, func(name string) bool {
			matches, _ := path.Match(include.pattern, path.Base(name))
			return path.Dir(name) == include.folder && matches || include.own && path.Dir(name) == made &&
				path.Ext(name) == ".template"
		}) {
			fmt.Fprintf(&includes, "  include %s/%s;\n", include.folder, include.pattern)
		}
	}
	for _, include := range nginxServerIncludes {
		if slices.ContainsFunc(names, func(name string) bool {
			return path.Dir(name) == include.folder && path.Ext(name) == ".conf"
		}) {
			fmt.Fprintf(&includes, "  server {\n    listen %d default_server;\n    include %s/*.conf;\n  }\n",
				include.port, include.folder)
		}
	}
	if includes.Len() == 0 {
		return ""
	}
	texts[mainConf] = "events {}\nhttp {\n" + includes.String() + "}\n"
	return mainConf
}

// nginxArguments are what the command line of nginx says about its configuration.
type nginxArguments struct {
	// conf is the file of -c as an absolute path, empty for the one that is built in; global the directives of -g.
	conf, global string
}

// nginxFlags reads the command line of nginx, in a shell's script too.
func nginxFlags(c *corev1.Container) nginxArguments {
	words := nginxWords(c)
	prefix, f := "/etc/nginx", nginxArguments{}
	for i := 0; i < len(words); i++ {
		flag, value := words[i], ""
		if len(flag) < 2 || flag[0] != '-' || !strings.ContainsRune("cgp", rune(flag[1])) {
			continue
		}
		if value = flag[2:]; value == "" && i+1 < len(words) {
			i++
			value = words[i]
		}
		switch flag[1] {
		case 'c':
			f.conf = value
		case 'g':
			f.global = value
		case 'p':
			prefix = value
		}
	}
	if f.conf != "" && !path.IsAbs(f.conf) {
		f.conf = path.Join(prefix, f.conf)
	}
	return f
}

// nginxWords are the arguments that nginx is started with, those of all of them if it is started twice. Without a
// command of its own the image's entry point starts it.
func nginxWords(c *corev1.Container) []string {
	argv := slices.Concat(c.Command, c.Args)
	if len(argv) == 0 {
		return nil
	}
	var words []string
	list, _ := command.Of(argv)
	for _, started := range list {
		if recognize.IsNginx(started.Program()) &&
			!slices.ContainsFunc(started.Words, isFlagOfNoServer) {
			words = append(words, started.Words[1:]...)
		}
	}
	if words == nil && len(list) == 1 && !command.IsShell(list[0].Program()) && slices.Equal(list[0].Words, argv) {
		return argv
	}
	return words
}

// nginxHidden says which of the places where nginx reads its configuration cannot be looked into, for people.
func nginxHidden(part recognize.Part, main string) []string {
	template := part.Workload.PodTemplate()
	var hidden []string
	covered := main != ""
	for i := range part.Container.VolumeMounts {
		mount := &part.Container.VolumeMounts[i]
		at := path.Clean(mount.MountPath)
		if !nginxReads(at, nginxFlags(part.Container).conf) && !podspec.Within(at, entryFolder) {
			continue
		}
		if kind := hiddenVolume(template, part.Container, mount.Name); kind != "" {
			hidden = append(hidden, reason.Of("proxy-volume-not-read", mount.Name, kind, at))
			covered = true
		}
	}
	if conf := nginxFlags(part.Container).conf; conf == main && conf != "" {
		return hidden
	}
	if !covered && bakesConfiguration(part.Container.Image) {
		hidden = append(hidden, "its configuration is in its image and cannot be read")
	}
	return hidden
}

// nginxInImage says which includes lie in an image of someone's own, and so may forward requests anywhere. What the
// makers of nginx put into theirs forwards none, and what lies in a volume is said of the volume.
func nginxInImage(part recognize.Part, missing []nginxconf.Missing) []string {
	if !bakesConfiguration(part.Container.Image) {
		return nil
	}
	var notes []string
	for _, m := range missing {
		if m.Name != "/etc/nginx/proxy_params" &&
			!slices.ContainsFunc(part.Container.VolumeMounts, func(mount corev1.VolumeMount) bool {
				return podspec.Within(m.Name, path.Clean(mount.MountPath))
			}) {
			notes = append(notes, m.Note)
		}
	}
	return notes
}

// nginxReads says whether nginx may read configuration at a mount: a folder that some nginx.conf includes, one with
// such a folder in it, or the file itself.
func nginxReads(at, conf string) bool {
	if path.Base(at) == "nginx.conf" || at == "/etc/nginx" || at == "/opt/bitnami/nginx/conf" ||
		at == "/usr/local/openresty/nginx/conf" ||
		at == "/etc/nginx/templates" || conf != "" && podspec.Within(conf, at) {
		return true
	}
	for _, include := range nginxIncludes {
		if podspec.Within(at, include.folder) {
			return true
		}
	}
	for _, include := range nginxServerIncludes {
		if podspec.Within(at, include.folder) {
			return true
		}
	}
	return false
}

// hiddenVolume names the kind of a volume whose files nobody can read from manifests, empty for any other. An emptyDir
// is one if another container can have filled it.
func hiddenVolume(template *corev1.PodTemplateSpec, c *corev1.Container, name string) string {
	for i := range template.Spec.Volumes {
		volume := &template.Spec.Volumes[i]
		if volume.Name != name {
			continue
		}
		switch s := &volume.VolumeSource; {
		case s.PersistentVolumeClaim != nil:
			return "persistentVolumeClaim " + s.PersistentVolumeClaim.ClaimName
		case s.HostPath != nil:
			return "hostPath"
		case s.EmptyDir != nil:
			for _, containers := range [][]corev1.Container{template.Spec.InitContainers, template.Spec.Containers} {
				for j := range containers {
					other := &containers[j]
					if other.Name != c.Name &&
						slices.ContainsFunc(other.VolumeMounts,
							func(m corev1.VolumeMount) bool { return m.Name == name && !m.ReadOnly }) {
						return "emptyDir that container " + other.Name + " fills"
					}
				}
			}
			return ""
		case s.ConfigMap != nil, s.Secret != nil, s.Projected != nil, s.DownwardAPI != nil:
			return ""
		}
		return "not a ConfigMap or Secret"
	}
	// The volumeClaimTemplates of a StatefulSet are volumes too.
	return "persistentVolumeClaim"
}

// isNginxImage says whether an image is nginx's own, whose configuration serves static files and includes conf.d.
func isNginxImage(image string) bool {
	name, _, _ := strings.Cut(image, "@")
	if slash := strings.LastIndexByte(name, '/'); strings.LastIndexByte(name, ':') > slash {
		name = name[:strings.LastIndexByte(name, ':')]
	}
	name = strings.TrimPrefix(strings.TrimPrefix(name, "docker.io/"), "index.docker.io/")
	switch name {
	case "nginx", "library/nginx", "nginxinc/nginx-unprivileged", "public.ecr.aws/nginx/nginx",
		"public.ecr.aws/docker/library/nginx",
		"mirror.gcr.io/library/nginx", "quay.io/nginx/nginx-unprivileged", "ghcr.io/nginxinc/nginx-unprivileged",
		"bitnami/nginx",
		"bitnamilegacy/nginx", "openresty/openresty", "ubuntu/nginx":
		return true
	}
	return false
}

// bakesConfiguration says whether an image that is nginx by its name may bring a configuration that forwards requests:
// someone's own. Those of the makers serve static files, and what belongs to controllers is not told by hand what to
// do.
func bakesConfiguration(image string) bool {
	if isNginxImage(image) {
		return false
	}
	name := podspec.ImageName(image)
	for _, known := range []string{"exporter", "ingress", "gateway-fabric", "agent", "operator"} {
		if strings.Contains(name, known) {
			return false
		}
	}
	return true
}

// isFlagOfNoServer says whether an argument has nginx do something else than serve: send a signal, test its files.
func isFlagOfNoServer(word string) bool { return word == "-s" || word == "-t" || word == "-T" }
