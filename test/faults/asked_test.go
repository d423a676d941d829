package faults

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	eventsv1 "k8s.io/api/events/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/dittoguard/dittoguard/test/cluster"
)

// TestTheAuditNoticesThatNobodyAsks: the webhook configuration has the conditions that it should have, by their names, and one of them says
// that nobody has to ask. What changes all the same gives it away.
func TestTheAuditNoticesThatNobodyAsks(t *testing.T) {
	if testing.Short() {
		return // a request may come minutes before its change is seen, so it takes minutes until there can be none; `make faults` waits
	}
	cluster.NeedAssets(t)
	b := newBed(t)
	l := &load{client: b.Client}
	if err := until(t.Context(), func() error { return l.whole(t.Context()) }); err != nil {
		t.Fatal(err)
	}
	validating := &admissionregistrationv1.ValidatingWebhookConfiguration{}
	mutating := &admissionregistrationv1.MutatingWebhookConfiguration{}
	for _, o := range []client.Object{validating, mutating} {
		if err := b.Client.Get(t.Context(), types.NamespacedName{Name: cluster.Release}, o); err != nil {
			t.Fatal(err)
		}
	}
	saidOf := func(reason string) func(context.Context) error {
		return func(ctx context.Context) error {
			var list eventsv1.EventList
			if err := b.Client.List(ctx, &list); err != nil {
				return err
			}
			var seen []string
			for _, e := range list.Items {
				if e.Reason == reason && e.Regarding.Kind == "ValidatingWebhookConfiguration" {
					return nil
				}
				seen = append(seen, e.Reason+" "+e.Regarding.Kind)
			}
			return fmt.Errorf("no Event %s among %q", reason, seen)
		}
	}
	condition := &validating.Webhooks[0].MatchConditions[0]
	was := condition.Expression
	condition.Expression = "false"
	if err := b.Client.Update(t.Context(), validating); err != nil {
		t.Fatal(err)
	}
	// Mutating requests store nothing by themselves, and do not count.
	struck := time.Now()
	stop := l.start(t.Context(), clients)
	err := within(t.Context(), 5*time.Minute, saidOf("EnforcementWeakened"))
	t.Logf("noticed %s after the last request", time.Since(struck).Round(time.Second))
	// A replica counts once it trusts that it hears of all requests, which is a minute after it or another one has started.
	for name, s := range b.replicas.Serves {
		err = errors.Join(err, within(t.Context(), 2*time.Minute, func(ctx context.Context) error {
			metrics, err := s.Metrics(ctx)
			if value := regexp.MustCompile(`dittoguard_changes_unasked{namespace="ditto"} (\S+)`).FindStringSubmatch(metrics); err != nil || value == nil || value[1] == "0" {
				return fmt.Errorf("the metric of %s is %q, %w", name, value, err)
			}
			return nil
		}))
	}
	stop()
	if err != nil {
		t.Fatal(err)
	}
	told := 0
	for _, s := range b.replicas.Serves {
		if _, detail := s.Ready(t.Context()); strings.Contains(detail, "objects change in ditto, and no replica is asked about any") {
			told++
		}
	}
	if told != 1 {
		t.Errorf("/readyz of %d replicas says it, want that of the one that audits", told)
	}

	if err := b.Client.Get(t.Context(), types.NamespacedName{Name: cluster.Release}, validating); err != nil {
		t.Fatal(err)
	}
	validating.Webhooks[0].MatchConditions[0].Expression = was
	if err := b.Client.Update(t.Context(), validating); err != nil {
		t.Fatal(err)
	}
	stop = l.start(t.Context(), clients)
	defer stop()
	if err := within(t.Context(), 2*time.Minute, saidOf("EnforcementRestored")); err != nil {
		t.Error(err)
	}
}

// within waits until something works, and no longer than that.
func within(ctx context.Context, d time.Duration, try func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	return until(ctx, func() error { return try(ctx) })
}
