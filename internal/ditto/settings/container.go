package settings

import (
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/dittoguard/dittoguard/internal/inventory"
)

// Input is something that a container is given: a variable of its environment, or a word of its command line.
type Input struct {
	// Name is the variable's, empty for a word.
	Name string
	// Text is its value with every reference replaced, Written how it is written where that differs; what is only known
	// when the pod runs is a NUL in Text.
	Text, Written string
	// From says where it stands, for people: `env NAME (ConfigMap ditto/x key y)`.
	From string
	// Why says, of a value that could not be read, what it takes.
	Why string
}

// Container is what a container of a pod is given, whatever it runs.
type Container struct{ settings Settings }

// ContainerOf reads a container of a pod in a namespace.
func ContainerOf(r inventory.Reader, namespace string, pod *corev1.PodTemplateSpec,
	container *corev1.Container) *Container {
	return &Container{Settings{reader: r, namespace: namespace, pod: pod, container: container}}
}

// Variables are the variables that the pod sets, each once, by name.
func (c *Container) Variables() []Input {
	s := &c.settings
	n := len(s.container.Env)
	list, set := make([]Input, 0, n), make(map[string]bool, n)
	budget := maxExpansions
	for i := len(s.container.Env) - 1; i >= 0; i-- {
		e := &s.container.Env[i]
		if set[e.Name] {
			continue // by a later one
		}
		if v := s.entry(e, i, &budget); v.state != absent {
			in := input(v)
			in.Name = e.Name
			if in.Text != e.Value {
				in.Written = e.Value
			}
			list, set[e.Name] = append(list, in), true
		}
	}
	for i := len(s.container.EnvFrom) - 1; i >= 0; i-- {
		from := &s.container.EnvFrom[i]
		o, ok := s.source(from)
		if !ok {
			continue
		}
		for key, text := range o.texts() {
			name := from.Prefix + key
			if !set[name] {
				list = append(list, Input{Name: name, Text: text, From: "env " + name + " (envFrom " + o.name + ")"})
				set[name] = true
			}
		}
	}
	slices.SortFunc(list, func(a, b Input) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// Missing are the ConfigMaps and Secrets that the container takes its whole environment from and that were not found.
func (c *Container) Missing() []string {
	var list []string
	for _, from := range c.settings.container.EnvFrom {
		var o keyed
		switch {
		case from.ConfigMapRef != nil:
			o = c.settings.configMap(from.ConfigMapRef.Name)
		case from.SecretRef != nil:
			o = c.settings.secret(from.SecretRef.Name)
		default:
			continue
		}
		if !o.atHand {
			list = append(list, o.name)
		}
	}
	return list
}

// CommandLine are the words of the command that the pod names, and of its arguments.
func (c *Container) CommandLine() (command, args []Input) {
	s := &c.settings
	budget := maxExpansions
	read := func(words []string, from string) []Input {
		var list []Input
		for _, word := range words {
			in := input(s.expand(word, len(s.container.Env), &budget))
			if in.From = from; in.Text != word {
				in.Written = word
			}
			list = append(list, in)
		}
		return list
	}
	return read(s.container.Command, "command"), read(s.container.Args, "args")
}

func input(v variable) Input {
	return Input{Text: v.text, From: v.from, Why: v.why}
}

// source is the ConfigMap or Secret that variables come from; ok is false if it is neither.
func (s *Settings) source(from *corev1.EnvFromSource) (o keyed, ok bool) {
	switch {
	case from.ConfigMapRef != nil:
		return s.configMap(from.ConfigMapRef.Name), true
	case from.SecretRef != nil:
		return s.secret(from.SecretRef.Name), true
	}
	return keyed{}, false
}

// texts are all keys with their values.
func (k keyed) texts() map[string]string {
	switch {
	case !k.atHand:
		return nil
	case k.configMap != nil:
		return k.configMap.Data
	}
	texts := make(map[string]string, len(k.secret.Data)+len(k.secret.StringData))
	for key, data := range k.secret.Data {
		texts[key] = string(data)
	}
	maps.Copy(texts, k.secret.StringData)
	return texts
}
