package podspec

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// FlagOf is the value of a flag, written `--flag=value` or `--flag value`, with one or two dashes; empty if it is not
// there.
func FlagOf(c *corev1.Container, name string) string {
	words := c.Args
	if len(c.Command) > 0 {
		words = slices.Concat(c.Command, c.Args)
	}
	for at, word := range words {
		if !strings.HasPrefix(word, "-") {
			continue
		}
		flag, value, given := strings.Cut(strings.TrimLeft(word, "-"), "=")
		if strings.ToLower(flag) != name {
			continue
		}
		if !given && at+1 < len(words) {
			value = words[at+1]
		}
		return value
	}
	return ""
}

// Expand replaces the variables in an argument as the kubelet does, as far as the container says itself what they hold.
func Expand(value, namespace string, env []corev1.EnvVar) string {
	for _, e := range env {
		text := e.Value
		if e.ValueFrom != nil {
			if e.ValueFrom.FieldRef == nil || e.ValueFrom.FieldRef.FieldPath != "metadata.namespace" {
				continue
			}
			text = namespace
		}
		value = strings.ReplaceAll(value, "$("+e.Name+")", text)
	}
	return value
}
