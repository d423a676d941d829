// Package test holds what needs more than one package. This file holds the shape of the code (docs/architecture.md).
package test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"
)

const module = "github.com/dittoguard/dittoguard/"

// layers says, of each package, which packages of this module it may import. A name that ends in /... stands for the
// packages below it, too. `*` may import everything; nothing imports those.
var layers = map[string][]string{
	"rules":                      {},
	"internal/inventory":         {"internal/inventory/crd"},
	"internal/inventory/crd":     {},
	"internal/certs":             {},
	"internal/clock":             {},
	"internal/shell":             {},
	"internal/terminal":          {},
	"internal/gittree":           {},
	"internal/manifest":          {"internal/manifest/position", "internal/inventory", "internal/shell"},
	"internal/manifest/position": {},
	"internal/inventory/journal": {"internal/inventory"},
	"internal/inventory/cluster": {"internal/inventory", "internal/inventory/crd", "internal/inventory/journal"},
	"internal/peers":             {"internal/inventory", "internal/inventory/journal"},
	"internal/config":            {"rules", "internal/inventory"},
	"internal/engine":            {"rules"},
	// What is read one by one: formats, settings, requests. None of it knows a view.
	"internal/ditto/...": {"internal/ditto/...", "internal/inventory", "internal/inventory/crd", "internal/shell"},
	"internal/ditto/rendered": {
		"internal/ditto/facts", "internal/ditto/literal", "internal/ditto/published", "internal/ditto/reason", "internal/ditto/tri", "internal/inventory",
		"internal/manifest/position", "internal/shell",
	},
	"internal/ditto/reason":  {},
	"internal/ditto/command": {},
	"internal/ditto/tri":     {},
	// The rooms, from the lowest: each imports those before it.
	"internal/ditto/podspec":   {"internal/inventory"},
	"internal/ditto/recognize": rooms("internal/ditto/podspec", "internal/ditto/settings"),
	"internal/ditto/unread":    rooms("internal/ditto/podspec", "internal/ditto/recognize"),
	"internal/ditto/index":     rooms("internal/ditto/podspec", "internal/ditto/recognize", "internal/ditto/unread"),
	"internal/ditto/world":     rooms("internal/ditto/podspec", "internal/ditto/recognize", "internal/ditto/unread", "internal/ditto/index"),
	"internal/ditto/facts": rooms("internal/ditto/podspec", "internal/ditto/recognize", "internal/ditto/unread", "internal/ditto/index",
		"internal/ditto/world"),
	"internal/ditto/proxy": rooms("internal/ditto/podspec", "internal/ditto/recognize", "internal/ditto/unread", "internal/ditto/index",
		"internal/ditto/world", "internal/ditto/facts"),
	"internal/ditto/topology": rooms("internal/ditto/podspec", "internal/ditto/recognize", "internal/ditto/unread", "internal/ditto/index",
		"internal/ditto/world", "internal/ditto/facts", "internal/ditto/proxy"),
	// An nginx is read in layers: its text, its values, its servers, and what runs them.
	"internal/ditto/nginxconf":          {"internal/ditto/nginxconf/...", "internal/ditto/reason", "internal/ditto/requests", "internal/ditto/surface", "internal/ditto/tri"},
	"internal/ditto/nginxconf/syntax":   {"internal/ditto/reason"},
	"internal/ditto/nginxconf/wire":     {},
	"internal/ditto/nginxconf/expr":     {"internal/ditto/nginxconf/syntax", "internal/ditto/nginxconf/wire"},
	"internal/ditto/nginxconf/vhost":    {"internal/ditto/reason", "internal/ditto/nginxconf/syntax", "internal/ditto/nginxconf/expr", "internal/ditto/requests"},
	"internal/ditto/nginxconf/upstream": {"internal/ditto/reason", "internal/ditto/nginxconf/syntax", "internal/ditto/nginxconf/vhost"},
	// What an entry does, in the words of all vendors; a package for each vendor; and the tables of them: of controllers of
	// Ingresses, and of kinds.
	"internal/ditto/way":               {"internal/ditto/dns", "internal/ditto/reason", "internal/ditto/requests", "internal/ditto/surface", "internal/inventory", "internal/inventory/crd", "internal/ditto/tri"},
	"internal/ditto/edge":              {"internal/ditto/edge/...", "internal/ditto/reason", "internal/ditto/way", "internal/inventory", "internal/inventory/crd", "internal/ditto/tri"},
	"internal/ditto/edge/alibaba":      {"internal/ditto/way", "internal/ditto/reason", "internal/ditto/edge/aws", "internal/ditto/tri"},
	"internal/ditto/edge/aws":          vendor(),
	"internal/ditto/edge/azure":        vendor(),
	"internal/ditto/edge/cilium":       vendor(),
	"internal/ditto/edge/contour":      vendor(),
	"internal/ditto/edge/envoygateway": vendor("internal/ditto/edge/gatewayapi"),
	"internal/ditto/edge/f5":           vendor("internal/ditto/edge/nginx", "internal/ditto/nginxconf/syntax"),
	"internal/ditto/edge/gatewayapi":   vendor("internal/ditto/dns"),
	"internal/ditto/edge/gke":          vendor(),
	"internal/ditto/edge/haproxy":      vendor(),
	"internal/ditto/edge/ingress":      {"internal/ditto/edge/...", "internal/ditto/reason", "internal/ditto/way", "internal/ditto/requests", "internal/inventory", "internal/inventory/crd", "internal/ditto/tri"},
	"internal/ditto/edge/ingressnginx": vendor("internal/ditto/edge/nginx", "internal/ditto/dns"),
	"internal/ditto/edge/istio":        vendor("internal/ditto/dns"),
	"internal/ditto/edge/kong":         vendor("internal/ditto/edge/gatewayapi"),
	"internal/ditto/edge/nginx":        vendor("internal/ditto/mention", "internal/ditto/nginxconf", "internal/ditto/nginxconf/syntax"),
	"internal/ditto/edge/nginxgateway": vendor("internal/ditto/edge/gatewayapi", "internal/ditto/edge/nginx"),
	"internal/ditto/edge/openshift":    vendor(),
	"internal/ditto/edge/tailscale":    vendor(),
	"internal/ditto/edge/traefik":      vendor(),

	"internal/check":    {"rules", "internal/config", "internal/engine", "internal/ditto/...", "internal/inventory", "internal/mend"},
	"internal/mend":     {"rules", "internal/edit", "internal/inventory"},
	"internal/render":   {"internal/ditto/rendered", "internal/inventory", "internal/manifest"},
	"internal/edit":     {},
	"internal/fix":      {"rules", "internal/check", "internal/ditto/...", "internal/edit", "internal/inventory", "internal/manifest", "internal/mend"},
	"internal/baseline": {"internal/check", "internal/ditto/requests", "internal/inventory"},
	"internal/export":   {"rules", "internal/config", "internal/engine"},
	"internal/ruletest": {"rules", "internal/check", "internal/config", "internal/ditto/...", "internal/inventory", "internal/manifest"},
	"internal/report":   {"rules", "internal/check", "internal/ditto/reason", "internal/explain", "internal/inventory", "internal/terminal"},
	"internal/ruledocs": {"rules"},
	"internal/explain":  {"internal/check", "internal/ditto/...", "internal/inventory", "internal/terminal"},
	"internal/audit":    {"internal/check", "internal/glass", "internal/inventory"},
	"internal/glass":    {"internal/inventory"},
	"webhook":           {"internal/check", "internal/inventory"},
	"cmd/...":           {"*"},
	"charts":            {"*"},
	"test/...":          {"*"},
}

// rooms is what one of the rooms may import: the rooms below it, and what knows no room.
func rooms(below ...string) []string {
	return append(below, "internal/ditto/command", "internal/ditto/dns", "internal/ditto/edge/...", "internal/ditto/hocon", "internal/ditto/htpasswd", "internal/ditto/jvm",
		"internal/ditto/literal", "internal/ditto/mention", "internal/ditto/netpol", "internal/ditto/nginxconf/...", "internal/ditto/oauth2proxy",
		"internal/ditto/policydoc", "internal/ditto/published", "internal/ditto/reason", "internal/ditto/requests", "internal/ditto/sealed", "internal/ditto/settings", "internal/ditto/surface",
		"internal/ditto/tri", "internal/ditto/way", "internal/inventory", "internal/inventory/crd")
}

// vendor is what the package of a vendor may import: nothing of another vendor's, save what is named.
func vendor(besides ...string) []string {
	return append(besides, "internal/ditto/way", "internal/ditto/tri", "internal/ditto/reason", "internal/ditto/requests", "internal/inventory", "internal/inventory/crd")
}

// clients are packages that talk to an API server.
var clients = []string{
	"k8s.io/client-go/rest", "k8s.io/client-go/kubernetes", "k8s.io/client-go/dynamic", "k8s.io/client-go/discovery",
	"k8s.io/client-go/metadata", "k8s.io/client-go/informers", "k8s.io/client-go/tools", "sigs.k8s.io/controller-runtime",
}

// notClients are below those, and talk to nobody.
var notClients = []string{"k8s.io/client-go/kubernetes/scheme"}

// knowClients are the packages that may import them.
var knowClients = []string{"internal/inventory/cluster", "internal/certs", "internal/audit", "webhook", "cmd/...", "test/..."}

// speakCEL are the packages that may import CEL and the API server's code, which change together.
var speakCEL = []string{"internal/engine"}

// plain are packages that must not even lead to a client or to CEL, whatever lies in between.
var plain = []string{"rules", "internal/inventory", "internal/inventory/crd", "internal/config", "internal/manifest", "internal/manifest/position", "internal/ditto/..."}

// goPackage is what `go list -json` tells.
type goPackage struct {
	ImportPath    string
	Dir           string
	GoFiles       []string
	Imports, Deps []string
}

func (p goPackage) name() string { return strings.TrimPrefix(p.ImportPath, module) }

func TestDependenciesPointDownwards(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range packages(t) {
		allowed, layer := layerOf(p.name())
		if layer == "" {
			t.Errorf("%s has no layer: add it to the table, and to docs/architecture.md", p.name())
			continue
		}
		seen[layer] = true
		for _, imported := range p.Imports {
			own, ok := strings.CutPrefix(imported, module)
			if !ok || slices.Contains(allowed, "*") && within(own, []string{layer}) {
				continue
			}
			if may, top := layerOf(own); top != "" && slices.Contains(may, "*") {
				t.Errorf("%s imports %s, which nothing may import", p.name(), own)
			} else if !slices.Contains(allowed, "*") && !within(own, allowed) {
				t.Errorf("%s imports %s; it may import %v", p.name(), own, allowed)
			}
		}
	}
	for layer := range layers {
		if !seen[layer] {
			t.Errorf("there is no package %s: take it out of the table", layer)
		}
	}
}

func TestOnlyTheOutsideKnowsAClient(t *testing.T) {
	for _, p := range packages(t) {
		for _, imported := range p.Imports {
			if within(imported, below(clients)) && !slices.Contains(notClients, imported) && !within(p.name(), knowClients) {
				t.Errorf("%s imports %s; only %v may", p.name(), imported, knowClients)
			}
		}
	}
}

func TestOnlyTheEngineSpeaksCEL(t *testing.T) {
	speaks := false
	for _, p := range packages(t) {
		for _, imported := range p.Imports {
			if !within(imported, []string{"github.com/google/cel-go/...", "k8s.io/apiserver/..."}) {
				continue
			}
			if speaks = speaks || within(p.name(), speakCEL); !within(p.name(), speakCEL) {
				t.Errorf("%s imports %s; only %v may", p.name(), imported, speakCEL)
			}
		}
	}
	if !speaks {
		t.Error("not even the engine imports CEL; this test looks at the wrong thing")
	}
}

func TestTheDomainLeadsToNoClientAndNoCEL(t *testing.T) {
	heavy := append(below(clients), "github.com/google/cel-go/...", "k8s.io/apiserver/...")
	for _, p := range packages(t) {
		if !within(p.name(), plain) {
			continue
		}
		for _, dep := range p.Deps {
			if within(dep, heavy) && !slices.Contains(notClients, dep) {
				t.Errorf("%s leads to %s", p.name(), dep)
			}
		}
	}
}

// TestRulesKnowAPITypesOnly: whoever reads rule documents needs nothing but Kubernetes' types and a YAML library.
func TestRulesKnowAPITypesOnly(t *testing.T) {
	allowed := []string{"k8s.io/api/...", "k8s.io/apimachinery/...", "sigs.k8s.io/yaml", "sigs.k8s.io/json", "go.yaml.in/yaml/..."}
	for _, p := range packages(t) {
		if p.name() != "rules" {
			continue
		}
		for _, imported := range p.Imports {
			if strings.Contains(strings.Split(imported, "/")[0], ".") && !within(imported, allowed) {
				t.Errorf("rules imports %s; it may import %v", imported, allowed)
			}
		}
	}
}

// TestCELIsTheAPIServers: an expression has to mean here what it means in the API server of these Kubernetes modules.
func TestCELIsTheAPIServers(t *testing.T) {
	type listed struct{ Path, Version, GoMod string }
	const cel, apiserver = "github.com/google/cel-go", "k8s.io/apiserver"
	modules := map[string]listed{}
	for _, m := range decode[listed](t, output(t, "go", "list", "-m", "-json", cel, apiserver)) {
		modules[m.Path] = m
	}
	if modules[apiserver].GoMod == "" {
		t.Fatalf("go list -m does not say where the go.mod of %s is: %+v", apiserver, modules)
	}
	required := ""
	for _, mod := range decode[struct{ Require []listed }](t, output(t, "go", "mod", "edit", "-json", modules[apiserver].GoMod)) {
		for _, r := range mod.Require {
			if r.Path == cel {
				required = r.Version
			}
		}
	}
	if got := modules[cel].Version; got != required || got == "" {
		t.Errorf("go.mod has %s %s, but %s %s requires %q", cel, got, apiserver, modules[apiserver].Version, required)
	}
}

// packages are those of this module, without their tests. They are listed once: that takes seconds.
func packages(t *testing.T) []goPackage {
	t.Helper()
	listing.Do(func() {
		listed = decode[goPackage](t, output(t, "go", "list", "-json=ImportPath,Dir,GoFiles,Imports,Deps", module+"..."))
	})
	if len(listed) < 10 {
		t.Fatalf("only %d packages were listed", len(listed))
	}
	return listed
}

var (
	listing sync.Once
	listed  []goPackage
)

func output(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), name, args...).Output()
	if err != nil {
		detail := ""
		if exit, ok := errors.AsType[*exec.ExitError](err); ok {
			detail = string(exit.Stderr)
		}
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, detail)
	}
	return string(out)
}

// decode reads JSON values that stand one after the other.
func decode[T any](t *testing.T, text string) []T {
	t.Helper()
	var list []T
	for decoder := json.NewDecoder(strings.NewReader(text)); ; {
		var v T
		switch err := decoder.Decode(&v); {
		case err == io.EOF:
			return list
		case err != nil:
			t.Fatal(err)
		}
		list = append(list, v)
	}
}

// layerOf is what a package may import, and its entry in the table, empty if it has none.
func layerOf(name string) (allowed []string, layer string) {
	// Of those that it is in the narrowest: the package itself before one that it is below.
	best := 0
	for entry := range layers {
		root, below := strings.CutSuffix(entry, "/...")
		narrow := 2*len(root) + 2
		if below {
			narrow--
		}
		if narrow > best && within(name, []string{entry}) {
			best, layer = narrow, entry
		}
	}
	return layers[layer], layer
}

// within says whether a package is one of those listed; `a/...` is a and everything below it.
func within(name string, list []string) bool {
	return slices.ContainsFunc(list, func(entry string) bool {
		root, below := strings.CutSuffix(entry, "/...")
		return name == root || below && strings.HasPrefix(name, root+"/")
	})
}

func below(roots []string) []string {
	list := make([]string, 0, len(roots))
	for _, root := range roots {
		list = append(list, path.Join(root, "..."))
	}
	return list
}
