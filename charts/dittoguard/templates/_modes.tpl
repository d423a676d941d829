{{/*
The configuration file. A bare `off` is the boolean false in the YAML that helm reads; the file has to say "off".
*/}}
{{- define "dittoguard.configuration" -}}
{{- $configuration := deepCopy .Values.configuration -}}
{{- range $mode, $level := $configuration.modes -}}
{{- if kindIs "bool" $level -}}
{{- $_ := set $configuration.modes $mode "off" -}}
{{- end -}}
{{- end -}}
{{- toYaml $configuration -}}
{{- end }}

{{/* "true" in a dry run: nothing is denied, so nothing may fail closed and nothing is mutated. */}}
{{- define "dittoguard.dryRun" -}}
{{- $configuration := include "dittoguard.configuration" . | fromYaml -}}
{{- if eq (dig "modes" "enforce" "baseline" $configuration | toString) "off" }}true{{ end -}}
{{- end }}

{{/* The protected namespaces, as a JSON list of names. */}}
{{- define "dittoguard.protectedNamespaces" -}}
{{- $policies := include "dittoguard.failurePolicies" . | fromJson -}}
{{- keys $policies | sortAlpha | toJson -}}
{{- end }}

{{/* Those of them that fail closed. */}}
{{- define "dittoguard.failClosed" -}}
{{- include "dittoguard.withPolicy" (list . "Fail") -}}
{{- end }}

{{/* Those of them that fail open, by their own failurePolicy. */}}
{{- define "dittoguard.failOpen" -}}
{{- include "dittoguard.withPolicy" (list . "Ignore") -}}
{{- end }}

{{- define "dittoguard.withPolicy" -}}
{{- $names := list -}}
{{- range $name, $policy := include "dittoguard.failurePolicies" (first .) | fromJson -}}
{{- if eq $policy (last $) -}}{{- $names = append $names $name -}}{{- end -}}
{{- end -}}
{{- $names | sortAlpha | toJson -}}
{{- end }}

{{/* What the values say of each protected namespace, as a JSON object of names and failure policies. A plain name fails closed. */}}
{{- define "dittoguard.failurePolicies" -}}
{{- $policies := dict -}}
{{- range .Values.protectedNamespaces -}}
{{- $namespace := ternary (dict "name" .) . (kindIs "string" .) -}}
{{- if eq $namespace.name $.Release.Namespace -}}
{{- fail (printf "protectedNamespaces: %q is the namespace of this release; a dittoguard that is down could not be started again there" $namespace.name) -}}
{{- end -}}
{{- if hasKey $policies $namespace.name -}}
{{- fail (printf "protectedNamespaces: %q is there twice" $namespace.name) -}}
{{- end -}}
{{- $_ := set $policies $namespace.name ($namespace.failurePolicy | default "Fail") -}}
{{- end -}}
{{- toJson $policies -}}
{{- end }}
