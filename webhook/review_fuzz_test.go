package webhook_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-logr/logr/funcr"
	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/ditto/htpasswd"
	"github.com/dittoguard/dittoguard/internal/ditto/index"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/manifest"
	"github.com/dittoguard/dittoguard/rules"
	"github.com/dittoguard/dittoguard/test/sample"
	"github.com/dittoguard/dittoguard/webhook"
)

// FuzzReview posts bytes to both webhooks, with the built-in rules and a Ditto in the cluster. Whatever comes, there is an
// answer that an API server understands, nothing panics, and a patch can be applied.
func FuzzReview(f *testing.F) {
	files, err := filepath.Glob("../rules/builtin/*/fail/*.yaml")
	if err != nil || len(files) == 0 {
		f.Fatalf("no fixtures: %v", err)
	}
	inv := inventory.NewMemory(index.Of, nil)
	for i, file := range files {
		loaded, err := manifest.Load([]string{file}, nil, manifest.Options{Namespace: "ditto"})
		if err != nil {
			continue // a configuration
		}
		for _, o := range loaded.Objects {
			if i%5 == 0 {
				inv.Put(o)
			}
			raw, err := json.Marshal(o.Content())
			if err != nil {
				f.Fatal(err)
			}
			gvk := schema.FromAPIVersionAndKind(o.Ref.APIVersion, o.Ref.Kind)
			req := admissionv1.AdmissionRequest{
				UID: "1", Operation: admissionv1.Create, Namespace: o.Ref.Namespace, Name: o.Ref.Name,
				Kind:     metav1.GroupVersionKind{Group: gvk.Group, Version: gvk.Version, Kind: gvk.Kind},
				Resource: metav1.GroupVersionResource{Group: gvk.Group, Version: gvk.Version, Resource: strings.ToLower(gvk.Kind) + "s"},
				Object:   runtime.RawExtension{Raw: raw},
			}
			switch i % 3 {
			case 1:
				req.Operation, req.OldObject = admissionv1.Update, req.Object
			case 2:
				req.Operation, req.OldObject, req.Object = admissionv1.Delete, req.Object, runtime.RawExtension{}
			}
			body, err := json.Marshal(admissionv1.AdmissionReview{
				TypeMeta: metav1.TypeMeta{APIVersion: "admission.k8s.io/v1", Kind: "AdmissionReview"}, Request: &req,
			})
			if err != nil {
				f.Fatal(err)
			}
			if seed := file + o.Ref.String(); sample.Has(seed, 12) && (!testing.Short() || sample.Number(seed)%8 == 0) {
				f.Add(body)
			}
		}
	}
	for _, seed := range []string{"", "{}", `{"request":null}`, `{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"1"}}`} {
		f.Add([]byte(seed))
	}

	builtin, err := rules.Builtin()
	if err != nil {
		f.Fatal(err)
	}
	passwords := htpasswd.NewVerifier(htpasswd.Options{NoBackground: true, Work: 1, CheapWork: 1})
	f.Cleanup(passwords.Close)
	checker, err := check.New(check.Options{Rules: builtin, Proved: true, Passwords: passwords})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		log := funcr.New(func(_, line string) {
			if strings.Contains(line, "panic") {
				t.Errorf("%s", line)
			}
		}, funcr.Options{})
		options := webhook.Options{Judge: func() check.Judge { return checker }, Inventory: inv, Log: log}
		for _, h := range []http.Handler{webhook.Handler(webhook.NewValidator(options)), webhook.Handler(webhook.NewMutator(options))} {
			request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, webhook.ValidatePath+"?timeout=10s", bytes.NewReader(body))
			request.Header.Set("Content-Type", "application/json")
			recorder := httptest.NewRecorder()
			h.ServeHTTP(recorder, request)
			if recorder.Code != http.StatusOK {
				continue
			}
			var review admissionv1.AdmissionReview
			if err := json.Unmarshal(recorder.Body.Bytes(), &review); err != nil || review.Response == nil {
				t.Fatalf("the answer is no AdmissionReview: %v: %s", err, recorder.Body)
			}
			applyPatch(t, body, review.Response)
		}
	})
}

// applyPatch applies the patch of an answer to the object of the review.
func applyPatch(t *testing.T, body []byte, response *admissionv1.AdmissionResponse) {
	t.Helper()
	if len(response.Patch) == 0 {
		return
	}
	var asked admissionv1.AdmissionReview
	if err := json.Unmarshal(body, &asked); err != nil || asked.Request == nil {
		t.Fatalf("a patch for what is no review: %v", err)
	}
	patch, err := jsonpatch.DecodePatch(response.Patch)
	if err != nil {
		t.Fatalf("the patch cannot be read: %v", err)
	}
	if _, err := patch.Apply(asked.Request.Object.Raw); err != nil {
		t.Fatalf("the patch cannot be applied: %v: %s", err, response.Patch)
	}
}
