package main

import (
	"fmt"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/dittoguard/dittoguard/internal/ditto/settings"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// recorded are the files of a kind, at least one.
func recorded(t *testing.T, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", pattern))
	if err != nil || len(files) == 0 {
		t.Fatalf("no record %s: %v", pattern, err)
	}
	return files
}

// What dittoguard takes for the effective settings of a container is what the gateway's own loader makes of the same.
func TestSettingsAreWhatTheGatewayReads(t *testing.T) {
	for _, file := range recorded(t, "settings-*.json") {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
			var record SettingsRecord
			if err := read(file, &record); err != nil {
				t.Fatal(err)
			}
			said, undecided, refused := 0, map[string]int{}, 0
			for _, c := range record.Cases {
				if c.Env["HOSTING_ENVIRONMENT"] == unset {
					continue // no pod can take away what the image sets
				}
				got := container(c.Given, strings.TrimPrefix(record.About.Software, "Ditto "))
				if c.Refuses != "" {
					// Nothing runs, so no reading of it is wrong; but it must not be told that something is safe.
					refused++
					continue
				}
				for _, s := range known {
					want := record.Untouched[s.name()]
					if changed, ok := c.Changed[s.name()]; ok {
						want = changed
					}
					if s.kind == boolean && s.path != "" { // as it is written
						want = map[any]string{"true": "true", "on": "true", "yes": "true"}[want]
						if want == "" {
							want = "false"
						}
					}
					if s.kind == number {
						continue // see comparePorts
					}
					value := got.Lookup(s.binding)
					if value.State == settings.Unknown {
						undecided[c.Name+": "+s.binding.Path+": "+value.Why]++
						continue
					}
					said++
					if is := reading(s, value, want); !reflect.DeepEqual(is, want) {
						t.Errorf("%s: %s is %v to the gateway, %v (%s) to dittoguard", c.Name, s.binding.Path, want, is, value.Source)
					}
				}
				compareIssuers(t, c, record.Untouched, got)
				comparePorts(t, c, record.Untouched, got)
			}
			for _, what := range slices.Sorted(maps.Keys(undecided)) {
				if !mayBeUnknown(what) {
					t.Errorf("dittoguard cannot tell, and the gateway can: %s", what)
				}
			}
			t.Logf("%d cases, of which the gateway does not start in %d; %d values agree, %d are unknown", len(record.Cases), refused, said, len(undecided))
			if said < 1000 {
				t.Errorf("only %d values were compared", said)
			}
		})
	}
}

// unknowns are the cases that the gateway decides by what dittoguard does not have: what its image holds, or the whole of its own
// configuration. It would rather say so.
var unknowns = []string{
	"a file that is not there:", "a file without a suffix:", "extension include ", "secret file in another folder:",
	"extension ditto.gateway.authentication = ${ditto.gateway.authentication}",
	// An object whose keys are numbers is a list to Typesafe Config. Nobody writes one.
	"extension ditto.gateway.authentication.devops.devops-oauth2-subjects { 0 = ",
}

// mayBeUnknown says of a value that dittoguard does not tell, and the gateway does, whether that is as it should be.
func mayBeUnknown(what string) bool {
	return slices.ContainsFunc(unknowns, func(begins string) bool { return strings.HasPrefix(what, begins) })
}

func compareIssuers(t *testing.T, c Resolved, untouched map[string]any, got *settings.Settings) {
	t.Helper()
	for getters, of := range issuers {
		want, ok := c.Changed[getters].(map[string]any)
		if !ok {
			want, _ = untouched[getters].(map[string]any)
		}
		is := got.Issuers(of)
		if is.State == settings.Unknown {
			continue
		}
		have := map[string]any{}
		for _, issuer := range is.List {
			if issuer.URLs == nil { // it is known by its name alone
				if urls, ok := want[issuer.Name]; ok {
					have[issuer.Name] = urls
				}
				continue
			}
			urls := make([]any, len(issuer.URLs))
			for i, u := range issuer.URLs {
				urls[i] = u
			}
			have[issuer.Name] = urls
		}
		if !reflect.DeepEqual(have, want) {
			t.Errorf("%s: the issuers at %s are %v to the gateway, %v to dittoguard", c.Name, of, want, have)
		}
	}
}

// comparePorts compares the number that the gateway listens on. What a library reads is in the record as it is written.
func comparePorts(t *testing.T, c Resolved, untouched map[string]any, got *settings.Settings) {
	t.Helper()
	want := untouched["getHttpConfig.getPort"]
	if changed, ok := c.Changed["getHttpConfig.getPort"]; ok {
		want = changed
	}
	is := got.Ports().HTTP
	if number := strconv.Itoa(int(is.Number)); is.Number != 0 && number != want {
		t.Errorf("%s: the gateway listens on %v, and to dittoguard on %s", c.Name, want, number)
	}
	if number, err := strconv.Atoi(fmt.Sprint(want)); is.Number == 0 && err == nil && number > 0 && number < 1<<16 && !mayBeUnknown(c.Name+":") {
		t.Errorf("%s: the gateway listens on %v, which dittoguard cannot tell: %s", c.Name, want, is.Why)
	}
}

// reading is a value as dittoguard reads it, in the words of a record. Of a secret it can only be told whether it is what is wanted.
func reading(s setting, v settings.Value, want any) any {
	if v.IsSecret() && v.IsOneOf([]string{fmt.Sprint(want)}) {
		return want
	}
	switch s.kind {
	case boolean:
		switch b := settings.Boolean(v); b.State {
		case tri.On:
			return "true"
		case tri.Off:
			return "false"
		default:
			return b.State
		}
	case method:
		m, why, ok := settings.Method(v)
		if !ok {
			return why
		}
		return strings.ToUpper(m)
	case list:
		items := make([]any, 0, v.Len())
		for _, item := range v.Items() {
			items = append(items, item)
		}
		return items
	}
	return v.Text()
}

// container is a pod that gives its gateway the same.
func container(g Given, ditto string) *settings.Settings {
	memory := inventory.NewMemory(nil, nil)
	c := corev1.Container{Name: "gateway", Image: "docker.io/eclipse/ditto-gateway:" + ditto}
	for _, name := range slices.Sorted(maps.Keys(g.Env)) {
		c.Env = append(c.Env, corev1.EnvVar{Name: name, Value: g.Env[name]})
	}
	pod := &corev1.PodTemplateSpec{}
	var options []string
	for _, name := range slices.Sorted(maps.Keys(g.Properties)) {
		options = append(options, "-D"+name+"="+g.Properties[name])
	}
	if len(options) > 0 {
		c.Command, c.Args = append(append([]string{"java"}, options...), "org.eclipse.ditto.gateway.service.starter.GatewayService"), nil
	}
	for i, file := range slices.Sorted(maps.Keys(g.Files)) {
		name, key := "file-"+strconv.Itoa(i), filepath.Base(file)
		memory.Put(inventory.FromTyped(&corev1.ConfigMap{
			ObjectMeta: metav1.ObjectMeta{Namespace: "iot", Name: name}, Data: map[string]string{key: g.Files[file]},
		}, schema.GroupVersionKind{Version: "v1", Kind: "ConfigMap"}))
		pod.Spec.Volumes = append(pod.Spec.Volumes, corev1.Volume{Name: name, VolumeSource: corev1.VolumeSource{
			ConfigMap: &corev1.ConfigMapVolumeSource{LocalObjectReference: corev1.LocalObjectReference{Name: name}}}})
		c.VolumeMounts = append(c.VolumeMounts, corev1.VolumeMount{Name: name, MountPath: file, SubPath: key})
	}
	pod.Spec.Containers = []corev1.Container{c}
	return settings.Read(memory, "iot", pod, &pod.Spec.Containers[0], settings.Gateway)
}
