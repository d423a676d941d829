package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"runtime/debug"
	"slices"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/dittoguard/dittoguard/internal/certs"
	"github.com/dittoguard/dittoguard/internal/inventory/cluster"
	"github.com/dittoguard/dittoguard/internal/inventory/journal"
	"github.com/dittoguard/dittoguard/internal/peers"
	"github.com/dittoguard/dittoguard/webhook"
)

// others are the other replicas, and what asks and answers them: nothing where no port was given for that.
func (o *serveOptions) others(own *journal.Journal, source certs.Source, log logr.Logger) (cluster.Others,
	[]webhook.Component) {
	if o.peerPort == 0 {
		return cluster.Alone(peers.Alone(o.namespace, o.serviceName)), nil
	}
	p := peers.New(peers.Options{
		Journal: own, Identity: source, Namespace: o.namespace, ServiceName: o.serviceName, Pod: o.pod,
		Host: o.bindAddress, Port: o.peerPort, Build: o.build(), Log: log,
	})
	return p, []webhook.Component{{Name: "replicas", Start: p.Start, Ready: p.Ready, Note: p.Note}}
}

// build tells apart what may make different entries of one request: another build files objects under other keys, and
// who reads the Secrets of other namespaces has entries of other ones.
func (o *serveOptions) build() string {
	hash := sha256.New()
	info, _ := debug.ReadBuildInfo()
	fmt.Fprintln(hash, buildVersion(), info, o.namespace, slices.Sorted(slices.Values(o.protected)))
	return hex.EncodeToString(hash.Sum(nil))
}

// journalMetric shows whether requests need not be read for live.
func journalMetric(trusted func() bool) prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "dittoguard_journal_trusted",
		Help: "1 if only what earlier requests may have changed is read live, 0 if everything is that decides: it is not known what other replicas let in, or was not within the last minutes.",
	}, func() float64 {
		if trusted() {
			return 1
		}
		return 0
	})
}
