package podspec

import (
	"maps"
	"path"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/dittoguard/dittoguard/internal/inventory"
)

// File is a file that a container gets from a ConfigMap or Secret.
type File struct {
	// Path is where the container sees it.
	Path string
	// Holder and key are where it comes from.
	Holder *inventory.Object
	Key    string
	Text   string
}

// Files are the files that ConfigMaps and Secrets give to a container. absent names the objects that are not at
// hand, with the path they are mounted at.
func Files(r inventory.Reader, namespace string, template *corev1.PodTemplateSpec, c *corev1.Container) (files []File,
	absent []absentFile) {
	if len(c.VolumeMounts) == 0 {
		return nil, nil
	}
	named := make(map[string][]*corev1.Volume, len(template.Spec.Volumes))
	for i := range template.Spec.Volumes {
		volume := &template.Spec.Volumes[i]
		named[volume.Name] = append(named[volume.Name], volume)
	}
	for i := range c.VolumeMounts {
		mount := &c.VolumeMounts[i]
		for _, volume := range named[mount.Name] {
			for _, source := range volumeSources(volume) {
				gk := inventory.ConfigMap
				if source.Kind == "Secret" {
					gk = inventory.Secret
				}
				o := r.Get(gk, namespace, source.Name)
				if o == nil {
					absent = append(absent, absentFile{
						Path: path.Clean(mount.MountPath), Ref: source.Kind + " " + namespace + "/" + source.Name,
					})
					continue
				}
				files = append(files, mountFiles(o, source.items, mount)...)
			}
		}
	}
	return files, absent
}

// absentFile is a mount whose ConfigMap or Secret was not found.
type absentFile struct{ Path, Ref string }

// volumeSource is one ConfigMap or Secret of a volume.
type volumeSource struct {
	reference

	items []corev1.KeyToPath
}

func volumeSources(volume *corev1.Volume) []volumeSource {
	var list []volumeSource
	add := func(kind, name string, items []corev1.KeyToPath) {
		list = append(list, volumeSource{reference{Kind: kind, Name: name}, items})
	}
	if s := volume.ConfigMap; s != nil {
		add("ConfigMap", s.Name, s.Items)
	}
	if s := volume.Secret; s != nil {
		add("Secret", s.SecretName, s.Items)
	}
	if volume.Projected != nil {
		for _, s := range volume.Projected.Sources {
			if s.ConfigMap != nil {
				add("ConfigMap", s.ConfigMap.Name, s.ConfigMap.Items)
			}
			if s.Secret != nil {
				add("Secret", s.Secret.Name, s.Secret.Items)
			}
		}
	}
	return list
}

// mountFiles are the files of one ConfigMap or Secret at one mount.
func mountFiles(o *inventory.Object, items []corev1.KeyToPath, mount *corev1.VolumeMount) []File {
	var files []File
	data := DataOf(o)
	place := func(key, at string) {
		text, there := data[key]
		if !there {
			return
		}
		f := File{Holder: o, Key: key, Text: text}
		switch sub := path.Clean("/" + mount.SubPath); {
		case mount.SubPath == "":
			f.Path = path.Join(mount.MountPath, at)
		case sub == path.Clean("/"+at):
			f.Path = path.Clean(mount.MountPath)
		case strings.HasPrefix("/"+at, sub+"/"):
			f.Path = path.Join(mount.MountPath, strings.TrimPrefix("/"+at, sub))
		default:
			return
		}
		files = append(files, f)
	}
	if len(items) > 0 {
		for _, item := range items {
			place(item.Key, item.Path)
		}
		return files
	}
	for key := range data {
		place(key, key)
	}
	return files
}

// DataOf is what a ConfigMap or Secret holds, as text. It is not to be changed.
func DataOf(o *inventory.Object) map[string]string {
	data := map[string]string{}
	switch t := o.Typed.(type) {
	case *corev1.ConfigMap:
		if len(t.BinaryData) == 0 {
			return t.Data
		}
		for k, v := range t.BinaryData {
			data[k] = string(v)
		}
		maps.Copy(data, t.Data)
	case *corev1.Secret:
		for k, v := range t.Data {
			data[k] = string(v)
		}
		// What is written to stringData overwrites data when the object is stored.
		maps.Copy(data, t.StringData)
	}
	return data
}
