package check_test

import (
	"strings"
	"testing"
	"time"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/config"
	"github.com/dittoguard/dittoguard/internal/ditto/htpasswd"
	"github.com/dittoguard/dittoguard/rules"
)

// TestExceptions: while an exception counts, what it names is let through. Once it has expired, what it let in stays as it
// is until a request touches what decides it; mending a part is let through.
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
			{apply: strings.Replace(open, `path: "/"`, `path: "/devops"`, 1), denied: []string{"devops-exposed Ingress ditto/api"}},
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

// excepting makes a checker with an exception, and a clock that has stopped.
func excepting(t *testing.T, now time.Time, exception config.Exception) *check.Checker {
	t.Helper()
	list, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	cfg := config.Default()
	cfg.Exceptions = []config.Exception{exception}
	passwords := htpasswd.NewVerifier(htpasswd.Options{NoBackground: true})
	t.Cleanup(passwords.Close)
	checker, err := check.New(check.Options{Rules: list, Config: cfg, Passwords: passwords, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	return checker
}
