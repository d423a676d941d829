package topology_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dittoguard/dittoguard/internal/ditto/edge"
	"github.com/dittoguard/dittoguard/internal/ditto/facts"
	"github.com/dittoguard/dittoguard/internal/ditto/index"
	"github.com/dittoguard/dittoguard/internal/ditto/topology"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/ditto/world"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/manifest"
	"github.com/dittoguard/dittoguard/test/sample"
)

// fixtures are the fixtures of the built-in rules that tell about ways in, and the corpus where it is present; one in eight
// where a sample is taken.
func fixtures(t *testing.T) map[string][]*inventory.Object {
	t.Helper()
	var files []string
	for _, pattern := range []string{"../../../rules/builtin/*/pass/*.yaml", "../../../rules/builtin/*/fail/*.yaml", "../../../../shared/corpus/*/*.yaml"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	if len(files) < 800 {
		t.Fatalf("%d fixtures; this test looks at the wrong folder", len(files))
	}
	all := map[string][]*inventory.Object{}
	for _, file := range files {
		if strings.HasSuffix(file, ".configuration.yaml") || !sample.Has(file, 16) {
			continue
		}
		loaded, err := manifest.Load([]string{file}, nil, manifest.Options{Namespace: "iot"})
		if err != nil || len(loaded.Objects) == 0 {
			continue // a file of the corpus that holds no manifests
		}
		all[strings.TrimPrefix(file, "../../../")] = loaded.Objects
	}
	return all
}

// exposures are all ways in to all components, by their keys.
func exposures(t testing.TB, objects []*inventory.Object) map[string]facts.Exposure {
	inv := inventory.NewMemory(index.Of, nil)
	for _, o := range objects {
		inv.Put(o)
	}
	view := topology.NewView(t.Context(), inv, world.Options{Edges: way.Config{}, Cache: world.NewCache()})
	all := map[string]facts.Exposure{}
	for _, o := range inv.All() {
		for _, part := range view.Parts(o) {
			for _, e := range topology.Exposures(view, part) {
				all[e.Way] = e
			}
		}
	}
	return all
}

// isEdge says whether an object only ever leads requests somewhere: taking it away takes its ways in away, and no more.
func isEdge(o *inventory.Object) bool {
	switch o.Ref.Kind {
	case "Ingress", "Service", "EndpointSlice":
		return true
	}
	return edge.IsEntry(o)
}

func TestTakingAnEdgeAwayAddsNoWayIn(t *testing.T) {
	taken := 0
	for name, objects := range fixtures(t) {
		before := exposures(t, objects)
		for i, o := range objects {
			if !isEdge(o) {
				continue
			}
			taken++
			after := exposures(t, slices.Delete(slices.Clone(objects), i, i+1))
			for key, e := range after {
				was, there := before[key]
				if !there && fallsBack(o, e) {
					continue
				}
				if !there {
					t.Errorf("%s: without %s there is a new way in: %s", name, o.Ref, strings.Join(e.Hops, " → "))
				} else if e.Public && !was.Public && !standsFor(o, e) {
					t.Errorf("%s: without %s a way in is public that was not: %s", name, o.Ref, strings.Join(e.Hops, " → "))
				}
			}
		}
	}
	if taken < sample.Count(100, 20) {
		t.Errorf("only %d edges were taken away", taken)
	}
}

// fallsBack says whether a way in is that of a default backend, which takes what the edge that was taken away took before
// it: ingress-nginx sends the requests for / to an Ingress's default backend only where no Ingress has a path / for the host.
func fallsBack(taken *inventory.Object, e facts.Exposure) bool {
	return taken.Ref.Kind == "Ingress" && strings.Contains(e.Hops[0], "(default backend)")
}

// standsFor says whether a way in goes by a Gateway that asks for the Service as its address: without it nobody knows who
// reaches the Gateway.
func standsFor(taken *inventory.Object, e facts.Exposure) bool {
	return taken.Ref.Kind == "Service" && strings.Contains(e.Hops[0], "its addresses name "+taken.Ref.Name)
}

// TestNamesDoNotMatter gives every object and namespace another name, wherever it is written, and expects the same ways
// in: what decides is how things refer to one another.
func TestNamesDoNotMatter(t *testing.T) {
	for name, objects := range fixtures(t) {
		want, got := known(exposures(t, objects)), known(exposures(t, renamed(t, objects)))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: other names, other ways in (-want +got):\n%s", name, diff)
		}
	}
}

// facts are what is found out about ways in, without names.
func known(all map[string]facts.Exposure) []string {
	var list []string
	for _, e := range all {
		list = append(list, fmt.Sprintf("%s %s:%s/%d public=%v identity=%s authenticated=%s api=%v admin=%v doubt=%v other=%v steps=%d",
			e.Kind, e.Component, e.Port, e.Number, e.Public, e.Identity, e.Authenticated.State, e.API, e.Admin, e.AdminInDoubt, e.Other, len(e.Hops)))
	}
	slices.Sort(list)
	return list
}

// renamed is the same world in other words. Names of containers, ports and volumes, and labels, stay: they are no names of
// objects.
func renamed(t *testing.T, objects []*inventory.Object) []*inventory.Object {
	t.Helper()
	names := map[string]bool{}
	for _, o := range objects {
		names[o.Ref.Name] = true
		if o.Ref.Namespace != "" {
			names[o.Ref.Namespace] = true
		}
	}
	var out []*inventory.Object
	for _, o := range objects {
		raw, err := json.Marshal(renameIn("", o.Content(), names))
		if err != nil {
			t.Fatal(err)
		}
		other, err := inventory.Decode(raw, inventory.Source{})
		if err != nil {
			t.Fatalf("%s: %v", o.Ref, err)
		}
		out = append(out, other)
	}
	return out
}

func renameIn(field string, value any, names map[string]bool) any {
	switch v := value.(type) {
	case string:
		return renameText(v, names)
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = renameIn(field, v[i], names)
		}
		return out
	case map[string]any:
		out := map[string]any{}
		for key, inner := range v {
			if ofObjects(field, key) {
				inner = renameIn(key, inner, names)
			}
			out[key] = inner
		}
		return out
	}
	return value
}

// ofObjects says whether names of objects can stand in a field.
func ofObjects(parent, key string) bool {
	switch parent {
	case "labels", "matchLabels", "selector":
		return key == "kubernetes.io/metadata.name" || key == "kubernetes.io/service-name" ||
			key == "gateway.networking.k8s.io/gateway-name" || strings.HasPrefix(key, "gateway.envoyproxy.io/owning-gateway") || key == "matchLabels"
	case "containers", "initContainers", "ports", "volumes", "volumeMounts", "env":
		return key != "name" && key != "image"
	case "data", "stringData":
		return true
	}
	return key != "apiVersion" && key != "kind" && key != "command" && key != "path"
}

// renameText gives every name in a text its other form: one that stands alone, or as a host (`gateway.ditto.svc`). What
// is a part of a path or of a longer word is something else.
func renameText(text string, names map[string]bool) string {
	var b strings.Builder
	for at := 0; at < len(text); {
		end := at
		for end < len(text) && isWord(text[end]) {
			end++
		}
		if end == at {
			b.WriteByte(text[at])
			at++
			continue
		}
		word := text[at:end]
		before := text[:at]
		if inPath := strings.HasSuffix(before, "/") && !strings.HasSuffix(before, "//") && !isReference(text); !inPath {
			pod, host := "", word
			if labels := strings.Split(word, "."); len(labels) > 3 && labels[3] == "svc" && names[labels[1]] {
				pod, host = labels[0]+".", strings.Join(labels[1:], ".")
			}
			first, rest, isHost := strings.Cut(host, ".")
			namespace, domain, _ := strings.Cut(rest, ".")
			switch {
			case strings.HasPrefix(text[end:], "@"):
				word = renameJoined(word, names)
			case !isHost && names[first]:
				word += "-renamed"
			case names[first] && names[namespace] && (domain == "" || strings.HasPrefix(domain, "svc")):
				word = strings.TrimSuffix(pod+first+"-renamed."+namespace+"-renamed."+domain, ".")
			}
		}
		b.WriteString(word)
		at = end
	}
	return b.String()
}

// renameJoined gives `namespace-name`, as Traefik names objects (`namespace-name@kubernetescrd`), its other form.
func renameJoined(word string, names map[string]bool) string {
	for i := range word {
		if word[i] == '-' && names[word[:i]] && names[word[i+1:]] {
			return word[:i] + "-renamed-" + word[i+1:] + "-renamed"
		}
	}
	return word
}

// isReference: `namespace/name`, as annotations name objects, and flags with the namespace in a variable. A rule of Traefik
// is none.
func isReference(text string) bool {
	text = strings.ReplaceAll(text, "$(", "")
	return strings.Count(text, "/") == 1 && !strings.HasPrefix(text, "/") && !strings.Contains(text, "(")
}

func isWord(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '.' || c == '_' || c == '$'
}
