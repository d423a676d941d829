package certs

import (
	"context"
	"errors"
	"fmt"
	"time"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"
)

// attempts bounds how often one pass reads again because someone else was writing.
const attempts = 5

// pass reads everything from the API server, writes what is missing, reads it back, and chooses the leaf to serve.
func (s *Self) pass(ctx context.Context) error {
	err := s.converge(ctx)
	s.mu.Lock()
	s.failure = err
	s.mu.Unlock()
	return err
}

func (s *Self) converge(ctx context.Context) error {
	var failed error
	for range attempts {
		// The configurations come first: the CA that is read after them is then at least as new as any CA in them.
		configurations, err := s.configurations(ctx)
		if err != nil {
			return err
		}
		s.decide(configurations)
		var written bool
		written, failed = s.inject(ctx, configurations)
		if !written && !overtaken(failed) {
			return failed
		}
	}
	return failed
}

// overtaken says whether an error is a failed test of our patch: someone else wrote first. API servers answer that with
// status 422, or 409 where they noticed by themselves.
func overtaken(err error) bool { return apierrors.IsInvalid(err) || apierrors.IsConflict(err) }

// configurations reads the webhook configurations that are installed.
func (s *Self) configurations(ctx context.Context) ([]*configuration, error) {
	ours := service{namespace: s.options.Namespace, name: s.options.ServiceName}
	validating, validatingErr := readValidating(ctx, s.client, s.options.ValidatingConfig, ours)
	mutating, mutatingErr := readMutating(ctx, s.client, s.options.MutatingConfig, ours)
	if err := errors.Join(validatingErr, mutatingErr); err != nil {
		return nil, err
	}
	var list []*configuration
	for _, c := range []*configuration{validating, mutating} {
		if c != nil {
			list = append(list, c)
		}
	}
	return list, nil
}

// inject brings the CA of the Secret into every entry, beside what any entry has. It says whether it wrote anything,
// so that the caller reads it back.
func (s *Self) inject(ctx context.Context, configurations []*configuration) (bool, error) {
	secret := &corev1.Secret{}
	key := types.NamespacedName{Namespace: s.options.Namespace, Name: s.options.CASecret}
	if err := s.client.Get(ctx, key, secret); err != nil {
		return false, fmt.Errorf("reading the CA Secret %s: %w", key, err)
	}
	now := s.now()
	ca, err := authorityIn(secret, now)
	if err != nil {
		return false, fmt.Errorf("CA Secret %s: %w", key, err)
	}
	s.mu.Lock()
	s.cas = s.cas.with(ca, s.options.LeafDuration, now)
	s.mu.Unlock()
	var all bundle
	for _, c := range configurations {
		for _, e := range c.entries {
			all = append(all, e.cas...)
		}
	}
	wanted := all.with(ca, s.options.LeafDuration, now)
	var written bool
	for _, c := range configurations {
		wrote, err := c.inject(ctx, s.client, wanted)
		written = written || wrote
		if err != nil {
			return written, err
		}
	}
	return written, nil
}

// watched is one object whose changes start a pass.
type watched struct {
	what    string
	list    func() client.ObjectList
	options []client.ListOption
}

func (s *Self) watches() []watched {
	list := []watched{{
		what:    "CA Secret",
		list:    func() client.ObjectList { return &corev1.SecretList{} },
		options: []client.ListOption{client.InNamespace(s.options.Namespace), named(s.options.CASecret)},
	}}
	if name := s.options.ValidatingConfig; name != "" {
		list = append(list, watched{
			what:    "ValidatingWebhookConfiguration",
			list:    func() client.ObjectList { return &admissionregistrationv1.ValidatingWebhookConfigurationList{} },
			options: []client.ListOption{named(name)},
		})
	}
	if name := s.options.MutatingConfig; name != "" {
		list = append(list, watched{
			what:    "MutatingWebhookConfiguration",
			list:    func() client.ObjectList { return &admissionregistrationv1.MutatingWebhookConfigurationList{} },
			options: []client.ListOption{named(name)},
		})
	}
	return list
}

// named asks for one object by name; with it, a rule of RBAC that is limited by resourceNames allows a watch.
func named(name string) client.ListOption { return client.MatchingFields{"metadata.name": name} }

// watch starts a pass at every event. Events only say when to look: what decides is always read from the API server.
func (s *Self) watch(ctx context.Context, w watched) {
	for ctx.Err() == nil {
		events, err := s.client.Watch(ctx, w.list(), w.options...)
		if err != nil {
			if ctx.Err() == nil {
				log.FromContext(ctx).Error(err, "watching, looking every Resync meanwhile", "what", w.what)
			}
			pause(ctx, s.options.Resync)
			continue
		}
		for open := true; open; {
			select {
			case <-ctx.Done():
				open = false
			case _, open = <-events.ResultChan():
				s.wake()
			}
		}
		events.Stop()
		pause(ctx, s.options.Retry)
	}
}

// wake makes the next pass happen now.
func (s *Self) wake() {
	select {
	case s.changed <- struct{}{}:
	default:
	}
}

// pause waits, or returns when the context ends.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
