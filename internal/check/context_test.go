package check_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// impatient is an inventory whose reader gives up at a question.
type impatient struct {
	inventory.Reader

	left   int
	after  int
	giveUp func()
}

func (r *impatient) ask() {
	if r.left--; r.left == 0 {
		r.giveUp()
	}
	if r.left < 0 {
		r.after++
	}
}

func (r *impatient) Get(gk schema.GroupKind, namespace, name string) *inventory.Object {
	r.ask()
	return r.Reader.Get(gk, namespace, name)
}

func (r *impatient) Find(key inventory.Key) []*inventory.Object {
	r.ask()
	return r.Reader.Find(key)
}

// TestJudgementCutShort gives up at every question in turn: a judgement that is cut short is none, whatever was found until
// then, and asks nothing any more.
func TestJudgementCutShort(t *testing.T) {
	inv, checker := load(t, "testdata/bench/ditto.yaml")
	proxied := inv.Get(schema.GroupKind{Group: "apps", Kind: "Deployment"}, "ditto", "twins-ditto-nginx")
	change := check.Change{Request: &admissionv1.AdmissionRequest{Operation: admissionv1.Create, Namespace: "ditto"}, Object: proxied}
	judge := map[string]func(context.Context, inventory.Reader) error{
		"All": func(ctx context.Context, r inventory.Reader) error {
			result, err := checker.All(ctx, r, inv.All())
			if err != nil && len(result.Findings)+len(result.Unknown) > 0 {
				t.Errorf("All: not judged, and findings: %v", result)
			}
			return err
		},
		"Change": func(ctx context.Context, r inventory.Reader) error {
			verdict, err := checker.Change(ctx, r, change)
			if err != nil && len(verdict.Denied)+len(verdict.Warned)+len(verdict.Unknown) > 0 {
				t.Errorf("Change: not judged, and findings: %v", verdict)
			}
			return err
		},
		"Mutate": func(ctx context.Context, r inventory.Reader) error {
			_, err := checker.Mutate(ctx, r, change)
			return err
		},
	}
	for name, judge := range judge {
		whole := &impatient{Reader: inv, left: 1 << 30}
		if err := judge(t.Context(), whole); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		questions := 1<<30 - whole.left
		if questions < 20 {
			t.Fatalf("%s asks only %d questions", name, questions)
		}
		for at := 1; at <= questions; at += 1 + questions/60 {
			ctx, cancel := context.WithCancelCause(t.Context())
			reader := &impatient{Reader: inv, left: at, giveUp: func() { cancel(context.DeadlineExceeded) }}
			err := judge(ctx, reader)
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s given up at question %d of %d: %v", name, at, questions, err)
			} else if strings.Count(err.Error(), context.DeadlineExceeded.Error()) != 1 {
				t.Errorf("%s given up at question %d says it several times: %v", name, at, err)
			}
			if reader.after > 0 {
				t.Errorf("%s given up at question %d of %d asks %d more", name, at, questions, reader.after)
			}
		}
	}
}

// TestCutShortNamesWhatCosts has an Ingress of thousands of paths before the gateway: it is what a judgement that has no
// time for it names.
func TestCutShortNamesWhatCosts(t *testing.T) {
	inv, checker := load(t, "testdata/bench/ditto.yaml")
	many := ingress("ditto", "many", "ditto.example.com", "twins-ditto-nginx")
	paths := &many.Spec.Rules[0].HTTP.Paths
	for len(*paths) < 200 {
		p := (*paths)[0]
		p.Path += strings.Repeat("x", len(*paths))
		*paths = append(*paths, p)
	}
	inv.Put(inventory.FromTyped(many, gvkOf(many)))
	whole := &impatient{Reader: inv, left: 1 << 30}
	if _, err := checker.All(t.Context(), whole, inv.All()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	last := &impatient{Reader: inv, left: 1<<30 - whole.left, giveUp: func() { cancel(context.DeadlineExceeded) }}
	_, err := checker.All(ctx, last, inv.All())
	if err == nil || !strings.Contains(err.Error(), "most of the work went into Ingress ditto/many: ") {
		t.Errorf("got %v, which does not name the Ingress", err)
	}
}

// TestCutShortAnywhere gives up all over the place in some of the fixtures: what was found at one question and is gone at the
// next makes nothing fall over.
func TestCutShortAnywhere(t *testing.T) {
	for i, file := range fixtureFiles(t, "fail") {
		if i%24 != 0 {
			continue
		}
		inv, checker := load(t, file)
		for at := 1; at < 200; at += 1 + at/2 {
			ctx, cancel := context.WithCancel(t.Context())
			reader := &impatient{Reader: inv, left: at, giveUp: cancel}
			if _, err := checker.All(ctx, reader, inv.All()); (err != nil) != (reader.left <= 0) {
				t.Errorf("%s given up at question %d: %v", file, at, err)
			}
			cancel()
		}
	}
}
