package baseline_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dittoguard/dittoguard/internal/baseline"
	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/config"
	"github.com/dittoguard/dittoguard/internal/ditto/htpasswd"
	"github.com/dittoguard/dittoguard/internal/ditto/index"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/manifest"
	"github.com/dittoguard/dittoguard/rules"
	"github.com/dittoguard/dittoguard/test/sample"
)

// checker judges by all rules, by the default configuration.
var checker = sync.OnceValue(func() *check.Checker {
	list, err := rules.Builtin()
	if err != nil {
		panic(err)
	}
	passwords := htpasswd.NewVerifier(htpasswd.Options{NoBackground: true})
	c, err := check.New(check.Options{Rules: list, Proved: true, Config: config.Default(), Passwords: passwords})
	if err != nil {
		panic(err)
	}
	return c
})

func judged(t *testing.T, file string) *check.Judged {
	t.Helper()
	loaded, err := manifest.Load([]string{file}, nil, manifest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	inv := inventory.NewMemory(index.Of, nil)
	for _, o := range loaded.Objects {
		inv.Put(o)
	}
	j, err := checker().Judge(t.Context(), inv, inv.All())
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func written(t *testing.T, b *baseline.Baseline) string {
	t.Helper()
	var out bytes.Buffer
	if err := b.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// TestFixtures: what is wrong in a fixture is known once it is written down, and nothing else is; read back it is the same file.
func TestFixtures(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../rules/builtin/*/fail/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no fixtures: %v", err)
	}
	unprovable := 0
	for _, file := range sample.Of(files, 20) {
		if strings.HasSuffix(file, ".configuration.yaml") || testing.Short() && sample.Number(file)%8 != 0 {
			continue
		}
		j := judged(t, file)
		known := j.Known()
		text := written(t, baseline.Of(known, nil, nil))
		if sample.Number(file)%8 == 0 {
			if again := written(t, baseline.Of(judged(t, file).Known(), nil, nil)); again != text {
				t.Errorf("%s: written twice it differs: %s", file, cmp.Diff(text, again))
			}
		}
		b, err := baseline.Parse("b.yaml", []byte(text))
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if again := written(t, b); again != text {
			t.Errorf("%s: read and written it differs: %s", file, cmp.Diff(text, again))
		}
		result, matched, settled := j.Beyond(b.Known())
		left := 0
		for _, f := range result.Findings {
			if f.Action == check.ActionNone {
				continue
			}
			left++
			provable := true
			for _, k := range known {
				if k.Rule == f.Rule && k.Subject == f.Subject {
					provable = provable && k.Provable()
				}
			}
			if provable {
				t.Errorf("%s: still new: %s: %s (%v)", file, f.Rule, f.Message, f.Notes)
			}
			unprovable++
		}
		all := 0
		for _, f := range j.Result().Findings {
			if f.Action != check.ActionNone {
				all++
			}
		}
		// A finding of which a part stays new is counted on both sides.
		if settled+left < all {
			t.Errorf("%s: %d known and %d new of %d", file, settled, left, all)
		}
		for i, k := range b.Entries {
			if !matched[i] {
				t.Errorf("%s: nothing matches %s %s", file, k.Rule, k.Subject)
			}
		}
		if nothing, _, _ := j.Beyond(nil); cmp.Diff(len(nothing.Findings), len(j.Result().Findings)) != "" {
			t.Errorf("%s: an empty baseline knows something", file)
		}
	}
	t.Logf("%d findings cannot be known", unprovable)
}

func TestParse_Errors(t *testing.T) {
	t.Parallel()
	const head = "apiVersion: dittoguard.io/v1alpha1\nkind: Baseline\n"
	const finding = `findings:
- rule: edge-tls
  subject: {apiVersion: v1, kind: Service, name: s}
  known:
  - key: k
`
	for text, want := range map[string]string{
		"":                                      "b.yaml: nothing in it: expected apiVersion dittoguard.io/v1alpha1 and kind Baseline",
		"kind: Baseline\n":                      `b.yaml: apiVersion: expected dittoguard.io/v1alpha1, found ""`,
		"apiVersion: dittoguard.io/v1alpha1\n":  `b.yaml: kind: expected Baseline, found ""`,
		head + "finding: []\n":                  "b.yaml:3: finding: unknown field",
		head + "findings: 3\n":                  "b.yaml:3: not expected here: a number",
		head + "findings:\n- {}\n":              "b.yaml:4: findings[0].rule: missing",
		head + "findings: []\n---\n{}\n":        "b.yaml:4: expected one document, found a second one",
		head + "findings: [\n":                  "b.yaml:3: did not find expected node content",
		head + "kind: Baseline\nfindings: []\n": `b.yaml:3: mapping key "kind" already defined at line 2`,
		head + finding + "    lets:\n    - {from: everywhere, doors: [], hosts: []}\n": `b.yaml:4: findings[0].known[0].lets[0].from: expected cluster, internal or public, found "everywhere"`,
		head + finding + "    lets:\n    - {from: public, paths: [{kind: glob}]}\n":    `b.yaml:4: findings[0].known[0].lets[0].paths[0].kind: there is no kind "glob"`,
		head + finding + "    lets:\n    - {from: public, ports: [1], path: x}\n":      "b.yaml:9: ports: unknown field\nb.yaml:9: path: unknown field",
		head + finding + strings.TrimPrefix(finding, "findings:\n"):                    "b.yaml:8: findings[1]: the same rule, subject and entry as on line 4",
	} {
		_, err := baseline.Parse("b.yaml", []byte(text))
		if err == nil || err.Error() != want {
			t.Errorf("%s\ngot  %v\nwant %s", text, err, want)
		}
	}
	if _, err := baseline.Load(filepath.Join(t.TempDir(), "none.yaml")); err == nil || !os.IsNotExist(err) && !strings.HasSuffix(err.Error(), "none.yaml: no such file or directory") {
		t.Errorf("a file that is not there: %v", err)
	}
}
