package bench

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	certutil "k8s.io/client-go/util/cert"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/dittoguard/dittoguard/test/leash"
)

// controller is another admission controller, whose webhooks are asked about one namespace, named like it.
type controller struct {
	name     string
	policies func(n int) string
	// prepare makes what it needs, and says how it is run; the custom resources are there already.
	prepare func(f *fixture, b *testing.B, c *controller) (args, env []string)
	process *os.Process
	log     string
}

var controllers = []*controller{
	{name: "gatekeeper", policies: gatekeeperPolicies, prepare: (*fixture).prepareGatekeeper},
	{name: "kyverno", policies: kyvernoPolicies, prepare: (*fixture).prepareKyverno},
}

// BenchmarkPeersOnline compares what a client waits for, and what it costs, when a Deployment is created that nobody objects to: without a
// webhook, with one that does nothing, with dittoguard and all of its rules, and with Gatekeeper and Kyverno and 5, then 20 policies of
// one CEL expression each. The requests take turns. ns/op says nothing.
func BenchmarkPeersOnline(b *testing.B) {
	bin := needPeers(b)
	f := need(b)
	for _, c := range controllers {
		f.startController(b, bin, c)
	}
	for _, n := range []int{5, 20} {
		for _, c := range controllers {
			f.enforce(b, c, n)
		}
		for _, clients := range []int{1, 16} {
			b.Run(fmt.Sprintf("policies=%d/clients=%d", n, clients), func(b *testing.B) { f.comparePeers(b, clients) })
		}
	}
}

func (f *fixture) comparePeers(b *testing.B, clients int) {
	b.Helper()
	list := []*scenario{
		{name: "nobody", namespace: nobody, ask: createDeployment},
		{name: "noop", namespace: noop, ask: createDeployment},
		{name: "dittoguard", namespace: dittoguard, ask: createDeployment},
	}
	pids := map[string]int{"dittoguard": f.serve.PID()}
	for _, c := range controllers {
		list = append(list, &scenario{name: c.name, namespace: c.name, ask: createDeployment})
		pids[c.name] = c.process.Pid
	}
	times := max(20/clients, 3)
	f.round(b, list, clients, times) // connections, caches
	for _, s := range list {
		s.latencies = nil
	}
	before := map[string]float64{}
	for name, pid := range pids {
		before[name] = cpuOf(b, pid)
	}
	asked := 0
	for b.Loop() {
		for range 10 {
			f.round(b, list, clients, times)
			asked += clients * times
		}
	}
	for _, s := range list {
		b.ReportMetric(median(s.latencies), s.name+"-ms")
	}
	for name, pid := range pids {
		b.ReportMetric(1000*(cpuOf(b, pid)-before[name])/float64(asked), name+"-cpu-ms/request")
		b.ReportMetric(residentOf(b, pid)["VmRSS"], name+"-MiB")
	}
}

// startController makes the custom resources known and starts it.
func (f *fixture) startController(b *testing.B, bin string, c *controller) {
	b.Helper()
	ctx := b.Context()
	if out, err := f.Kubectl(ctx, nil, "apply", "--server-side", "--filename", filepath.Join(bin, "definitions-"+c.name)); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	for _, namespace := range []string{c.name, c.name + "-system"} {
		if err := f.Client.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}); err != nil {
			b.Fatal(err)
		}
	}
	dir := filepath.Join(f.dir, c.name)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		b.Fatal(err)
	}
	c.log = filepath.Join(dir, "log")
	log, err := os.Create(c.log)
	if err != nil {
		b.Fatal(err)
	}
	args, env := c.prepare(f, b, c)
	cmd := leash.Command(filepath.Join(bin, c.name), args...)
	cmd.Env, cmd.Dir, cmd.Stdout, cmd.Stderr = append(os.Environ(), env...), dir, log, log
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	c.process = cmd.Process
	f.others = append(f.others, c.process)
}

// prepareGatekeeper is Gatekeeper's webhook, asked about one namespace. It writes the definitions of constraints, too; its audit, which would be
// another process, does not run.
func (f *fixture) prepareGatekeeper(b *testing.B, c *controller) (args, env []string) {
	b.Helper()
	certificate, key, err := certutil.GenerateSelfSignedCertKey("127.0.0.1", []net.IP{net.IPv4(127, 0, 0, 1)}, nil)
	if err != nil {
		b.Fatal(err)
	}
	dir := filepath.Join(f.dir, c.name)
	for name, content := range map[string][]byte{"tls.crt": certificate, "tls.key": key, "ca.crt": certificate} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			b.Fatal(err)
		}
	}
	// Its status belongs to its Pod.
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "gatekeeper-system", Name: "gatekeeper"}}
	pod.Spec.Containers = []corev1.Container{{Name: "manager", Image: "registry.example.com/gatekeeper:3"}}
	if err := f.Client.Create(b.Context(), pod); err != nil {
		b.Fatal(err)
	}
	port := freePort(b)
	fail, none := admissionregistrationv1.Fail, admissionregistrationv1.SideEffectClassNone
	err = f.Client.Create(b.Context(), &admissionregistrationv1.ValidatingWebhookConfiguration{
		ObjectMeta: metav1.ObjectMeta{Name: c.name},
		Webhooks: []admissionregistrationv1.ValidatingWebhook{{
			Name:         "validation.gatekeeper.sh",
			ClientConfig: admissionregistrationv1.WebhookClientConfig{URL: new("https://127.0.0.1:" + port + "/v1/admit"), CABundle: certificate},
			Rules: []admissionregistrationv1.RuleWithOperations{{
				Operations: []admissionregistrationv1.OperationType{admissionregistrationv1.Create, admissionregistrationv1.Update},
				Rule:       admissionregistrationv1.Rule{APIGroups: []string{"*"}, APIVersions: []string{"*"}, Resources: []string{"*"}},
			}},
			NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"kubernetes.io/metadata.name": c.name}},
			FailurePolicy:     &fail, SideEffects: &none, AdmissionReviewVersions: []string{"v1"},
		}},
	})
	if err != nil {
		b.Fatal(err)
	}
	args = []string{"--operation=webhook", "--operation=generate", "--host=127.0.0.1", "--port=" + port, "--cert-dir=" + dir, "--disable-cert-rotation",
		"--health-addr=127.0.0.1:" + freePort(b), "--prometheus-port=" + freePort(b), "--log-level=WARNING", "--kubeconfig=" + f.Kubeconfig}
	return args, []string{"POD_NAME=gatekeeper", "POD_NAMESPACE=gatekeeper-system"}
}

// prepareKyverno is Kyverno's admission controller, asked about one namespace. Its other controllers do not run.
func (f *fixture) prepareKyverno(b *testing.B, c *controller) (args, env []string) {
	b.Helper()
	for name, data := range map[string]map[string]string{
		"kyverno": {
			"webhooks": `{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "` + c.name + `"}}}`,
		},
		"kyverno-metrics": {},
	} {
		o := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: "kyverno-system", Name: name}, Data: data}
		if err := f.Client.Create(b.Context(), o); err != nil {
			b.Fatal(err)
		}
	}
	port := freePort(b)
	args = []string{"--kubeconfig=" + f.Kubeconfig, "--serverIP=127.0.0.1:" + port, "--webhookServerHost=127.0.0.1", "--webhookServerPort=" + port,
		"--servicePort=" + port, "--caSecretName=kyverno-ca", "--tlsSecretName=kyverno-tls", "--metricsHost=127.0.0.1", "--metricsPort=" + freePort(b),
		"--controllerRuntimeMetricsAddress=127.0.0.1:" + freePort(b), "--admissionReports=false", "--enableReporting=", "--v=1",
		"--backgroundServiceAccountName=system:serviceaccount:kyverno-system:background",
		"--reportsServiceAccountName=system:serviceaccount:kyverno-system:reports"}
	return args, []string{"KYVERNO_NAMESPACE=kyverno-system", "KYVERNO_POD_NAME=kyverno", "KYVERNO_SERVICEACCOUNT_NAME=kyverno",
		"KYVERNO_ROLE_NAME=kyverno", "KYVERNO_DEPLOYMENT=kyverno", "KYVERNO_SVC=kyverno-svc", "INIT_CONFIG=kyverno", "METRICS_CONFIG=kyverno-metrics"}
}

// enforce gives a controller its policies, and waits until each of them refuses what it forbids.
func (f *fixture) enforce(b *testing.B, c *controller, n int) {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.Context(), time.Minute)
	defer cancel()
	fail := func(err error, what string) {
		log, _ := os.ReadFile(c.log)
		lines := strings.Split(string(log), "\n")
		b.Fatalf("%s: %v\n%s\n%s", c.name, err, what, strings.Join(lines[max(0, len(lines)-6):], "\n"))
	}
	// A constraint's kind is known some time after its template.
	for {
		out, err := f.Kubectl(b.Context(), strings.NewReader(c.policies(n)), "apply", "--server-side", "--force-conflicts", "--filename", "-")
		if err == nil {
			break
		}
		if ctx.Err() != nil {
			fail(err, out)
		}
		time.Sleep(time.Second)
	}
	for i := range n {
		for {
			d := unrelated(c.name)
			d.Spec.Template.Spec.Containers[0].Env[0].Name = fmt.Sprintf("FORBIDDEN_%d", i)
			d.Spec.Template.Spec.Containers[0].Env[0].Value = "published"
			err := f.Client.Create(ctx, d, client.DryRunAll)
			if err != nil && strings.Contains(err.Error(), fmt.Sprintf("setting-%d", i)) {
				break
			}
			if ctx.Err() != nil {
				fail(err, fmt.Sprintf("policy %d is not in force", i))
			}
			time.Sleep(100 * time.Millisecond)
		}
	}
	// Some change their certificates when they have just begun.
	for well := time.Now(); time.Since(well) < 5*time.Second; time.Sleep(50 * time.Millisecond) {
		if err := createDeployment(ctx, f.Client, c.name); err != nil {
			if ctx.Err() != nil {
				fail(err, "what is allowed fails")
			}
			well = time.Now()
		}
	}
}

// freePort is a port on loopback that nobody listens on.
func freePort(b *testing.B) string {
	b.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer listener.Close()
	return strconv.Itoa(listener.Addr().(*net.TCPAddr).Port)
}

// namesOf are the namespaces of the controllers.
func namesOf(list []*controller) []string {
	var names []string
	for _, c := range list {
		names = append(names, c.name, c.name+"-system")
	}
	return slices.Sorted(slices.Values(names))
}
