package gatewayapi

import (
	"testing"

	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

func TestPrefixesThatAreReplaced(t *testing.T) {
	for _, test := range []struct {
		prefix, replacement, upstream string
		leads                         bool
	}{
		{"/admin", "/devops", "/devops", true},
		{"/admin/", "/devops/", "/devops/config", true},
		{"/admin", "/", "/devops", true},
		{"/admin", "/dev", "/devops", false},
		{"/devops", "/nothing", "/devops", false},
	} {
		prefix := gatewayv1.HTTPPathMatch{Value: &test.prefix}
		path := pathOf(&prefix, unknownImplementation())
		path.Rewrite = urlRewrite(&gatewayv1.HTTPPathModifier{Type: gatewayv1.PrefixMatchHTTPPathModifier, ReplacePrefixMatch: &test.replacement}, &prefix, unknownImplementation())
		if leads, known := path.Leads(test.upstream); leads != test.leads || !known {
			t.Errorf("%s to %s leads to %s: want %v, got %v (known: %v)", test.prefix, test.replacement, test.upstream, test.leads, leads, known)
		}
	}
}
