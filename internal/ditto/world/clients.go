package world

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/dittoguard/dittoguard/internal/ditto/podspec"
	"github.com/dittoguard/dittoguard/internal/ditto/recognize"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// Client is a workload that uses Ditto and hands no request on.
type Client struct {
	Namespace string
	// Name is that of the workload, empty for any; Selector chooses by the labels of its pods, nil for any.
	Name     string
	Selector labels.Selector
}

// IsClient says whether the configuration calls a workload, or one that made it, a client of Ditto.
func (v *View) IsClient(o *inventory.Object) bool {
	return slices.ContainsFunc(v.Clients, func(c Client) bool {
		if c.Namespace != o.Ref.Namespace || c.Selector != nil &&
			!c.Selector.Matches(labels.Set(o.PodTemplate().Labels)) {
			return false
		}
		for at := o; at != nil; at = OwnerOf(v, at) {
			if c.Name == "" || c.Name == at.Ref.Name {
				return true
			}
		}
		return false
	})
}

// Strangers are the containers of a workload that are no part of Ditto and no proxy that is known, none of a client of
// Ditto. What is called Ditto's UI is one: what it serves is someone's own, and may call the gateway itself.
func (v *View) Strangers(o *inventory.Object) []*corev1.Container {
	if v.IsClient(o) {
		return nil
	}
	parts := v.Parts(o)
	return slices.DeleteFunc(podspec.RunningContainers(&o.PodTemplate().Spec), func(c *corev1.Container) bool {
		return slices.ContainsFunc(parts,
			func(p recognize.Part) bool { return p.Container == c && p.Component != recognize.UI })
	})
}
