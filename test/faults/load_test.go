// Package faults breaks what dittoguard runs on, while clients go on with their work: processes that are killed, an etcd that hangs, rights that
// are taken away. Of each fault it tells what was let in that must not be, what failed that need not have, and how long it took until all was
// whole again.
package faults

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// The namespaces: one that fails closed, and one where dittoguard judges, but fails open.
const (
	protected = "ditto"
	elsewhere = "elsewhere"
)

// refused is in every message of a refusal.
const refused = "is refused by dittoguard"

// slow is how long a request may take that has nothing to do with dittoguard. One that takes longer says that the control plane hangs.
const slow = time.Second

// patience is how long a client waits for an answer, which is longer than any fault lasts.
const patience = time.Minute

// kind is what a client does.
type kind int

const (
	// control are changes that no webhook is asked about: what fails among them fails without dittoguard.
	control kind = iota
	// unrelated are changes outside the protected namespace that dittoguard is asked about, and has nothing to say about.
	unrelated
	// harmless are changes in the protected namespace that have to be let in.
	harmless
	// bad are changes in the protected namespace that must not be.
	bad
)

// span is when something happened.
type span struct{ from, to time.Time }

func (s span) overlaps(o span) bool { return !s.to.Before(o.from) && !o.to.Before(s.from) }

// failure is a request that failed, and did not have to for what it asks.
type failure struct {
	span

	kind kind
	err  error
}

// load is the work of clients.
type load struct {
	client client.Client
	// asked counts requests, admitted those that must not get in, and did.
	asked    [bad + 1]atomic.Int64
	admitted atomic.Int64

	mu       sync.Mutex
	failures []failure
	// hangs are when a request failed or took long that dittoguard was not asked about, or that failed for another reason.
	hangs []span
	// wrong are the first of what got in that must not.
	wrong []string
}

// start has clients work until the returned function is called, which waits for them.
func (l *load) start(ctx context.Context, clients int) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var working sync.WaitGroup
	for n := range clients {
		working.Go(func() {
			for round := 0; ctx.Err() == nil; round++ {
				// Whoever began ends: what was cut short would count as failed.
				name := fmt.Sprintf("load-%d-%d", n, round)
				if k := kind(n % int(bad+1)); k == bad {
					l.tempt(context.WithoutCancel(ctx), name, round)
				} else {
					l.work(context.WithoutCancel(ctx), k, name)
				}
				select {
				case <-ctx.Done():
				case <-time.After(30 * time.Millisecond):
				}
			}
		})
	}
	return func() {
		cancel()
		working.Wait()
	}
}

// work creates an object and deletes it again.
func (l *load) work(ctx context.Context, k kind, name string) {
	o := object(k, name)
	if err := l.request(ctx, k, func(ctx context.Context) error { return l.client.Create(ctx, o) }); err == nil {
		l.remove(ctx, k, o)
	}
}

// remove deletes an object. What cannot be deleted now is left behind, and counts as failed.
func (l *load) remove(ctx context.Context, k kind, o client.Object) {
	_ = l.request(ctx, k, func(ctx context.Context) error { return client.IgnoreNotFound(l.client.Delete(ctx, o)) })
}

// letIn notes what must not have got in.
func (l *load) letIn(what string) {
	l.admitted.Add(1)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.wrong = append(l.wrong, what+" at "+time.Now().Format(time.StampMilli))
}

func (l *load) request(ctx context.Context, k kind, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	l.asked[k].Add(1)
	s := span{from: time.Now()}
	err := do(ctx)
	s.to = time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case err == nil && k != control || err != nil && (k == bad && strings.Contains(err.Error(), refused) || strings.Contains(err.Error(), tooLarge)):
	case err == nil:
		if s.to.Sub(s.from) > slow {
			l.hangs = append(l.hangs, s)
		}
	case k != control && ofWebhooks(err):
		l.failures = append(l.failures, failure{s, k, err})
	default:
		l.hangs = append(l.hangs, s)
	}
	return err
}

// ofWebhooks says whether a request failed because a webhook did, or refused it.
func ofWebhooks(err error) bool {
	return strings.Contains(err.Error(), "failed calling webhook") || strings.Contains(err.Error(), refused)
}

// object is one that a client creates.
func object(k kind, name string) client.Object {
	meta := metav1.ObjectMeta{Name: name, Namespace: protected}
	switch k {
	case control:
		return &corev1.ServiceAccount{ObjectMeta: meta}
	case unrelated:
		meta.Namespace = elsewhere
		return &corev1.Service{ObjectMeta: meta, Spec: corev1.ServiceSpec{Selector: map[string]string{"app": name}, Ports: []corev1.ServicePort{{Port: 80, TargetPort: intstr.FromInt32(8080)}}}}
	case harmless:
		return &corev1.ConfigMap{ObjectMeta: meta, Data: map[string]string{"greeting": "hello"}}
	}
	panic("there is no such kind")
}

// beyond are the failures of a kind that cannot be put down to a control plane that hung at the same time.
func (l *load) beyond(k kind) []failure {
	l.mu.Lock()
	defer l.mu.Unlock()
	var list []failure
	for _, f := range l.failures {
		anyway := f.kind != k
		for _, h := range l.hangs {
			anyway = anyway || f.overlaps(h)
		}
		if !anyway {
			list = append(list, f)
		}
	}
	return list
}

// whole returns nil if everything works: what must be let in is, what must not be is refused, and nobody waits.
func (l *load) whole(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	for k := range bad {
		if err := l.client.Create(ctx, object(k, "whole"), client.DryRunAll); err != nil {
			return err
		}
	}
	for round := range 2 {
		_, o := dangerous("whole", round)
		switch err := l.client.Create(ctx, o, client.DryRunAll); {
		case err == nil:
			return fmt.Errorf("what must not be is let in: %v", o)
		case !strings.Contains(err.Error(), refused):
			return err
		}
	}
	return nil
}
