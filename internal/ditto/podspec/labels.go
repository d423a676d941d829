package podspec

import (
	"strings"

	"github.com/dittoguard/dittoguard/internal/inventory"
)

// AddedByController says whether a label is one that the workload controllers put on the pods they make, whatever the
// template says.
// Source: the label constants of k8s.io/api/{apps,batch}/v1.
func AddedByController(label string) bool {
	switch label {
	case "pod-template-hash", "controller-revision-hash", "pod-template-generation",
		"statefulset.kubernetes.io/pod-name",
		"apps.kubernetes.io/pod-index", "job-name", "controller-uid", "batch.kubernetes.io/job-name",
		"batch.kubernetes.io/controller-uid", "batch.kubernetes.io/job-completion-index":
		return true
	}
	return false
}

// AddedTo lists the labels that pods of the workload get from its controller, beside those of the template.
func AddedTo(o *inventory.Object) []string {
	switch o.Ref.Kind {
	case "Deployment":
		return []string{"pod-template-hash"}
	case "StatefulSet":
		return []string{"statefulset.kubernetes.io/pod-name", "apps.kubernetes.io/pod-index",
			"controller-revision-hash"}
	case "DaemonSet":
		return []string{"controller-revision-hash", "pod-template-generation"}
	case "Job", "CronJob":
		return []string{
			"job-name", "controller-uid", "batch.kubernetes.io/job-name", "batch.kubernetes.io/controller-uid",
			"batch.kubernetes.io/job-completion-index",
		}
	}
	return nil
}

// SelectsPods is a Service's selector against the pods of a workload, those that its controller is yet to make
// included: a Service for gateway-0 alone selects a pod of StatefulSet gateway before there is one.
func SelectsPods(selector map[string]string, o *inventory.Object) bool {
	labels := o.PodTemplate().Labels
	var added []string
	for k, v := range selector {
		if got, there := labels[k]; there {
			if got != v {
				return false
			}
			continue
		}
		if added == nil {
			added = AddedTo(o)
		}
		if !canGet(o, added, k, v) {
			return false
		}
	}
	return len(selector) > 0
}

// canGet says whether some pod of the workload can get the label from its controller.
func canGet(o *inventory.Object, added []string, label, value string) bool {
	for _, name := range added {
		if name != label {
			continue
		}
		if label != "statefulset.kubernetes.io/pod-name" {
			return true
		}
		ordinal, ok := strings.CutPrefix(value, o.Ref.Name+"-")
		return ok && IsDigits(ordinal)
	}
	return false
}

// LabelPair is how a label is indexed. What a controller adds is indexed without its value, which no manifest shows.
func LabelPair(label, value string) string {
	if AddedByController(label) {
		return label + "=*"
	}
	return label + "=" + value
}

// LabelPairs are the labels that a workload's pods have or can get.
func LabelPairs(o *inventory.Object) []string {
	labels, added := o.PodTemplate().Labels, AddedTo(o)
	pairs := make([]string, 0, len(labels)+len(added))
	for k, v := range labels {
		pairs = append(pairs, LabelPair(k, v))
	}
	for _, label := range added {
		if _, there := labels[label]; !there {
			pairs = append(pairs, LabelPair(label, ""))
		}
	}
	return pairs
}
