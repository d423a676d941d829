package faults

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"
)

// The conversions of a custom resource: one that works, and a webhook that nobody answers for, at a port that nothing can listen on.
const (
	wellConversion   = `{strategy: None, webhook: null}`
	brokenConversion = `{strategy: Webhook, webhook: {conversionReviewVersions: [v1], clientConfig: {url: "https://127.0.0.1:1/convert"}}}`
)

// routes is the definition of OpenShift's Routes, kept as v0 and read as v1. None converts nothing: the two are alike.
const routes = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: routes.route.openshift.io}
spec:
  group: route.openshift.io
  scope: Namespaced
  names: {kind: Route, listKind: RouteList, plural: routes, singular: route}
  conversion: %s
  versions:
  - {name: v0, served: true, storage: true, schema: &any {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}
  - {name: v1, served: true, storage: false, schema: *any}
`

// route leads to something that is no part of Ditto.
const route = `apiVersion: route.openshift.io/v1
kind: Route
metadata: {name: shop, namespace: ditto}
spec: {host: shop.example.com, to: {kind: Service, name: shop}, port: {targetPort: http}}
`

const unreadRoutes = "unknown: Route.route.openshift.io: "

// convert has the API server convert Routes in a way, and returns once it does.
func (b *bed) convert(ctx context.Context, how string) error {
	if out, err := b.Kubectl(ctx, strings.NewReader(fmt.Sprintf(routes, how)), "apply", "--server-side", "--filename", "-"); err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	return until(ctx, func() error {
		out, err := b.Kubectl(ctx, nil, "get", "routes.v1.route.openshift.io", "--namespace", protected)
		if (err == nil) != (how == wellConversion) {
			return fmt.Errorf("Routes are listed with %w\n%s", err, out)
		}
		return nil
	})
}

// haveRoutes has dittoguard read Routes.
func haveRoutes(t *testing.T, b *bed) (func(context.Context) error, error) {
	t.Helper()
	if err := b.convert(t.Context(), wellConversion); err != nil {
		return nil, err
	}
	if out, err := b.Kubectl(t.Context(), strings.NewReader(route), "apply", "--filename", "-"); err != nil {
		return nil, fmt.Errorf("%w\n%s", err, out)
	}
	return func(ctx context.Context) error {
		_, err := b.Kubectl(ctx, nil, "delete", "customresourcedefinition", "routes.route.openshift.io")
		return err
	}, b.roll(t.Context()) // a kind that is not installed is looked for every 30 seconds alone
}

// breakConversion breaks the conversion until all replicas say so, and a while longer.
func breakConversion(ctx context.Context, b *bed) error {
	if err := b.convert(ctx, brokenConversion); err != nil {
		return err
	}
	if err := b.says(ctx, unreadRoutes, true); err != nil {
		return err
	}
	time.Sleep(5 * time.Second)
	if err := b.convert(ctx, wellConversion); err != nil {
		return err
	}
	return b.says(ctx, unreadRoutes, false)
}
