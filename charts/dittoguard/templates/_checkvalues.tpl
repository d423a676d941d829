{{/* Values of one way to get a certificate are refused with another, which would ignore them. */}}
{{- define "dittoguard.checks.certificates" -}}
{{- $c := .Values.certificates -}}
{{- if and $c.issuerRef (ne $c.mode "cert-manager") -}}
{{- fail (printf "certificates.issuerRef: needs certificates.mode cert-manager, not %s" $c.mode) -}}
{{- end -}}
{{- if and (or $c.secretName $c.caBundle) (ne $c.mode "secret") -}}
{{- fail (printf "certificates.%s: needs certificates.mode secret, not %s" (ternary "secretName" "caBundle" (not (empty $c.secretName))) $c.mode) -}}
{{- end -}}
{{- if eq $c.mode "secret" -}}
{{- if not $c.secretName -}}
{{- fail "certificates.secretName: certificates.mode secret needs the name of the Secret with the certificate" -}}
{{- end -}}
{{- if not (or $c.caBundle .Values.webhook.annotations) -}}
{{- fail "certificates.caBundle: certificates.mode secret needs the CA that signed the certificate, or webhook.annotations by which something else writes it into the webhook configurations; without it no API server could ask" -}}
{{- end -}}
{{- end -}}
{{- end }}

{{/* What the chart sets by itself, from values that other objects depend on too, cannot be set a second time beside it. */}}
{{- define "dittoguard.checks.extra" -}}
{{- $flags := dict "--config" "configuration" "--rules" "rules or existingRulesConfigMap" -}}
{{- range include "dittoguard.args" . | fromYamlArray -}}
{{- $flag := first (splitList "=" .) -}}
{{- $_ := set $flags $flag (get $flags $flag | default "the value for it") -}}
{{- end -}}
{{- range .Values.extraArgs -}}
{{- $flag := first (splitList "=" .) -}}
{{- if hasKey $flags $flag -}}
{{- fail (printf "extraArgs: the chart sets %s by itself; use %s" $flag (get $flags $flag)) -}}
{{- end -}}
{{- end -}}
{{- range .Values.extraEnv -}}
{{- if or (eq .name "POD_NAMESPACE") (and (eq .name "GOMEMLIMIT") $.Values.goMemoryLimit) -}}
{{- fail (printf "extraEnv: the chart sets %s by itself" .name) -}}
{{- end -}}
{{- end -}}
{{- $own := list "configuration" "rules" "existing-rules" "client-ca" "tls" -}}
{{- range .Values.extraVolumes -}}
{{- if has .name $own -}}
{{- fail (printf "extraVolumes: the chart has a volume %q itself; use another name" .name) -}}
{{- end -}}
{{- end -}}
{{- end }}

{{/* "true" if helm asks a cluster. Without one, lookup finds nothing: not even what is in every cluster. */}}
{{- define "dittoguard.asksCluster" -}}
{{- if lookup "v1" "Namespace" "" "kube-system" }}true{{ end -}}
{{- end }}

{{/* A RoleBinding in a namespace that is not there would end an install half-way. */}}
{{- define "dittoguard.checks.namespaces" -}}
{{- if and .Values.protectedNamespaces (not .Values.createNamespaces) (include "dittoguard.asksCluster" .) -}}
{{- $missing := list -}}
{{- range include "dittoguard.protectedNamespaces" . | fromJsonArray -}}
{{- if not (lookup "v1" "Namespace" "" .) -}}
{{- $missing = append $missing . -}}
{{- end -}}
{{- end -}}
{{- if $missing -}}
{{- fail (printf "protectedNamespaces: not in the cluster: %s. Create what is missing, or set createNamespaces to true; nothing was changed" (join ", " $missing)) -}}
{{- end -}}
{{- end -}}
{{- end }}

{{/* Who reads metrics needs them to be there. */}}
{{- define "dittoguard.checks.metrics" -}}
{{- if not .Values.metrics.enabled -}}
{{- fail "metrics.enabled: needed for metrics.serviceMonitor, metrics.podMonitor and metrics.prometheusRule" -}}
{{- end -}}
{{- if and .Values.metrics.serviceMonitor.enabled .Values.metrics.podMonitor.enabled -}}
{{- fail "metrics.podMonitor: with metrics.serviceMonitor everything would be counted twice; enable one of them" -}}
{{- end -}}
{{- end }}
