package inventory_test

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/dittoguard/dittoguard/internal/inventory"
)

func TestAsAndMust(t *testing.T) {
	service := &corev1.Service{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "s"}}
	o := inventory.FromTyped(service, schema.GroupVersionKind{Version: "v1", Kind: "Service"})
	if typed, ok := inventory.As[corev1.Service](o); typed != service || !ok {
		t.Errorf("as a Service: %v, %t", typed, ok)
	}
	if inventory.Must[corev1.Service](o) != service {
		t.Error("is another Service")
	}
	if typed, ok := inventory.As[corev1.Pod](o); typed != nil || ok {
		t.Errorf("as a Pod: %v, %t", typed, ok)
	}
	if typed, ok := inventory.As[corev1.Pod](nil); typed != nil || ok {
		t.Errorf("nothing as a Pod: %v, %t", typed, ok)
	}
	defer func() {
		if text, _ := recover().(string); !strings.Contains(text, "Service ns/s is no *v1.Pod") {
			t.Errorf("panics with %q", text)
		}
	}()
	inventory.Must[corev1.Pod](o)
}
