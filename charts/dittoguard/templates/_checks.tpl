{{/* The built-in rules; a test compares them with those that there are. */}}
{{- define "dittoguard.builtinRules" -}}
- connections-exposed
- cors-any-origin
- devops-basic-auth
- devops-default-password
- devops-default-password-literal
- devops-exposed
- devops-oauth2-open
- devops-password-optional
- devops-unsecured
- devops-unsecured-literal
- devops-unsecured-with-file
- disclosing-headers
- ditto-policy-rights
- edge-rate-limit
- edge-tls
- error-page-disclosure
- identity-header-stripping
- internal-port-exposed
- literal-secrets
- mongodb-tls
- network-isolation
- oidc-audience
- oidc-transport
- paths-as-written
- preauth-exposed
- preauth-exposed-literal
- preauth-hidden
- proxy-authentication
- proxy-identity
- sample-credentials
- sample-credentials-literal
- stream-throttling
- trust-model
- verbose-logging
- weak-password-hash
{{- end }}

{{/* Those of them that have parameters, which values.schema.json knows. */}}
{{- define "dittoguard.rulesWithParameters" -}}
[ditto-policy-rights, edge-rate-limit]
{{- end }}

{{/* Stops where values contradict each other, which a schema cannot say. It renders nothing. */}}
{{- define "dittoguard.checks" -}}
{{- $ports := dict -}}
{{- range $name, $port := dict "webhook.port" .Values.webhook.port "metrics.port" (ternary .Values.metrics.port 0 .Values.metrics.enabled) "healthPort" .Values.healthPort "peerPort" .Values.peerPort -}}
{{- $key := $port | int | toString -}}
{{- if and (ne $key "0") (hasKey $ports $key) -}}
{{- fail (printf "%s and %s are both %s; each needs a port of its own" (get $ports $key) $name $key) -}}
{{- end -}}
{{- $_ := set $ports $key $name -}}
{{- end -}}
{{- $limit := dig "limits" "memory" "" (.Values.resources | default dict) | toString -}}
{{- if and .Values.goMemoryLimit $limit -}}
{{- if gt (include "dittoguard.bytes" .Values.goMemoryLimit | float64) (include "dittoguard.bytes" $limit | float64) -}}
{{- fail (printf "goMemoryLimit (%s) is more than resources.limits.memory (%s): the kernel would kill the process before Go frees memory; set it to about 80%% of the limit" .Values.goMemoryLimit $limit) -}}
{{- end -}}
{{- end -}}
{{- include "dittoguard.checks.certificates" . -}}
{{- include "dittoguard.checks.extra" . -}}
{{- include "dittoguard.checks.namespaces" . -}}
{{- $known := include "dittoguard.builtinRules" . | fromYamlArray -}}
{{- range $name, $rule := .Values.configuration.rules -}}
{{- if and $rule.params (has $name $known) (not (has $name (include "dittoguard.rulesWithParameters" $ | fromYamlArray))) -}}
{{- fail (printf "configuration.rules.%s.params: the rule has no parameters" $name) -}}
{{- end -}}
{{- end -}}
{{- if not (or .Values.rules .Values.existingRulesConfigMap) -}}
{{- range $name, $_ := .Values.configuration.rules -}}
{{- if not (has $name $known) -}}
{{- fail (printf "configuration.rules: there is no rule %q" $name) -}}
{{- end -}}
{{- end -}}
{{- range .Values.configuration.exceptions -}}
{{- range .rules -}}
{{- if not (has . $known) -}}
{{- fail (printf "configuration.exceptions: there is no rule %q" .) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- include "dittoguard.ownNamespace" . -}}
{{- end }}

{{/*
Nothing that lies in the release's namespace is judged. A chart that brings dittoguard and Ditto puts both into one; which charts
stand beside this one cannot be seen. What runs there already can, where helm asks a cluster.
*/}}
{{- define "dittoguard.ownNamespace" -}}
{{- $left := printf "dittoguard judges nothing in namespace %s, in which it runs" .Release.Namespace -}}
{{- if and (not .Chart.IsRoot) (not .Values.dedicatedNamespace) -}}
{{- fail (printf "%s: a Ditto that this chart or another one installs there would not be judged. Install dittoguard by itself, into a namespace of its own, or, if no Ditto runs there, set dedicatedNamespace to true in its values" $left) -}}
{{- end -}}
{{- $found := include "dittoguard.gatewaysBeside" . -}}
{{- if and $found .Release.IsInstall -}}
{{- fail (printf "%s, and a Ditto runs there (%s). Install dittoguard into a namespace of its own" $left $found) -}}
{{- end -}}
{{- end }}

{{/* The gateways of Ditto that run in the release's namespace, by their images; empty where helm does not ask a cluster. */}}
{{- define "dittoguard.gatewaysBeside" -}}
{{- $found := list -}}
{{- range (lookup "apps/v1" "Deployment" .Release.Namespace "").items -}}
{{- $name := .metadata.name -}}
{{- range .spec.template.spec.containers -}}
{{- if regexMatch "ditto-gateway([:@]|$)" (toString .image) -}}
{{- $found = append $found (printf "Deployment %s" $name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $found | join ", " -}}
{{- end }}

{{/* A quantity of Kubernetes, or a size as in GOMEMLIMIT, in bytes. */}}
{{- define "dittoguard.bytes" -}}
{{- $text := trimSuffix "B" (toString .) -}}
{{- $number := regexFind "^[0-9.]+(e[+]?[0-9]+)?" $text -}}
{{- $unit := trimPrefix $number $text -}}
{{- $factors := dict "" 1 "m" 0.001 "k" 1e3 "M" 1e6 "G" 1e9 "T" 1e12 "Ki" 1024 "Mi" 1048576 "Gi" 1073741824 "Ti" 1099511627776 -}}
{{- mulf ($number | float64) (get $factors $unit | default 1e18 | float64) -}}
{{- end }}
