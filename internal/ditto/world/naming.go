package world

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/mention"
	"github.com/dittoguard/dittoguard/internal/ditto/podspec"
	"github.com/dittoguard/dittoguard/internal/ditto/recognize"
	"github.com/dittoguard/dittoguard/internal/ditto/settings"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// Naming is a host that a container is told of.
type Naming struct {
	mention.Host
	// Where says by what, for people: `env UPSTREAM`, `ConfigMap ditto/haproxy key haproxy.cfg`.
	Where string
	// Weak: that it is a host at all is a guess, which only a program that forwards requests is worth.
	Weak bool
}

// Namings are the hosts that a container is told of by its variables, its command line and the files that are mounted,
// each once with each port.
func (v *View) Namings(o *inventory.Object, c *corev1.Container) []Naming {
	id := recognize.PartID{Workload: o.Ref.ID(), Container: c.Name}
	if list, known := v.named[id]; known {
		return list
	}
	template := o.PodTemplate()
	type key struct {
		name string
		port int32
	}
	at := map[key]int{}
	var list []Naming
	add := func(text, where, variable string) {
		for h := range mention.Hosts(text) {
			h.Name = podspec.SeenFrom(&template.Spec, h.Name)
			n := Naming{h, where, h.Bare && !SpeaksOfHosts(variable)}
			i, seen := at[key{h.Name, h.Port}]
			switch {
			case !seen:
				at[key{h.Name, h.Port}] = len(list)
				list = append(list, n)
			case list[i].Weak && !n.Weak:
				list[i] = n
			}
		}
	}
	given := settings.ContainerOf(v, o.Ref.Namespace, template, c)
	for _, in := range given.Variables() {
		add(in.Text, in.From, in.Name)
		add(in.Written, in.From, "")
	}
	command, args := given.CommandLine()
	for _, in := range slices.Concat(command, args) {
		add(in.Text, in.From, "")
		add(in.Written, in.From, "")
	}
	files, _ := podspec.Files(v, o.Ref.Namespace, template, c)
	slices.SortFunc(files, func(a, b podspec.File) int { return strings.Compare(a.Path, b.Path) })
	for _, f := range files {
		add(f.Text, fmt.Sprintf("%s key %s", f.Holder.Ref, f.Key), "")
	}
	v.Spend(o.Ref.ID(), len(list))
	v.named[id] = list
	return list
}

// SpeaksOfHosts says whether a variable of this name is likely to hold a host.
func SpeaksOfHosts(name string) bool {
	name = strings.ToUpper(name)
	return slices.ContainsFunc([]string{"HOST", "ADDR", "URL", "URI", "UPSTREAM", "BACKEND", "TARGET", "ENDPOINT",
		"PROXY", "FORWARD", "DEST"},
		func(word string) bool { return strings.Contains(name, word) })
}
