{{/* Everything that dittoguard judges and that lies in a namespace. No status and no scale: they decide nothing. */}}
{{- define "dittoguard.judged" -}}
- apiGroups: [""]
  apiVersions: [v1]
  operations: {{ .operations }}
  resources: [configmaps, pods, pods/ephemeralcontainers, replicationcontrollers, secrets, services]
  scope: Namespaced
- apiGroups: [apps]
  apiVersions: [v1]
  operations: {{ .operations }}
  resources: [daemonsets, deployments, replicasets, statefulsets]
  scope: Namespaced
- apiGroups: [batch]
  apiVersions: [v1]
  operations: {{ .operations }}
  resources: [cronjobs, jobs]
  scope: Namespaced
- apiGroups: [discovery.k8s.io]
  apiVersions: [v1]
  operations: {{ .operations }}
  resources: [endpointslices]
  scope: Namespaced
- apiGroups: [networking.k8s.io]
  apiVersions: [v1]
  operations: {{ .operations }}
  resources: [ingresses, networkpolicies]
  scope: Namespaced
{{ include "dittoguard.customRules" (dict "scope" "namespaced" "operations" .operations) }}
{{- end }}

{{/* What the mutating rules may change: pods and what makes them, and the edges. A pod's env is fixed once it exists. */}}
{{- define "dittoguard.mutated" -}}
- apiGroups: [""]
  apiVersions: [v1]
  operations: [CREATE]
  resources: [pods]
  scope: Namespaced
- apiGroups: [apps]
  apiVersions: [v1]
  operations: [CREATE, UPDATE]
  resources: [daemonsets, deployments, replicasets, statefulsets]
  scope: Namespaced
- apiGroups: [networking.k8s.io]
  apiVersions: [v1]
  operations: [CREATE, UPDATE]
  resources: [ingresses]
  scope: Namespaced
- apiGroups: [gateway.networking.k8s.io]
  apiVersions: ["*"]
  operations: [CREATE, UPDATE]
  resources: [grpcroutes, httproutes]
  scope: Namespaced
{{- end }}

{{/* Who writes the CA into a webhook configuration, if dittoguard does not. */}}
{{- define "dittoguard.webhookAnnotations" -}}
{{- $annotations := dict -}}
{{- if eq .Values.certificates.mode "cert-manager" -}}
{{- $_ := set $annotations "cert-manager.io/inject-ca-from" (printf "%s/%s-tls" .Release.Namespace (include "dittoguard.fullname" .)) -}}
{{- end -}}
{{- merge $annotations (.Values.webhook.annotations | default dict) | toYaml -}}
{{- end }}

{{/*
What every entry has in common. There is no caBundle unless it is a value: dittoguard or cert-manager writes it, and helm and
Argo CD leave alone what the chart does not render.
*/}}
{{- define "dittoguard.entry" -}}
admissionReviewVersions: [v1]
clientConfig:
  {{- if and (eq .Values.certificates.mode "secret") .Values.certificates.caBundle }}
  caBundle: {{ .Values.certificates.caBundle | b64enc }}
  {{- end }}
  service:
    name: {{ include "dittoguard.fullname" . }}
    namespace: {{ .Release.Namespace }}
    path: {{ .path }}
    port: 443
matchPolicy: Equivalent
sideEffects: None
timeoutSeconds: {{ .Values.webhook.timeoutSeconds }}
{{- end }}

{{/* kube-system and dittoguard's own namespace are left alone, so that a cluster can always be repaired. */}}
{{- define "dittoguard.outside" -}}
matchExpressions:
- key: kubernetes.io/metadata.name
  operator: NotIn
  values:
  {{- range concat (list "kube-system" .Release.Namespace) (include "dittoguard.protectedNamespaces" . | fromJsonArray) | uniq }}
  - {{ . | quote }}
  {{- end }}
{{- end }}

{{/* Selects namespaces by name, which nobody can take off as a label. */}}
{{- define "dittoguard.only" -}}
matchExpressions:
- key: kubernetes.io/metadata.name
  operator: In
  values:
  {{- range . }}
  - {{ . | quote }}
  {{- end }}
{{- end }}
