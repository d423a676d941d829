package charts_test

import (
	"bytes"
	"flag"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	texttemplate "text/template"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

var update = flag.Bool("update", false, "rewrite "+kindsFile)

const kindsFile = "dittoguard/templates/_customkinds.tpl"

var kindsTemplate = texttemplate.Must(texttemplate.New("kinds").Delims("<<", ">>").Parse(`{{/*
The kinds that are not Kubernetes' own and that decide how Ditto is exposed, by API group. Generated from internal/inventory/crd:
"make generate" writes it. A cluster needs none of them: rules for kinds that are not installed do nothing.
*/}}
{{- define "dittoguard.customKinds" -}}
<<- range . >>
- group: << .Name >>
  namespaced: [<< range $i, $name := .Namespaced >><< if $i >>, << end >><< $name >><< end >>]
  cluster: [<< range $i, $name := .Cluster >><< if $i >>, << end >><< $name >><< end >>]
<<- end >>
{{- end }}
`))

// TestCustomKinds: the chart asks for, and gives rights to, the custom kinds that dittoguard reads.
func TestCustomKinds(t *testing.T) {
	type group struct {
		Name                string
		Namespaced, Cluster []string
	}
	var groups []group
	for _, each := range customGroups() {
		namespaced, cluster := each.byScope()
		groups = append(groups, group{each.name, namespaced, cluster})
	}
	var want bytes.Buffer
	if err := kindsTemplate.Execute(&want, groups); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(kindsFile, want.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(kindsFile)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want.String(), string(got)); diff != "" {
		t.Errorf("%s is not what internal/inventory/crd says; `make generate` rewrites it (-want +got):\n%s", kindsFile, diff)
	}
}

// customGroup is an API group with kinds that are not Kubernetes' own.
type customGroup struct {
	name  string
	kinds []schema.GroupKind
}

// byScope lists the resources of the group, in the order of their names.
func (g customGroup) byScope() (namespaced, cluster []string) {
	for _, k := range g.kinds {
		if crd.ClusterScoped(k) {
			cluster = append(cluster, crd.Resource(k.Kind))
		} else {
			namespaced = append(namespaced, crd.Resource(k.Kind))
		}
	}
	return namespaced, cluster
}

// customGroups are in the order of their names, and so are the kinds in them.
func customGroups() []customGroup {
	byGroup := map[string][]schema.GroupKind{}
	for _, gvk := range slices.Concat(slices.Collect(maps.Keys(crd.Kinds())), crd.Unread()) {
		if gk := gvk.GroupKind(); !slices.Contains(byGroup[gk.Group], gk) {
			byGroup[gk.Group] = append(byGroup[gk.Group], gk)
		}
	}
	var list []customGroup
	for _, name := range slices.Sorted(maps.Keys(byGroup)) {
		kinds := byGroup[name]
		slices.SortFunc(kinds, func(a, b schema.GroupKind) int { return strings.Compare(crd.Resource(a.Kind), crd.Resource(b.Kind)) })
		list = append(list, customGroup{name, kinds})
	}
	return list
}
