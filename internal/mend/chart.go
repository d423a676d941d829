package mend

import (
	_ "embed" // for chart.yaml
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"sigs.k8s.io/yaml"

	"github.com/dittoguard/dittoguard/internal/edit"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/rules"
)

//go:embed chart.yaml
var chartYAML []byte

// chartTable says which values of Ditto's chart say what.
type chartTable struct {
	Known    versions `json:"known"`
	Env      []chartEnv
	Services []struct{ Name, Type string }
	Users    struct{ Passwords, Hashes string }

	Ingresses []chartIngress
}

type versions struct{ From, To string }

type chartEnv struct {
	versions
	Component, Name, Value string
	Values                 map[string]any
	Boolean, Secret, Key   string
	Drop                   []string
}

type chartIngress struct {
	versions
	Name, Paths, Service, Enabled, Backend, Annotations string
}

var table = sync.OnceValues(func() (*chartTable, error) {
	var t chartTable
	if err := yaml.UnmarshalStrict(chartYAML, &t); err != nil {
		return nil, fmt.Errorf("reading chart.yaml: %w", err)
	}
	return &t, nil
})

// holds says whether a version of the chart is among versions; a later one than all that are known is taken for the
// last.
func (v versions) holds(version string) bool {
	return (v.From == "" || !earlier(version, v.From)) && (v.To == "" || !earlier(v.To, version))
}

// earlier compares major and minor.
func earlier(a, b string) bool {
	x, y := numbersOf(a), numbersOf(b)
	return x[0] < y[0] || x[0] == y[0] && x[1] < y[1]
}

func numbersOf(version string) (n [2]int) {
	for i, part := range strings.SplitN(version, ".", 3) {
		if i < 2 {
			n[i], _ = strconv.Atoi(part)
		}
	}
	return n
}

// ChartVersion is the version of Ditto's own Helm chart that rendered an object, empty of any other: it is changed in
// the chart's values then.
func ChartVersion(o *inventory.Object) string {
	version, ok := strings.CutPrefix(o.Meta.Labels["helm.sh/chart"], "ditto-")
	if !ok || version == "" || version[0] < '0' || version[0] > '9' {
		return ""
	}
	return version
}

// version is the version of the chart that an object is looked up for: the last one that is known for a later one, and
// for an object that was not rendered yet; empty for one that is too old.
func (t *chartTable) version(o *inventory.Object) string {
	version := ChartVersion(o)
	switch {
	case version == "" || earlier(t.Known.To, version):
		return t.Known.To
	case earlier(version, t.Known.From):
		return ""
	}
	return version
}

// Value is a value of a chart.
type Value struct {
	// Path are the keys; Value is edit.Null{} where a default is taken away.
	Path  []string
	Value any
	// Drop says that it is taken out of a file that has it. User narrows that to the entries of a user.
	Drop bool
	User string
}

func at(path string, v any) Value { return Value{Path: strings.Split(path, "."), Value: v} }

// Values are the values by which Ditto's chart makes a change of an object that it rendered; none where it has no value
// for it. after is the object after all changes that are made, nil if it is gone.
func (c *Change) Values(after *inventory.Object) ([]Value, error) {
	t, err := table()
	if err != nil {
		return nil, err
	}
	version := t.version(c.Object)
	switch {
	case version == "":
		return nil, nil
	case len(c.what.Env) > 0:
		return t.env(c, version), nil
	case c.Object.Ref.Kind == "Ingress":
		return t.ingress(c, after, version), nil
	case c.what.Inside && c.Object.Ref.Kind == "Service":
		for _, s := range t.Services {
			if strings.HasSuffix(c.Object.Ref.Name, "-"+s.Name) {
				return []Value{at(s.Type, "ClusterIP")}, nil
			}
		}
	case c.what.DropUser:
		return t.user(c, after), nil
	}
	return nil, nil
}

func (t *chartTable) env(c *Change, version string) []Value {
	var values []Value
	for _, change := range c.what.Env {
		if edits, _ := envEdits(c.Object, c.Container, []rules.EnvChange{change}); len(edits) == 0 &&
			ChartVersion(c.Object) != "" {
			continue
		}
		i := slices.IndexFunc(t.Env, func(e chartEnv) bool {
			return e.Name == change.Name && e.Component == c.Component && e.holds(version)
		})
		if i < 0 {
			return nil
		}
		e := t.Env[i]
		switch {
		case change.Value != "" && change.Value == e.Value:
			for _, path := range slices.Sorted(maps.Keys(e.Values)) {
				values = append(values, at(path, e.Values[path]))
			}
		case e.Boolean != "" && (change.Value == "true" || change.Value == "false"):
			values = append(values, at(e.Boolean, change.Value == "true"))
		case change.Secret != nil && e.Secret != "" && change.Secret.Key == e.Key:
			values = append(values, at(e.Secret, change.Secret.Name))
			for _, path := range e.Drop {
				drop := at(path, nil)
				drop.Drop = true
				values = append(values, drop)
			}
		default:
			return nil
		}
	}
	return values
}

// ingressOf is what the table says of an Ingress; nil if it does not know it.
func (t *chartTable) ingressOf(o *inventory.Object, version string) *chartIngress {
	i := slices.IndexFunc(t.Ingresses, func(e chartIngress) bool {
		return strings.HasSuffix(o.Ref.Name, "-"+e.Name) && e.holds(version)
	})
	if i < 0 {
		return nil
	}
	return &t.Ingresses[i]
}

func (t *chartTable) ingress(c *Change, after *inventory.Object, version string) []Value {
	e := t.ingressOf(c.Object, version)
	if e == nil {
		return nil
	}
	if after == nil {
		if e.Enabled == "" {
			return nil
		}
		return []Value{at(e.Enabled, false)}
	}
	prefix := strings.TrimSuffix(c.Object.Ref.Name, e.Name)
	was, _ := c.Object.Content()["spec"].(map[string]any)
	is, _ := after.Content()["spec"].(map[string]any)
	var values []Value
	if len(c.what.PathsWithout) > 0 {
		if was["defaultBackend"] != nil && is["defaultBackend"] == nil {
			if e.Backend == "" {
				return nil
			}
			values = append(values, at(e.Backend, edit.Null{}))
		}
		old, _ := chartPaths(was, prefix, e.Service)
		paths, plain := chartPaths(is, prefix, e.Service)
		if !plain {
			return nil
		}
		if fmt.Sprint(old) != fmt.Sprint(paths) {
			values = append(values, at(e.Paths, paths))
		}
		return values
	}
	if e.Annotations == "" {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(after.Meta.Annotations)) {
		if value := after.Meta.Annotations[name]; c.Object.Meta.Annotations[name] != value {
			v := at(e.Annotations, value)
			v.Path = append(v.Path, name)
			values = append(values, v)
		}
	}
	return values
}

// chartPaths are the paths of an Ingress as the chart's values have them; false if they are not as its template makes
// them.
func chartPaths(spec map[string]any, prefix, service string) ([]any, bool) {
	hosts, _ := spec["rules"].([]any)
	if len(hosts) != 1 {
		return nil, false
	}
	var list []any
	paths, _ := field(field(hosts[0], "http"), "paths").([]any)
	for _, p := range paths {
		name, _ := field(field(field(p, "backend"), "service"), "name").(string)
		short, has := strings.CutPrefix(name, prefix)
		if !has {
			return nil, false
		}
		entry := map[string]any{"path": field(p, "path"), "pathType": field(p, "pathType")}
		if service == "service.name" {
			entry["service"] = map[string]any{"name": short}
		} else {
			entry[service] = short
		}
		list = append(list, entry)
	}
	return list, true
}

// user takes a user out of the lists that the password file is made of. Only a file of values shows who else is in
// them.
func (t *chartTable) user(c *Change, after *inventory.Object) []Value {
	var values []Value
	for _, path := range []string{t.Users.Passwords, t.Users.Hashes} {
		drop := at(path, nil)
		drop.Drop, drop.User = true, c.User
		values = append(values, drop)
	}
	users := 0
	for _, at := range []string{"data", "stringData"} {
		fields, _ := after.Content()[at].(map[string]any)
		for _, value := range fields {
			if file, is := value.(string); is {
				users += strings.Count(file, ":")
			}
		}
	}
	if users == 0 {
		values = append(values, at(t.Users.Passwords, []any{}))
	}
	return values
}
