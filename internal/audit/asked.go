package audit

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/dittoguard/dittoguard/internal/inventory"
)

const (
	// mostUnasked is how many changes in a namespace have to be seen without a request about it, before that counts as
	// not being asked.
	mostUnasked = 10
	// askedBefore is how long before a change its request may have come: API servers give one up after a minute.
	askedBefore = time.Minute
	// shownAfter is how long after it was stored a change may be seen.
	shownAfter = time.Minute
)

// Asked compares what changes in the protected namespaces with what the webhook is asked about. Webhook configurations
// can look as they should while nobody is asked: another API server may have others, or its requests may not arrive and
// be let in. It counts changes, and not time: where nothing changes, nobody has to ask.
//
// A change counts only if its request would have come to dittoguard for certain. Those of a status or a scale do not,
// nor do deletions and EndpointSlices, of which the chart's conditions leave some out.
type Asked struct {
	// trusted says whether every request is known of here, also those that other replicas were asked about.
	trusted func() bool

	mu sync.Mutex
	// last is when something was asked last about each protected namespace.
	last map[string]time.Time
	// unasked are the changes that were seen since, without a request that they can come from.
	unasked map[string]int
	// deaf is since when it is not known what other replicas are asked; zero if it is.
	deaf time.Time
}

// NewAsked makes one for the protected namespaces. Since nothing is known of what was before, counting begins a minute
// later.
func NewAsked(protected []string, trusted func() bool) *Asked {
	a := &Asked{trusted: trusted, last: map[string]time.Time{}, unasked: map[string]int{}}
	for _, namespace := range protected {
		a.last[namespace] = time.Now()
	}
	return a
}

// Request notes that a replica was asked about something in a namespace; about one that is not known if it is empty.
func (a *Asked) Request(namespace string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for protected := range a.last {
		if namespace == "" || namespace == protected {
			a.last[protected] = time.Now()
			delete(a.unasked, protected)
		}
	}
}

// Change notes a change that a watch shows; see inventory.Memory.OnChange.
func (a *Asked) Change(before, after *inventory.Object) {
	if after == nil || !certain(before, after) {
		return
	}
	now := time.Now()
	trusted := a.trusted()
	a.mu.Lock()
	defer a.mu.Unlock()
	last, protected := a.last[after.Ref.Namespace]
	switch {
	case !protected:
	case !trusted:
		if a.deaf.IsZero() {
			a.deaf = now
		}
	default:
		a.deaf = time.Time{}
		// What is seen long after it was created was asked about then.
		from := now.Add(-askedBefore - shownAfter)
		if created := after.Meta.CreationTimestamp.Time; before == nil {
			from = created.Add(-askedBefore)
		}
		if last.Before(from) {
			a.unasked[after.Ref.Namespace]++
		}
	}
}

// certain says whether an API server has to ask about a change.
func certain(before, after *inventory.Object) bool {
	kind := after.Ref.GroupKind()
	if kind == inventory.EndpointSlice || !isJudged(kind) {
		return false
	}
	if before == nil {
		return true
	}
	switch b := before.Typed.(type) {
	case *corev1.ConfigMap:
		a, ok := after.Typed.(*corev1.ConfigMap)
		return ok && !(equality.Semantic.DeepEqual(a.Data, b.Data) &&
			equality.Semantic.DeepEqual(a.BinaryData, b.BinaryData))
	case *corev1.Secret:
		a, ok := after.Typed.(*corev1.Secret)
		return ok && !equality.Semantic.DeepEqual(a.Data, b.Data)
	case *networkingv1.Ingress:
		a, ok := after.Typed.(*networkingv1.Ingress)
		return ok && !equality.Semantic.DeepEqual(a.Spec, b.Spec)
	case *networkingv1.NetworkPolicy:
		a, ok := after.Typed.(*networkingv1.NetworkPolicy)
		return ok && !equality.Semantic.DeepEqual(a.Spec, b.Spec)
	case *appsv1.Deployment:
		a, ok := after.Typed.(*appsv1.Deployment)
		return ok && !equality.Semantic.DeepEqual(a.Spec.Template, b.Spec.Template)
	case *appsv1.StatefulSet:
		a, ok := after.Typed.(*appsv1.StatefulSet)
		return ok && !equality.Semantic.DeepEqual(a.Spec.Template, b.Spec.Template)
	case *appsv1.DaemonSet:
		a, ok := after.Typed.(*appsv1.DaemonSet)
		return ok && !equality.Semantic.DeepEqual(a.Spec.Template, b.Spec.Template)
	}
	return false
}

// isJudged says whether a kind is one of those that are asked about wherever dittoguard is installed.
func isJudged(kind schema.GroupKind) bool {
	return slices.ContainsFunc(judged[kind.Group], func(resource string) bool {
		name := strings.ToLower(kind.Kind)
		return resource == name+"s" || resource == name+"es" || resource == strings.TrimSuffix(name, "y")+"ies"
	})
}

// Problem says where nobody asks, empty if somebody does everywhere.
func (a *Asked) Problem() string {
	if a == nil {
		return ""
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	var list []string
	for namespace, n := range a.unasked {
		if n >= mostUnasked {
			list = append(list, namespace)
		}
	}
	if len(list) == 0 {
		return ""
	}
	slices.Sort(list)
	return fmt.Sprintf("objects change in %s, and no replica is asked about any", strings.Join(list, ", "))
}

// Note says that it is not known whether anybody asks.
func (a *Asked) Note() string {
	if a == nil {
		return ""
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	// Every request of which nobody knows what it stored makes doubt for a minute or two.
	if a.deaf.IsZero() || time.Since(a.deaf) < 5*time.Minute {
		return ""
	}
	return "whether the webhook is asked about every change is not known, since replicas do not hear of one another's requests"
}

var unaskedDesc = prometheus.NewDesc("dittoguard_changes_unasked",
	"Changes seen in a protected namespace since any replica was asked about it, which no request can explain. 0 where requests come.", []string{"namespace"}, nil)

// Describe implements prometheus.Collector.
func (a *Asked) Describe(descriptions chan<- *prometheus.Desc) { descriptions <- unaskedDesc }

// Collect implements prometheus.Collector.
func (a *Asked) Collect(metrics chan<- prometheus.Metric) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for namespace := range a.last {
		metrics <- prometheus.MustNewConstMetric(unaskedDesc, prometheus.GaugeValue, float64(a.unasked[namespace]),
			namespace)
	}
}
