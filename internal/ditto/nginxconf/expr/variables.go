package expr

import (
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/nginxconf/syntax"
)

// Variables are those that a configuration defines, wherever it does.
type Variables struct {
	maps     map[string]*mapping
	assigned map[string]bool     // what set and its like define
	sets     map[string][]string // what those set them to
	scripted map[string]bool     // what a script gives
}

// NewVariables has none.
func NewVariables() *Variables {
	return &Variables{maps: map[string]*mapping{}, assigned: map[string]bool{}, sets: map[string][]string{},
		scripted: map[string]bool{}}
}

// Define notes what a directive defines; ok is false for a map and its like that is not understood.
func (v *Variables) Define(d *syntax.Directive) (ok bool) {
	switch d.Name {
	case "map", "geo", "split_clients":
		if d.Block != nil {
			m := parseMapping(d)
			if m == nil {
				return false
			}
			v.maps[m.name] = m
			return true
		}
	case "set", "auth_request_set", "auth_jwt_claim_set":
		name := VariableName(d.Arg(0))
		v.assigned[name] = true
		v.sets[name] = append(v.sets[name], d.Arg(1))
	case "js_set", "js_var", "perl_set", "set_by_lua", "set_by_lua_block", "set_by_lua_file", "keyval", "geoip2",
		"geoip2_proxy", "num_map", "encrypted_session", "js_preload_object":
		list := slices.Clone(d.Args)
		for _, e := range d.Block {
			list = append(list, e.Name)
		}
		for _, a := range list {
			if name, ok := strings.CutPrefix(a, "$"); ok {
				v.scripted[strings.ToLower(name)] = true
			}
		}
	case "location", "server_name", "if", "rewrite":
		// Named groups of patterns: nginx makes variables of them.
		for _, a := range d.Args {
			if strings.Contains(a, "(?") {
				for name := range Compile(strings.TrimPrefix(a, "~"), false).Names() {
					v.assigned[name] = true
				}
			}
		}
	}
	return true
}
