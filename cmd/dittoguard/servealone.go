package main

import (
	"github.com/prometheus/client_golang/prometheus"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/dittoguard/dittoguard/internal/inventory"
)

// alone says whether at most one Pod is, or will be, behind the Service that API servers call: this one. A Pod is seen from when it is
// made until it is gone, which is longer than it can answer.
func alone(namespace, service string) func(inventory.Reader) bool {
	return func(r inventory.Reader) bool {
		o := r.Get(inventory.Service, namespace, service)
		if o == nil {
			return false
		}
		selector := inventory.Must[corev1.Service](o).Spec.Selector
		if len(selector) == 0 {
			return false
		}
		pods := 0
		for _, o := range r.Find(inventory.KindKey(inventory.Pod, namespace)) {
			phase := inventory.Must[corev1.Pod](o).Status.Phase
			if labels.SelectorFromSet(selector).Matches(labels.Set(o.Meta.Labels)) && phase != corev1.PodSucceeded && phase != corev1.PodFailed {
				pods++
			}
		}
		return pods <= 1
	}
}

// journalMetric shows whether requests need not be read for live.
func journalMetric(trusted func() bool) prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "dittoguard_journal_trusted",
		Help: "1 if only what earlier requests may have changed is read live, 0 if everything is that decides: there are other replicas, or were within the last minutes.",
	}, func() float64 {
		if trusted() {
			return 1
		}
		return 0
	})
}
