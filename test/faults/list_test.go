package faults

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/dittoguard/dittoguard/test/cluster"
)

// fault is what happens.
type fault struct {
	name string
	// short says that `make test` has it, too.
	short bool
	// clients are how many work; 16 if zero.
	clients int
	// prepare gets everything ready, before clients work. It returns what takes that back.
	prepare func(t *testing.T, b *bed) (mend func(context.Context) error, err error)
	// strike breaks something, and has returned when it is mended, or mends itself from then on.
	strike func(ctx context.Context, b *bed) error
	// closes says that changes in the protected namespace may fail for a time from the strike on, and why: they cannot be judged. They never
	// get in unjudged.
	closes time.Duration
	why    string
}

var faults = []fault{
	{
		name: "kill -9 of one replica", short: true, closes: endpointGone, why: "calls under way, until its endpoint is gone",
		strike: func(ctx context.Context, b *bed) error {
			b.replicas.Serves[one].Kill()
			return b.replicas.Restart(ctx, one)
		},
	},
	{
		name: "kill -9 of both", closes: wholeWithin, why: "nobody is there, and the namespace fails closed",
		strike: func(ctx context.Context, b *bed) error {
			b.replicas.Serves[one].Kill()
			b.replicas.Serves[two].Kill()
			return errors.Join(b.replicas.Restart(ctx, one), b.replicas.Restart(ctx, two))
		},
	},
	{
		name:   "SIGTERM of one replica, and then of the other",
		strike: func(ctx context.Context, b *bed) error { return b.roll(ctx) },
	},
	{name: "etcd hangs for 3 s", short: true, strike: func(ctx context.Context, b *bed) error { return b.PauseEtcd(ctx, 3*time.Second) }},
	{name: "etcd hangs for 10 s", strike: func(ctx context.Context, b *bed) error { return b.PauseEtcd(ctx, 10*time.Second) }},
	{name: "the API server is killed and restarted", strike: func(ctx context.Context, b *bed) error { return b.RestartAPIServer(ctx) }},
	{
		name:   "the Secret with the CA is deleted, so that CA and certificates are replaced",
		strike: func(ctx context.Context, b *bed) error { return b.deleteCA(ctx) },
	},
	{
		name:   "another CA is put into the Secret, so that certificates are replaced, too",
		strike: func(ctx context.Context, b *bed) error { return b.replaceCA(ctx) },
	},
	{name: "certificates and then the CA grow old, and are renewed", prepare: liveShort, strike: grownOld},
	{
		name: "its rights are taken away for 10 s, and given back", closes: wholeWithin, why: "what decides cannot be read",
		strike: func(ctx context.Context, b *bed) error {
			binding := &rbacv1.ClusterRoleBinding{}
			if err := b.Client.Get(ctx, types.NamespacedName{Name: cluster.Release}, binding); err != nil {
				return err
			}
			if err := b.Client.Delete(ctx, binding); err != nil {
				return err
			}
			time.Sleep(10 * time.Second)
			binding.ResourceVersion, binding.UID = "", ""
			return b.Client.Create(ctx, binding)
		},
	},
	{
		name: "a broken configuration, and the old one again",
		strike: func(ctx context.Context, b *bed) error {
			configuration := &corev1.ConfigMap{}
			if err := b.Client.Get(ctx, types.NamespacedName{Namespace: cluster.Namespace, Name: cluster.Release}, configuration); err != nil {
				return err
			}
			good := configuration.Data["configuration.yaml"]
			configuration.Data["configuration.yaml"] = strings.Replace(good, "modes:", "modess:", 1)
			if err := b.Client.Update(ctx, configuration); err != nil {
				return err
			}
			if err := b.says(ctx, "broken reload", true); err != nil {
				return err
			}
			configuration.Data["configuration.yaml"] = good
			if err := b.Client.Update(ctx, configuration); err != nil {
				return err
			}
			return b.says(ctx, "broken reload", false)
		},
	},
	{
		name: "a broken rule of one's own, and the good one again",
		strike: func(ctx context.Context, b *bed) error {
			own := &corev1.ConfigMap{}
			if err := b.Client.Get(ctx, types.NamespacedName{Namespace: cluster.Namespace, Name: cluster.Release + "-rules"}, own); err != nil {
				return err
			}
			// No YAML, no rule, no CEL, and a rule that is not evaluated for anything.
			for _, broken := range []string{
				"{", strings.Replace(ownRule, "validations:", "validation:", 1), strings.Replace(ownRule, "!('", "!!('", 1) + "  - expression: nothing(\n", "",
			} {
				own.Data["own.yaml"] = broken
				if err := b.Client.Update(ctx, own); err != nil {
					return err
				}
				if err := b.says(ctx, "broken reload", true); err != nil {
					return err
				}
				time.Sleep(2 * time.Second)
			}
			own.Data["own.yaml"] = ownRule
			if err := b.Client.Update(ctx, own); err != nil {
				return err
			}
			return b.says(ctx, "broken reload", false)
		},
	},
	{
		name: "watches are 5 s behind",
		prepare: func(t *testing.T, b *bed) (func(context.Context) error, error) {
			t.Helper()
			return b.run(t, cluster.How{Binary: b.binary, Lag: 5 * time.Second})
		},
		strike: hold,
	},
	{name: "the conversion webhook of a custom resource fails, and answers again", prepare: haveRoutes, strike: breakConversion},
	{name: "both clocks jump a day ahead, and back", prepare: haveClocks, strike: jump(day, one, two)},
	{name: "both clocks jump a day back, and ahead again", prepare: haveClocks, strike: jump(-day, one, two)},
	{name: "a replica starts a day ahead, its clock is set, and the other one starts", prepare: haveClocks, strike: startAhead},
	{name: "a replica starts a day behind, and then the other one starts", prepare: haveClocks, strike: startBehind},
	{
		name: "200 clients, and nothing breaks", clients: 200, strike: hold,
	},
	{
		name: "50 ConfigMaps of 1 MB come at once",
		strike: func(ctx context.Context, b *bed) error {
			text := strings.Repeat("proxy_pass http://gateway:8080;\n", 1<<20/32-100)
			return create(ctx, b, 50, func(name string) client.Object {
				return &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: protected}, Data: map[string]string{"nginx.conf": text}}
			})
		},
	},
	{
		name: "16 objects of 3 MB are asked about, two at a time", closes: wholeWithin, why: "one takes a second of two cores, which others have, too", strike: bigOnes,
	},
	{
		name: "10,000 Secrets come at once",
		strike: func(ctx context.Context, b *bed) error {
			return create(ctx, b, 10_000, func(name string) client.Object {
				return &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: protected}, Data: map[string][]byte{"password": []byte(name)}}
			})
		},
	},
}

// hold is where nothing breaks, and clients go on for a while.
func hold(ctx context.Context, _ *bed) error {
	select {
	case <-ctx.Done():
	case <-time.After(5 * time.Second):
	}
	return ctx.Err()
}

// create has many objects created in the protected namespace at once. Who gets no answer in time asks again.
func create(ctx context.Context, b *bed, n int, object func(name string) client.Object) error {
	var group errgroup.Group
	group.SetLimit(16)
	for i := range n {
		group.Go(func() error {
			return until(ctx, func() error {
				return client.IgnoreAlreadyExists(b.Client.Create(ctx, object(fmt.Sprintf("many-%d", i))))
			})
		})
	}
	return group.Wait()
}
