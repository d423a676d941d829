{{/*
The kinds that are not Kubernetes' own and that decide how Ditto is exposed, by API group. Generated from internal/inventory/crd:
"make generate" writes it. A cluster needs none of them: rules for kinds that are not installed do nothing.
*/}}
{{- define "dittoguard.customKinds" -}}
- group: apisix.apache.org
  namespaced: [apisixroutes]
  cluster: []
- group: appgw.ingress.azure.io
  namespaced: [azureapplicationgatewayrewrites]
  cluster: []
- group: cilium.io
  namespaced: [ciliumenvoyconfigs]
  cluster: [ciliumclusterwideenvoyconfigs]
- group: cloud.google.com
  namespaced: [backendconfigs]
  cluster: []
- group: configuration.konghq.com
  namespaced: [kongplugins, tcpingresses]
  cluster: [kongclusterplugins]
- group: contour.heptio.com
  namespaced: [ingressroutes]
  cluster: []
- group: elbv2.k8s.aws
  namespaced: [targetgroupbindings]
  cluster: [ingressclassparams]
- group: extensions.istio.io
  namespaced: [trafficextensions, wasmplugins]
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
- group: getambassador.io
  namespaced: [mappings, tcpmappings]
  cluster: []
- group: ingress.v1.haproxy.org
  namespaced: [backends, tcps]
  cluster: []
- group: ingress.v3.haproxy.org
  namespaced: [backends, tcps]
  cluster: []
- group: k8s.nginx.org
  namespaced: [policies, transportservers, virtualserverroutes, virtualservers]
  cluster: []
- group: networking.cfargotunnel.com
  namespaced: [tunnelbindings]
  cluster: []
- group: networking.gke.io
  namespaced: [frontendconfigs, serviceattachments]
  cluster: []
- group: networking.istio.io
  namespaced: [envoyfilters, gateways, serviceentries, virtualservices]
  cluster: []
- group: ngrok.k8s.ngrok.com
  namespaced: [agentendpoints]
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
- group: zalando.org
  namespaced: [routegroups]
  cluster: []
{{- end }}
