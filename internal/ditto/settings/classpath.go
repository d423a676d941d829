package settings

import (
	"path"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/hocon"
	"github.com/dittoguard/dittoguard/internal/ditto/reason"
)

// imageClassPath is the CLASSPATH of Ditto's image (dockerfile-release). Folders in it are written with a star: only
// the jars in them count, and a configuration file that lies beside those is not found.
const imageClassPath = dittoHome + "/*:" + dittoHome + "/extensions/*"

// classPath is what the pod adds to the class path. Of two files of one name Typesafe Config lays the one that is found
// first over the other, and any jar may bring the extension file that the service's configuration includes last.
type classPath struct {
	// from and why are not empty if something in it cannot be read: then Ditto's defaults may be others. What the pod
	// itself says is taken to count still.
	from, why string
	// files are the configuration files in it that can be read.
	files []document
}

// classes reads the class path once.
func (s *Settings) classes() *classPath {
	if s.classPath == nil {
		s.classPath = &classPath{}
		text := s.classPathText()
		for _, list := range s.jvmArguments().lists {
			if list.BootPath != "" {
				text.text += ":" + list.BootPath
			}
		}
		s.classPath.read(s, text)
	}
	return s.classPath
}

// classPathText is the class path as it is written: that of the launcher's options, the strongest of them, or
// CLASSPATH.
func (s *Settings) classPathText() variable {
	for _, list := range slices.Backward(s.jvmArguments().lists) {
		if list.why != "" {
			return variable{} // every setting is unknown by that
		}
		if list.ClassPath != "" {
			return variable{state: present, text: list.ClassPath}
		}
	}
	if v := s.env("CLASSPATH"); v.state != absent {
		return v
	}
	return variable{state: present, text: imageClassPath}
}

func (c *classPath) read(s *Settings, text variable) {
	if text.state == unclear || strings.Contains(text.text, runtime) {
		c.replaced("the class path", reason.Of("class-path-at-run-time"))
	}
	if text.state != present {
		return
	}
	places := strings.Split(text.text, ":")
	ofDitto := slices.ContainsFunc(places, func(place string) bool { return isOwnPlace(s.absolute(place)) })
	for _, place := range places {
		at := s.absolute(place)
		switch folder, jars := strings.CutSuffix(at, "/*"); {
		case strings.Contains(at, runtime):
		case jars:
			c.folder(s, folder, isJar)
		case isJar(at):
			c.folder(s, path.Dir(at), func(name string) bool { return name == path.Base(at) })
		case c.folder(s, at, s.readsFile), at == dittoHome:
			continue
		default:
			c.replaced("the class path", reason.Of("class-path-names", at))
			continue
		}
		// In an image of another make Ditto itself may lie anywhere.
		if ofDitto && !isOwnPlace(at) {
			c.replaced("the class path", reason.Of("class-path-names", at))
		}
	}
}

// absolute is an element of the class path from the root; relative ones begin where the container works.
func (s *Settings) absolute(place string) string {
	if strings.HasPrefix(place, "/") {
		return canonical(place)
	}
	home := s.container.WorkingDir
	if home == "" {
		home = dittoHome
	}
	return canonical(path.Join(home, place))
}

// isOwnPlace says whether jars lie where Ditto's image has its own.
func isOwnPlace(at string) bool {
	_, ok := under(at, dittoHome)
	return ok
}

func isJar(name string) bool { return strings.EqualFold(path.Ext(name), ".jar") }

// readsFile says whether Ditto reads a configuration file of that name from the class path: those of the service, those
// that they include, and those of the library (RawConfigSupplier, and ConfigFactory.load of Typesafe Config).
func (s *Settings) readsFile(name string) bool {
	base, ok := strings.CutSuffix(name, path.Ext(name))
	if !ok || !slices.Contains([]string{".conf", ".json", ".properties"}, path.Ext(name)) {
		return false
	}
	services := []string{Gateway, Policies, Things, Search, Connectivity}
	if slices.Contains(services, s.service) {
		services = []string{s.service} // which one it is is not always known
	}
	return base == "reference" || base == "application" || strings.HasPrefix(base, "ditto-") ||
		slices.ContainsFunc(services, func(name string) bool {
			return base == name || base == name+"-dev" || base == name+"-extension"
		})
}

func (c *classPath) replaced(from, why string) {
	if c.why == "" {
		c.from, c.why = from, why
	}
}

// folder reads what volumes bring into a folder of the class path, of which files with certain names count, and says
// whether any brings something.
func (c *classPath) folder(s *Settings, folder string, counts func(name string) bool) (mounted bool) {
	for i := range s.container.VolumeMounts {
		m := &s.container.VolumeMounts[i]
		at := canonical(m.MountPath)
		below, around := under(folder, at)
		if !around && path.Dir(at) != folder {
			continue
		}
		mounted = true
		names, known := []string{path.Base(at)}, true
		if around {
			names, known = s.filesIn(m, below)
		}
		if !known {
			c.brings(m)
		}
		for _, name := range names {
			if !counts(name) {
				continue
			}
			d := document{}
			if f := s.file(path.Join(folder, name)); path.Ext(name) == ".conf" || path.Ext(name) == ".json" {
				if d = s.parse(f); f.state == absent {
					continue
				}
			}
			if d.hocon == nil {
				c.brings(m)
			} else {
				c.files = append(c.files, d)
			}
		}
	}
	return mounted
}

func (c *classPath) brings(m *corev1.VolumeMount) {
	c.replaced("volume "+m.Name, reason.Of("class-path-volume", "volume "+m.Name, canonical(m.MountPath)))
}

// filesIn are the names of the files that a mount shows in a folder beneath it; known is false if there may be others.
func (s *Settings) filesIn(m *corev1.VolumeMount, folder string) (names []string, known bool) {
	if strings.Contains(m.SubPathExpr, "$") {
		return nil, false
	}
	folder = path.Join(m.SubPath, m.SubPathExpr, folder)
	add := func(file string) {
		if dir := path.Dir(path.Clean(file)); dir == folder || dir == "." && folder == "" {
			names = append(names, path.Base(file))
		}
	}
	of := func(o keyed, items []corev1.KeyToPath) bool {
		if len(items) == 0 && !o.atHand {
			return false
		}
		for _, item := range items {
			add(item.Path)
		}
		for _, key := range o.keys() {
			if len(items) == 0 {
				add(key)
			}
		}
		return true
	}
	for i := range s.pod.Spec.Volumes {
		v := &s.pod.Spec.Volumes[i]
		switch {
		case v.Name != m.Name:
			continue
		case v.ConfigMap != nil:
			known = of(s.configMap(v.ConfigMap.Name), v.ConfigMap.Items)
		case v.Secret != nil:
			known = of(s.secret(v.Secret.SecretName), v.Secret.Items)
		case v.EmptyDir != nil:
			known = !s.sharedVolume(m.Name)
		case v.Projected != nil:
			known = true
			for j := range v.Projected.Sources {
				switch source := &v.Projected.Sources[j]; {
				case source.ConfigMap != nil:
					known = of(s.configMap(source.ConfigMap.Name), source.ConfigMap.Items) && known
				case source.Secret != nil:
					known = of(s.secret(source.Secret.Name), source.Secret.Items) && known
				case source.ServiceAccountToken == nil && source.DownwardAPI == nil:
					known = false
				}
			}
		}
		break
	}
	slices.Sort(names)
	return names, known
}

// sharedVolume says whether another container of the pod may write into a volume.
func (s *Settings) sharedVolume(name string) bool {
	mounts := 0
	for _, list := range [][]corev1.Container{s.pod.Spec.InitContainers, s.pod.Spec.Containers} {
		for i := range list {
			if slices.ContainsFunc(list[i].VolumeMounts, func(m corev1.VolumeMount) bool { return m.Name == name }) {
				mounts++
			}
		}
	}
	return mounts > 1
}

// agreed is a value of Ditto's configuration, if no file of the class path says otherwise.
func (q *question) agreed(name string, a hocon.Answer) hocon.Answer {
	files := q.settings.classes().files
	for i := range files {
		d := &files[i]
		said := d.hocon.Lookup(name, hocon.Outside{Resolve: q.substitute, Budget: &q.budget})
		switch {
		case said.Kind == hocon.Absent, same(said, a):
		case said.Kind == hocon.Unknown:
			return unknown(d.from, d.from+": "+said.Why)
		default:
			return unknown(d.from, reason.Of("class-path-order", d.from))
		}
	}
	return a
}

// same says whether two values are the same text or list of texts.
func same(a, b hocon.Answer) bool {
	return a.Kind == b.Kind && a.Text == b.Text && slices.EqualFunc(a.Items, b.Items, same)
}
