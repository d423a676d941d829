// Package charts_test renders the chart with real helm binaries and looks at the objects that come out.
package charts_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	cmapi "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	"github.com/google/go-cmp/cmp"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/dittoguard/dittoguard/internal/config"
	"github.com/dittoguard/dittoguard/rules"
	"github.com/dittoguard/dittoguard/test/missing"
	"github.com/dittoguard/dittoguard/test/sample"
)

// variants are values that render every part of the chart at least once.
var variants = map[string]string{
	"defaults":      ``,
	"protected":     `protectedNamespaces: [ditto, iot]`,
	"failing open":  "{protectedNamespaces: [{name: iot, failurePolicy: Ignore}, {name: ditto, failurePolicy: Fail}], replicas: 1}",
	"dry run":       "protectedNamespaces: [ditto]\nconfiguration: {modes: {enforce: off}}",
	"rules":         `{rules: {a.yaml: "text", b.json: "{}"}, existingRulesConfigMap: ours}`,
	"cert-manager":  "protectedNamespaces: [ditto]\ncertificates: {mode: cert-manager}",
	"monitored":     "metrics: {serviceMonitor: {enabled: true, interval: 30s}, dashboard: {enabled: true, annotations: {grafana_folder: Security}}, prometheusRule: {enabled: true, labels: {release: ours}}}",
	"pods":          "{audit: {enabled: false}, metrics: {podMonitor: {enabled: true}, prometheusRule: {enabled: true}}}",
	"own issuer":    "protectedNamespaces: [ditto]\ncertificates: {mode: cert-manager, issuerRef: {name: platform, kind: ClusterIssuer}}",
	"secret":        "protectedNamespaces: [ditto]\ncertificates: {mode: secret, secretName: ours, caBundle: \"-----BEGIN CERTIFICATE-----\"}",
	"without roles": "protectedNamespaces: [ditto]\nrbac: {create: false}\nserviceAccount: {create: false, name: ours}",
	"without audit": "audit: {enabled: false}",
	"one API":       "audit: {interval: 30m, reports: openreports}",
	"everything": `
protectedNamespaces: [ditto]
replicas: 3
image: {repository: registry.example.com/guard, digest: "sha256:` + strings.Repeat("a", 64) + `"}
imagePullSecrets: [{name: registry}]
runAsUser: null
webhook: {clientCA: {configMap: apiserver-ca, names: [apiserver, apiserver.example.com]}}
networkPolicy: {enabled: true, apiServers: [{ipBlock: {cidr: 10.0.0.10/32}}, {ipBlock: {cidr: "fd00::10/128"}}]}
metrics: {enabled: false}
priorityClassName: system-cluster-critical
nodeSelector: {kubernetes.io/os: linux}
tolerations: [{key: infra, operator: Exists}]
affinity: {nodeAffinity: {}}
podAnnotations: {team: iot}
podLabels: {team: iot}
serviceAccount: {name: guard-reader, annotations: {team: iot}}
service: {annotations: {team: iot}}
commonLabels: {cost: iot}
commonAnnotations: {contact: iot}
topologySpreadConstraints: [{maxSkew: 2, topologyKey: rack, whenUnsatisfiable: DoNotSchedule}]
strategy: {rollingUpdate: {maxUnavailable: 0, maxSurge: 100%}}
revisionHistoryLimit: 0
probes: {liveness: {failureThreshold: 10}, readiness: {periodSeconds: 1}}
createNamespaces: true
extraArgs: [--bind-address=0.0.0.0]
extraEnv: [{name: SSL_CERT_DIR, value: /ours}]
extraVolumes: [{name: ours, configMap: {name: ours}}]
extraVolumeMounts: [{name: ours, mountPath: /ours}]
extraObjects:
- {apiVersion: v1, kind: ConfigMap, metadata: {name: ours, namespace: "{{ .Release.Namespace }}"}}
- |
  apiVersion: v1
  kind: ConfigMap
  metadata: {name: {{ include "dittoguard.fullname" . }}-too, namespace: guard}
goMemoryLimit: ""
fullnameOverride: guard
configuration:
  trustModel: proxy
  namespaceLabels: ignore
  edges: {internalIngressClasses: [internal]}
  rules: {edge-rate-limit: {level: baseline, params: {requestsPerSecond: 50}}}
  exceptions: [{rules: [devops-exposed], match: {namespace: ditto}, reason: test, expires: 2027-01-31}]
`,
}

func TestHelmLint(t *testing.T) {
	for _, helm := range helms(t) {
		for name, values := range variants {
			if _, err := run(t, helm, values, "lint", "--strict", "dittoguard", "--namespace", namespace, "--values", "-"); err != nil {
				t.Errorf("%s: %s: %v", helm, name, err)
			}
		}
	}
}

func TestEveryHelmRendersTheSame(t *testing.T) {
	binaries := helms(t)
	key := func(o client.Object) string { return fmt.Sprintf("%T %s/%s", o, o.GetNamespace(), o.GetName()) }
	sorted := func(objects []client.Object) []client.Object {
		slices.SortFunc(objects, func(a, b client.Object) int { return strings.Compare(key(a), key(b)) })
		return objects
	}
	for name, values := range variants {
		want := sorted(renderWith(t, binaries[0], values))
		for _, helm := range binaries[1:] {
			if diff := cmp.Diff(want, sorted(renderWith(t, helm, values))); diff != "" {
				t.Errorf("%s: %s and %s differ:\n%s", name, binaries[0], helm, diff)
			}
		}
	}
}

// TestNothingBlocksAnUninstall: hooks need images and running pods, finalizers need a controller. Those of `helm test` run only when they
// are asked for.
func TestNothingBlocksAnUninstall(t *testing.T) {
	for name, values := range variants {
		for _, object := range render(t, values) {
			if len(object.GetFinalizers()) > 0 {
				t.Errorf("%s: %T %s has finalizers", name, object, object.GetName())
			}
			if ofTest(object) {
				continue
			}
			for annotation := range object.GetAnnotations() {
				if strings.HasPrefix(annotation, "helm.sh/hook") || strings.HasPrefix(annotation, "argocd.argoproj.io/") {
					t.Errorf("%s: %T %s has the annotation %s", name, object, object.GetName(), annotation)
				}
			}
		}
	}
}

// TestPodIsRestricted holds the pod to the restricted Pod Security Standard, and a bit more.
func TestPodIsRestricted(t *testing.T) {
	for name, values := range variants {
		t.Run(name, func(t *testing.T) {
			pod := only[*appsv1.Deployment](t, render(t, values)).Spec.Template.Spec
			user := ptr.To[int64](65532)
			if name == "everything" { // runAsUser: null
				user = nil
			}
			want := &corev1.PodSecurityContext{
				RunAsNonRoot: new(true), RunAsUser: user, RunAsGroup: user,
				SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
			}
			if diff := cmp.Diff(want, pod.SecurityContext); diff != "" {
				t.Errorf("pod (-want +got):\n%s", diff)
			}
			if pod.HostNetwork || pod.HostPID || pod.HostIPC || len(pod.InitContainers) > 0 || len(pod.Containers) != 1 {
				t.Error("the pod is more than one container on its own")
			}
			container := pod.Containers[0]
			if diff := cmp.Diff(&corev1.SecurityContext{
				AllowPrivilegeEscalation: new(false), ReadOnlyRootFilesystem: new(true),
				Capabilities: &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
			}, container.SecurityContext); diff != "" {
				t.Errorf("container (-want +got):\n%s", diff)
			}
			for _, port := range container.Ports {
				if port.HostPort != 0 {
					t.Errorf("port %s is on the host", port.Name)
				}
			}
			for _, volume := range pod.Volumes {
				if volume.ConfigMap == nil && volume.Secret == nil {
					t.Errorf("volume %s is neither a ConfigMap nor a Secret", volume.Name)
				}
			}
		})
	}
}

func TestDeployment(t *testing.T) {
	objects := render(t, variants["protected"])
	deployment := only[*appsv1.Deployment](t, objects)
	pod := deployment.Spec.Template.Spec
	container := pod.Containers[0]
	if got := ptr.Deref(deployment.Spec.Replicas, 0); got != 2 {
		t.Errorf("%d replicas, want 2", got)
	}
	var spread []string
	for _, c := range pod.TopologySpreadConstraints {
		spread = append(spread, c.TopologyKey)
		if diff := cmp.Diff(deployment.Spec.Selector, c.LabelSelector); diff != "" {
			t.Errorf("the spread counts other pods:\n%s", diff)
		}
	}
	if diff := cmp.Diff([]string{"kubernetes.io/hostname", "topology.kubernetes.io/zone"}, spread); diff != "" {
		t.Errorf("spread (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{
		"serve", "--config=/etc/dittoguard/configuration.yaml", "--port=9443", "--health-addr=:8081", "--peer-port=9444", "--pod=$(POD_NAME)", "--metrics-addr=:8080",
		"--namespace=$(POD_NAMESPACE)", "--service-name=dittoguard", "--cert-mode=self", "--ca-secret=dittoguard-ca",
		"--webhook-config=dittoguard", "--mutating-webhook-config=dittoguard", "--protected-namespaces=ditto,iot", "--fail-open-namespaces=",
		"--break-glass=dittoguard-break-glass", "--break-glass-longest=4h",
		"--audit=true", "--audit-interval=1h", "--audit-reports=auto", "--audit-lease=dittoguard-audit", "--log-level=info",
	}, container.Args); diff != "" {
		t.Errorf("args (-want +got):\n%s", diff)
	}
	if got := container.ReadinessProbe.HTTPGet; got.Path != "/readyz" || got.Port.String() != "health" {
		t.Errorf("readiness asks %s at %s", got.Path, got.Port.String())
	}
	if got := container.LivenessProbe.HTTPGet; got.Path != "/healthz" || got.Port.String() != "health" {
		t.Errorf("liveness asks %s at %s", got.Path, got.Port.String())
	}

	service := only[*corev1.Service](t, objects)
	if diff := cmp.Diff(deployment.Spec.Selector.MatchLabels, service.Spec.Selector); diff != "" {
		t.Errorf("the Service selects other pods:\n%s", diff)
	}
	if port := service.Spec.Ports[0]; port.Port != 443 || port.TargetPort.String() != container.Ports[0].Name ||
		container.Ports[0].ContainerPort != 9443 {
		t.Errorf("the Service sends %d to %s", port.Port, port.TargetPort.String())
	}
	budget := only[*policyv1.PodDisruptionBudget](t, objects)
	if budget.Spec.MaxUnavailable.IntValue() != 1 || budget.Spec.MinAvailable != nil {
		t.Error("the budget blocks drains, or does not keep a pod")
	}
	if diff := cmp.Diff(deployment.Spec.Selector, budget.Spec.Selector); diff != "" {
		t.Errorf("the budget counts other pods:\n%s", diff)
	}
}

func TestDryRunTellsTheServerThatThereIsNoMutatingConfiguration(t *testing.T) {
	container := only[*appsv1.Deployment](t, render(t, variants["dry run"])).Spec.Template.Spec.Containers[0]
	if !slices.Contains(container.Args, "--mutating-webhook-config=") {
		t.Errorf("args %q", container.Args)
	}
}

func TestCertManager(t *testing.T) {
	objects := render(t, variants["cert-manager"])
	certificates := map[string]*cmapi.Certificate{}
	for _, c := range all[*cmapi.Certificate](objects) {
		certificates[c.Name] = c
	}
	issuers := map[string]*cmapi.Issuer{}
	for _, i := range all[*cmapi.Issuer](objects) {
		issuers[i.Name] = i
	}
	leaf, ca := certificates["dittoguard-tls"], certificates["dittoguard-ca"]
	if leaf == nil || ca == nil {
		t.Fatalf("certificates %v", certificates)
	}
	if diff := cmp.Diff([]string{"dittoguard.guard.svc"}, leaf.Spec.DNSNames); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
	issuer := issuers[leaf.Spec.IssuerRef.Name]
	if issuer == nil || issuer.Spec.CA == nil || issuer.Spec.CA.SecretName != ca.Spec.SecretName || !ca.Spec.IsCA {
		t.Error("the leaf is not signed by the CA")
	}
	if root := issuers[ca.Spec.IssuerRef.Name]; root == nil || root.Spec.SelfSigned == nil {
		t.Error("the CA is not self-signed")
	}
	pod := only[*appsv1.Deployment](t, objects).Spec.Template.Spec
	mounted := slices.ContainsFunc(pod.Volumes, func(v corev1.Volume) bool {
		return v.Secret != nil && v.Secret.SecretName == leaf.Spec.SecretName
	})
	if !mounted || !slices.Contains(pod.Containers[0].Args, "--cert-mode=dir") || !slices.Contains(pod.Containers[0].Args, "--cert-dir=/tls") {
		t.Error("the leaf does not reach the server")
	}
	for _, object := range []client.Object{
		only[*admissionregistrationv1.ValidatingWebhookConfiguration](t, objects),
		only[*admissionregistrationv1.MutatingWebhookConfiguration](t, objects),
	} {
		if got := object.GetAnnotations()["cert-manager.io/inject-ca-from"]; got != "guard/dittoguard-tls" {
			t.Errorf("%T: the CA comes from %q", object, got)
		}
	}
}

// The Secret of the CA is there in every mode, empty, so that no change of the mode takes it away from under a replica that
// still runs; only mode self has rights on it (TestRights).
func TestSelfManagedSecretIsCreatedEmpty(t *testing.T) {
	for _, variant := range []string{"", variants["cert-manager"]} {
		secret := only[*corev1.Secret](t, render(t, variant))
		if secret.Name != "dittoguard-ca" || secret.Data != nil || secret.StringData != nil {
			t.Errorf("Secret %s with %d keys", secret.Name, len(secret.Data)+len(secret.StringData))
		}
	}
}

func TestConfigurationIsTheFile(t *testing.T) {
	for _, test := range []struct{ name, values, want string }{
		{
			"the default enforces the baseline", "",
			"{apiVersion: dittoguard.io/v1alpha1, kind: Configuration, modes: {enforce: baseline, warn: restricted, audit: restricted}}",
		},
		{
			"a bare off is off, not false", "configuration: {modes: {enforce: off, warn: Off, audit: 'off'}}",
			`{apiVersion: dittoguard.io/v1alpha1, kind: Configuration, modes: {enforce: "off", warn: "off", audit: "off"}}`,
		},
		{
			"the rest is as it is written",
			"configuration: {exceptions: [{rules: [devops-exposed], match: {namespace: ditto-dev}, reason: ticket, expires: 2027-01-31}], rules: {edge-rate-limit: {params: {requestsPerSecond: 50}}}}",
			`{apiVersion: dittoguard.io/v1alpha1, kind: Configuration, modes: {enforce: baseline, warn: restricted, audit: restricted}, rules: {edge-rate-limit: {params: {requestsPerSecond: 50}}}, exceptions: [{rules: [devops-exposed], match: {namespace: ditto-dev}, reason: ticket, expires: "2027-01-31"}]}`,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			var want, got any
			if err := yaml.Unmarshal([]byte(test.want), &want); err != nil {
				t.Fatal(err)
			}
			file := only[*corev1.ConfigMap](t, render(t, test.values)).Data["configuration.yaml"]
			if err := yaml.UnmarshalStrict([]byte(file), &got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("configuration (-want +got):\n%s", diff)
			}
		})
	}
}

// TestConfigurationIsTaken gives what the chart renders to the parser that the server uses.
func TestConfigurationIsTaken(t *testing.T) {
	builtin, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range variants {
		file := all[*corev1.ConfigMap](render(t, values))[0].Data["configuration.yaml"]
		if _, err := config.Parse("configuration.yaml", []byte(file), builtin); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestValuesThatAreRefused(t *testing.T) {
	for name, values := range map[string]string{
		"an unknown value":                       `protectedNamespace: [ditto]`,
		"an unknown value further in":            `image: {repo: x}`,
		"a typo in the modes":                    `configuration: {modes: {enforc: off}}`,
		"a mode that is no level":                `configuration: {modes: {enforce: strict}}`,
		"a mode that is on":                      `configuration: {modes: {enforce: on}}`,
		"an unknown key of the configuration":    `configuration: {trustmodel: proxy}`,
		"an exception that does not expire":      `configuration: {exceptions: [{rules: [devops-exposed], match: {name: a}, reason: because}]}`,
		"a namespace that is none":               `protectedNamespaces: ["Ditto!"]`,
		"a namespace twice":                      `protectedNamespaces: [ditto, ditto]`,
		"kube-system protected":                  `protectedNamespaces: [kube-system]`,
		"its own namespace protected":            `protectedNamespaces: [guard]`,
		"a namespace twice, in two ways":         `protectedNamespaces: [ditto, {name: ditto, failurePolicy: Ignore}]`,
		"kube-system protected, in a map":        `protectedNamespaces: [{name: kube-system}]`,
		"its own namespace protected, in a map":  `protectedNamespaces: [{name: guard, failurePolicy: Ignore}]`,
		"a failure policy of nothing":            `protectedNamespaces: [{failurePolicy: Ignore}]`,
		"a failure policy that is none":          `protectedNamespaces: [{name: ditto, failurePolicy: Open}]`,
		"a failure policy with a typo":           `protectedNamespaces: [{name: ditto, failurepolicy: Ignore}]`,
		"a namespace instead of a list":          `protectedNamespaces: ditto`,
		"glass that stays broken":                `breakGlass: {longest: 25h}`,
		"glass that stays broken for minutes":    `breakGlass: {longest: 1441m}`,
		"glass that cannot be broken":            `breakGlass: {longest: 0h}`,
		"a timeout beyond what is bearable":      `webhook: {timeoutSeconds: 30}`,
		"a privileged port":                      `webhook: {port: 443}`,
		"no replica":                             `replicas: 0`,
		"root":                                   `runAsUser: 0`,
		"a certificate mode that is none":        `certificates: {mode: manual}`,
		"a digest that is none":                  `image: {digest: "sha256:1234"}`,
		"a log level that is none":               `logLevel: trace`,
		"a memory limit in Kubernetes' spelling": `goMemoryLimit: 410Mi`,
		"what is no answer to onUnknown":         `configuration: {rules: {devops-exposed: {onUnknown: denyy}}}`,
		"a rule that is none":                    `configuration: {rules: {nosuchrule: {mutate: false}}}`,
		"an exception from a rule that is none":  `configuration: {exceptions: [{rules: [x], match: {name: a}, reason: because, expires: "2027-01-31"}]}`,
		"a parameter that the rule has not":      `configuration: {rules: {edge-rate-limit: {params: {requestsPerSecnd: 5}}}}`,
		"a parameter out of bounds":              `configuration: {rules: {edge-rate-limit: {params: {requestsPerSecond: 0}}}}`,
		"a parameter of another type":            `configuration: {rules: {ditto-policy-rights: {params: {writers: "5"}}}}`,
		"a parameter of a rule without any":      `configuration: {rules: {devops-exposed: {params: {writers: 5}}}}`,
		"and where there are rules of one's own": `{existingRulesConfigMap: ours, configuration: {rules: {devops-exposed: {params: {writers: 5}}}}}`,
		"a setting that controllers have not":    `configuration: {edges: {controllers: {traefik: {versions: v3.6.2}}}}`,
		"a version that is none":                 `configuration: {edges: {controllers: {traefik: {version: latest}}}}`,
		"clients by nothing":                     `configuration: {edges: {clients: [{namespace: apps}]}}`,
		"an exception from a kind that is none":  `configuration: {exceptions: [{rules: [devops-exposed], match: {kind: ingress}, reason: because, expires: "2027-01-31"}]}`,
		"an exception by a pattern":              `configuration: {exceptions: [{rules: [devops-exposed], match: {name: "thing*"}, reason: because, expires: "2027-01-31"}]}`,
		"a cloud that is none":                   `configuration: {edges: {clouds: [awss]}}`,
		"names of clients without a CA":          `webhook: {clientCA: {names: [apiserver]}}`,
		"a client's name that is two":            `webhook: {clientCA: {configMap: ca, names: ["a,b"]}}`,
		"a ConfigMap's name that is none":        `webhook: {clientCA: {configMap: "a/b"}}`,
		"a policy that lets nobody ask":          `networkPolicy: {enabled: true}`,
		"an address without its mask":            `networkPolicy: {enabled: true, apiServers: [{ipBlock: {cidr: 10.0.0.10}}]}`,
		"a host instead of an address":           `networkPolicy: {enabled: true, apiServers: [{ipBlock: {cidr: apiserver/32}}]}`,
		"a peer that is everybody":               `networkPolicy: {enabled: true, apiServers: [{}]}`,
		"an exception for everything":            `configuration: {exceptions: [{rules: [devops-exposed], match: {}, reason: because, expires: "2027-01-31"}]}`,
		"one port for two":                       `{webhook: {port: 9443}, healthPort: 9443}`,
		"one port for replicas and metrics":      `{metrics: {port: 9444}}`,
		"one port for metrics and health":        `{metrics: {port: 8081}}`,
		"metrics that are not there":             `metrics: {enabled: false, prometheusRule: {enabled: true}}`,
		"metrics twice":                          `metrics: {serviceMonitor: {enabled: true}, podMonitor: {enabled: true}}`,
		"an interval that is none":               `metrics: {serviceMonitor: {enabled: true, interval: often}}`,
		"an issuer that is not asked":            `certificates: {issuerRef: {name: ours}}`,
		"an issuer without a name":               `certificates: {mode: cert-manager, issuerRef: {kind: ClusterIssuer}}`,
		"a certificate that is not used":         `certificates: {secretName: ours}`,
		"a CA that is not used":                  `certificates: {mode: cert-manager, caBundle: "-----BEGIN CERTIFICATE-----"}`,
		"a certificate that is nowhere":          `certificates: {mode: secret, caBundle: "-----BEGIN CERTIFICATE-----"}`,
		"a certificate whose CA nobody knows":    `certificates: {mode: secret, secretName: ours}`,
		"a CA in base64":                         `certificates: {mode: secret, secretName: ours, caBundle: LS0tLS1CRUdJTiBDRVJU}`,
		"a private key that would be public":     `certificates: {mode: secret, secretName: ours, caBundle: "-----BEGIN CERTIFICATE-----\n-----BEGIN EC PRIVATE KEY-----"}`,
		"an account that is not named":           `serviceAccount: {create: false}`,
		"a policy that does not hold":            `{hostNetwork: true, networkPolicy: {enabled: true, apiServers: [{ipBlock: {cidr: 10.0.0.10/32}}]}}`,
		"a dnsPolicy that needs more":            `dnsPolicy: None`,
		"a label that the chart needs itself":    `commonLabels: {app.kubernetes.io/name: x}`,
		"and one of the Pods":                    `podLabels: {app.kubernetes.io/instance: x}`,
		"a flag that the chart sets":             `extraArgs: [--port=1234]`,
		"a flag that the chart may set":          `extraArgs: [--rules=/ours]`,
		"an argument that is no flag":            `extraArgs: [audit]`,
		"a variable that the chart sets":         `extraEnv: [{name: GOMEMLIMIT, value: 1GiB}]`,
		"a volume that the chart has":            `extraVolumes: [{name: configuration, emptyDir: {}}]`,
		"a mount that is nowhere":                `extraVolumeMounts: [{name: ours}]`,
		"an object that is none":                 `extraObjects: [{a: b}]`,
		"a strategy that is none":                `strategy: {type: BlueGreen}`,
		"a probe with a typo":                    `probes: {liveness: {period: 5}}`,
		"a probe that never asks":                `probes: {liveness: {periodSeconds: 0}}`,
		"a registry with a scheme":               `image: {registry: "https://mirror.example.com"}`,
		"less memory than Go is told":            `resources: {limits: {memory: 256Mi}}`,
		"less memory than Go is told, in bytes":  `{goMemoryLimit: 1GiB, resources: {limits: {memory: 1000000000}}}`,
	} {
		for i, helm := range helms(t) {
			if testing.Short() && int(sample.Number(name)%2) != i {
				continue // each with one of them; the templates and the schema are the same
			}
			if _, err := template(t, helm, values); err == nil {
				t.Errorf("%s: %s was taken", helm, name)
			}
		}
	}
}

// TestChart_KnowsTheRules: the chart says which names are wrong, unless there are rules of one's own.
func TestChart_KnowsTheRules(t *testing.T) {
	builtin, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("dittoguard/templates/_checks.tpl")
	if err != nil {
		t.Fatal(err)
	}
	var listed []string
	for line := range strings.Lines(string(text)) {
		if name, is := strings.CutPrefix(line, "- "); is {
			listed = append(listed, strings.TrimSpace(name))
		}
	}
	if diff := cmp.Diff(rules.Names(builtin), listed); diff != "" {
		t.Errorf("templates/_checks.tpl lists (-there are +listed):\n%s", diff)
	}
	for _, values := range []string{
		`{existingRulesConfigMap: ours, configuration: {rules: {ours: {mutate: false, params: {one: [two]}}}}}`,
		`configuration: {rules: {edge-rate-limit: {params: {requestsPerSecond: 5}}, ditto-policy-rights: {level: baseline, params: {writers: 5}}}}`,
		`configuration: {rules: {devops-exposed: {params: {}}}, edges: {clouds: [aws, gcp], controllers: {traefik: {version: v3.6.2}, haproxy-ingress: {version: 0.17}}}}`,
		`configuration: {edges: {clients: [{namespace: apps, name: shop}, {namespace: apps, selector: "app=web"}]}}`,
		`configuration: {exceptions: [{rules: [devops-exposed], match: {namespace: ditto, kind: Ingress, name: "system:a.b-c"}, reason: because, expires: "2027-01-31"}]}`,
		`{metrics: {enabled: false, port: 8081}, goMemoryLimit: ""}`, `resources: {limits: {memory: 0.5Gi}}`, `resources: {limits: null}`,
	} {
		if _, err := template(t, helms(t)[0], values); err != nil {
			t.Errorf("%s: %v", values, err)
		}
	}
}

// TestChart_KnowsParametersAndClouds: what the schema lets in is what the server takes.
func TestChart_KnowsParametersAndClouds(t *testing.T) {
	builtin, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("dittoguard/values.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	type param struct {
		Type             rules.ParamType
		Minimum, Maximum *int64
	}
	type schema struct {
		Definitions struct {
			Controller    struct{ Enum []string }
			Configuration struct {
				Properties struct {
					Edges struct {
						Properties struct {
							Clouds struct{ Items struct{ Enum []string } }
						}
					}
					Rules struct {
						Properties map[string]struct {
							Properties struct {
								Params struct {
									Properties           map[string]param
									AdditionalProperties bool
								}
							}
						}
					}
				}
			}
		}
	}
	var s schema
	if err := yaml.Unmarshal(text, &s); err != nil {
		t.Fatal(err)
	}
	known := s.Definitions.Configuration.Properties
	if diff := cmp.Diff(config.Clouds, known.Edges.Properties.Clouds.Items.Enum); diff != "" {
		t.Errorf("clouds (-there are +in the schema):\n%s", diff)
	}
	if diff := cmp.Diff(config.Controllers, s.Definitions.Controller.Enum); diff != "" {
		t.Errorf("controllers (-there are +in the schema):\n%s", diff)
	}
	want, got := map[string]map[string]param{}, map[string]map[string]param{}
	for _, rule := range builtin {
		for _, p := range rule.Spec.Params {
			if want[rule.Metadata.Name] == nil {
				want[rule.Metadata.Name] = map[string]param{}
			}
			want[rule.Metadata.Name][p.Name] = param{p.Type, p.Minimum, p.Maximum}
		}
	}
	for name, rule := range known.Rules.Properties {
		got[name] = rule.Properties.Params.Properties
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("parameters (-there are +in the schema):\n%s", diff)
	}
	for name := range want {
		values := fmt.Sprintf("configuration: {rules: {%s: {params: {no such thing: 1}}}}", name)
		if _, err := template(t, helms(t)[0], values); err == nil || !strings.Contains(err.Error(), "no such thing") {
			t.Errorf("%s: an unknown parameter: %v", name, err)
		}
	}
}

func TestOlderKubernetesIsRefused(t *testing.T) {
	for _, helm := range helms(t) {
		if _, err := run(t, helm, "", "template", release, "dittoguard", "--kube-version", "1.29.9"); err == nil {
			t.Errorf("%s rendered for a Kubernetes without matchConditions as they are written", helm)
		}
	}
}

func TestNotesWarn(t *testing.T) {
	helm := helm4(t)
	for _, test := range []struct {
		name, values string
		want, not    []string
	}{
		{"no protected namespaces", "", []string{"WARNING: no protected namespaces", "Enforcing baseline.", "kubectl logs", "--dry-run=server"}, []string{"one replica", "Dry run:"}},
		{"one replica", "replicas: 1\nprotectedNamespaces: [ditto]", []string{"WARNING: one replica. While it restarts, nothing can be changed in the protected namespaces.", "failing closed in: ditto."}, []string{"no protected"}},
		{"a dry run", variants["dry run"], []string{"Dry run: nothing is denied"}, []string{"Enforcing", "WARNING"}},
		{"nodes' networks", "hostNetwork: true", []string{"WARNING: hostNetwork. The nodes must have the ports 9443, 9444, 8081 and 8080 free"}, []string{"no cluster was asked"}},
		{"nobody was asked", "protectedNamespaces: [ditto]", []string{"NOTE: no cluster was asked."}, []string{"WARNING"}},
		{"rights from elsewhere", variants["without roles"], []string{"Until ServiceAccount ours has the rights"}, nil},
		{"some fail open", variants["failing open"], []string{
			"failing closed in: ditto.",
			"WARNING: failing open, as failurePolicy says, in: iot. While no replica answers, whatever is changed there gets\nin unjudged; the continuous audit reports it afterwards.",
			"WARNING: one replica. While it restarts, nothing can be changed in ditto.",
		}, []string{"no protected"}},
		{"all fail open, and nobody looks", "{protectedNamespaces: [{name: iot, failurePolicy: Ignore}], replicas: 1, audit: {enabled: false}}", []string{
			"Enforcing baseline.", "in: iot. While no replica answers, whatever is changed there gets\nin unjudged, and nothing reports it, since audit.enabled is off.",
			"WARNING: one replica. While it restarts, nothing is judged.",
		}, []string{"no protected", "failing closed"}},
		{"a long wait", "webhook: {timeoutSeconds: 10}", []string{"WARNING: webhook.timeoutSeconds is 10"}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			notes, err := run(t, helm, test.values, "install", release, "dittoguard", "--namespace", namespace, "--dry-run=client", "--values", "-")
			if err != nil {
				t.Fatal(err)
			}
			_, notes, _ = strings.Cut(notes, "NOTES:")
			for _, want := range test.want {
				if !strings.Contains(notes, want) {
					t.Errorf("no %q in:\n%s", want, notes)
				}
			}
			for _, not := range test.not {
				if strings.Contains(notes, not) {
					t.Errorf("%q in:\n%s", not, notes)
				}
			}
		})
	}
}

// helm4 finds a helm that renders notes without a cluster, which helm 3 does not.
func helm4(t *testing.T) string {
	t.Helper()
	for _, helm := range helms(t) {
		if version, err := run(t, helm, "", "version", "--template", "{{.Version}}"); err == nil && strings.HasPrefix(version, "v4") {
			return helm
		}
	}
	missing.Tool(t, "helm 4 is not there: the chart's notes are not rendered")
	return ""
}
