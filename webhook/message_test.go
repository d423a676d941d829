package webhook

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

func TestRefusal(t *testing.T) {
	ingress := inventory.Ref{APIVersion: "networking.k8s.io/v1", Kind: "Ingress", Namespace: "ditto", Name: "api"}
	gateway := inventory.Ref{APIVersion: "apps/v1", Kind: "Deployment", Namespace: "ditto", Name: "gateway"}
	change := func(req string) check.Change {
		c := check.Change{Request: create(""), Object: &inventory.Object{Ref: ingress}}
		if req == "DELETE" {
			c = check.Change{Request: deletion(""), OldObject: &inventory.Object{Ref: ingress}}
		}
		return c
	}
	open := check.Finding{
		Rule: "preauth-exposed", Guide: "1", Subject: gateway, Message: "clients can write the identity\nthat the gateway believes",
		Path:   []string{"Ingress ditto/api (public)", "Service ditto/gateway", "Deployment ditto/gateway"},
		Fix:    "Switch pre-authentication off:\n  - name: ENABLE_PRE_AUTHENTICATION\n    value: \"false\"\n",
		Advice: "Set ENABLE_PRE_AUTHENTICATION\nto \"false\" on container gateway.",
	}
	tls := check.Finding{Rule: "edge-tls", Guide: "8", Subject: ingress, Message: "no TLS"}
	grown := tls
	grown.Notes = []string{"the exception for it (ticket 7)\nexpired on 2027-01-31, at the end of that day in UTC", "it was there before, and now lets in more"}
	many := []check.Finding{tls, tls, tls, tls, tls, open, open}
	var thousands []check.Finding
	for i := range 4000 {
		way := tls
		way.Subject.Name = fmt.Sprintf("way-%d", i)
		thousands = append(thousands, way)
	}
	for _, test := range []struct {
		name      string
		operation string
		findings  []check.Finding
		want      string
	}{
		{"one finding, about another object", "CREATE", []check.Finding{open}, `Ingress ditto/api is refused by dittoguard: preauth-exposed (guide section 1) on Deployment ditto/gateway: clients can write the identity that the gateway believes
  way in: Ingress ditto/api (public) → Service ditto/gateway → Deployment ditto/gateway
  fix: Set ENABLE_PRE_AUTHENTICATION to "false" on container gateway.`},
		{"a deletion", "DELETE", []check.Finding{tls}, `deletion of Ingress ditto/api is refused by dittoguard: edge-tls (guide section 8): no TLS`},
		{"two findings", "CREATE", []check.Finding{tls, open}, `Ingress ditto/api is refused by dittoguard: 2 findings
1. edge-tls (guide section 8): no TLS
2. preauth-exposed (guide section 1) on Deployment ditto/gateway: clients can write the identity that the gateway believes
  way in: Ingress ditto/api (public) → Service ditto/gateway → Deployment ditto/gateway
  fix: Set ENABLE_PRE_AUTHENTICATION to "false" on container gateway.`},
		{"more findings than are explained", "CREATE", many, `Ingress ditto/api is refused by dittoguard: 7 findings
1. edge-tls (guide section 8): no TLS
2. edge-tls (guide section 8): no TLS
3. edge-tls (guide section 8): no TLS
4. edge-tls (guide section 8): no TLS
5. preauth-exposed (guide section 1) on Deployment ditto/gateway: clients can write the identity that the gateway believes
  way in: Ingress ditto/api (public) → Service ditto/gateway → Deployment ditto/gateway
  fix: Set ENABLE_PRE_AUTHENTICATION to "false" on container gateway.
and 2 more: edge-tls (1), preauth-exposed (1)`},
		{"thousands, of more objects than are explained", "CREATE", thousands, `Ingress ditto/api is refused by dittoguard: 4000 findings
1. edge-tls (guide section 8) on Ingress ditto/way-0: no TLS
2. edge-tls (guide section 8) on Ingress ditto/way-1: no TLS
3. edge-tls (guide section 8) on Ingress ditto/way-2: no TLS
4. edge-tls (guide section 8) on Ingress ditto/way-3: no TLS
5. edge-tls (guide section 8) on Ingress ditto/way-4: no TLS
and 3995 more: edge-tls (3995)`},
		{"two findings with the same fix", "CREATE", []check.Finding{{Rule: "a", Subject: ingress, Message: "m", Advice: "do this\n"}, {Rule: "b", Subject: ingress, Message: "n", Advice: "do this"}}, `Ingress ditto/api is refused by dittoguard: 2 findings
1. a: m
  fix: do this
2. b: n
  fix: as for 1.`},
		{"what else there is to say", "CREATE", []check.Finding{grown}, `Ingress ditto/api is refused by dittoguard: edge-tls (guide section 8): no TLS
  note: the exception for it (ticket 7) expired on 2027-01-31, at the end of that day in UTC
  note: it was there before, and now lets in more`},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, refusal(change(test.operation), test.findings)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestWarningsAreFewAndShort(t *testing.T) {
	change := check.Change{Request: create(""), Object: &inventory.Object{Ref: inventory.Ref{APIVersion: "v1", Kind: "Service", Namespace: "ditto", Name: "api"}}}
	var findings []check.Finding
	for n := range 20 {
		findings = append(findings, check.Finding{
			Rule: fmt.Sprint("rule-", n), Subject: change.Object.Ref,
			Message: "a message that goes on and on, to the end of the line and beyond, where nobody reads any more — " + strings.Repeat("über alles hinaus ", 12),
		})
	}
	findings = append(findings, findings[0])
	got := warnings(change, findings, nil)
	if len(got) != maxWarnings {
		t.Fatalf("%d warnings", len(got))
	}
	if want := "dittoguard: rule-0: a message that goes on and on, to the end of the line and beyond, where nobody reads any more — " + strings.Repeat("über alles hinaus ", 6) + "… (in full: dittoguard audit)"; got[0] != want {
		t.Errorf("got %q, want %q", got[0], want)
	}
	whole := strings.Repeat("That is how it is, and nobody has said anything else so far. ", 3)
	if got, want := warning("rule: "+whole+strings.Repeat("And some more ", 5)), "dittoguard: rule: "+strings.TrimSuffix(whole, ". ")+" … (in full: dittoguard audit)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if want := "dittoguard: and 9 more, see the audit annotations of this request, or dittoguard audit"; got[maxWarnings-1] != want {
		t.Errorf("got %q, want %q", got[maxWarnings-1], want)
	}
	for _, line := range got {
		if n := utf8.RuneCountInString(line); n > maxWarning {
			t.Errorf("%d characters: %s", n, line)
		}
	}
}

// TestWarningsSayTheFix: where there is room for it, and where the finding does not say it itself.
func TestWarningsSayTheFix(t *testing.T) {
	ingress := inventory.Ref{APIVersion: "networking.k8s.io/v1", Kind: "Ingress", Namespace: "ditto", Name: "api"}
	change := check.Change{Request: create(""), Object: &inventory.Object{Ref: ingress}}
	got := warnings(change, []check.Finding{
		{Rule: "edge-tls", Subject: ingress, Message: "no TLS", Advice: "name a\ncertificate"},
		{Rule: "edge-rate-limit", Subject: ingress, Message: "no limit: set limit-rps", Advice: "set limit-rps"},
		{Rule: "network-isolation", Subject: ingress, Message: "no policy", Advice: strings.Repeat("a policy ", 40)},
	}, nil)
	want := []string{
		"dittoguard: edge-tls: no TLS; fix: name a certificate",
		"dittoguard: edge-rate-limit: no limit: set limit-rps",
		"dittoguard: network-isolation: no policy",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestWarningsOfTheUnknown(t *testing.T) {
	gateway := inventory.Ref{APIVersion: "apps/v1", Kind: "Deployment", Namespace: "ditto", Name: "gateway"}
	change := check.Change{Request: create(""), Object: &inventory.Object{Ref: gateway}}
	long := "Service ditto/a was not found: what it forwards to cannot be determined; "
	got := warnings(change, []check.Finding{{Rule: "edge-tls", Subject: gateway, Message: "no TLS"}}, []check.Unknown{
		{Rule: "preauth-exposed", Subject: gateway, What: "whether the identity is the proxy's", Message: "kinds cannot be read"},
		{Rule: "devops-exposed", Subject: gateway, What: "which paths lead to it", Message: "Ingresses cannot be read"},
		{Rule: "edge-tls", Subject: gateway, What: "whether it speaks TLS", Message: "Ingresses cannot be read"},
		{Subject: gateway, What: "ways in", Message: strings.Repeat(long, 4)},
	})
	want := []string{
		"dittoguard: edge-tls: no TLS",
		"dittoguard: devops-exposed, edge-tls: unknown: Deployment ditto/gateway: Ingresses cannot be read",
		"dittoguard: preauth-exposed: unknown: Deployment ditto/gateway: whether the identity is the proxy's: kinds cannot be read",
		"dittoguard: unknown: Deployment ditto/gateway: ways in: " + long + strings.TrimSuffix(long, "; ") + " … (in full: dittoguard audit)",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAnnotationsAreBounded(t *testing.T) {
	var verdict check.Verdict
	for n := range 500 {
		verdict.Audited = append(verdict.Audited, check.Finding{Rule: "rule", Subject: inventory.Ref{Kind: "Pod", Namespace: "ns", Name: fmt.Sprint("p", n)}})
	}
	got := annotations(verdict, "")["findings"]
	if len(got) > maxAnnotation+100 || !strings.HasPrefix(got, "rule Pod ns/p0; rule Pod ns/p1; ") || !strings.HasSuffix(got, " more") {
		t.Errorf("%d bytes: %s", len(got), got)
	}
	if got := annotations(check.Verdict{}, "some reason"); got != nil {
		t.Errorf("annotations without findings: %v", got)
	}
}

func FuzzClip(f *testing.F) {
	f.Add("dittoguard: a rule: a message", 20)
	f.Add("Zeile\r\nzwei\x00\x1b[31m", 8)
	f.Add(strings.Repeat("ä", 300), 120)
	f.Add("\xff\xfe", 2)
	f.Fuzz(func(t *testing.T, text string, limit int) {
		limit = 2 + (limit%200+200)%200
		got := clip(text, limit)
		if utf8.RuneCountInString(got) > limit || !utf8.ValidString(got) || strings.ContainsAny(got, "\n\r\x00\x1b") {
			t.Errorf("%q cut to %d is %q", text, limit, got)
		}
	})
}
