package audit

import (
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// Metrics are those of the continuous audit. Namespaces and rules are the only labels that come from the cluster:
// nothing is labelled with the name of an object. A replica that does not audit shows no findings.
type Metrics struct {
	mu       sync.Mutex
	findings map[findingLabels]int
	unknown  map[unknownLabels]int
	counted  map[inventory.ID]counts

	leading, lastFull, duration prometheus.Gauge
	passes, reports, events     *prometheus.CounterVec
	errors                      prometheus.Counter
	weakened                    prometheus.Gauge
}

type findingLabels struct{ rule, action, namespace string }

type unknownLabels struct{ rule, namespace string }

// counts are what one object contributes.
type counts struct {
	findings map[findingLabels]int
	unknown  map[unknownLabels]int
}

var (
	findingsDesc = prometheus.NewDesc("dittoguard_findings",
		"What is wrong in the cluster, by rule, by what admission would make of it, and by namespace. Only the replica that audits has it.",
		[]string{"rule", "action", "namespace"}, nil)
	unknownDesc = prometheus.NewDesc("dittoguard_unknown",
		"What cannot be decided in the cluster, by rule (empty if it is about none) and by namespace. Only the replica that audits has it.",
		[]string{"rule", "namespace"}, nil)
)

// NewMetrics makes the metrics and registers them. It panics if they are registered already.
func NewMetrics(registry prometheus.Registerer) *Metrics {
	m := &Metrics{
		leading: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "dittoguard_audit_leader",
			Help: "1 if this replica audits, 0 if another one does.",
		}),
		lastFull: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "dittoguard_audit_last_full_pass_timestamp_seconds",
			Help: "When everything was judged last, in seconds since 1970; 0 before that.",
		}),
		duration: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "dittoguard_audit_last_full_pass_duration_seconds",
			Help: "How long that took, pauses included.",
		}),
		passes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "dittoguard_audit_passes_total",
			Help: "Passes of the audit, by why: a full pass at the start, after the interval, or as it was due, and changes for what changes concern.",
		}, []string{"why"}),
		reports: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "dittoguard_audit_reports_total",
			Help: "Reports by what was done: written, deleted, or failed to be.",
		}, []string{"result"}),
		events: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "dittoguard_audit_events_total",
			Help: "Events of the audit, by reason, and by whether they were sent or left out since there were too many.",
		}, []string{"reason", "result"}),
		errors: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "dittoguard_audit_errors_total",
			Help: "Passes in which some objects could not be judged.",
		}),
		weakened: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "dittoguard_webhook_configurations_weakened",
			Help: "How many of dittoguard's own webhook configurations are missing, or ask for less than is protected. Only the replica that audits looks.",
		}),
	}
	m.clear()
	registry.MustRegister(m, m.leading, m.lastFull, m.duration, m.passes, m.reports, m.events, m.errors, m.weakened)
	return m
}

// Describe implements prometheus.Collector.
func (m *Metrics) Describe(descriptions chan<- *prometheus.Desc) {
	descriptions <- findingsDesc
	descriptions <- unknownDesc
}

// Collect implements prometheus.Collector.
func (m *Metrics) Collect(metrics chan<- prometheus.Metric) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for l, n := range m.findings {
		metrics <- prometheus.MustNewConstMetric(findingsDesc, prometheus.GaugeValue, float64(n), l.rule, l.action,
			l.namespace)
	}
	for l, n := range m.unknown {
		metrics <- prometheus.MustNewConstMetric(unknownDesc, prometheus.GaugeValue, float64(n), l.rule, l.namespace)
	}
}

// found says what there is now of an object, in place of what there was.
func (m *Metrics) found(id inventory.ID, found check.Found) {
	is := counts{map[findingLabels]int{}, map[unknownLabels]int{}}
	for i := range found.Findings {
		if f := &found.Findings[i]; f.Action != check.ActionNone {
			is.findings[findingLabels{f.Rule, string(f.Action), id.Namespace}]++
		}
	}
	for _, u := range found.Unknown {
		is.unknown[unknownLabels{u.Rule, id.Namespace}]++
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	was := m.counted[id]
	replace(m.findings, was.findings, is.findings)
	replace(m.unknown, was.unknown, is.unknown)
	if len(is.findings)+len(is.unknown) == 0 {
		delete(m.counted, id)
	} else {
		m.counted[id] = is
	}
}

func replace[K comparable](in, was, is map[K]int) {
	for k, n := range is {
		in[k] += n
	}
	for k, n := range was {
		if in[k] -= n; in[k] == 0 {
			delete(in, k)
		}
	}
}

// clear forgets all findings, which another replica counts from now on.
func (m *Metrics) clear() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.findings, m.unknown, m.counted = map[findingLabels]int{}, map[unknownLabels]int{}, map[inventory.ID]counts{}
}

func (m *Metrics) pass(why string, took time.Duration, at time.Time) {
	m.passes.WithLabelValues(why).Inc()
	if why != whyChanges {
		m.lastFull.Set(float64(at.Unix()))
		m.duration.Set(took.Seconds())
	}
}

func (m *Metrics) event(reason string, sent bool) {
	result := "left out"
	if sent {
		result = "sent"
	}
	m.events.WithLabelValues(reason, result).Inc()
}
