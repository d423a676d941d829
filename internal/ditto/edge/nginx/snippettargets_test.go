package nginx

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

func TestSnippetTargets(t *testing.T) {
	for _, tt := range []struct {
		name string
		text string
		want []string
	}{
		{"hosts as they are", "proxy_pass http://b.ns:80/$uri; # a.ns.svc", []string{"b.ns"}},
		{"a variable", "set $up a.ns.svc; location /x { proxy_pass http://$up:80; }", []string{"a.ns.svc"}},
		{"a map beside a host", "map $host $up { default a.ns:80; } proxy_pass http://$up; grpc_pass grpc://c;", []string{"a.ns", "c"}},
		{"a variable of the controller", "internal; proxy_pass http://$upstream;", nil},
		{"what is not parsed", "proxy_pass http://a.ns; log_format x '$a", []string{"a.ns"}},
		{"more than anybody writes", "proxy_pass http://a.ns; #" + strings.Repeat(" ", 1<<20), []string{"a.ns"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			server := &crd.VirtualServer{}
			server.Spec.HTTPSnippets, server.Spec.ServerSnippets = "proxy_pass http://b.ns;", tt.text
			got := SnippetTargets(&inventory.Object{Typed: server})
			want := append([]string{}, tt.want...)
			if i, found := slices.BinarySearch(want, "b.ns"); !found {
				want = slices.Insert(want, i, "b.ns")
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}
