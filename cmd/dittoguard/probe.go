package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/uuid"

	"github.com/dittoguard/dittoguard/webhook"
)

// What a probe can expect.
const (
	expectRefusal    = "refusal"
	expectAnswer     = "answer"
	expectTurnedAway = "turned-away"
)

// expectations are in the order of their help.
var expectations = []string{expectRefusal, expectAnswer, expectTurnedAway}

// sampleUser is the user of Ditto's sample deployment, with the password that everybody knows.
const sampleUser = "ditto:A6BgmB8IEtPTs\n"

// longestReview bounds what is read of an answer, in bytes.
const longestReview = 1 << 20

// probeOptions are the flags of probe.
type probeOptions struct {
	caFile, caText string
	address        string
	namespace      string
	expect         string
	timeout        time.Duration
}

func newProbe() *cobra.Command {
	o := probeOptions{}
	cmd := &cobra.Command{
		Use:   "probe URL",
		Short: "Ask a running webhook, as an API server would",
		Long: `Ask a running webhook, as an API server would: about a ConfigMap that has to be let in,
and about one with the published password of Ditto's sample deployment. Nothing is stored.
helm test runs this command. It fails if the webhook cannot be reached, shows another
certificate, does not answer what was asked, or answers otherwise than expected.`,
		Example: `  dittoguard probe https://dittoguard.dittoguard.svc --ca ca.crt`,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.validate(args[0]); err != nil {
				return err
			}
			return o.run(cmd.Context(), cmd.OutOrStdout(), args[0])
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.caFile, "ca", "", "`file` with the CA of the webhook's certificate")
	f.StringVar(&o.caText, "ca-pem", "", "that CA itself, as PEM")
	f.StringVar(&o.address, "address", "",
		"where to connect to, as HOST:PORT, for example to a forwarded port (default: the URL's host)")
	f.StringVarP(&o.namespace, "namespace", "n", "default", "namespace that the webhook is asked about")
	f.StringVar(&o.expect, "expect", expectRefusal,
		"what the webhook does: refusal (of the published password), answer (whatever it says of that, "+
			"for a configuration of your own), or turned-away (of whoever shows no client certificate)")
	f.DurationVar(&o.timeout, "timeout", 30*time.Second, "for how long to try again what fails")
	cobra.CheckErr(cmd.MarkFlagFilename("ca"))
	return cmd
}

func (o *probeOptions) validate(url string) error {
	var problems []error
	if !strings.HasPrefix(url, "https://") {
		problems = append(problems, fmt.Errorf("%q is no URL of a webhook; expected https://HOST", url))
	}
	if (o.caFile == "") == (o.caText == "") {
		problems = append(problems, errors.New("--ca, --ca-pem: expected one of the two, to know the webhook by"))
	}
	if !slices.Contains(expectations, o.expect) {
		problems = append(problems, fmt.Errorf("--expect: %q is nothing to expect; expected one of %s", o.expect,
			strings.Join(expectations, ", ")))
	}
	if o.timeout <= 0 {
		problems = append(problems, fmt.Errorf("--timeout: %s is no time", o.timeout))
	}
	return errors.Join(problems...)
}

// run asks until the answers are as expected, or it has taken too long.
func (o *probeOptions) run(ctx context.Context, out io.Writer, url string) error {
	ca := []byte(o.caText)
	if o.caFile != "" {
		var err error
		if ca, err = os.ReadFile(o.caFile); err != nil {
			return fmt.Errorf("--ca: %w", err)
		}
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(ca) {
		return errors.New("the CA holds no certificate in PEM")
	}
	ctx, cancel := context.WithTimeout(ctx, o.timeout)
	defer cancel()
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
		DialContext: (&net.Dialer{Timeout: o.timeout}).DialContext}
	if dial := transport.DialContext; o.address != "" {
		transport.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
			return dial(ctx, network, o.address)
		}
	}
	client := &http.Client{Transport: transport}
	var last error
	for {
		lines, err := o.once(ctx, client, strings.TrimSuffix(url, "/")+webhook.ValidatePath)
		if err == nil {
			for _, line := range lines {
				fmt.Fprintln(out, line)
			}
			return nil
		}
		// That the time is over says less than what went wrong before.
		if last == nil || ctx.Err() == nil {
			last = err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("asking %s: %w", url, last)
		case <-time.After(min(time.Second, o.timeout/10)):
		}
	}
}

// once asks about both ConfigMaps. An error says what is not as expected.
func (o *probeOptions) once(ctx context.Context, client *http.Client, url string) ([]string, error) {
	harmless, err := ask(ctx, client, url, o.configMap(map[string]string{"probe": "harmless"}))
	if o.expect == expectTurnedAway {
		// The alert of RFC 8446, section 6.2, of which crypto/tls exports no type.
		if err == nil || !strings.Contains(err.Error(), "tls: certificate required") {
			return nil, fmt.Errorf("whoever shows no client certificate should be turned away, and is not: %w",
				happened(err))
		}
		return []string{"The webhook turns away who shows no client certificate."}, nil
	}
	if err != nil {
		return nil, err
	}
	if !harmless.Allowed {
		return nil, fmt.Errorf("a harmless ConfigMap is refused: %s", message(harmless))
	}
	published, err := ask(ctx, client, url, o.configMap(map[string]string{"nginx.htpasswd": sampleUser}))
	if err != nil {
		return nil, err
	}
	lines := []string{"The webhook lets in a harmless ConfigMap."}
	switch {
	case !published.Allowed:
		return append(lines, "It refuses a published password: "+message(published)), nil
	case o.expect == expectRefusal:
		return nil, errors.New("a published password is let in: nothing is enforced, or the configuration lets it pass")
	case len(published.Warnings) > 0:
		return append(lines, "It lets in a published password, and warns: "+strings.Join(published.Warnings, "; ")), nil
	}
	return append(lines, "It lets in a published password, and says nothing."), nil
}

// happened is what went wrong, or that nothing did where something should have.
func happened(err error) error {
	if err == nil {
		return errors.New("it gets an answer")
	}
	return err
}

func message(response *admissionv1.AdmissionResponse) string {
	if response.Result == nil {
		return ""
	}
	first, _, _ := strings.Cut(response.Result.Message, "\n")
	return first
}

func (o *probeOptions) configMap(data map[string]string) *corev1.ConfigMap {
	return &corev1.ConfigMap{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "ConfigMap"},
		ObjectMeta: metav1.ObjectMeta{Namespace: o.namespace, Name: "dittoguard-probe", UID: uuid.NewUUID()},
		Data:       data,
	}
}

// ask sends a review of an object that is to be created, as a dry run.
func ask(ctx context.Context, client *http.Client, url string,
	object *corev1.ConfigMap) (*admissionv1.AdmissionResponse, error) {
	raw, err := json.Marshal(object)
	if err != nil {
		return nil, err
	}
	uid := uuid.NewUUID()
	body, err := json.Marshal(admissionv1.AdmissionReview{
		TypeMeta: metav1.TypeMeta{APIVersion: admissionv1.SchemeGroupVersion.String(), Kind: "AdmissionReview"},
		Request: &admissionv1.AdmissionRequest{
			UID: uid, Operation: admissionv1.Create, Namespace: object.Namespace, Name: object.Name, DryRun: new(true),
			Kind:     metav1.GroupVersionKind{Version: "v1", Kind: "ConfigMap"},
			Resource: metav1.GroupVersionResource{Version: "v1", Resource: "configmaps"},
			Object:   runtime.RawExtension{Raw: raw},
		},
	})
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"?timeout=5s", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(response.Body, longestReview))
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("it answers %s: %s", response.Status, strings.TrimSpace(string(text)))
	}
	var review admissionv1.AdmissionReview
	if err := json.Unmarshal(text, &review); err != nil || review.Response == nil {
		return nil, errors.New("it answers no AdmissionReview")
	}
	if review.Response.UID != uid {
		return nil, errors.New("it answers another request")
	}
	return review.Response, nil
}
