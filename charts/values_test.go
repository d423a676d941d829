package charts_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"
)

// TestWhatValuesRender: of each object that is named, the fields that a value decides. A null stands for a field that is not there, and
// an object that is null for one that is not rendered.
func TestWhatValuesRender(t *testing.T) {
	for _, test := range []struct{ name, values, object, want string }{
		{"replicas overlap", "", "Deployment/dittoguard", `
spec: {revisionHistoryLimit: 10, strategy: {type: RollingUpdate, rollingUpdate: {maxUnavailable: 0, maxSurge: 1}},
  template: {spec: {hostNetwork: null, dnsPolicy: null, serviceAccountName: dittoguard, containers: [{
    livenessProbe: {initialDelaySeconds: 10, periodSeconds: 10, timeoutSeconds: 2, failureThreshold: 3},
    readinessProbe: {periodSeconds: 5, timeoutSeconds: 2, failureThreshold: 3}}]}}}`},
		{"on a node there is room for one", "hostNetwork: true", "Deployment/dittoguard", `
spec: {strategy: {rollingUpdate: {maxUnavailable: 1, maxSurge: 0}},
  template: {spec: {hostNetwork: true, dnsPolicy: ClusterFirstWithHostNet}}}`},
		{"unless it is said", "{hostNetwork: true, dnsPolicy: Default, strategy: {type: Recreate}}", "Deployment/dittoguard", `
spec: {strategy: {type: Recreate, rollingUpdate: null}, template: {spec: {dnsPolicy: Default}}}`},
		{"a spread counts these Pods", "topologySpreadConstraints: [{maxSkew: 2, topologyKey: rack, whenUnsatisfiable: DoNotSchedule}]", "Deployment/dittoguard", `
spec: {template: {spec: {topologySpreadConstraints: [
  {maxSkew: 2, topologyKey: rack, labelSelector: {matchLabels: {app.kubernetes.io/instance: dittoguard}}}]}}}`},
		{"or those that it names", "topologySpreadConstraints: [{maxSkew: 2, topologyKey: rack, whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {a: b}}}]",
			"Deployment/dittoguard", `
spec: {template: {spec: {topologySpreadConstraints: [{labelSelector: {matchLabels: {a: b}}}]}}}`},
		{"one probe", "probes: {liveness: {periodSeconds: 60}, readiness: {failureThreshold: 1}}", "Deployment/dittoguard", `
spec: {template: {spec: {containers: [{
    livenessProbe: {initialDelaySeconds: 10, periodSeconds: 60, httpGet: {path: /healthz}},
    readinessProbe: {periodSeconds: 5, failureThreshold: 1, httpGet: {path: /readyz}}}]}}}`},
		{"no old ReplicaSets", "revisionHistoryLimit: 0", "Deployment/dittoguard", `spec: {revisionHistoryLimit: 0}`},
		{"more of everything", variants["everything"], "Deployment/guard", `
metadata: {labels: {cost: iot, app.kubernetes.io/managed-by: Helm}, annotations: {contact: iot}}
spec: {selector: {matchLabels: {cost: null}}, revisionHistoryLimit: 0,
  template: {
    metadata: {labels: {cost: iot, team: iot, app.kubernetes.io/instance: dittoguard}, annotations: {contact: iot, team: iot}},
    spec: {serviceAccountName: guard-reader, volumes: [{name: ours, configMap: {name: ours}}], containers: [{
      args: ["--bind-address=0.0.0.0"], env: [{name: SSL_CERT_DIR, value: /ours}], volumeMounts: [{name: ours, mountPath: /ours}]}]}}}`},
		{"annotations of one's own come first", "{commonAnnotations: {team: all, contact: iot}, service: {annotations: {team: iot}}}", "Service/dittoguard",
			`metadata: {annotations: {team: iot, contact: iot}}`},
		{"objects of one's own, as YAML", variants["everything"], "ConfigMap/ours", `metadata: {namespace: guard}`},
		{"objects of one's own, as text", variants["everything"], "ConfigMap/guard-too", `metadata: {namespace: guard}`},
		{"a namespace outlives the release", "{protectedNamespaces: [ditto], createNamespaces: true, commonLabels: {cost: iot}}", "Namespace/ditto",
			`metadata: {labels: {cost: iot}, annotations: {helm.sh/resource-policy: keep}}`},
		{"a namespace is not created unasked", "protectedNamespaces: [ditto]", "Namespace/ditto", `null`},
		{"who may break the glass", "", "Role/dittoguard-break-glass", `
metadata: {namespace: guard}
rules: [{resources: [configmaps], verbs: [create], resourceNames: null}, {resources: [configmaps], verbs: [get, delete], resourceNames: [dittoguard-break-glass]}]`},
		{"for a time", "breakGlass: {longest: 90m}", "Deployment/dittoguard", `
spec: {template: {spec: {containers: [{args: ["--break-glass=dittoguard-break-glass", "--break-glass-longest=90m"]}]}}}`},
		{"nobody may", "breakGlass: {role: false}", "Role/dittoguard-break-glass", `null`},
		{"nor is there any", "breakGlass: {enabled: false}", "Role/dittoguard-break-glass", `null`},
		{"whoever creates the ConfigMap", "breakGlass: {enabled: false}", "Deployment/dittoguard", `
spec: {template: {spec: {containers: [{args: ["--break-glass="]}]}}}`},
		{"an account of the chart", "serviceAccount: {name: reader, annotations: {a: b}}", "ServiceAccount/reader", `metadata: {annotations: {a: b}}`},
		{"to which roles are bound", "serviceAccount: {name: reader}", "ClusterRoleBinding/dittoguard", `subjects: [{name: reader, namespace: guard}]`},
		{"and in Ditto's namespace", "{protectedNamespaces: [ditto], serviceAccount: {name: reader}}", "RoleBinding/dittoguard-secrets", `subjects: [{name: reader, namespace: guard}]`},
		{"an account that exists", "serviceAccount: {create: false, name: ours}", "ServiceAccount/ours", `null`},
		{"and is used", "serviceAccount: {create: false, name: ours}", "Deployment/dittoguard", `spec: {template: {spec: {serviceAccountName: ours}}}`},
		{"no roles", "rbac: {create: false}", "ClusterRole/dittoguard", `null`},
		{"nor any for people", "rbac: {create: false}", "ClusterRole/dittoguard-audit", `null`},
		{"findings keep their namespace", variants["monitored"], "ServiceMonitor/dittoguard", `
spec: {selector: {matchLabels: {app.kubernetes.io/instance: dittoguard}}, endpoints: [{port: metrics, honorLabels: true, interval: 30s}]}`},
		{"of Pods as well", variants["pods"], "PodMonitor/dittoguard", `spec: {podMetricsEndpoints: [{port: metrics, honorLabels: true, interval: null}]}`},
		{"Prometheus finds the rules", variants["monitored"], "PrometheusRule/dittoguard", `metadata: {labels: {release: ours}}`},
		{"nothing of the operator unasked", "", "PrometheusRule/dittoguard", `null`},
		{"an issuer that exists signs", variants["own issuer"], "Certificate/dittoguard-tls", `
spec: {secretName: dittoguard-tls, issuerRef: {name: platform, kind: ClusterIssuer, group: cert-manager.io}}`},
		{"and another kind's", "certificates: {mode: cert-manager, issuerRef: {name: ours, group: example.com}}", "Certificate/dittoguard-tls", `
spec: {issuerRef: {name: ours, kind: Issuer, group: example.com}}`},
		{"then there is no CA of the release", variants["own issuer"], "Certificate/dittoguard-ca", `null`},
		{"nor an issuer", variants["own issuer"], "Issuer/dittoguard-ca", `null`},
		{"its CA is injected", variants["own issuer"], "ValidatingWebhookConfiguration/dittoguard", `
metadata: {annotations: {cert-manager.io/inject-ca-from: guard/dittoguard-tls}}`},
		{"a certificate that exists is mounted", variants["secret"], "Deployment/dittoguard", `
spec: {template: {spec: {volumes: [{name: tls, secret: {secretName: ours}}], containers: [{args: ["--cert-mode=dir", "--cert-dir=/tls"]}]}}}`},
		{"its CA is known", variants["secret"], "ValidatingWebhookConfiguration/dittoguard", `
webhooks: [{name: protected.validate.dittoguard.io, clientConfig: {caBundle: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t}}]`},
		{"to both", variants["secret"], "MutatingWebhookConfiguration/dittoguard", `
webhooks: [{name: other.mutate.dittoguard.io, clientConfig: {caBundle: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t}}]`},
		{"or something else writes it", "{certificates: {mode: secret, secretName: ours}, webhook: {annotations: {inject: \"yes\"}}}", "MutatingWebhookConfiguration/dittoguard", `
{metadata: {annotations: {inject: "yes"}}, webhooks: [{clientConfig: {caBundle: null}}]}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			var want, got any
			if err := yaml.Unmarshal([]byte(test.want), &want); err != nil {
				t.Fatal(err)
			}
			objects := render(t, test.values)
			if at := slices.IndexFunc(objects, func(o client.Object) bool { return named(o) == test.object }); at >= 0 {
				text, err := yaml.Marshal(objects[at])
				if err != nil {
					t.Fatal(err)
				}
				if err := yaml.Unmarshal(text, &got); err != nil {
					t.Fatal(err)
				}
			}
			for _, line := range lacks(test.object, want, got) {
				t.Error(line)
			}
		})
	}
}

func named(o client.Object) string {
	return o.GetObjectKind().GroupVersionKind().Kind + "/" + o.GetName()
}

// lacks says where a value is not as it is wanted. What is not mentioned does not matter; an element of a list may be anywhere.
func lacks(at string, want, got any) []string {
	switch want := want.(type) {
	case map[string]any:
		object, is := got.(map[string]any)
		if !is {
			return []string{fmt.Sprintf("%s: is %v", at, got)}
		}
		var lines []string
		for key, value := range want {
			lines = append(lines, lacks(at+"."+key, value, object[key])...)
		}
		return lines
	case []any:
		list, _ := got.([]any)
		var lines []string
		for _, wanted := range want {
			if !slices.ContainsFunc(list, func(element any) bool { return len(lacks(at, wanted, element)) == 0 }) {
				lines = append(lines, fmt.Sprintf("%s: no %v in %v", at, wanted, list))
			}
		}
		return lines
	}
	if fmt.Sprint(want) != fmt.Sprint(got) {
		return []string{fmt.Sprintf("%s: is %v, want %v", at, got, want)}
	}
	return nil
}

func TestImage(t *testing.T) {
	digest := "sha256:" + strings.Repeat("a", 64)
	for values, want := range map[string]string{
		`{}`:                                   "ghcr.io/dittoguard/dittoguard:0.1.0",
		`{tag: "1"}`:                           "ghcr.io/dittoguard/dittoguard:1",
		`{digest: "` + digest + `", tag: "1"}`: "ghcr.io/dittoguard/dittoguard@" + digest,
		`{registry: mirror.example.com:5000}`:  "mirror.example.com:5000/dittoguard/dittoguard:0.1.0",
		`{registry: mirror.example.com/proxy}`: "mirror.example.com/proxy/dittoguard/dittoguard:0.1.0",
		`{registry: mirror.example.com, repository: "localhost:5000/guard"}`: "mirror.example.com/guard:0.1.0",
		`{registry: mirror.example.com, repository: team/guard}`:             "mirror.example.com/team/guard:0.1.0",
	} {
		objects := render(t, "image: "+values)
		at := slices.IndexFunc(objects, func(o client.Object) bool { return named(o) == "Deployment/dittoguard" })
		text, err := yaml.Marshal(objects[at])
		if err != nil || !strings.Contains(string(text), "image: "+want+"\n") {
			t.Errorf("%s: no %s (%v)", values, want, err)
		}
	}
}
