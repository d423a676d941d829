package main

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/dittoguard/dittoguard/internal/certs"
	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/inventory/cluster"
)

const certificateMetric = "dittoguard_certificate_not_after_seconds"

// newMetrics is a registry with when the certificate ends. What every process shows is in controller-runtime's own.
func newMetrics(source certs.Source) *prometheus.Registry {
	registry := prometheus.NewRegistry()
	registry.MustRegister(
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: certificateMetric,
			Help: "When the serving certificate expires, as a Unix time; 0 if there is none.",
		}, func() float64 {
			if at := source.NotAfter(); !at.IsZero() {
				return float64(at.Unix())
			}
			return 0
		}),
	)
	return registry
}

// unreadKinds shows which kinds cannot be read. Only those are there: a kind that can be read has no value.
type unreadKinds struct {
	list func() []cluster.UnreadKind
}

var unreadKind = prometheus.NewDesc("dittoguard_unread_kind",
	"1 for each kind of custom resource that cannot be read and is unknown for that; /readyz says why.",
	[]string{"kind"}, nil)

// Describe implements prometheus.Collector.
func (unreadKinds) Describe(descriptions chan<- *prometheus.Desc) { descriptions <- unreadKind }

// Collect implements prometheus.Collector.
func (u unreadKinds) Collect(metrics chan<- prometheus.Metric) {
	for _, kind := range u.list() {
		metrics <- prometheus.MustNewConstMetric(unreadKind, prometheus.GaugeValue, 1, kind.String())
	}
}

// cacheAge shows how old the oldest answer of the cache may be.
func cacheAge(world *cluster.Cluster) prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "dittoguard_cache_age_seconds",
		Help: "For how long some kind has not been watched, so that what is known of it may be old; 0 while everything is watched.",
	}, func() float64 { return world.Behind().Seconds() })
}

// exceptions counts those of the configuration by whether they count, and for how long.
type exceptions struct {
	checker func() *check.Checker
}

var exceptionsDesc = prometheus.NewDesc("dittoguard_exceptions",
	"Exceptions in the configuration: active, lapsing (active, and end within 14 days), or lapsed.", []string{"state"},
	nil)

// Describe implements prometheus.Collector.
func (exceptions) Describe(descriptions chan<- *prometheus.Desc) { descriptions <- exceptionsDesc }

// Collect implements prometheus.Collector.
func (e exceptions) Collect(metrics chan<- prometheus.Metric) {
	checker := e.checker()
	if checker == nil {
		return
	}
	count := map[string]int{"active": 0, "lapsing": 0, "lapsed": 0}
	for _, exception := range checker.Exceptions() {
		switch now := time.Now(); {
		case exception.Expired(now):
			count["lapsed"]++
		case exception.Expired(now.Add(soon)):
			count["lapsing"]++
		default:
			count["active"]++
		}
	}
	for state, n := range count {
		metrics <- prometheus.MustNewConstMetric(exceptionsDesc, prometheus.GaugeValue, float64(n), state)
	}
}
