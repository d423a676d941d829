package haproxy

import (
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// The answers to whether a Secret is there.
type presence int

const (
	present presence = iota
	absent
	unseen
)

// secret says whether a Secret, and the key in it, are there. Secrets outside the protected namespaces are not read.
func secret(in way.Input, namespace, name, key string) (object, entry presence) {
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
	secret, ok := inventory.As[corev1.Secret](o)
	if !ok {
		return nil
	}
	return append(slices.Collect(maps.Keys(secret.Data)), slices.Collect(maps.Keys(secret.StringData))...)
}
