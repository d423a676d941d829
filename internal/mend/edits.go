package mend

import (
	"maps"
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/internal/edit"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/rules"
)

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
			if ChartVersion(o) != "" && ref != nil {
				// The chart says by itself whether the reference is optional.
				edits = append(edits, edit.Set(change.Secret.Name, under("valueFrom", "secretKeyRef", "name")...),
					edit.Set(change.Secret.Key, under("valueFrom", "secretKeyRef", "key")...))
				continue
			}
			edits = append(edits, edit.Remove(under("value")...),
				edit.Set(map[string]any{"secretKeyRef": map[string]any{"name": change.Secret.Name,
					"key": change.Secret.Key}}, under("valueFrom")...))
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
	for _, path := range [][]any{{"spec", "template", "spec"}, {"spec", "jobTemplate", "spec", "template", "spec"},
		{"spec"}} {
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
			"externalIPs", "loadBalancerIP", "loadBalancerSourceRanges", "loadBalancerClass", "externalTrafficPolicy",
			"healthCheckNodePort",
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
				edits = append(edits, edit.Replace([]any{without},
					append(slices.Clone(at), "containers", edit.Named(name), "ports", edit.Same{Value: fields})...))
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
