package edges

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"
)

// ciliumConfig writes what Envoy is to do for a scenario: the listeners, routes and clusters that Cilium's operator has put into
// CiliumEnvoyConfigs, as they are. What agents add is left out, but for this: listeners get an address, endpoints come from the
// EndpointSlices of a Service, certificates from where the operator has copied them, and a listener whose routes nobody has written has none.
// Agents also put their own filters before each connection and request (cilium.bpf_metadata, cilium.network, cilium.l7policy), which
// apply network policies and which only their own build of Envoy has. What Envoy refuses is not served.
func ciliumConfig(bin, dir, kubeconfig, file string, s *Scenario) (doors, error) {
	ctx := context.Background()
	c, err := ciliumClient(kubeconfig)
	if err != nil {
		return doors{}, err
	}
	if err := ciliumSettled(ctx, c, filepath.Dir(dir)); err != nil {
		return doors{}, err
	}
	configs, err := ciliumConfigsOf(ctx, c, s)
	if err != nil {
		return doors{}, err
	}
	b := bootstrap{client: c, clusters: map[string]map[string]any{}, secrets: map[string]map[string]any{}}
	for _, config := range configs {
		one := bootstrap{client: c, clusters: map[string]map[string]any{}, secrets: map[string]map[string]any{}, at: b.at}
		if err := one.add(ctx, config); err != nil {
			return doors{}, err
		}
		if err := one.write(file); err != nil {
			return doors{}, err
		}
		if out, err := exec.CommandContext(ctx, filepath.Join(bin, "envoy"), "--mode", "validate", "--config-path", file, "--log-level", "error").CombinedOutput(); err != nil {
			if err := os.WriteFile(filepath.Join(dir, config.GetName()+".refused"), out, 0o600); err != nil {
				return doors{}, err
			}
			continue
		}
		b.listeners, b.at = append(b.listeners, one.listeners...), one.at
		maps.Copy(b.clusters, one.clusters)
		maps.Copy(b.secrets, one.secrets)
	}
	return b.doors(), b.write(file)
}

func ciliumClient(kubeconfig string) (client.Client, error) {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return nil, err
	}
	config.QPS = -1
	log.SetLogger(logr.Discard()) // or it says that nobody has
	return client.New(config, client.Options{})
}

// ciliumList lists objects of a kind that nobody has a Go type for here.
func ciliumList(ctx context.Context, c client.Client, gvk schema.GroupVersionKind) ([]unstructured.Unstructured, error) {
	var list unstructured.UnstructuredList
	list.SetGroupVersionKind(gvk.GroupVersion().WithKind(gvk.Kind + "List"))
	err := c.List(ctx, &list)
	return list.Items, err
}

var (
	envoyConfigs = schema.GroupVersionKind{Group: "cilium.io", Version: "v2", Kind: "CiliumEnvoyConfig"}
	gateways     = schema.GroupVersionKind{Group: "gateway.networking.k8s.io", Version: "v1", Kind: "Gateway"}
)

// settled are the folders of operators that have read everything.
var settled sync.Map

// ciliumSettled waits until the operator has said something of each Gateway, and has written nothing for a while.
func ciliumSettled(ctx context.Context, c client.Client, run string) error {
	if _, done := settled.Load(run); done {
		return nil
	}
	before, since := "", time.Now()
	for began := time.Now(); time.Since(began) < 2*time.Minute; time.Sleep(250 * time.Millisecond) {
		now, err := ciliumState(ctx, c)
		if err != nil || now == "" || now != before {
			before, since = now, time.Now()
			continue
		}
		if time.Since(since) > 8*time.Second {
			settled.Store(run, true)
			return nil
		}
	}
	return errors.New("the operator of Cilium does not come to rest")
}

// ciliumState is what the operator has written, empty where it has certainly not written all.
func ciliumState(ctx context.Context, c client.Client) (string, error) {
	var b strings.Builder
	list, err := ciliumList(ctx, c, envoyConfigs)
	if err != nil {
		return "", err
	}
	begun := false // with the Ingress that is there for this
	for _, o := range list {
		fmt.Fprintln(&b, o.GetNamespace(), o.GetName(), o.GetResourceVersion())
		begun = begun || o.GetNamespace() == metav1.NamespaceDefault
	}
	if !begun {
		return "", nil
	}
	if list, err = ciliumList(ctx, c, gateways); err != nil {
		return "", err
	}
	for _, o := range list {
		class, _, _ := unstructured.NestedString(o.Object, "spec", "gatewayClassName")
		conditions, _, _ := unstructured.NestedSlice(o.Object, "status", "conditions")
		if class == "cilium" && !slices.ContainsFunc(conditions, func(c any) bool {
			one, _ := c.(map[string]any)
			return one["type"] == "Accepted" && one["status"] != "Unknown"
		}) {
			return "", nil
		}
	}
	return b.String(), nil
}

// ciliumConfigsOf are the CiliumEnvoyConfigs that a scenario's clients reach.
func ciliumConfigsOf(ctx context.Context, c client.Client, s *Scenario) ([]unstructured.Unstructured, error) {
	list, err := ciliumList(ctx, c, envoyConfigs)
	if err != nil {
		return nil, err
	}
	var ingresses networkingv1.IngressList
	if err := c.List(ctx, &ingresses, client.InNamespace(s.Namespace())); err != nil {
		return nil, err
	}
	shared := slices.ContainsFunc(ingresses.Items, func(i networkingv1.Ingress) bool {
		return i.Annotations["ingress.cilium.io/loadbalancer-mode"] == "shared" || i.Annotations["io.cilium.ingress/loadbalancer-mode"] == "shared"
	})
	list = slices.DeleteFunc(list, func(o unstructured.Unstructured) bool {
		return o.GetNamespace() != s.Namespace() && (o.GetNamespace() != ciliumNamespace || !shared)
	})
	slices.SortFunc(list, func(a, b unstructured.Unstructured) int { return strings.Compare(a.GetName(), b.GetName()) })
	return list, nil
}

// bootstrap is a configuration of Envoy that is complete.
type bootstrap struct {
	client            client.Client
	listeners         []map[string]any
	clusters, secrets map[string]map[string]any
	at                []string
}

// add adds what a CiliumEnvoyConfig has.
func (b *bootstrap) add(ctx context.Context, config unstructured.Unstructured) error {
	resources, _, err := unstructured.NestedSlice(config.Object, "spec", "resources")
	if err != nil {
		return err
	}
	routes := map[string]map[string]any{}
	var listeners []map[string]any
	for _, r := range resources {
		o, _ := r.(map[string]any)
		kind, _ := o["@type"].(string)
		delete(o, "@type")
		name, _ := o["name"].(string)
		switch kind {
		case "type.googleapis.com/envoy.config.listener.v3.Listener":
			listeners = append(listeners, o)
		case "type.googleapis.com/envoy.config.route.v3.RouteConfiguration":
			routes[name] = o
		case "type.googleapis.com/envoy.config.cluster.v3.Cluster":
			if b.clusters[name], err = b.endpoints(ctx, o); err != nil {
				return err
			}
		default:
			return fmt.Errorf("%s has a resource of type %q", config.GetName(), kind)
		}
	}
	for _, l := range listeners {
		b.at = append(b.at, fmt.Sprintf("127.0.0.1:%d", 10080+len(b.at)))
		l["address"] = address("127.0.0.1", 10080+len(b.at)-1)
		l["name"] = fmt.Sprint(config.GetNamespace(), "/", config.GetName(), "/", l["name"])
		chains, _ := l["filterChains"].([]any)
		for _, chain := range chains {
			if err := b.complete(ctx, chain.(map[string]any), routes); err != nil {
				return err
			}
		}
		b.listeners = append(b.listeners, l)
	}
	return nil
}

// complete gives a chain of filters its routes and certificates.
func (b *bootstrap) complete(ctx context.Context, chain map[string]any, routes map[string]map[string]any) error {
	filters, _ := chain["filters"].([]any)
	for _, f := range filters {
		typed, _, _ := unstructured.NestedFieldNoCopy(f.(map[string]any), "typedConfig")
		manager, _ := typed.(map[string]any)
		if name, found, _ := unstructured.NestedString(manager, "rds", "routeConfigName"); found {
			delete(manager, "rds")
			manager["routeConfig"] = map[string]any{"name": name}
			if written := routes[name]; written != nil {
				manager["routeConfig"] = written
			}
		}
	}
	certificates, _, _ := unstructured.NestedFieldNoCopy(chain, "transportSocket", "typedConfig", "commonTlsContext", "tlsCertificateSdsSecretConfigs")
	list, _ := certificates.([]any)
	for _, one := range list {
		config, _ := one.(map[string]any)
		name, _ := config["name"].(string)
		namespace, object, _ := strings.Cut(name, "/")
		var secret corev1.Secret
		if err := b.client.Get(ctx, client.ObjectKey{Namespace: namespace, Name: object}, &secret); client.IgnoreNotFound(err) != nil {
			return err
		} else if err != nil {
			// Envoy would wait for it for ever.
			config["sdsConfig"] = map[string]any{"initialFetchTimeout": "0.1s", "apiConfigSource": map[string]any{
				"apiType": "GRPC", "transportApiVersion": "V3", "grpcServices": []any{map[string]any{"envoyGrpc": map[string]any{"clusterName": "nobody"}}},
			}}
			b.clusters["nobody"] = noCluster("nobody")
			continue
		}
		delete(config, "sdsConfig")
		b.secrets[name] = map[string]any{"name": name, "tlsCertificate": map[string]any{
			"certificateChain": map[string]any{"inlineBytes": secret.Data[corev1.TLSCertKey]},
			"privateKey":       map[string]any{"inlineBytes": secret.Data[corev1.TLSPrivateKeyKey]},
		}}
	}
	return nil
}

// endpoints gives a cluster the endpoints of its Service, as agents do, if that has the port.
func (b *bootstrap) endpoints(ctx context.Context, o map[string]any) (map[string]any, error) {
	serviceName, _, _ := unstructured.NestedString(o, "edsClusterConfig", "serviceName")
	namespace, rest, _ := strings.Cut(serviceName, "/")
	name, port, _ := strings.Cut(rest, ":")
	var service corev1.Service
	if err := b.client.Get(ctx, client.ObjectKey{Namespace: namespace, Name: name}, &service); client.IgnoreNotFound(err) != nil {
		return nil, err
	}
	var parts discoveryv1.EndpointSliceList
	if err := b.client.List(ctx, &parts, client.InNamespace(namespace), client.MatchingLabels{discoveryv1.LabelServiceName: name}); err != nil {
		return nil, err
	}
	var list []any
	if slices.ContainsFunc(service.Spec.Ports, func(p corev1.ServicePort) bool { return p.Name == port || fmt.Sprint(p.Port) == port }) {
		for _, slice := range parts.Items {
			for _, e := range slice.Endpoints {
				list = append(list, map[string]any{"endpoint": map[string]any{"address": address(e.Addresses[0], int(*slice.Ports[0].Port))}})
			}
		}
	}
	delete(o, "edsClusterConfig")
	o["type"] = "STATIC"
	o["loadAssignment"] = map[string]any{"clusterName": o["name"], "endpoints": []any{map[string]any{"lbEndpoints": list}}}
	return o, nil
}

func address(host string, port int) map[string]any {
	return map[string]any{"socketAddress": map[string]any{"address": host, "portValue": port}}
}

// noCluster is one without endpoints.
func noCluster(name string) map[string]any {
	return map[string]any{
		"name": name, "type": "STATIC", "loadAssignment": map[string]any{"clusterName": name},
		"typedExtensionProtocolOptions": map[string]any{"envoy.extensions.upstreams.http.v3.HttpProtocolOptions": map[string]any{
			"@type":              "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
			"explicitHttpConfig": map[string]any{"http2ProtocolOptions": map[string]any{}},
		}},
	}
}

// readyPort is where an Envoy answers that runs.
const readyPort = 10079

// doors are the addresses of the listeners. Plain HTTP and TLS come in at the same one, as from all ports of a load balancer of Cilium's.
func (b *bootstrap) doors() doors {
	var at doors
	for i, address := range b.at {
		if i == 0 {
			at.plain, at.secure = address, address
		} else {
			at.more = append(at.more, doors{plain: address, secure: address})
		}
	}
	return at
}

// write writes it, with a listener that answers everything.
func (b *bootstrap) write(file string) error {
	ready := map[string]any{"name": "ready", "address": address("127.0.0.1", readyPort), "filterChains": []any{map[string]any{"filters": []any{map[string]any{
		"name": "envoy.filters.network.http_connection_manager",
		"typedConfig": map[string]any{
			"@type":       "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
			"statPrefix":  "ready",
			"routeConfig": map[string]any{"virtualHosts": []any{map[string]any{"name": "all", "domains": []any{"*"}, "routes": []any{map[string]any{"match": map[string]any{"prefix": "/"}, "directResponse": map[string]any{"status": 200}}}}}},
			"httpFilters": []any{map[string]any{"name": "envoy.filters.http.router", "typedConfig": map[string]any{"@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"}}},
		},
	}}}}}
	text, err := json.MarshalIndent(map[string]any{
		"admin": map[string]any{"address": map[string]any{"pipe": map[string]any{"path": "admin.sock"}}},
		"static_resources": map[string]any{
			"listeners": append(slices.Clone(b.listeners), ready), "clusters": slices.Collect(maps.Values(b.clusters)), "secrets": slices.Collect(maps.Values(b.secrets)),
		},
	}, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, text, 0o600)
}
