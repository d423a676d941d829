{{/*
The kinds that are not Kubernetes' own and that decide how Ditto is exposed, by API group; a test compares them with what
dittoguard reads. A cluster needs none of them: rules for kinds that are not installed do nothing.
*/}}
{{- define "dittoguard.customKinds" -}}
- group: gateway.envoyproxy.io
  namespaced: [clienttrafficpolicies, envoyextensionpolicies, envoypatchpolicies, envoyproxies, httproutefilters, securitypolicies]
  cluster: []
- group: gateway.k8s.aws
  namespaced: [loadbalancerconfigurations]
  cluster: []
- group: gateway.networking.k8s.io
  namespaced: [gateways, grpcroutes, httproutes, listenersets, referencegrants, tcproutes, tlsroutes]
  cluster: [gatewayclasses]
- group: gateway.networking.x-k8s.io
  namespaced: [xlistenersets]
  cluster: []
- group: gateway.nginx.org
  namespaced: [authenticationfilters, nginxproxies, snippetsfilters, snippetspolicies]
  cluster: []
- group: route.openshift.io
  namespaced: [routes]
  cluster: []
{{- end }}

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
