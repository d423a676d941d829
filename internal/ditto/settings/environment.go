package settings

import (
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/jvm"
	"github.com/dittoguard/dittoguard/internal/ditto/sealed"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// runtime stands, in a text, for a piece that is only known when the pod runs, such as its name or address.
const runtime = jvm.RunTime

// variable is an environment variable of the container, as far as it is known.
type variable struct {
	state state
	text  string
	// from says where it is set, for people: `env NAME (Secret ditto/gw key password)`.
	from string
	why  string
	// secret marks a text that came from a Secret.
	secret bool
}

type state uint8

const (
	absent state = iota
	present
	unclear
)

// Env returns what is known of an environment variable that the pod sets: a variable from the image is not.
func (s *Settings) env(name string) variable {
	budget := maxExpansions
	return s.variable(name, len(s.container.Env), &budget)
}

// variable finds a variable as the kubelet does: of the entries of env the last counts, one by optional reference that
// leads to nothing does not, and after them of the sources in envFrom the last that has it. Only the first `before`
// entries of env are looked at: a `$(NAME)` sees what is declared above it.
func (s *Settings) variable(name string, before int, budget *int) variable {
	for i := before - 1; i >= 0; i-- {
		e := &s.container.Env[i]
		if e.Name != name {
			continue
		}
		if v := s.entry(e, i, budget); v.state != absent {
			return v
		}
	}
	for i := len(s.container.EnvFrom) - 1; i >= 0; i-- {
		from := &s.container.EnvFrom[i]
		key, fits := strings.CutPrefix(name, from.Prefix)
		o, ok := s.source(from)
		if !fits || !ok {
			continue
		}
		if text, ok := o.text(key); ok {
			return variable{state: present, text: text, from: "env " + name + " (envFrom " + o.name + ")",
				secret: o.isSecret}
		}
		if !o.atHand {
			return variable{state: unclear, from: "env " + name, why: o.missing()}
		}
	}
	return variable{}
}

// entry reads one entry of env. It is absent if it is an optional reference to a key that is not there.
func (s *Settings) entry(e *corev1.EnvVar, at int, budget *int) variable {
	from := "env " + e.Name
	switch ref := e.ValueFrom; {
	case e.Value != "":
		v := s.expand(e.Value, at, budget)
		v.from = from
		return v
	case ref == nil:
		return variable{state: present, from: from}
	case ref.ConfigMapKeyRef != nil:
		return byKey(from, s.configMap(ref.ConfigMapKeyRef.Name), ref.ConfigMapKeyRef.Key, ref.ConfigMapKeyRef.Optional)
	case ref.SecretKeyRef != nil:
		return byKey(from, s.secret(ref.SecretKeyRef.Name), ref.SecretKeyRef.Key, ref.SecretKeyRef.Optional)
	case ref.ResourceFieldRef != nil:
		return variable{state: present, text: runtime, from: from}
	case ref.FieldRef != nil && !strings.HasPrefix(ref.FieldRef.FieldPath, "metadata.annotations"):
		return variable{state: present, text: runtime, from: from}
	default:
		return variable{state: unclear, from: from, why: e.Name + " is known only at run time"}
	}
}

func byKey(from string, o keyed, key string, optional *bool) variable {
	text, ok := o.text(key)
	switch {
	case ok:
		return variable{state: present, text: text, from: from + " (" + o.name + " key " + key + ")",
			secret: o.isSecret}
	case !o.atHand:
		return variable{state: unclear, from: from, why: o.missing()}
	case optional != nil && *optional:
		return variable{}
	default:
		return variable{state: unclear, from: from,
			why: o.name + " has no key " + key + "; the container does not start"}
	}
}

// keyed is a ConfigMap or Secret.
type keyed struct {
	name      string // `Secret ditto/gw`
	atHand    bool
	isSecret  bool
	configMap *corev1.ConfigMap
	secret    *corev1.Secret
	reader    inventory.Reader
}

// missing gives the reason why what is in it is not known if it is not at hand.
func (k keyed) missing() string { return sealed.Missing(k.reader, k.name) }

func (s *Settings) configMap(name string) keyed {
	k := keyed{name: "ConfigMap " + s.namespace + "/" + name}
	if o := s.reader.Get(inventory.ConfigMap, s.namespace, name); o != nil {
		k.configMap, k.atHand = inventory.As[corev1.ConfigMap](o)
	}
	return k
}

func (s *Settings) secret(name string) keyed {
	k := keyed{name: "Secret " + s.namespace + "/" + name, isSecret: true, reader: s.reader}
	if o := s.reader.Get(inventory.Secret, s.namespace, name); o != nil {
		k.secret, k.atHand = inventory.As[corev1.Secret](o)
	}
	return k
}

// text returns the value of a key. Of a Secret in a manifest, stringData wins over data, as the API server has it.
func (k keyed) text(key string) (string, bool) {
	switch {
	case !k.atHand:
		return "", false
	case k.configMap != nil:
		text, ok := k.configMap.Data[key]
		return text, ok
	}
	if text, ok := k.secret.StringData[key]; ok {
		return text, ok
	}
	data, ok := k.secret.Data[key]
	return string(data), ok
}

// file returns the content of a key as a volume shows it: the binary keys of a ConfigMap are files too.
func (k keyed) file(key string) (string, bool) {
	if text, ok := k.text(key); ok || k.configMap == nil {
		return text, ok
	}
	data, ok := k.configMap.BinaryData[key]
	return string(data), ok
}

// keys are the names of the files that a volume makes of the object.
func (k keyed) keys() []string {
	switch {
	case !k.atHand:
		return nil
	case k.configMap != nil:
		return slices.AppendSeq(slices.Collect(maps.Keys(k.configMap.Data)), maps.Keys(k.configMap.BinaryData))
	}
	return slices.AppendSeq(slices.Collect(maps.Keys(k.secret.Data)), maps.Keys(k.secret.StringData))
}

// dottedNames are the variables with a dot in their names. Typesafe Config reads such a name as a path, and an object
// beats a string: NAME.0 makes NAME a list, whatever NAME itself says.
func (s *Settings) dottedNames() []string {
	if s.dotted != nil {
		return *s.dotted
	}
	var names []string
	for i := range s.container.Env {
		if name := s.container.Env[i].Name; strings.Contains(name, ".") {
			names = append(names, name)
		}
	}
	for i := range s.container.EnvFrom {
		from := &s.container.EnvFrom[i]
		add := func(key string) {
			if name := from.Prefix + key; strings.Contains(name, ".") {
				names = append(names, name)
			}
		}
		switch {
		case from.ConfigMapRef != nil:
			if o := s.configMap(from.ConfigMapRef.Name); o.atHand {
				for key := range o.configMap.Data {
					add(key)
				}
			}
		case from.SecretRef != nil:
			if o := s.secret(from.SecretRef.Name); o.atHand {
				for key := range o.secret.Data {
					add(key)
				}
				for key := range o.secret.StringData {
					add(key)
				}
			}
		}
	}
	s.dotted = &names
	return names
}

// IfMissing is the value that the setting has if the keys that optional references take its variables from are not
// there, as when a Secret loses one; ok is false if it has no such reference.
func (s *Settings) IfMissing(b *Binding) (v Value, ok bool) {
	without := *s.container
	without.Env = slices.DeleteFunc(slices.Clone(s.container.Env), func(e corev1.EnvVar) bool {
		return slices.Contains(b.Refs, e.Name) && isOptional(e.ValueFrom)
	})
	if len(without.Env) == len(s.container.Env) {
		return Value{}, false
	}
	return s.cache.Read(s.reader, s.namespace, s.pod, &without, s.service).Lookup(b), true
}

func isOptional(from *corev1.EnvVarSource) bool {
	if from == nil {
		return false
	}
	var optional *bool
	if from.SecretKeyRef != nil {
		optional = from.SecretKeyRef.Optional
	} else if from.ConfigMapKeyRef != nil {
		optional = from.ConfigMapKeyRef.Optional
	}
	return optional != nil && *optional
}
