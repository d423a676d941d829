package glass

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-logr/logr/funcr"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/dittoguard/dittoguard/internal/inventory"
)

// configMap is the one that counts, created some time ago.
func configMap(age time.Duration, data map[string]string) *inventory.Object {
	return inventory.FromTyped(&corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Namespace: "guard", Name: "dittoguard-break-glass", CreationTimestamp: metav1.NewTime(time.Now().Add(-age))},
		Data:       data,
	}, corev1.SchemeGroupVersion.WithKind("ConfigMap"))
}

func of(objects ...*inventory.Object) *Glass {
	memory := inventory.NewMemory(nil, nil)
	for _, o := range objects {
		memory.Put(o)
	}
	return New(Options{Inventory: memory, Namespace: "guard", Name: "dittoguard-break-glass", Longest: 4 * time.Hour})
}

func TestWhatBreaksIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hour := map[string]string{"for": "1h", "reason": "INC-4711:\n  a new edge"}
		with := func(key, value string) map[string]string {
			data := map[string]string{key: value}
			for k, v := range hour {
				if k != key {
					data[k] = v
				}
			}
			return data
		}
		elsewhere := configMap(0, hour)
		elsewhere.Ref.Namespace, elsewhere.Meta.Namespace = "ditto", "ditto"
		another := configMap(0, hour)
		another.Ref.Name, another.Meta.Name = "dittoguard", "dittoguard"
		deleted := configMap(0, hour)
		deleted.Meta.DeletionTimestamp = &metav1.Time{Time: time.Now()}
		undated := configMap(0, hour)
		undated.Meta.CreationTimestamp = metav1.Time{}
		const broken = "break glass until 2000-01-01T01:00:00Z (INC-4711: a new edge)"
		counts := func(problem string) string {
			return "break glass counts for nothing: " + problem + "; delete the ConfigMap and create it again"
		}
		for _, test := range []struct {
			name   string
			object *inventory.Object
			ditto  string
			other  string
			note   string
		}{
			{"none", nil, "", "", ""},
			{"an hour", configMap(0, hour), broken, broken, "break glass: nothing is refused until 2000-01-01T01:00:00Z (INC-4711: a new edge)"},
			{"the last moment", configMap(time.Hour-1, hour), "break glass until 2000-01-01T00:00:00Z (INC-4711: a new edge)", "break glass until 2000-01-01T00:00:00Z (INC-4711: a new edge)", "break glass: nothing is refused until 2000-01-01T00:00:00Z (INC-4711: a new edge)"},
			{"over", configMap(time.Hour, hour), "", "", "break glass ended at 2000-01-01T00:00:00Z (INC-4711: a new edge); the ConfigMap can be deleted"},
			{"one namespace", configMap(0, with("namespaces", "iot, ditto")), broken, "", "break glass: nothing is refused in iot, ditto until 2000-01-01T01:00:00Z (INC-4711: a new edge)"},
			{"no namespace", configMap(0, with("namespaces", " , ")), "", "", counts(`its key "namespaces" names none`)},
			{"no reason", configMap(0, with("reason", " \n")), "", "", counts(`its key "reason" has to say why`)},
			{"no time", configMap(0, map[string]string{"reason": "x"}), "", "", counts(`its key "for" has to say how long, such as 1h`)},
			{"a date", configMap(0, with("for", "2000-01-01")), "", "", counts(`its key "for" has to say how long, such as 1h`)},
			{"backwards", configMap(0, with("for", "-1h")), "", "", counts(`its key "for" has to say how long, such as 1h`)},
			{"the longest", configMap(0, with("for", "4h")), "break glass until 2000-01-01T04:00:00Z (INC-4711: a new edge)", "break glass until 2000-01-01T04:00:00Z (INC-4711: a new edge)", "break glass: nothing is refused until 2000-01-01T04:00:00Z (INC-4711: a new edge)"},
			{"longer", configMap(0, with("for", "4h1s")), "", "", counts(`its key "for" says 4h0m1s, and 4h0m0s is the longest`)},
			{"longer, when that is nearly over", configMap(4*time.Hour, with("for", "5h")), "", "", counts(`its key "for" says 5h0m0s, and 4h0m0s is the longest`)},
			{"in Ditto's namespace", elsewhere, "", "", ""},
			{"of another name", another, "", "", ""},
			{"being deleted", deleted, "", "", ""},
			{"never stored", undated, "", "", counts("it does not say when it was created")},
		} {
			g := of()
			if test.object != nil {
				g = of(test.object)
			}
			if got := g.In("ditto"); got != test.ditto {
				t.Errorf("%s: in ditto %q, want %q", test.name, got, test.ditto)
			}
			for _, namespace := range []string{"other", ""} {
				if got := g.In(namespace); got != test.other {
					t.Errorf("%s: in %q %q, want %q", test.name, namespace, got, test.other)
				}
			}
			if got := g.Note(); got != test.note {
				t.Errorf("%s: %q, want %q", test.name, got, test.note)
			}
		}
	})
	var none *Glass
	if none.In("ditto") != "" || none.State().Broken || none.Note() != "" {
		t.Error("where there is none, it is broken")
	}
	long := of(configMap(0, map[string]string{"for": "25h", "reason": "x"}))
	long.Longest = 100 * time.Hour
	if long.In("ditto") != "" {
		t.Error("it can be broken for longer than a day")
	}
}

// TestItEndsByItself: nothing has to happen for that, and the log says it, as it says everything else.
func TestItEndsByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		memory := inventory.NewMemory(nil, nil)
		var log bytes.Buffer
		g := New(Options{Inventory: memory, Namespace: "guard", Name: "dittoguard-break-glass", Longest: time.Hour, Log: funcr.New(func(_, args string) { fmt.Fprintln(&log, args) }, funcr.Options{})})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- g.Watch(ctx) }()
		o := configMap(0, map[string]string{"for": "10m", "reason": "INC-1"})
		memory.Put(o)
		var was []bool
		for range 3 {
			time.Sleep(5*time.Minute - time.Second)
			was = append(was, g.In("ditto") != "")
		}
		memory.Delete(o.Ref.ID())
		time.Sleep(look + 1)
		cancel()
		if err := <-done; err != nil || fmt.Sprint(was) != "[true true false]" {
			t.Error(was, err)
		}
		want := []string{
			"break glass: nothing is refused until 2000-01-01T00:10:00Z (INC-1)",
			"break glass ended at 2000-01-01T00:10:00Z (INC-1); the ConfigMap can be deleted",
			"break glass is over: the ConfigMap is gone",
		}
		lines := strings.Split(strings.TrimSpace(log.String()), "\n")
		if len(lines) != len(want) {
			t.Fatalf("%d lines, want %d:\n%s", len(lines), len(want), log.String())
		}
		for i, line := range lines {
			if !strings.Contains(line, want[i]) {
				t.Errorf("%s\nwant %s", line, want[i])
			}
		}
	})
}

// TestAClockThatIsBehind: what counts is the clock of who says when the ConfigMap was created.
func TestAClockThatIsBehind(t *testing.T) {
	g := of(configMap(2*time.Hour, map[string]string{"for": "3h", "reason": "a new edge"}))
	if !g.State().Broken {
		t.Error("it does not count")
	}
	g.Now = func() time.Time { return time.Now().Add(2 * time.Hour) }
	if g.State().Broken {
		t.Error("it counts for longer than it says")
	}
}

func TestReasonsAreOneShortLine(t *testing.T) {
	got := oneLine("a\x1b[31m\tb\xff \n" + strings.Repeat("x", 300))
	if want := "a[31m b " + strings.Repeat("x", 192) + "…"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
