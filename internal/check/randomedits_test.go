package check_test

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/test/sample"
)

// TestRandomEdits edits what opens ways in, in fixtures in which something is refused: what takes something away is never
// refused, and what adds to what a rule refuses is always refused by that rule.
func TestRandomEdits(t *testing.T) {
	t.Parallel()
	enforced := []string{"preauth-exposed", "devops-exposed", "internal-port-exposed"}
	var files []string
	for _, rule := range enforced {
		files = append(files, fixturesOf(t, rule, "fail")...)
	}
	done := map[string]int{}
	for n, file := range files {
		inv, checker := load(t, file)
		was := judged(t, checker, inv)
		for _, o := range inv.All() {
			before := refusedAt(was, o)
			if len(before) == 0 {
				continue
			}
			// Whether a path that is changed on the way becomes less cannot always be told, and some edges do not look at it.
			rewrites := slices.ContainsFunc(inv.All(), func(o *inventory.Object) bool {
				raw := string(o.Raw())
				return slices.ContainsFunc([]string{"ewrite", "replacePath", "konghq.com/path", "Prefix\":{", "regex", "ssl-passthrough"}, func(mark string) bool { return strings.Contains(raw, mark) })
			})
			r := rand.New(rand.NewPCG(uint64(n), 3))
			asWritten := o
			for _, e := range edits {
				o := asWritten
				// A default backend takes what the hosts of the rules leave, so that it may take more once they are named.
				if e.name == "one host of all" && o.Ref.Kind == "Ingress" && !strings.Contains(string(o.Raw()), "defaultBackend") {
					o = forEveryHost(t, o)
				}
				inv.Put(o)
				content := runtime.DeepCopyJSON(o.Content())
				if !e.apply(r, fieldsOf(content)) || rewrites && strings.Contains(e.name, "path") {
					continue
				}
				raw, err := json.Marshal(content)
				if err != nil {
					t.Fatal(err)
				}
				edited, err := inventory.Decode(raw, o.Source)
				if err != nil {
					t.Fatal(err)
				}
				request := &admissionv1.AdmissionRequest{Name: o.Ref.Name, Namespace: o.Ref.Namespace, Operation: admissionv1.Update}
				verdict, err := checker.Change(t.Context(), inv, check.Change{Request: request, Object: edited, OldObject: o})
				if err != nil {
					t.Fatal(err)
				}
				if !e.grows {
					done[e.name]++
					done[e.name+" of "+o.Ref.Kind]++
					if len(verdict.Denied) > 0 {
						t.Errorf("%s: %s: %s is refused: %s %v\n%s", file, o.Ref, e.name, verdict.Denied[0].Rule, verdict.Denied[0].Notes, raw)
					}
					continue
				}
				inv.Put(edited)
				grown := map[string]bool{}
				for _, way := range refusedAt(judged(t, checker, inv), o) {
					if !slices.Contains(before, way) {
						rule, _, _ := strings.Cut(way, " ")
						grown[rule] = true
					}
				}
				if len(grown) == 0 {
					continue // nothing of it is refused any more, or was there before
				}
				done[e.name]++
				done[e.name+" of "+o.Ref.Kind]++
				// Another rule can refuse it for something else that it opens.
				for rule := range grown {
					if !slices.ContainsFunc(verdict.Denied, func(f check.Finding) bool { return f.Rule == rule }) {
						t.Errorf("%s: %s: %s is let in by %s\n%s", file, o.Ref, e.name, rule, raw)
					}
				}
			}
			inv.Put(asWritten)
		}
	}
	t.Log(done)
	if sample.Taken() {
		return // there need not be one for each edit
	}
	for _, e := range edits {
		if done[e.name] < 2 {
			t.Errorf("%s: tried %d times", e.name, done[e.name])
		}
	}
	for _, what := range []string{"a longer path of ConfigMap", "a shorter path of ConfigMap", "a longer path of IngressRoute", "a shorter path of IngressRoute", "another host of IngressRouteTCP"} {
		if done[what] == 0 {
			t.Errorf("%s: never tried", what)
		}
	}
}

// forEveryHost is an Ingress without the hosts of its rules.
func forEveryHost(t *testing.T, o *inventory.Object) *inventory.Object {
	t.Helper()
	content := runtime.DeepCopyJSON(o.Content())
	for _, host := range fieldsOf(content).hosts {
		delete(host.in, host.key)
	}
	raw, err := json.Marshal(content)
	if err != nil {
		t.Fatal(err)
	}
	wide, err := inventory.Decode(raw, o.Source)
	if err != nil {
		t.Fatal(err)
	}
	return wide
}

// refusedAt are the ways in that begin at an object and are refused, by what clients ask for, or else by where they begin; of a
// ConfigMap all that there are, by where they go through.
func refusedAt(result check.Result, o *inventory.Object) []string {
	var list []string
	for _, f := range result.Findings {
		if f.Action != check.ActionDeny {
			continue
		}
		if o.Ref.Kind == "ConfigMap" {
			list = append(list, f.Rule+" "+strings.Join(append(f.Path, f.Routes...), " "))
			continue
		}
		if f.Entry == nil || f.Entry.ID() != o.Ref.ID() {
			continue
		}
		for _, route := range f.Routes {
			list = append(list, f.Rule+" "+route)
		}
		if len(f.Routes) == 0 {
			list = append(list, f.Rule+" "+f.Path[0])
		}
	}
	return list
}
