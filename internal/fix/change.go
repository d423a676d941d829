// Package fix makes plans of what rules advise: the changes that leave nothing wrong, found by making them in memory and judging
// again, and written where they belong: into the manifest, the Kustomize folder, or the values of Ditto's Helm chart.
package fix

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/edit"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/rules"
)

// Change is a change of one object.
type Change struct {
	// Rules are those that it mends something of, Message says what it does.
	Rules   []string
	Message string
	// Object is what changes, as it was.
	Object *inventory.Object
	// Secrets are keys of Secrets that have to be there then.
	Secrets []rules.SecretKey

	edits  []edit.Edit
	remove bool
	// what and component say it in the words of the rule, for values of a chart.
	what      rules.Change
	component string
	container string
	user      string
}

// place tells objects apart, those of two files that bear one name as well.
type place struct {
	id   inventory.ID
	file string
	line int
}

func placeOf(o *inventory.Object) place {
	return place{o.Ref.ID(), o.Source.File, o.Source.Line}
}

// id is the same for changes that do the same.
func (c *Change) id() string {
	return fmt.Sprint(placeOf(c.Object), c.remove, c.edits)
}

// changesOf are the changes by which a remedy can be made, the least first; none if people have to, with the reason where there is
// one to tell.
func changesOf(r check.Remedy) (list []*Change, why string) {
	c := Change{Rules: []string{r.Finding.Rule}, Message: r.Message, Object: r.Object, what: r.Change, component: r.Component, container: r.Container, user: r.User}
	variants := []variant{{}}
	first := &variants[0]
	switch {
	case len(r.Object.Meta.OwnerReferences) > 0:
		return nil, r.Object.Ref.String() + " is made by a controller; change what it is made from"
	case len(r.Change.Env) > 0:
		first.edits, c.Secrets = envEdits(r.Object, r.Container, r.Change.Env)
	case len(r.Change.PathsWithout) > 0:
		variants, why = pathVariants(r.Object, r.Change.PathsWithout, r.Finding.Routes)
	case r.Change.Inside:
		first.edits = insideEdits(r.Object)
	case r.Change.DropUser:
		first.edits, why = userEdits(r.Object, r.Key, r.User)
	case r.Changed != nil:
		first.edits = edit.Diff(r.Object.Content(), r.Changed)
	}
	for _, v := range variants {
		if len(v.edits) > 0 {
			made := c
			made.edits, made.remove = v.edits, v.remove
			list = append(list, &made)
		}
	}
	return list, why
}

// envEdits change variables of a container.
func envEdits(o *inventory.Object, in string, changes []rules.EnvChange) ([]edit.Edit, []rules.SecretKey) {
	pod, at := podOf(o)
	if pod == nil {
		return nil, nil
	}
	containers, _ := pod["containers"].([]any)
	i := slices.IndexFunc(containers, func(c any) bool { return field(c, "name") == in })
	if i < 0 {
		return nil, nil
	}
	container, _ := containers[i].(map[string]any)
	env, _ := container["env"].([]any)
	var (
		edits   []edit.Edit
		secrets []rules.SecretKey
	)
	for _, change := range changes {
		path := append(slices.Clone(at), "containers", edit.Named(in), "env", edit.Named(change.Name))
		under := func(steps ...any) []any { return append(slices.Clone(path), steps...) }
		var all []map[string]any
		for _, e := range env {
			if fields, is := e.(map[string]any); is && fields["name"] == change.Name {
				all = append(all, fields)
			}
		}
		var last map[string]any
		if len(all) > 0 {
			last = all[len(all)-1]
		}
		from, _ := last["valueFrom"].(map[string]any)
		ref, _ := from["secretKeyRef"].(map[string]any)
		switch {
		case change.Remove:
			for range all {
				edits = append(edits, edit.Remove(path...))
			}
		case change.Mandatory:
			if ref["optional"] == true {
				edits = append(edits, edit.Remove(under("valueFrom", "secretKeyRef", "optional")...))
			}
		case change.Secret != nil:
			secrets = append(secrets, *change.Secret)
			if check.ChartVersion(o) != "" && ref != nil {
				// The chart says by itself whether the reference is optional.
				edits = append(edits, edit.Set(change.Secret.Name, under("valueFrom", "secretKeyRef", "name")...),
					edit.Set(change.Secret.Key, under("valueFrom", "secretKeyRef", "key")...))
				continue
			}
			edits = append(edits, edit.Remove(under("value")...),
				edit.Set(map[string]any{"secretKeyRef": map[string]any{"name": change.Secret.Name, "key": change.Secret.Key}}, under("valueFrom")...))
		case last["value"] != change.Value || from != nil:
			if from != nil {
				edits = append(edits, edit.Remove(under("valueFrom")...))
			}
			edits = append(edits, edit.Set(change.Value, under("value")...))
		}
	}
	return edits, secrets
}

// podOf is the pod of a workload, and where it is in it.
func podOf(o *inventory.Object) (pod map[string]any, path []any) {
	content := o.Content()
	for _, path := range [][]any{{"spec", "template", "spec"}, {"spec", "jobTemplate", "spec", "template", "spec"}, {"spec"}} {
		at := content
		for _, step := range path {
			name, _ := step.(string)
			at, _ = at[name].(map[string]any)
		}
		if at["containers"] != nil {
			return at, path
		}
	}
	return nil, nil
}

func field(v any, name string) any {
	fields, _ := v.(map[string]any)
	return fields[name]
}

// insideEdits take what opens a way by itself off the outside.
func insideEdits(o *inventory.Object) []edit.Edit {
	spec, _ := o.Content()["spec"].(map[string]any)
	var edits []edit.Edit
	if o.Ref.Kind == "Service" && o.Ref.GroupKind().Group == "" {
		edits = append(edits, edit.Set("ClusterIP", "spec", "type"))
		for _, name := range []string{
			"externalIPs", "loadBalancerIP", "loadBalancerSourceRanges", "loadBalancerClass", "externalTrafficPolicy", "healthCheckNodePort",
			"allocateLoadBalancerNodePorts",
		} {
			if spec[name] != nil {
				edits = append(edits, edit.Remove("spec", name))
			}
		}
		ports, _ := spec["ports"].([]any)
		for _, port := range ports {
			if fields, is := port.(map[string]any); is && fields["nodePort"] != nil {
				without := copied(fields)
				delete(without, "nodePort")
				edits = append(edits, edit.Replace([]any{without}, "spec", "ports", edit.Same{Value: fields}))
			}
		}
		return edits
	}
	pod, at := podOf(o)
	if pod == nil {
		return nil
	}
	if pod["hostNetwork"] == true {
		edits = append(edits, edit.Remove(append(slices.Clone(at), "hostNetwork")...))
	}
	containers, _ := pod["containers"].([]any)
	for _, c := range containers {
		name, _ := field(c, "name").(string)
		ports, _ := field(c, "ports").([]any)
		for _, port := range ports {
			if fields, is := port.(map[string]any); is && fields["hostPort"] != nil {
				without := copied(fields)
				delete(without, "hostPort")
				edits = append(edits, edit.Replace([]any{without}, append(slices.Clone(at), "containers", edit.Named(name), "ports", edit.Same{Value: fields})...))
			}
		}
	}
	return edits
}

func copied(fields map[string]any) map[string]any {
	out := make(map[string]any, len(fields))
	maps.Copy(out, fields)
	return out
}

// userEdits take a user out of a password file that is kept as text.
func userEdits(o *inventory.Object, key, user string) ([]edit.Edit, string) {
	for _, at := range []string{"data", "stringData"} {
		fields, _ := o.Content()[at].(map[string]any)
		text, is := fields[key].(string)
		if !is {
			continue
		}
		if at == "data" && o.Ref.Kind == "Secret" {
			return nil, "key " + key + " of " + o.Ref.String() + " is encoded; make the file anew"
		}
		var kept []string
		for line := range strings.SplitSeq(text, "\n") {
			if name, _, _ := strings.Cut(strings.TrimSpace(line), ":"); name != user {
				kept = append(kept, line)
			}
		}
		return []edit.Edit{edit.Set(strings.Join(kept, "\n"), at, key)}, ""
	}
	return nil, ""
}

// apply carries the change out on an object; nil if it is gone then.
func (c *Change) apply(o *inventory.Object) (*inventory.Object, []edit.Op, error) {
	if c.remove {
		return nil, nil, nil
	}
	content, ops, err := edit.Content(o.Content(), c.edits...)
	if err != nil {
		return nil, nil, fmt.Errorf("changing %s: %w", o.Ref, err)
	}
	raw, err := json.Marshal(content)
	if err != nil {
		return nil, nil, fmt.Errorf("changing %s: %w", o.Ref, err)
	}
	changed, err := inventory.Decode(raw, o.Source)
	if err != nil {
		return nil, nil, fmt.Errorf("changing %s: %w", o.Ref, err)
	}
	return changed, ops, nil
}

// Apply is the objects after changes.
func Apply(objects []*inventory.Object, changes []*Change) ([]*inventory.Object, error) {
	var out []*inventory.Object
	for _, o := range objects {
		at := placeOf(o)
		for _, c := range changes {
			if o == nil || placeOf(c.Object) != at {
				continue
			}
			var err error
			if o, _, err = c.apply(o); err != nil {
				return nil, err
			}
		}
		if o != nil {
			out = append(out, o)
		}
	}
	return out, nil
}

// Removes says whether the change removes the object.
func (c *Change) Removes() bool { return c.remove }
