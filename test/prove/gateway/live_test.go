package main

import (
	"encoding/base64"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dittoguard/dittoguard/internal/ditto/settings"
	"github.com/dittoguard/dittoguard/internal/ditto/surface"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
)

// running calls f for each gateway that was run, with what dittoguard makes of its settings.
func running(t *testing.T, f func(t *testing.T, g Live, read *settings.Settings)) {
	t.Helper()
	for _, file := range recorded(t, "live-*.json") {
		var record LiveRecord
		if err := read(file, &record); err != nil {
			t.Fatal(err)
		}
		if len(record.Gateways) < 5 {
			t.Errorf("%s: only %d gateways", file, len(record.Gateways))
		}
		for _, g := range record.Gateways {
			t.Run(strings.TrimSuffix(filepath.Base(file), ".json")+"/"+g.Name, func(t *testing.T) {
				f(t, g, container(g.Given, strings.TrimPrefix(record.About.Software, "Ditto ")))
			})
		}
	}
}

// served says whether whoever asked was let in: 408 is what comes of a request for services that are not there.
func (a Answered) served() bool {
	return a.Status == http.StatusOK || a.Status == http.StatusRequestTimeout
}

// A path is read as the gateway reads it: it asks for the credentials of operators exactly where dittoguard sees a path of theirs.
func TestPathsAreReadAsTheGatewayReadsThem(t *testing.T) {
	compared := 0
	running(t, func(t *testing.T, g Live, _ *settings.Settings) {
		if g.Name != "pre-authentication is on" {
			return
		}
		for _, a := range g.Answers {
			asked := a.Path
			if i := strings.Index(asked, "://ditto.example.com/"); i >= 0 { // the absolute form
				asked = asked[i+len("://ditto.example.com"):]
			}
			asked, _, _ = strings.Cut(asked, "?")
			if len(a.Headers) > 0 || !strings.HasPrefix(asked, "/") || strings.Contains(asked, "#") {
				continue
			}
			compared++
			path, ok := surface.Read(asked)
			if !ok {
				if a.Status != http.StatusBadRequest {
					t.Errorf("%s: the gateway reads it (%d)", a.Path, a.Status)
				}
				continue
			}
			i := slices.IndexFunc(surface.AdminPaths(), func(root string) bool { return path == root || strings.HasPrefix(path, root+"/") })
			root := ""
			if i >= 0 {
				root = surface.AdminPaths()[i]
			}
			want := map[string]string{"/devops": "DITTO-DEVOPS", "/api/2/connections": "DITTO-DEVOPS", "/overall": "DITTO-STATUS"}[root]
			if path == "/stats/things/details" {
				want = "DITTO-DEVOPS"
			}
			if a.Challenge != "" && want == "" && slices.ContainsFunc(surface.AdminPaths(), func(root string) bool { return strings.HasPrefix(path, root) }) {
				continue // before 3.9 credentials are asked for wherever the text begins so; its routes have nothing there
			}
			nothing := a.Status == http.StatusNotFound || a.Status == http.StatusMethodNotAllowed
			if a.Challenge != want && !(nothing && a.Challenge == "") {
				t.Errorf("%s: the gateway asks for %q, and dittoguard reads %s", a.Path, a.Challenge, path)
			}
			if status := a.Status == http.StatusOK && !strings.HasPrefix(path, "/stats") && !strings.HasPrefix(path, "/.well-known") &&
				a.Is == nil; status != (root == "/status") && !(nothing && root == "/status") {
				t.Errorf("%s: the gateway answers %d, and dittoguard reads %s", a.Path, a.Status, path)
			}
		}
	})
	if compared < 250 {
		t.Errorf("only %d paths were compared", compared)
	}
}

// Who a client says to be is believed if pre-authentication is on, as dittoguard reads that, and in the ways that it looks for.
func TestIdentitiesAreBelievedWherePreAuthenticationIsOn(t *testing.T) {
	believed := map[string]string{ // path and headers; who it is
		whoami + "|" + header + ": a:b": "a:b", whoami + "|X-DITTO-PRE-AUTHENTICATED: a:b": "a:b", whoami + "?" + header + "=a:b|": "a:b",
		whoami + "?" + header + "=q:q|" + header + ": h:h": "h:h", whoami + "?" + header + "=q:q|" + header + ":": "",
		whoami + "?" + header + "=|": "", whoami + "?" + header + "=q:q|Authorization: Bearer junk": "q:q",
		whoami + "|" + header + ": h:h|Authorization: Bearer junk": "h:h", whoami + "?X-Ditto-Pre-Authenticated=a:b|": "",
		whoami + "|x_ditto_pre_authenticated: a:b": "", whoami + "|x-ditto-dummy-auth: a:b": "", whoami + "|X-Forwarded-User: a:b": "",
		whoami + "?x%2dditto-pre-authenticated=a:b|": "a:b",
	}
	running(t, func(t *testing.T, g Live, read *settings.Settings) {
		on := settings.Boolean(read.Lookup(settings.PreAuthentication))
		for _, a := range g.Answers {
			want, ok := believed[a.Path+"|"+strings.Join(a.Headers, "|")]
			if !ok {
				continue
			}
			if on.State != tri.On {
				want = ""
			}
			if is := strings.Join(a.Is, ","); is != want {
				t.Errorf("%s %q: the gateway believes it is %q, not %q; pre-authentication is %s to dittoguard", a.Path, a.Headers, is, want, on.State)
			}
		}
	})
}

// Whoever dittoguard says gets in without credentials, or with published ones, does, and nobody else.
func TestOperatorsAreAskedForTheCredentialsThatAreRead(t *testing.T) {
	compared := 0
	running(t, func(t *testing.T, g Live, read *settings.Settings) {
		devops, status := settings.Boolean(read.Lookup(settings.DevopsSecured)), read.GatewayStatusSecured()
		method, _, _ := settings.Method(read.Lookup(settings.DevopsMethod))
		password, statusPassword := read.Lookup(settings.DevopsPassword), read.Lookup(settings.StatusPassword)
		for _, a := range g.Answers {
			secured, passwords := devops, []settings.Value{password}
			switch path, _, _ := strings.Cut(a.Path, "?"); path {
			case "/devops/logging/gateway", "/stats/things/details", "/api/2/connections":
			case "/overall/status":
				secured, passwords = status, append(passwords, statusPassword)
			default:
				continue
			}
			_, given, ok := strings.Cut(strings.Join(a.Headers, "\n"), "Authorization: Basic ")
			name, word, _ := strings.Cut(decode(t, given), ":")
			want := secured.State == tri.Off || method == "basic" && ok && name == "devops" &&
				slices.ContainsFunc(passwords, func(v settings.Value) bool { return v.IsOneOf([]string{word}) })
			if len(a.Headers) == 1 && strings.Contains(a.Headers[0], good) {
				continue // tokens are another matter
			}
			compared++
			if a.served() != want {
				t.Errorf("%s %q: the gateway answers %d; to dittoguard it is secured: %s, by %s", a.Path, a.Headers, a.Status, secured.State, method)
			}
		}
	})
	if compared < 100 {
		t.Errorf("only %d answers were compared", compared)
	}
}

func decode(t *testing.T, text string) string {
	t.Helper()
	decoded, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return string(decoded)
}

// Where CORS is on, as dittoguard reads that, any origin is the allowed one.
func TestEveryOriginIsAllowedWhereCORSIsOn(t *testing.T) {
	running(t, func(t *testing.T, g Live, read *settings.Settings) {
		on := settings.Boolean(read.Lookup(settings.EnableCORS)).State == tri.On
		for _, a := range g.Answers {
			for _, h := range a.Headers {
				if origin, ok := strings.CutPrefix(h, "Origin: "); ok && (a.Allow == origin) != on {
					t.Errorf("%s: %q is allowed; CORS is on to dittoguard: %t", a.Path, a.Allow, on)
				}
			}
		}
	})
}
