// Package fix makes plans of what rules advise: the changes that leave nothing wrong, found by making them in memory
// and judging again, and written where they belong: into the manifest, the Kustomize folder, or the values of Ditto's
// Helm chart.
package fix

import (
	"fmt"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/mend"
)

// Change is a change of one object.
type Change struct {
	mend.Change

	// Rules are those that it mends something of, Message says what it does.
	Rules   []string
	Message string
}

// place tells objects apart, those of two files that bear one name as well.
type place struct {
	id   inventory.ID
	file string
	line int
}

func placeOf(o *inventory.Object) place {
	return place{o.Ref.ID(), o.Source.File, o.Source.Line}
}

// id is the same for changes that do the same.
func (c *Change) id() string {
	return fmt.Sprint(placeOf(c.Object), c.Gone, c.Edits)
}

// changesOf are the changes by which a remedy can be made; see mend.Changes.
func changesOf(r check.Remedy) (list []*Change, why string) {
	changes, why := mend.Changes(r.Change, r.Target)
	for _, c := range changes {
		list = append(list, &Change{Change: c, Rules: []string{r.Finding.Rule}, Message: r.Message})
	}
	return list, why
}

// Apply is the objects after changes.
func Apply(objects []*inventory.Object, changes []*Change) ([]*inventory.Object, error) {
	var out []*inventory.Object
	for _, o := range objects {
		at := placeOf(o)
		for _, c := range changes {
			if o == nil || placeOf(c.Object) != at {
				continue
			}
			var err error
			if o, _, err = c.Apply(o); err != nil {
				return nil, err
			}
		}
		if o != nil {
			out = append(out, o)
		}
	}
	return out, nil
}
