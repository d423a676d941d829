package e2e

import (
	"context"
	"testing"
)

// TestHelmIsRefused: helm shows our message, whole, for an install and for an upgrade.
func TestHelmIsRefused(t *testing.T) {
	f := need(t)
	for _, test := range []struct {
		namespace string
		helm      func(ctx context.Context, args ...string) (string, error)
	}{{"helm", f.Helm}, {"helm3", f.Helm3}} {
		t.Run(test.namespace, func(t *testing.T) {
			t.Parallel()
			helm := func(args ...string) (string, error) {
				return test.helm(t.Context(), append(args, "iot", "testdata/chart", "--namespace", test.namespace)...)
			}
			shows := func(out string, err error) {
				t.Helper()
				if err == nil {
					t.Fatalf("helm is not refused:\n%s", out)
				}
				has(t, out, refused, "preauth-exposed (guide section 1)", "way in: Ingress "+test.namespace+"/api", "ENABLE_PRE_AUTHENTICATION")
			}
			shows(helm("install"))
			if out, err := test.helm(t.Context(), "uninstall", "iot", "--namespace", test.namespace); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			if out, err := helm("install", "--set", "preAuthentication=false"); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			shows(helm("upgrade", "--reset-values"))
			if out, err := helm("upgrade", "--set", "preAuthentication=false"); err != nil {
				t.Fatalf("after a refused upgrade: %v\n%s", err, out)
			}
		})
	}
}
