package faults

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/dittoguard/dittoguard/test/cluster"
)

// route leads to something that is no part of Ditto.
const route = `apiVersion: route.openshift.io/v1
kind: Route
metadata: {name: shop, namespace: ditto}
spec: {host: shop.example.com, to: {kind: Service, name: shop}, port: {targetPort: http}}
`

const unreadRoutes = "unknown: Route.route.openshift.io: "

// convert has the API server convert Routes in a way, and returns once it does.
func (b *bed) convert(ctx context.Context, how string) error {
	if out, err := b.Kubectl(ctx, strings.NewReader(cluster.RoutesConverted(how)), "apply", "--server-side", "--filename", "-"); err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	return until(ctx, func() error {
		out, err := b.Kubectl(ctx, nil, "get", "routes.v1.route.openshift.io", "--namespace", protected)
		if (err == nil) != (how == cluster.WellConversion) {
			return fmt.Errorf("Routes are listed with %w\n%s", err, out)
		}
		return nil
	})
}

// haveRoutes has dittoguard read Routes.
func haveRoutes(t *testing.T, b *bed) (func(context.Context) error, error) {
	t.Helper()
	if err := b.convert(t.Context(), cluster.WellConversion); err != nil {
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
	if err := b.convert(ctx, cluster.BrokenConversion); err != nil {
		return err
	}
	if err := b.says(ctx, unreadRoutes, true); err != nil {
		return err
	}
	time.Sleep(5 * time.Second)
	if err := b.convert(ctx, cluster.WellConversion); err != nil {
		return err
	}
	return b.says(ctx, unreadRoutes, false)
}
