// Package audit judges a running cluster all the time: once from the start, then whatever a change can concern. It says
// what it finds in reports, Events and metrics. Admission sees changes only; what was there before, what two requests
// opened at the same moment, and what an exception that lapsed leaves open is for the audit to find.
package audit

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/go-logr/logr"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/dynamic"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/glass"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

const (
	defaultInterval = time.Hour
	// gather is how long changes are waited for after the first one, so that what belongs together is judged together.
	gather = time.Second
	// glance is how often it is looked for what no change of an object tells.
	glance = 5 * time.Second
	// lookForReports is how often it is looked where reports can be written.
	lookForReports = time.Minute
	// retry is how long after a report could not be written the rest is tried again.
	retry = 20 * time.Second
	// longestWork is how long the audit works without a pause. It rests as long as it has worked, so that it never
	// takes more than half a processor from requests.
	longestWork = 5 * time.Millisecond
	longestRest = time.Second
)

// Why a pass was made.
const (
	whyStart         = "start"
	whyChanges       = "changes"
	whyInterval      = "interval"
	whyConfiguration = "configuration"
	whyKinds         = "kinds"
	whyLapsed        = "lapsed exception"
	whyOverflow      = "too many changes"
)

// Inventory is the state of the cluster; inventory.Memory is one.
type Inventory interface {
	inventory.Reader
	All() []*inventory.Object
}

// Discovery says what an API server serves; a client's is one.
type Discovery interface {
	ServerResourcesForGroupVersion(groupVersion string) (*metav1.APIResourceList, error)
}

// Options say what is audited and where it is said.
type Options struct {
	// Checker is what is judged by now; nil as long as there is none.
	Checker func() *check.Checker
	// Inventory is what is judged, Synced whether everything has been read once.
	Inventory Inventory
	Synced    func() bool
	// Sick names what cannot be read now. Absence is trusted otherwise when that changes, so everything is judged
	// again. It may be nil.
	Sick func() string
	// Queue is told of the changes of the inventory.
	Queue *Queue
	// Interval is after how long everything is judged again at the latest, in case a change was missed; an hour if
	// zero.
	Interval time.Duration
	// ReportsIn is one of ReportKinds.
	ReportsIn string
	// Reports and Discovery are clients of the API server.
	Reports   dynamic.Interface
	Discovery Discovery
	Events    Events
	// Installation is watched as well; nil if it is not known.
	Installation *Installation
	// Glass is looked at as well; nil if there is none.
	Glass   *glass.Glass
	Metrics *Metrics
	Log     logr.Logger
}

// Auditor audits.
type Auditor struct {
	Options

	mu   sync.Mutex
	note string
	// weak is what is wrong with the installation.
	weak string
}

// New makes an auditor.
func New(o Options) *Auditor {
	if o.Interval == 0 {
		o.Interval = defaultInterval
	}
	if o.Sick == nil {
		o.Sick = func() string { return "" }
	}
	if o.Log.GetSink() == nil {
		o.Log = logr.Discard()
	}
	return &Auditor{Options: o, note: "another replica audits, or none has begun"}
}

// Note is what /readyz says of the audit.
func (a *Auditor) Note() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.weak != "" {
		return a.note + "; " + a.weak
	}
	return a.note
}

func (a *Auditor) say(format string, args ...any) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.note = fmt.Sprintf(format, args...)
}

// Run audits until the context ends. Only one replica may do so at a time.
func (a *Auditor) Run(ctx context.Context) {
	a.Queue.start()
	a.Metrics.leading.Set(1)
	defer func() {
		a.Queue.stop()
		a.Metrics.clear()
		a.Metrics.leading.Set(0)
		a.Metrics.weakened.Set(0)
		a.mu.Lock()
		a.weak = ""
		a.mu.Unlock()
		a.say("another replica audits, or none has begun")
	}()
	a.say("audits; nothing is judged yet")
	r := &run{
		Auditor: a, pace: &pace{}, teller: newTeller(a.Events, a.Metrics), known: map[inventory.ID]subject{},
		unwritten: map[inventory.ID]bool{}, weakened: map[string]string{},
		store: &store{in: a.ReportsIn, client: a.Reports, discovery: a.Discovery, kept: map[place]kept{}},
	}
	for ctx.Err() == nil {
		if why := r.due(time.Now()); why != "" {
			r.full(ctx, why)
		} else if r.standing != nil {
			r.changes(ctx)
		}
		r.watch(ctx, time.Now())
		r.tellGlass()
		r.wait(ctx)
	}
}
