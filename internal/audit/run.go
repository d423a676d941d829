package audit

import (
	"context"
	"fmt"
	"runtime/debug"
	"strings"
	"time"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// run is one time that a replica audits.
type run struct {
	*Auditor

	pace    *pace
	store   *store
	teller  *teller
	checker *check.Checker
	sick    string
	// standing is what stands, nil before the first pass and during each; overflow says that changes were lost.
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
