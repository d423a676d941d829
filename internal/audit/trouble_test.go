package audit

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	clienttesting "k8s.io/client-go/testing"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// TestAStormIsOnePieceOfWork: however often and however many objects change, they are judged once; beyond what the queue keeps, everything
// is, and that is said.
func TestAStormIsOnePieceOfWork(t *testing.T) {
	audited(t, []string{"openreports"}, gateway, func(w *world) {
		w.writes()
		for n := range 500 {
			w.apply(strings.Replace(entry, "/api/2/things", fmt.Sprintf("/api/2/things/%d", n), 1))
		}
		w.settle()
		if n := w.passes(whyChanges); n != 1 {
			t.Errorf("%d passes for 500 changes", n)
		}
		if n := w.writes(); n > 2 {
			t.Errorf("%d writes", n)
		}
		for n := range mostObjects + 1 {
			w.apply(fmt.Sprintf("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c%d, namespace: shop}\ndata: {a: b}\n", n))
		}
		w.settle()
		if n := w.passes(whyOverflow); n != 1 {
			t.Errorf("%d full passes for too many changes", n)
		}
		if !strings.Contains(w.logged(), "too many changes at once") {
			t.Error("that is not said")
		}
	})
}

// TestAnAPIServerThatRefusesReports is asked again after a while and not for each of them, and everything is written in the end.
func TestAnAPIServerThatRefusesReports(t *testing.T) {
	audited(t, []string{"openreports"}, gateway, func(w *world) {
		var refused atomic.Int32
		var gone atomic.Bool
		w.api.PrependReactor("*", "*", func(action clienttesting.Action) (bool, runtime.Object, error) {
			if gone.Load() || action.GetVerb() == "list" {
				return false, nil, nil
			}
			refused.Add(1)
			return true, nil, apierrors.NewForbidden(schema.GroupResource{Resource: "reports"}, "x", errors.New("taken away"))
		})
		w.apply(entry)
		time.Sleep(5 * time.Minute)
		w.settle()
		if n := refused.Load(); n == 0 || n > 20 {
			t.Errorf("%d requests in 5 minutes", n)
		}
		if note := w.auditor.Note(); !strings.Contains(note, "reports are still to be written") {
			t.Error(note)
		}
		if w.findings("preauth-exposed", "deny", "ditto") != 1 {
			t.Error("there is no metric either")
		}
		gone.Store(true)
		time.Sleep(2 * retry)
		w.settle()
		if report := w.reports("openreports")["dittoguard-ingress-api"]; report == nil || strings.Contains(w.auditor.Note(), "to be written") {
			t.Errorf("%v: %s", report, w.auditor.Note())
		}
	})
}

// TestSomebodyElseChangesAReport: it is written as it should be, at the latest when everything is judged again.
func TestSomebodyElseChangesAReport(t *testing.T) {
	audited(t, []string{"openreports"}, gateway+entry, func(w *world) {
		const name = "dittoguard-deployment-gateway"
		client := w.api.Resource(reportAPIs[0].version.WithResource("reports")).Namespace("ditto")
		before := w.reports("openreports")[name]
		spoilt := before.DeepCopy()
		spoilt.Object["results"] = []any{}
		if _, err := client.Update(t.Context(), spoilt, updateOptions); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * defaultInterval)
		w.settle()
		if results := of(t, w.reports("openreports")[name].Object, "preauth-exposed"); len(results) != 1 {
			t.Errorf("results: %v", results)
		}
		if said := w.said(); len(said) == 0 {
			t.Error("nothing was ever told")
		}
	})
}

// TestAnObjectThatIsMadeAnew is another object: its report is its own, and the one of its predecessor goes.
func TestAnObjectThatIsMadeAnew(t *testing.T) {
	audited(t, []string{"openreports"}, gateway+entry, func(w *world) {
		w.said()
		o := w.Get(inventory.Ingress, "ditto", "api")
		w.Delete(o.Ref.ID())
		w.apply(strings.Replace(entry, "name: api,", "name: api, uid: another,", 1))
		w.settle()
		reports := w.reports("openreports")
		if reports["dittoguard-another"] == nil || reports["dittoguard-ingress-api"] != nil {
			t.Errorf("%v", reports)
		}
	})
}

// TestAReportStaysSmall: an object with very much to say about does not exceed what an API server takes, and the summary counts all.
func TestAReportStaysSmall(t *testing.T) {
	var found check.Found
	for n := range 1000 {
		found.Findings = append(found.Findings, check.Finding{
			Rule: "preauth-exposed", Action: check.ActionDeny, Message: strings.Repeat("ö", 10_000), Path: []string{strings.Repeat("way ", 10_000)},
			Routes: []string{strings.Repeat("r", 10_000)}, Keys: []string{fmt.Sprint(n)}, Notes: []string{strings.Repeat("n", 10_000)},
		})
	}
	o := &inventory.Object{Ref: inventory.Ref{APIVersion: "v1", Kind: "Service", Namespace: "ditto", Name: "s"}, Meta: &metaWithUID}
	r := newReport(o, found, nil, time.Unix(1, 0))
	kept := len(r.Results) - 1
	if size := len(encode(r)); size > 1_000_000 || kept < 40 || r.Summary.Fail != 1000 {
		t.Errorf("%d bytes, %d results, %d fail", size, kept, r.Summary.Fail)
	}
	if last := r.Results[kept].Message; last != fmt.Sprintf("%d more results; `dittoguard audit` prints all", 1000-kept) {
		t.Error(last)
	}
	for i := range found.Findings {
		f := &found.Findings[i]
		f.Message, f.Path, f.Routes, f.Notes = "small", nil, nil, nil
	}
	if r = newReport(o, found, nil, time.Unix(1, 0)); len(r.Results) != mostResults+1 {
		t.Errorf("%d results", len(r.Results))
	}
}

// TestTooManyEvents: those beyond the limit are left out and counted.
func TestTooManyEvents(t *testing.T) {
	many := gateway
	for n := range 150 {
		many += strings.Replace(entry, "name: api,", fmt.Sprintf("name: api-%d,", n), 1)
	}
	audited(t, nil, many, func(w *world) {
		if n := len(w.said()); n < eventsAtOnce || n > eventsAtOnce+60 {
			t.Errorf("%d Events", n)
		}
		if n := w.counter("dittoguard_audit_events_total", "result", "left out"); n == 0 {
			t.Error("what was left out is not counted")
		}
	})
}

// TestAKindThatFallsSick: what is not there cannot be trusted any more, so that everything is judged again, and once more when it is well.
func TestAKindThatFallsSick(t *testing.T) {
	audited(t, nil, gateway, func(w *world) {
		for n, sick := range []bool{true, false} {
			w.sick.Store(sick)
			w.settle()
			if got := w.passes(whyKinds); got != n+1 {
				t.Errorf("%d full passes, want %d", got, n+1)
			}
		}
	})
}
