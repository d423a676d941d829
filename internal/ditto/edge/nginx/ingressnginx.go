package nginx

import (
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

// SnippetsOf collects the annotations that hold nginx configuration, in order.
func SnippetsOf(all map[string]string, prefix string, kinds map[string]string) []way.Snippet {
	var list []way.Snippet
	for _, name := range way.KeysOf(kinds) {
		if text, ok := all[prefix+name]; ok && strings.TrimSpace(text) != "" {
			list = append(list, way.Snippet{Kind: kinds[name], Key: prefix + name, Text: text})
		}
	}
	return list
}
