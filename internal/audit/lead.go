package audit

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes"
	clientscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/events"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
)

// A replica that ends hands the lease over at once. One that is killed is succeeded when the lease has run out.
const (
	leaseFor    = 30 * time.Second
	renewWithin = 20 * time.Second
	renewEvery  = 5 * time.Second
	// again is how long after the audit has failed it begins anew.
	again = 30 * time.Second
)

// Lease says by which object the replicas agree who audits.
type Lease struct {
	Namespace, Name string
	// Identity is that of this replica.
	Identity string
}

// Lead audits whenever this replica holds the lease, until the context ends, and returns nil then. It never ends the
// process: admission does not depend on the audit.
func (a *Auditor) Lead(ctx context.Context, client kubernetes.Interface, lease Lease) error {
	lock, err := resourcelock.New(resourcelock.LeasesResourceLock, lease.Namespace, lease.Name,
		client.CoreV1(), client.CoordinationV1(), resourcelock.ResourceLockConfig{Identity: lease.Identity})
	if err != nil {
		return fmt.Errorf("preparing the audit's lease: %w", err)
	}
	var running sync.Mutex
	for ctx.Err() == nil {
		elector, err := leaderelection.NewLeaderElector(leaderelection.LeaderElectionConfig{
			Lock: lock, Name: lease.Name, LeaseDuration: leaseFor, RenewDeadline: renewWithin, RetryPeriod: renewEvery,
			ReleaseOnCancel: true,
			Callbacks: leaderelection.LeaderCallbacks{
				OnStartedLeading: func(ctx context.Context) {
					// Whoever lost the lease and has it again finishes first what was begun.
					running.Lock()
					defer running.Unlock()
					a.keepRunning(ctx)
				},
				OnStoppedLeading: func() {},
			},
		})
		if err != nil {
			return fmt.Errorf("preparing to choose who audits: %w", err)
		}
		elector.Run(ctx)
	}
	running.Lock()
	defer running.Unlock()
	return nil
}

// keepRunning runs the audit until the context ends. A panic of its own ends the audit for a while, and nothing else.
func (a *Auditor) keepRunning(ctx context.Context) {
	for ctx.Err() == nil {
		func() {
			defer func() {
				if r := recover(); r != nil {
					a.Metrics.errors.Inc()
					a.Log.Info("the audit failed and begins anew", "panic", fmt.Sprint(r), "stack",
						string(debug.Stack()))
				}
			}()
			a.Run(ctx)
		}()
		select {
		case <-ctx.Done():
		case <-time.After(again):
		}
	}
}

// Sender sends Events to the API server once it is started. Those that repeat within some minutes become one.
type Sender struct {
	broadcaster events.EventBroadcaster
	recorder    events.EventRecorder
}

// NewEvents makes a sender.
func NewEvents(client kubernetes.Interface) *Sender {
	broadcaster := events.NewBroadcaster(&events.EventSinkImpl{Interface: client.EventsV1()})
	return &Sender{broadcaster, broadcaster.NewRecorder(clientscheme.Scheme, "dittoguard.io/audit")}
}

// Start has it send until the context ends.
func (s *Sender) Start(ctx context.Context) error {
	if err := s.broadcaster.StartRecordingToSinkWithContext(ctx); err != nil {
		return fmt.Errorf("preparing to send Events: %w", err)
	}
	context.AfterFunc(ctx, s.broadcaster.Shutdown)
	return nil
}

// Event implements Events.
func (s *Sender) Event(regarding *corev1.ObjectReference, eventtype, reason, rule, note string) {
	// Events of one action are taken for repetitions, whatever their notes say.
	s.recorder.Eventf(regarding, nil, eventtype, reason, rule, "%s", note)
}
