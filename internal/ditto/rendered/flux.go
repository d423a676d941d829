package rendered

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// What Flux reads is from the API references of helm-controller (v2) and kustomize-controller (v1).
var (
	readOfRelease = []string{
		"chart", "chartRef", "dependsOn", "driftDetection", "healthCheckExprs", "install", "interval", "kubeConfig",
		"maxHistory",
		"persistentClient", "postRenderers", "commonMetadata", "releaseName", "rollback", "serviceAccountName",
		"storageNamespace", "suspend",
		"targetNamespace", "test", "timeout", "uninstall", "upgrade", "values", "valuesFrom", "waitStrategy",
	}
	readOfKustomization = []string{
		"commonMetadata", "components", "decryption", "deletionPolicy", "dependsOn", "force", "healthCheckExprs",
		"healthChecks", "images",
		"interval", "kubeConfig", "namePrefix", "nameSuffix", "patches", "path", "postBuild", "prune", "retryInterval",
		"serviceAccountName",
		"sourceRef", "suspend", "targetNamespace", "timeout", "wait",
	}
	// trees are the kinds of sources that hold a tree of files as it is in a repository.
	trees = []string{"GitRepository", "Bucket", "ExternalArtifact"}
)

// releaseOfFlux is what a HelmRelease has rendered, if its chart lies in a tree of files.
func releaseOfFlux(r inventory.Reader, o *inventory.Object) (Deployment, bool) {
	holder, at := o, "spec.chart.spec"
	if text(o.Content(), "spec.chartRef.kind") == "HelmChart" {
		if holder, at = sourceOf(r, o, "spec.chartRef"), "spec"; holder == nil {
			return Deployment{}, false
		}
	}
	chart := text(holder.Content(), at+".chart")
	if chart == "" || !slices.Contains(trees, text(holder.Content(), at+".sourceRef.kind")) {
		return Deployment{}, false
	}
	content := o.Content()
	target := text(content, "spec.targetNamespace")
	source := from(r, holder, at+".sourceRef")
	source.Path, source.Is = chart, OfHelm
	source.Chart = Chart{
		Release: releaseName(o), Namespace: cmp.Or(target, o.Ref.Namespace),
		Files:    fromTop(texts(holder.Content(), at+".valuesFiles")),
		Optional: field(holder.Content(), at+".ignoreMissingValuesFiles") == true,
	}
	source.Build = Build{Labels: pairs(content, "spec.commonMetadata.labels"),
		Annotations: pairs(content, "spec.commonMetadata.annotations")}
	sources := []Source{source}
	if other := beside(content["spec"], "spec", readOfRelease...); other != "" {
		return lacks(sources, other)
	}
	// These files take the place of the chart's own, unless that is the first of them.
	if files := source.Chart.Files; len(files) > 0 &&
		strings.TrimPrefix(files[0], "/") != strings.TrimPrefix(clean(chart)+"/values.yaml", "./") {
		return lacks(sources, reason.Of("rendered-field-not-evaluated", at+".valuesFiles"))
	}
	fields, other := postRenderers(content)
	if other != "" {
		return lacks(sources, other)
	}
	sources[0].Build.Fields = fields
	values, secret, lack, waits := valuesFrom(r, o)
	if lack != "" {
		return Deployment{Sources: sources, Lack: lack, Waits: waits}, true
	}
	if own, ok := field(content, "spec.values").(map[string]any); ok {
		values = merged(values, own)
	}
	sources[0].Chart.Values, sources[0].Chart.Secret = values, secret
	return Deployment{Sources: sources}, true
}

// fromTop are files that Flux takes from the top of the repository.
func fromTop(files []string) []string {
	var list []string
	for _, file := range files {
		list = append(list, "/"+clean(file))
	}
	return list
}

// clean is a path without what says nothing.
func clean(path string) string { return strings.Trim(strings.TrimPrefix(path, "./"), "/") }

// postRenderers are the fields of a kustomization that Flux applies to what helm rendered.
func postRenderers(content any) (fields map[string]any, lack string) {
	fields = map[string]any{}
	for _, item := range list(content, "spec.postRenderers") {
		if other := beside(item, "spec.postRenderers", "kustomize"); other != "" {
			return nil, other
		}
		if other := beside(field(item, "kustomize"), "spec.postRenderers.kustomize", "patches", "images"); other != "" {
			return nil, other
		}
		for _, name := range []string{"patches", "images"} {
			if more := list(item, "kustomize."+name); len(more) > 0 {
				before, _ := fields[name].([]any)
				fields[name] = slices.Concat(before, more)
			}
		}
	}
	return fields, ""
}

// kustomizationOfFlux is what a Kustomization has built.
func kustomizationOfFlux(r inventory.Reader, o *inventory.Object) (Deployment, bool) {
	content := o.Content()
	if !slices.Contains(trees, text(content, "spec.sourceRef.kind")) {
		return Deployment{}, false
	}
	source := from(r, o, "spec.sourceRef")
	source.Path, source.Is = cmp.Or(text(content, "spec.path"), "./"), OfFlux
	fields := kept(content, "spec", "namePrefix", "nameSuffix", "patches", "images", "components")
	if namespace := text(content, "spec.targetNamespace"); namespace != "" {
		fields["namespace"] = namespace
	}
	source.Build = Build{
		Fields: fields, Recurse: true,
		Labels:      pairs(content, "spec.commonMetadata.labels"),
		Annotations: pairs(content, "spec.commonMetadata.annotations"),
	}
	sources := []Source{source}
	if other := beside(content["spec"], "spec", readOfKustomization...); other != "" {
		return lacks(sources, other)
	}
	if field(content, "spec.postBuild") == nil {
		return Deployment{Sources: sources}, true
	}
	variables, secret := map[string]string{}, false
	for _, item := range list(content, "spec.postBuild.substituteFrom") {
		data, isSecret, lack := dataOf(r, o.Ref.Namespace, item)
		if lack != "" {
			return Deployment{Sources: sources, Lack: lack, Waits: true}, true
		}
		secret = secret || isSecret
		maps.Copy(variables, data)
	}
	maps.Copy(variables, pairs(content, "spec.postBuild.substitute"))
	for name, value := range variables {
		variables[name] = strings.ReplaceAll(value, "\n", "") // as kustomize-controller does
	}
	sources[0].Build.Substitute, sources[0].Build.Secret = variables, secret
	return Deployment{Sources: sources}, true
}

// from is a source whose repository an object names.
func from(r inventory.Reader, o *inventory.Object, at string) Source {
	s := Source{Kept: text(o.Content(), at+".kind") + " " + text(o.Content(), at+".name")}
	if source := sourceOf(r, o, at); source != nil {
		s.Kept = source.Ref.String()
		if source.Ref.Kind == "GitRepository" {
			s.Repository = text(source.Content(), "spec.url")
		}
	}
	return s
}
