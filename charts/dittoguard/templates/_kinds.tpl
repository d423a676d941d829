{{/* Webhook rules for those of one scope (`namespaced` or `cluster`). Whatever version a request comes in is judged. */}}
{{- define "dittoguard.customRules" -}}
{{- range include "dittoguard.customKinds" . | fromYamlArray }}
{{- $resources := get . $.scope }}
{{- if $resources }}
- apiGroups: [{{ .group }}]
  apiVersions: ["*"]
  operations: {{ $.operations }}
  resources: {{ toJson $resources }}
  scope: {{ title $.scope }}
{{- end }}
{{- end }}
{{- end }}

{{/* Rules of a role: everything that dittoguard reads but Secrets, with these `verbs`. */}}
{{- define "dittoguard.readRules" -}}
{{- $verbs := toJson .verbs -}}
- apiGroups: [""]
  resources: [configmaps, namespaces, pods, replicationcontrollers, services]
  verbs: {{ $verbs }}
- apiGroups: [apps]
  resources: [daemonsets, deployments, replicasets, statefulsets]
  verbs: {{ $verbs }}
- apiGroups: [batch]
  resources: [cronjobs, jobs]
  verbs: {{ $verbs }}
- apiGroups: [discovery.k8s.io]
  resources: [endpointslices]
  verbs: {{ $verbs }}
- apiGroups: [networking.k8s.io]
  resources: [ingressclasses, ingresses, networkpolicies]
  verbs: {{ $verbs }}
{{- range include "dittoguard.customKinds" $ | fromYamlArray }}
- apiGroups: [{{ .group }}]
  resources: {{ concat .namespaced .cluster | toJson }}
  verbs: {{ $verbs }}
{{- end }}
{{- end }}
