package explain

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/ditto/facts"
	"github.com/dittoguard/dittoguard/internal/ditto/htpasswd"
	"github.com/dittoguard/dittoguard/internal/ditto/index"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/world"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/manifest"
	"github.com/dittoguard/dittoguard/rules"
	"github.com/dittoguard/dittoguard/test/sample"
)

// outputs are all ways to write an explanation.
var outputs = map[string]func(io.Writer, Explanation) error{"text": Text, "json": JSON, "mermaid": Mermaid, "dot": DOT}

func write(t testing.TB, output string, e Explanation) string {
	t.Helper()
	var b bytes.Buffer
	if err := outputs[output](&b, e); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// explainer explains manifests with all rules.
type explainer struct{ checker *check.Checker }

func newExplainer(t testing.TB) explainer {
	t.Helper()
	list, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	passwords := htpasswd.NewVerifier(htpasswd.Options{NoBackground: true})
	t.Cleanup(passwords.Close)
	checker, err := check.New(check.Options{Rules: list, Proved: true, Passwords: passwords})
	if err != nil {
		t.Fatal(err)
	}
	return explainer{checker}
}

func (x explainer) explain(t testing.TB, paths []string, stdin string, namespaces ...string) (Explanation, *world.View) {
	t.Helper()
	loaded, err := manifest.Load(paths, strings.NewReader(stdin), manifest.Options{Namespace: "default"})
	if err != nil {
		t.Fatal(err)
	}
	inv := inventory.NewMemory(index.Of, nil)
	for _, o := range loaded.Objects {
		inv.Put(o)
	}
	verdict, err := x.checker.All(t.Context(), inv, inv.All())
	if err != nil {
		t.Fatal(err)
	}
	view := x.checker.View(t.Context(), inv)
	return Build(context.Background(), view, inv.All(), Options{
		Verdict: verdict, Passwords: x.checker.Passwords(), Namespaces: namespaces,
	}), view
}

// fixtures are the manifests of all rules' fixtures.
func fixtures(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob("../../rules/builtin/*/*/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	files = slices.DeleteFunc(files, func(f string) bool { return strings.HasSuffix(f, ".configuration.yaml") })
	if len(files) < 100 {
		t.Fatalf("only %d fixtures were found", len(files))
	}
	return slices.DeleteFunc(files, func(file string) bool { return !sample.Has(file, 6) })
}

// TestEveryFixtureIsExplained: whatever Ditto looks like, all outputs are well formed, and nothing that the rules find on a
// way in is missing.
func TestEveryFixtureIsExplained(t *testing.T) {
	x := newExplainer(t)
	ways, found := 0, 0
	for _, file := range fixtures(t) {
		e, view := x.explain(t, []string{file}, "")
		for line := range strings.SplitSeq(write(t, "text", e), "\n") {
			if utf8.RuneCountInString(line) > width && len(strings.Fields(line)) > 1 {
				t.Errorf("%s: a line of %d columns: %s", file, utf8.RuneCountInString(line), line)
			}
			if line != strings.TrimRight(line, " ") {
				t.Errorf("%s: a line ends in a blank: %q", file, line)
			}
		}
		if text := write(t, "json", e); strings.Contains(text, "\": null") {
			t.Errorf("%s: null in JSON:\n%s", file, text)
		}
		mermaid, dot := parseMermaid(t, write(t, "mermaid", e)), parseDOT(t, write(t, "dot", e))
		if diff := cmp.Diff(mermaid, dot); diff != "" {
			t.Errorf("%s: the two pictures differ (-mermaid +dot):\n%s", file, diff)
		}
		for _, i := range e.Installations {
			for _, w := range i.WaysIn {
				ways++
				found += len(w.Findings)
				shows := func(list []string, text string) bool {
					return slices.ContainsFunc(list, func(l string) bool { return strings.Contains(strings.Join(strings.Fields(l), " "), text) })
				}
				path, bundled := strings.CutPrefix(w.Steps[0].Text, w.Via+": ")
				if !shows(mermaid.labels, w.Steps[0].Text) && !(bundled && shows(mermaid.groups, w.Via) && shows(mermaid.labels, path)) {
					t.Errorf("%s: %s is not in the picture", file, w.Steps[0].Text)
				}
			}
		}
		checkSteps(t, file, e, view)
	}
	if ways < 60 || found < 100 { // of the sample that -short takes
		t.Errorf("only %d ways in with %d findings were seen", ways, found)
	}
}

// checkSteps: the objects of the steps are those that their texts name.
func checkSteps(t *testing.T, file string, e Explanation, view *world.View) {
	t.Helper()
	for _, i := range e.Installations {
		for _, w := range i.WaysIn {
			if w.Steps[0].Object != w.Entry || w.Steps[len(w.Steps)-1].Object != w.Target {
				t.Errorf("%s: %s goes from %s to %s", file, w.Via, w.Steps[0].Object, w.Steps[len(w.Steps)-1].Object)
			}
			for _, s := range w.Steps[1:] {
				if !strings.HasPrefix(s.Text, s.Object.String()) || view.Get(s.Object.GroupKind(), s.Object.Namespace, s.Object.Name) == nil {
					t.Errorf("%s: step %q is taken by %s", file, s.Text, s.Object)
				}
			}
		}
	}
}

// TestEveryFindingOnAWayIsNoted: what check finds on ways in is found again at the ways.
func TestEveryFindingOnAWayIsNoted(t *testing.T) {
	x := newExplainer(t)
	for _, file := range fixtures(t) {
		e, _ := x.explain(t, []string{file}, "")
		noted := map[string]bool{}
		for _, i := range e.Installations {
			for _, w := range i.WaysIn {
				for _, f := range w.Findings {
					noted[f.Rule+": "+f.Message] = true
				}
			}
		}
		loaded, err := manifest.Load([]string{file}, nil, manifest.Options{Namespace: "default"})
		if err != nil {
			t.Fatal(err)
		}
		inv := inventory.NewMemory(index.Of, nil)
		for _, o := range loaded.Objects {
			inv.Put(o)
		}
		verdict, err := x.checker.All(t.Context(), inv, inv.All())
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range verdict.Findings {
			// A MongoDB is explained with the Ditto beside it.
			if len(f.Path) > 0 && !noted[f.Rule+": "+f.Message] {
				t.Errorf("%s: %s: %s", file, f.Rule, f.Message)
			}
		}
	}
}

func TestTrustModel(t *testing.T) {
	on, off := tri.State{State: tri.On, Source: "env A"}, tri.State{State: tri.Off, Source: "default"}
	unclear := tri.State{State: tri.Unknown, Why: "Secret x was not found"}
	google := facts.Issuer{Name: "google", IsDefault: true, Audience: off}
	keycloak := facts.Issuer{Name: "keycloak", Audience: off}
	filtered := google
	filtered.Audience = on
	for _, test := range []struct {
		name    string
		proxy   tri.State
		state   string
		issuers []facts.Issuer
		want    TrustModel
	}{
		{"pre-authentication, and the default issuer left", on, facts.Known, []facts.Issuer{google}, TrustModel{ModelProxy, "pre-authentication is on (env A)", "auto"}},
		{"an issuer of one's own", off, facts.Known, []facts.Issuer{google, keycloak}, TrustModel{ModelOIDC, "pre-authentication is off (default), and tokens of keycloak are believed", "auto"}},
		{"the default issuer, chosen by an audience", off, facts.Known, []facts.Issuer{filtered}, TrustModel{ModelOIDC, "pre-authentication is off (default), and tokens of Ditto's default issuer are believed for one audience", "auto"}},
		{"both", on, facts.Known, []facts.Issuer{keycloak}, TrustModel{ModelMixed, "pre-authentication is on (env A), and tokens of keycloak are believed as well", "auto"}},
		{"neither", off, facts.Known, []facts.Issuer{google}, TrustModel{ModelNone, "pre-authentication is off (default), and no issuer of tokens but Ditto's default one is there", "auto"}},
		{"pre-authentication unknown", unclear, facts.Known, nil, TrustModel{ModelUnknown, "pre-authentication: Secret x was not found", "auto"}},
		{"issuers unknown", off, tri.Unknown, []facts.Issuer{google}, TrustModel{ModelUnknown, "issuers of tokens: unread", "auto"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			facts := &facts.GatewayFacts{
				PreAuthentication: test.proxy, TrustModelWanted: "auto",
				OIDC: facts.OIDC{State: test.state, Why: "unread", Issuers: test.issuers},
			}
			if diff := cmp.Diff(&test.want, trustModel(facts)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestNewFactsAreShown: a setting that somebody adds to the facts needs no line here to be shown.
func TestNewFactsAreShown(t *testing.T) {
	type known struct {
		Name    string         `cel:"name"`
		Fresh   tri.State      `cel:"fresh"`
		Left    tri.State      `cel:"left"`
		Nothing tri.State      `cel:"nothing"`
		Text    facts.Text     `cel:"text"`
		Untold  tri.State      // no fact
		Secret  facts.Password `cel:"devopsPassword"`
	}
	got := settingsOf(&known{
		Name: "x", Fresh: tri.State{State: tri.On, Source: "env F"}, Left: tri.State{State: tri.On},
		Text: facts.Text{State: facts.Known, Value: "v"}, Untold: tri.State{State: tri.On}, Secret: facts.Password{State: facts.Own},
	}, "left")
	want := []Setting{
		{Name: "fresh", Title: "fresh", State: tri.On, Source: "env F"},
		{Name: "text", Title: "text", State: facts.Known, Value: "v"},
		{Name: "devopsPassword", Title: "DevOps password", Path: "ditto.gateway.authentication.devops.password", State: facts.Own},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestJSONIsStable holds the names of all fields: programs rely on them.
func TestJSONIsStable(t *testing.T) {
	var names []string
	var walk func(prefix string, of reflect.Type)
	walk = func(prefix string, of reflect.Type) {
		for of.Kind() == reflect.Slice || of.Kind() == reflect.Pointer {
			of = of.Elem()
		}
		if of.Kind() != reflect.Struct {
			names = append(names, prefix)
			return
		}
		if of == reflect.TypeFor[inventory.Ref]() {
			names = append(names, prefix+" (apiVersion, kind, namespace, name)")
			return
		}
		for field := range of.Fields() {
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			walk(strings.TrimPrefix(prefix+"."+name, "."), field.Type)
		}
	}
	walk("", reflect.TypeFor[Explanation]())
	for want := range strings.FieldsSeq(`
		installations.namespace installations.components.component installations.components.container
		installations.components.file installations.components.line installations.components.trustModel.model
		installations.components.trustModel.why installations.components.trustModel.wanted
		installations.components.settings.name installations.components.settings.title installations.components.settings.path
		installations.components.settings.state installations.components.settings.value installations.components.settings.source
		installations.components.settings.why installations.components.settings.said.state installations.components.writtenOut
		installations.components.ports.port installations.components.ports.number installations.components.ports.isolated.state
		installations.components.ports.isolated.source installations.components.ports.isolated.why
		installations.components.ports.allowed.policy installations.components.ports.allowed.who
		installations.components.ports.allowed.scope installations.components.findings.rule installations.components.findings.severity
		installations.components.findings.action installations.components.findings.message
		installations.waysIn.kind installations.waysIn.via installations.waysIn.public installations.waysIn.proxied
		installations.waysIn.component installations.waysIn.port installations.waysIn.number installations.waysIn.route
		installations.waysIn.steps.text installations.waysIn.identity installations.waysIn.identityWhy
		installations.waysIn.authenticated.state installations.waysIn.reaches.api installations.waysIn.reaches.disguised
		installations.waysIn.reaches.admin installations.waysIn.reaches.adminInDoubt installations.waysIn.reaches.other
		installations.waysIn.properties.name installations.waysIn.assumptions installations.waysIn.unknown
		installations.waysIn.findings.rule installations.waysIn.verdict
		installations.passwordFiles.key installations.passwordFiles.users.name installations.passwordFiles.users.scheme
		installations.passwordFiles.users.state installations.passwordFiles.users.why
		installations.unknown.what installations.unknown.message`) {
		if !slices.Contains(names, want) {
			t.Errorf("field %s is missing", want)
		}
	}
	for _, want := range []string{
		"installations.components.workload", "installations.components.forwardsTo", "installations.waysIn.entry",
		"installations.waysIn.target", "installations.waysIn.steps.object", "installations.passwordFiles.holder", "installations.unknown.subject",
	} {
		if !slices.Contains(names, want+" (apiVersion, kind, namespace, name)") {
			t.Errorf("object %s is missing", want)
		}
	}
}

// TestNothingIsWrittenAsEmptyLists: a program need not ask whether a list is there.
func TestNothingIsWrittenAsEmptyLists(t *testing.T) {
	e, _ := newExplainer(t).explain(t, []string{"-"}, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n")
	var got map[string]any
	if err := json.Unmarshal([]byte(write(t, "json", e)), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]any{"installations": []any{}}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
