package ditto

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/dittoguard/dittoguard/internal/inventory"
)

// Client is a workload that uses Ditto and hands no request on.
type Client struct {
	Namespace string
	// Name is that of the workload, empty for any; Selector chooses by the labels of its pods, nil for any.
	Name     string
	Selector labels.Selector
}

// isClient says whether the configuration calls a workload, or one that made it, a client of Ditto.
func (v *View) isClient(o *inventory.Object) bool {
	return slices.ContainsFunc(v.clients, func(c Client) bool {
		if c.Namespace != o.Ref.Namespace || c.Selector != nil && !c.Selector.Matches(labels.Set(o.PodTemplate().Labels)) {
			return false
		}
		for at := o; at != nil; at = ownerOf(v, at) {
			if c.Name == "" || c.Name == at.Ref.Name {
				return true
			}
		}
		return false
	})
}

// strangers are the containers of a workload that are no part of Ditto and no proxy that is known, none of a client of Ditto.
func (v *View) strangers(o *inventory.Object) []*corev1.Container {
	if v.isClient(o) {
		return nil
	}
	parts := v.Parts(o)
	return slices.DeleteFunc(runningContainers(&o.PodTemplate().Spec), func(c *corev1.Container) bool {
		return slices.ContainsFunc(parts, func(p Part) bool { return p.Container == c })
	})
}

// maxMentionSteps bounds what is spent on looking for the entries before one workload that only names a gateway.
const maxMentionSteps = 200

// fromMentions remarks a workload that names where the way stands, and that clients outside reach: it may be a proxy of
// someone's own. That is no way in for any rule, since most are ordinary clients of Ditto.
func (w *walker) fromMentions(o *inventory.Object, c chain, leads func(proxyTarget) bool) {
	if w.part.Component != Gateway || w.port.Name != PortHTTP || w.outside != nil {
		return
	}
	id := o.Ref.ID()
	if _, known := w.view.mentioned[id]; known {
		return
	}
	for _, container := range w.view.strangers(o) {
		for _, n := range w.view.namings(o, container) {
			if n.weak || !leads(proxyTarget{host: n.Name, port: n.Port}) {
				continue
			}
			entry := w.entryBefore(Part{Workload: o, Container: container}, c)
			if entry == "" {
				continue
			}
			at := c.hops[len(c.hops)-1].at
			w.view.mentioned[id] = fmt.Sprintf(
				"it can be reached from outside (%s), and %s names %s %s/%s: if it forwards requests, they are not judged; if it does not, list it under edges.clients in the configuration",
				entry, n.where, at.Kind, at.Namespace, at.Name)
			return
		}
	}
}

// entryBefore names an entry by which clients outside reach a container, empty if none is found.
func (w *walker) entryBefore(part Part, c chain) string {
	found := ""
	outer := &walker{view: w.view, part: w.part, port: w.port, hops: len(c.hops) + usualHops, steps: maxSteps - maxMentionSteps, outside: &found}
	step := hop{at: part.Workload.Ref.ID(), detail: "mention", text: func() string { return part.Workload.Ref.String() }}
	for _, number := range w.view.openPorts(part) {
		outer.fromPod(part.Workload, number, c.with(step))
	}
	if found == "" && outer.cut != nil {
		return "apparently; there are more ways to it than are followed"
	}
	return found
}
