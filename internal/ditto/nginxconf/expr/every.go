package expr

// maxHosts bounds how many values a text may come to, for which no single request is followed.
const maxHosts = 64

// EveryValue is what a text can come to by all that is set anywhere; ok is false where that is not known.
func (v *Variables) EveryValue(t Text, seen map[string]bool) (values []Text, ok bool) {
	values = []Text{nil}
	for _, p := range t {
		parts := []Text{{p}}
		if p.Name != "" {
			if parts, ok = v.everyValueOf(p.Name, seen); !ok {
				return nil, false
			}
		}
		if len(values)*len(parts) > maxHosts {
			return nil, false
		}
		next := make([]Text, 0, len(values)*len(parts))
		for _, value := range values {
			for _, part := range parts {
				next = append(next, value.Append(part))
			}
		}
		values = next
	}
	return values, true
}

func (v *Variables) everyValueOf(name string, seen map[string]bool) (values []Text, ok bool) {
	if seen[name] || v.scripted[name] {
		return nil, false
	}
	seen[name] = true
	defer delete(seen, name)
	var from []Text
	if m := v.maps[name]; m != nil && !m.unknown {
		from = m.values()
	} else if sets, there := v.sets[name]; there {
		for _, source := range sets {
			t, err := Parse(source)
			if err != nil {
				return nil, false
			}
			from = append(from, t)
		}
	} else {
		// A variable of nginx itself stays what it is: what stands beside it is still known.
		return []Text{Variable(name)}, builtin(name)
	}
	if len(from) > maxHosts {
		return nil, false
	}
	for _, t := range from {
		more, ok := v.EveryValue(t, seen)
		if !ok || len(values)+len(more) > maxHosts {
			return nil, false
		}
		values = append(values, more...)
	}
	return values, true
}
