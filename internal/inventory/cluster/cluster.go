// Package cluster is the inventory of a running cluster: informers keep an inventory.Memory in step with the API
// server, and Refresh reads again, live, what a judgement rests on.
//
// The informers are client-go reflectors that write straight into the Memory. A shared informer would keep every object
// a second time under a second set of keys; nothing here needs that. Objects travel as protobuf, are trimmed before
// they are kept, and share what they have in common.
//
// Two kinds of Secrets are never read by a list or watch, since no workload takes its settings from them and they are
// the largest and the most valuable ones: Helm's release records and service account tokens. Like any object that is
// not there, such a Secret makes what refers to it unknown, not safe.
package cluster

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime/schema"
	clientscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/journal"
)

const (
	// defaultStaleAfter is how long a watch may be broken before it counts. It is longer than the pause between two
	// attempts at first, so that one refused connection does not take a replica out of service.
	defaultStaleAfter = 5 * time.Second
	// defaultRefreshTimeout bounds one Refresh if the caller's context does not: longer than any API server waits.
	defaultRefreshTimeout = 30 * time.Second
	// absentInterval is how often a kind that is not installed is looked for.
	absentInterval = 30 * time.Second
)

// helmReleaseType is the type of the Secrets that Helm keeps its releases in.
const helmReleaseType = "helm.sh/release.v1"

// Options say what is read.
type Options struct {
	// Index files the objects; it may be nil.
	Index inventory.Indexer
	// Kinds lists the kinds that can be indexed by a key, for Refresh. Nil knows inventory.ByKind only.
	Kinds func(inventory.Key) []schema.GroupKind
	// Select narrows a list of a kind in all namespaces, for Refresh; see ditto.SelectionOf. Nil selects nothing.
	Select func(inventory.Key, schema.GroupKind) (inventory.Selection, bool)
	// ProtectedNamespaces are the namespaces whose Secrets are read. Every other Secret is unknown.
	ProtectedNamespaces []string
	// OwnNamespace is where dittoguard runs. Its Secrets are not read, even if it is protected: one of them is the key
	// of dittoguard's own certificate authority.
	OwnNamespace string
	// StaleAfter is how long a watch may be broken before Ready reports it, or, of a kind that is not Kubernetes' own,
	// before it is unknown; 5 s if zero.
	StaleAfter time.Duration
	// RefreshTimeout bounds one Refresh; 30 s if zero.
	RefreshTimeout time.Duration
	// Journal remembers what requests let in, and Others brings in what other processes do, so that only what they may
	// have changed has to be read live; see package journal. A nil Journal is a new one. Nil Others means that nobody
	// knows who else answers requests.
	Journal *journal.Journal
	Others  Others
	// Settle is how long after a start, or after the last sign of another process, what others let in may still be
	// stored; a minute if zero, which is how long API servers wait for a request.
	Settle time.Duration
	// Count is told how each live read ended. It may be nil.
	Count func(error)
	// Log gets one line when a watch breaks and one when it is back. The zero value logs nothing.
	Log logr.Logger
}

// Cluster is the inventory of a running cluster.
type Cluster struct {
	opts      Options
	client    client.WithWatch
	kinds     map[schema.GroupKind]kind
	secretsIn []string
	memory    *inventory.Memory
	parts     *parts
	live      *share
	journal   *journal.Journal
	informers []*informer
	// readers are the informers that have to be synced before absence of a kind can be trusted.
	readers map[schema.GroupKind][]*informer
}

// New prepares to read the cluster; nothing is read before Start. It fails if cfg makes no client.
func New(cfg *rest.Config, opts Options) (*Cluster, error) {
	cfg = rest.CopyConfig(cfg)
	// The API server's priority and fairness limits us. A limit of our own would delay the live reads of a request
	// behind those of others, until it times out.
	cfg.QPS = -1
	// A watch has no end; requests are bounded by their contexts.
	cfg.Timeout = 0
	cfg.Wrap(atOnce)
	cfg.Wrap(plainWatches)
	kinds := kindsOf(inventory.Listed(), clientscheme.Scheme)
	c, err := client.NewWithWatch(cfg, client.Options{Scheme: clientscheme.Scheme, Mapper: mapperFor(kinds)})
	if err != nil {
		return nil, fmt.Errorf("making a client of the API server: %w", err)
	}
	served, err := newOffer(cfg)
	if err != nil {
		return nil, fmt.Errorf("making a client of the API server: %w", err)
	}
	return newCluster(c, served, kinds, opts), nil
}

func newCluster(c client.WithWatch, served *offer, kinds []kind, opts Options) *Cluster {
	if opts.StaleAfter == 0 {
		opts.StaleAfter = defaultStaleAfter
	}
	if opts.RefreshTimeout == 0 {
		opts.RefreshTimeout = defaultRefreshTimeout
	}
	if opts.Journal == nil {
		opts.Journal = journal.New()
	}
	if opts.Others == nil {
		opts.Others = Alone(func(inventory.Reader) bool { return false })
	}
	if opts.Settle == 0 {
		opts.Settle = journal.Lost
	}
	if opts.Count == nil {
		opts.Count = func(error) {}
	}
	if opts.Select == nil {
		opts.Select = func(inventory.Key, schema.GroupKind) (inventory.Selection, bool) {
			return inventory.Selection{}, false
		}
	}
	if opts.Kinds == nil {
		opts.Kinds = func(key inventory.Key) []schema.GroupKind {
			if key.Index != inventory.ByKind {
				return nil
			}
			return []schema.GroupKind{schema.ParseGroupKind(key.Value)}
		}
	}
	x := &Cluster{
		opts: opts, client: c, parts: newParts(), live: newShare(opts.RefreshTimeout, readsOfAll),
		journal: opts.Journal,
		kinds:   make(map[schema.GroupKind]kind, len(kinds)),
		readers: map[schema.GroupKind][]*informer{},
	}
	for _, ns := range opts.ProtectedNamespaces {
		if ns != opts.OwnNamespace && !slices.Contains(x.secretsIn, ns) {
			x.secretsIn = append(x.secretsIn, ns)
		}
	}
	slices.Sort(x.secretsIn)
	x.memory = inventory.NewMemory(opts.Index, x.knows)
	for _, k := range kinds {
		gk := k.gvk.GroupKind()
		x.kinds[gk] = k
		namespaces := []string{""}
		if gk == inventory.Secret {
			namespaces = x.secretsIn
		}
		for _, ns := range namespaces {
			i := newInformer(x, k, ns)
			i.offer = served
			x.informers = append(x.informers, i)
			x.readers[gk] = append(x.readers[gk], i)
		}
	}
	return x
}

// Reader answers from what the informers have seen. Its Knows is true for a kind once that kind has been read
// completely, or is not installed, and as long as it is not sick; and never for Secrets outside the protected
// namespaces.
func (c *Cluster) Reader() inventory.Reader { return c.memory }

// Objects is the same, with access to everything that is kept.
func (c *Cluster) Objects() *inventory.Memory { return c.memory }

// Start reads the cluster until the context ends, and returns nil then. It may be called once.
func (c *Cluster) Start(ctx context.Context) error {
	var running sync.WaitGroup
	for _, i := range c.informers {
		running.Go(func() { i.run(ctx) })
	}
	running.Go(func() { c.keepJournal(ctx) })
	running.Wait()
	return nil
}

// Ready returns nil if everything has been read and is being watched, save kinds that are sick (Unread). Otherwise the
// error names each kind that has not been read yet, and each whose watch is broken.
//
// A watch that the API server ends or refuses is noticed at the next attempt, within seconds. A connection that goes
// silent is noticed by client-go's HTTP/2 health check, after 45 s at its defaults (HTTP2_READ_IDLE_TIMEOUT_SECONDS and
// HTTP2_PING_TIMEOUT_SECONDS in the environment shorten that).
func (c *Cluster) Ready() error {
	var errs []error
	for _, i := range c.informers {
		errs = append(errs, i.ready(time.Now()))
	}
	return errors.Join(errs...)
}

// Unread says of each kind that cannot be read, or only in a version whose fields are not known, and is unknown for
// that, why; in stable order. Kinds that are Kubernetes' own are never among them: without those the cluster is not
// Ready.
func (c *Cluster) Unread() []UnreadKind {
	var list []UnreadKind
	for _, i := range c.informers {
		if err := i.unread(); err != nil {
			list = append(list, UnreadKind{i.kind.gvk.GroupKind(), err})
		}
	}
	return list
}

// UnreadKind is a kind that cannot be read.
type UnreadKind struct {
	schema.GroupKind
	Err error
}

// Note is what /readyz says of kinds that cannot be read, empty if there is none:
//
//	unknown: HTTPRoute.gateway.networking.k8s.io: listing: conversion webhook for … failed
func (c *Cluster) Note() string {
	var notes []string
	for _, k := range c.Unread() {
		notes = append(notes, "unknown: "+k.String()+": "+k.Err.Error())
	}
	return strings.Join(notes, "\n")
}

// HasSynced says whether everything has been read once, save kinds that are sick. Unlike Ready it stays true.
func (c *Cluster) HasSynced() bool {
	return !slices.ContainsFunc(c.informers, func(i *informer) bool { return !i.hasSettled() })
}

// WaitForSync returns when everything has been read once, save kinds that are sick, or with the context's error and
// what is missing.
func (c *Cluster) WaitForSync(ctx context.Context) error {
	for _, i := range c.informers {
		select {
		case <-i.settled:
		case <-ctx.Done():
			return errors.Join(context.Cause(ctx), c.Ready())
		}
	}
	return nil
}

func (c *Cluster) knows(gk schema.GroupKind, namespace string) bool {
	readers, read := c.readers[gk]
	if !read {
		return false
	}
	if gk == inventory.Secret && !c.readsSecrets(namespace) {
		return false
	}
	return !slices.ContainsFunc(readers, func(i *informer) bool {
		return (i.namespace == "" || i.namespace == namespace) && !i.trusted()
	})
}

func (c *Cluster) readsSecrets(namespace string) bool { return slices.Contains(c.secretsIn, namespace) }

// selectorOf narrows what is listed and watched of a kind.
func selectorOf(gk schema.GroupKind) string {
	if gk != inventory.Secret {
		return ""
	}
	return fields.AndSelectors(
		fields.OneTermNotEqualSelector("type", helmReleaseType),
		fields.OneTermNotEqualSelector("type", string(corev1.SecretTypeServiceAccountToken)),
	).String()
}
