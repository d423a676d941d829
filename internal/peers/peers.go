// Package peers lets the replicas of dittoguard ask one another what they have let in, so that each can tell what may
// have been stored that its own watches have not shown yet (package journal).
//
// It is the one who decides that asks, since only it can tell that it has everybody's answer. Both sides of a
// connection show the serving certificate of the webhook, which nobody but a replica has.
//
// Who the replicas are is told by the Pods behind the webhook's Service: each is one from when it is made until it is
// gone, whether it is ready or not. If one of them does not answer, or is gone, everything is read live for a while:
// nobody knows what it has let in. So it is after a new one asks for the first time, which it does before it is ready.
package peers

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-logr/logr"
	"golang.org/x/sync/errgroup"

	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/journal"
)

const (
	// mostPeers is how many replicas are asked. Where there are more, reading live is not dearer than asking.
	mostPeers = 8
	// defaultPatience is how long an answer may take, which is a few milliseconds on a machine that has time.
	defaultPatience = time.Second
)

// Identity is how replicas know one another.
type Identity interface {
	// GetCertificate is the certificate to show.
	GetCertificate(*tls.ClientHelloInfo) (*tls.Certificate, error)
	// Recognize returns nil if a certificate is that of a replica.
	Recognize(leaf *x509.Certificate) error
}

// Options say who asks whom about what.
type Options struct {
	// Journal is this replica's.
	Journal *journal.Journal
	// Identity is what replicas show.
	Identity Identity
	// Namespace and ServiceName name the Service that API servers call, Pod is this replica among those behind it.
	Namespace, ServiceName, Pod string
	// Host is where this replica listens, all addresses if empty; Port is where all do.
	Host string
	Port int
	// Build tells builds and settings apart that may file objects under other keys, or leave others out. Only the same
	// ones are heard.
	Build string
	// Patience is how long an answer may take; 1 s if zero. Who does not answer is left out by requests until it
	// answers again, so that they wait once.
	Patience time.Duration
	// Log gets a line when replicas cannot be asked, and one when they can again. The zero value logs nothing.
	Log logr.Logger
}

// Peers are the other replicas, as this one knows them.
type Peers struct {
	opts   Options
	client *http.Client

	mu sync.Mutex
	// known are the replicas, by the names of their Pods.
	known map[string]*peer
	// asked says that all were asked once, failure why not all have answered the last time.
	asked   bool
	failure error
}

// peer is one other replica.
type peer struct {
	pod string
	// asking is held by whoever asks: a page begins where the last one ended.
	asking sync.Mutex
	// journal and next say what to ask for next.
	journal string
	next    uint64
	// address is its Pod's, and failure why it did not answer. Those are guarded by Peers.mu.
	address string
	failure error
}

// New prepares to ask and to answer. Start answers.
func New(o Options) *Peers {
	if o.Log.GetSink() == nil {
		o.Log = logr.Discard()
	}
	if o.Patience == 0 {
		o.Patience = defaultPatience
	}
	return &Peers{opts: o, client: newClient(o.Identity), known: map[string]*peer{}}
}

// Ask implements cluster.Others.
func (p *Peers) Ask(ctx context.Context, r inventory.Reader, again bool) ([]*journal.Entry, error) {
	peers, gone, err := p.update(r)
	for _, q := range gone {
		p.lose(q)
	}
	errs := make([]error, len(peers))
	entries := make([][]*journal.Entry, len(peers))
	var group errgroup.Group
	for at, q := range peers {
		group.Go(func() error {
			entries[at], errs[at] = p.ask(ctx, q, again)
			return nil
		})
	}
	_ = group.Wait() // the errors are in errs
	err = errors.Join(append(errs, err)...)
	p.note(err)
	return slices.Concat(entries...), err
}

// update learns who the replicas are, and who has gone. The error says who that is, or that it cannot be told.
func (p *Peers) update(r inventory.Reader) (peers, gone []*peer, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	pods, err := podsOf(r, p.opts.Namespace, p.opts.ServiceName, func(pod string) bool { return p.known[pod] != nil })
	if err != nil {
		return nil, nil, err
	}
	delete(pods, p.opts.Pod)
	var errs []error
	for pod, q := range p.known {
		if _, still := pods[pod]; !still {
			delete(p.known, pod)
			gone = append(gone, q)
			errs = append(errs, fmt.Errorf("replica %s is gone", pod))
		}
	}
	for pod, address := range pods {
		if p.known[pod] == nil {
			p.known[pod] = &peer{pod: pod}
		}
		p.known[pod].address = address
	}
	if len(p.known) > mostPeers {
		return nil, gone, errors.Join(append(errs, fmt.Errorf("there are %d other replicas, and %d are asked at most",
			len(p.known), mostPeers))...)
	}
	peers = slices.SortedFunc(maps.Values(p.known), func(a, b *peer) int { return strings.Compare(a.pod, b.pod) })
	return peers, gone, errors.Join(errs...)
}

// lose notes that nothing more is heard of a replica.
func (p *Peers) lose(q *peer) {
	q.asking.Lock()
	defer q.asking.Unlock()
	p.opts.Journal.Lost(q.journal)
}

// ask asks one replica, unless it did not answer the last time.
func (p *Peers) ask(ctx context.Context, q *peer, again bool) ([]*journal.Entry, error) {
	q.asking.Lock()
	defer q.asking.Unlock()
	p.mu.Lock()
	address, failure := q.address, q.failure
	p.mu.Unlock()
	if failure != nil && !again {
		return nil, failure
	}
	// Others share the answer, whoever gives up.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), p.opts.Patience)
	defer cancel()
	page, failure := p.get(ctx, address, question{
		From: p.opts.Pod, Build: p.opts.Build, Journal: q.journal, Place: q.next, Clock: p.opts.Journal.Clock(),
	})
	if failure != nil {
		failure = fmt.Errorf("replica %s: %w", q.pod, failure)
		p.opts.Journal.Lost(q.journal)
	}
	p.mu.Lock()
	q.failure = failure
	p.mu.Unlock()
	if failure != nil {
		return nil, failure
	}
	before := q.journal
	q.journal, q.next = page.Journal, page.Next
	entries := p.opts.Journal.Merge(page)
	if before != "" && before != page.Journal {
		p.opts.Journal.Lost(before)
		return entries, fmt.Errorf("replica %s was started again", q.pod)
	}
	return entries, nil
}

// heardOf notes that a replica has asked. One that has never answered may let something in that nobody hears of.
func (p *Peers) heardOf(pod string) {
	p.mu.Lock()
	q := p.known[pod]
	stranger := q == nil || q.failure != nil
	p.mu.Unlock()
	if stranger {
		p.opts.Journal.Doubt()
	}
}

// note keeps what Ready and Note say, and logs what is new.
func (p *Peers) note(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	was := p.failure
	p.asked, p.failure = true, err
	switch {
	case err != nil && was == nil:
		p.opts.Log.Info("not known what other replicas let in, so all that decides is read live", "error", err.Error())
	case err == nil && was != nil:
		p.opts.Log.Info("all replicas say what they let in")
	}
}

// Ready returns nil once all replicas were asked, answer they or not: then they have heard of this one.
func (p *Peers) Ready() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.asked {
		return errors.New("the other replicas have not been asked yet")
	}
	return nil
}

// Note is what /readyz says of replicas that cannot be asked, empty if all can.
func (p *Peers) Note() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.failure == nil {
		return ""
	}
	return "all that decides is read live: " + p.failure.Error()
}
