package topology

import (
	"maps"
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/facts"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// escapeKey is how a key is written in a JSON pointer (RFC 6901).
var escapeKey = strings.NewReplacer("~", "~0", "/", "~1")

// fixOf is a fix of an entry as rules see it: its changes as operations of a JSON patch.
func fixOf(fix *way.Fix, entry *inventory.Object) facts.Fix {
	f := facts.Fix{Advice: fix.Advice}
	if entry == nil || len(fix.Annotations)+len(fix.Edits) == 0 {
		return f
	}
	var does []string
	if len(fix.Annotations) > 0 {
		if len(entry.Meta.Annotations) == 0 {
			f.Patch = append(f.Patch, facts.Addition{Path: "/metadata/annotations", Value: map[string]any{}})
		}
		var set []string
		for _, key := range slices.Sorted(maps.Keys(fix.Annotations)) {
			value := fix.Annotations[key]
			f.Patch = append(f.Patch, facts.Addition{Path: "/metadata/annotations/" + escapeKey.Replace(key),
				Value: value})
			set = append(set, key+`: "`+value+`"`)
		}
		does = append(does, "set annotation "+strings.Join(set, ", "))
	}
	for _, edit := range fix.Edits {
		f.Patch = append(f.Patch, facts.Addition{Path: edit.Path, Value: edit.Value})
		does = way.AppendNew(does, edit.Does)
	}
	f.Does = strings.Join(does, "; ")
	return f
}
