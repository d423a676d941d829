package audit

import (
	"fmt"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/util/flowcontrol"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// The reasons of Events, which are about the object that has to change.
const (
	// ReasonViolation: a rule finds something that is denied or warned of.
	ReasonViolation = "PolicyViolation"
	// ReasonUnknown: a rule cannot be decided any more, or from the start.
	ReasonUnknown = "PolicyUnknown"
	// ReasonResolved: a rule finds nothing any more, and is not in doubt either.
	ReasonResolved = "PolicyResolved"
)

// Events are where Events go. Rule is what the Event is about: two with the same one, reason and object are
// repetitions.
type Events interface {
	Event(regarding *corev1.ObjectReference, eventtype, reason, rule, note string)
}

// At first so many Events are sent at once, and then one in so many seconds. Those beyond are left out: reports and
// metrics have it all.
const (
	eventsAtOnce    = 100
	eventsPerSecond = 1
)

// longestNote is what an API server takes.
const longestNote = 1024

// teller sends an Event for each rule of an object whose verdict is another one.
type teller struct {
	events  Events
	limit   flowcontrol.PassiveRateLimiter
	metrics *Metrics
}

func newTeller(events Events, metrics *Metrics) *teller {
	return &teller{events: events, limit: flowcontrol.NewTokenBucketPassiveRateLimiter(eventsPerSecond, eventsAtOnce),
		metrics: metrics}
}

// verdict is what a rule makes of an object: a reason and, for people, why.
type verdict struct{ reason, note string }

// verdicts are those of all rules that find or doubt something of an object. What is only recorded, and what no rule is
// about, is none.
func verdicts(found check.Found) map[string]verdict {
	by := map[string]verdict{}
	count := map[string]int{}
	for i := range found.Findings {
		f := &found.Findings[i]
		if f.Action != check.ActionDeny && f.Action != check.ActionWarn {
			continue
		}
		if count[f.Rule]++; count[f.Rule] == 1 {
			note := f.Rule + ": " + f.Message
			if f.Advice != "" {
				note += ". Fix: " + f.Advice
			}
			by[f.Rule] = verdict{ReasonViolation, note}
		}
	}
	for rule, n := range count {
		if n > 1 {
			by[rule] = verdict{ReasonViolation, fmt.Sprintf("%s (and %d more)", cut(by[rule].note, longestNote-32),
				n-1)}
		}
	}
	for _, u := range found.Unknown {
		if _, worse := by[u.Rule]; !worse && u.Rule != "" {
			by[u.Rule] = verdict{ReasonUnknown, fmt.Sprintf("%s: %s cannot be decided: %s", u.Rule, u.What, u.Message)}
		}
	}
	return by
}

// earlier are the verdicts that a report has kept.
func (r *report) verdicts() map[string]verdict {
	by := map[string]verdict{}
	for _, one := range r.Results {
		switch {
		case one.Policy == noRule:
		case one.Properties[propertyAct] == string(check.ActionDeny),
			one.Properties[propertyAct] == string(check.ActionWarn):
			by[one.Policy] = verdict{reason: ReasonViolation}
		case one.Result == resultError && by[one.Policy].reason == "":
			by[one.Policy] = verdict{reason: ReasonUnknown}
		}
	}
	return by
}

// tell sends what has become of an object.
func (t *teller) tell(o *inventory.Object, was, is map[string]verdict) {
	rules := slices.Collect(maps.Keys(was))
	for rule := range is {
		if _, both := was[rule]; !both {
			rules = append(rules, rule)
		}
	}
	slices.Sort(rules)
	for _, rule := range rules {
		now := is[rule]
		if now.reason == was[rule].reason {
			continue
		}
		if now.reason == "" {
			now = verdict{ReasonResolved, rule + ": nothing is found any more"}
		}
		kind := corev1.EventTypeNormal
		if now.reason == ReasonViolation {
			kind = corev1.EventTypeWarning
		}
		sent := t.limit.TryAccept()
		t.metrics.event(now.reason, sent)
		if sent {
			t.events.Event(&corev1.ObjectReference{
				APIVersion: o.Ref.APIVersion, Kind: o.Ref.Kind, Namespace: o.Ref.Namespace, Name: o.Ref.Name,
				UID: o.Meta.UID, ResourceVersion: o.Meta.ResourceVersion,
			}, kind, now.reason, rule, cut(now.note, longestNote))
		}
	}
}
