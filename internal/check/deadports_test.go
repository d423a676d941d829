package check_test

import (
	"strings"
	"testing"

	"github.com/dittoguard/dittoguard/internal/config"
)

// TestPortThatNoContainerDeclares: Kubernetes sends nothing there, which is said, unless an EndpointSlice leads somewhere.
func TestPortThatNoContainerDeclares(t *testing.T) {
	service := strings.Replace(gatewayService, "targetPort: 8080", "targetPort: web", 1)
	const slice = `
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: own, namespace: ditto, labels: {kubernetes.io/service-name: gateway}}
addressType: IPv4
ports: [{name: http, port: 8080}]
endpoints: [{addresses: [10.1.2.3]}]
`
	said := func(yaml ...string) bool {
		return strings.Contains(strings.Join(unknownOf(t, config.Default(), yaml...), "\n"),
			`Service ditto/gateway: port 8080 leads to port "web", which no container of Deployment ditto/gateway declares`)
	}
	if !said(gatewayDeployment(preAuth), service) {
		t.Error("not said")
	}
	// Another workload behind the Service declares it, as while one takes the place of the other.
	another := strings.NewReplacer("{name: gateway, uid: gateway-uid}", "{name: next}", "{name: http,", "{name: web,").Replace(gatewayDeployment(preAuth))
	if !strings.Contains(another, "name: next") || !strings.Contains(another, "name: web") {
		t.Fatal(another)
	}
	if said(gatewayDeployment(preAuth), service, slice) || said(gatewayDeployment(preAuth), gatewayService) || said(gatewayDeployment(preAuth), another, service) {
		t.Error("said of a port that leads somewhere")
	}
}
