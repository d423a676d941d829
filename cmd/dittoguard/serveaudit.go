package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/util/uuid"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/dittoguard/dittoguard/internal/audit"
	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/glass"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/cluster"
	"github.com/dittoguard/dittoguard/webhook"
)

// auditingOptions are the flags of serve about the continuous audit.
type auditingOptions struct {
	enabled  bool
	interval time.Duration
	reports  string
	lease    string
}

func (o *auditingOptions) addFlags(f *pflag.FlagSet) {
	f.BoolVar(&o.enabled, "audit", true,
		"judge the cluster all the time, and say what is found in reports, Events and metrics; one replica at a time does")
	f.DurationVar(&o.interval, "audit-interval", time.Hour,
		"after how long everything is judged again, besides what changes concern; at least 1m")
	f.StringVar(&o.reports, "audit-reports", audit.ReportsAuto,
		"API that reports are written in: "+strings.Join(audit.ReportKinds(), ", ")+
			"; auto is the first of those that are installed")
	f.StringVar(&o.lease, "audit-lease", "dittoguard-audit", "Lease by which replicas agree who audits")
}

func (o *auditingOptions) validate() error {
	var problems []error
	if o.interval < time.Minute {
		problems = append(problems, fmt.Errorf("--audit-interval: %s is too short; at least 1m", o.interval))
	}
	if kinds := audit.ReportKinds(); !slices.Contains(kinds, o.reports) {
		problems = append(problems, fmt.Errorf("--audit-reports: there is no API %q; expected one of %s", o.reports,
			strings.Join(kinds, ", ")))
	}
	return errors.Join(problems...)
}

// Requests of the audit to the API server are few. When there is much to report at once, they leave room for others.
const (
	auditQPS   = 50
	auditBurst = 100
)

// component is the audit as a part of the server that is always ready: admission does not depend on it.
func (o *auditingOptions) component(restConfig *rest.Config, world *cluster.Cluster, checker func() *check.Checker,
	namespace string, installation audit.Installation, broken *glass.Glass, registry prometheus.Registerer,
	log logr.Logger) (webhook.Component, error) {
	restConfig = rest.CopyConfig(restConfig)
	restConfig.QPS, restConfig.Burst, restConfig.Timeout = auditQPS, auditBurst, 20*time.Second
	client, err := kubernetes.NewForConfig(restConfig)
	if err != nil {
		return webhook.Component{}, fmt.Errorf("making a client of the API server: %w", err)
	}
	reports, err := dynamic.NewForConfig(restConfig)
	if err != nil {
		return webhook.Component{}, fmt.Errorf("making a client of the API server: %w", err)
	}
	installation.Client = client
	events := audit.NewEvents(client)
	queue := audit.NewQueue()
	world.Objects().OnChange = func(before, after *inventory.Object, keys []inventory.Key) {
		queue.Note(before, after, keys)
		installation.Asked.Change(before, after)
	}
	auditor := audit.New(audit.Options{
		Checker: checker, Inventory: world.Objects(), Synced: world.HasSynced, Sick: world.Note, Queue: queue,
		Interval:  o.interval,
		ReportsIn: o.reports, Reports: reports, Discovery: client.Discovery(), Events: events,
		Installation: &installation, Glass: broken, Metrics: audit.NewMetrics(registry), Log: log,
	})
	name, err := os.Hostname()
	if err != nil {
		name = "dittoguard"
	}
	lease := audit.Lease{Namespace: namespace, Name: o.lease, Identity: name + "_" + string(uuid.NewUUID())}
	return webhook.Component{Name: "audit", Note: auditor.Note, Start: func(ctx context.Context) error {
		if err := events.Start(ctx); err != nil {
			return err
		}
		return auditor.Lead(ctx, client, lease)
	}}, nil
}
