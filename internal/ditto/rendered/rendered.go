// Package rendered knows the objects from which a controller makes what is deployed: of Flux, of Argo CD, of k3s and of
// the operator for Ditto. What they make is judged where it is: rendered, in a pipe, or when it arrives in a cluster.
package rendered

import (
	"slices"
	"strings"
	"unicode"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/dittoguard/dittoguard/internal/inventory"
)

// Object is an object from which others are made.
type Object struct {
	// Ditto is what names Ditto's chart or operator in it: `chart ditto`; empty if nothing does.
	Ditto string
	// How says how to see what is made of it.
	How string
}

// renderer is what is known of a kind.
type renderer struct {
	// names are the fields that say what is rendered: charts, repositories, folders.
	names []string
	// values are those with Helm values. A chart is told by its values, where it is a part of another one.
	values []string
	// set are those with single values under dotted names. They overrule the others.
	set []string
	// sources are references to objects that say where something is fetched from.
	sources []string
	how     func(inventory.Reader, *inventory.Object) string
}

// dittoGroup is the API group of the operator for Ditto.
const dittoGroup = "iot.eclipse.org"

var renderers = map[schema.GroupKind]renderer{
	{Group: "helm.toolkit.fluxcd.io", Kind: "HelmRelease"}: {
		names: []string{"spec.chart.spec.chart"}, values: []string{"spec.values"},
		sources: []string{"spec.chart.spec.sourceRef", "spec.chartRef"}, how: helmRelease,
	},
	{Group: "kustomize.toolkit.fluxcd.io", Kind: "Kustomization"}: {
		names: []string{"spec.path"}, sources: []string{"spec.sourceRef"}, how: fluxKustomization,
	},
	{Group: "argoproj.io", Kind: "Application"}: {
		names:  argoFields("spec", "chart", "repoURL", "path"),
		values: argoFields("spec", "helm.values", "helm.valuesObject"),
		set:    argoFields("spec", "helm.parameters"),
		how: func(_ inventory.Reader, o *inventory.Object) string {
			return pipe("argocd", "app", "manifests", o.Ref.Name)
		},
	},
	{Group: "argoproj.io", Kind: "ApplicationSet"}: {
		names:  argoFields("spec.template.spec", "chart", "repoURL", "path"),
		values: argoFields("spec.template.spec", "helm.values", "helm.valuesObject"),
		set:    argoFields("spec.template.spec", "helm.parameters"),
		how: func(inventory.Reader, *inventory.Object) string {
			return pipe("argocd", "app", "manifests", "APPLICATION") + ", for each Application that it makes"
		},
	},
	{Group: "helm.cattle.io", Kind: "HelmChart"}: {
		names: []string{"spec.chart", "spec.repo"}, values: []string{"spec.valuesContent"}, set: []string{"spec.set"},
		how: k3sChart,
	},
	{Group: "operators.coreos.com", Kind: "Subscription"}: {
		names: []string{"spec.name"}, how: inCluster,
	},
	{Group: dittoGroup, Kind: "Ditto"}: {how: inCluster},
}

// Is says whether others are made from an object.
func Is(o *inventory.Object) bool {
	_, is := renderers[o.Ref.GroupKind()]
	return is
}

// Of says what is made of an object; false if it is what is deployed itself.
func Of(r inventory.Reader, o *inventory.Object) (Object, bool) {
	kind, is := renderers[o.Ref.GroupKind()]
	if !is {
		return Object{}, false
	}
	made := Object{How: kind.how(r, o)}
	if o.Ref.GroupKind().Group == dittoGroup {
		made.Ditto = "kind " + o.Ref.Kind
		return made, true
	}
	content := o.Content()
	for _, field := range kind.names {
		for _, text := range texts(content, field) {
			if namesDitto(text) {
				made.Ditto = field + ": " + withoutCredentials(text)
				return made, true
			}
		}
	}
	for _, field := range kind.values {
		if hasDitto(content, field) {
			made.Ditto = "values for a chart ditto in " + field
			return made, true
		}
	}
	for _, field := range kind.sources {
		if source := sourceOf(r, o, field); source != nil {
			for _, text := range append(texts(source.Content(), "spec.url"), texts(source.Content(), "spec.chart")...) {
				if namesDitto(text) {
					made.Ditto = source.Ref.String() + ": " + withoutCredentials(text)
					return made, true
				}
			}
		}
	}
	return made, true
}

// namesDitto says whether a chart, a path or a URL names Ditto: `ditto`, `oci://registry-1.docker.io/eclipse/ditto`,
// `deploy/eclipse-ditto`, but not `dittoguard`.
func namesDitto(text string) bool {
	words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
	return slices.Contains(words, "ditto")
}
