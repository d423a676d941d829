package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/klog/v2"
	ctrl "sigs.k8s.io/controller-runtime"
	ctrlmetrics "sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/dittoguard/dittoguard/internal/audit"
	"github.com/dittoguard/dittoguard/internal/certs"
	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/clock"
	"github.com/dittoguard/dittoguard/internal/config"
	"github.com/dittoguard/dittoguard/internal/ditto/htpasswd"
	"github.com/dittoguard/dittoguard/internal/ditto/index"
	"github.com/dittoguard/dittoguard/internal/glass"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/cluster"
	"github.com/dittoguard/dittoguard/internal/inventory/journal"
	"github.com/dittoguard/dittoguard/webhook"
)

// serveOptions are the flags of serve.
type serveOptions struct {
	ruleOptions
	configFile string
	kubeconfig string

	bindAddress    string
	port           int
	healthAddress  string
	metricsAddress string

	certMode, certDir            string
	namespace                    string
	serviceName, caSecret        string
	validatingName, mutatingName string
	protected, failOpen          []string
	clientCA                     string
	clientNames                  []string
	logLevel                     string
	auditing                     auditingOptions
	breakGlass                   string
	longestGlass                 time.Duration
	settle                       time.Duration
	leafDuration, caDuration     time.Duration
	peerPort                     int
	pod                          string
	// now is what time it is for API servers; nil means for this process.
	now func() time.Time
}

func newServe() *cobra.Command {
	var o serveOptions
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the admission webhook",
		Long: `Run the admission webhook. The Helm chart runs this command. It watches everything that
it judges, and serves /validate and /mutate over TLS, /healthz and /readyz (which says
what is missing), and /metrics.`,
		Example: `  dittoguard serve --config /etc/dittoguard/configuration.yaml --cert-mode self \
    --namespace dittoguard --service-name dittoguard --ca-secret dittoguard-ca \
    --webhook-config dittoguard --mutating-webhook-config dittoguard --protected-namespaces ditto`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.validate(); err != nil {
				return err
			}
			return o.run(cmd.Context())
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.configFile, "config", "",
		"configuration file, kind Configuration, reloaded when it changes (default: built-in defaults)")
	o.addFlag(f)
	f.Lookup("rules").Usage += "; reloaded when they change"
	f.StringVar(&o.kubeconfig, "kubeconfig", "", "kubeconfig file (default: the Pod's service account, or $KUBECONFIG)")
	f.StringVar(&o.bindAddress, "bind-address", "", "address that the webhook listens on (default: all)")
	f.IntVar(&o.port, "port", 9443, "port of the webhook")
	f.IntVar(&o.peerPort, "peer-port", 0,
		"port that replicas ask one another on; 0 switches it off, and replicas then read everything live")
	f.StringVar(&o.pod, "pod", os.Getenv("POD_NAME"), "name of this Pod, for --peer-port")
	f.StringVar(&o.healthAddress, "health-addr", ":8081", "address of /healthz and /readyz; 0 switches them off")
	f.StringVar(&o.metricsAddress, "metrics-addr", ":8080", "address of /metrics; 0 switches it off")
	f.StringVar(&o.certMode, "cert-mode", "self",
		"where the certificate comes from: self (managed here) or dir (mounted, from cert-manager)")
	f.StringVar(&o.certDir, "cert-dir", "/tls", "folder with tls.crt and tls.key, for --cert-mode dir")
	f.StringVar(&o.namespace, "namespace", os.Getenv("POD_NAMESPACE"), "namespace that dittoguard runs in")
	f.StringVar(&o.serviceName, "service-name", "dittoguard", "Service that the API server calls")
	f.StringVar(&o.caSecret, "ca-secret", "dittoguard-ca",
		"Secret with the certificate authority, for --cert-mode self")
	f.StringVar(&o.validatingName, "webhook-config", "dittoguard",
		"ValidatingWebhookConfiguration to write the CA into, for --cert-mode self")
	f.StringVar(&o.mutatingName, "mutating-webhook-config", "",
		"MutatingWebhookConfiguration to write the CA into, for --cert-mode self; empty if there is none")
	f.StringVar(&o.clientCA, "client-ca", "",
		"file with the CA of the client certificate that API servers must present; without it any client may send requests")
	f.StringSliceVar(&o.clientNames, "client-names", nil,
		"common names or DNS names that the client certificate may have, for --client-ca (default: any)")
	f.StringSliceVar(&o.protected, "protected-namespaces", nil,
		"namespaces where Secrets are read, and where the audit expects the webhook to fail closed")
	f.StringSliceVar(&o.failOpen, "fail-open-namespaces", nil,
		"those of --protected-namespaces that fail open, as the webhook configurations say")
	f.StringVar(&o.breakGlass, "break-glass", "",
		"ConfigMap in --namespace with which nothing is refused for a while, in an emergency; empty: none")
	f.DurationVar(&o.longestGlass, "break-glass-longest", 4*time.Hour,
		"how long after its creation that ConfigMap may count, at most "+glass.Longest.String())
	o.auditing.addFlags(f)
	f.DurationVar(&o.settle, "settle", 0,
		"how long what other processes let in may still be stored (default: 1m); for tests, where there are none")
	f.DurationVar(&o.leafDuration, "leaf-duration", 0,
		"how long a certificate is valid (default: 7 days), for --cert-mode self; for tests, which see it renewed")
	f.DurationVar(&o.caDuration, "ca-duration", 0,
		"how long a CA is valid (default: 365 days), for --cert-mode self; for tests, which see it renewed")
	for _, name := range []string{"settle", "leaf-duration", "ca-duration"} {
		_ = f.MarkHidden(name) // it is there
	}
	f.StringVar(&o.logLevel, "log-level", "info", "debug, info, warn or error")
	return cmd
}

func (o *serveOptions) validate() error {
	var problems []error
	if o.namespace == "" {
		problems = append(problems, errors.New("--namespace: required (or POD_NAMESPACE)"))
	}
	if o.certMode != "self" && o.certMode != "dir" {
		problems = append(problems, fmt.Errorf("--cert-mode: %q is not a mode; expected self or dir", o.certMode))
	}
	if o.peerPort != 0 && o.pod == "" {
		problems = append(problems, errors.New("--pod: required with --peer-port (or POD_NAME)"))
	}
	problems = append(problems, o.validateNamespaces()...)
	if o.longestGlass <= 0 || o.longestGlass > glass.Longest {
		problems = append(problems, fmt.Errorf("--break-glass-longest: %s is not between 0 and %s", o.longestGlass,
			glass.Longest))
	}
	if len(o.clientNames) > 0 && o.clientCA == "" {
		problems = append(problems, errors.New("--client-names: needs --client-ca"))
	}
	var level slog.Level
	if err := level.UnmarshalText([]byte(o.logLevel)); err != nil {
		problems = append(problems, fmt.Errorf("--log-level: %q is not a level; expected debug, info, warn or error",
			o.logLevel))
	}
	return errors.Join(append(problems, o.auditing.validate())...)
}

// validateNamespaces checks what the chart checks of its protected namespaces.
func (o *serveOptions) validateNamespaces() []error {
	var problems []error
	seen := map[string]bool{}
	for _, namespace := range o.protected {
		switch faults := validation.IsDNS1123Label(namespace); {
		case len(faults) > 0:
			problems = append(problems, fmt.Errorf("--protected-namespaces: %q is no name of a namespace: %s",
				namespace, strings.Join(faults, "; ")))
		case seen[namespace]:
			problems = append(problems, fmt.Errorf("--protected-namespaces: %q is there twice", namespace))
		case namespace == metav1.NamespaceSystem || namespace == o.namespace:
			problems = append(problems,
				fmt.Errorf("--protected-namespaces: %q cannot be protected, since nothing is judged there, so that a cluster can be repaired", namespace))
		}
		seen[namespace] = true
	}
	for _, namespace := range o.failOpen {
		if !seen[namespace] {
			problems = append(problems, fmt.Errorf("--fail-open-namespaces: %q is not in --protected-namespaces",
				namespace))
		}
	}
	return problems
}

func (o *serveOptions) run(ctx context.Context) error {
	log := newLog(o.logLevel)
	ctrl.SetLogger(log)
	klog.SetLogger(log)

	restConfig, err := o.restConfig()
	if err != nil {
		return err
	}
	server := clock.NewServer()
	restConfig.Wrap(server.Wrap)
	o.now = server.Now
	source, err := o.certificates(restConfig)
	if err != nil {
		return err
	}
	metrics := newMetrics(source)
	recorder := webhook.NewMetrics(metrics)
	own := journal.New()
	others, asking := o.others(own, source, log.WithName("replicas"))
	world, err := cluster.New(restConfig, cluster.Options{
		Index: index.Of, Kinds: index.Kinds, Select: index.Selection, ProtectedNamespaces: o.protected,
		OwnNamespace: o.namespace,
		Journal:      own, Others: others, Settle: o.settle,
		Count: func(err error) { recorder.LiveRequest(err == nil) }, Log: log.WithName("inventory"),
	})
	if err != nil {
		return err
	}
	metrics.MustRegister(unreadKinds{world.Unread}, cacheAge(world), journalMetric(world.Trusted))
	passwords := htpasswd.NewVerifier(htpasswd.Options{})
	defer passwords.Close()
	judges := webhook.NewReloader(webhook.ReloaderOptions[*check.Checker]{
		Path: o.configFile, Folders: o.dirs, Load: o.loadJudge(passwords, log.WithName("rules")),
		Recorder: recorder, Log: log.WithName("configuration"),
	})
	current := func() *check.Checker { checker, _ := judges.Current(); return checker } // nil until one is loaded
	metrics.MustRegister(exceptions{current})
	broken, breaking := o.glass(world.Reader(), o.now, metrics, log.WithName("break glass"))
	handlers := webhook.Options{
		Judge: func() check.Judge {
			if checker := current(); checker != nil {
				return checker
			}
			return nil
		},
		Inventory: world.Reader(), Synced: world.HasSynced,
		Live:    func(before, after *inventory.Object) webhook.Live { return world.Begin(before, after) },
		Unheard: world.Missed, BreakGlass: broken.In, Handover: webhook.NewHandover(),
		Recorder: recorder, Log: log.WithName("webhook"),
	}
	var clients *webhook.Clients
	if o.clientCA != "" {
		clients = &webhook.Clients{CAFile: o.clientCA, Names: o.clientNames}
		if err := clients.Check(); err != nil {
			return fmt.Errorf("--client-ca: %w", err)
		}
	}
	components := []webhook.Component{
		{Name: "certificates", Start: source.Start, Ready: source.Ready, Note: server.Note},
		{Name: "caches", Start: world.Start, Ready: world.Ready, Note: world.Note},
		{Name: "configuration", Start: judges.Start, Ready: judges.Ready, Note: judges.Note},
		frugal(world),
	}
	components = append(append(components, asking...), breaking...)
	if o.auditing.enabled {
		// The mutating configuration does not exist in a dry run, in which nothing fails closed either.
		installation := audit.Installation{
			Namespace: o.namespace, ServiceName: o.serviceName, Validating: o.validatingName, Mutating: o.mutatingName,
			Protected: o.protected, FailOpen: o.failOpen, Enforces: o.mutatingName != "",
			Asked: audit.NewAsked(o.protected, world.Trusted),
		}
		own.OnRequest = installation.Asked.Request
		metrics.MustRegister(installation.Asked)
		auditing, err := o.auditing.component(restConfig, world, current, o.namespace, installation, broken, metrics,
			log.WithName("audit"))
		if err != nil {
			return err
		}
		components = append(components, auditing)
	}
	return webhook.Run(ctx, webhook.ServerOptions{
		Host: o.bindAddress, Port: o.port, HealthAddress: o.healthAddress, MetricsAddress: o.metricsAddress,
		GetCertificate: source.GetCertificate, Clients: clients,
		Validator: webhook.NewValidator(handlers), Mutator: webhook.NewMutator(handlers), Unheard: world.Missed,
		Components: components,
		// What every Go process shows is in controller-runtime's registry.
		Recorder: recorder, Metrics: prometheus.Gatherers{metrics, ctrlmetrics.Registry}, Log: log,
	})
}

// loadJudge makes a checker of a configuration file's content and the rules as they are now; nil content means the
// defaults.
func (o *serveOptions) loadJudge(passwords *htpasswd.Verifier, log logr.Logger) func([]byte) (*check.Checker, error) {
	return func(content []byte) (*check.Checker, error) {
		list, own, err := o.load()
		if err != nil {
			return nil, err
		}
		for _, line := range unseen(own) {
			log.Info("a rule matches kinds that the webhook is not asked about", "rule", line)
		}
		cfg := config.Default()
		if content != nil {
			if cfg, err = config.Parse(o.configFile, content, list); err != nil {
				return nil, err
			}
		}
		return check.New(check.Options{Rules: list, Proved: true, Config: cfg, Passwords: passwords, Now: o.now,
			Protected: append([]string{}, o.protected...)})
	}
}

func (o *serveOptions) certificates(restConfig *rest.Config) (certs.Source, error) {
	if o.certMode == "dir" {
		return certs.NewDirectory(certs.DirectoryOptions{Path: o.certDir, Namespace: o.namespace,
			ServiceName: o.serviceName}), nil
	}
	return certs.NewSelf(restConfig, certs.SelfOptions{
		Namespace: o.namespace, ServiceName: o.serviceName, CASecret: o.caSecret,
		ValidatingConfig: o.validatingName, MutatingConfig: o.mutatingName,
		Now: o.now, LeafDuration: o.leafDuration, CADuration: o.caDuration,
	})
}

func (o *serveOptions) restConfig() (*rest.Config, error) {
	loading := clientcmd.NewDefaultClientConfigLoadingRules()
	loading.ExplicitPath = o.kubeconfig
	restConfig, err := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(loading, nil).ClientConfig()
	if err != nil {
		return nil, fmt.Errorf("finding the cluster: %w", err)
	}
	restConfig.UserAgent = "dittoguard/" + buildVersion()
	return restConfig, nil
}

// newLog writes structured lines to standard error.
func newLog(level string) logr.Logger {
	var l slog.Level
	_ = l.UnmarshalText([]byte(level)) // validated with the flags
	return logr.FromSlogHandler(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: l}))
}
