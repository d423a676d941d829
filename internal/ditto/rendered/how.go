package rendered

import (
	"cmp"
	"regexp"
	"strings"

	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/shell"
)

// pipe is for a command of several words.
func pipe(words ...string) string {
	for i, word := range words {
		words[i] = shell.Word(withoutCredentials(word))
	}
	return "render it: " + strings.Join(words, " ") + " | dittoguard check -"
}

var userInfo = regexp.MustCompile(`://[^/?#@\s]*@`)

// withoutCredentials takes who fetches something out of a URL.
func withoutCredentials(text string) string { return userInfo.ReplaceAllString(text, "://") }

func helmRelease(r inventory.Reader, o *inventory.Object) string {
	content := o.Content()
	url, chart := "", text(content, "spec.chart.spec.chart")
	for _, field := range []string{"spec.chart.spec.sourceRef", "spec.chartRef"} {
		if source := sourceOf(r, o, field); source != nil {
			url = text(source.Content(), "spec.url")
			chart = cmp.Or(chart, text(source.Content(), "spec.chart"))
		}
	}
	version := text(content, "spec.chart.spec.version")
	namespace := cmp.Or(text(content, "spec.targetNamespace"), o.Ref.Namespace)
	return helm(releaseName(o), chart, url, version, namespace,
		len(values(content, "spec.values"))+len(values(content, "spec.valuesFrom")) > 0)
}

// releaseName is the name that a HelmRelease gives its release.
func releaseName(o *inventory.Object) string {
	name := o.Ref.Name
	if target := text(o.Content(), "spec.targetNamespace"); target != "" {
		name = target + "-" + name
	}
	return cmp.Or(text(o.Content(), "spec.releaseName"), name)
}

func k3sChart(_ inventory.Reader, o *inventory.Object) string {
	content := o.Content()
	namespace := cmp.Or(text(content, "spec.targetNamespace"), o.Ref.Namespace)
	return helm(o.Ref.Name, text(content, "spec.chart"), text(content, "spec.repo"), text(content, "spec.version"),
		namespace,
		text(content, "spec.valuesContent") != "")
}

// helm is the command that renders a chart of a repository: a URL, or a registry that the chart's name is added to.
func helm(name, chart, url, version, namespace string, withValues bool) string {
	words := []string{"helm", "template", name}
	switch oci := strings.HasPrefix(url, "oci://"); {
	case oci && (chart == "" || strings.HasSuffix(url, "/"+chart)):
		words = append(words, url)
	case oci:
		words = append(words, strings.TrimSuffix(url, "/")+"/"+chart)
	case strings.HasPrefix(url, "http"):
		words = append(words, cmp.Or(chart, "CHART"), "--repo", url)
	default:
		words = append(words, cmp.Or(chart, "CHART"))
	}
	if version != "" {
		words = append(words, "--version", version)
	}
	if namespace != "" {
		words = append(words, "--namespace", namespace)
	}
	if withValues {
		words = append(words, "--values", "VALUES.yaml")
	}
	return pipe(words...)
}

func fluxKustomization(_ inventory.Reader, o *inventory.Object) string {
	return pipe("flux", "build", "kustomization", o.Ref.Name, "--namespace", o.Ref.Namespace,
		"--path", cmp.Or(text(o.Content(), "spec.path"), "./"))
}

// inCluster is for what an operator makes, which nothing else can.
func inCluster(_ inventory.Reader, o *inventory.Object) string {
	return "an operator makes it in the cluster, where it is judged when it arrives; see dittoguard audit --namespace " + o.Ref.Namespace
}
