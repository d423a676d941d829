{{/*
The kinds that are not Kubernetes' own and that decide how Ditto is exposed, by API group. Generated from internal/inventory/crd:
"make generate" writes it. A cluster needs none of them: rules for kinds that are not installed do nothing.
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
  namespaced: [backends, backendtrafficpolicies, clienttrafficpolicies, envoyextensionpolicies, envoypatchpolicies, envoyproxies, httproutefilters, securitypolicies]
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
