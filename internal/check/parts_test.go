package check_test

import (
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/config"
	"github.com/dittoguard/dittoguard/internal/ditto/facts"
	"github.com/dittoguard/dittoguard/internal/ditto/index"
	"github.com/dittoguard/dittoguard/internal/ditto/recognize"
	"github.com/dittoguard/dittoguard/internal/ditto/topology"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/world"
	"github.com/dittoguard/dittoguard/internal/engine"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/manifest"
	"github.com/dittoguard/dittoguard/rules"
	"github.com/dittoguard/dittoguard/test/sample"
)

// partsOf are the built-in rules that are parts, by their names, and the rules that they are parts of.
func partsOf(t *testing.T) (parts []rules.HardeningRule, whole map[string]rules.HardeningRule) {
	t.Helper()
	list, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	whole = map[string]rules.HardeningRule{}
	for _, part := range list {
		if part.Spec.PartOf == "" {
			continue
		}
		parts = append(parts, part)
		for _, r := range list {
			if r.Metadata.Name == part.Spec.PartOf {
				whole[part.Metadata.Name] = r
			}
		}
	}
	if len(parts) == 0 || len(parts) != len(whole) {
		t.Fatalf("%d parts of %d rules", len(parts), len(whole))
	}
	return parts, whole
}

// TestPartsFindNothingOfTheirOwn: wherever a part finds something, the whole rule finds something on the same object. So
// an exported policy never denies what dittoguard would have let in. A restricted part of a baseline rule only warns: it
// may also find what a file overrules.
func TestPartsFindNothingOfTheirOwn(t *testing.T) {
	parts, whole := partsOf(t)
	files := append(fixtureFiles(t, "pass"), fixtureFiles(t, "fail")...)
	for _, part := range parts {
		name := part.Metadata.Name
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			alone, all := newChecker(t, []rules.HardeningRule{part}, config.Default()), newChecker(t, []rules.HardeningRule{whole[name]}, config.Default())
			fired := 0
			for _, file := range files {
				inv := contentOf(t, file)
				found := subjects(judged(t, alone, inv))
				if len(found) == 0 {
					continue
				}
				fired++
				for _, subject := range found {
					if part.Spec.Level != whole[name].Spec.Level && overruled(t, inv, subject) {
						continue
					}
					if found := subjects(judged(t, all, inv)); !slices.Contains(found, subject) {
						t.Errorf("%s: the part finds something on %s, the whole rule only on %v", file, subject, found)
					}
				}
			}
			if own := fixturesOf(t, name, "fail"); fired < len(own) {
				t.Errorf("it found something in %d fixtures, though %d of its own fail", fired, len(own))
			}
		})
	}
}

// TestPartsAreSilentBesideTheWhole: what a part finds is said once.
func TestPartsAreSilentBesideTheWhole(t *testing.T) {
	parts, whole := partsOf(t)
	for _, part := range parts {
		checker := newChecker(t, []rules.HardeningRule{part, whole[part.Metadata.Name]}, config.Default())
		for _, file := range fixturesOf(t, part.Metadata.Name, "fail") {
			inv := contentOf(t, file)
			for _, f := range judged(t, checker, inv).Findings {
				if f.Rule != part.Spec.PartOf {
					t.Errorf("%s: %s finds: %s", file, f.Rule, f.Message)
				}
			}
		}
	}
}

// fixturesOf are the pass or the fail fixtures of one built-in rule.
func fixturesOf(t *testing.T, rule, kind string) []string {
	t.Helper()
	return slices.DeleteFunc(fixtureFiles(t, kind), func(file string) bool {
		return filepath.Base(filepath.Dir(filepath.Dir(file))) != rule
	})
}

// overruled says whether a file secures a gateway whose variables say otherwise.
func overruled(t *testing.T, inv *inventory.Memory, subject string) bool {
	view := topology.NewView(t.Context(), inv, world.Options{Cache: world.NewCache()})
	return slices.ContainsFunc(inv.All(), func(o *inventory.Object) bool {
		return o.Ref.String() == subject && slices.ContainsFunc(recognize.Named(view.Parts(o), recognize.Gateway), func(part recognize.Part) bool {
			secured := facts.OfGateway(view, part).DevopsSecured
			return secured.State == tri.On && strings.HasSuffix(secured.Source, "key gateway-extension.conf")
		})
	})
}

// contentOf reads a fixture without making a checker for it.
func contentOf(t *testing.T, file string) *inventory.Memory {
	t.Helper()
	loaded, err := manifest.Load([]string{file}, nil, manifest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	inv := inventory.NewMemory(index.Of, nil)
	for _, o := range loaded.Objects {
		inv.Put(o)
	}
	return inv
}

func subjects(result check.Result) []string {
	var list []string
	for _, f := range result.Findings {
		list = append(list, f.Subject.String())
	}
	return list
}

// unseen are what old objects had that is published, and that a part takes for a password of one's own: its text says so.
var unseen = []string{
	"devops-default-password/fail/published-in-secret.yaml", "devops-default-password/fail/optional-key-missing.yaml",
}

// TestPartsDenyOnlyWhatIsNew updates every object of a fixture to every other that can take its place: what a part finds
// in the update, with the old object at hand as the API server has it, the whole rule denies as new.
func TestPartsDenyOnlyWhatIsNew(t *testing.T) {
	parts, whole := partsOf(t)
	compiler, err := engine.New(reflect.TypeFor[*facts.Facts]())
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range parts {
		name := part.Metadata.Name
		compiled, err := compiler.Compile(part)
		if err != nil {
			t.Fatal(err)
		}
		if part.Spec.Level != whole[name].Spec.Level {
			continue // it denies nothing
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checker := newChecker(t, []rules.HardeningRule{whole[name]}, config.Default())
			versions := partVersions(t, part)
			updates, fired := 0, 0
			for _, old := range versions {
				for _, now := range versions {
					if old.file != now.file && testing.Short() && sample.Number(old.file, now.file)%6 != 0 {
						continue
					}
					if old.object.Ref.Kind != now.object.Ref.Kind || slices.Contains(unseen, old.file) {
						continue
					}
					updates++
					changed := renamed(t, now.object, old.object)
					request := &admissionv1.AdmissionRequest{
						Operation: admissionv1.Update, Name: changed.Ref.Name, Namespace: changed.Ref.Namespace,
						Kind: metav1.GroupVersionKind{Kind: changed.Ref.Kind},
					}
					outcome := compiled.Evaluate(t.Context(), engine.Input{Object: changed.Content(), OldObject: old.object.Content(), Request: request})
					if outcome.Err != nil || !outcome.Matched {
						t.Fatalf("%s to %s: %+v", old.file, now.file, outcome)
					}
					if len(outcome.Violations) == 0 {
						continue
					}
					fired++
					if old.file == now.file {
						t.Errorf("%s: the object as it is would be refused: %s", old.file, outcome.Violations[0].Message)
					}
					inv := inventory.NewMemory(index.Of, nil)
					for _, o := range append(append([]*inventory.Object{}, old.all...), now.all...) {
						inv.Put(o)
					}
					inv.Put(old.object)
					verdict, err := checker.Change(t.Context(), inv, check.Change{Request: request, Object: changed, OldObject: old.object})
					if err != nil {
						t.Fatal(err)
					}
					if len(verdict.Denied) == 0 {
						t.Errorf("%s to %s: the part says %q, the whole rule lets it in", old.file, now.file, outcome.Violations[0].Message)
					}
				}
			}
			if !sample.Taken() && (fired == 0 || fired == updates) {
				t.Errorf("it found something in %d of %d updates", fired, updates)
			}
		})
	}
}

// partVersion is an object as a fixture has it, with everything else in the fixture.
type partVersion struct {
	file   string
	object *inventory.Object
	all    []*inventory.Object
}

// partVersions are the objects that a part or its whole is about in their fixtures.
func partVersions(t *testing.T, part rules.HardeningRule) []partVersion {
	t.Helper()
	var list []partVersion
	for _, dir := range []string{part.Metadata.Name, part.Spec.PartOf} {
		for _, kind := range []string{"pass", "fail"} {
			for _, file := range fixturesOf(t, dir, kind) {
				inv := contentOf(t, file)
				for _, o := range inv.All() {
					workload := o.PodTemplate() != nil
					if holds := o.Ref.Kind == "ConfigMap" || o.Ref.Kind == "Secret"; workload || holds && part.Spec.PartOf == "sample-credentials" {
						// As the API server has it, without fields that are null.
						o = inventory.FromTyped(o.Typed.(metav1.Object), schema.FromAPIVersionAndKind(o.Ref.APIVersion, o.Ref.Kind))
						list = append(list, partVersion{file: file[len(builtinDir)+1:], object: o, all: inv.All()})
					}
				}
			}
		}
	}
	return list
}

// renamed is the object in the place of another.
func renamed(t *testing.T, o, as *inventory.Object) *inventory.Object {
	t.Helper()
	u := &unstructured.Unstructured{Object: runtime.DeepCopyJSON(o.Content())}
	u.SetName(as.Ref.Name)
	u.SetNamespace(as.Ref.Namespace)
	changed, err := inventory.FromUnstructured(u)
	if err != nil {
		t.Fatal(err)
	}
	return changed
}
