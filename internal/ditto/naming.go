package ditto

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/mention"
	"github.com/dittoguard/dittoguard/internal/ditto/settings"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// naming is a host that a container is told of.
type naming struct {
	mention.Host
	// where says by what, for people: `env UPSTREAM`, `ConfigMap ditto/haproxy key haproxy.cfg`.
	where string
	// weak: that it is a host at all is a guess, which only a program that forwards requests is worth.
	weak bool
}

// namings are the hosts that a container is told of by its variables, its command line and the files that are mounted, each
// once with each port.
func (v *View) namings(o *inventory.Object, c *corev1.Container) []naming {
	id := partID{o.Ref.ID(), c.Name}
	if list, known := v.named[id]; known {
		return list
	}
	template := o.PodTemplate()
	type key struct {
		name string
		port int32
	}
	at := map[key]int{}
	var list []naming
	add := func(text, where, variable string) {
		for h := range mention.Hosts(text) {
			h.Name = seenFrom(&template.Spec, h.Name)
			n := naming{h, where, h.Bare && !speaksOfHosts(variable)}
			i, seen := at[key{h.Name, h.Port}]
			switch {
			case !seen:
				at[key{h.Name, h.Port}] = len(list)
				list = append(list, n)
			case list[i].weak && !n.weak:
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
	files, _ := containerFiles(v, o.Ref.Namespace, template, c)
	slices.SortFunc(files, func(a, b file) int { return strings.Compare(a.path, b.path) })
	for _, f := range files {
		add(f.text, fmt.Sprintf("%s key %s", f.holder.Ref, f.key), "")
	}
	v.Spend(o.Ref.ID(), len(list))
	if v.named == nil {
		v.named = map[partID][]naming{}
	}
	v.named[id] = list
	return list
}

// speaksOfHosts says whether a variable of this name is likely to hold a host.
func speaksOfHosts(name string) bool {
	name = strings.ToUpper(name)
	return slices.ContainsFunc([]string{"HOST", "ADDR", "URL", "URI", "UPSTREAM", "BACKEND", "TARGET", "ENDPOINT", "PROXY", "FORWARD", "DEST"},
		func(word string) bool { return strings.Contains(name, word) })
}

// nameKeys indexes an object by the hosts that texts of it name, as wordKeys does: by the first label, the second and the
// third, and an address as a whole. A name without a dot means something in its own namespace alone.
func nameKeys(namespace string, texts []string) []inventory.Key {
	seen := map[string]bool{}
	var keys []inventory.Key
	for _, text := range texts {
		for h := range mention.Hosts(text) {
			if seen[h.Name] {
				continue
			}
			name := canonical(h.Name)
			seen[h.Name], seen[name] = true, true
			labels := []string{name}
			if !isAddress(name) {
				labels = strings.SplitN(name, ".", 4)
				labels = labels[:min(3, len(labels))]
			}
			for _, label := range labels {
				keys = append(keys, inventory.Key{Index: byWord, Namespace: namespace, Value: label})
				if len(labels) > 1 || isAddress(name) {
					keys = append(keys, inventory.Key{Index: byWord, Value: label})
				}
			}
		}
	}
	return keys
}

// ownTexts are the texts that name hosts in a workload itself. What its hosts file says is where its names lead.
func ownTexts(spec *corev1.PodSpec) []string {
	var texts []string
	for _, c := range runningContainers(spec) {
		for i := range c.Env {
			if c.Env[i].Value != "" {
				texts = append(texts, c.Env[i].Value)
			}
		}
		texts = append(append(texts, c.Command...), c.Args...)
	}
	for i := range spec.HostAliases {
		texts = append(texts, spec.HostAliases[i].IP)
	}
	return texts
}
