package rendered

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/dittoguard/dittoguard/internal/inventory"
)

func objects(t *testing.T, texts ...string) []*inventory.Object {
	t.Helper()
	var list []*inventory.Object
	for _, text := range texts {
		raw, err := yaml.YAMLToJSON([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		o, err := inventory.Decode(raw, inventory.Source{File: "a.yaml"})
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, o)
	}
	return list
}

func deployedBy(t *testing.T, text string, others ...string) (Deployment, bool) {
	t.Helper()
	inv := inventory.NewMemory(func(*inventory.Object) []inventory.Key { return nil }, nil)
	for _, o := range objects(t, others...) {
		inv.Put(o)
	}
	return Deployed(inv, objects(t, text)[0])
}

const release = `
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: twins, namespace: iot}
spec:
  chart: {spec: {chart: ./charts/ditto/, sourceRef: {kind: GitRepository, name: flux}, valuesFiles: [charts/ditto/values.yaml, ./prod.yaml]}}
  values: {b: inline, nested: {x: inline}, gone: null}
  valuesFrom:
  - {kind: ConfigMap, name: one}
  - {kind: Secret, name: two, valuesKey: other}
  - {kind: Secret, name: two, valuesKey: switch, targetPath: nested.on}
  - {kind: Secret, name: two, valuesKey: text, targetPath: nested.text}
`

const one = `
apiVersion: v1
kind: ConfigMap
metadata: {name: one, namespace: iot}
data: {values.yaml: "a: one\nb: one\nnested: {x: one, z: one}\nlist: [1, 2]"}
`

const two = `
apiVersion: v1
kind: Secret
metadata: {name: two, namespace: iot}
data: {other: YTogdHdvCmxpc3Q6IFszXQo=}
stringData: {switch: "true", text: "'true'"}
`

// TestHelmRelease: values come from ConfigMaps and Secrets in their order, and those that are written out overrule them.
func TestHelmRelease(t *testing.T) {
	got, is := deployedBy(t, release, one, two, `
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {name: flux, namespace: iot}
spec: {url: "ssh://git@example.com/iot/deploy"}
`)
	want := Deployment{Sources: []Source{{
		Path: "./charts/ditto/", Repository: "ssh://git@example.com/iot/deploy", Kept: "GitRepository iot/flux", Is: OfHelm,
		Chart: Chart{
			Release: "twins", Namespace: "iot", Files: []string{"/charts/ditto/values.yaml", "/prod.yaml"}, Secret: true,
			Values: map[string]any{
				"a": "two", "b": "inline", "list": []any{float64(3)}, "gone": nil,
				"nested": map[string]any{"x": "inline", "z": "one", "on": true, "text": "true"},
			},
		},
		Build: Build{Fields: map[string]any{}},
	}}}
	if diff := cmp.Diff(want, got); diff != "" || !is {
		t.Error(is, diff)
	}
}

// TestLacks: what is not there, or is not evaluated, is said, and nothing is rendered without it.
func TestLacks(t *testing.T) {
	const kustomization = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: a, namespace: iot}\nspec: {sourceRef: {kind: GitRepository, name: x}, "
	const application = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a}\nspec: {source: {repoURL: 'https://me:pw@x/y', path: p, "
	for name, c := range map[string]struct {
		text   string
		others []string
		lack   string
		waits  bool
	}{
		"values":   {release, []string{two}, "it takes values from ConfigMap iot/one, which was not found", true},
		"key":      {release, []string{one, "apiVersion: v1\nkind: Secret\nmetadata: {name: two, namespace: iot}"}, "it takes values from key other, which Secret iot/two lacks", true},
		"optional": {kustomization + "postBuild: {substituteFrom: [{kind: Secret, name: s, optional: true}]}}", nil, "it takes values from Secret iot/s, which was not found", true},
		"field":    {kustomization + "b: {}, a: 1, path: x}", nil, "it is rendered with spec.a, which is not evaluated", false},
		"renderer": {"apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: a}\nspec: {chart: {spec: {chart: c, sourceRef: {kind: Bucket, name: b}}}, postRenderers: [{other: {}}]}",
			nil, "it is rendered with spec.postRenderers.other, which is not evaluated", false},
		"files": {"apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: a}\nspec: {chart: {spec: {chart: c, sourceRef: {kind: Bucket, name: b}, valuesFiles: [c/own.yaml]}}}",
			nil, "it is rendered with spec.chart.spec.valuesFiles, which is not evaluated", false},
		"plugin":      {application + "plugin: {}}}", nil, "it is rendered with spec.source.plugin, which is not evaluated", false},
		"exclude":     {application + "directory: {exclude: x}}}", nil, "it is rendered with spec.source.directory.exclude, which is not evaluated", false},
		"environment": {application + "helm: {parameters: [{name: a, value: $ARGOCD_APP_NAME}]}}}", nil, "it is rendered with spec.source.helm: $ARGOCD_…, which is not evaluated", false},
		"elsewhere":   {application + "helm: {valueFiles: ['https://x/values.yaml']}}}", nil, "it takes values from the file https://x/values.yaml, which is not read", false},
	} {
		got, is := deployedBy(t, c.text, c.others...)
		if !is || got.Lack != c.lack || got.Waits != c.waits || len(got.Sources) != 1 {
			t.Errorf("%s: %+v", name, got)
		}
	}
	for _, none := range []string{
		"apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: a}\nspec: {chart: {spec: {chart: c, sourceRef: {kind: HelmRepository, name: b}}}}",
		"apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a}\nspec: {source: {repoURL: x, chart: c}}",
		"apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: a}\nspec: {}",
	} {
		if got, is := deployedBy(t, none); is {
			t.Errorf("%s: %+v", none, got)
		}
	}
}

func TestApplication(t *testing.T) {
	got, _ := deployedBy(t, `
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: twins}
spec:
  destination: {namespace: iot}
  sources:
  - {repoURL: "https://me:pw@x/y", ref: all}
  - repoURL: https://me:pw@x/y
    path: chart
    helm:
      releaseName: r
      valueFiles: [a.yaml, $all/b/../c.yaml]
      values: "x: 1"
      parameters: [{name: a, value: "1,2"}, {name: b, value: "{1,2}"}, {name: c, value: "true", forceString: true}]
  - repoURL: https://me:pw@x/y
    path: k
    kustomize: {namespace: ns, images: [a=b:1, "x:5000/c", "d@sha256:0", "x:5000/e:2"]}
`)
	want := Deployment{Sources: []Source{{
		Path: "chart", Repository: "https://me:pw@x/y", Kept: "https://x/y",
		Chart: Chart{
			Release: "r", Namespace: "iot", Files: []string{"a.yaml", "/c.yaml"}, Values: map[string]any{"x": float64(1)},
			Set: []string{`a=1\,2`, "b={1,2}"}, SetString: []string{"c=true"},
		},
		Build: Build{Namespace: "iot", Fields: map[string]any{}},
	}, {
		Path: "k", Repository: "https://me:pw@x/y", Kept: "https://x/y", Chart: Chart{Release: "twins", Namespace: "iot"},
		Build: Build{Namespace: "iot", Fields: map[string]any{"namespace": "ns", "images": []any{
			map[string]any{"name": "a", "newName": "b", "newTag": "1"}, map[string]any{"name": "x:5000/c"},
			map[string]any{"name": "d", "digest": "sha256:0"}, map[string]any{"name": "x:5000/e", "newTag": "2"},
		}}},
	}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestPut: one value under a dotted name has the type that helm gives it.
func TestPut(t *testing.T) {
	for written, want := range map[string]any{
		"true": true, "0": int64(0), "12": int64(12), "012": "012", "null": nil, `"12"`: "12", "a b": "a b", "1.5": "1.5",
	} {
		values := map[string]any{"a": "not an object"}
		if !put(values, "a.b", written) || !cmp.Equal(values, map[string]any{"a": map[string]any{"b": want}}) {
			t.Errorf("%s: %v", written, values)
		}
	}
	for path, written := range map[string]string{"a[0]": "x", `a\.b`: "x", "a..b": "x", "a": "x,b=y", "b": "{x}"} {
		if put(map[string]any{}, path, written) {
			t.Errorf("%s=%s needs more than dotted names", path, written)
		}
	}
}
