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

{{/* The protected namespaces, as a JSON list. */}}
{{- define "dittoguard.protectedNamespaces" -}}
{{- if has .Release.Namespace .Values.protectedNamespaces -}}
{{- fail (printf "protectedNamespaces: %q is the namespace of this release; a dittoguard that is down could not be started again there" .Release.Namespace) -}}
{{- end -}}
{{- .Values.protectedNamespaces | sortAlpha | toJson -}}
{{- end }}
