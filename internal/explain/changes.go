package explain

import (
	"cmp"
	"slices"

	"github.com/dittoguard/dittoguard/internal/inventory"
)

// SettingChange is a setting that differs, or, without a Name, a component that only one side has. No secret's value is
// in it.
type SettingChange struct {
	Component string        `json:"component"`
	Workload  inventory.Ref `json:"workload"`
	Container string        `json:"container"`
	// Name identifies the setting, Title is for people.
	Name  string `json:"name,omitempty"`
	Title string `json:"title,omitempty"`
	// Old and New are what it says; empty where it is not there.
	Old string `json:"old"`
	New string `json:"new"`
	// Source says where the new one comes from.
	Source string `json:"source,omitempty"`
}

// Changes are the effective settings that differ between an earlier and a later state, and the components that are
// there in one of them alone. Where a value comes from is no difference.
func Changes(old, now Explanation) []SettingChange {
	var list []SettingChange
	was, is := componentsOf(old), componentsOf(now)
	for id, c := range was {
		if _, found := is[id]; !found {
			list = append(list, SettingChange{Component: id.component, Workload: c.Workload, Container: id.container,
				Old: "runs", New: ""})
		}
	}
	for id, c := range is {
		before, found := was[id]
		if !found {
			list = append(list, SettingChange{Component: id.component, Workload: c.Workload, Container: id.container,
				Old: "", New: "runs"})
			continue
		}
		list = append(list, changesOf(id, before, c)...)
	}
	slices.SortStableFunc(list, func(a, b SettingChange) int {
		return cmp.Or(a.Workload.Compare(b.Workload), cmp.Compare(a.Container, b.Container),
			cmp.Compare(a.Name, b.Name))
	})
	return list
}

// place tells a component from every other.
type place struct {
	component string
	workload  inventory.ID
	container string
}

func componentsOf(e Explanation) map[place]Component {
	all := map[place]Component{}
	for _, i := range e.Installations {
		for _, c := range i.Components {
			all[place{c.Component, c.Workload.ID(), c.Container}] = c
		}
	}
	return all
}

func changesOf(id place, old, now Component) []SettingChange {
	var list []SettingChange
	add := func(was, is Setting) {
		known := cmp.Or(is.Name, was.Name)
		change := SettingChange{
			Component: id.component, Workload: now.Workload, Container: id.container, Name: known,
			Title: cmp.Or(is.Title, was.Title),
			Old:   said(was), New: said(is), Source: is.Source,
		}
		if change.Old != change.New {
			list = append(list, change)
		}
	}
	for _, is := range now.Settings {
		i := slices.IndexFunc(old.Settings, func(s Setting) bool { return s.Name == is.Name })
		if i < 0 {
			add(Setting{}, is)
			continue
		}
		add(old.Settings[i], is)
	}
	for _, was := range old.Settings {
		if !slices.ContainsFunc(now.Settings, func(s Setting) bool { return s.Name == was.Name }) {
			add(was, Setting{})
		}
	}
	for _, port := range now.Ports {
		i := slices.IndexFunc(old.Ports, func(p Port) bool { return p.Port == port.Port && p.Number == port.Number })
		if i >= 0 && old.Ports[i].Isolated.State != port.Isolated.State {
			name := "isolated." + port.Port
			add(
				Setting{Name: name, Title: "port " + port.Port + " restricted by NetworkPolicies",
					State: old.Ports[i].Isolated.State},
				Setting{Name: name, Title: "port " + port.Port + " restricted by NetworkPolicies",
					State: port.Isolated.State, Source: port.Isolated.Source},
			)
		}
	}
	return list
}

// said is what a setting says, in a word or two; empty for one that is not there.
func said(s Setting) string {
	if s.Value != "" {
		return s.Value
	}
	return s.State
}
