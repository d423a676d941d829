package faults

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/dittoguard/dittoguard/test/cluster"
)

const (
	// clients work all the while: four of each kind.
	clients = 16
	// wholeWithin is how long it may take until all is whole again. Only what stays broken gets to it.
	wholeWithin = 3 * time.Minute
	// endpointGone is how long a replica that has died may stay among the Service's endpoints, with the time that a call of it takes.
	endpointGone = 15 * time.Second
	one, two     = "replica-one", "replica-two"
)

// values are the chart's. Judging may take longer than elsewhere, since the machine is busy with all of a control plane.
var values = `
protectedNamespaces: [ditto]
webhook: {timeoutSeconds: 10}
rules:
  own.yaml: |
` + regexp.MustCompile(`(?m)^(.)`).ReplaceAllString(ownRule, "    $1")

// bed is a control plane with two replicas under load.
type bed struct {
	*cluster.Cluster

	binary   string
	replicas *cluster.Balanced
	// load is the work that goes on now.
	load *load
	// clocked is the binary with a clock that can be moved, once it is built, in dir.
	clocked, dir string
	clocks       clocks
	// bigOnes counts the large objects that were answered.
	bigOnes atomic.Int64
}

// until waits until something works.
func until(ctx context.Context, try func() error) error {
	began := time.Now()
	ctx, cancel := context.WithTimeout(ctx, 2*wholeWithin)
	defer cancel()
	for {
		err := try()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("not within %s: %w", time.Since(began).Round(time.Second), err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// complete waits until both replicas get connections.
func (b *bed) complete(ctx context.Context) error {
	return until(ctx, func() error {
		if got := b.replicas.Endpoints(); len(got) != 2 {
			return fmt.Errorf("endpoints are %v", got)
		}
		return nil
	})
}

// row is what a fault did.
type row struct {
	fault               *fault
	clients             int
	asked               [bad + 1]int64
	wrong               int64
	unrelated, harmless int
	refusals, anyway    int
	whole               time.Duration
}

func TestMain(m *testing.M) {
	ctrl.SetLogger(logr.Discard())
	os.Exit(m.Run())
}

// TestFaults: whatever happens, nothing gets into the protected namespace that must not, nothing fails outside of it, nothing in it but while
// nobody can judge, and all is whole again by itself.
func TestFaults(t *testing.T) {
	cluster.NeedAssets(t)
	b := newBed(t)
	var rows []row
	for i := range faults {
		f := &faults[i]
		if testing.Short() && !f.short {
			continue // `make faults` has them all
		}
		ok := t.Run(f.name, func(t *testing.T) { rows = append(rows, b.suffer(t, f)) })
		if !ok {
			break // the next one would begin with what this one has left
		}
	}
	t.Logf("two replicas, and %d clients where nothing else is said:\n%s", clients, table(rows))
}

func newBed(t *testing.T) *bed {
	t.Helper()
	b := &bed{Cluster: cluster.ForTest(t), dir: t.TempDir()}
	for _, name := range []string{protected, elsewhere} {
		if err := b.Client.Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}); err != nil {
			t.Fatal(err)
		}
	}
	binary, err := cluster.Build(t.Context(), ".", "./cmd/dittoguard", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if out, err := b.InstallChart(t.Context(), values); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	b.binary = binary
	if b.replicas, err = b.StartBalanced(t.Context(), binary, one, two); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		b.replicas.Kill()
		if t.Failed() {
			for name, s := range b.replicas.Serves {
				t.Log(name, s.Tail(15))
			}
		}
	})
	return b
}

// suffer has a fault happen while clients work.
func (b *bed) suffer(t *testing.T, f *fault) row {
	t.Helper()
	l := &load{client: b.Client}
	b.load = l
	if f.prepare != nil {
		mend, err := f.prepare(t, b)
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := mend(context.WithoutCancel(t.Context())); err != nil {
				t.Error(err)
			}
		}()
	}
	before := errors.Join(b.complete(t.Context()), until(t.Context(), func() error { return l.whole(t.Context()) }))
	if before != nil {
		t.Fatalf("before anything happened: %v", before)
	}
	r := row{fault: f, clients: max(f.clients, clients)}
	stop := l.start(t.Context(), r.clients)
	time.Sleep(500 * time.Millisecond)
	struck := time.Now()
	if err := f.strike(t.Context(), b); err != nil {
		stop()
		t.Fatal(err)
	}
	err := errors.Join(b.complete(t.Context()), until(t.Context(), func() error { return l.whole(t.Context()) }))
	r.whole = time.Since(struck)
	time.Sleep(500 * time.Millisecond)
	stop()
	if err != nil {
		t.Errorf("it is not whole again: %v", err)
	}
	for k := range r.asked {
		if r.asked[k] = l.asked[k].Load(); r.asked[k] == 0 {
			t.Errorf("nobody asked for what is of kind %d", k)
		}
	}
	if r.wrong = l.admitted.Load(); r.wrong > 0 {
		t.Errorf("%d got in that must not: %s", r.wrong, strings.Join(l.wrong, ", "))
	}
	r.unrelated = b.count(t, l.beyond(unrelated), struck, 0)
	r.harmless = b.count(t, l.beyond(harmless), struck, f.closes)
	r.refusals = b.count(t, l.beyond(bad), struck, f.closes)
	r.anyway = len(l.failures) - r.unrelated - r.harmless - r.refusals
	return r
}

// count counts failures, of which none may be outside of a time from the strike on.
func (b *bed) count(t *testing.T, list []failure, struck time.Time, closes time.Duration) int {
	t.Helper()
	told := 0
	for _, f := range list {
		if at := f.from.Sub(struck); at < 0 && f.to.Before(struck) || at > closes || closes == 0 {
			if told++; told <= 5 {
				t.Errorf("%s after the fault began, and %s long: %v", at.Round(time.Millisecond), f.to.Sub(f.from).Round(time.Millisecond), f.err)
			}
		}
	}
	return len(list)
}

// table is for people. "Anyway" are those that failed while the control plane itself hung or was away.
func table(rows []row) string {
	var text strings.Builder
	w := tabwriter.NewWriter(&text, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "fault\twrong allows\tfailed: unrelated\tDitto's\tto be refused\tanyway\tof requests\twhole after\twhy Ditto's fail")
	for _, r := range rows {
		var all int64
		for _, n := range r.asked {
			all += n
		}
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%s\t%s\n", r.fault.name, r.wrong, r.unrelated, r.harmless, r.refusals, r.anyway, all, r.whole.Round(100*time.Millisecond), r.fault.why)
	}
	_ = w.Flush()
	return text.String()
}
