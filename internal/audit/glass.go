package audit

import (
	corev1 "k8s.io/api/core/v1"
)

// The reasons of Events about the ConfigMap with which nothing is refused for a while.
const (
	// ReasonGlass: nothing is refused for now.
	ReasonGlass = "BreakGlass"
	// ReasonGlassEnded: it is, again.
	ReasonGlassEnded = "BreakGlassEnded"
	// ReasonGlassIgnored: the ConfigMap counts for nothing.
	ReasonGlassIgnored = "BreakGlassIgnored"
)

// tellGlass says whether the glass is broken, when that changes. What is let in meanwhile is judged as everything is.
func (r *run) tellGlass() {
	state := r.Glass.State()
	note := state.String()
	if note == r.glass {
		return
	}
	r.glass = note
	reason, kind := ReasonGlass, corev1.EventTypeWarning
	switch {
	case state.Problem != "":
		reason = ReasonGlassIgnored
	case note == "":
		reason, kind, note = ReasonGlassEnded, corev1.EventTypeNormal, "break glass is over: the ConfigMap is gone"
	case !state.Broken:
		reason, kind = ReasonGlassEnded, corev1.EventTypeNormal
	}
	if was := r.broken; reason == ReasonGlassEnded && !was {
		return // that was said, or it never began
	}
	r.broken = state.Broken
	r.Events.Event(&corev1.ObjectReference{APIVersion: "v1", Kind: "ConfigMap", Namespace: r.Glass.Namespace,
		Name: r.Glass.Name}, kind, reason, "break-glass", "break-glass: "+note)
}
