package topology

import (
	"github.com/dittoguard/dittoguard/internal/ditto/proxy"
	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/recognize"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// maxMentionSteps bounds what is spent on looking for the entries before one workload that only names a gateway.
const maxMentionSteps = 200

// fromMentions remarks a workload that names where the way stands, and that clients outside reach: it may be a proxy of
// someone's own. That is no way in for any rule, since most are ordinary clients of Ditto.
func (w *walker) fromMentions(o *inventory.Object, c chain, leads func(proxy.Target) bool) {
	if w.part.Component != recognize.Gateway || w.port.Name != recognize.PortHTTP || w.outside != nil {
		return
	}
	id := o.Ref.ID()
	if _, known := memo.Of(w.view).mentioned[id]; known {
		return
	}
	for _, container := range w.view.Strangers(o) {
		for _, n := range w.view.Namings(o, container) {
			if n.Weak || !leads(proxy.Target{Host: n.Name, Port: n.Port}) {
				continue
			}
			entry := w.entryBefore(recognize.Part{Workload: o, Container: container}, c)
			if entry == "" {
				continue
			}
			at := c.hops[len(c.hops)-1].at
			memo.Of(w.view).mentioned[id] = reason.Of("names-ditto", entry, n.Where, at.Kind, at.Namespace, at.Name)
			return
		}
	}
}

// entryBefore names an entry by which clients outside reach a container, empty if none is found.
func (w *walker) entryBefore(part recognize.Part, c chain) string {
	found := ""
	outer := &walker{view: w.view, part: w.part, port: w.port, hops: len(c.hops) + usualHops,
		steps: maxSteps - maxMentionSteps, outside: &found}
	step := hop{at: part.Workload.Ref.ID(), detail: "mention",
		text: func() string { return part.Workload.Ref.String() }}
	for _, number := range w.view.OpenPorts(part) {
		outer.fromPod(part.Workload, number, c.with(step))
	}
	if found == "" && outer.cut != nil {
		return "apparently; there are more ways to it than are followed"
	}
	return found
}
