// Package sealed tells which Secrets are kept in Git in a form that does not show what is in them: encrypted in place
// by SOPS, sealed for a controller (SealedSecret), or fetched from elsewhere by one (ExternalSecret, VaultStaticSecret,
// VaultDynamicSecret). What is in such a Secret is unknown until it is in a cluster.
package sealed

import (
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// byMade is the index of objects that Secrets are made from, by the name of the Secret.
const byMade inventory.Index = "made-secret"

// named says where an object says how the Secret is called that is made from it; without that it is called as the
// object is.
var named = map[schema.GroupKind][]string{
	{Group: "bitnami.com", Kind: "SealedSecret"}:                 {"spec", "template", "metadata", "name"},
	{Group: "external-secrets.io", Kind: "ExternalSecret"}:       {"spec", "target", "name"},
	{Group: "secrets.hashicorp.com", Kind: "VaultStaticSecret"}:  {"spec", "destination", "name"},
	{Group: "secrets.hashicorp.com", Kind: "VaultDynamicSecret"}: {"spec", "destination", "name"},
	inventory.EncryptedSecret:                                    nil,
}

// KeysOf are the keys of an object that a Secret is made from; none of any other.
func KeysOf(o *inventory.Object) []inventory.Key {
	at, is := named[o.Ref.GroupKind()]
	if !is {
		return nil
	}
	name := o.Ref.Name
	if said, _, _ := unstructured.NestedString(o.Content(), at...); at != nil && said != "" {
		name = said
	}
	return []inventory.Key{{Index: byMade, Namespace: o.Ref.Namespace, Value: name}}
}

// Is says whether a Secret is made from the object.
func Is(o *inventory.Object) bool {
	_, is := named[o.Ref.GroupKind()]
	return is
}

// Keys are those keys of the Secret that an object shows, which is made from it, in their order.
func Keys(o *inventory.Object) []string {
	var keys []string
	for _, at := range [][]string{{"data"}, {"stringData"}, {"spec", "encryptedData"}} {
		values, _, _ := unstructured.NestedMap(o.Content(), at...)
		keys = slices.AppendSeq(keys, maps.Keys(values))
	}
	list, _, _ := unstructured.NestedSlice(o.Content(), "spec", "data")
	for _, entry := range list {
		if entry, ok := entry.(map[string]any); ok {
			key, _ := entry["secretKey"].(string)
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// Why gives the reason why what is in the Secret is not known that is made from an object.
func Why(o *inventory.Object) string {
	ref := "Secret " + o.Ref.Namespace + "/" + KeysOf(o)[0].Value
	if o.Ref.GroupKind() == inventory.EncryptedSecret {
		return reason.Of("secret-encrypted", ref)
	}
	return reason.Of("secret-made", ref, o.Ref)
}

// Missing gives the reason why it is not known what is in an object that is not there, `Secret ditto/devops`.
func Missing(objects inventory.Reader, ref string) string {
	secret, is := strings.CutPrefix(ref, "Secret ")
	namespace, name, _ := strings.Cut(secret, "/")
	if !is || objects == nil {
		return reason.Of("not-found", ref)
	}
	for _, o := range objects.Find(inventory.Key{Index: byMade, Namespace: namespace, Value: name}) {
		return Why(o)
	}
	return reason.Of("not-found", ref)
}
