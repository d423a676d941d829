package istio

import (
	"strings"

	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

// istioMerge is a delegate's rule under the rule that delegates to it; ok is false where they contradict each other.
func istioMerge(root, own crd.VirtualServiceHTTP) (merged crd.VirtualServiceHTTP, ok bool) {
	merged = own
	if merged.Rewrite == nil {
		merged.Rewrite = root.Rewrite
	}
	if merged.Headers == nil {
		merged.Headers = root.Headers
	}
	if len(own.Match) == 0 {
		merged.Match = root.Match
		return merged, true
	}
	if len(root.Match) == 0 {
		return merged, true
	}
	merged.Match = nil
	for _, m := range own.Match {
		found := false
		for _, outer := range root.Match {
			if outer.IgnoreURICase != m.IgnoreURICase || istioConflict(outer.URI, m.URI) {
				continue
			}
			found = true
			both := m
			if both.URI == nil {
				both.URI = outer.URI
			}
			merged.Match = append(merged.Match, both)
		}
		if !found {
			return merged, false
		}
	}
	return merged, true
}

// istioConflict says whether a delegate's condition is not a part of its root's; expressions always conflict.
func istioConflict(root, own *crd.IstioStringMatch) bool {
	switch {
	case root == nil || own == nil:
		return false
	case root.Regex != "" || own.Regex != "":
		return true
	case root.Exact != "":
		return own.Exact != root.Exact
	}
	return !strings.HasPrefix(own.Prefix+own.Exact, root.Prefix)
}
