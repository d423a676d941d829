package inventory_test

import (
	"runtime"
	"testing"
	"weak"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/dittoguard/dittoguard/internal/inventory"
)

// TestGiven_Hold: answers hold as long as all of them are the very same, but for the object that is left out.
func TestGiven_Hold(t *testing.T) {
	object := func(name string) *inventory.Object {
		o, err := inventory.Decode([]byte(`{"apiVersion":"v1","kind":"ConfigMap","metadata":{"namespace":"ditto","name":"`+name+`"}}`), inventory.Source{})
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	configMap, secret := schema.GroupKind{Kind: "ConfigMap"}, inventory.Secret
	all, secrets := inventory.KindKey(configMap, "ditto"), inventory.KindKey(secret, "ditto")
	about := object("about").Ref.ID()
	knows := true
	for _, test := range []struct {
		name   string
		change func(*inventory.Memory)
		want   bool
	}{
		{"nothing", func(*inventory.Memory) {}, true},
		{"another kind", func(m *inventory.Memory) {
			o := object("a")
			o.Ref.Kind = "Service"
			m.Put(o)
		}, true},
		{"the object left out", func(m *inventory.Memory) { m.Put(object("about")) }, true},
		{"the object left out is gone", func(m *inventory.Memory) { m.Delete(about) }, true},
		{"an object that was asked for", func(m *inventory.Memory) { m.Put(object("a")) }, false},
		{"one that was not there", func(m *inventory.Memory) { m.Put(object("missing")) }, false},
		{"one under a key", func(m *inventory.Memory) { m.Put(object("b")) }, false},
		{"one more under a key", func(m *inventory.Memory) { m.Put(object("c")) }, false},
		{"one under a key is gone", func(m *inventory.Memory) { m.Delete(object("b").Ref.ID()) }, false},
		{"a kind is not known any more", func(*inventory.Memory) { knows = false }, false},
	} {
		knows = true
		memory := inventory.NewMemory(nil, func(schema.GroupKind, string) bool { return knows })
		for _, name := range []string{"a", "about", "b"} {
			memory.Put(object(name))
		}
		recorder := inventory.NewRecorder(memory)
		answers := inventory.NewAnswers(recorder)
		over := inventory.NewOverlay(answers, inventory.Change{ID: about, Object: object("about")})
		over.Get(configMap, "ditto", "a")
		over.Find(secrets)
		over.Knows(configMap, "ditto")
		quiet := inventory.Quiet(over)
		quiet.Find(all)
		quiet.Get(configMap, "ditto", "missing")
		given, size := answers.Given(), answers.Size()
		over.Get(configMap, "ditto", "asked later")
		if size != 5+1+3 {
			t.Errorf("%s: %d questions and objects, want 9", test.name, size)
		}
		test.change(memory)
		again := inventory.NewRecorder(memory)
		if got := given.Hold(t.Context(), again, about); got != test.want {
			t.Errorf("%s: hold: %v, want %v", test.name, got, test.want)
		}
		for _, q := range again.Asked() {
			if q.Key == all || q.ID.Name == "missing" {
				t.Errorf("%s: %v was asked quietly, and was recorded", test.name, q)
			}
		}
		if test.want && len(again.Asked()) != 2 {
			t.Errorf("%s: recorded %v, want what was asked", test.name, again.Asked())
		}
	}
}

// TestGiven_KeepNoObject: what is not in the inventory any more is gone, whoever has asked for it, and does not hold.
func TestGiven_KeepNoObject(t *testing.T) {
	memory := inventory.NewMemory(nil, nil)
	ask := func() (inventory.Given, weak.Pointer[inventory.Object]) {
		o, err := inventory.Decode([]byte(`{"apiVersion":"v1","kind":"Secret","metadata":{"namespace":"ditto","name":"a"}}`), inventory.Source{})
		if err != nil {
			t.Fatal(err)
		}
		memory.Put(o)
		answers := inventory.NewAnswers(memory)
		answers.Get(inventory.Secret, "ditto", "a")
		return answers.Given(), weak.Make(o)
	}
	given, object := ask()
	runtime.GC()
	if !given.Hold(t.Context(), memory, inventory.ID{}) {
		t.Error("it is there, and does not hold")
	}
	memory.Delete(inventory.ID{GroupKind: inventory.Secret, Namespace: "ditto", Name: "a"})
	runtime.GC()
	if object.Value() != nil {
		t.Error("it is kept")
	}
	if given.Hold(t.Context(), memory, inventory.ID{}) {
		t.Error("it is gone, and holds")
	}
}
