package settings

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dittoguard/dittoguard/internal/ditto/tri"
)

func TestRelease(t *testing.T) {
	for name, test := range map[string]struct {
		image, label string
		want         Release
		from         string
	}{
		"a tag":                     {"docker.io/eclipse/ditto-gateway:3.9.6", "", Release{3, 9}, "image ditto-gateway:3.9.6"},
		"a tag and a digest":        {"registry:5000/ditto-gateway:1.5.1@sha256:abc", "", Release{1, 5}, "image ditto-gateway:1.5.1"},
		"a milestone":               {"eclipse/ditto-things:2.0-M1", "", Release{2, 0}, "image ditto-things:2.0-M1"},
		"a v":                       {"eclipse/ditto-things:v2.4.2", "", Release{2, 4}, "image ditto-things:v2.4.2"},
		"a tag that moves":          {"eclipse/ditto-gateway:3", "", Release{3, 1024}, "image ditto-gateway:3"},
		"the newest":                {"eclipse/ditto-gateway:latest", "", Release{}, "image ditto-gateway:latest"},
		"no tag":                    {"registry:5000/ditto-gateway", "", Release{}, ""},
		"tags of another's":         {"acme/gateway:1.2", "", Release{}, ""},
		"a label":                   {"acme/gateway:1.2", "3.6.0", Release{3, 6}, "label app.kubernetes.io/version"},
		"a label after the tag":     {"acme/ditto-gateway:1.2", "3.6.0", Release{1, 2}, "image ditto-gateway:1.2"},
		"a label before the tag":    {"acme/ditto-gateway:3.6", "1.2.0", Release{1, 2}, "label app.kubernetes.io/version"},
		"a label, and latest":       {"acme/ditto-gateway:latest", "3.6.0", Release{3, 6}, "label app.kubernetes.io/version"},
		"a label that says nothing": {"acme/ditto-gateway:1.2", "main", Release{1, 2}, "image ditto-gateway:1.2"},
	} {
		t.Run(name, func(t *testing.T) {
			got, from := fixture{image: test.image, release: test.label}.read(t).Release()
			if got != test.want || from != test.from {
				t.Errorf("release %v of %q, want %v of %q", got, from, test.want, test.from)
			}
		})
	}
}

func TestReleaseInWords(t *testing.T) {
	for text, want := range map[string]string{"3.9.6": "3.9", "v2.4": "2.4", "3": "3"} {
		if got := parseRelease(text).String(); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}

func TestTooOld(t *testing.T) {
	const akka = "JAVA_TOOL_OPTIONS=-Dakka.remote.artery.canonical.port=2551"
	for name, test := range map[string]struct {
		container fixture
		want      string
	}{
		"1.x":                            {fixture{image: "eclipse/ditto-gateway:1.5.1"}, "a release before 3.0, which dittoguard does not know (image ditto-gateway:1.5.1)"},
		"2.x":                            {fixture{image: "eclipse/ditto-gateway:2.4.2"}, "a release before 3.0, which dittoguard does not know (image ditto-gateway:2.4.2)"},
		"3.0":                            {fixture{image: "eclipse/ditto-gateway:3.0.0"}, ""},
		"nothing says which":             {fixture{image: "eclipse/ditto-gateway:latest"}, ""},
		"options of an old one":          {fixture{env: env(akka)}, "a release before 3.4, by its JVM options for Akka, and nothing says which"},
		"options of both":                {fixture{env: env(akka + " -Dpekko.loglevel=INFO")}, ""},
		"options of an old one in 3.3":   {fixture{image: "eclipse/ditto-gateway:3.3.0", env: env(akka)}, ""},
		"options that a new one ignores": {fixture{image: "eclipse/ditto-gateway:3.9.6", env: env(akka)}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, test.container.read(t).TooOld()); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestSettingsOfReleases: what a setting was called, until when.
func TestSettingsOfReleases(t *testing.T) {
	image := func(tag string) string { return "eclipse/ditto-gateway:" + tag }
	off := env("DEVOPS_SECURE_STATUS=false")
	const doubt = "it is unclear whether this is a Ditto before 3.2, which reads DEVOPS_SECURE_STATUS"
	for name, test := range map[string]struct {
		container fixture
		want      [2]string // of DevOps, and of the status
	}{
		"while it was read":        {fixture{image: image("3.1.1"), env: off}, [2]string{"off env DEVOPS_SECURE_STATUS", "off env DEVOPS_SECURE_STATUS"}},
		"the new one is stronger":  {fixture{image: image("3.1.1"), env: append(env("DEVOPS_SECURED=true"), off...)}, [2]string{"on env DEVOPS_SECURED", "on env DEVOPS_SECURED"}},
		"no longer":                {fixture{image: image("3.2.0"), env: off}, [2]string{"on default", "on default"}},
		"nothing says which it is": {fixture{image: image("latest"), env: off}, [2]string{"unknown " + doubt, "unknown " + doubt}},
		"status is not apart yet":  {fixture{image: image("3.1.1"), env: env("DEVOPS_STATUS_SECURED=false")}, [2]string{"on default", "on default"}},
		"status apart":             {fixture{image: image("3.2.0"), env: env("DEVOPS_STATUS_SECURED=false")}, [2]string{"on default", "off env DEVOPS_STATUS_SECURED"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := test.container.read(t)
			var got [2]string
			for i, sw := range []tri.State{Boolean(s.Lookup(DevopsSecured)), s.GatewayStatusSecured()} {
				if got[i] = sw.State + " " + sw.Source; sw.State == tri.Unknown {
					got[i] = sw.State + " " + sw.Why
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestPortsOfAkka: the ports lay beneath `akka` before 3.4.
func TestPortsOfAkka(t *testing.T) {
	options := env("JAVA_TOOL_OPTIONS=-Dakka.remote.artery.canonical.port=4000 -Dakka.management.http.port=4001")
	conf := "akka.management.http.port = 4002"
	for name, test := range map[string]struct {
		container            fixture
		remoting, management int32
	}{
		"3.3":                {fixture{image: "eclipse/ditto-gateway:3.3.7", env: options}, 4000, 4001},
		"3.3 in a file":      {fixture{image: "eclipse/ditto-gateway:3.3.7"}.withExtension(conf), 2551, 4002},
		"3.4 reads it not":   {fixture{image: "eclipse/ditto-gateway:3.4.0", env: options}.withExtension(conf), 2551, 7626},
		"nothing says which": {fixture{env: options}, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			p := test.container.read(t).Ports()
			if p.Remoting.Number != test.remoting || p.Management.Number != test.management {
				t.Errorf("ports %+v", p)
			}
			if p.Remoting.Number == 0 && p.Remoting.Why == "" {
				t.Error("unknown without a reason")
			}
		})
	}
}
