package settings

import (
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/google/go-cmp/cmp"
)

// told is a variable as a test states it.
func told(v variable) string {
	switch v.state {
	case absent:
		return "absent"
	case unclear:
		return "unknown: " + v.why
	}
	return fmt.Sprintf("%q from %s", strings.ReplaceAll(v.text, runtime, "<pod>"), v.from)
}

func TestEnvironment(t *testing.T) {
	configMaps := map[string]map[string]string{"c": {"X": "c", "k": "v"}, "d": {"X": "d", "PRE_X": "pre"}}
	secrets := map[string]map[string]string{"s": {"X": "s", "k": "hidden"}}
	for name, test := range map[string]struct {
		env  []corev1.EnvVar
		from []corev1.EnvFromSource
		want string // of X
	}{
		"nothing":                      {nil, nil, "absent"},
		"literal":                      {env("X=1"), nil, `"1" from env X`},
		"empty":                        {env("X="), nil, `"" from env X`},
		"the last of two":              {env("X=1", "X=2"), nil, `"2" from env X`},
		"key of a ConfigMap":           {[]corev1.EnvVar{fromConfigMap("X", "c", "k", false)}, nil, `"v" from env X (ConfigMap iot/c key k)`},
		"key of a Secret":              {[]corev1.EnvVar{fromSecret("X", "s", "k", false)}, nil, `"hidden" from env X (Secret iot/s key k)`},
		"key that is not there":        {[]corev1.EnvVar{fromSecret("X", "s", "no", false)}, nil, "unknown: Secret iot/s has no key no; the container does not start"},
		"optional key not there":       {[]corev1.EnvVar{fromSecret("X", "s", "no", true)}, nil, "absent"},
		"optional key keeps envFrom":   {[]corev1.EnvVar{fromSecret("X", "s", "no", true)}, []corev1.EnvFromSource{allOf("c", "")}, `"c" from env X (envFrom ConfigMap iot/c)`},
		"optional key keeps entry":     {append(env("X=1"), fromSecret("X", "s", "no", true)), nil, `"1" from env X`},
		"object was not found":         {[]corev1.EnvVar{fromConfigMap("X", "no", "k", true)}, nil, "unknown: ConfigMap iot/no was not found"},
		"field":                        {[]corev1.EnvVar{fromField("X", "metadata.name")}, nil, `"<pod>" from env X`},
		"annotation":                   {[]corev1.EnvVar{fromField("X", "metadata.annotations['x']")}, nil, "unknown: X is known only at run time"},
		"resource":                     {[]corev1.EnvVar{{Name: "X", ValueFrom: &corev1.EnvVarSource{ResourceFieldRef: &corev1.ResourceFieldSelector{Resource: "limits.cpu"}}}}, nil, `"<pod>" from env X`},
		"file":                         {[]corev1.EnvVar{{Name: "X", ValueFrom: &corev1.EnvVarSource{FileKeyRef: &corev1.FileKeySelector{Key: "x"}}}}, nil, "unknown: X is known only at run time"},
		"envFrom":                      {nil, []corev1.EnvFromSource{allOf("c", "")}, `"c" from env X (envFrom ConfigMap iot/c)`},
		"envFrom a Secret":             {nil, []corev1.EnvFromSource{allOfSecret("s")}, `"s" from env X (envFrom Secret iot/s)`},
		"the last envFrom wins":        {nil, []corev1.EnvFromSource{allOf("c", ""), allOf("d", "")}, `"d" from env X (envFrom ConfigMap iot/d)`},
		"env beats envFrom":            {env("X=1"), []corev1.EnvFromSource{allOf("c", "")}, `"1" from env X`},
		"prefix":                       {nil, []corev1.EnvFromSource{allOf("c", "PRE_")}, "absent"},
		"unknown envFrom after":        {nil, []corev1.EnvFromSource{allOf("c", ""), allOf("no", "")}, "unknown: ConfigMap iot/no was not found"},
		"unknown envFrom before":       {nil, []corev1.EnvFromSource{allOf("no", ""), allOf("c", "")}, `"c" from env X (envFrom ConfigMap iot/c)`},
		"unknown envFrom, env known":   {env("X=1"), []corev1.EnvFromSource{allOf("no", "")}, `"1" from env X`},
		"unknown envFrom, other names": {nil, []corev1.EnvFromSource{allOf("no", "Y_")}, "absent"},

		"reference":                     {env("A=1", "X=<$(A)>"), nil, `"<1>" from env X`},
		"reference to a later one":      {env("X=<$(A)>", "A=1"), nil, `"<$(A)>" from env X`},
		"reference to itself":           {env("X=1", "X=$(X)2"), nil, `"12" from env X`},
		"reference to envFrom":          {env("A=$(X)", "X=$(A)!"), []corev1.EnvFromSource{allOf("c", "")}, `"c!" from env X`},
		"escaped reference":             {env("A=1", "X=$$(A)"), nil, `"$(A)" from env X`},
		"two dollars":                   {env("X=$$$$a$"), nil, `"$$a$" from env X`},
		"open reference":                {env("A=1", "X=$(A"), nil, `"$(A" from env X`},
		"no reference":                  {env("A=1", "X=$A$()"), nil, `"$A$()" from env X`},
		"chain":                         {env("A=1", "B=$(A)$(A)", "X=$(B)$(B)"), nil, `"1111" from env X`},
		"not expanded again":            {env("A=$$(B)", "B=2", "X=$(A)"), nil, `"$(B)" from env X`},
		"keys of objects are no source": {append(env("A=1"), fromConfigMap("X", "c", "k", false)), nil, `"v" from env X (ConfigMap iot/c key k)`},
		"reference to the unknown":      {append([]corev1.EnvVar{fromSecret("A", "no", "k", false)}, env("X=$(A)")...), nil, "unknown: Secret iot/no was not found"},
		"reference to a field":          {append([]corev1.EnvVar{fromField("A", "status.podIP")}, env("X=http://$(A)/")...), nil, `"http://<pod>/" from env X`},
		"reference to a Service":        {env("X=$(MONGO_DB_SERVICE_HOST)"), nil, `"<pod>" from env X`},
	} {
		t.Run(name, func(t *testing.T) {
			s := fixture{env: test.env, envFrom: test.from, configMaps: configMaps, secrets: secrets}.read(t)
			if diff := cmp.Diff(test.want, told(s.env("X"))); diff != "" {
				t.Errorf("X (-want +got):\n%s", diff)
			}
		})
	}
}

func TestStringDataWinsOverData(t *testing.T) {
	o := keyed{atHand: true, secret: &corev1.Secret{
		Data: map[string][]byte{"a": []byte("1"), "b": []byte("2")}, StringData: map[string]string{"a": "3"},
	}}
	for key, want := range map[string]string{"a": "3", "b": "2"} {
		if got, ok := o.text(key); got != want || !ok {
			t.Errorf("%s = %q, %v; want %q", key, got, ok, want)
		}
	}
}

func TestReferencesThatMultiplyEnd(t *testing.T) {
	for _, start := range []string{"A=", "A=x"} {
		vars := env(start)
		for range 40 {
			vars = append(vars, env("A=$(A)$(A)")...)
		}
		s := fixture{env: vars}.read(t)
		if got, want := told(s.env("A")), "unknown: it has too many references, or they are too long"; got != want {
			t.Errorf("%s: %s, want %s", start, got[:min(len(got), 80)], want)
		}
	}
}

func FuzzExpand(f *testing.F) {
	f.Add("$(A)$$(B)$(", "x$(A")
	f.Add("$()$(C)$", "$$")
	f.Fuzz(func(t *testing.T, a, b string) {
		s := fixture{env: env("A="+a, "B="+b, "C="+b+a)}.read(t)
		for _, name := range []string{"A", "B", "C"} {
			v := s.env(name)
			if v.state == absent || v.state == unclear && v.why == "" {
				t.Errorf("%s: state %d without a reason", name, v.state)
			}
		}
		if v := s.env("A"); !strings.Contains(a, "$") && v.text != a {
			t.Errorf("%q became %q", a, v.text)
		}
	})
}
