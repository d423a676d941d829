package cluster

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
)

// mounts are the volumes of a pod as folders below root, which a kubelet would keep in step with their objects.
type mounts struct {
	cluster   *Cluster
	root      string
	namespace string
	pod       *corev1.PodSpec
}

// folder is where the volume that the container sees at path is on this machine.
func (m *mounts) folder(path string) string { return filepath.Join(m.root, filepath.FromSlash(path)) }

// localize replaces the paths of mounts in an argument by where they are on this machine.
func (m *mounts) localize(arg string) string {
	for _, mount := range m.pod.Containers[0].VolumeMounts {
		name, value, isFlag := strings.Cut(arg, "=")
		if rest, below := strings.CutPrefix(value, mount.MountPath); isFlag && below && (rest == "" || rest[0] == '/') {
			return name + "=" + m.folder(value)
		}
	}
	return arg
}

// wait writes the files of every volume once all their objects are there, as a kubelet does before it starts the pod.
func (m *mounts) wait(ctx context.Context, within time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	for {
		err := m.sync(ctx)
		if !apierrors.IsNotFound(err) || !pause(ctx, mountInterval) {
			return err
		}
	}
}

// sync writes the files of every volume, where they have changed.
func (m *mounts) sync(ctx context.Context) error {
	for _, mount := range m.pod.Containers[0].VolumeMounts {
		for _, volume := range m.pod.Volumes {
			if volume.Name != mount.Name {
				continue
			}
			files, err := m.content(ctx, volume)
			if err != nil {
				return fmt.Errorf("mounting volume %s: %w", volume.Name, err)
			}
			if err := write(m.folder(mount.MountPath), files); err != nil {
				return fmt.Errorf("mounting volume %s: %w", volume.Name, err)
			}
		}
	}
	return nil
}

func (m *mounts) content(ctx context.Context, volume corev1.Volume) (map[string][]byte, error) {
	files := map[string][]byte{}
	switch {
	case volume.ConfigMap != nil:
		var o corev1.ConfigMap
		if err := m.cluster.Client.Get(ctx, types.NamespacedName{Namespace: m.namespace, Name: volume.ConfigMap.Name},
			&o); err != nil {
			return nil, err
		}
		for name, text := range o.Data {
			files[name] = []byte(text)
		}
	case volume.Secret != nil:
		var o corev1.Secret
		if err := m.cluster.Client.Get(ctx,
			types.NamespacedName{Namespace: m.namespace, Name: volume.Secret.SecretName}, &o); err != nil {
			return nil, err
		}
		files = o.Data
	default:
		return nil, fmt.Errorf("only ConfigMaps and Secrets can be mounted here")
	}
	return files, nil
}

// write replaces the files of a folder together, as a kubelet does: through a symbolic link that is swapped.
func write(folder string, files map[string][]byte) error {
	if same(folder, files) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(folder), 0o700); err != nil {
		return err
	}
	version, err := os.MkdirTemp(filepath.Dir(folder), ".version")
	if err != nil {
		return err
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(version, name), content, 0o600); err != nil {
			return err
		}
	}
	link := version + ".link"
	if err := os.Symlink(version, link); err != nil {
		return err
	}
	return os.Rename(link, folder)
}

func same(folder string, files map[string][]byte) bool {
	entries, err := os.ReadDir(folder)
	if err != nil || len(entries) != len(files) {
		return false
	}
	for name, content := range files {
		if is, err := os.ReadFile(filepath.Join(folder, name)); err != nil || string(is) != string(content) {
			return false
		}
	}
	return true
}
