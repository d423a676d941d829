package gatewayapi

import (
	"testing"

	"k8s.io/utils/ptr"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

func TestUnreadInWords(t *testing.T) {
	for want, ref := range map[string]gatewayv1.BackendObjectReference{
		"backends without a name":        {},
		"backends of kind ServiceImport": {Group: ptr.To(gatewayv1.Group("multicluster.x-k8s.io")), Kind: ptr.To(gatewayv1.Kind("ServiceImport")), Name: "a"},
	} {
		if got := Unread(ref, "ditto").What; got != want {
			t.Errorf("%+v are %q, want %q", ref, got, want)
		}
	}
}
