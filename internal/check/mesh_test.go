package check_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/ditto/index"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/test/sample"
)

// TestProxiesInAMesh: proxies that all forward to one another make more ways than can be followed. The short ones are
// found all the same, the rest is said to be unknown, and the search ends.
func TestProxiesInAMesh(t *testing.T) {
	sample.Large(t)
	t.Parallel()
	const proxies = 14
	inv := inventory.NewMemory(index.Of, nil)
	put := func(text string) {
		for _, o := range decodeAll(t, text) {
			inv.Put(o)
		}
	}
	put(gatewayDeployment(preAuth))
	put(gatewayService)
	for i := range proxies {
		locations := "location /api { proxy_pass http://gateway:8080; } "
		for j := range proxies {
			if j != i {
				locations += fmt.Sprintf("location /p%d { proxy_pass http://nginx%d:80; } ", j, j)
			}
		}
		name := fmt.Sprint("nginx", i)
		put(strings.Replace(nginxConfigMap("data", locations), "nginx-conf", name+"-conf", 1))
		put(strings.NewReplacer("name: nginx}", "name: "+name+"}", "app: nginx}", "app: "+name+"}", "nginx-conf}", name+"-conf}").Replace(nginxDeployment))
		put(serviceOf(name, "selector: {app: "+name+"}, ports: [{port: 80}]"))
	}
	change := step{apply: serviceOf(fmt.Sprint("nginx", proxies-1), fmt.Sprintf("type: LoadBalancer, selector: {app: nginx%d}, ports: [{port: 80}]", proxies-1))}
	verdict, err := builtin(t, nil).Change(context.Background(), inv, change.change(t, inv))
	if err != nil {
		t.Fatal(err)
	}
	if got := deniedBy(verdict.Denied); !slices.Equal(got, []string{preAuthOnGateway}) {
		t.Errorf("refused for %v", got)
	}
	// The ways that are given up are there before the request, which therefore is not told of them.
	all, err := builtin(t, nil).All(context.Background(), inv, inv.All())
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(all.Unknown, func(u check.Unknown) bool {
		return u.Rule == "preauth-exposed" && strings.Contains(u.Message, "not every way in was followed")
	}) {
		t.Errorf("unknown: %+v", all.Unknown)
	}
}
