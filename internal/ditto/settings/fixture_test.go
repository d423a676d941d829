package settings

import (
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/dittoguard/dittoguard/internal/inventory"
)

// fixture is a gateway container and what is at hand beside it, in the namespace `iot`.
type fixture struct {
	env        []corev1.EnvVar
	envFrom    []corev1.EnvFromSource
	command    []string
	args       []string
	mounts     []corev1.VolumeMount
	volumes    []corev1.Volume
	configMaps map[string]map[string]string
	secrets    map[string]map[string]string
	service    string
	// image is the container's, release what the pod's label says.
	image, release string
}

func (f fixture) read(t testing.TB) *Settings {
	t.Helper()
	memory := inventory.NewMemory(nil, nil)
	for name, data := range f.configMaps {
		o := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: "iot", Name: name}, Data: data}
		memory.Put(inventory.FromTyped(o, schema.GroupVersionKind{Version: "v1", Kind: "ConfigMap"}))
	}
	for name, data := range f.secrets {
		o := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "iot", Name: name}, Data: map[string][]byte{}}
		for key, text := range data {
			o.Data[key] = []byte(text)
		}
		memory.Put(inventory.FromTyped(o, schema.GroupVersionKind{Version: "v1", Kind: "Secret"}))
	}
	pod := &corev1.PodTemplateSpec{Spec: corev1.PodSpec{
		Volumes: f.volumes,
		Containers: []corev1.Container{{
			Env: f.env, EnvFrom: f.envFrom, Command: f.command, Args: f.args, VolumeMounts: f.mounts,
		}},
	}}
	pod.Spec.Containers[0].Image = f.image
	if f.release != "" {
		pod.Labels = map[string]string{versionLabel: f.release}
	}
	service := f.service
	if service == "" {
		service = Gateway
	}
	return Read(memory, "iot", pod, &pod.Spec.Containers[0], service)
}

// env makes variables of `NAME=value`.
func env(pairs ...string) []corev1.EnvVar {
	var vars []corev1.EnvVar
	for _, pair := range pairs {
		name, value, _ := strings.Cut(pair, "=")
		vars = append(vars, corev1.EnvVar{Name: name, Value: value})
	}
	return vars
}

func fromSecret(name, secret, key string, optional bool) corev1.EnvVar {
	return corev1.EnvVar{Name: name, ValueFrom: &corev1.EnvVarSource{SecretKeyRef: &corev1.SecretKeySelector{
		LocalObjectReference: corev1.LocalObjectReference{Name: secret}, Key: key, Optional: &optional,
	}}}
}

func fromConfigMap(name, configMap, key string, optional bool) corev1.EnvVar {
	return corev1.EnvVar{Name: name, ValueFrom: &corev1.EnvVarSource{ConfigMapKeyRef: &corev1.ConfigMapKeySelector{
		LocalObjectReference: corev1.LocalObjectReference{Name: configMap}, Key: key, Optional: &optional,
	}}}
}

func fromField(name, path string) corev1.EnvVar {
	return corev1.EnvVar{Name: name, ValueFrom: &corev1.EnvVarSource{FieldRef: &corev1.ObjectFieldSelector{FieldPath: path}}}
}

func allOf(configMap, prefix string) corev1.EnvFromSource {
	return corev1.EnvFromSource{Prefix: prefix, ConfigMapRef: &corev1.ConfigMapEnvSource{
		LocalObjectReference: corev1.LocalObjectReference{Name: configMap},
	}}
}

func allOfSecret(secret string) corev1.EnvFromSource {
	return corev1.EnvFromSource{SecretRef: &corev1.SecretEnvSource{LocalObjectReference: corev1.LocalObjectReference{Name: secret}}}
}

// withFile gives the container a file from a ConfigMap, as Ditto's chart mounts it.
func (f fixture) withFile(path, content string) fixture {
	key := path[strings.LastIndexByte(path, '/')+1:]
	name := strings.ReplaceAll(key, ".", "-")
	if f.configMaps == nil {
		f.configMaps = map[string]map[string]string{}
	}
	f.configMaps[name] = map[string]string{key: content}
	f.volumes = append(f.volumes, configMapVolume(name, name))
	f.mounts = append(f.mounts, corev1.VolumeMount{Name: name, MountPath: path, SubPath: key})
	return f
}

func (f fixture) withExtension(content string) fixture {
	return f.withFile("/opt/ditto/gateway-extension.conf", content)
}

func configMapVolume(name, configMap string, items ...corev1.KeyToPath) corev1.Volume {
	return corev1.Volume{Name: name, VolumeSource: corev1.VolumeSource{ConfigMap: &corev1.ConfigMapVolumeSource{
		LocalObjectReference: corev1.LocalObjectReference{Name: configMap}, Items: items,
	}}}
}

func secretVolume(name, secret string, items ...corev1.KeyToPath) corev1.Volume {
	return corev1.Volume{Name: name, VolumeSource: corev1.VolumeSource{Secret: &corev1.SecretVolumeSource{SecretName: secret, Items: items}}}
}

// sprintf formats without vet's check, for formats that are themselves tested.
func sprintf(format string, args ...any) string { return fmt.Sprintf(format, args...) }
