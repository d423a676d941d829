package peers

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/dittoguard/dittoguard/internal/inventory"
)

// podsOf are the Pods behind a Service, by name, with their addresses: those that it selects, and those that are known
// to be, which may answer on the connections that they have though their labels are gone. A Pod is there from when it
// is made until it has ended, which is longer than it can answer. So what is not ready, or about to go, is among them.
func podsOf(r inventory.Reader, namespace, service string, known func(pod string) bool) (map[string]string, error) {
	o := r.Get(inventory.Service, namespace, service)
	if o == nil {
		return nil, fmt.Errorf("the Service %s/%s is not there, which tells who the replicas are", namespace, service)
	}
	selector := inventory.Must[corev1.Service](o).Spec.Selector
	if len(selector) == 0 {
		return nil, fmt.Errorf("the Service %s/%s has no selector, which tells who the replicas are", namespace,
			service)
	}
	pods := map[string]string{}
	for _, o := range r.Find(inventory.KindKey(inventory.Pod, namespace)) {
		status := inventory.Must[corev1.Pod](o).Status
		if status.Phase == corev1.PodSucceeded || status.Phase == corev1.PodFailed {
			continue
		}
		if labels.SelectorFromSet(selector).Matches(labels.Set(o.Meta.Labels)) || known(o.Meta.Name) {
			pods[o.Meta.Name] = status.PodIP
		}
	}
	return pods, nil
}

// Alone says whether at most one Pod is, or will be, behind a Service: the one that asks.
func Alone(namespace, service string) func(inventory.Reader) bool {
	return func(r inventory.Reader) bool {
		pods, err := podsOf(r, namespace, service, func(string) bool { return false })
		return err == nil && len(pods) <= 1
	}
}
