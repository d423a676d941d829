package ditto

import (
	"path"
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/internal/inventory"
)

// Question is something about a workload that could not be read, and what would settle it.
type Question struct {
	What, Message string
}

// Unknowns are what could not be read of a workload that is, or may well be, a proxy in front of Ditto. An nginx that has
// nothing to do with Ditto is left alone, readable or not.
func (v *View) Unknowns(o *inventory.Object) []Question {
	var list []Question
	if message := v.mentioned[o.Ref.ID()]; message != "" {
		list = append(list, Question{What: "whether it leads to Ditto", Message: message})
	}
	for _, part := range Named(v.Parts(o), Proxy) {
		p := v.proxy(part)
		unreadable := slices.Concat(p.hidden, p.unreadable)
		anywhere := isTunnel(part.Software) && v.runsDitto("")
		if len(unreadable) == 0 || !anywhere && !v.besideDitto(part) {
			continue
		}
		list = append(list, Question{
			What:    "what the proxy forwards",
			Message: strings.Join(unreadable, "; "),
		})
	}
	return list
}

// besideDitto: what people leave of Ditto in a proxy's manifest, or a Ditto in the same namespace.
func (v *View) besideDitto(part Part) bool {
	template := part.Workload.PodTemplate()
	for i := range template.Spec.InitContainers {
		if template.Spec.InitContainers[i].Name == "wait-for-gateway" {
			return true
		}
	}
	for at := range mountedFiles(template, part.Container) {
		if path.Base(at) == "nginx.htpasswd" {
			return true
		}
	}
	return strings.Contains(part.Container.Name, "ditto") || v.runsDitto(part.Workload.Ref.Namespace)
}
