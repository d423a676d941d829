package aws

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	networkingv1 "k8s.io/api/networking/v1"
)

// annotated is an Ingress with an action, or a condition, of the backend a; behindA is what stands behind that.
func annotated(what, text string) *networkingv1.Ingress {
	ing := &networkingv1.Ingress{}
	ing.Annotations = map[string]string{PrefixALB + what + ".a": text}
	return ing
}

func behindA(ing *networkingv1.Ingress) []networkingv1.IngressServiceBackend {
	list, _ := behind(ing, networkingv1.IngressServiceBackend{Name: "a", Port: networkingv1.ServiceBackendPort{Name: useAnnotation}})
	return list
}

func TestBehind_ZeroGetsNothing(t *testing.T) {
	got := behindA(annotated("actions", `{"type":"forward","forwardConfig":{"targetGroups":[`+
		`{"serviceName":"x","servicePort":80,"weight":0},{"serviceName":"y","servicePort":80,"weight":1}]}}`))
	if diff := cmp.Diff([]networkingv1.IngressServiceBackend{{Name: "y", Port: networkingv1.ServiceBackendPort{Number: 80}}}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func FuzzBehind(f *testing.F) {
	f.Add(`{"type": "forward", "forwardConfig": {"targetGroups": [{"serviceName": "x", "servicePort": "80"}]}}`)
	f.Fuzz(func(t *testing.T, text string) {
		for _, b := range behindA(annotated("actions", text)) {
			if b.Name == "" {
				t.Errorf("%q: a Service without a name", text)
			}
		}
	})
}

func FuzzConditionPaths(f *testing.F) {
	f.Add(`[{"field": "path-pattern", "pathPatternConfig": {"values": ["/*?"], "regexValues": ["("]}}]`, "/x")
	f.Fuzz(func(t *testing.T, text, path string) {
		if m, ok := conditionPaths(annotated("conditions", text).Annotations); ok {
			m.Matches(path)
		}
	})
}
