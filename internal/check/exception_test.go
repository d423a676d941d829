package check_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/config"
	"github.com/dittoguard/dittoguard/internal/ditto/htpasswd"
	"github.com/dittoguard/dittoguard/internal/ditto/index"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/rules"
)

// TestExceptions: while an exception counts, what it names is let through. Once it has expired, what it let in stays as it
// is until a request decides it anew or lets in more; mending a part is let through.
func TestExceptions(t *testing.T) {
	t.Parallel()
	lastDay := time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC)
	open := ingressTo("api", "gateway", "number: 8080", "/")
	let := gatewayDeployment(preAuth) + "---" + gatewayService + "---" + open
	for _, test := range []struct {
		now time.Time
		sequence
	}{
		{lastDay.Add(23 * time.Hour), sequence{name: "on its last day", steps: []step{
			{apply: gatewayDeployment(preAuth)},
			{apply: gatewayService},
			{apply: open},
			{apply: strings.Replace(open, "name: api", "name: other", 1), denied: []string{preAuthOnGateway, "devops-exposed Ingress ditto/other"}},
		}}},
		{lastDay.Add(24 * time.Hour), sequence{name: "expired", there: let, steps: []step{
			{apply: strings.Replace(gatewayDeployment(preAuth), "3.9.6", "3.9.7", 1)},
			{apply: strings.Replace(open, "name: api", "name: api, labels: {a: b}", 1)},
			{apply: gatewayDeployment(`- {name: ENABLE_DUMMY_AUTH, value: "true"}`), denied: []string{preAuthOnGateway}},
			{apply: gatewayDeployment(noPreAuth)},
			{apply: strings.Replace(open, `path: "/"`, `path: "/devops"`, 1)},
			{apply: open, denied: []string{"devops-exposed Ingress ditto/api"}},
			{apply: strings.Replace(open, `path: "/"`, `path: "/api"`, 1)},
		}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.run(t, excepting(t, test.now, config.Exception{
				Rules: []string{"preauth-exposed", "devops-exposed"}, Match: config.Match{Kind: "Ingress", Name: "api"}, Expires: lastDay,
			}))
		})
	}
}

// TestExceptions_Expiry: a refusal says that there was an exception, and until when. Nothing is said while it counts.
func TestExceptions_Expiry(t *testing.T) {
	t.Parallel()
	lastDay := time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC)
	inv := inventory.NewMemory(index.Of, nil)
	open := ingressTo("api", "gateway", "number: 8080", "/api")
	for _, text := range []string{gatewayDeployment(preAuth), gatewayService, open} {
		inv.Put(decodeAll(t, text)[0])
	}
	checker := excepting(t, lastDay.Add(24*time.Hour), config.Exception{
		Rules: []string{"preauth-exposed"}, Match: config.Match{Kind: "Ingress", Name: "api"}, Expires: lastDay, Reason: "ticket 7",
	})
	for _, test := range []struct {
		name, apply string
		want        []string
	}{
		{"more", strings.Replace(open, "ditto.example.com", "www.example.com", 1), []string{
			"it was there before, and now lets in more", "the exception for it (ticket 7) expired on 2027-01-31, at the end of that day in UTC",
		}},
		{"perhaps more", strings.Replace(open, "/api", "/", 1), []string{
			"dittoguard could not prove that this way in lets in no more than was open before",
			"the exception for it (ticket 7) expired on 2027-01-31, at the end of that day in UTC",
		}},
		{"decided anew", gatewayDeployment(`- {name: ENABLE_DUMMY_AUTH, value: "true"}`), []string{
			"the exception for it (ticket 7) expired on 2027-01-31, at the end of that day in UTC",
		}},
		{"a limit more", strings.Replace(open, "name: api", `name: api, annotations: {a: b}`, 1), nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			verdict, err := checker.Change(t.Context(), inv, step{apply: test.apply}.change(t, inv))
			if err != nil {
				t.Fatal(err)
			}
			var notes []string
			for _, f := range verdict.Denied {
				if f.Rule == "preauth-exposed" {
					notes = append(notes, f.Notes...)
				}
			}
			if diff := cmp.Diff(test.want, notes); diff != "" {
				t.Errorf("notes (-want +got):\n%s", diff)
			}
		})
	}
}

// excepting makes a checker with an exception, and a clock that has stopped.
func excepting(t *testing.T, now time.Time, exception config.Exception) *check.Checker {
	t.Helper()
	return exceptingBy(t, func() time.Time { return now }, exception)
}

func exceptingBy(t testing.TB, now func() time.Time, exceptions ...config.Exception) *check.Checker {
	t.Helper()
	list, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	cfg := config.Default()
	cfg.Exceptions = exceptions
	passwords := htpasswd.NewVerifier(htpasswd.Options{NoBackground: true})
	t.Cleanup(passwords.Close)
	checker, err := check.New(check.Options{Rules: list, Config: cfg, Passwords: passwords, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	return checker
}
