package check_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	clientscheme "k8s.io/client-go/kubernetes/scheme"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/config"
	"github.com/dittoguard/dittoguard/internal/ditto/index"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/rules"
	"github.com/dittoguard/dittoguard/test/objects"
	"github.com/dittoguard/dittoguard/test/sample"
)

// withoutKind is an inventory without the objects of a kind, which cannot be read.
func withoutKind(inv *inventory.Memory, kind schema.GroupKind) *inventory.Memory {
	rest := inventory.NewMemory(index.Of, func(gk schema.GroupKind, _ string) bool { return gk != kind })
	for _, o := range inv.All() {
		if o.Ref.GroupKind() != kind {
			rest.Put(o)
		}
	}
	return rest
}

// TestWithoutAKindOfCustomResources: where a kind cannot be read, what its objects open is unknown and not safe, and what its
// objects close is unknown and not open. Every fixture of the rules about ways in is judged without each of its kinds.
func TestWithoutAKindOfCustomResources(t *testing.T) {
	withKinds(t, withoutKind)
}

// TestAKindInAVersionThatIsNotRead: the same where an API server serves a kind in a version alone that is not read.
func TestAKindInAVersionThatIsNotRead(t *testing.T) {
	withKinds(t, func(inv *inventory.Memory, kind schema.GroupKind) *inventory.Memory {
		served := inventory.NewMemory(index.Of, nil)
		for _, o := range inv.All() {
			if o.Ref.GroupKind() == kind {
				content := runtime.DeepCopyJSON(o.Content())
				content["apiVersion"] = kind.WithVersion("v99").GroupVersion().String()
				var err error
				if o, err = inventory.FromUnstructured(&unstructured.Unstructured{Object: content}); err != nil {
					t.Fatal(err)
				}
			}
			served.Put(o)
		}
		return served
	})
}

// TestAPolicyInAVersionThatIsNotRead: what it closes is unknown, and not open.
func TestAPolicyInAVersionThatIsNotRead(t *testing.T) {
	inv, checker := load(t, filepath.Join(builtinDir, "devops-exposed/fail/istio-rewrite.yaml"))
	if found := judged(t, checker, inv); len(found.Findings) == 0 {
		t.Fatal("nothing is open without the policy")
	}
	for _, o := range objects.Of(t, "apiVersion: security.istio.io/v9\nkind: AuthorizationPolicy\nmetadata: {namespace: istio-system, name: all}\nspec: {action: ASK}\n") {
		inv.Put(o)
	}
	for _, f := range judged(t, checker, inv).Findings {
		if f.Rule == "devops-exposed" {
			t.Errorf("%s: %s", f.Subject, f.Message)
		}
	}
}

// withKinds judges every fixture of the rules about ways in as each of its kinds of custom resources is seen then.
func withKinds(t *testing.T, seen func(*inventory.Memory, schema.GroupKind) *inventory.Memory) {
	t.Helper()
	for _, rule := range []string{"preauth-exposed", "devops-exposed"} {
		for _, kind := range []string{"pass", "fail"} {
			files, err := filepath.Glob(filepath.Join(builtinDir, rule, kind, "*.yaml"))
			if err != nil || len(files) == 0 {
				t.Fatal("no fixtures", err)
			}
			for _, file := range files {
				if filepath.Ext(file[:len(file)-len(".yaml")]) == ".configuration" || !sample.Has(file, 4) {
					continue
				}
				inv, checker := load(t, file)
				for _, gk := range customKinds(inv) {
					t.Run(filepath.Join(rule, kind, filepath.Base(file), gk.Kind), func(t *testing.T) {
						result := judged(t, checker, seen(inv, gk))
						// Where the fixture's configuration denies what is unknown, that is a finding, too.
						undecided := func(f check.Finding) bool { return strings.HasPrefix(f.Message, "cannot be decided: ") }
						violated := slices.ContainsFunc(result.Findings, func(f check.Finding) bool { return f.Rule == rule && !undecided(f) })
						unknown := slices.ContainsFunc(result.Findings, undecided) || slices.ContainsFunc(result.Unknown, func(u check.Unknown) bool { return u.Rule == rule })
						if kind == "pass" && violated {
							t.Errorf("%v", result.Findings)
						}
						if kind == "fail" && !violated && !unknown {
							t.Error("neither a finding nor unknown")
						}
					})
				}
			}
		}
	}
}

// customKinds are the kinds of an inventory's objects that are read and are not Kubernetes' own.
func customKinds(inv *inventory.Memory) []schema.GroupKind {
	var list []schema.GroupKind
	for _, o := range inv.All() {
		gvk := schema.FromAPIVersionAndKind(o.Ref.APIVersion, o.Ref.Kind)
		if o.Typed != nil && !clientscheme.Scheme.Recognizes(gvk) && !slices.Contains(list, gvk.GroupKind()) {
			list = append(list, gvk.GroupKind())
		}
	}
	return list
}

// TestASickKindIsTiedToRules: it is one way in of which nothing is known, said for the rules that it concerns, and refused
// where they deny what is unknown.
func TestASickKindIsTiedToRules(t *testing.T) {
	inv, checker := load(t, filepath.Join(builtinDir, "preauth-exposed/fail/http-route.yaml"))
	sick := withoutKind(inv, schema.GroupKind{Group: "gateway.networking.k8s.io", Kind: "HTTPRoute"})
	const why = "objects of kind HTTPRoute.gateway.networking.k8s.io cannot be read; some may lead to it"
	var got []string
	result := judged(t, checker, sick)
	for _, u := range result.Unknown {
		got = append(got, u.Subject.String()+": "+u.Rule+": "+u.What+": "+u.Message)
	}
	want := []string{
		"Deployment ditto/gateway: connections-exposed: whether this way leads to /api/2/connections: " + why,
		"Deployment ditto/gateway: devops-exposed: which paths of the gateway this way leads to: " + why,
		"Deployment ditto/gateway: edge-rate-limit: whether requests are limited on this way: " + why,
		"Deployment ditto/gateway: edge-tls: whether this way in speaks TLS: " + why,
		"Deployment ditto/gateway: error-page-disclosure: whether error pages repeat what the client sent: " + why,
		"Deployment ditto/gateway: preauth-exposed: whether the identity on this way is the proxy's: " + why,
		"Deployment ditto/gateway: proxy-identity: whether the identity on this way is the proxy's: " + why,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	cfg := config.Default()
	cfg.Rules = map[string]config.Rule{"preauth-exposed": {DenyUnknown: true}}
	result = judged(t, newChecker(t, []rules.HardeningRule{onlyRule(t, "preauth-exposed")}, cfg), sick)
	if len(result.Findings) != 1 || result.Findings[0].Action != check.ActionDeny {
		t.Errorf("with onUnknown: deny: %v", result.Findings)
	}
}
