package nginxconf

// maxHosts bounds how many hosts a proxy_pass may come to, for which no single request is followed.
const maxHosts = 64

// staticTargets are where a proxy_pass can go whatever a request does: what set and map give its variables anywhere in the
// configuration. It is for routes whose requests are too many to follow.
func (c *Config) staticTargets(r *Route) []Target {
	vague := []Target{{Variable: true}}
	if !r.urlOK {
		return vague
	}
	texts, ok := c.everyValue(r.url, map[string]bool{})
	if !ok {
		return vague
	}
	var list []Target
	for _, t := range texts {
		d := c.destination(t)
		if !d.ok && len(d.targets) == 0 {
			return vague
		}
		for _, target := range d.targets {
			list = addTarget(list, target)
		}
	}
	return list
}

// everyValue is what a text can come to by all that is set anywhere; ok is false where that is not known.
func (c *Config) everyValue(t text, seen map[string]bool) (values []text, ok bool) {
	values = []text{nil}
	for _, p := range t {
		parts := []text{{p}}
		if p.name != "" {
			if parts, ok = c.everyValueOf(p.name, seen); !ok {
				return nil, false
			}
		}
		if len(values)*len(parts) > maxHosts {
			return nil, false
		}
		next := make([]text, 0, len(values)*len(parts))
		for _, v := range values {
			for _, part := range parts {
				next = append(next, v.append(part))
			}
		}
		values = next
	}
	return values, true
}

func (c *Config) everyValueOf(name string, seen map[string]bool) (values []text, ok bool) {
	if seen[name] || c.scripted[name] {
		return nil, false
	}
	seen[name] = true
	defer delete(seen, name)
	var from []text
	if m := c.maps[name]; m != nil && !m.unknown {
		from = append(from, m.deflt)
		for _, e := range m.exact {
			from = append(from, e.value)
		}
		for _, e := range m.regex {
			from = append(from, e.value)
		}
	} else if sets, there := c.sets[name]; there {
		for _, source := range sets {
			t, err := parseText(source)
			if err != nil {
				return nil, false
			}
			from = append(from, t)
		}
	} else {
		// A variable of nginx itself stays what it is: what stands beside it is still known.
		return []text{variable(name)}, builtin(name)
	}
	if len(from) > maxHosts {
		return nil, false
	}
	for _, t := range from {
		more, ok := c.everyValue(t, seen)
		if !ok || len(values)+len(more) > maxHosts {
			return nil, false
		}
		values = append(values, more...)
	}
	return values, true
}
