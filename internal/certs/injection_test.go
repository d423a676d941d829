package certs

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
)

var ours = service{namespace: "guard", name: "dittoguard"}

func calls(s service) admissionregistrationv1.WebhookClientConfig {
	path := "/validate"
	return admissionregistrationv1.WebhookClientConfig{
		Service: &admissionregistrationv1.ServiceReference{Namespace: s.namespace, Name: s.name, Path: &path},
	}
}

func validatingConfiguration() *admissionregistrationv1.ValidatingWebhookConfiguration {
	url := "https://elsewhere.example.com"
	ignore := admissionregistrationv1.Ignore
	return &admissionregistrationv1.ValidatingWebhookConfiguration{
		ObjectMeta: metav1.ObjectMeta{Name: "dittoguard", Labels: map[string]string{"app.kubernetes.io/managed-by": "Helm"}},
		Webhooks: []admissionregistrationv1.ValidatingWebhook{
			{Name: "protected.example.com", ClientConfig: calls(ours)},
			{Name: "by-url.example.com", ClientConfig: admissionregistrationv1.WebhookClientConfig{URL: &url}},
			{Name: "foreign.example.com", ClientConfig: calls(service{namespace: "guard", name: "other"})},
			{Name: "other.example.com", ClientConfig: calls(ours), FailurePolicy: &ignore},
		},
	}
}

func mutatingConfiguration() *admissionregistrationv1.MutatingWebhookConfiguration {
	return &admissionregistrationv1.MutatingWebhookConfiguration{
		ObjectMeta: metav1.ObjectMeta{Name: "dittoguard"},
		Webhooks:   []admissionregistrationv1.MutatingWebhook{{Name: "mutate.example.com", ClientConfig: calls(ours)}},
	}
}

func TestInject_ChangesCABundleOfOurEntriesAndNothingElse(t *testing.T) {
	ctx := t.Context()
	ca, _ := newCA(t, time.Now(), time.Hour)
	want := validatingConfiguration()
	want.Webhooks[0].ClientConfig.CABundle = bundle{ca}.encode()
	want.Webhooks[3].ClientConfig.CABundle = bundle{ca}.encode()

	c := fake.NewClientBuilder().WithObjects(validatingConfiguration()).Build()
	read := mustRead(t, ctx, c)
	if wrote, err := read.inject(ctx, c, bundle{ca}); !wrote || err != nil {
		t.Fatalf("wrote %v, %v", wrote, err)
	}
	got := &admissionregistrationv1.ValidatingWebhookConfiguration{}
	if err := c.Get(ctx, client.ObjectKey{Name: "dittoguard"}, got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(metav1.ObjectMeta{}, "ResourceVersion")); diff != "" {
		t.Errorf("configuration (-want +got):\n%s", diff)
	}

	version := got.ResourceVersion
	if wrote, err := mustRead(t, ctx, c).inject(ctx, c, bundle{ca}); wrote || err != nil {
		t.Errorf("a second time: wrote %v, %v, want nothing to do", wrote, err)
	}
	if err := c.Get(ctx, client.ObjectKey{Name: "dittoguard"}, got); err != nil || got.ResourceVersion != version {
		t.Errorf("the second time changed the configuration: %v", err)
	}
}

func TestInject_WritesNothingWhenTheConfigurationChangedMeanwhile(t *testing.T) {
	ctx := t.Context()
	ca, _ := newCA(t, time.Now(), time.Hour)
	c := fake.NewClientBuilder().WithObjects(validatingConfiguration()).Build()
	read := mustRead(t, ctx, c)

	// helm puts another entry in front: index 0 is someone else's now.
	changed := validatingConfiguration()
	if err := c.Get(ctx, client.ObjectKey{Name: "dittoguard"}, changed); err != nil {
		t.Fatal(err)
	}
	changed.Webhooks = append([]admissionregistrationv1.ValidatingWebhook{
		{Name: "new.example.com", ClientConfig: calls(service{namespace: "guard", name: "other"})},
	}, changed.Webhooks...)
	if err := c.Update(ctx, changed); err != nil {
		t.Fatal(err)
	}

	if _, err := read.inject(ctx, c, bundle{ca}); err == nil {
		t.Error("no error")
	}
	got := &admissionregistrationv1.ValidatingWebhookConfiguration{}
	if err := c.Get(ctx, client.ObjectKey{Name: "dittoguard"}, got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(changed, got); diff != "" {
		t.Errorf("the configuration changed (-want +got):\n%s", diff)
	}
}

func TestRead_AConfigurationThatIsNotInstalledIsNoError(t *testing.T) {
	c := fake.NewClientBuilder().Build()
	for _, name := range []string{"", "dittoguard"} {
		if got, err := readValidating(t.Context(), c, name, ours); got != nil || err != nil {
			t.Errorf("validating %q: %v, %v, want nil, nil", name, got, err)
		}
		if got, err := readMutating(t.Context(), c, name, ours); got != nil || err != nil {
			t.Errorf("mutating %q: %v, %v, want nil, nil", name, got, err)
		}
	}
}

func mustRead(t *testing.T, ctx context.Context, c client.Client) *configuration {
	t.Helper()
	read, err := readValidating(ctx, c, "dittoguard", ours)
	if err != nil {
		t.Fatal(err)
	}
	return read
}
