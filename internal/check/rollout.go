package check

import (
	"slices"

	"github.com/dittoguard/dittoguard/internal/ditto/facts"
	"github.com/dittoguard/dittoguard/internal/ditto/topology"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// outgoing says whether what is wrong is so only as long as a rollout has pods to replace: it lies in a ReplicaSet or
// pod of an earlier revision, or a way in goes through one. That is warned of, so that a fix gets in while they still
// run. What a request itself brings is not.
func (j *judging) outgoing(subject *inventory.Object, way *facts.Exposure) bool {
	replaced := func(o *inventory.Object) bool {
		return o != nil && o.PodTemplate() != nil && o.Ref.ID() != j.about && j.view.Outgoing(o)
	}
	if replaced(subject) {
		return true
	}
	if way == nil {
		return false
	}
	return slices.ContainsFunc(append(topology.Steps(j.view, way), way.Target.Ref()), func(step inventory.Ref) bool {
		return replaced(j.view.Get(step.GroupKind(), step.Namespace, step.Name))
	})
}
