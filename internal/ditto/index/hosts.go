package index

import (
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/mention"
	"github.com/dittoguard/dittoguard/internal/ditto/podspec"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// wordKeys indexes text that looks like nginx configuration by the host-like words in it.
func wordKeys(namespace string, texts []string) []inventory.Key {
	seen := map[string]bool{}
	var keys []inventory.Key
	for _, text := range texts {
		if !strings.Contains(text, "_pass") && !strings.Contains(text, "upstream") {
			continue
		}
		for word := range strings.FieldsFuncSeq(text, notHost) {
			if len(word) > 253 {
				continue
			}
			// A host is looked up by its first label, that of a pod behind a Service by its second, its namespace by
			// the one after that, an address as a whole.
			labels := [3]string{strings.ToLower(word)}
			if first, rest, dotted := strings.Cut(labels[0], "."); dotted && !podspec.IsDigits(first) {
				labels[0] = first
				labels[1], rest, _ = strings.Cut(rest, ".")
				labels[2], _, _ = strings.Cut(rest, ".")
			}
			for _, label := range labels {
				if label != "" && !seen[label] {
					seen[label] = true
					keys = append(keys, inventory.Key{Index: ByWord, Value: label},
						inventory.Key{Index: ByWord, Namespace: namespace, Value: label})
				}
			}
		}
	}
	return keys
}

func notHost(r rune) bool {
	return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '.'
}

func stringsOf(m map[string]string) []string {
	list := make([]string, 0, len(m))
	for _, v := range m {
		list = append(list, v)
	}
	return list
}

// nameKeys indexes an object by the hosts that texts of it name, as wordKeys does: by the first label, the second and
// the third, and an address as a whole. A name without a dot means something in its own namespace alone.
func nameKeys(namespace string, texts []string) []inventory.Key {
	seen := map[string]bool{}
	var keys []inventory.Key
	for _, text := range texts {
		for h := range mention.Hosts(text) {
			if seen[h.Name] {
				continue
			}
			name := podspec.Canonical(h.Name)
			seen[h.Name], seen[name] = true, true
			labels := []string{name}
			if !podspec.IsAddress(name) {
				labels = strings.SplitN(name, ".", 4)
				labels = labels[:min(3, len(labels))]
			}
			for _, label := range labels {
				keys = append(keys, inventory.Key{Index: ByWord, Namespace: namespace, Value: label})
				if len(labels) > 1 || podspec.IsAddress(name) {
					keys = append(keys, inventory.Key{Index: ByWord, Value: label})
				}
			}
		}
	}
	return keys
}

// ownTexts are the texts that name hosts in a workload itself. What its hosts file says is where its names lead.
func ownTexts(spec *corev1.PodSpec) []string {
	var texts []string
	for _, c := range podspec.RunningContainers(spec) {
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
