package check

import (
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/recognize"
	"github.com/dittoguard/dittoguard/internal/ditto/topology"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// What is said of objects without any rule: what could not be read of them, and where dittoguard can do less than it
// could.

func (j *judging) remark(o *inventory.Object, what, message string) {
	j.unknowns = append(j.unknowns, Unknown{Subject: o.Ref, What: what, Message: message, File: o.Source.File,
		Line: o.Source.Line})
}

// unreadRoute reports an object that may be a way in and is not followed, or not in all that it leads to.
func (j *judging) unreadRoute(o *inventory.Object) {
	if j.unreadParts(o) {
		return
	}
	if why := topology.UnreadRoute(j.view, o); why != "" {
		j.remark(o, "whether it leads to Ditto", why)
	}
}

// recognition reports containers that may be a part of Ditto and are not taken for one. If one of them is, no rule was
// evaluated for it.
func (j *judging) recognition(o *inventory.Object) {
	const what = "whether it is Ditto"
	for _, doubt := range recognize.Doubts(j.view, o) {
		if doubt.Beside || o.Ref.ID() != j.about && j.view.SameAsOwner(o) {
			j.remark(o, what, doubt.Message)
			continue
		}
		j.unjudged(o, "doubtful", what, doubt.Message)
	}
}

// deadPorts reports ports of a Service before Ditto that lead nowhere.
func (j *judging) deadPorts(o *inventory.Object) {
	for _, port := range j.view.DeadPorts(o) {
		j.remark(o, "where a port leads", port)
	}
}

// modeLabels reports labels of a namespace that are meant for dittoguard and say nothing.
func (j *judging) modeLabels(o *inventory.Object) {
	namespace, ok := inventory.As[corev1.Namespace](o)
	if !ok {
		return
	}
	_, warnings := j.checker.config.ModesFor(namespace.Labels)
	for _, warning := range warnings {
		j.remark(o, "modes of the namespace", warning)
	}
}

// protection reports a gateway where dittoguard knows or protects less than it could.
func (j *judging) protection(o *inventory.Object) {
	if j.checker.protected == nil || slices.Contains(j.checker.protected, o.Ref.Namespace) {
		return
	}
	j.remark(o, "protection",
		"namespace "+o.Ref.Namespace+" runs a Ditto gateway but is not protected: add it to protectedNamespaces")
}
