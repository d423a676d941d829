package faults

import (
	"context"
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// forbidden is a key of ConfigMaps that the rule of one's own refuses.
const forbidden = "forbidden"

// ownRule is what the chart is given as a rule of one's own. Without a rule it would be let in.
const ownRule = `apiVersion: dittoguard.io/v1alpha1
kind: HardeningRule
metadata: {name: no-forbidden-key}
spec:
  title: A key is forbidden
  rationale: Nobody needs it.
  level: baseline
  severity: high
  match:
    each: object
    resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [configmaps]}]
  validations:
  - expression: "!('` + forbidden + `' in object.?data.orValue({}))"
    message: it has the forbidden key
  remediation: Take it out.
`

// dangerous is what a client creates that must not get in, and what has to be there before, if anything: each round another of those that are
// refused for what they are by a built-in rule, for what they are by a rule of one's own, and for what was created a moment before.
func dangerous(name string, round int) (before []client.Object, o client.Object) {
	meta := metav1.ObjectMeta{Name: name, Namespace: protected}
	switch round % 3 {
	case 0:
		// Ditto's sample password.
		return nil, &corev1.ConfigMap{ObjectMeta: meta, Data: map[string]string{"nginx.htpasswd": "ditto:A6BgmB8IEtPTs\n"}}
	case 1:
		return nil, &corev1.ConfigMap{ObjectMeta: meta, Data: map[string]string{forbidden: "yes"}}
	}
	// A gateway that believes whoever comes from outside.
	return []client.Object{believing(meta), serviceOf(meta)}, leading(meta)
}

// believing is a gateway that believes whoever a header names, which is all right as long as nothing leads to it.
func believing(meta metav1.ObjectMeta) *appsv1.Deployment {
	labels := map[string]string{"app": meta.Name}
	secret := func(key string) *corev1.EnvVarSource {
		return &corev1.EnvVarSource{SecretKeyRef: &corev1.SecretKeySelector{LocalObjectReference: corev1.LocalObjectReference{Name: "devops"}, Key: key}}
	}
	return &appsv1.Deployment{ObjectMeta: meta, Spec: appsv1.DeploymentSpec{
		Replicas: ptr.To[int32](1), Selector: &metav1.LabelSelector{MatchLabels: labels},
		Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: labels}, Spec: corev1.PodSpec{Containers: []corev1.Container{{
			Name: "gateway", Image: "docker.io/eclipse/ditto-gateway:3.9.6", Ports: []corev1.ContainerPort{{Name: "http", ContainerPort: 8080}},
			Env: []corev1.EnvVar{
				{Name: "ENABLE_PRE_AUTHENTICATION", Value: "true"},
				{Name: "DEVOPS_PASSWORD", ValueFrom: secret("devops")}, {Name: "STATUS_PASSWORD", ValueFrom: secret("status")},
			},
		}}}},
	}}
}

func serviceOf(meta metav1.ObjectMeta) *corev1.Service {
	return &corev1.Service{ObjectMeta: meta, Spec: corev1.ServiceSpec{
		Selector: map[string]string{"app": meta.Name}, Ports: []corev1.ServicePort{{Name: "http", Port: 8080, TargetPort: intstr.FromString("http")}},
	}}
}

// leading is an Ingress that leads to the Service of its name.
func leading(meta metav1.ObjectMeta) *networkingv1.Ingress {
	path := networkingv1.HTTPIngressPath{Path: "/", PathType: ptr.To(networkingv1.PathTypePrefix)}
	path.Backend.Service = &networkingv1.IngressServiceBackend{Name: meta.Name, Port: networkingv1.ServiceBackendPort{Name: "http"}}
	rule := networkingv1.IngressRule{Host: meta.Name + ".example.com"}
	rule.HTTP = &networkingv1.HTTPIngressRuleValue{Paths: []networkingv1.HTTPIngressPath{path}}
	return &networkingv1.Ingress{ObjectMeta: meta, Spec: networkingv1.IngressSpec{Rules: []networkingv1.IngressRule{rule}}}
}

// tempt creates what must not get in, after what has to be there before, and deletes all of it again.
func (l *load) tempt(ctx context.Context, name string, round int) {
	before, o := dangerous(name, round)
	for _, b := range before {
		// What has to be there may come in.
		if l.request(ctx, harmless, func(ctx context.Context) error { return l.client.Create(ctx, b) }) != nil {
			return
		}
		defer l.remove(ctx, harmless, b)
	}
	if l.request(ctx, bad, func(ctx context.Context) error { return l.client.Create(ctx, o) }) != nil {
		return
	}
	l.letIn(fmt.Sprintf("%T %s", o, name))
	l.remove(ctx, bad, o)
}
