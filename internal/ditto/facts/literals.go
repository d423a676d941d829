package facts

import (
	"maps"
	"path"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/hocon"
	"github.com/dittoguard/dittoguard/internal/ditto/jvm"
	"github.com/dittoguard/dittoguard/internal/ditto/literal"
	"github.com/dittoguard/dittoguard/internal/ditto/podspec"
	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/recognize"
	"github.com/dittoguard/dittoguard/internal/ditto/world"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// Literals are the places where secrets of a container are written out: in the pod itself, or in a ConfigMap that it
// reads. Whether Ditto uses the value does not matter, since it can be read all the same.
type Literals struct {
	// Places names them, for people: `env DEVOPS_PASSWORD`, `-Dditto.mongodb.uri in JAVA_TOOL_OPTIONS`,
	// `ditto.gateway.authentication.devops.password in ConfigMap ditto/x key gateway-extension.conf`.
	Places []string `cel:"places"`
	// Unknown says where else there may be some.
	Unknown []string `cel:"unknown"`
}

// literals looks for secrets that are written out.
func literalsOf(v *world.View, part recognize.Part) Literals {
	l := &literals{view: v, namespace: part.Workload.Ref.Namespace, container: part.Container}
	l.environment()
	l.environmentFrom()
	words := slices.Concat(part.Container.Command, part.Container.Args)
	for i := range words {
		words[i] = literal.Masked(words[i])
	}
	// A shell's script is one of the words, and a value of an option may stand in the next.
	l.words(strings.Fields(strings.Join(words, " ")), true, "the container's command")
	l.files(part)
	l.found.Unknown = slices.Compact(slices.Sorted(slices.Values(l.found.Unknown)))
	return l.found
}

type literals struct {
	view      *world.View
	namespace string
	container *corev1.Container
	found     Literals
}

func (l *literals) add(place string) {
	if !slices.Contains(l.found.Places, place) {
		l.found.Places = append(l.found.Places, place)
	}
}

func (l *literals) unknown(ref string) {
	l.found.Unknown = append(l.found.Unknown, reason.Of("not-found", ref))
}

// configMap returns a ConfigMap of the namespace with its name for people, nil if it was not found.
func (l *literals) configMap(name string) (data map[string]string, shown string) {
	shown = "ConfigMap " + l.namespace + "/" + name
	o := l.view.Get(inventory.ConfigMap, l.namespace, name)
	if o == nil {
		return nil, shown
	}
	if data = inventory.Must[corev1.ConfigMap](o).Data; data == nil {
		data = map[string]string{}
	}
	return data, shown
}

// environment looks at the variables that are set one by one.
func (l *literals) environment() {
	for i := range l.container.Env {
		e := &l.container.Env[i]
		if e.Value != "" {
			l.variable(e.Name, literal.Masked(e.Value), "env "+e.Name)
			continue
		}
		if e.ValueFrom == nil || e.ValueFrom.ConfigMapKeyRef == nil {
			continue
		}
		ref := e.ValueFrom.ConfigMapKeyRef
		data, shown := l.configMap(ref.Name)
		if data == nil {
			if literal.Named(e.Name) || e.Name == "MONGO_DB_URI" || e.Name == "MONGO_DB_AUTHENTICATION" {
				l.unknown(shown)
			}
			continue
		}
		l.variable(e.Name, data[ref.Key], "env "+e.Name+" ("+shown+" key "+ref.Key+")")
	}
}

// environmentFrom looks at the variables that come from ConfigMaps as a whole.
func (l *literals) environmentFrom() {
	for _, from := range l.container.EnvFrom {
		if from.ConfigMapRef == nil {
			continue
		}
		data, shown := l.configMap(from.ConfigMapRef.Name)
		if data == nil {
			l.unknown(shown)
			continue
		}
		for _, key := range slices.Sorted(maps.Keys(data)) {
			name := from.Prefix + key
			l.variable(name, data[key], "env "+name+" (envFrom "+shown+")")
		}
	}
}

// variable looks at one variable, which may hold options of the JVM.
func (l *literals) variable(name, text, place string) {
	if !literal.Named(name) && strings.Contains(text, "-D") {
		if words, err := jvm.Split(text); err == nil && l.words(words, false, strings.TrimPrefix(place, "env ")) {
			return
		}
	}
	if literal.Secret(name, text) {
		l.add(place)
	}
}

// words looks at the words of a command or of options, and says whether there was a secret among them.
func (l *literals) words(words []string, shell bool, place string) bool {
	names := literal.InWords(words, shell)
	for _, name := range names {
		l.add(name + " in " + place)
	}
	return len(names) > 0
}

// files looks at the configuration files that ConfigMaps bring.
func (l *literals) files(part recognize.Part) {
	files, absent := podspec.Files(l.view, l.namespace, part.Workload.PodTemplate(), part.Container)
	slices.SortFunc(files, func(a, b podspec.File) int { return strings.Compare(a.Path, b.Path) })
	for i := range files {
		f := &files[i]
		if f.Holder.Ref.Kind != "ConfigMap" || !isConfiguration(f.Path) {
			continue
		}
		shown := "ConfigMap " + l.namespace + "/" + f.Holder.Ref.Name + " key " + f.Key
		document, err := hocon.Parse(f.Text)
		if err != nil {
			if strings.HasPrefix(f.Path, "/opt/ditto/") {
				l.found.Unknown = append(l.found.Unknown, shown+", "+err.Error())
			}
			continue
		}
		document.Texts(func(setting, text string) {
			if literal.Secret(setting, text) {
				l.add(setting + " in " + shown)
			}
		})
	}
	for _, a := range absent {
		if strings.HasPrefix(a.Ref, "ConfigMap ") &&
			(a.Path == "/opt/ditto" || strings.HasPrefix(a.Path, "/opt/ditto/") && isConfiguration(a.Path)) {
			l.unknown(a.Ref)
		}
	}
}

// isConfiguration says whether a file is one that Typesafe Config reads; HOCON covers what people write into JSON and
// properties files.
func isConfiguration(name string) bool {
	switch path.Ext(name) {
	case ".conf", ".json", ".properties":
		return true
	}
	return false
}
