package ditto

// ComponentFacts reads what decides about one of Ditto's own services.
func (v *View) ComponentFacts(part Part) *ComponentFacts {
	id := part.id()
	if facts, known := v.components[id]; known {
		return facts
	}
	s := v.settings(part)
	facts := &ComponentFacts{
		Namespace: part.Workload.Ref.Namespace, Name: part.Workload.Ref.Name, Container: part.Container.Name,
		Component: part.Component,

		Logging:  logging(s.Logging()),
		Database: database(part.Component, s),
		Literals: v.literals(part),
	}
	facts.Ports, facts.Grants = v.isolation(part)
	v.components[id] = facts
	return facts
}
