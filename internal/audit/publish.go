package audit

import (
	"context"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/dittoguard/dittoguard/internal/inventory"
)

// publish says of each subject what there is to say of it now.
func (r *run) publish(ctx context.Context, subjects []inventory.ID) {
	slices.SortFunc(subjects, func(a, b inventory.ID) int { return strings.Compare(a.String(), b.String()) })
	for _, id := range slices.Compact(subjects) {
		if ctx.Err() != nil {
			return
		}
		r.pace.rest()
		found := r.standing.Of(ctx, id)
		if ctx.Err() != nil {
			return
		}
		r.Metrics.found(id, found)
		was, said := r.known[id]
		o := r.Inventory.Get(id.GroupKind, id.Namespace, id.Name)
		if o == nil {
			// Nobody is told of what is gone.
			r.forget(ctx, id, was.at)
			continue
		}
		is := subject{verdicts(found), place{id.Namespace, namePrefix + string(o.Meta.UID)}}
		if said && was.at != is.at { // another object of that name
			r.forget(ctx, id, was.at)
			was = subject{}
		} else if !said {
			was.verdicts = r.store.kept[is.at].verdicts
		}
		r.teller.tell(o, was.verdicts, is.verdicts)
		document := newReport(o, found, r.store.kept[is.at].since, time.Now())
		if document == nil {
			r.forget(ctx, id, is.at)
			continue
		}
		r.known[id] = is
		r.report(ctx, id, func() (string, bool, error) {
			written, err := r.store.write(ctx, document)
			return "written", written, err
		})
	}
}

// forget forgets an object of which there is nothing to say, and deletes its report.
func (r *run) forget(ctx context.Context, id inventory.ID, at place) {
	delete(r.known, id)
	r.report(ctx, id, func() (string, bool, error) {
		removed, err := r.store.remove(ctx, at)
		return "deleted", removed, err
	})
}

// report has a report written or deleted, now or later.
func (r *run) report(ctx context.Context, id inventory.ID, do func() (what string, done bool, err error)) {
	if r.store.api == nil {
		return
	}
	if time.Now().Before(r.retryAt) {
		r.unwritten[id] = true
		return
	}
	what, done, err := do()
	r.pace.begin() // waiting for an API server is no work
	delete(r.unwritten, id)
	switch {
	case err != nil && !ofTheObject(err):
		r.unwritten[id] = true
		r.retryAt = time.Now().Add(retry)
		fallthrough
	case err != nil:
		r.failed(ctx, err)
	case done:
		r.Metrics.reports.WithLabelValues(what).Inc()
	}
}

// ofTheObject says that an error is about one report, so that others can be written, and this one cannot be by trying
// again.
func ofTheObject(err error) bool {
	return apierrors.IsInvalid(err) || apierrors.IsRequestEntityTooLargeError(err) ||
		apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause)
}

// tidy deletes reports of which nothing is left to say, and tells so if their object is there.
func (r *run) tidy(ctx context.Context) {
	for at, was := range r.store.kept {
		var id inventory.ID
		if was.scope != nil {
			id = inventory.Ref{APIVersion: was.scope.APIVersion, Kind: was.scope.Kind, Namespace: was.scope.Namespace,
				Name: was.scope.Name}.ID()
		}
		o := r.Inventory.Get(id.GroupKind, id.Namespace, id.Name)
		found := r.standing.Of(ctx, id)
		if ctx.Err() != nil {
			return
		}
		if there := o != nil && at.name == namePrefix+string(o.Meta.UID); there &&
			(r.unwritten[id] || newReport(o, found, nil, time.Time{}) != nil) {
			continue
		} else if there {
			r.teller.tell(o, was.verdicts, nil)
		}
		done, err := r.store.remove(ctx, at)
		if err != nil {
			r.failed(ctx, err)
		} else if done {
			r.Metrics.reports.WithLabelValues("deleted").Inc()
		}
	}
}

// failed notes that reports could not be read or written.
func (r *run) failed(ctx context.Context, err error) {
	if ctx.Err() == nil {
		r.Metrics.reports.WithLabelValues("failed").Inc()
		r.Log.Info("reports could not be kept, trying again", "error", err.Error())
	}
}
