{{/* The flags of `serve` that the chart sets. */}}
{{- define "dittoguard.args" -}}
{{- $name := include "dittoguard.fullname" . -}}
- serve
- --config=/etc/dittoguard/configuration.yaml
{{- if .Values.rules }}
- --rules=/etc/dittoguard-rules
{{- end }}
{{- if .Values.existingRulesConfigMap }}
- --rules=/etc/dittoguard-existing-rules
{{- end }}
- --port={{ .Values.webhook.port }}
- --health-addr=:{{ .Values.healthPort }}
{{- if .Values.peerPort }}
- --peer-port={{ .Values.peerPort }}
- --pod=$(POD_NAME)
{{- end }}
- --metrics-addr={{ if .Values.metrics.enabled }}:{{ .Values.metrics.port }}{{ else }}0{{ end }}
- --namespace=$(POD_NAMESPACE)
- --service-name={{ $name }}
{{- if eq .Values.certificates.mode "self" }}
- --cert-mode=self
- --ca-secret={{ $name }}-ca
{{- else }}
- --cert-mode=dir
- --cert-dir=/tls
{{- end }}
{{- with .Values.webhook.clientCA }}
{{- if .configMap }}
- --client-ca=/client-ca/ca.crt
{{- with .names }}
- --client-names={{ join "," . }}
{{- end }}
{{- else if .names }}
{{- fail "webhook.clientCA.names: needs webhook.clientCA.configMap, whose ca.crt signs certificates of these names" }}
{{- end }}
{{- end }}
- --webhook-config={{ $name }}
- --mutating-webhook-config={{ if not (include "dittoguard.dryRun" .) }}{{ $name }}{{ end }}
- --protected-namespaces={{ include "dittoguard.protectedNamespaces" . | fromJsonArray | join "," }}
- --fail-open-namespaces={{ include "dittoguard.failOpen" . | fromJsonArray | join "," }}
- --break-glass={{ if .Values.breakGlass.enabled }}{{ $name }}-break-glass{{ end }}
{{- if .Values.breakGlass.enabled }}
- --break-glass-longest={{ .Values.breakGlass.longest }}
{{- end }}
- --audit={{ .Values.audit.enabled }}
{{- if .Values.audit.enabled }}
- --audit-interval={{ .Values.audit.interval }}
- --audit-reports={{ .Values.audit.reports }}
- --audit-lease={{ $name }}-audit
{{- end }}
- --log-level={{ .Values.logLevel }}
{{- end }}

{{/*
How replicas are replaced: each stops only when its successor is ready. In the host's network two cannot stand on one node, so a
successor would have to wait for its predecessor's ports where there are no more nodes than replicas.
*/}}
{{- define "dittoguard.strategy" -}}
{{- if .Values.strategy -}}
{{- toYaml .Values.strategy -}}
{{- else -}}
type: RollingUpdate
rollingUpdate:
  maxUnavailable: {{ ternary 1 0 (.Values.hostNetwork | default false) }}
  maxSurge: {{ ternary 0 1 (.Values.hostNetwork | default false) }}
{{- end -}}
{{- end }}

{{/* How replicas are spread. Constraints that are values count these Pods unless they say which. */}}
{{- define "dittoguard.spread" -}}
{{- $selector := dict "matchLabels" (include "dittoguard.selectorLabels" . | fromYaml) -}}
{{- $constraints := list -}}
{{- range .Values.topologySpreadConstraints -}}
{{- $constraints = append $constraints (merge (dict) . (dict "labelSelector" $selector)) -}}
{{- else -}}
{{- range list "kubernetes.io/hostname" "topology.kubernetes.io/zone" -}}
{{- $constraints = append $constraints (dict "topologyKey" . "maxSkew" 1 "whenUnsatisfiable" "ScheduleAnyway" "matchLabelKeys" (list "pod-template-hash") "labelSelector" $selector) -}}
{{- end -}}
{{- end -}}
{{- toYaml $constraints -}}
{{- end }}

{{/* The restricted Pod Security Standard, for a Pod and for its container. */}}
{{- define "dittoguard.podSecurity" -}}
runAsNonRoot: true
{{- with .Values.runAsUser }}
runAsUser: {{ int64 . }}
runAsGroup: {{ int64 . }}
{{- end }}
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "dittoguard.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{/* The labels of what `helm test` creates: not those by which the Service finds replicas. */}}
{{- define "dittoguard.test.labels" -}}
app.kubernetes.io/name: {{ include "dittoguard.name" . }}-test
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{/* What the webhook answers to a published password: a configuration of one's own may let it pass. */}}
{{- define "dittoguard.test.expects" -}}
{{- if .Values.webhook.clientCA.configMap -}}
turned-away
{{- else if or (include "dittoguard.dryRun" .) .Values.configuration.rules .Values.configuration.exceptions -}}
answer
{{- else -}}
refusal
{{- end -}}
{{- end }}
