package rules

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
)

// problem is one thing that is wrong with a document.
type problem struct {
	file  string
	line  int
	field string
	text  string
}

func (p problem) Error() string {
	if p.field == "" {
		return fmt.Sprintf("%s:%d: %s", p.file, p.line, p.text)
	}
	return fmt.Sprintf("%s:%d: %s: %s", p.file, p.line, p.field, p.text)
}

// problems collects everything that is wrong, so that one run shows it all.
type problems struct {
	list []problem
}

func (p *problems) add(file string, line int, field, format string, args ...any) {
	p.list = append(p.list, problem{file: file, line: line, field: field, text: fmt.Sprintf(format, args...)})
}

// ofRule adds a problem with a field of a rule.
func (p *problems) ofRule(r *HardeningRule, field, format string, args ...any) {
	p.add(r.Source.File, r.Source.LineOf(field), field, format, args...)
}

// join returns the problems as one error in the order of file and line, nil if there are none.
func (p *problems) join() error {
	slices.SortStableFunc(p.list, func(a, b problem) int {
		return cmp.Or(cmp.Compare(a.file, b.file), cmp.Compare(a.line, b.line))
	})
	errs := make([]error, len(p.list))
	for i, one := range p.list {
		errs[i] = one
	}
	return errors.Join(errs...)
}
