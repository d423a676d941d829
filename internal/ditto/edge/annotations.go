package edge

import (
	"slices"

	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

// ControllerAnnotations are those that some controller may read.
func ControllerAnnotations(all map[string]string) map[string]string {
	found := map[string]string{}
	for key, value := range all {
		if slices.ContainsFunc(table, func(c way.Controller) bool { return c.Reads(map[string]string{key: value}) }) {
			found[key] = value
		}
	}
	return found
}
