package check_test

import (
	"fmt"
	goruntime "runtime"
	"strings"
	"testing"
	"weak"

	admissionv1 "k8s.io/api/admission/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/ditto/htpasswd"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// labelledAs is an object as a request has it with another label, and in another version of its API where that is given.
func labelledAs(t *testing.T, o *inventory.Object, apiVersion, label string, status map[string]any) *inventory.Object {
	t.Helper()
	content := runtime.DeepCopyJSON(o.Content())
	meta := content["metadata"].(map[string]any)
	meta["uid"], meta["resourceVersion"], meta["labels"] = "uid", "5", map[string]any{"team": label}
	if apiVersion != "" {
		content["apiVersion"] = apiVersion
	}
	if status != nil {
		content["status"] = status
	}
	return decodedFrom(t, content, o)
}

// TestRecalled_OnlyWhatIsTheSame: the object that is kept stands for that of a request only if both are read, by the same
// version of their API. Otherwise a label of something that was there all the time would be refused.
func TestRecalled_OnlyWhatIsTheSame(t *testing.T) {
	t.Parallel()
	gatewayRuns := map[string]any{"applied": map[string]any{"spec": map[string]any{"containers": []any{
		map[string]any{"name": "gateway", "image": "eclipse/ditto-gateway:3.9.6"},
	}}}}
	mapping := decodeAll(t, "apiVersion: getambassador.io/v2\nkind: Mapping\nmetadata: {name: other, namespace: ditto}\nspec: {service: other}\n")[0]
	route := decodeAll(t, apiRoute)[0]
	const v1alpha2 = "gateway.networking.k8s.io/v1alpha2"
	for _, test := range []struct {
		name           string
		kept, old, now *inventory.Object
	}{
		{"a version that is not read", labelledAs(t, route, "", "a", nil), labelledAs(t, route, v1alpha2, "a", nil), labelledAs(t, route, v1alpha2, "b", nil)},
		{"a status that is not kept", labelledAs(t, mapping, "", "a", nil), labelledAs(t, mapping, "", "a", gatewayRuns), labelledAs(t, mapping, "", "b", gatewayRuns)},
	} {
		inv := inventoryOf(t, gatewayDeployment(preAuth)+"---"+gatewayService+"---"+envoyClass+"---"+publicEdge+"---"+authenticating)
		inv.Put(test.kept)
		got := verdict(t, denyingUnknown(t, "preauth-exposed", "devops-exposed"), inv, check.Change{
			Request:   &admissionv1.AdmissionRequest{Name: test.old.Ref.Name, Namespace: "ditto", Operation: admissionv1.Update},
			OldObject: test.old, Object: test.now,
		})
		if len(got.Denied) > 0 {
			t.Errorf("%s: a label is refused: %s", test.name, got.Denied[0].Message)
		}
	}
}

// TestRecalled_KeepsNoObject: what was found without a request keeps no object that is gone, nor what is in a Secret.
func TestRecalled_KeepsNoObject(t *testing.T) {
	t.Parallel()
	passwords := htpasswd.NewVerifier(htpasswd.Options{NoBackground: true})
	t.Cleanup(passwords.Close)
	checker := forgetful(t, passwords)
	inv := inventoryOf(t, "apiVersion: v1\nkind: Secret\nmetadata: {name: nginx-users}\nstringData: {nginx.htpasswd: 'devops:{PLAIN}foobar'}\n")
	was := decodeAll(t, passwordsOfProxy)[0]
	inv.Put(was)
	got := verdict(t, checker, inv, check.Change{
		Request:   &admissionv1.AdmissionRequest{Name: "nginx", Namespace: "ditto", Operation: admissionv1.Update},
		OldObject: was, Object: decodeAll(t, strings.Replace(passwordsOfProxy, `"no"`, `"yes"`, 1))[0],
	})
	id := inventory.ID{GroupKind: inventory.Secret, Namespace: "ditto", Name: "nginx-users"}
	secret := weak.Make(inv.Get(id.GroupKind, id.Namespace, id.Name))
	if secret.Value() == nil || len(got.Denied) > 0 {
		t.Fatalf("there is no Secret, or it is new: %v", got.Denied)
	}
	inv.Delete(id)
	goruntime.GC()
	goruntime.GC()
	if secret.Value() != nil {
		t.Error("a Secret that was deleted is kept")
	}
	goruntime.KeepAlive(checker)
}

// TestRecalled_BesideOthers: requests that concern no Ditto have nothing forgotten that does.
func TestRecalled_BesideOthers(t *testing.T) {
	t.Parallel()
	checker, evaluated := evaluating(t)
	inv := inventoryOf(t, gatewayDeployment(preAuth)+"---"+gatewayService+"---"+ingressTo("api", "gateway", "number: 8080", "/api"))
	evaluatedFor := func() int {
		*evaluated = 0
		verdict(t, checker, inv, check.Change{
			Request: &admissionv1.AdmissionRequest{Name: "a", Namespace: "ditto", Operation: admissionv1.Create},
			Object:  decodeAll(t, serviceOf("a", "selector: {app: gateway}, ports: [{port: 8080}]"))[0],
		})
		return *evaluated
	}
	first, second := evaluatedFor(), evaluatedFor()
	for i := range 100 {
		o := decodeAll(t, fmt.Sprintf("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: lock-%d, namespace: shop}\ndata: {a: b}\n", i))[0]
		inv.Put(o)
		verdict(t, checker, inv, check.Change{
			Request:   &admissionv1.AdmissionRequest{Name: o.Ref.Name, Namespace: "shop", Operation: admissionv1.Update},
			OldObject: o, Object: relabelled(t, o),
		})
	}
	if third := evaluatedFor(); second >= first || third > second {
		t.Errorf("rules evaluated for a Service: first %d, then %d, after others %d", first, second, third)
	}
}
