// Package cluster brings up a real, local Kubernetes control plane, installs dittoguard's chart in it with real helm,
// and runs the real `dittoguard serve` as its webhook. Tests and the demo share it.
//
// There are no nodes: a Deployment makes no Pods, and the chart's own Deployment does not run. `serve` runs as a
// process beside the API server instead, with the rights of the chart's ServiceAccount, on the address of the chart's
// Service. That works because the service range lies in 127.0.0.0/8. Everything listens on loopback.
package cluster

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"

	"github.com/dittoguard/dittoguard/test/leash"
	"github.com/dittoguard/dittoguard/test/missing"
)

// Options say what to bring up.
type Options struct {
	// Assets is the folder with kube-apiserver, etcd, kubectl, helm and helm3; empty means KUBEBUILDER_ASSETS.
	Assets string
	// Dir is where kubeconfigs and logs are kept; it has to exist.
	Dir string
	// CRDs are files or folders with CustomResourceDefinitions to install.
	CRDs []string
	// Flags are more flags of kube-apiserver, as "name=value".
	Flags []string
}

// Cluster is a running control plane.
type Cluster struct {
	// Config and Client have all rights.
	Config *rest.Config
	Client client.Client
	// Kubeconfig is a file for kubectl and helm, with all rights.
	Kubeconfig string
	// AuditLog is the API server's audit log, one JSON object a line, with the metadata of every request that changes
	// something.
	AuditLog string

	assets   string
	dir      string
	extraEnv []string
	env      *envtest.Environment
	// again are processes that took the place of those of env.
	again []*exec.Cmd
}

// serviceRange is a range of ClusterIPs that lies in 127.0.0.0/8, so that the API server reaches a Service on loopback.
// Processes that run at the same time rarely share one, and within one every Service gets an address at random.
func serviceRange() string { return fmt.Sprintf("127.%d.0.0/16", 100+os.Getpid()%100) }

// startWithin and stopWithin bound what a control plane does in seconds where nobody disturbs it. Only one that will
// never be ready gets to them.
const startWithin, stopWithin = 5 * time.Minute, 2 * time.Minute

// gogc has a control plane collect its garbage less often: it lives for minutes, and memory is there.
const gogc = "GOGC=400"

// ErrNoAssets says that there are no binaries to bring a control plane up from.
var ErrNoAssets = errors.New("no control plane: KUBEBUILDER_ASSETS is not set; `make test` builds one and sets it")

// Start brings etcd and kube-apiserver up.
func Start(opts Options) (*Cluster, error) {
	assets := opts.Assets
	if assets == "" {
		assets = os.Getenv("KUBEBUILDER_ASSETS")
	}
	if assets == "" {
		return nil, ErrNoAssets
	}
	c := &Cluster{assets: assets, dir: opts.Dir, Kubeconfig: filepath.Join(opts.Dir, "kubeconfig")}
	c.env = &envtest.Environment{
		BinaryAssetsDirectory:    assets,
		CRDDirectoryPaths:        opts.CRDs,
		ErrorIfCRDPathMissing:    true,
		ControlPlaneStartTimeout: startWithin,
		ControlPlaneStopTimeout:  stopWithin,
		AttachControlPlaneOutput: false,
	}
	c.env.ControlPlane.GetAPIServer().Configure().Set("service-cluster-ip-range", serviceRange())
	for _, flag := range opts.Flags {
		name, value, _ := strings.Cut(flag, "=")
		c.env.ControlPlane.GetAPIServer().Configure().Set(name, value)
	}
	c.env.ControlPlane.Etcd = &envtest.Etcd{}
	for name, path := range map[string]*string{"etcd": &c.env.ControlPlane.Etcd.Path,
		"kube-apiserver": &c.env.ControlPlane.GetAPIServer().Path} {
		*path = filepath.Join(opts.Dir, name)
		if err := leash.Script(*path, "/usr/bin/env", gogc, filepath.Join(assets, name)); err != nil {
			return nil, fmt.Errorf("preparing to start %s: %w", name, err)
		}
	}
	if err := c.writeAuditLog(); err != nil {
		return nil, err
	}
	config, err := c.env.Start()
	if err != nil {
		return nil, fmt.Errorf("starting the control plane: %w", err)
	}
	// No client-side rate limit: tests and the demo are in a hurry, and the API server is theirs alone.
	config.QPS = -1
	config.WarningHandler = rest.NoWarnings{}
	c.Config = config
	if c.Client, err = client.New(config, client.Options{}); err != nil {
		return nil, errors.Join(fmt.Errorf("making a client: %w", err), c.Stop())
	}
	admin, err := c.env.AddUser(envtest.User{Name: "admin", Groups: []string{"system:masters"}}, nil)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("making an administrator: %w", err), c.Stop())
	}
	kubeconfig, err := admin.KubeConfig()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("making a kubeconfig: %w", err), c.Stop())
	}
	if err := os.WriteFile(c.Kubeconfig, kubeconfig, 0o600); err != nil {
		return nil, errors.Join(err, c.Stop())
	}
	return c, nil
}

// NeedAssets skips a test where there are no binaries.
func NeedAssets(t testing.TB) {
	t.Helper()
	if os.Getenv("KUBEBUILDER_ASSETS") == "" {
		missing.Tool(t, ErrNoAssets.Error())
	}
}

// ForTest is a control plane that ends with the test, which is skipped where there are no binaries. Flags are more of
// kube-apiserver's, as "name=value".
func ForTest(t testing.TB, flags ...string) *Cluster {
	t.Helper()
	NeedAssets(t)
	c, err := Start(Options{Dir: t.TempDir(), Flags: flags})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Stop(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// auditPolicy has the metadata of changes in the audit log, which is where webhooks' annotations are.
const auditPolicy = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- level: None
  verbs: [get, list, watch]
- level: Metadata
`

func (c *Cluster) writeAuditLog() error {
	c.AuditLog = filepath.Join(c.dir, "audit.log")
	policy := filepath.Join(c.dir, "audit-policy.yaml")
	if err := os.WriteFile(policy, []byte(auditPolicy), 0o600); err != nil {
		return err
	}
	c.env.ControlPlane.GetAPIServer().Configure().Set("audit-policy-file", policy).Set("audit-log-path", c.AuditLog)
	return nil
}

// Stop ends the control plane.
func (c *Cluster) Stop() error {
	c.stopAgain()
	if err := c.env.Stop(); err != nil {
		return fmt.Errorf("stopping the control plane: %w", err)
	}
	return nil
}

// Kubectl runs kubectl and returns what it printed on both streams together.
func (c *Cluster) Kubectl(ctx context.Context, stdin io.Reader, args ...string) (string, error) {
	return c.run(ctx, stdin, "kubectl", args...)
}

// Helm runs helm 4.
func (c *Cluster) Helm(ctx context.Context, args ...string) (string, error) {
	return c.run(ctx, nil, "helm", args...)
}

// Helm3 runs helm 3.
func (c *Cluster) Helm3(ctx context.Context, args ...string) (string, error) {
	return c.run(ctx, nil, "helm3", args...)
}

func (c *Cluster) run(ctx context.Context, stdin io.Reader, tool string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, filepath.Join(c.assets, tool), args...)
	var out bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdin, &out, &out
	cmd.Env = append(os.Environ(),
		"KUBECONFIG="+c.Kubeconfig,
		// What the user has at home is about other clusters, perhaps on the same port.
		"KUBECACHEDIR="+filepath.Join(c.dir, "kube-cache"),
		"KUBERC=off",
		"HELM_CACHE_HOME="+filepath.Join(c.dir, "helm-cache"),
		"HELM_CONFIG_HOME="+filepath.Join(c.dir, "helm-config"),
		"HELM_DATA_HOME="+filepath.Join(c.dir, "helm-data"),
	)
	cmd.Env = append(cmd.Env, c.extraEnv...)
	if err := cmd.Run(); err != nil {
		return out.String(), fmt.Errorf("%s %s: %w", tool, strings.Join(args, " "), err)
	}
	return out.String(), nil
}

// WithEnv is the same cluster for tools that need more in their environment, as EDITOR for `kubectl edit`.
func (c *Cluster) WithEnv(env ...string) *Cluster {
	with := *c
	with.extraEnv = append(slices.Clip(c.extraEnv), env...)
	return &with
}

// Assets is the folder with the binaries.
func (c *Cluster) Assets() string { return c.assets }
