package check

import (
	"embed"
	"errors"
	"reflect"
	"sync"

	"github.com/dittoguard/dittoguard/internal/ditto/facts"
	"github.com/dittoguard/dittoguard/internal/engine"
	"github.com/dittoguard/dittoguard/rules"
)

// compiler is the engine of all checkers. What it has compiled it has for the next one with the same rule: for the next
// configuration, and for the next fixture.
var compiler = sync.OnceValues(func() (*engine.Engine, error) { return engine.New(reflect.TypeFor[*facts.Facts]()) })

// checked has the expressions of the built-in rules, parsed and checked: a file for each rule, which `make generate`
// writes.
//
//go:embed checked
var checked embed.FS

// checkedOf is what is known of a built-in rule's expressions, nil of another's.
func checkedOf(rule string) []byte {
	text, err := checked.ReadFile("checked/" + rule + ".cbor")
	if err != nil {
		return nil
	}
	return text
}

// Compile says what is wrong with the expressions of rules: syntax, types, fields of `ditto` that are not there. All
// errors come joined, in the order of the rules and their fields, each with file and line. Rules that come through may
// be called proved in Options.
func Compile(list []rules.HardeningRule) error {
	compiler, err := compiler()
	if err != nil {
		return err
	}
	problems := make([]error, 0, len(list))
	for _, rule := range list {
		_, err := compiler.Compile(rule)
		problems = append(problems, err)
	}
	return errors.Join(problems...)
}
