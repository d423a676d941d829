package settings

import (
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/google/go-cmp/cmp"

	"github.com/dittoguard/dittoguard/internal/ditto/tri"
)

// What lies on the class path beside Ditto's own jar may take the place of what Ditto's own configuration says.
func TestClassPath(t *testing.T) {
	empty := func(name string) corev1.Volume {
		return corev1.Volume{Name: name, VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}}
	}
	claim := corev1.Volume{Name: "claim", VolumeSource: corev1.VolumeSource{
		PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: "claim"},
	}}
	mount := func(volume, at, subPath string) []corev1.VolumeMount {
		return []corev1.VolumeMount{{Name: volume, MountPath: at, SubPath: subPath}}
	}
	folder := []string{"java", "-cp", "/opt/ditto/conf:/opt/ditto/*", "org.eclipse.ditto.gateway.service.starter.GatewayService"}
	home := []string{"java", "-cp", ".:/opt/ditto/*", "x"}
	conf := func(f fixture, name, text string) fixture {
		f.command = folder
		return f.withFile("/opt/ditto/conf/"+name, text)
	}
	mounted := func(volume, at string) tri.State {
		return unsettled("volume "+volume, "volume "+volume+" is mounted at "+at+", where the class path leads, and may hold configuration that takes the place of Ditto's own")
	}
	const source = "ConfigMap iot/gateway-conf key gateway.conf"
	against := unsettled(source, source+" is on the class path and says otherwise; which of them counts depends on its order")
	for name, test := range map[string]struct {
		container fixture
		want      tri.State
	}{
		"jars of a claim":             {fixture{volumes: []corev1.Volume{claim}, mounts: mount("claim", "/opt/ditto/extensions", "")}, mounted("claim", "/opt/ditto/extensions")},
		"a jar of a claim":            {fixture{volumes: []corev1.Volume{claim}, mounts: mount("claim", "/opt/ditto/extensions/x.jar", "x.jar")}, mounted("claim", "/opt/ditto/extensions/x.jar")},
		"all of Ditto's folder":       {fixture{volumes: []corev1.Volume{claim}, mounts: mount("claim", "/opt/ditto/", "")}, unsettled("volume claim", "volume claim holds /opt/ditto/gateway-extension.conf")},
		"a folder around it":          {fixture{volumes: []corev1.Volume{claim}, mounts: mount("claim", "/opt", "")}, unsettled("volume claim", "volume claim holds /opt/ditto/gateway-extension.conf")},
		"a path known at run time":    {fixture{volumes: []corev1.Volume{claim}, mounts: []corev1.VolumeMount{{Name: "claim", MountPath: "/opt/ditto/extensions", SubPathExpr: "$(POD)"}}}, mounted("claim", "/opt/ditto/extensions")},
		"a folder without writer":     {fixture{volumes: []corev1.Volume{empty("e")}, mounts: mount("e", "/opt/ditto/extensions", "")}, off("default")},
		"heap dumps":                  {fixture{volumes: []corev1.Volume{claim}, mounts: mount("claim", "/opt/ditto/dumps", "")}, off("default")},
		"a log configuration":         {fixture{volumes: []corev1.Volume{claim}, mounts: mount("claim", "/opt/ditto/logback.xml", "logback.xml")}, off("default")},
		"log files":                   {fixture{volumes: []corev1.Volume{claim}, mounts: mount("claim", "/var/log/ditto", "")}, off("default")},
		"a folder that no jar is in":  {fixture{volumes: []corev1.Volume{claim}, mounts: mount("claim", "/opt/ditto/extensions/more", "")}, off("default")},
		"what the pod says counts":    {fixture{env: env("ENABLE_PRE_AUTHENTICATION=true"), volumes: []corev1.Volume{claim}, mounts: mount("claim", "/opt/ditto/extensions", "")}, on("env ENABLE_PRE_AUTHENTICATION")},
		"so does the property":        {fixture{env: env("JAVA_TOOL_OPTIONS=-D" + preAuth + "=false"), volumes: []corev1.Volume{claim}, mounts: mount("claim", "/opt/ditto/extensions", "")}, off("-D" + preAuth + " in JAVA_TOOL_OPTIONS")},
		"a ConfigMap without a jar":   {fixture{volumes: []corev1.Volume{configMapVolume("c", "c")}, mounts: mount("c", "/opt/ditto/extensions", ""), configMaps: map[string]map[string]string{"c": {"README": ""}}}, off("default")},
		"a ConfigMap with a jar":      {fixture{volumes: []corev1.Volume{configMapVolume("c", "c")}, mounts: mount("c", "/opt/ditto/extensions", ""), configMaps: map[string]map[string]string{"c": {"x.jar": ""}}}, mounted("c", "/opt/ditto/extensions")},
		"a key that becomes one":      {fixture{volumes: []corev1.Volume{configMapVolume("c", "c", corev1.KeyToPath{Key: "x", Path: "y.jar"})}, mounts: mount("c", "/opt/ditto/extensions", "")}, mounted("c", "/opt/ditto/extensions")},
		"a ConfigMap was not found":   {fixture{volumes: []corev1.Volume{configMapVolume("c", "c")}, mounts: mount("c", "/opt/ditto/extensions", "")}, mounted("c", "/opt/ditto/extensions")},
		"a Secret with passwords":     {fixture{volumes: []corev1.Volume{secretVolume("s", "s")}, mounts: mount("s", "/run/secrets", "")}, off("default")},
		"the folder of another one":   {fixture{env: env("CLASSPATH=/opt/ditto/*:/srv/jars/*"), volumes: []corev1.Volume{claim}, mounts: mount("claim", "/srv/jars", "")}, mounted("claim", "/srv/jars")},
		"none of those of the image":  {fixture{command: []string{"java", "-jar", "/opt/ditto/starter.jar"}, volumes: []corev1.Volume{claim}, mounts: mount("claim", "/opt/ditto/extensions", "")}, off("default")},
		"the jar itself":              {fixture{command: []string{"java", "-jar", "/srv/starter.jar"}, volumes: []corev1.Volume{claim}, mounts: mount("claim", "/srv", "")}, mounted("claim", "/srv")},
		"a folder of the image":       {fixture{command: folder}, unsettled("the class path", "the class path names /opt/ditto/conf, which may hold configuration that takes the place of Ditto's own")},
		"in the options":              {fixture{env: env("JVM_CMD_ARGS_ENV=-cp /opt/ditto/conf:/opt/ditto/*")}, unsettled("the class path", "the class path names /opt/ditto/conf, which may hold configuration that takes the place of Ditto's own")},
		"in the launcher's options":   {fixture{env: env("JDK_JAVA_OPTIONS=--class-path=/opt/ditto/conf:/opt/ditto/*")}, unsettled("the class path", "the class path names /opt/ditto/conf, which may hold configuration that takes the place of Ditto's own")},
		"what comes before it":        {fixture{env: env("JAVA_TOOL_OPTIONS=-Xbootclasspath/a:/srv/x.jar")}, unsettled("the class path", "the class path names /srv/x.jar, which may hold configuration that takes the place of Ditto's own")},
		"an agent":                    {fixture{env: env("JAVA_TOOL_OPTIONS=-javaagent:/otel/agent.jar")}, off("default")},
		"jars of another kind":        {fixture{env: env("CLASSPATH=/srv/jars/*:/opt/ditto/*")}, unsettled("the class path", "the class path names /srv/jars/*, which may hold configuration that takes the place of Ditto's own")},
		"an image of another make":    {fixture{command: []string{"java", "-cp", "/app/lib/*", "x"}}, off("default")},
		"known at run time":           {fixture{env: append([]corev1.EnvVar{fromField("X", "metadata.name")}, env("CLASSPATH=/opt/ditto/*:/$(X)")...)}, unsettled("the class path", "the class path is known only at run time")},
		"Ditto's folder as it is":     {fixture{command: home}, off("default")},
		"Ditto's folder, more in it":  {fixture{command: home}.withFile("/opt/ditto/other.conf", preAuth+" = true"), off("default")},
		"Ditto's extension twice":     {fixture{command: home}.withExtension(preAuth + " = true"), on(extensionSource)},
		"a file that says it":         {conf(fixture{}, "gateway.conf", preAuth+" = true"), against},
		"a file that says the same":   {conf(fixture{}, "gateway.conf", preAuth+" = false"), off("default")},
		"a file about something else": {conf(fixture{}, "gateway.conf", "ditto.gateway.http.port = 8080"), off("default")},
		"a file that takes more in":   {conf(fixture{}, "gateway.conf", `include "more"`), unsettled(source, source+`: it includes another file`)},
		"against the variable":        {conf(fixture{env: env("ENABLE_PRE_AUTHENTICATION=false")}, "gateway.conf", preAuth+" = true"), against},
		"not against the property":    {conf(fixture{env: env("JAVA_TOOL_OPTIONS=-D" + preAuth + "=false")}, "gateway.conf", preAuth+" = true"), off("-D" + preAuth + " in JAVA_TOOL_OPTIONS")},
		"a file that nothing reads":   {conf(fixture{}, "my.conf", preAuth+" = true"), off("default")},
		"of another service":          {conf(fixture{}, "things.conf", preAuth+" = true"), off("default")},
		"one of the library":          {conf(fixture{}, "reference.conf", preAuth+" = false"), off("default")},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, Boolean(test.container.read(t).Lookup(PreAuthentication))); diff != "" {
				t.Errorf("pre-authentication (-want +got):\n%s", diff)
			}
		})
	}
}
