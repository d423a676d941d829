package webhook

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"
)

const usualReviewText = `{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"705ab4f5","kind":{"group":"apps","version":"v1",
"kind":"Deployment"},"resource":{"group":"apps","version":"v1","resource":"deployments"},"requestKind":{"group":"apps","version":"v1","kind":"Deployment"},
"name":"gateway","namespace":"ditto","operation":"UPDATE","userInfo":{"username":"admin","groups":["system:masters"],"extra":{"scopes":["a","b"]}},
"object":{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"gateway","labels":{"a":"\u00fc\ud83d\ude00<"}},"spec":{"replicas":1e0}},
"oldObject":{"kind":"Deployment", "apiVersion":"apps/v1" ,"spec":null},"dryRun":true,"options":{"kind":"UpdateOptions","apiVersion":"meta.k8s.io/v1"}}}`

// FuzzReviewing compares how reviews are read and answered with what admission.Webhook makes of them.
func FuzzReviewing(f *testing.F) {
	changed := func(was, is string) string {
		text := strings.Replace(usualReviewText, was, is, 1)
		if text == usualReviewText {
			f.Fatalf("the review has no %s", was)
		}
		return text
	}
	for _, body := range []string{
		usualReviewText, usualReviewText + " \n", usualReviewText + "{}", usualReviewText[:300], "", "null", "{}", "[]", `"a"`,
		changed("admission.k8s.io/v1", "admission.k8s.io/v1beta1"), changed("admission.k8s.io/v1", "admission.k8s.io/v2"),
		changed(`"kind":"AdmissionReview",`, ""), changed("AdmissionReview", "admissionReview"), changed(`"request"`, `"Request"`),
		changed(`"request":{`, `"request":null,"rest":{`), changed(`"request":{`, `"extra":[1],"request":{"more":{"a":1},`),
		changed(`"uid":`, `"uid":"1","uid":`), changed(`"spec":null`, `"spec":null,"spec":{}`), changed(`"object":{`, `"object":null,"no":{`),
		changed(`"dryRun":true`, `"dryRun":null`), changed(`"dryRun":true`, `"dryRun":"true"`), changed(`"gateway"`, `null`),
		changed(`"gateway"`, "\"gate\xffway\""), changed(`"gateway"`, `"gate\ud800way"`), changed(`"gateway"`, `7`),
		changed(`"object":{`, `"object":"text","no":{`), changed(`"groups":["system:masters"]`, `"groups":null`),
		changed(`"a":"`, `"a":"\x"`), changed(`"a":"`, "\"a\":\"\n"), changed(`1e0`, `1e400`), changed(`1e0`, `01`),
		changed(`"request":{`, `"response":{"uid":"x","allowed":true,"patch":"eA=="},"request":{`),
		changed(`"request":{`, `"response":{"patch":"e A=="},"request":{`),
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) { likeTheUsual(t, "application/json", body, nil) })
}

// TestReviewing_Requests: what is no good as a request is answered as by admission.Webhook.
func TestReviewing_Requests(t *testing.T) {
	for _, contentType := range []string{"", "text/plain", "application/json; charset=utf-8"} {
		likeTheUsual(t, contentType, []byte(usualReviewText), nil)
	}
	likeTheUsual(t, "application/json", []byte(usualReviewText), errors.New("the connection broke"))
	likeTheUsual(t, "application/json", []byte(usualReviewText[:200]), errors.New("the connection broke"))
	for _, size := range []int{maxReview - 1, maxReview, maxReview + 1} {
		body := append([]byte(usualReviewText), bytes.Repeat([]byte(" "), size-len(usualReviewText))...)
		likeTheUsual(t, "application/json", body, nil)
	}
}

// TestDecodeReview_Usual: what API servers send is read in one pass.
func TestDecodeReview_Usual(t *testing.T) {
	if got := decodeReview([]byte(usualReviewText)); got == nil || got.Name != "gateway" {
		t.Errorf("got %+v", got)
	}
	for _, other := range []string{`"apiVersion":"admission.k8s.io/v1"`, `"kind":"AdmissionReview"`, `"uid":"705ab4f5"`} {
		if got := decodeReview([]byte(strings.Replace(usualReviewText, other, other+","+other, 1))); got != nil {
			t.Errorf("%s twice: read as %+v", other, got)
		}
	}
}

// likeTheUsual posts a body, which ends in an error if there is one, to both.
func likeTheUsual(t *testing.T, contentType string, body []byte, ends error) {
	t.Helper()
	type exchange struct {
		Asked  *admission.Request
		Status int
		Body   string
	}
	post := func(make func(admission.Handler) http.Handler) exchange {
		var e exchange
		handler := make(admission.HandlerFunc(func(_ context.Context, request admission.Request) admission.Response {
			e.Asked = &request
			response := admission.Patched("", admission.PatchResponseFromRaw([]byte(`{}`), []byte(`{"a":"<"}`)).Patches...)
			response.Warnings = []string{"careful"}
			return response
		}))
		request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", nil)
		request.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body), failing{ends}))
		request.ContentLength = int64(len(body))
		request.Header.Set("Content-Type", contentType)
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, request)
		e.Status, e.Body = recorder.Code, recorder.Body.String()
		return e
	}
	want := post(func(h admission.Handler) http.Handler { return &admission.Webhook{Handler: h} })
	got := post(reviewing)
	if diff := cmp.Diff(inJSON(t, want), inJSON(t, got)); diff != "" {
		t.Errorf("%s, %.400s (-admission.Webhook +reviewing):\n%s", contentType, body, diff)
	}
	if want.Asked != nil && got.Asked != nil {
		if diff := cmp.Diff(want.Asked, got.Asked); diff != "" {
			t.Errorf("%s, %.400s (-admission.Webhook +reviewing):\n%s", contentType, body, diff)
		}
	}
}

func inJSON(t *testing.T, v any) string {
	t.Helper()
	text, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// failing is a reader that fails with an error, or ends at once if there is none.
type failing struct{ err error }

// Read implements io.Reader.
func (f failing) Read([]byte) (int, error) {
	if f.err != nil {
		return 0, f.err
	}
	return 0, io.EOF
}
