package cluster

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
)

// The name of the chart's release and of everything in it, and the namespace that it is installed in.
const (
	Release   = "dittoguard"
	Namespace = "dittoguard"
)

// The port that the chart gives to its Service, and the one that takes its place for a user who may not listen there.
const (
	servicePort  = 443
	fallbackPort = 8443
)

// InstallChart installs the chart with real helm, or upgrades it, and returns what helm printed. Values is YAML. The
// protected namespaces in it have to exist. Args are more for helm.
func (c *Cluster) InstallChart(ctx context.Context, values string, args ...string) (string, error) {
	chart, err := c.Chart(ctx)
	if err != nil {
		return "", err
	}
	file := filepath.Join(c.dir, "values.yaml")
	if err := os.WriteFile(file, []byte(values), 0o600); err != nil {
		return "", err
	}
	args = append([]string{"upgrade", "--install", Release, chart, "--namespace", Namespace, "--create-namespace",
		"--values", file}, args...)
	return c.Helm(ctx, args...)
}

// Chart is the folder of the chart; for a user who may not listen on the Service's port, a copy with another port.
func (c *Cluster) Chart(ctx context.Context) (string, error) {
	root, err := Root(ctx)
	if err != nil {
		return "", err
	}
	from := filepath.Join(root, "charts", "dittoguard")
	if mayListen(ctx, servicePort) {
		return from, nil
	}
	to := filepath.Join(c.dir, "chart")
	if err := os.RemoveAll(to); err != nil {
		return "", err
	}
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		return "", fmt.Errorf("copying the chart: %w", err)
	}
	replaced := 0
	err = filepath.WalkDir(to, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		was, is := fmt.Sprintf("port: %d\n", servicePort), fmt.Sprintf("port: %d\n", fallbackPort)
		replaced += strings.Count(string(text), was)
		return os.WriteFile(path, []byte(strings.ReplaceAll(string(text), was, is)), 0o600)
	})
	if err != nil {
		return "", fmt.Errorf("changing the chart's port: %w", err)
	}
	if replaced == 0 {
		return "", fmt.Errorf("changing the chart's port: no port %d in it", servicePort)
	}
	return to, nil
}

// mayListen says whether this user may listen on a port, which others may be using.
func mayListen(ctx context.Context, port int) bool {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err == nil {
		_ = listener.Close()
	}
	return !errors.Is(err, os.ErrPermission)
}
