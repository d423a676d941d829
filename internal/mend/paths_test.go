package mend_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/mend"
	"github.com/dittoguard/dittoguard/rules"
)

// gone stands for an object that is removed.
const gone = "gone"

// TestPathsWithout: which entries are left of an object, in each way of taking paths out of it, the least first.
func TestPathsWithout(t *testing.T) {
	const (
		ingress = `{"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": "a"}, "spec": `
		route   = `{"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": {"name": "a"}, "spec": `
	)
	for _, test := range []struct {
		name, object string
		without      []string
		routes       []string
		want         []string
	}{
		{
			"rules that are left without paths go, and those behind them are looked at too",
			ingress + `{"rules": [
				{"host": "a", "http": {"paths": [{"path": "/devops", "pathType": "Prefix"}]}},
				{"host": "b", "http": {"paths": [{"path": "/devops", "pathType": "Prefix"}, {"path": "/ui", "pathType": "Prefix"}]}}]}}`,
			[]string{"/devops"}, nil,
			[]string{
				`{"rules":[{"host":"b","http":{"paths":[{"path":"/ui","pathType":"Prefix"}]}}]}`,
				`{"rules":[{"host":"b","http":{"paths":[{"path":"/ui","pathType":"Prefix"}]}}]}`,
				`{"rules":[{"host":"b","http":{"paths":[{"path":"/ui","pathType":"Prefix"}]}}]}`,
			},
		},
		{
			"the default backend, and what clients can ask for, go in later ways",
			ingress + `{"defaultBackend": {"service": {"name": "s"}}, "rules": [{"host": "a", "http": {"paths": [
				{"path": "/devops", "pathType": "Exact"}, {"path": "/tools", "pathType": "Prefix"}, {"path": "/ui", "pathType": "Prefix"}]}}]}}`,
			[]string{"/devops"}, []string{"a/tools"},
			[]string{
				`{"defaultBackend":{"service":{"name":"s"}},"rules":[{"host":"a","http":{"paths":[{"path":"/tools","pathType":"Prefix"},{"path":"/ui","pathType":"Prefix"}]}}]}`,
				`{"rules":[{"host":"a","http":{"paths":[{"path":"/tools","pathType":"Prefix"},{"path":"/ui","pathType":"Prefix"}]}}]}`,
				`{"rules":[{"host":"a","http":{"paths":[{"path":"/ui","pathType":"Prefix"}]}}]}`,
			},
		},
		{
			"an Ingress of which nothing is left goes, unless a default backend is",
			ingress + `{"defaultBackend": {"service": {"name": "s"}}, "rules": [{"host": "a", "http": {"paths": [{"path": "/devops", "pathType": "Prefix"}]}}]}}`,
			[]string{"/devops"}, nil,
			[]string{`{"defaultBackend":{"service":{"name":"s"}},"rules":[]}`, gone, gone},
		},
		{
			"rules of an HTTPRoute that are left without matches go, and those behind them are looked at too",
			route + `{"rules": [
				{"matches": [{"path": {"type": "PathPrefix", "value": "/devops"}}]},
				{"matches": [{"path": {"type": "Exact", "value": "/devops"}}, {"path": {"type": "PathPrefix", "value": "/ui"}}]}]}}`,
			[]string{"/devops"}, nil,
			[]string{`{"rules":[{"matches":[{"path":{"type":"PathPrefix","value":"/ui"}}]}]}`},
		},
		{
			"an HTTPRoute of which nothing is left goes",
			route + `{"rules": [{"matches": [{"path": {"type": "PathPrefix", "value": "/devops/x"}}]}]}}`,
			[]string{"/devops"}, nil, []string{gone},
		},
		{
			"what is for other paths stays as it is",
			ingress + `{"rules": [{"http": {"paths": [{"path": "/devopsx", "pathType": "Prefix"}]}}]}}`,
			[]string{"/devops"}, nil, nil,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			o, err := inventory.Decode([]byte(test.object), inventory.Source{})
			if err != nil {
				t.Fatal(err)
			}
			changes, why := mend.Changes(rules.Change{PathsWithout: test.without},
				mend.Target{Object: o, Routes: test.routes})
			if why != "" {
				t.Error(why)
			}
			var got []string
			for _, change := range changes {
				after, _, err := change.Apply(o)
				if err != nil {
					t.Fatal(err)
				}
				if after == nil {
					got = append(got, gone)
					continue
				}
				text, err := json.Marshal(after.Content()["spec"])
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, string(text))
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}
