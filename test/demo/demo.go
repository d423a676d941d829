package main

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/dittoguard/dittoguard/test/cluster"
)

//go:embed manifests/*.yaml
var manifests embed.FS

// namespace is the protected one that everything happens in.
const namespace = "ditto"

// values are the chart's.
const values = "protectedNamespaces: [" + namespace + "]\n"

// demo is one run.
type demo struct {
	out io.Writer
	dir string

	cluster *cluster.Cluster
	serve   *cluster.Serve
	step    int
}

func (d *demo) show(ctx context.Context) error {
	d.print("dittoguard refuses what makes an Eclipse Ditto unsafe, before it exists.\n")
	d.print("A real API server, real kubectl and helm, all on loopback in %s\n", d.dir)
	for _, do := range []func(context.Context) error{d.start, d.install, d.exposed, d.fixed, d.rollback, d.password} {
		if err := do(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (d *demo) start(ctx context.Context) error {
	done := d.begin("Starting etcd and kube-apiserver")
	var err error
	if d.cluster, err = cluster.Start(cluster.Options{Dir: d.dir}); err != nil {
		return err
	}
	if err := os.CopyFS(d.dir, manifests); err != nil {
		return fmt.Errorf("writing the manifests: %w", err)
	}
	o := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}
	if err := d.cluster.Client.Create(ctx, o); err != nil {
		return fmt.Errorf("creating namespace %s: %w", namespace, err)
	}
	done()
	return nil
}

func (d *demo) install(ctx context.Context) error {
	done := d.begin("Installing dittoguard's chart, and running `dittoguard serve` with the chart's rights")
	binary, err := cluster.Build(ctx, ".", "./cmd/dittoguard", d.dir)
	if err != nil {
		return err
	}
	if out, err := d.cluster.InstallChart(ctx, values); err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	if d.serve, err = d.cluster.StartServe(ctx, binary); err != nil {
		return err
	}
	if err := d.untilAsked(ctx); err != nil {
		return err
	}
	done()
	return nil
}

// untilAsked waits until the API server asks dittoguard. Before that the protected namespace is closed.
func (d *demo) untilAsked(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	for {
		out, err := d.cluster.Kubectl(ctx, nil, d.apply("secret", "--dry-run=server")...)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return fmt.Errorf("waiting until the API server asks dittoguard: %w\n%s", err, out)
		}
	}
}

func (d *demo) exposed(ctx context.Context) error {
	d.begin("A gateway that believes the identity a request claims, and an Ingress that leads to it")()
	out, err := d.kubectl(ctx, d.apply("exposed"), false)
	if err != nil {
		return err
	}
	return expect(out, "deployment.apps/gateway created", "preauth-exposed", "way in: Ingress ditto/things")
}

func (d *demo) fixed(ctx context.Context) error {
	d.begin("The same with pre-authentication off. It gets in, and is hardened on the way")()
	if _, err := d.kubectl(ctx, d.apply("secret"), true); err != nil {
		return err
	}
	if _, err := d.kubectl(ctx, d.apply("fixed"), true); err != nil {
		return err
	}
	out, err := d.kubectl(ctx, []string{"set", "env", "deployment/gateway", "--list", "--namespace=" + namespace}, true)
	if err != nil {
		return err
	}
	return expect(out, "GATEWAY_WEBSOCKET_THROTTLING_ENABLED=true", "GATEWAY_SSE_THROTTLING_ENABLED=true")
}

func (d *demo) rollback(ctx context.Context) error {
	d.begin("Somebody switches pre-authentication on again")()
	out, err := d.kubectl(ctx, []string{"set", "env", "deployment/gateway", "ENABLE_PRE_AUTHENTICATION=true",
		"--namespace=" + namespace}, false)
	if err != nil {
		return err
	}
	return expect(out, "preauth-exposed", "way in: Ingress ditto/things")
}

func (d *demo) password(ctx context.Context) error {
	d.begin("The password file of Ditto's sample deployment")()
	out, err := d.kubectl(ctx, d.apply("htpasswd"), false)
	if err != nil {
		return err
	}
	return expect(out, "sample-credentials", `the password of user "ditto"`)
}

// byHand says how to go on.
func (d *demo) byHand(then string) {
	d.print("\nEverything happened as it should. To go on by hand, in another terminal:\n\n")
	d.print("  export KUBECONFIG=%s\n", d.cluster.Kubeconfig)
	d.print("  export PATH=%s:%s:$PATH\n", d.cluster.Assets(), d.dir)
	d.print("  cd %s\n\n", filepath.Join(d.dir, "manifests"))
	for _, command := range []string{
		"kubectl --namespace ditto delete ingress things",
		"kubectl --namespace ditto apply --filename exposed.yaml",
		"kubectl --namespace ditto expose deployment gateway --name public --type LoadBalancer",
		"dittoguard audit",
		"dittoguard check .",
	} {
		d.print("  %s\n", command)
	}
	d.print("\n%s\n", then)
}

// stop ends what was started.
func (d *demo) stop() error {
	if d.serve != nil {
		d.serve.Kill()
	}
	if d.cluster != nil {
		return d.cluster.Stop()
	}
	return nil
}

// explain adds the end of dittoguard's log to an error.
func (d *demo) explain(err error) error {
	if d.serve == nil || errors.Is(err, context.Canceled) {
		return err
	}
	return fmt.Errorf("%w\n%s", err, d.serve.Tail(10))
}

// apply are the arguments that apply a manifest.
func (d *demo) apply(manifest string, args ...string) []string {
	return append([]string{"apply", "--namespace=" + namespace,
		"--filename=" + filepath.Join(d.dir, "manifests", manifest+".yaml")}, args...)
}

func expect(out string, parts ...string) error {
	for _, part := range parts {
		if !strings.Contains(out, part) {
			return fmt.Errorf("expected %q in what kubectl printed:\n%s", part, out)
		}
	}
	return nil
}
