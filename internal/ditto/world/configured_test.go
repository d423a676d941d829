package world_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dittoguard/dittoguard/internal/ditto/index"
	"github.com/dittoguard/dittoguard/internal/ditto/recognize"
	"github.com/dittoguard/dittoguard/internal/ditto/settings"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/world"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/test/objects"
)

const (
	// configured is a gateway of which a setting comes from the ConfigMap secured.
	configured = "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {namespace: ns, name: d}\n" +
		"spec: {template: {spec: {containers: [{name: gateway, image: eclipse/ditto-gateway, " +
		"env: [{name: DEVOPS_SECURED, valueFrom: {configMapKeyRef: {name: c, key: secured}}}]}]}}}\n"

	secured = "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {namespace: ns, name: c}\ndata: {secured: 'false'}\n"
)

// reads counts how often a setting is worked out, of a world that changes, with one cache.
type reads struct {
	inv   *inventory.Memory
	cache *world.Cache
	what  *world.Configured[tri.State]
	times int
}

func newReads(t *testing.T, stream string) *reads {
	t.Helper()
	r := &reads{inv: inventory.NewMemory(index.Of, nil), cache: world.NewCache()}
	r.put(t, stream)
	r.what = world.NewConfigured(func(v *world.View, part recognize.Part) tri.State {
		r.times++
		return settings.Boolean(v.Settings(part).Lookup(settings.DevopsSecured))
	}, func(tri.State) int { return 1 })
	return r
}

func (r *reads) put(t *testing.T, stream string) {
	t.Helper()
	for _, o := range objects.Of(t, stream) {
		r.inv.Put(o)
	}
}

// read is the setting, as a new judgement reads it twice, how often it was worked out, and what was asked for it.
func (r *reads) read(ctx context.Context, t *testing.T) (is tri.State, times int, asked []inventory.Question) {
	t.Helper()
	o := r.inv.Get(inventory.Deployment, "ns", "d")
	part := recognize.Parts(world.New(t.Context(), r.inv, world.Options{Cache: r.cache}), o)[0]
	recorder := inventory.NewRecorder(r.inv)
	v := world.New(ctx, recorder, world.Options{Cache: r.cache})
	r.times = 0
	is = r.what.Of(v, part)
	if again := r.what.Of(v, part); again != is || r.times > 1 {
		t.Errorf("asked twice in one judgement, it is %v and %v, and was worked out %d times", is, again, r.times)
	}
	return is, r.times, recorder.Asked()
}

func TestConfigured(t *testing.T) {
	r := newReads(t, configured+secured)
	_, _, rests := r.read(t.Context(), t)
	if len(rests) == 0 {
		t.Fatal("it rests on nothing")
	}
	for _, step := range []struct {
		name, change string
		want         string
		times        int
	}{
		{"nothing changes", "", tri.Off, 0},
		{"a ConfigMap that it does not name", strings.Replace(secured, "name: c", "name: other", 1), tri.Off, 0},
		{"the ConfigMap", strings.Replace(secured, "false", "true", 1), tri.On, 1},
		{"nothing any more", "", tri.On, 0},
		{"the ConfigMap as it was", secured, tri.Off, 1},
		{"the pod template", strings.Replace(configured, "DEVOPS_SECURED", "DEVOPS_SECURED, value: 'true'}, {name: OTHER", 1), tri.On, 1},
		{"the pod template as it was", configured, tri.Off, 1},
	} {
		r.put(t, step.change)
		is, times, asked := r.read(t.Context(), t)
		if is.State != step.want || times != step.times {
			t.Errorf("%s: %v, worked out %d times; expected %v, %d", step.name, is.State, times, step.want, step.times)
		}
		// What it rests on decides all the same, so that it is read live where that matters.
		if diff := cmp.Diff(rests, asked); step.times == 0 && diff != "" {
			t.Errorf("%s: other questions are asked (-worked out +kept):\n%s", step.name, diff)
		}
	}
}

func TestConfigured_IsNotKeptOfAJudgementThatEnded(t *testing.T) {
	r := newReads(t, configured+secured)
	ctx, end := context.WithCancel(t.Context())
	end()
	if is, _, _ := r.read(ctx, t); is.State == tri.Off {
		t.Fatal("an ended judgement still reads")
	}
	if is, times, _ := r.read(t.Context(), t); is.State != tri.Off || times != 1 {
		t.Errorf("%v, worked out %d times", is.State, times)
	}
}

// TestConfigured_IsBounded: nobody has much kept that nobody asks for any more.
func TestConfigured_IsBounded(t *testing.T) {
	for _, test := range []struct {
		name         string
		asked, holds int
		want         int
	}{
		{"little", 3, 3, 0},
		{"many answers", 600, 1, 1},
		{"many things", 1, 600, 1},
	} {
		r := newReads(t, configured)
		r.what = world.NewConfigured(func(v *world.View, _ recognize.Part) tri.State {
			r.times++
			for i := range test.asked {
				v.Get(inventory.ConfigMap, "ns", fmt.Sprint("c", i))
			}
			return tri.State{}
		}, func(tri.State) int { return test.holds })
		r.read(t.Context(), t)
		if _, times, _ := r.read(t.Context(), t); times != test.want {
			t.Errorf("%s: asked again, it is worked out %d times", test.name, times)
		}
	}
}
