package way

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Annotations are the annotations of one controller with their prefix taken off.
type Annotations map[string]string

// WithPrefix takes the annotations under the first prefix, then those under the next ones that are not there yet.
func WithPrefix(all map[string]string, prefixes ...string) Annotations {
	out := Annotations{}
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

// Under are annotations as a controller reads them that was told prefixes of its own: those as if they were under the
// first of the usual ones, and none of what is there under the usual ones otherwise.
func Under(all map[string]string, own, usual []string) map[string]string {
	out := map[string]string{}
	read := slices.Concat(own, usual)
	for key, value := range all {
		if !slices.ContainsFunc(read, func(prefix string) bool { return strings.HasPrefix(key, prefix) }) {
			out[key] = value
		}
	}
	for name, value := range WithPrefix(all, own...) {
		out[usual[0]+name] = value
	}
	return out
}

// Annotations that several controllers read.
const (
	PrefixIngress = "ingress.kubernetes.io/"
	AllowHTTP     = "kubernetes.io/ingress.allow-http"
)

// BareKeys stands for annotations without a prefix.
const BareKeys = ""

// IsNamedBy says whether an annotation is one that only this controller reads.
func (c *Controller) IsNamedBy(all map[string]string) bool {
	for key := range all {
		if slices.Contains(c.Keys, key) ||
			slices.ContainsFunc(c.Prefixes, func(p string) bool { return strings.HasPrefix(key, p) }) {
			return true
		}
	}
	return false
}

// Reads says whether an annotation is one that this controller may read, whoever else does.
func (c *Controller) Reads(all map[string]string) bool {
	if c.IsNamedBy(all) {
		return true
	}
	for key := range all {
		if slices.ContainsFunc(c.Shared, func(s string) bool {
			return s == BareKeys && !strings.Contains(key, "/") || s != BareKeys && strings.HasPrefix(key, s)
		}) {
			return true
		}
	}
	return false
}

// Has says whether the annotation is there and not blank.
func (a Annotations) Has(name string) bool { return strings.TrimSpace(a[name]) != "" }

// Bool reads a boolean as Go's ParseBool does, which most controllers use; ok is false if it is absent or is none.
func (a Annotations) Bool(name string) (value, ok bool) {
	value, err := strconv.ParseBool(a[name])
	return value, err == nil
}

// FirstOf returns the first of the names that is there and not blank, in the order given.
func (a Annotations) FirstOf(names ...string) string {
	for _, name := range names {
		if a.Has(name) {
			return name
		}
	}
	return ""
}

// Listed says whether a comma-separated list holds the name, whatever its case.
func Listed(list, name string) bool {
	for item := range strings.SplitSeq(list, ",") {
		if strings.EqualFold(strings.TrimSpace(item), name) {
			return true
		}
	}
	return false
}

// SecretName splits `[namespace/]name`; ok is false for anything else.
func SecretName(value, namespace string) (ns, name string, ok bool) {
	ns, name, slash := strings.Cut(strings.TrimSpace(value), "/")
	if !slash {
		ns, name = namespace, ns
	}
	if ns == "" || name == "" || strings.Contains(name, "/") {
		return "", "", false
	}
	return ns, name, true
}

// KeysOf returns the keys in order, for stable messages.
func KeysOf(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }

// AbsentOnly keeps the annotations whose key the object does not have: a value that someone set is never replaced.
func AbsentOnly(want, have map[string]string) map[string]string {
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
