package cluster

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/dittoguard/dittoguard/test/leash"
)

// process is one of the control plane's, found by a word of its command line that no other control plane's has.
func process(program, word string) (pid int, args, env []string, err error) {
	folders, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return 0, nil, nil, err
	}
	for _, folder := range folders {
		text, err := os.ReadFile(filepath.Join(folder, "cmdline"))
		if err != nil {
			continue // it has ended
		}
		words := strings.Split(strings.TrimRight(string(text), "\x00"), "\x00")
		if filepath.Base(words[0]) != program || !bytes.Contains(text, []byte(word)) {
			continue
		}
		environ, err := os.ReadFile(filepath.Join(folder, "environ"))
		if err != nil {
			return 0, nil, nil, err
		}
		pid, err := strconv.Atoi(filepath.Base(folder))
		return pid, words, strings.Split(strings.TrimRight(string(environ), "\x00"), "\x00"), err
	}
	return 0, nil, nil, fmt.Errorf("no process %s with %s", program, word)
}

func (c *Cluster) apiServer() (pid int, args, env []string, err error) {
	return process("kube-apiserver", c.AuditLog)
}

// PauseEtcd stops etcd for a while, as a disk that hangs would.
func (c *Cluster) PauseEtcd(ctx context.Context, d time.Duration) error {
	pid, _, _, err := process("etcd", c.env.ControlPlane.Etcd.URL.Host)
	if err != nil {
		return err
	}
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		return fmt.Errorf("stopping etcd: %w", err)
	}
	pause(ctx, d)
	return syscall.Kill(pid, syscall.SIGCONT)
}

// RestartAPIServer kills the API server, starts it again as it was, and returns when it is ready.
func (c *Cluster) RestartAPIServer(ctx context.Context) error {
	pid, args, env, err := c.apiServer()
	if err != nil {
		return err
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		return fmt.Errorf("killing the API server: %w", err)
	}
	for syscall.Kill(pid, 0) == nil {
		if !pause(ctx, 10*time.Millisecond) {
			return ctx.Err()
		}
	}
	log, err := os.Create(filepath.Join(c.dir, "kube-apiserver.log"))
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := leash.Command(args[0], args[1:]...)
	cmd.Env, cmd.Stdout, cmd.Stderr = env, log, log
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("starting the API server: %w", err)
	}
	c.again = append(c.again, cmd)
	for {
		out, err := c.Kubectl(ctx, nil, "get", "--raw", "/readyz")
		if err == nil && out == "ok" {
			return nil
		}
		if !pause(ctx, 50*time.Millisecond) {
			return errors.Join(err, ctx.Err())
		}
	}
}

// stopAgain ends what was started again.
func (c *Cluster) stopAgain() {
	for _, cmd := range c.again {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
}
