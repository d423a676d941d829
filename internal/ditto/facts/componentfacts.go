package facts

import (
	"github.com/dittoguard/dittoguard/internal/ditto/recognize"
	"github.com/dittoguard/dittoguard/internal/ditto/world"
)

// OfComponent reads what decides about one of Ditto's own services.
func OfComponent(v *world.View, part recognize.Part) *ComponentFacts {
	id := part.ID()
	if facts, known := memo.Of(v).components[id]; known {
		return facts
	}
	facts := component.Of(v, part)
	facts.Ports, facts.Grants = isolation(v, part)
	memo.Of(v).components[id] = &facts
	return &facts
}

// component is what of that is in its configuration.
var component = world.NewConfigured(func(v *world.View, part recognize.Part) ComponentFacts {
	s := v.Settings(part)
	return ComponentFacts{
		Namespace: part.Workload.Ref.Namespace, Name: part.Workload.Ref.Name, Container: part.Container.Name,
		Component: part.Component,

		Logging:  logging(s.Logging()),
		Database: database(part.Component, s),
		Literals: literalsOf(v, part),
	}
}, func(facts ComponentFacts) int {
	return len(facts.Logging.Levels) + len(facts.Logging.Unknown) + len(facts.Literals.Places) +
		len(facts.Literals.Unknown)
})
