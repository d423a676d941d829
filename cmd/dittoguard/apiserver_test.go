package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"

	"github.com/dittoguard/dittoguard/internal/inventory"
)

// apiserver DIR makes KUBECONFIG lead to something that answers like an API server: with the file DIR/PATH, with an empty
// list where DIR/rights has a line that the path begins with (`/` is a right to everything), and otherwise like one whose
// client has no right to ask. A line `PATH CODE` in DIR/rights makes it fail there with that code. Namespace ditto is
// there. It serves Kubernetes' own kinds, and the groups that DIR/served lists with a version and a kind each.
func apiserver(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: apiserver DIR")
	}
	dir := ts.MkAbs(args[0])
	kinds := map[string]schema.GroupVersionKind{}
	for _, kind := range inventory.Listed() {
		resource := inventory.Resource(kind)
		kinds[resource.GroupVersion().String()+"/"+resource.Resource] = kind
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer(w, dir, r.URL.Path, kinds)
	}))
	ts.Defer(server.Close)
	config := ts.MkAbs("kubeconfig")
	ts.Check(os.WriteFile(config, []byte(`{apiVersion: v1, kind: Config, current-context: c, users: [{name: u, user: {}}],
contexts: [{name: c, context: {cluster: c, user: u}}], clusters: [{name: c, cluster: {server: "`+server.URL+`"}}]}`), 0o600))
	ts.Setenv("KUBECONFIG", config)
}

func answer(w http.ResponseWriter, dir, path string, kinds map[string]schema.GroupVersionKind) {
	send := func(code int, body any) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(code)
		_ = json.NewEncoder(w).Encode(body)
	}
	refuse := func(err *apierrors.StatusError) {
		err.ErrStatus.TypeMeta = metav1.TypeMeta{Kind: "Status", APIVersion: "v1"}
		send(int(err.ErrStatus.Code), err.ErrStatus)
	}
	if data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(path))); err == nil {
		var body any
		if err := yaml.Unmarshal(data, &body); err != nil {
			panic(err)
		}
		send(http.StatusOK, body)
		return
	}
	group, resource := split(path)
	served, _ := os.ReadFile(filepath.Join(dir, "served"))
	if path == "/apis" {
		send(http.StatusOK, groups(string(served)))
		return
	}
	if resource == "" {
		list := metav1.APIResourceList{TypeMeta: metav1.TypeMeta{Kind: "APIResourceList", APIVersion: "v1"}, GroupVersion: group}
		for line := range strings.Lines(string(served)) {
			if version, kind, _ := strings.Cut(strings.TrimSpace(line), " "); version == group {
				list.APIResources = append(list.APIResources, metav1.APIResource{Kind: kind})
			}
		}
		if list.APIResources == nil {
			refuse(apierrors.NewNotFound(schema.GroupResource{}, ""))
			return
		}
		send(http.StatusOK, list)
		return
	}
	allowed := false
	rights, _ := os.ReadFile(filepath.Join(dir, "rights")) // none if there is no such file
	for scanner := bufio.NewScanner(bytes.NewReader(rights)); scanner.Scan(); {
		prefix, code, fails := strings.Cut(scanner.Text(), " ")
		if strings.HasPrefix(path, prefix) {
			if fails {
				code := map[string]int{"401": 401, "403": 403, "404": 404, "500": 500}[code]
				refuse(apierrors.NewGenericServerResponse(code, "list", schema.GroupResource{}, "", "as the test says", 0, true))
				return
			}
			allowed = true
		}
	}
	kind := kinds[group+"/"+resource]
	switch {
	case allowed && resource == "namespaces/ditto":
		send(http.StatusOK, map[string]any{"apiVersion": "v1", "kind": "Namespace", "metadata": map[string]any{"name": "ditto"}})
	case !allowed:
		refuse(apierrors.NewForbidden(schema.GroupResource{Resource: resource}, "", errors.New("as the test says")))
	case strings.HasPrefix(resource, "namespaces/"), !slices.Contains(builtin, group) && !strings.Contains(string(served), group+" "+kind.Kind+"\n"):
		refuse(apierrors.NewNotFound(schema.GroupResource{Resource: resource}, ""))
	default:
		send(http.StatusOK, map[string]any{
			"apiVersion": group, "kind": kind.Kind + "List", "metadata": metav1.ListMeta{}, "items": []any{},
		})
	}
}

// groups are those of DIR/served, with their versions.
func groups(served string) metav1.APIGroupList {
	list := metav1.APIGroupList{TypeMeta: metav1.TypeMeta{Kind: "APIGroupList", APIVersion: "v1"}}
	for line := range strings.Lines(served) {
		groupVersion, _, _ := strings.Cut(strings.TrimSpace(line), " ")
		group, version, _ := strings.Cut(groupVersion, "/")
		list.Groups = append(list.Groups, metav1.APIGroup{Name: group, Versions: []metav1.GroupVersionForDiscovery{{GroupVersion: groupVersion, Version: version}}})
	}
	return list
}

// builtin are the groups and versions that every API server has, as far as dittoguard reads them.
var builtin = []string{"v1", "apps/v1", "batch/v1", "discovery.k8s.io/v1", "networking.k8s.io/v1"}

// split is the group and version, and the resource, of a path: `apps/v1`, `deployments`.
func split(path string) (group, resource string) {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	switch {
	case len(parts) >= 2 && parts[0] == "api":
		group, parts = parts[1], parts[2:]
	case len(parts) >= 3 && parts[0] == "apis":
		group, parts = parts[1]+"/"+parts[2], parts[3:]
	}
	if len(parts) == 3 && parts[0] == "namespaces" {
		parts = parts[2:]
	}
	return group, strings.Join(parts, "/")
}
