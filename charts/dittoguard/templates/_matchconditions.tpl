{{/*
matchConditions: what the API server need not ask about. An expression that fails drops the request, so none may: every
step is guarded by its type, null and absent fields included, and every loop and text is bounded, since the cost of an
expression is limited too. What is larger than a bound is let through. The chart's tests evaluate them as API servers do.
*/}}

{{/*
Requests that dittoguard never denies, whatever they bring: told by who asks, which nobody else can claim to be. While no
replica runs, a namespace that is deleted can be emptied, a pod that has ended can go, and Services keep following their
pods.
*/}}
{{- define "dittoguard.conditions.controllers" -}}
- name: not-cleaning-up
  expression: |-
    request.operation != 'DELETE' || !has(request.userInfo) || !(
      (has(request.userInfo.username) && (
        request.userInfo.username in ['system:serviceaccount:kube-system:namespace-controller',
          'system:serviceaccount:kube-system:generic-garbage-collector'] ||
        (request.resource.resource == 'pods' &&
          request.userInfo.username == 'system:serviceaccount:kube-system:pod-garbage-collector'))) ||
      (request.resource.resource == 'pods' && has(request.userInfo.groups) &&
        'system:nodes' in request.userInfo.groups)
    )
- name: not-following-pods
  expression: |-
    request.resource.resource != 'endpointslices' || !has(request.userInfo) || !has(request.userInfo.username) ||
    request.userInfo.username != 'system:serviceaccount:kube-system:endpointslice-controller'
{{- end }}

{{/*
What the mutating webhook leaves as it is, in whatever namespace (internal/check/mutate.go: mutable): pods and ReplicaSets that a
controller makes, and a workload whose pod template the request leaves as it is: a label, a number of replicas.
*/}}
{{- define "dittoguard.conditions.mutated" -}}
- name: pods-that-are-made-or-changed
  expression: |-
    !(request.resource.resource in ['pods', 'deployments', 'statefulsets', 'daemonsets', 'replicasets']) || !(
      (request.resource.resource in ['pods', 'replicasets'] && [object].exists(o, type(o) == map && has(o.metadata) &&
        type(o.metadata) == map && has(o.metadata.ownerReferences) && type(o.metadata.ownerReferences) == list &&
        o.metadata.ownerReferences.size() > 0)) ||
      (request.operation == 'UPDATE' && [object, oldObject].all(o, type(o) == map && has(o.spec) &&
        type(o.spec) == map && has(o.spec.template)) && object.spec.template == oldObject.spec.template)
    )
{{- end }}

{{/*
In namespaces that are not protected, what cannot concern Ditto. Services, Ingresses, Routes and EndpointSlices always
can: a detour is still a detour. So can NetworkPolicies, which name no Ditto. A workload can if anything in it says Ditto, its
JVM, MongoDB or a program that forwards requests, if it names something in a protected namespace (`gateway.NAMESPACE`), or if it
may say so elsewhere (envFrom, a variable from a ConfigMap or in its command, items of a volume). A ConfigMap or Secret can if its name, a key or (of a ConfigMap) a value hints at
them; the values of Secrets are not looked at.
*/}}
{{- define "dittoguard.conditions.workloads" -}}
{{- $forwards := "['nginx', 'openresty', 'angie', 'tengine', 'proxy', 'tunnel', 'newt', 'npx', 'caddy', 'envoy', 'traefik', 'apache', 'httpd', 'socat', 'varnish', 'squid', 'krakend', 'tyk', 'kong', 'apisix', 'emissary', 'ambassador', 'aes', 'skipper', 'pomerium', 'gatekeeper', 'mitm', 'gost', 'cloudflared', 'ngrok', 'tailscale', 'frp', 'inlets', 'zrok', 'ziti', 'chisel', 'rathole', 'bore', 'netbird', 'ssh']" }}
{{- $names := include "dittoguard.namesOfDitto" . }}
- name: workload-that-may-concern-ditto
  expression: |-
    !(request.resource.resource in ['pods', 'replicationcontrollers', 'deployments', 'statefulsets', 'daemonsets',
      'replicasets', 'jobs', 'cronjobs']) ||
    [object, oldObject].exists(o, type(o) == map && has(o.spec) && type(o.spec) == map && (
      request.resource.resource == 'pods' ? [o] :
      request.resource.resource == 'cronjobs' ?
        [o.spec].filter(s, has(s.jobTemplate) && type(s.jobTemplate) == map && has(s.jobTemplate.spec) &&
          type(s.jobTemplate.spec) == map && has(s.jobTemplate.spec.template)).map(s, s.jobTemplate.spec.template) :
        [o.spec].filter(s, has(s.template)).map(s, s.template)
    ).exists(p, type(p) == map && (
      (has(p.metadata) && type(p.metadata) == map && has(p.metadata.labels) && type(p.metadata.labels) == map &&
        'actorSystemName' in p.metadata.labels) ||
      (has(p.spec) && type(p.spec) == map && (
        (has(p.spec.volumes) && type(p.spec.volumes) == list && (p.spec.volumes.size() > 100 ||
          p.spec.volumes.exists(v, type(v) == map && (
            (has(v.configMap) && type(v.configMap) == map && has(v.configMap.items)) ||
            (has(v.secret) && type(v.secret) == map && has(v.secret.items)))))) ||
        ((has(p.spec.containers) && type(p.spec.containers) == list ? [p.spec.containers] : []) +
          (has(p.spec.initContainers) && type(p.spec.initContainers) == list ? [p.spec.initContainers] : []) +
          (has(p.spec.ephemeralContainers) && type(p.spec.ephemeralContainers) == list ? [p.spec.ephemeralContainers] : [])
        ).exists(containers, containers.size() > 4 || containers.exists(c, type(c) == map && (
          (has(c.image) && type(c.image) == string && (c.image.size() > 200 ||
            c.image.contains('ditto') || c.image.contains('mongo') || {{ $forwards }}.exists(w, c.image.contains(w)))) ||
          (has(c.name) && type(c.name) == string && (c.name.size() > 100 ||
            ['ditto', 'nginx', 'mongo'].exists(w, c.name.contains(w)))) ||
          (has(c.envFrom) && type(c.envFrom) == list && c.envFrom.size() > 0) ||
          (has(c.env) && type(c.env) == list && (c.env.size() > 50 ||
            c.env.exists(e, type(e) == map && has(e.name) && type(e.name) == string && (e.name.size() > 100 ||
              e.name.startsWith('GATEWAY_') || e.name in ['ENABLE_PRE_AUTHENTICATION', 'ENABLE_DUMMY_AUTH',
              'DEVOPS_SECURED', 'DEVOPS_PASSWORD', 'DEVOPS_STATUS_SECURED', 'DEVOPS_AUTHENTICATION_METHOD',
              'STATUS_AUTHENTICATION_METHOD', 'STATUS_PASSWORD', 'CLUSTER_BS_REQUIRED_CONTACTS', 'POD_LABEL_SELECTOR',
              'MAIN_CLASS_ENV', 'JVM_CMD_ARGS_ENV', 'JAVA_TOOL_OPTIONS', 'JDK_JAVA_OPTIONS', '_JAVA_OPTIONS'] ||
              (has(e.value) && type(e.value) == string && (e.value.size() > 120 || {{ $names }}.exists(w, e.value.contains(w)))) ||
              (has(e.valueFrom) && type(e.valueFrom) == map && has(e.valueFrom.configMapKeyRef)))))) ||
          (has(c.volumeMounts) && type(c.volumeMounts) == list && (c.volumeMounts.size() > 10 ||
            c.volumeMounts.exists(m, type(m) == map && has(m.mountPath) && type(m.mountPath) == string &&
              (m.mountPath.size() > 60 || m.mountPath.contains('ditto') || {{ $forwards }}.exists(w, m.mountPath.contains(w)))))) ||
          ((has(c.command) && type(c.command) == list ? [c.command] : []) +
            (has(c.args) && type(c.args) == list ? [c.args] : [])
          ).exists(words, words.size() > 20 || words.exists(a, type(a) == string && (a.size() > 120 ||
            ['nginx', 'pekko', 'akka', '$'].exists(w, a.contains(w)) || {{ $names }}.exists(w, a.contains(w)))) ||
            [0, 2].exists(i, words.size() > i && type(words[i]) == string && {{ $forwards }}.exists(w, words[i].contains(w))))
        )))
      ))
    )))
{{- end }}

{{/* What the names of things in protected namespaces hold, as a list of CEL. */}}
{{- define "dittoguard.namesOfDitto" -}}
{{- $names := list "'ditto'" "'DITTO'" }}
{{- range include "dittoguard.protectedNamespaces" . | fromJsonArray }}
{{- if not (contains "ditto" .) }}{{ $names = append $names (printf "'.%s'" .) }}{{ end }}
{{- end -}}
[{{ join ", " $names }}]
{{- end }}

{{- define "dittoguard.conditions.data" -}}
{{- $names := include "dittoguard.namesOfDitto" . }}
- name: configmap-that-may-concern-ditto
  expression: |-
    request.resource.resource != 'configmaps' ||
    [object, oldObject].exists(o, type(o) == map && (
      (has(o.metadata) && type(o.metadata) == map && has(o.metadata.name) && type(o.metadata.name) == string &&
        ['ditto', 'nginx', 'gateway', 'haproxy', 'istio'].exists(w, o.metadata.name.contains(w))) ||
      has(o.binaryData) ||
      (has(o.data) && type(o.data) == map && (o.data.size() > 20 || o.data.exists(k, k.size() > 253 ||
        ['ditto', 'nginx', 'passw', 'auth', 'AUTH', 'DEVOPS', 'GATEWAY', 'STATUS', 'MONGO', 'JAVA', 'JVM', 'CLUSTER',
          'POD_LABEL', '.conf', 'redirect', 'rewrite', 'config-', 'headers', 'alias', 'strict-host'].exists(w, k.contains(w)) ||
        (type(o.data[k]) == string && (o.data[k].size() > 10000 ||
          ['nginx', 'proxy_pass', ':$', ':{S', '-Dpekko', '-Dakka'].exists(w, o.data[k].contains(w)) || {{ $names }}.exists(w, o.data[k].contains(w)))))))
    ))
- name: secret-that-may-concern-ditto
  expression: |-
    request.resource.resource != 'secrets' ||
    [object, oldObject].exists(o, type(o) == map && (
      (has(o.metadata) && type(o.metadata) == map && has(o.metadata.name) && type(o.metadata.name) == string &&
        ['ditto', 'nginx', 'passwd', 'auth', 'mongo'].exists(w, o.metadata.name.contains(w)) &&
        !(has(o.type) && o.type in ['helm.sh/release.v1', 'kubernetes.io/service-account-token',
          'kubernetes.io/dockerconfigjson', 'kubernetes.io/dockercfg', 'bootstrap.kubernetes.io/token'])) ||
      ((has(o.data) && type(o.data) == map ? [o.data] : []) +
        (has(o.stringData) && type(o.stringData) == map ? [o.stringData] : [])
      ).exists(data, data.size() > 100 || data.exists(k, k.size() > 253 ||
        ['ditto', 'nginx', 'passwd', 'auth', 'users', 'devops', 'DEVOPS', 'status', 'STATUS', 'GATEWAY', 'AUTH', 'mongo',
          'MONGO', 'JAVA', 'JVM', '.conf', '-uri'].exists(w, k.contains(w))))
    ))
{{- end }}
