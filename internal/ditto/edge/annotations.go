package edge

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/dittoguard/dittoguard/internal/inventory"
)

// annotations are the annotations of one controller with their prefix taken off.
type annotations map[string]string

// withPrefix takes the annotations under the first prefix, then those under the next ones that are not there yet.
func withPrefix(all map[string]string, prefixes ...string) annotations {
	out := annotations{}
	for _, prefix := range prefixes {
		for key, value := range all {
			if name, ok := strings.CutPrefix(key, prefix); ok {
				if _, taken := out[name]; !taken {
					out[name] = value
				}
			}
		}
	}
	return out
}

// Annotations that several controllers read.
const (
	prefixIngress = "ingress.kubernetes.io/"
	allowHTTP     = "kubernetes.io/ingress.allow-http"
)

// bareKeys stands for annotations without a prefix.
const bareKeys = ""

// isNamedBy says whether an annotation is one that only this controller reads.
func (c *controller) isNamedBy(all map[string]string) bool {
	for key := range all {
		if slices.Contains(c.keys, key) || slices.ContainsFunc(c.prefixes, func(p string) bool { return strings.HasPrefix(key, p) }) {
			return true
		}
	}
	return false
}

// reads says whether an annotation is one that this controller may read, whoever else does.
func (c *controller) reads(all map[string]string) bool {
	if c.isNamedBy(all) {
		return true
	}
	for key := range all {
		if slices.ContainsFunc(c.shared, func(s string) bool {
			return s == bareKeys && !strings.Contains(key, "/") || s != bareKeys && strings.HasPrefix(key, s)
		}) {
			return true
		}
	}
	return false
}

// ControllerAnnotations are those that some controller may read.
func ControllerAnnotations(all map[string]string) map[string]string {
	found := map[string]string{}
	for key, value := range all {
		if slices.ContainsFunc(table, func(c controller) bool { return c.reads(map[string]string{key: value}) }) {
			found[key] = value
		}
	}
	return found
}

// has says whether the annotation is there and not blank.
func (a annotations) has(name string) bool { return strings.TrimSpace(a[name]) != "" }

// configures says whether an annotation holds lines of HAProxy's configuration that are not comments.
func (a annotations) configures(name string) bool {
	for line := range strings.SplitSeq(a[name], "\n") {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			return true
		}
	}
	return false
}

// bool reads a boolean as Go's ParseBool does, which most controllers use; ok is false if it is absent or is none.
func (a annotations) bool(name string) (value, ok bool) {
	value, err := strconv.ParseBool(a[name])
	return value, err == nil
}

// firstOf returns the first of the names that is there and not blank, in the order given.
func (a annotations) firstOf(names ...string) string {
	for _, name := range names {
		if a.has(name) {
			return name
		}
	}
	return ""
}

// listed says whether a comma-separated list holds the name, whatever its case.
func listed(list, name string) bool {
	for item := range strings.SplitSeq(list, ",") {
		if strings.EqualFold(strings.TrimSpace(item), name) {
			return true
		}
	}
	return false
}

// secretName splits `[namespace/]name`; ok is false for anything else.
func secretName(value, namespace string) (ns, name string, ok bool) {
	ns, name, slash := strings.Cut(strings.TrimSpace(value), "/")
	if !slash {
		ns, name = namespace, ns
	}
	if ns == "" || name == "" || strings.Contains(name, "/") {
		return "", "", false
	}
	return ns, name, true
}

// The answers to whether a Secret is there.
type presence int

const (
	present presence = iota
	absent
	unseen
)

// secret says whether a Secret, and the key in it, are there. Secrets outside the protected namespaces are not read.
func (in Input) secret(namespace, name, key string) (object, entry presence) {
	if in.Objects == nil {
		return unseen, unseen
	}
	o := in.Objects.Get(inventory.Secret, namespace, name)
	switch {
	case o == nil && in.Objects.Knows(inventory.Secret, namespace):
		return absent, unseen
	case o == nil:
		return unseen, unseen
	}
	if slices.Contains(secretKeys(o), key) {
		return present, present
	}
	return present, absent
}

func secretKeys(o *inventory.Object) []string {
	secret, ok := o.Typed.(*corev1.Secret)
	if !ok {
		return nil
	}
	return append(slices.Collect(maps.Keys(secret.Data)), slices.Collect(maps.Keys(secret.StringData))...)
}

// keysOf returns the keys in order, for stable messages.
func keysOf(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }

// absentOnly keeps the annotations whose key the object does not have: a value that someone set is never replaced.
func absentOnly(want, have map[string]string) map[string]string {
	out := map[string]string{}
	for key, value := range want {
		if _, taken := have[key]; !taken {
			out[key] = value
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}
