package rendered

import (
	"cmp"
	"path"
	"regexp"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// What Argo CD reads is from its Application specification.
var (
	readOfHelm = []string{
		"releaseName", "namespace", "values", "valuesObject", "parameters", "valueFiles", "ignoreMissingValueFiles",
		"apiVersions", "skipCrds",
		"skipTests", "skipSchemaValidation", "version", "passCredentials",
	}
	readOfKustomize = []string{
		"namePrefix", "nameSuffix", "namespace", "images", "patches", "components", "replicas", "commonLabels",
		"commonAnnotations", "version",
	}
)

// application is what an Application has rendered.
func application(o *inventory.Object) (Deployment, bool) {
	content := o.Content()
	items := list(content, "spec.sources")
	at := "spec.sources"
	if len(items) == 0 {
		items, at = []any{field(content, "spec.source")}, "spec.source"
	}
	var d Deployment
	refs := map[string]string{} // the repositories that values can be taken from, by name
	for _, item := range items {
		if ref := text(item, "ref"); ref != "" {
			refs[ref] = text(item, "repoURL")
		}
	}
	for _, item := range items {
		folder := text(item, "path")
		if folder == "" && text(item, "ref") != "" {
			continue // for values alone
		}
		if folder == "" || text(item, "chart") != "" {
			return Deployment{}, false
		}
		s, lack := sourceOfArgo(o, item, at, folder, refs)
		d.Sources = append(d.Sources, s)
		d.Lack = cmp.Or(d.Lack, lack)
	}
	return d, len(d.Sources) > 0
}

func sourceOfArgo(o *inventory.Object, item any, at, folder string, refs map[string]string) (s Source, lack string) {
	repository := text(item, "repoURL")
	namespace := text(o.Content(), "spec.destination.namespace")
	s = Source{Path: folder, Repository: repository, Kept: withoutCredentials(repository), Is: Any}
	s.Build = Build{
		Namespace: namespace, Recurse: field(item, "directory.recurse") == true,
		Fields: kept(item, "kustomize", "namePrefix", "nameSuffix", "namespace", "patches", "components", "replicas",
			"commonLabels", "commonAnnotations"),
	}
	if images := imagesOfArgo(texts(item, "kustomize.images")); len(images) > 0 {
		s.Build.Fields["images"] = images
	}
	s.Chart = Chart{
		Release:   cmp.Or(text(item, "helm.releaseName"), o.Ref.Name),
		Namespace: cmp.Or(text(item, "helm.namespace"), namespace, "default"),
		Optional:  field(item, "helm.ignoreMissingValueFiles") == true, APIVersions: texts(item, "helm.apiVersions"),
	}
	for _, other := range []string{
		beside(item, at, "repoURL", "path", "targetRevision", "helm", "kustomize", "directory", "ref", "name"),
		beside(field(item, "helm"), at+".helm", readOfHelm...),
		beside(field(item, "kustomize"), at+".kustomize", readOfKustomize...),
		beside(field(item, "directory"), at+".directory", "recurse"),
	} {
		lack = cmp.Or(lack, other)
	}
	return s, cmp.Or(lack, s.Chart.valuesOfArgo(item, at+".helm", repository, refs))
}

// valuesOfArgo reads the values of a chart, and says what is not evaluated of them.
func (c *Chart) valuesOfArgo(item any, at, repository string, refs map[string]string) string {
	if own, err := yaml.Marshal(field(item, "helm")); err != nil || strings.Contains(string(own), "$ARGOCD_") {
		return reason.Of("rendered-field-not-evaluated", at+": $ARGOCD_…")
	}
	for _, file := range texts(item, "helm.valueFiles") {
		if ref, rest, is := strings.Cut(strings.TrimPrefix(file, "$"), "/"); is && strings.HasPrefix(file, "$") {
			if url, known := refs[ref]; !known || url != repository {
				return reason.Of("rendered-values-elsewhere", file)
			}
			file = "/" + rest
		}
		if strings.Contains(file, "://") || strings.ContainsAny(file, "*$") {
			return reason.Of("rendered-values-elsewhere", file)
		}
		if strings.HasPrefix(file, "/") {
			file = path.Clean(file)
		}
		c.Files = append(c.Files, file)
	}
	if written := text(item, "helm.values"); written != "" {
		if yaml.Unmarshal([]byte(written), &c.Values) != nil {
			return reason.Of("rendered-field-not-evaluated", at+".values")
		}
	}
	if object, ok := field(item, "helm.valuesObject").(map[string]any); ok {
		c.Values = object // it takes the place of the others
	}
	for _, parameter := range list(item, "helm.parameters") {
		set := text(parameter, "name") + "=" + commas(text(parameter, "value"))
		if field(parameter, "forceString") == true {
			c.SetString = append(c.SetString, set)
		} else {
			c.Set = append(c.Set, set)
		}
	}
	return ""
}

var comma = regexp.MustCompile(`([^\\]),`)

// commas keeps a value together that has commas, as Argo CD does; in braces they are helm's own.
func commas(value string) string {
	if strings.HasPrefix(value, "{") && strings.HasSuffix(value, "}") {
		return value
	}
	return comma.ReplaceAllString(value, `$1\,`)
}

// imagesOfArgo are images as a kustomization has them: `NAME=NEW:TAG`, `NAME:TAG`, `NAME@DIGEST`.
func imagesOfArgo(texts []string) []any {
	var images []any
	for _, text := range texts {
		name, as, renamed := strings.Cut(text, "=")
		if !renamed {
			as = name
		}
		image := map[string]any{}
		newName, digest, _ := strings.Cut(as, "@")
		if digest != "" {
			image["digest"] = digest
		} else if colon := strings.LastIndex(newName, ":"); colon > strings.LastIndex(newName, "/") {
			newName, image["newTag"] = newName[:colon], newName[colon+1:]
		}
		if image["name"] = newName; renamed {
			image["name"], image["newName"] = name, newName
		}
		images = append(images, image)
	}
	return images
}
