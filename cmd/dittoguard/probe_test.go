package main

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"encoding/pem"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// reviewing answers reviews: change alters the answer to one that holds a password, or to any if it does not say which.
func reviewing(change func(review *admissionv1.AdmissionReview, password bool)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var review admissionv1.AdmissionReview
		if r.URL.Path != "/validate" || json.NewDecoder(r.Body).Decode(&review) != nil || review.Request == nil || !*review.Request.DryRun || review.Request.Namespace != "ditto" {
			http.Error(w, "that is no review", http.StatusBadRequest)
			return
		}
		password := strings.Contains(string(review.Request.Object.Raw), "htpasswd")
		review.Response = &admissionv1.AdmissionResponse{UID: review.Request.UID, Allowed: !password, Result: &metav1.Status{Message: "no\nreally"}}
		review.Request = nil
		change(&review, password)
		_ = json.NewEncoder(w).Encode(review)
	})
}

func TestProbe(t *testing.T) {
	unchanged := func(*admissionv1.AdmissionReview, bool) {}
	allowing := func(r *admissionv1.AdmissionReview, _ bool) { r.Response.Allowed = true }
	certificates := func(server *httptest.Server) {
		server.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert, MinVersion: tls.VersionTLS13}
	}
	for _, test := range []struct {
		name    string
		handler http.Handler
		prepare func(*httptest.Server)
		args    []string
		want    string
		failure string
	}{
		{"enforcing", reviewing(unchanged), nil, nil, "The webhook lets in a harmless ConfigMap.\nIt refuses a published password: no\n", ""},
		{"nothing is enforced", reviewing(allowing), nil, nil, "", "a published password is let in: nothing is enforced, or the configuration lets it pass"},
		{"which is as it should be", reviewing(allowing), nil, []string{"--expect=answer"}, "The webhook lets in a harmless ConfigMap.\nIt lets in a published password, and says nothing.\n", ""},
		{"warning", reviewing(func(r *admissionv1.AdmissionReview, _ bool) {
			r.Response.Allowed, r.Response.Warnings = true, []string{"oh", "dear"}
		}), nil,
			[]string{"--expect=answer"}, "The webhook lets in a harmless ConfigMap.\nIt lets in a published password, and warns: oh; dear\n", ""},
		{"refusing everything", reviewing(func(r *admissionv1.AdmissionReview, _ bool) { r.Response.Allowed = false }), nil, nil, "", "a harmless ConfigMap is refused: no"},
		{"another answer", reviewing(func(r *admissionv1.AdmissionReview, _ bool) { r.Response.UID = "x" }), nil, nil, "", "it answers another request"},
		{"no answer", reviewing(func(r *admissionv1.AdmissionReview, _ bool) { r.Response = nil }), nil, nil, "", "it answers no AdmissionReview"},
		{"not ready", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "not yet", http.StatusInternalServerError) }), nil, nil, "", "it answers 500 Internal Server Error: not yet"},
		{"clients need a certificate", reviewing(unchanged), certificates, nil, "", "tls: certificate required"},
		{"and get none", reviewing(unchanged), certificates, []string{"--expect=turned-away"}, "The webhook turns away who shows no client certificate.\n", ""},
		{"but need none", reviewing(unchanged), nil, []string{"--expect=turned-away"}, "", "whoever shows no client certificate should be turned away, and is not: it gets an answer"},
		{"another certificate", reviewing(unchanged), nil, []string{"another"}, "", "certificate"},
		{"another host", reviewing(unchanged), nil, []string{"host"}, "", "certificate is valid for example.com, *.example.com, not dittoguard.guard.svc"},
	} {
		t.Run(test.name, func(t *testing.T) {
			server := httptest.NewUnstartedServer(test.handler)
			server.Config.ErrorLog = log.New(io.Discard, "", 0)
			if test.prepare != nil {
				test.prepare(server)
			}
			server.StartTLS()
			defer server.Close()
			url, ca := "https://example.com", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
			args := test.args
			if len(args) == 1 && args[0] == "host" {
				url, args = "https://dittoguard.guard.svc", nil
			}
			if len(args) == 1 && args[0] == "another" {
				args = nil
				ca = []byte(strings.ReplaceAll(string(ca), "M", "N"))
			}
			file := filepath.Join(t.TempDir(), "ca.crt")
			if err := os.WriteFile(file, ca, 0o600); err != nil {
				t.Fatal(err)
			}
			for _, known := range []string{"--ca=" + file, "--ca-pem=" + string(ca)} {
				cmd := newRoot()
				var out bytes.Buffer
				cmd.SetOut(&out)
				cmd.SetErr(io.Discard)
				cmd.SetArgs(append([]string{"probe", url, known, "--address=" + server.Listener.Addr().String(), "--namespace=ditto", "--timeout=500ms"}, args...))
				err := cmd.ExecuteContext(t.Context())
				if test.failure == "" != (err == nil) || err != nil && !strings.Contains(err.Error(), test.failure) {
					t.Errorf("%s: %v, want %q", known[:5], err, test.failure)
				}
				if out.String() != test.want {
					t.Errorf("%s: %q, want %q", known[:5], out.String(), test.want)
				}
			}
		})
	}
}

func TestProbe_Flags(t *testing.T) {
	for _, test := range []struct {
		args string
		want string
	}{
		{"http://dittoguard.guard.svc --ca=x", `"http://dittoguard.guard.svc" is no URL of a webhook; expected https://HOST`},
		{"https://dittoguard.guard.svc", "--ca, --ca-pem: expected one of the two, to know the webhook by"},
		{"https://dittoguard.guard.svc --ca=x --ca-pem=y", "--ca, --ca-pem: expected one of the two, to know the webhook by"},
		{"https://dittoguard.guard.svc --ca=x --expect=mercy", `--expect: "mercy" is nothing to expect; expected one of refusal, answer, turned-away`},
		{"https://dittoguard.guard.svc --ca=x --timeout=0s", "--timeout: 0s is no time"},
		{"https://dittoguard.guard.svc --ca-pem=x", "the CA holds no certificate in PEM"},
		{"https://dittoguard.guard.svc --ca=is-not-there", "--ca: open is-not-there: no such file or directory"},
	} {
		cmd := newRoot()
		cmd.SetOut(io.Discard)
		cmd.SetErr(io.Discard)
		cmd.SetArgs(append([]string{"probe"}, strings.Fields(test.args)...))
		if err := cmd.ExecuteContext(t.Context()); err == nil || err.Error() != test.want {
			t.Errorf("%s: %v, want %s", test.args, err, test.want)
		}
	}
}
