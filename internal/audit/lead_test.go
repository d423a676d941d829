package audit

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/ditto/index"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// replica is one of several that want to audit, with nothing to judge.
type replica struct {
	*Auditor

	stop context.CancelFunc
	done chan struct{}
}

func (r replica) leads() bool { return testutil.ToFloat64(r.Metrics.leading) == 1 }

func newReplica(t *testing.T, client *fake.Clientset, name string) replica {
	t.Helper()
	r := replica{done: make(chan struct{}), Auditor: New(Options{
		Checker: func() *check.Checker { return nil }, Inventory: inventory.NewMemory(index.Of, nil), Synced: func() bool { return false },
		Queue: NewQueue(), ReportsIn: ReportsNone, Metrics: NewMetrics(prometheus.NewRegistry()),
	})}
	var ctx context.Context
	ctx, r.stop = context.WithCancel(t.Context())
	go func() {
		defer close(r.done)
		if err := r.Lead(ctx, client, Lease{Namespace: "dittoguard", Name: "dittoguard-audit", Identity: name}); err != nil {
			t.Error(err)
		}
	}()
	return r
}

// TestOneReplicaAudits: another one goes on at once when it ends, and after a while when the API server lets it keep the lease no more.
func TestOneReplicaAudits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := fake.NewClientset()
		var broken atomic.Value
		broken.Store("nobody")
		client.PrependReactor("update", "leases", func(action clienttesting.Action) (bool, runtime.Object, error) {
			lease, ok := action.(clienttesting.UpdateAction).GetObject().(*coordinationv1.Lease)
			if ok && lease.Spec.HolderIdentity != nil && *lease.Spec.HolderIdentity == broken.Load() {
				return true, nil, errors.New("the network is down")
			}
			return false, nil, nil
		})
		wait := func(d time.Duration) { time.Sleep(d); synctest.Wait() }
		a := newReplica(t, client, "a")
		wait(time.Second)
		b := newReplica(t, client, "b")
		wait(time.Minute)
		if !a.leads() || b.leads() {
			t.Fatalf("a: %v, b: %v", a.leads(), b.leads())
		}
		a.stop()
		<-a.done
		wait(2 * renewEvery)
		if a.leads() || !b.leads() {
			t.Errorf("after a has ended: a: %v, b: %v", a.leads(), b.leads())
		}
		c := newReplica(t, client, "c")
		broken.Store("b")
		wait(renewWithin + leaseFor + 2*renewEvery)
		if b.leads() || !c.leads() {
			t.Errorf("after b was cut off: b: %v, c: %v", b.leads(), c.leads())
		}
		if note := b.Note(); note != "another replica audits, or none has begun" {
			t.Error(note)
		}
		b.stop()
		c.stop()
		<-b.done
		<-c.done
		lease, err := client.CoordinationV1().Leases("dittoguard").Get(t.Context(), "dittoguard-audit", metav1.GetOptions{})
		if err != nil || lease.Spec.HolderIdentity != nil && *lease.Spec.HolderIdentity != "" {
			t.Errorf("the lease is not given back: %v, %v", lease, err)
		}
	})
}
