package check

import (
	"context"

	"github.com/dittoguard/dittoguard/internal/ditto/topology"
	"github.com/dittoguard/dittoguard/internal/ditto/world"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// mostComparedAtOnce is mostComparisons for two whole sets of objects, where a person waits.
const mostComparedAtOnce = 1 << 24

// Judged is a set of objects that was judged. It still knows what each thing that is wrong lets in, so it can be
// compared with another set, or with what is known of one.
type Judged struct {
	checker *Checker
	view    *world.View
	found   judgement
	// unlisted is what could not be read, about whole kinds.
	unlisted      []Unknown
	objects       int
	installations []Installation
	workloads     []*inventory.Object
}

// Judge judges a whole set of objects, as the CLI and the audit do: every object is a subject and nothing was there
// before. It is an error if the context ends before everything is judged.
func (c *Checker) Judge(ctx context.Context, inv inventory.Reader, objects []*inventory.Object) (*Judged, error) {
	view := c.view(ctx, inv, nil)
	scope := newScope()
	scope.add(topology.Follow(view, objects...), objects...)
	scope.dropOwned(view)
	j := &Judged{checker: c, view: view, found: c.judge(ctx, view, scope, nil), objects: len(objects)}
	j.installations, j.workloads = installations(view, scope), in(view, view, scope.workloads)
	if err := world.CutShort(ctx, view); err != nil {
		return nil, err
	}
	return j, nil
}

// All is the Result of Judge.
func (c *Checker) All(ctx context.Context, inv inventory.Reader, objects []*inventory.Object) (Result, error) {
	j, err := c.Judge(ctx, inv, objects)
	if err != nil {
		return Result{}, err
	}
	result := j.Result()
	// The words of a finding can ask something, too.
	if err := world.CutShort(ctx, j.view); err != nil {
		return Result{}, err
	}
	return result, nil
}

// View is the objects as the rules see Ditto in them.
func (j *Judged) View() *world.View { return j.view }

// Result is the verdict on the set.
func (j *Judged) Result() Result { return j.result(j.found.violations) }

// result is the verdict where only some violations count.
func (j *Judged) result(violations []violation) Result {
	some := j.found
	some.violations = violations
	result := j.checker.present(j.view, some)
	result.Unknown = append(result.Unknown, j.unlisted...)
	result.Summary.Objects = j.objects
	result.Installations = j.installations
	return result
}
