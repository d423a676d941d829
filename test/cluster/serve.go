package cluster

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"k8s.io/utils/ptr"

	"github.com/dittoguard/dittoguard/test/leash"
)

const (
	// readyWithin is how long `serve` may take until it is ready. Its first certificate waits 10 s by itself.
	readyWithin = 10 * time.Minute
	// mountInterval is how often changed ConfigMaps and Secrets are written to the files that `serve` reads.
	mountInterval = 250 * time.Millisecond
	// tokenSeconds is the lifetime of its token: a demo that somebody plays with ends before.
	tokenSeconds = 24 * 60 * 60
)

// Serve is a running `dittoguard serve`.
type Serve struct {
	// Log is the file with what it wrote to both streams.
	Log string
	// Kubeconfig is its own, with the rights of the chart's ServiceAccount.
	Kubeconfig string

	process    *exec.Cmd
	stopBeside context.CancelFunc
	// health and metrics are the addresses of /readyz and of /metrics.
	health, metrics string
	// done is closed when the process has ended; ended is why, nil for exit code 0.
	done  chan struct{}
	ended error
}

// StartServe runs what the chart's Deployment would: the binary with the chart's arguments and mounts, the rights of
// its ServiceAccount, on the address of its Service. It returns when /readyz says so.
func (c *Cluster) StartServe(ctx context.Context, binary string) (*Serve, error) {
	return c.StartLagging(ctx, binary, 0)
}

// StartLagging is StartServe with watches that are behind by lag, and more flags.
func (c *Cluster) StartLagging(ctx context.Context, binary string, lag time.Duration, flags ...string) (*Serve, error) {
	var service corev1.Service
	if err := c.Client.Get(ctx, types.NamespacedName{Namespace: Namespace, Name: Release}, &service); err != nil {
		return nil, fmt.Errorf("reading what the chart installed: %w", err)
	}
	flags = append([]string{fmt.Sprintf("--port=%d", service.Spec.Ports[0].Port)}, flags...)
	return c.startServe(ctx, How{Binary: binary, Lag: lag, Flags: flags}, "dittoguard", service.Spec.ClusterIP)
}

// startServe runs the binary as the Pod of a name, at an address.
func (c *Cluster) startServe(ctx context.Context, how How, name, address string) (_ *Serve, err error) {
	dir, err := os.MkdirTemp(c.dir, "serve")
	if err != nil {
		return nil, err
	}
	var deployment appsv1.Deployment
	if err := c.Client.Get(ctx, types.NamespacedName{Namespace: Namespace, Name: Release}, &deployment); err != nil {
		return nil, fmt.Errorf("reading what the chart installed: %w", err)
	}
	pod := &deployment.Spec.Template.Spec
	s := &Serve{
		Log: filepath.Join(dir, "log"), Kubeconfig: filepath.Join(dir, "kubeconfig"), done: make(chan struct{}),
		health: net.JoinHostPort(address, "8081"), metrics: net.JoinHostPort(address, "8080"),
	}
	// What runs beside the process runs as long as it does, whoever's context started it.
	beside, stopBeside := context.WithCancel(context.WithoutCancel(ctx))
	s.stopBeside = stopBeside
	defer func() {
		if err != nil {
			stopBeside()
		}
	}()
	api, ca := c.server(), c.Config.CAData
	if how.Lag > 0 {
		if api, ca, err = c.lagging(beside, how.Lag); err != nil {
			return nil, err
		}
	}
	account := types.NamespacedName{Namespace: Namespace, Name: pod.ServiceAccountName}
	if err := c.serviceAccountKubeconfig(ctx, api, ca, account, s.Kubeconfig); err != nil {
		return nil, err
	}
	m := &mounts{cluster: c, root: dir, namespace: Namespace, pod: pod}
	if err := m.wait(ctx, readyWithin); err != nil {
		return nil, err
	}
	var args []string
	variables := strings.NewReplacer("$(POD_NAMESPACE)", Namespace, "$(POD_NAME)", name)
	for _, arg := range pod.Containers[0].Args {
		args = append(args, m.localize(variables.Replace(arg)))
	}
	// Of a flag that is there twice the last one counts.
	args = append(args,
		"--kubeconfig="+s.Kubeconfig,
		"--bind-address="+address,
		"--health-addr="+s.health,
		"--metrics-addr="+s.metrics,
	)
	args = append(args, how.Flags...)
	if err := s.start(how, args); err != nil {
		return nil, err
	}
	go func() {
		for pause(beside, mountInterval) {
			// An object that is gone keeps its files, as in a pod.
			_ = m.sync(beside)
		}
	}()
	if err := s.waitReady(ctx); err != nil {
		s.Kill()
		return nil, err
	}
	return s, nil
}

func (s *Serve) start(how How, args []string) error {
	log, err := os.Create(s.Log)
	if err != nil {
		return err
	}
	defer log.Close()
	// No context: a process under a test's context would be killed while others still need it.
	s.process = leash.Command(how.Binary, args...)
	s.process.Stdout, s.process.Stderr = log, log
	s.process.Env = slices.DeleteFunc(os.Environ(), func(e string) bool { return strings.HasPrefix(e, "KUBE") })
	if how.Clock != "" {
		s.process.Env = append(s.process.Env, clockVariable+"="+string(how.Clock))
	}
	if err := s.process.Start(); err != nil {
		return fmt.Errorf("starting dittoguard serve: %w", err)
	}
	go func() {
		s.ended = s.process.Wait()
		close(s.done)
	}()
	return nil
}

// ServiceAccountKubeconfig writes a kubeconfig with a token of a ServiceAccount, and no right that it does not have.
func (c *Cluster) ServiceAccountKubeconfig(ctx context.Context, of types.NamespacedName, file string) error {
	return c.serviceAccountKubeconfig(ctx, c.server(), c.Config.CAData, of, file)
}

func (c *Cluster) serviceAccountKubeconfig(ctx context.Context, api string, ca []byte, of types.NamespacedName,
	file string) error {
	account := &corev1.ServiceAccount{}
	account.Namespace, account.Name = of.Namespace, of.Name
	request := &authenticationv1.TokenRequest{
		Spec: authenticationv1.TokenRequestSpec{ExpirationSeconds: ptr.To[int64](tokenSeconds)},
	}
	if err := c.Client.SubResource("token").Create(ctx, account, request); err != nil {
		return fmt.Errorf("asking for a token of ServiceAccount %s: %w", of, err)
	}
	config := clientcmdapi.NewConfig()
	config.Clusters["local"] = &clientcmdapi.Cluster{Server: api, CertificateAuthorityData: ca}
	config.AuthInfos["account"] = &clientcmdapi.AuthInfo{Token: request.Status.Token}
	config.Contexts["account"] = &clientcmdapi.Context{Cluster: "local", AuthInfo: "account"}
	config.CurrentContext = "account"
	if err := clientcmd.WriteToFile(*config, file); err != nil {
		return fmt.Errorf("writing a kubeconfig: %w", err)
	}
	return nil
}

func (s *Serve) waitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	last := "nothing answers"
	for {
		ready, detail := s.Ready(ctx)
		if ready {
			return nil
		}
		if detail != "" {
			last = detail
		}
		select {
		case <-s.done:
			return fmt.Errorf("dittoguard serve ended: %w\n%s", s.ended, s.Tail(20))
		default:
		}
		if !pause(ctx, 50*time.Millisecond) {
			return fmt.Errorf("dittoguard serve is not ready: %s\n%s", last, s.Tail(20))
		}
	}
}

// Ready asks /readyz and returns what it says.
func (s *Serve) Ready(ctx context.Context) (ready bool, detail string) {
	status, body, err := get(ctx, "http://"+s.health+"/readyz")
	return err == nil && status == http.StatusOK, body
}

// Clock is what time it is for the process, as its answers say.
func (s *Serve) Clock(ctx context.Context) (time.Time, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.health+"/healthz", nil)
	if err != nil {
		return time.Time{}, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return time.Time{}, err
	}
	_ = response.Body.Close()
	return time.Parse(http.TimeFormat, response.Header.Get("Date"))
}

// Metrics asks /metrics and returns what it says.
func (s *Serve) Metrics(ctx context.Context) (string, error) {
	_, body, err := get(ctx, "http://"+s.metrics+"/metrics")
	return body, err
}

func get(ctx context.Context, url string) (status int, body string, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, "", err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return response.StatusCode, string(text), err
}

// PID is the process.
func (s *Serve) PID() int { return s.process.Process.Pid }

// Stop asks the process to end and waits for it. The error is why it did not end well.
func (s *Serve) Stop() error {
	defer s.stopBeside()
	if err := s.process.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stopping dittoguard serve: %w", err)
	}
	select {
	case <-s.done:
	case <-time.After(stopWithin):
		s.Kill()
		return fmt.Errorf("dittoguard serve did not stop in %s\n%s", stopWithin, s.Tail(20))
	}
	if s.ended != nil {
		return fmt.Errorf("dittoguard serve ended: %w\n%s", s.ended, s.Tail(20))
	}
	return nil
}

// Kill ends the process at once, as a node that fails would. Killing one that has ended does nothing.
func (s *Serve) Kill() {
	s.stopBeside()
	_ = s.process.Process.Kill()
	<-s.done
}

// Tail is the end of the log, for messages.
func (s *Serve) Tail(lines int) string {
	text, err := os.ReadFile(s.Log)
	if err != nil {
		return err.Error()
	}
	all := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
	return "the end of dittoguard's log:\n" + string(bytes.Join(all[max(0, len(all)-lines):], []byte("\n")))
}

// pause waits; false says that the context has ended.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}
