package faults

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// tooLarge is what the API server says of an object that etcd does not store.
const tooLarge = "too large"

// largest is as much as an API server reads of a request (3 MiB), without the rest of it. etcd stores half of that, so it does not get in; but
// webhooks are asked before.
const largest = 3<<20 - 100<<10

// large are objects of the largest size, with what must be refused in them or without.
func large(name string, dangerous bool) []client.Object {
	meta := metav1.ObjectMeta{Name: name, Namespace: protected}
	gateway := believing(meta)
	container := &gateway.Spec.Template.Spec.Containers[0]
	container.Env = append(container.Env, corev1.EnvVar{Name: "LARGE", Value: strings.Repeat("proxy_pass http://gateway:8080;\n", largest/32)})
	ingress := leading(meta)
	paths := &ingress.Spec.Rules[0].HTTP.Paths
	one := (*paths)[0]
	one.Backend.Service = &networkingv1.IngressServiceBackend{Name: "shop", Port: one.Backend.Service.Port}
	for i := range largest / 110 {
		p := *one.DeepCopy()
		p.Path = fmt.Sprintf("/%08d", i)
		*paths = append(*paths, p)
	}
	if dangerous {
		container.Env[1] = corev1.EnvVar{Name: "DEVOPS_PASSWORD", Value: "foobar"}
		(*paths)[0].Backend.Service.Name = "target"
	} else {
		(*paths)[0].Backend.Service.Name = "shop"
	}
	return []client.Object{gateway, ingress}
}

// bigOnes asks for objects of the largest size, two at a time.
func bigOnes(ctx context.Context, b *bed) error {
	target := metav1.ObjectMeta{Name: "target", Namespace: protected}
	for _, o := range []client.Object{believing(target), serviceOf(target)} {
		if err := b.Client.Create(ctx, o); err != nil {
			return err
		}
		defer func() { _ = b.Client.Delete(context.WithoutCancel(ctx), o) }()
	}
	var group errgroup.Group
	group.SetLimit(2)
	for i := range 8 {
		group.Go(func() error {
			k := []kind{harmless, bad}[i%2]
			for _, o := range large(fmt.Sprintf("large-%d", i), k == bad) {
				err := b.load.request(ctx, k, func(ctx context.Context) error { return b.Client.Create(ctx, o) })
				switch {
				case err == nil:
					// An Ingress is smaller where it is stored.
					b.load.remove(ctx, k, o)
				case strings.Contains(err.Error(), tooLarge) || strings.Contains(err.Error(), refused):
				default:
					continue // it is counted
				}
				if k == bad && (err == nil || !strings.Contains(err.Error(), refused)) {
					b.load.letIn(fmt.Sprintf("%T of 3 MB", o))
				}
				b.bigOnes.Add(1)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	if n := b.bigOnes.Load(); n == 0 {
		return errors.New("no large object was answered")
	}
	return nil
}
