package main

import (
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/dittoguard/dittoguard/internal/glass"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/webhook"
)

// glass is the way out in an emergency, and what says that it is taken. A nil one is never broken.
func (o *serveOptions) glass(reader inventory.Reader, now func() time.Time, metrics prometheus.Registerer,
	log logr.Logger) (*glass.Glass, []webhook.Component) {
	if o.breakGlass == "" {
		return nil, nil
	}
	g := glass.New(glass.Options{Inventory: reader, Namespace: o.namespace, Name: o.breakGlass, Longest: o.longestGlass,
		Now: now, Log: log})
	metrics.MustRegister(glassMetric(g))
	return g, []webhook.Component{{Name: "break glass", Start: g.Watch, Note: g.Note}}
}

// glassMetric shows whether the glass is broken.
func glassMetric(g *glass.Glass) prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "dittoguard_break_glass_active",
		Help: "1 while the glass is broken, so that nothing is refused, in some namespaces or in all; 0 otherwise.",
	}, func() float64 {
		if g.State().Broken {
			return 1
		}
		return 0
	})
}
