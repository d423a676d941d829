package explain

import "encoding/json"

// Merge puts explanations of several versions of the same objects together: an installation is the same in all of them,
// and what differs in it is there once for each version.
func Merge(versions ...Explanation) Explanation {
	if len(versions) == 1 {
		return versions[0]
	}
	merged := Explanation{Installations: []Installation{}}
	at := map[string]int{}
	seen := map[string]bool{}
	for _, version := range versions {
		for _, i := range version.Installations {
			n, known := at[i.Namespace]
			if !known {
				n = len(merged.Installations)
				at[i.Namespace] = n
				merged.Installations = append(merged.Installations, Installation{
					Namespace: i.Namespace, Components: []Component{}, WaysIn: []Way{}, PasswordFiles: []PasswordFile{},
					Unknown: []Unknown{},
				})
			}
			to := &merged.Installations[n]
			to.Components = adding(to.Components, i.Components, seen, i.Namespace)
			to.WaysIn = adding(to.WaysIn, i.WaysIn, seen, i.Namespace)
			to.PasswordFiles = adding(to.PasswordFiles, i.PasswordFiles, seen, i.Namespace)
			to.Unknown = adding(to.Unknown, i.Unknown, seen, i.Namespace)
		}
	}
	return merged
}

// adding adds what was not seen before.
func adding[T any](list, more []T, seen map[string]bool, namespace string) []T {
	for _, item := range more {
		text, err := json.Marshal(item)
		key := namespace + "\n" + string(text)
		if err == nil && seen[key] {
			continue
		}
		seen[key] = true
		list = append(list, item)
	}
	return list
}
