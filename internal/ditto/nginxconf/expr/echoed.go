package expr

// Echoed is the first variable in a text that holds what the client wrote, be it by way of map and set. moved: the path
// and the query are no longer those that the client asked for.
func (v *Variables) Echoed(source string, moved bool) (name string, client bool) {
	t, err := Parse(source)
	if err != nil {
		return "", false
	}
	return v.echoedIn(t, moved, map[string]bool{})
}

// echoedIn looks at each variable once: what it can hold is the same wherever it stands.
func (v *Variables) echoedIn(t Text, moved bool, seen map[string]bool) (name string, client bool) {
	for _, p := range t {
		if p.Name == "" || seen[p.Name] {
			continue
		}
		seen[p.Name] = true
		// A method has no characters that could do harm, and a length has digits.
		if Chosen(p) && p.Name != "request_method" && p.Name != "content_length" {
			if !moved || !of(p.Name).path {
				return p.Name, true
			}
			continue
		}
		var values []Text
		if m := v.maps[p.Name]; m != nil {
			values = m.values()
		} else if v.assigned[p.Name] {
			sets, set := v.sets[p.Name]
			if !set && !moved {
				return p.Name, true // a named group of a pattern, which the path was matched with
			}
			for _, source := range sets {
				if value, err := Parse(source); err == nil {
					values = append(values, value)
				}
			}
		}
		for _, value := range values {
			if inner, client := v.echoedIn(value, moved, seen); client {
				return inner, true
			}
		}
	}
	return "", false
}
