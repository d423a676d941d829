package inventory_test

import (
	"fmt"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/dittoguard/dittoguard/internal/inventory"
)

// shared files every object under one key.
func shared(*inventory.Object) []inventory.Key {
	return []inventory.Key{{Index: "shared", Value: "everything"}}
}

func objects(n int) []*inventory.Object {
	gvk := schema.GroupVersionKind{Version: "v1", Kind: "ConfigMap"}
	list := make([]*inventory.Object, n)
	for i := range list {
		// In no order, as informers deliver them.
		o := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: "ditto", Name: fmt.Sprintf("settings-%05d", i*7919%n)}}
		list[i] = inventory.FromTyped(o, gvk)
	}
	return list
}

// renewed is another version of an object.
func renewed(o *inventory.Object) *inventory.Object {
	return inventory.FromTyped(o.Typed.(*corev1.ConfigMap), schema.GroupVersionKind{Version: "v1", Kind: "ConfigMap"})
}

// BenchmarkMemoryFill puts 10,000 objects that share every key into an empty inventory, as at start.
func BenchmarkMemoryFill(b *testing.B) {
	list := objects(10_000)
	b.ReportAllocs()
	for b.Loop() {
		m := inventory.NewMemory(shared, nil)
		for _, o := range list {
			m.Put(o)
		}
	}
}

// BenchmarkMemoryPut replaces one of 10,000 objects that share every key, with a reader between two updates.
func BenchmarkMemoryPut(b *testing.B) {
	list := objects(10_000)
	m := inventory.NewMemory(shared, nil)
	for _, o := range list {
		m.Put(o)
	}
	key := shared(nil)[0]
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		m.Put(renewed(list[i%len(list)]))
		if len(m.Find(key)) != len(list) {
			b.Fatal("objects are missing")
		}
	}
}

// BenchmarkMemoryReplace takes one of 10,000 objects out and puts it back.
func BenchmarkMemoryReplace(b *testing.B) {
	list := objects(10_000)
	m := inventory.NewMemory(shared, nil)
	for _, o := range list {
		m.Put(o)
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		o := list[i%len(list)]
		m.Delete(o.Ref.ID())
		m.Put(renewed(o))
	}
}

// BenchmarkDecode reads a Deployment of 60 environment variables.
func BenchmarkDecode(b *testing.B) {
	raw := []byte(`{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web","namespace":"shop","labels":{"app":"web"}},` +
		`"spec":{"selector":{"matchLabels":{"app":"web"}},"template":{"metadata":{"labels":{"app":"web"}},"spec":{"containers":[` +
		`{"name":"web","image":"registry.example.com/shop/web:1.27","env":[{"name":"FIRST","value":"1"}`)
	for i := range 59 {
		raw = fmt.Appendf(raw, `,{"name":"SETTING_NUMBER_%d","value":"the value of setting number %d, of some length"}`, i, i)
	}
	raw = append(raw, "]}]}}}}"...)
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := inventory.Decode(raw, inventory.Source{}); err != nil {
			b.Fatal(err)
		}
	}
}
