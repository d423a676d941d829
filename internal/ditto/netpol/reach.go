package netpol

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Reach is how far a grant goes, judged by the policy alone.
type Reach int

// The reaches.
const (
	// Nobody: the selector contradicts itself.
	Nobody Reach = iota
	// Own: pods of the policy's own namespace.
	Own
	// Named: pods of namespaces that are listed by name.
	Named
	// Labelled: pods of namespaces with certain labels.
	Labelled
	// Every: pods of every namespace, or of all but some. Their labels are anyone's to choose.
	Every
	// Addresses: a network no wider than a site's.
	Addresses
	// Everyone: every address, or a network so wide that it comes to the same.
	Everyone
)

// wide is the length of the prefix of a network that comes to everyone: 10.0.0.0/8 and fd00::/8 may hold every pod of
// the cluster, and what is wider holds the outside world.
const wide = 8

// Reach says how far the grant goes. names are the namespaces of a Named one, sorted.
func (g Grant) Reach() (reach Reach, names []string) {
	switch {
	case g.peer == nil:
		return Everyone, nil
	case g.peer.block.IsValid():
		if g.peer.block.Bits() <= wide {
			return Everyone, nil
		}
		return Addresses, nil
	case g.peer.api.NamespaceSelector == nil:
		return Own, nil
	}
	selector := g.peer.api.NamespaceSelector
	names, listed := namesOf(selector)
	switch {
	case listed && len(names) == 0:
		return Nobody, nil
	case listed && slices.Equal(names, []string{g.namespace}):
		return Own, nil
	case listed:
		return Named, names
	case asksForLabel(selector):
		return Labelled, nil
	}
	return Every, nil
}

// SelectsNamespace says whether the grant is for pods of a namespace with these labels, for some labels of the pods.
func (g Grant) SelectsNamespace(name string, own map[string]string) bool {
	switch {
	case g.peer == nil:
		return true
	case g.peer.block.IsValid():
		return false
	case g.peer.namespaces == nil:
		return name == g.namespace
	}
	return g.peer.namespaces.Matches(namespaceLabels(name, own))
}

// namesOf are the namespaces that a selector lists by the label that Kubernetes gives each of them. listed is false if
// it lists none.
func namesOf(s *metav1.LabelSelector) (names []string, listed bool) {
	keep := func(values []string) {
		if !listed {
			names, listed = slices.Clone(values), true
			return
		}
		names = slices.DeleteFunc(names, func(name string) bool { return !slices.Contains(values, name) })
	}
	if name, there := s.MatchLabels[corev1.LabelMetadataName]; there {
		keep([]string{name})
	}
	for _, e := range s.MatchExpressions {
		if e.Key != corev1.LabelMetadataName {
			continue
		}
		switch e.Operator {
		case metav1.LabelSelectorOpIn:
			keep(e.Values)
		case metav1.LabelSelectorOpDoesNotExist:
			keep(nil)
		case metav1.LabelSelectorOpNotIn, metav1.LabelSelectorOpExists:
		}
	}
	for _, e := range s.MatchExpressions {
		if e.Key == corev1.LabelMetadataName && e.Operator == metav1.LabelSelectorOpNotIn {
			names = slices.DeleteFunc(names, func(name string) bool { return slices.Contains(e.Values, name) })
		}
	}
	slices.Sort(names)
	return slices.Compact(names), listed
}

// asksForLabel: a namespace without labels of its own is not selected.
func asksForLabel(s *metav1.LabelSelector) bool {
	if len(s.MatchLabels) > 0 {
		return true
	}
	return slices.ContainsFunc(s.MatchExpressions, func(e metav1.LabelSelectorRequirement) bool {
		return e.Key != corev1.LabelMetadataName &&
			(e.Operator == metav1.LabelSelectorOpIn || e.Operator == metav1.LabelSelectorOpExists)
	})
}

// String says for whom the grant is, for people: `pods labelled app=nginx of namespaces labelled role=edge`.
func (g Grant) String() string {
	if g.peer == nil {
		return "everyone"
	}
	if block := g.peer.api.IPBlock; block != nil {
		text := "addresses in " + block.CIDR
		if len(block.Except) > 0 {
			text += " except " + strings.Join(block.Except, ", ")
		}
		return text
	}
	pods := "every pod"
	if s := g.peer.api.PodSelector; s != nil && !isEmpty(s) {
		pods = "pods labelled " + metav1.FormatLabelSelector(s)
	}
	return pods + " of " + g.namespacesText()
}

func (g Grant) namespacesText() string {
	switch reach, names := g.Reach(); {
	case reach == Own:
		return "namespace " + g.namespace
	case reach == Named && len(names) == 1:
		return "namespace " + names[0]
	case reach == Named:
		return "namespaces " + strings.Join(names, ", ")
	case isEmpty(g.peer.api.NamespaceSelector):
		return "every namespace"
	}
	return "namespaces labelled " + metav1.FormatLabelSelector(g.peer.api.NamespaceSelector)
}

func isEmpty(s *metav1.LabelSelector) bool {
	return len(s.MatchLabels) == 0 && len(s.MatchExpressions) == 0
}
