package audit

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/kubernetes"
)

// watchInstallation is how often dittoguard's own webhook configurations are looked at.
const watchInstallation = 30 * time.Second

// The reasons of Events about dittoguard's own webhook configurations.
const (
	// ReasonWeakened: what should be judged is not, or fails open.
	ReasonWeakened = "EnforcementWeakened"
	// ReasonRestored: it is as it should be again.
	ReasonRestored = "EnforcementRestored"
)

// Installation is how the API server was told to ask dittoguard, as far as a replica knows it. Whoever may change that
// can switch dittoguard off, on purpose or by mistake, and dittoguard itself would notice nothing: it is only asked
// less.
type Installation struct {
	Client kubernetes.Interface
	// Namespace and ServiceName name the Service that is to be asked.
	Namespace, ServiceName string
	// Validating and Mutating are the names of the webhook configurations; empty for one that is not there.
	Validating, Mutating string
	// Protected are the protected namespaces. They fail closed, unless they are in FailOpen or nothing is enforced.
	Protected, FailOpen []string
	Enforces            bool
	// Asked says whether anybody asks; nil if that is not known.
	Asked *Asked
}

// conditions are the names of the match conditions that the chart has in protected namespaces. Another one leaves
// something out. What these say is not compared.
var conditions = []string{"not-cleaning-up", "not-following-pods"}

// judged are resources that are judged wherever dittoguard is installed. Custom resources are left to what is
// installed.
var judged = map[string][]string{
	"":                  {"configmaps", "pods", "replicationcontrollers", "secrets", "services"},
	"apps":              {"daemonsets", "deployments", "replicasets", "statefulsets"},
	"batch":             {"cronjobs", "jobs"},
	"discovery.k8s.io":  {"endpointslices"},
	"networking.k8s.io": {"ingresses", "networkpolicies"},
}

var operations = []admissionregistrationv1.OperationType{admissionregistrationv1.Create, admissionregistrationv1.Update,
	admissionregistrationv1.Delete}

// A Problem is what is wrong with a webhook configuration; Text is empty if nothing is.
type Problem struct{ Kind, Name, Text string }

// Problems are those of both configurations. An error says that they could not be read this time.
func (i *Installation) Problems(ctx context.Context) ([]Problem, error) {
	var list []Problem
	if i.Validating != "" {
		p := Problem{Kind: "ValidatingWebhookConfiguration", Name: i.Validating}
		found, err := i.Client.AdmissionregistrationV1().ValidatingWebhookConfigurations().Get(ctx, i.Validating,
			metav1.GetOptions{})
		if p.Text, err = unread(err, "nothing is judged"); err != nil {
			return nil, err
		} else if p.Text == "" {
			texts := i.weak(found.Webhooks)
			if text := i.Asked.Problem(); text != "" {
				texts = append(texts, text)
			}
			p.Text = strings.Join(texts, "; ")
		}
		list = append(list, p)
	}
	if i.Mutating != "" {
		p := Problem{Kind: "MutatingWebhookConfiguration", Name: i.Mutating}
		_, err := i.Client.AdmissionregistrationV1().MutatingWebhookConfigurations().Get(ctx, i.Mutating,
			metav1.GetOptions{})
		if p.Text, err = unread(err, "nothing is added to objects"); err != nil {
			return nil, err
		}
		list = append(list, p)
	}
	return list, nil
}

// unread says what an error of reading means: a problem of the installation, or nothing but that it has to be tried
// again.
func unread(err error, consequence string) (string, error) {
	switch {
	case err == nil:
		return "", nil
	case apierrors.IsNotFound(err):
		return "it is missing: " + consequence, nil
	case apierrors.IsForbidden(err):
		return "dittoguard may not read it, so nobody notices when it is changed", nil
	}
	return "", err
}

// weak says what of the protected namespaces is not judged, or fails open.
func (i *Installation) weak(webhooks []admissionregistrationv1.ValidatingWebhook) []string {
	open := map[bool][]string{}
	var conditioned []string
	less := map[string][]string{}
	for _, namespace := range i.Protected {
		mayFail := !i.Enforces || slices.Contains(i.FailOpen, namespace)
		name := labels.Set{corev1.LabelMetadataName: namespace}
		var entries []admissionregistrationv1.ValidatingWebhook
		for _, w := range webhooks {
			selector, err := metav1.LabelSelectorAsSelector(w.NamespaceSelector)
			everything := w.ObjectSelector == nil ||
				len(w.ObjectSelector.MatchLabels)+len(w.ObjectSelector.MatchExpressions) == 0
			// A label beside the name would be one that the namespace's owner can take off.
			if err == nil && everything && i.asks(w.ClientConfig) && selector.Matches(name) &&
				(w.FailurePolicy == nil || *w.FailurePolicy == admissionregistrationv1.Fail || mayFail) {
				entries = append(entries, w)
			}
		}
		if len(entries) == 0 {
			open[mayFail] = append(open[mayFail], namespace)
			continue
		}
		if missing := uncovered(entries); len(missing) > 0 {
			text := strings.Join(missing, ", ")
			less[text] = append(less[text], namespace)
		}
		for _, w := range entries {
			for _, condition := range w.MatchConditions {
				if text := fmt.Sprintf("%s of %s", condition.Name, w.Name); !slices.Contains(conditions,
					condition.Name) && !slices.Contains(conditioned, text) {
					conditioned = append(conditioned, text)
				}
			}
		}
	}
	var list []string
	for _, mayFail := range []bool{false, true} {
		what := "no entry that fails closed selects it by its name alone and asks dittoguard"
		if mayFail {
			what = "no entry selects it by its name alone and asks dittoguard"
		}
		if len(open[mayFail]) > 0 {
			list = append(list, fmt.Sprintf("of the protected namespaces, %s is open: %s",
				strings.Join(open[mayFail], ", "), what))
		}
	}
	for _, text := range slices.Sorted(maps.Keys(less)) {
		list = append(list, fmt.Sprintf("in %s, dittoguard is not asked about %s", strings.Join(less[text], ", "),
			text))
	}
	if len(conditioned) > 0 {
		list = append(list, "a match condition was added: "+strings.Join(conditioned, ", "))
	}
	return list
}

// asks says whether whoever is called is dittoguard: another one could answer anything.
func (i *Installation) asks(called admissionregistrationv1.WebhookClientConfig) bool {
	return called.Service != nil && called.Service.Namespace == i.Namespace && called.Service.Name == i.ServiceName
}

// uncovered are the judged resources that no rule of the entries names for every operation.
func uncovered(entries []admissionregistrationv1.ValidatingWebhook) []string {
	var list []string
	for _, group := range slices.Sorted(maps.Keys(judged)) {
		for _, resource := range judged[group] {
			for _, operation := range operations {
				if !slices.ContainsFunc(entries, func(w admissionregistrationv1.ValidatingWebhook) bool {
					return slices.ContainsFunc(w.Rules, func(r admissionregistrationv1.RuleWithOperations) bool {
						return (r.Scope == nil || *r.Scope != admissionregistrationv1.ClusterScope) &&
							has(r.APIGroups, group) && has(r.Resources, resource) && has(r.Operations, operation)
					})
				}) {
					list = append(list, resource)
					break
				}
			}
		}
	}
	return list
}

// has says whether a list of a rule has a value or stands for any.
func has[T ~string](list []T, value T) bool {
	return slices.Contains(list, value) || slices.Contains(list, "*") || slices.Contains(list, "*/*")
}

// watch looks at the installation, if it is time to, and says what has changed.
func (r *run) watch(ctx context.Context, now time.Time) {
	if r.Installation == nil || now.Sub(r.watched) < watchInstallation {
		return
	}
	r.watched = now
	list, err := r.Installation.Problems(ctx)
	if err != nil {
		if ctx.Err() == nil {
			r.Log.Info("looking at dittoguard's own webhook configurations failed, trying again", "error", err.Error())
		}
		return
	}
	found := 0
	var texts []string
	for _, p := range list {
		if p.Text != "" {
			found++
			texts = append(texts, p.Kind+" "+p.Name+": "+p.Text)
		}
		was := r.weakened[p.Kind]
		r.weakened[p.Kind] = p.Text
		if was == p.Text {
			continue
		}
		reason := ReasonWeakened
		kind := corev1.EventTypeWarning
		note := p.Text + ". `helm upgrade` or `helm rollback` restores it"
		if p.Text == "" {
			reason, kind, note = ReasonRestored, corev1.EventTypeNormal, "it is as it should be"
		}
		r.Log.Info("dittoguard's own webhook configuration", "reason", reason, "configuration", p.Kind+" "+p.Name,
			"what", note)
		r.Events.Event(&corev1.ObjectReference{APIVersion: admissionregistrationv1.SchemeGroupVersion.String(),
			Kind: p.Kind, Name: p.Name}, kind, reason, "installation", "installation: "+note)
	}
	r.Metrics.weakened.Set(float64(found))
	if note := r.Installation.Asked.Note(); note != "" {
		texts = append(texts, note)
	}
	r.mu.Lock()
	r.weak = strings.Join(texts, "; ")
	r.mu.Unlock()
}
