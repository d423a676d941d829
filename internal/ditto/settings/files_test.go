package settings

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/google/go-cmp/cmp"
)

func toldFile(f mounted) string {
	switch f.state {
	case absent:
		return "absent"
	case unclear:
		return "unknown: " + f.why
	}
	return f.text + " from " + f.from
}

func TestFile(t *testing.T) {
	at := func(volume, path string) corev1.VolumeMount { return corev1.VolumeMount{Name: volume, MountPath: path} }
	sub := func(volume, path, subPath string) corev1.VolumeMount {
		return corev1.VolumeMount{Name: volume, MountPath: path, SubPath: subPath}
	}
	volumes := []corev1.Volume{
		configMapVolume("c", "c"),
		configMapVolume("items", "c", corev1.KeyToPath{Key: "k", Path: "sub/f.conf"}),
		configMapVolume("lost", "c", corev1.KeyToPath{Key: "no", Path: "f.conf"}),
		configMapVolume("missing", "no"),
		secretVolume("s", "s"),
		{Name: "empty", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}},
		{Name: "both", VolumeSource: corev1.VolumeSource{Projected: &corev1.ProjectedVolumeSource{Sources: []corev1.VolumeProjection{
			{ConfigMap: &corev1.ConfigMapProjection{LocalObjectReference: corev1.LocalObjectReference{Name: "c"}}},
			{Secret: &corev1.SecretProjection{LocalObjectReference: corev1.LocalObjectReference{Name: "s"}}},
			{ServiceAccountToken: &corev1.ServiceAccountTokenProjection{Path: "token"}},
			{DownwardAPI: &corev1.DownwardAPIProjection{Items: []corev1.DownwardAPIVolumeFile{{Path: "labels"}}}},
		}}}},
		{Name: "projected", VolumeSource: corev1.VolumeSource{Projected: &corev1.ProjectedVolumeSource{Sources: []corev1.VolumeProjection{
			{ConfigMap: &corev1.ConfigMapProjection{LocalObjectReference: corev1.LocalObjectReference{Name: "no"}}},
			{Secret: &corev1.SecretProjection{LocalObjectReference: corev1.LocalObjectReference{Name: "s"}}},
		}}}},
	}
	for name, test := range map[string]struct {
		file   string
		mounts []corev1.VolumeMount
		want   string
	}{
		"no mount":                      {"/d/f.conf", nil, "absent"},
		"directory":                     {"/d/f.conf", []corev1.VolumeMount{at("c", "/d")}, "c from ConfigMap iot/c key f.conf"},
		"directory with a slash":        {"/d/f.conf", []corev1.VolumeMount{at("c", "/d/")}, "c from ConfigMap iot/c key f.conf"},
		"directory of a Secret":         {"/d/f.conf", []corev1.VolumeMount{at("s", "/d")}, "s from Secret iot/s key f.conf"},
		"key not there":                 {"/d/g.conf", []corev1.VolumeMount{at("c", "/d")}, "absent"},
		"a name that begins alike":      {"/data/f.conf", []corev1.VolumeMount{at("c", "/d")}, "absent"},
		"file by subPath":               {"/d/x.conf", []corev1.VolumeMount{sub("c", "/d/x.conf", "f.conf")}, "c from ConfigMap iot/c key f.conf"},
		"subPath that is not there":     {"/d/x.conf", []corev1.VolumeMount{sub("c", "/d/x.conf", "no")}, "absent"},
		"volume mounted as the file":    {"/d/f.conf", []corev1.VolumeMount{at("c", "/d/f.conf")}, "absent"},
		"the deepest mount counts":      {"/d/f.conf", []corev1.VolumeMount{sub("s", "/d/f.conf", "f.conf"), at("c", "/d")}, "s from Secret iot/s key f.conf"},
		"items":                         {"/d/sub/f.conf", []corev1.VolumeMount{at("items", "/d")}, "key from ConfigMap iot/c key k"},
		"items hide the other keys":     {"/d/f.conf", []corev1.VolumeMount{at("items", "/d")}, "absent"},
		"items by subPath":              {"/e/x", []corev1.VolumeMount{sub("items", "/e/x", "sub/f.conf")}, "key from ConfigMap iot/c key k"},
		"items with a key not there":    {"/d/f.conf", []corev1.VolumeMount{at("lost", "/d")}, "unknown: ConfigMap iot/c has no key no; the container does not start"},
		"object was not found":          {"/d/f.conf", []corev1.VolumeMount{at("missing", "/d")}, "unknown: ConfigMap iot/no was not found"},
		"volume of another kind":        {"/d/f.conf", []corev1.VolumeMount{at("empty", "/d")}, "unknown: volume empty holds /d/f.conf"},
		"volume of a claim template":    {"/d/f.conf", []corev1.VolumeMount{at("claimed", "/d")}, "unknown: volume claimed holds /d/f.conf"},
		"path known at run time":        {"/d/f.conf", []corev1.VolumeMount{{Name: "c", MountPath: "/d", SubPathExpr: "$(POD)"}}, "unknown: the mount of /d/f.conf is known only at run time"},
		"path that only looks like it":  {"/d/f.conf", []corev1.VolumeMount{{Name: "items", MountPath: "/d", SubPathExpr: "sub"}}, "key from ConfigMap iot/c key k"},
		"projected, the later wins":     {"/d/f.conf", []corev1.VolumeMount{at("both", "/d")}, "s from Secret iot/s key f.conf"},
		"projected, only in the first":  {"/d/k", []corev1.VolumeMount{at("both", "/d")}, "key from ConfigMap iot/c key k"},
		"projected token":               {"/d/token", []corev1.VolumeMount{at("both", "/d")}, "unknown: a service account token"},
		"projected downward API":        {"/d/labels", []corev1.VolumeMount{at("both", "/d")}, "unknown: the downward API file labels"},
		"projected, unknown but hidden": {"/d/f.conf", []corev1.VolumeMount{at("projected", "/d")}, "s from Secret iot/s key f.conf"},
		"projected, unknown":            {"/d/k", []corev1.VolumeMount{at("projected", "/d")}, "unknown: ConfigMap iot/no was not found"},
		"the other name of /run":        {"/run/secrets/f.conf", []corev1.VolumeMount{at("s", "/var/run/secrets")}, "s from Secret iot/s key f.conf"},
	} {
		t.Run(name, func(t *testing.T) {
			s := fixture{
				volumes: volumes, mounts: test.mounts,
				configMaps: map[string]map[string]string{"c": {"f.conf": "c", "k": "key"}},
				secrets:    map[string]map[string]string{"s": {"f.conf": "s"}},
			}.read(t)
			if diff := cmp.Diff(test.want, toldFile(s.file(test.file))); diff != "" {
				t.Errorf("%s (-want +got):\n%s", test.file, diff)
			}
		})
	}
}

func TestPasswords(t *testing.T) {
	published := []string{"foobar", "status", "dittoPW1!"}
	type result struct{ State, Source, Why string }
	secret := map[string]map[string]string{"gw": {"devops-password": "own-one", "empty": "", "sample": "dittoPW1!", "devops_password": "foobar\n", "lines": "own-two\r\nfoobar", "blank": "\nown", "nothing": ""}}
	run := func(items ...corev1.KeyToPath) fixture {
		return fixture{
			secrets: secret, volumes: []corev1.Volume{secretVolume("s", "gw", items...)},
			mounts: []corev1.VolumeMount{{Name: "s", MountPath: "/run/secrets"}},
		}
	}
	with := func(f fixture, vars ...corev1.EnvVar) fixture { f.env = vars; return f }
	file := func(key string) fixture { return run(corev1.KeyToPath{Key: key, Path: "devops_password"}) }
	for name, test := range map[string]struct {
		container fixture
		want      result
	}{
		"default":               {fixture{}, result{PasswordPublished, "default", ""}},
		"literal":               {fixture{env: env("DEVOPS_PASSWORD=own")}, result{PasswordOwn, "env DEVOPS_PASSWORD", ""}},
		"empty is no password":  {fixture{env: env("DEVOPS_PASSWORD=")}, result{PasswordPublished, "env DEVOPS_PASSWORD", ""}},
		"from a Secret":         {fixture{secrets: secret, env: []corev1.EnvVar{fromSecret("DEVOPS_PASSWORD", "gw", "devops-password", true)}}, result{PasswordOwn, "env DEVOPS_PASSWORD (Secret iot/gw key devops-password)", ""}},
		"sample from a Secret":  {fixture{secrets: secret, env: []corev1.EnvVar{fromSecret("DEVOPS_PASSWORD", "gw", "sample", true)}}, result{PasswordPublished, "env DEVOPS_PASSWORD (Secret iot/gw key sample)", ""}},
		"empty in a Secret":     {fixture{secrets: secret, env: []corev1.EnvVar{fromSecret("DEVOPS_PASSWORD", "gw", "empty", true)}}, result{PasswordPublished, "env DEVOPS_PASSWORD (Secret iot/gw key empty)", ""}},
		"optional key missing":  {fixture{secrets: secret, env: []corev1.EnvVar{fromSecret("DEVOPS_PASSWORD", "gw", "no", true)}}, result{PasswordPublished, "default", ""}},
		"required key missing":  {fixture{secrets: secret, env: []corev1.EnvVar{fromSecret("DEVOPS_PASSWORD", "gw", "no", false)}}, result{PasswordUnknown, "env DEVOPS_PASSWORD", "Secret iot/gw has no key no; the container does not start"}},
		"Secret was not found":  {fixture{env: []corev1.EnvVar{fromSecret("DEVOPS_PASSWORD", "gw", "no", true)}}, result{PasswordUnknown, "env DEVOPS_PASSWORD", "Secret iot/gw was not found"}},
		"a number is a text":    {fixture{}.withExtension(authentication + "devops.password = 007"), result{PasswordOwn, extensionSource, ""}},
		"file":                  {run(), result{PasswordPublished, "Secret iot/gw key devops_password", ""}},
		"file, first line only": {file("lines"), result{PasswordOwn, "Secret iot/gw key lines", ""}},
		"file, blank line":      {file("blank"), result{PasswordPublished, "Secret iot/gw key blank", ""}},
		"file, empty":           {file("nothing"), result{PasswordPublished, "default", ""}},
		"variable beats file":   {with(run(), env("DEVOPS_PASSWORD=own")...), result{PasswordOwn, "env DEVOPS_PASSWORD", ""}},
		"file by another name":  {with(run(), env("DEVOPS_PASSWORD_NAME=devops-password")...), result{PasswordOwn, "Secret iot/gw key devops-password", ""}},
		"name in the extension file": {
			fixture{secrets: secret, volumes: []corev1.Volume{secretVolume("s", "gw")}, mounts: []corev1.VolumeMount{{Name: "s", MountPath: "/run/secrets"}}}.
				withExtension("secrets.devops_password.name = devops-password"),
			result{PasswordOwn, "Secret iot/gw key devops-password", ""},
		},
		"value in the extension file": {fixture{}.withExtension("secrets.devops_password.value = own"), result{PasswordOwn, extensionSource, ""}},
		"value as a property":         {fixture{env: env("JAVA_TOOL_OPTIONS=-Dsecrets.devops_password.value=own")}, result{PasswordOwn, "-Dsecrets.devops_password.value in JAVA_TOOL_OPTIONS", ""}},
		"another directory": {
			fixture{secrets: secret, env: env("SECRETS_DIR=/s"), volumes: []corev1.Volume{secretVolume("s", "gw")}, mounts: []corev1.VolumeMount{{Name: "s", MountPath: "/s"}}},
			result{PasswordPublished, "Secret iot/gw key devops_password", ""},
		},
		"another directory that is not mounted": {fixture{env: env("SECRETS_DIR=/s")}, result{PasswordUnknown, "/s/devops_password", "only the image can hold /s/devops_password"}},
	} {
		t.Run(name, func(t *testing.T) {
			v := test.container.read(t).Lookup(DevopsPassword)
			got := result{PasswordState(v, published), v.Source, v.Why}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("password (-want +got):\n%s", diff)
			}
			if v.Text() != "" {
				t.Error("the password leaves its Value")
			}
		})
	}
}

func TestSecretsAreNotPrinted(t *testing.T) {
	const hidden = "hidden-word"
	v := fixture{env: env("DEVOPS_PASSWORD=" + hidden)}.read(t).Lookup(DevopsPassword)
	holder := struct{ password Value }{v}
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		if text := sprintf(format, v) + sprintf(format, holder) + sprintf(format, &holder) + sprintf(format, []Value{v}); strings.Contains(text, hidden) {
			t.Errorf("%s prints the password", format)
		}
	}
}
