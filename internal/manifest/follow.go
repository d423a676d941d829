package manifest

import (
	"path/filepath"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/dittoguard/dittoguard/internal/inventory"
)

// Made is what a controller makes of folders of the same tree because an object says so.
type Made struct {
	// Taken are the folders and files that are deployed in this way, and not by themselves.
	Taken []string
	Rendering
	// Lack says why it is not rendered; then there are no parts. Waits says that an object lacks, which others may
	// bring.
	Lack  string
	Waits bool
}

// Followed says how far objects were followed that have others rendered: in how many steps, and how many there were.
type Followed struct{ Steps, Count int }

// loading is a Load: what there is, and what became of the objects that have others rendered.
type loading struct {
	opts    Options
	parts   []*part
	settled map[string]*settled
	count   int
}

// part is what one file or folder holds.
type part struct {
	from string
	// folder is to be rendered, nil if that has been done, or if it is a file.
	folder    *unrendered
	documents []document
	outcomes  []outcome
	notes     []string
	err       error
	// by is the part with the object that has rendered it, after so many steps; taken says that it is deployed
	// otherwise.
	by    *part
	steps int
	taken bool
}

// settled is what became of an object that has others rendered.
type settled struct {
	made bool
	lack string
	// with is how many objects there were when it was tried.
	with int
}

// load decodes everything. Charts come last: one that an object names is rendered with the values of that.
func (l *loading) load() {
	l.decode(func(p *part) bool { return p.folder == nil || p.folder.chart == nil || l.opts.Made == nil })
	for l.opts.Made != nil {
		if !l.follow() && !l.decode(func(p *part) bool { return p.folder != nil }) {
			return
		}
	}
}

// kept are the parts that are deployed by themselves, or that an object has deployed.
func (l *loading) kept() []*part {
	return slices.DeleteFunc(slices.Clone(l.parts), func(p *part) bool { return p.taken })
}

// decode decodes parts that are not decoded yet, and says whether there were any.
func (l *loading) decode(which func(*part) bool) bool {
	more := false
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for _, p := range l.kept() {
		if p.outcomes != nil || p.err != nil || !which(p) {
			continue
		}
		more = true
		if p.folder != nil {
			p.documents, p.notes, p.err = p.folder.render(l.opts)
			p.folder = nil
		}
		p.outcomes = make([]outcome, len(p.documents))
		for i, d := range p.documents {
			group.Go(func() error {
				namespace := l.opts.Namespace
				if d.file.namespace != "" {
					namespace = d.file.namespace
				}
				p.outcomes[i] = decode(d, namespace)
				return nil
			})
		}
	}
	_ = group.Wait() // no function returns an error: each outcome has its own
	return more
}

// makers are the objects of a part that have others rendered.
func (l *loading) makers(p *part) []*inventory.Object {
	var list []*inventory.Object
	for _, out := range p.outcomes {
		for _, o := range out.objects {
			if l.opts.Makes != nil && l.opts.Makes(o) {
				list = append(list, o)
			}
		}
	}
	return list
}

// follow renders what objects have rendered that are there, and says whether there is anything new.
func (l *loading) follow() bool {
	parts := l.kept()
	if !slices.ContainsFunc(parts, func(p *part) bool { return len(l.makers(p)) > 0 }) {
		return false
	}
	inv, total := inventory.NewMemory(func(*inventory.Object) []inventory.Key { return nil }, nil), 0
	for _, p := range parts {
		for _, out := range p.outcomes {
			for _, o := range out.objects {
				total++
				inv.Put(l.placed(o))
			}
		}
	}
	again := false
	for _, p := range parts {
		for _, o := range l.makers(p) {
			if done := l.settled[keyOf(o)]; p.taken || done != nil && (done.with < 0 || done.with == total) {
				continue
			}
			maker := l.placed(o)
			made := l.opts.Made(inv, maker, Followed{Steps: p.steps, Count: l.count})
			if made == nil {
				l.settled[keyOf(o)] = &settled{with: total}
				continue
			}
			again = l.add(made, &maker.Ref, p) || again
			done := &settled{made: made.Lack == "", lack: made.Lack, with: -1}
			if made.Waits {
				done.with = total
			}
			l.settled[keyOf(o)] = done
		}
	}
	return again
}

// add takes in what an object of a part has rendered, and takes away what that is made of. It says whether there is
// anything new.
func (l *loading) add(made *Made, maker *inventory.Ref, by *part) bool {
	taken := map[string]bool{}
	for _, path := range made.Taken {
		taken[absolute(path)] = true
	}
	for _, p := range l.parts {
		if p.from != "" && taken[absolute(p.from)] {
			l.drop(p)
		}
	}
	if len(made.Parts) == 0 {
		return false
	}
	l.count++
	p := &part{notes: made.Notes, by: by, steps: by.steps + 1}
	for _, r := range made.Parts {
		f := &file{name: r.File, named: !r.AsIs, rendered: !r.AsIs, folder: r.Folder, namespace: r.Namespace, by: maker}
		p.documents = append(p.documents, split(f, r.Text)...)
	}
	l.parts = append(l.parts, p)
	return l.decode(func(other *part) bool { return other == p })
}

// drop takes a part away, and what its objects had rendered: they may be others when they are deployed.
func (l *loading) drop(p *part) {
	if p.taken {
		return
	}
	p.taken = true
	for _, o := range l.makers(p) {
		delete(l.settled, keyOf(o))
	}
	for _, other := range l.parts {
		if other.by == p {
			l.drop(other)
		}
	}
}

// say notes of each object that has others rendered what became of that.
func (l *loading) say() {
	for _, p := range l.kept() {
		for _, o := range l.makers(p) {
			if done := l.settled[keyOf(o)]; done != nil {
				o.Source.Rendered, o.Source.NotRendered = done.made, done.lack
			}
		}
	}
}

// placed is an object in the namespace that it will have, of a kind that is not known.
func (l *loading) placed(o *inventory.Object) *inventory.Object {
	if gk := o.Ref.GroupKind(); o.Ref.Namespace == "" && !scopeKnown(gk) {
		if moved, err := o.InNamespace(l.opts.Namespace); err == nil {
			return moved
		}
	}
	return o
}

// keyOf tells an object by all that is in it: one that is rendered again, just as it was before, has nothing new to
// render.
func keyOf(o *inventory.Object) string { return o.Ref.ID().String() + "\x00" + string(o.Raw()) }

// absolute is a path by which files are compared.
func absolute(path string) string {
	if full, err := filepath.Abs(path); err == nil {
		return full
	}
	return path
}
