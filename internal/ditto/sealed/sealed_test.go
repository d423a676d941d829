package sealed

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dittoguard/dittoguard/internal/inventory"
)

func object(t *testing.T, text string) *inventory.Object {
	t.Helper()
	o, err := inventory.Decode([]byte(text), inventory.Source{})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// TestMissing: why it is not known what is in a Secret that is not there, and which keys of it are shown.
func TestMissing(t *testing.T) {
	for _, tt := range []struct {
		name, object, want string
		keys               []string
	}{
		{
			"sealed", `{"apiVersion":"bitnami.com/v1alpha1","kind":"SealedSecret","metadata":{"name":"devops","namespace":"ditto"},
				"spec":{"encryptedData":{"b":"x","a":"x"}}}`,
			"Secret ditto/devops is made from SealedSecret ditto/devops, which does not show what is in it", []string{"a", "b"},
		},
		{
			"sealed, and called otherwise", `{"apiVersion":"bitnami.com/v1alpha1","kind":"SealedSecret","metadata":{"name":"x","namespace":"ditto"},
				"spec":{"template":{"metadata":{"name":"devops"}}}}`,
			"Secret ditto/devops is made from SealedSecret ditto/x, which does not show what is in it", nil,
		},
		{
			"external", `{"apiVersion":"external-secrets.io/v1","kind":"ExternalSecret","metadata":{"name":"x","namespace":"ditto"},
				"spec":{"target":{"name":"devops"},"data":[{"secretKey":"a"},7]}}`,
			"Secret ditto/devops is made from ExternalSecret ditto/x, which does not show what is in it", []string{"a"},
		},
		{
			"from Vault", `{"apiVersion":"secrets.hashicorp.com/v1beta1","kind":"VaultStaticSecret","metadata":{"name":"x","namespace":"ditto"},
				"spec":{"destination":{"name":"devops"}}}`,
			"Secret ditto/devops is made from VaultStaticSecret ditto/x, which does not show what is in it", nil,
		},
		{
			"encrypted", `{"apiVersion":"getsops.io/v1","kind":"EncryptedSecret","metadata":{"name":"devops","namespace":"ditto"},"data":{"a":"ENC[x]"}}`,
			"Secret ditto/devops is encrypted by SOPS", []string{"a"},
		},
		{
			"of another namespace", `{"apiVersion":"bitnami.com/v1alpha1","kind":"SealedSecret","metadata":{"name":"devops","namespace":"other"}}`,
			"Secret ditto/devops was not found", nil,
		},
		{"of another kind", `{"apiVersion":"example.com/v1","kind":"SealedSecret","metadata":{"name":"devops","namespace":"ditto"}}`, "Secret ditto/devops was not found", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := object(t, tt.object)
			objects := inventory.NewMemory(KeysOf, nil)
			objects.Put(o)
			if got := Missing(objects, "Secret ditto/devops"); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if diff := cmp.Diff(tt.keys, Keys(o)); diff != "" {
				t.Errorf("keys (-want +got):\n%s", diff)
			}
			if got, want := Missing(objects, "ConfigMap ditto/devops"), "ConfigMap ditto/devops was not found"; got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}
