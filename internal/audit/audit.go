// Package audit judges a running cluster all the time: once from the start, then whatever a change can concern. It says
// what it finds in reports, Events and metrics. Admission sees changes only; what was there before, what two requests
// opened at the same moment, and what an exception that lapsed leaves open is for the audit to find.
package audit

import (
	"context"
	"fmt"
	"runtime/debug"
	"strings"
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

// run is one time that a replica audits.
type run struct {
	*Auditor

	pace    *pace
	store   *store
	teller  *teller
	checker *check.Checker
	sick    string
	// standing is what stands, nil before the first pass; overflow says that changes were lost.
	standing *check.Standing
	overflow bool
	lastFull time.Time
	lapses   time.Time
	looked   time.Time
	// told says that it has been said that there is no API of reports.
	told string
	// known is what was said of objects of which there is something to say.
	known map[inventory.ID]subject
	// unwritten are the objects whose reports could not be written; they are tried again at retryAt.
	unwritten map[inventory.ID]bool
	retryAt   time.Time
	// weakened is what was said of each webhook configuration, and watched when they were looked at.
	weakened map[string]string
	watched  time.Time
	// glass is what was said of it, and broken whether it was.
	glass  string
	broken bool
}

// subject is what was said of an object: the verdicts that Events told, and where its report is.
type subject struct {
	verdicts map[string]verdict
	at       place
}

// due says why everything has to be judged, empty if it need not be.
func (r *run) due(now time.Time) string {
	checker := r.Checker()
	switch {
	case checker == nil || !r.Synced():
		return ""
	case r.standing == nil:
		return whyStart
	case r.overflow:
		return whyOverflow
	case checker != r.checker:
		return whyConfiguration
	case r.Sick() != r.sick:
		return whyKinds
	case !r.lapses.IsZero() && !now.Before(r.lapses):
		return whyLapsed
	case now.Sub(r.lastFull) >= r.Interval:
		return whyInterval
	}
	return ""
}

// wait returns when something changed, or it is time to look for what no change tells.
func (r *run) wait(ctx context.Context) {
	look := time.NewTimer(glance)
	defer look.Stop()
	select {
	case <-ctx.Done():
	case <-look.C:
	case <-r.Queue.wake:
		settle := time.NewTimer(gather)
		defer settle.Stop()
		select {
		case <-ctx.Done():
		case <-settle.C:
		}
	}
}

// full judges everything.
func (r *run) full(ctx context.Context, why string) {
	began := time.Now()
	r.pace.begin()
	// What changes from here on is judged again after this pass.
	r.Queue.take()
	r.overflow = false
	r.checker, r.sick = r.Checker(), r.Sick()
	first := r.lastFull.IsZero()
	r.standing = nil // two at once would take twice the memory, and nobody asks meanwhile
	standing, err := r.checker.Stand(ctx, r.Inventory, r.Inventory.All(), r.pace.rest)
	if err != nil {
		return // the context has ended, and with it the audit
	}
	r.standing = standing
	r.lapses = r.checker.NextLapse()
	r.lookForReports(ctx)
	if err := r.store.load(ctx); err != nil {
		r.failed(ctx, err)
	}
	subjects := standing.Subjects()
	for id := range r.known {
		subjects = append(subjects, id)
	}
	r.publish(ctx, subjects)
	r.tidy(ctx)
	r.lastFull = time.Now()
	took := r.lastFull.Sub(began)
	r.Metrics.pass(why, took, r.lastFull)
	if first || why != whyInterval {
		r.Log.Info("everything judged", "why", why, "took", took.Round(time.Millisecond).String(), "subjects",
			len(standing.Subjects()))
	}
	r.conclude()
	if first {
		debug.FreeOSMemory() // judging everything needs more than keeping what stands
	}
}

// changes judges what changed.
func (r *run) changes(ctx context.Context) {
	r.pace.begin()
	touched, overflow := r.Queue.take()
	if overflow {
		r.Log.Info("too many changes at once to follow them one by one; everything is judged again")
		r.overflow = true
		r.Queue.wakeUp()
		return
	}
	if r.standing.Waits() {
		r.standing.Retry()
	}
	subjects, err := r.standing.Update(ctx, touched)
	if err != nil {
		return
	}
	if !time.Now().Before(r.retryAt) {
		for id := range r.unwritten {
			subjects = append(subjects, id)
		}
	}
	if time.Since(r.looked) >= lookForReports && r.lookForReports(ctx) {
		if err := r.store.load(ctx); err != nil {
			r.failed(ctx, err)
		}
		subjects = append(subjects, r.standing.Subjects()...)
	}
	if len(subjects) == 0 {
		return
	}
	if len(touched.Objects) > 0 {
		r.Metrics.pass(whyChanges, 0, time.Time{})
	}
	r.publish(ctx, subjects)
	r.conclude()
}

// conclude says how things stand.
func (r *run) conclude() {
	note := fmt.Sprintf("audits; everything judged at %s, %d objects with findings",
		r.lastFull.UTC().Format(time.RFC3339), len(r.standing.Subjects()))
	if n, err := r.standing.Failed(); n > 0 {
		r.Metrics.errors.Inc()
		r.Log.Error(err, "some objects could not be judged", "groups", n)
		note += fmt.Sprintf("; %d groups of objects could not be judged: %v", n, err)
	}
	if len(r.unwritten) > 0 {
		note += fmt.Sprintf("; %d reports are still to be written", len(r.unwritten))
	}
	if r.told != "" {
		note += "; " + r.told
	}
	r.say("%s", strings.ReplaceAll(note, "\n", "; "))
}

// lookForReports looks where reports can be written, and says whether that is somewhere else than before.
func (r *run) lookForReports(ctx context.Context) bool {
	r.looked = time.Now()
	if r.ReportsIn == ReportsNone {
		return false
	}
	changed, err := r.store.look(ctx)
	if err != nil {
		r.Log.Info("looking for an API of reports failed, trying again", "error", err.Error())
		return false
	}
	told := ""
	if err := r.store.missing(); err != nil {
		told = err.Error()
	}
	if told != r.told && told != "" {
		r.Log.Info(told)
	}
	if changed && r.store.api != nil {
		r.Log.Info("reports are written", "api", r.store.api.version.String())
	}
	r.told = told
	return changed
}
