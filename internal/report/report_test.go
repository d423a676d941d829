package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/rules"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func ref(apiVersion, kind, name string) inventory.Ref {
	return inventory.Ref{APIVersion: apiVersion, Kind: kind, Namespace: "ditto", Name: name}
}

var (
	gateway = ref("apps/v1", "Deployment", "gateway")
	ingress = ref("networking.k8s.io/v1", "Ingress", "api")
)

const preauthFix = "Switch pre-authentication off:\n\n  env:\n  - name: ENABLE_PRE_AUTHENTICATION\n    value: \"false\"\n"

func preauth(line int, host string) check.Finding {
	return check.Finding{
		Rule: "preauth-exposed", Title: "Pre-authenticated gateway can be reached by clients",
		Level: rules.Baseline, Severity: rules.Critical, Action: check.ActionDeny, Subject: gateway, Entry: &ingress,
		Message: "A public way in reaches a gateway that believes the identity a client sends.\nAssumed: " + host + " is public.",
		Path:    []string{"Internet", "Ingress ditto/api (" + host + "/api)", "Service ditto/gateway:8080", "Deployment ditto/gateway"},
		Fix:     preauthFix, Guide: "1", File: "deploy/gateway.yaml", Line: line, Keys: []string{"k-" + host},
		Advice: "Switch pre-authentication off.", Cause: "preauth-exposed|deny|gateway",
	}
}

// mixed has everything that a report can show, out of order.
func mixed() check.Result {
	tls := check.Finding{
		Rule: "edge-tls", Level: rules.Restricted, Severity: rules.High, Action: check.ActionWarn, Subject: ingress,
		Message: "Serves <ditto.example.com> without TLS.", Fix: "Add spec.tls.", Guide: "8", File: "deploy/ingress.yaml", Line: 3, Cause: "edge-tls|api",
	}
	tlsToo := tls
	tlsToo.Subject, tlsToo.Line = ref("networking.k8s.io/v1", "Ingress", "ws"), 30
	tlsToo.Cause = "edge-tls|ws"
	tlsToo.Keys = []string{"another"}
	audited := preauth(14, "c.example.com")
	several := preauth(14, "b.example.com")
	several.Routes = []string{"b.example.com/api", "b.example.com/ws"}
	audited.Action, audited.Cause = check.ActionAudit, "preauth-exposed|audit|gateway"
	logging := check.Finding{
		Rule: "verbose-logging", Level: rules.Restricted, Severity: rules.Low, Action: check.ActionNone, Subject: gateway,
		Message: "Logs at DEBUG.", Guide: "6", Keys: []string{"k1", "k2"},
	}
	return check.Result{
		Findings: []check.Finding{logging, tlsToo, tls, audited, several, preauth(14, "a.example.com")},
		Unknown: []check.Unknown{
			{Subject: gateway, What: "status password", Message: "Secret ditto/gateway is not among the manifests.\nAdd it, or set onUnknown.", File: "deploy/gateway.yaml", Line: 40},
			{Rule: "devops-default-password", Subject: gateway, What: "DevOps password", Message: "Secret ditto/gateway is not among the manifests."},
			{Rule: "devops-exposed", Subject: ingress, What: "which paths", Message: "one way"},
			{Rule: "devops-exposed", Subject: ingress, What: "which paths", Message: "another way\nof two lines"},
		},
		Summary: check.Summary{Objects: 12, Denied: 2, Warned: 2},
	}
}

// hostile holds what a manifest may contain to fool whoever reads the report.
func hostile() check.Result {
	f := preauth(0, "x\x1b[2Jy\u202e")
	f.Subject.Name = "a\ndeny: all is well"
	f.File = "dir\r/a.yaml"
	return check.Result{Findings: []check.Finding{f}, Summary: check.Summary{Objects: 1, Denied: 1}}
}

func TestGolden(t *testing.T) {
	clean := check.Result{Summary: check.Summary{Objects: 1}}
	undecided := check.Result{Unknown: mixed().Unknown, Summary: check.Summary{Objects: 3}}
	text := func(result check.Result, opts Options) func(*bytes.Buffer) error {
		return func(b *bytes.Buffer) error { return Text(b, result, opts) }
	}
	wide := func(result check.Result, opts Options) func(*bytes.Buffer) error {
		return func(b *bytes.Buffer) error { return Wide(b, result, opts) }
	}
	cases := map[string]func(*bytes.Buffer) error{
		"wide/mixed.txt":         wide(mixed(), Options{}),
		"wide/mixed-verbose.txt": wide(mixed(), Options{Verbose: true}),
		"wide/mixed-color.txt":   wide(mixed(), Options{Color: true}),
		"wide/clean.txt":         wide(clean, Options{}),
		"wide/clean-color.txt":   wide(clean, Options{Color: true}),
		"wide/undecided.txt":     wide(undecided, Options{Color: true}),
		"wide/hostile.txt":       wide(hostile(), Options{}),
		"wide/nothing.txt":       wide(check.Result{}, Options{}),
		"mixed.txt":              text(mixed(), Options{}),
		"mixed-narrow.txt":       text(mixed(), Options{Width: 70}),
		"mixed-color.txt":        text(mixed(), Options{Color: true}),
		"clean.txt":              text(clean, Options{}),
		"undecided.txt":          text(undecided, Options{Color: true}),
		"hostile.txt":            text(hostile(), Options{}),
		"nothing.txt":            text(check.Result{}, Options{}),
		"mixed.json":             func(b *bytes.Buffer) error { return JSON(b, mixed()) },
		"nothing.json":           func(b *bytes.Buffer) error { return JSON(b, check.Result{}) },
	}
	for name, write := range cases {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			if err := write(&b); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join("testdata", name)
			if *update {
				if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), b.String()); diff != "" {
				t.Errorf("%s (-want +got); go test -update rewrites it:\n%s", path, diff)
			}
		})
	}
	for _, pattern := range []string{"*.*", "wide/*"} {
		files, err := fs.Glob(os.DirFS("testdata"), pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if _, known := cases[f]; !known {
				t.Errorf("testdata/%s belongs to no test", f)
			}
		}
	}
}

func TestOrderDoesNotDependOnTheInput(t *testing.T) {
	var want bytes.Buffer
	if err := JSON(&want, mixed()); err != nil {
		t.Fatal(err)
	}
	result := mixed()
	slices.Reverse(result.Findings)
	slices.Reverse(result.Unknown)
	before := result.Findings[0].Rule
	var got bytes.Buffer
	if err := JSON(&got, result); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want.String(), got.String()); diff != "" {
		t.Errorf("JSON of the reversed result (-want +got):\n%s", diff)
	}
	if result.Findings[0].Rule != before {
		t.Error("writing changed the result")
	}
}

func TestJSON_IsOneDocumentWithoutNull(t *testing.T) {
	for _, result := range []check.Result{{}, mixed()} {
		var b bytes.Buffer
		if err := JSON(&b, result); err != nil {
			t.Fatal(err)
		}
		if !json.Valid(b.Bytes()) || strings.Contains(b.String(), "null") || !strings.HasSuffix(b.String(), "}\n") {
			t.Errorf("not as promised:\n%s", b.String())
		}
	}
}

type brokenPipe struct{}

var errPipe = errors.New("broken pipe")

func (brokenPipe) Write([]byte) (int, error) { return 0, errPipe }

func TestErrorsOfTheWriterAreReturned(t *testing.T) {
	if err := JSON(brokenPipe{}, mixed()); !errors.Is(err, errPipe) {
		t.Errorf("JSON: error %v", err)
	}
	if err := Text(brokenPipe{}, mixed(), Options{}); !errors.Is(err, errPipe) {
		t.Errorf("Text: error %v", err)
	}
}
