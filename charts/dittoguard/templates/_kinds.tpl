{{/*
The kinds that are not Kubernetes' own and that decide how Ditto is exposed, by API group; a test compares them with what
dittoguard reads. A cluster needs none of them: rules for kinds that are not installed do nothing.
*/}}
{{- define "dittoguard.customKinds" -}}
- group: appgw.ingress.azure.io
  namespaced: [azureapplicationgatewayrewrites]
  cluster: []
- group: cloud.google.com
  namespaced: [backendconfigs]
  cluster: []
- group: configuration.konghq.com
  namespaced: [kongplugins, tcpingresses]
  cluster: [kongclusterplugins]
- group: elbv2.k8s.aws
  namespaced: []
  cluster: [ingressclassparams]
- group: extensions.istio.io
  namespaced: [wasmplugins]
  cluster: []
- group: gateway.envoyproxy.io
  namespaced: [backendtrafficpolicies, clienttrafficpolicies, envoyextensionpolicies, envoypatchpolicies, envoyproxies, httproutefilters, securitypolicies]
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
  namespaced: [authenticationfilters, nginxproxies, ratelimitpolicies, snippetsfilters, snippetspolicies]
  cluster: []
- group: ingress.v1.haproxy.org
  namespaced: [backends]
  cluster: []
- group: ingress.v3.haproxy.org
  namespaced: [backends]
  cluster: []
- group: k8s.nginx.org
  namespaced: [policies, transportservers, virtualserverroutes, virtualservers]
  cluster: []
- group: networking.gke.io
  namespaced: [frontendconfigs]
  cluster: []
- group: networking.istio.io
  namespaced: [envoyfilters, gateways, serviceentries, virtualservices]
  cluster: []
- group: projectcontour.io
  namespaced: [httpproxies]
  cluster: []
- group: route.openshift.io
  namespaced: [routes]
  cluster: []
- group: security.istio.io
  namespaced: [authorizationpolicies, requestauthentications]
  cluster: []
- group: traefik.containo.us
  namespaced: [ingressroutes, ingressroutetcps, middlewares, middlewaretcps, traefikservices]
  cluster: []
- group: traefik.io
  namespaced: [ingressroutes, ingressroutetcps, middlewares, middlewaretcps, traefikservices]
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
